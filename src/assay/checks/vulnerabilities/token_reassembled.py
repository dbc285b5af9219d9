"""Can parts of messages and the template's own text make a control token together?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, review
from assay.facts.structure import Aspect
from assay.facts.text import TemplateTrial
from assay.facts.tokenizer import Tokenizer, TokenRole


@check(
    "token.reassembled",
    title="Can parts of messages and the template's own text make a control token together?",
    severity=5.9,
    remedy=(
        "Tokenise each part of the prompt by itself, message text with special tokens switched off; "
        "filtering the messages for whole control tokens does not close this."
    ),
    references=("OWASP AISVS 2.1.7", "CWE-74", "OWASP LLM01:2025"),
    aspects=(Aspect.TOKENS,),
)
def token_reassembled(trials: tuple[TemplateTrial, ...], tokenizers: tuple[Tokenizer, ...]) -> Iterator[Answer]:
    """A filter that removes control tokens from messages misses half of one, where the template writes the other half.

    Looked at are the texts that the template was seen to write right before and after a message, and roles, which
    many templates write between the two halves of a marker.
    """
    control = sorted(
        {
            token.text
            for found in tokenizers
            for token in found.tokens
            if token.role is TokenRole.CONTROL and len(token.text) > 2
        }
    )
    for trial in trials:
        # both parts hold a character, so nothing before or after a message completes nothing
        pairs = [
            (token, token[:cut], token[cut:])
            for token in control
            for cut in range(1, len(token))
            if trial.after.startswith(token[cut:]) or trial.before.endswith(token[:cut])
        ]
        if pairs:
            token, first, second = pairs[0]
            where = f"{trial.artifact} {trial.pointer}".strip()
            others = len({pair[0] for pair in pairs}) - 1
            yield review(
                f"{where}: a message that ends or begins with a part of {token!r} completes it with "
                f"the template's own text ({first!r} and {second!r})"
                + (f", and {others} more tokens so" if others else ""),
                *(
                    Evidence(trial.artifact, f"{first} + {second}", pointer=trial.pointer or None, name=token)
                    for token, first, second in pairs[:20]
                ),
            )
