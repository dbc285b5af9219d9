"""Can a tokenizer's pattern take time that explodes with the text?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail, unknown
from assay.facts.structure import Aspect
from assay.facts.tokenizer import TokenizerRule


@check(
    "tokenizer.costly-pattern",
    title="Can a tokenizer's pattern take time that explodes with the text?",
    severity=5.9,
    remedy="Use the tokenizer of the base model: one request can stall the server.",
    references=("CWE-1333", "OWASP LLM10:2025"),
    aspects=(Aspect.TOKENS,),
)
def tokenizer_costly_pattern(rules: tuple[TokenizerRule, ...]) -> Iterator[Answer]:
    """A repetition inside a repetition matches a text in exponentially many ways, and a backtracking engine tries them.

    Judged from the pattern's syntax, not by running it. The patterns of published tokenizers repeat one class at a
    time. A pattern in a dialect that assay does not parse is open.
    """
    for rule in rules:
        if not rule.parsed:
            yield unknown(
                f"{rule.artifact} {rule.pointer}: the pattern is in a "
                f"dialect that assay does not parse: {rule.pattern[:120]!r}",
                Evidence(rule.artifact, rule.pattern[:200], pointer=rule.pointer, name=rule.pattern[:80]),
            )
        if rule.costly:
            yield fail(
                f"{rule.artifact} {rule.pointer}: {rule.costly}: {rule.pattern[:120]!r}",
                Evidence(rule.artifact, rule.pattern[:200], pointer=rule.pointer, name=rule.pattern[:80]),
            )
