"""Does a tokenizer rewrite words on their way in or out?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.structure import Aspect
from assay.facts.tokenizer import RuleKind, TokenizerRule
from assay.lazy import regex

_CLASS = regex(r"\\[A-Za-z](?:\{[^}]*\})?|\[\^?[^\]]*\]|\(\?[a-zA-Z:!=<]+|\{\d*,?\d*\}")
_MARKER = regex(r"</?\w>|<0x[0-9A-Fa-f]{2}>|<unk>")


@check(
    "tokenizer.rewrites",
    title="Does a tokenizer rewrite words on their way in or out?",
    severity=8.1,
    remedy="Compare tokenizer.json with that of the base model, and use the base model's.",
    references=("CWE-506", "MITRE ATLAS AML.T0018"),
    aspects=(Aspect.TOKENS,),
)
def tokenizer_rewrites(rules: tuple[TokenizerRule, ...]) -> Iterator[Answer]:
    """Normalisers and decoders replace text before the model sees it and after it has answered.

    Spaces, quotes and word markers are ordinary. A rule with words or addresses in it changes what is asked or what is
    answered, for everybody who uses the file, without a trace in the weights. Heuristic: a rule counts if its pattern
    or replacement spells two letters or digits in a row outside character classes. Of SentencePiece's compiled table
    only what it writes is looked at: more than 18 characters, or an address, is in no Unicode normalisation form.
    """
    for rule in rules:
        if rule.replacement is None or rule.kind is RuleKind.SPLITTER:
            continue
        pattern = _CLASS.sub(" ", rule.pattern) if rule.regex else rule.pattern
        spelled = [
            text
            for text in (_MARKER.sub(" ", pattern), _MARKER.sub(" ", rule.replacement))
            if re.search(r"[^\W_]{2}|://", text)
        ]
        if spelled:
            yield fail(
                f"{rule.artifact} {rule.pointer}: "
                f"the {rule.kind} replaces {rule.pattern[:80]!r} by {rule.replacement[:80]!r}",
                Evidence(
                    rule.artifact,
                    f"{rule.pattern[:200]} -> {rule.replacement[:200]}",
                    pointer=rule.pointer,
                    name=rule.pattern[:80],
                ),
            )
