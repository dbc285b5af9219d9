"""Measure by how many pairs of answers the rules for meaning agree with people, beside shared words.

    python -m benchmarks.meanings [--data DIR]

Pairs that were judged by hand lie in tests/uncertainty/meanings.tsv. With --data, also pairs made by rule from
relations (`qa/lre/*.json`, docs/measured/hallucination.md): an answer in a word and in a sentence, beside that of
another subject, and denied.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.uncertainty.test_meaning import judged

from assay.facts.interval import wilson
from assay.text.plain import plain
from assay.uncertainty.meaning import same
from benchmarks.invented import TRUE, WRONG, relations

LEAST = 0.7  # share of words in common (F1) from which answers were taken for the same before
Pair = tuple[str, str, str, str, bool]


def overlapping(one: str, other: str, question: str) -> bool:
    """By shared words alone: F1 over words with their counts (SQuAD, arXiv:1606.05250)."""
    left, right = Counter(plain(one).split()), Counter(plain(other).split())
    shared = sum((left & right).values())
    return 2 * shared >= LEAST * (sum(left.values()) + sum(right.values()))


def by_rule(folder: Path) -> Iterator[Pair]:
    """Pairs whose meaning follows from how they are made."""
    rows = list(relations(folder, 20))
    true = {row.number: row for row in rows if row.kind == TRUE}
    for row in rows:
        right = true[row.number]
        word = right.answer
        if row.kind == TRUE:
            yield "in a word and in a sentence", row.asked, word, row.text, True
            denied = row.text.replace(" is ", " is not ", 1)
            if denied != row.text:
                yield "said and denied", row.asked, row.text, denied, False
        elif row.kind == WRONG:
            yield "another in a sentence", row.asked, word, row.text, False
            yield "two sentences", row.asked, right.text, row.text, False


def report(name: str, rows: list[Pair], decide: Callable[[str, str, str], bool]) -> None:
    """The share of pairs that are told rightly, of each kind."""
    for kind in dict.fromkeys(row[0] for row in rows):
        mine = [row for row in rows if row[0] == kind]
        right = sum(decide(one, other, asked) is wanted for _, asked, one, other, wanted in mine)
        low, high = wilson(right, len(mine))
        print(f"{name:<14} {kind:<28} {right:4} of {len(mine):4}  {right / len(mine):.3f} ({low:.3f} to {high:.3f})")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    rows = [(row["from"], row["question"], row["one"], row["other"], row["same"] == "1") for row in judged()]
    if given.data:
        rows += by_rule(given.data / "qa/lre")
    report("shared words", rows, overlapping)
    report("rules", rows, same)


if __name__ == "__main__":
    main()
