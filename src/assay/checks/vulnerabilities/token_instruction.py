"""Does a control token hold an instruction in plain words?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, review
from assay.facts.structure import Aspect
from assay.facts.tokenizer import DeclaredTokens, Tokenizer, TokenRole
from assay.lazy import regex

_SENTENCE = regex(r"(?:[^\W\d_]{2,}[ ,.'-]+){3,}[^\W\d_]{2,}|https?://")


@check(
    "token.instruction",
    title="Does a control token hold an instruction in plain words?",
    severity=6.1,
    remedy="Compare the special tokens with those of the base model; a control token needs no sentence.",
    references=("CWE-506", "OWASP LLM01:2025"),
    aspects=(Aspect.TOKENS,),
)
def token_instruction(tokenizers: tuple[Tokenizer, ...], declared: tuple[DeclaredTokens, ...]) -> Iterator[Answer]:
    """Control tokens are put around every prompt. One that spells a sentence or an address puts that into every prompt.

    Heuristic: four words in a row, or an address.
    """
    rows = [
        (found.artifact, f"id {token.id}", token.text)
        for found in tokenizers
        for token in found.tokens
        if token.role is TokenRole.CONTROL
    ]
    rows += [(found.artifact, key, text) for found in declared for key, text in found.tokens]
    for artifact, place, text in rows:
        if _SENTENCE.search(text):
            yield review(
                f"{artifact}: the control token {place} reads {text[:120]!r}",
                Evidence(artifact, text[:200], pointer=place, name=text[:80]),
            )
