"""Contamination: question sets made by rule, planted in a corpus in twenty ways, and how many of them are found.

The sets are like GSM8K, HumanEval, MMLU and DROP in their fields, lengths and manner, but made: from lists of words by
templates. The corpus has the planted items, sentences of the same words by other templates, and the text of Python's
own documentation. False alarms are counted on items of sentences that no planted item has; and, harder than any real
set, on items of the very sentences that were planted, with other words in them.

    python -m benchmarks.contamination
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from pydoc_data import topics

import assay.corpus
from assay.corpus.building import Options, build
from assay.corpus.contamination import contamination
from assay.execution import executor
from assay.facts.interval import wilson

Item = dict[str, object]
# words of the items, by kind
_LISTS = """
name: Amara Bjorn Chidi Delphine Emeka Farid Gudrun Hamza Ilse Jovan Kamala Leif Mireille Nadia Oskar Priya
place: Aldermoor Brixholm Castellane Drovenna Eskdale Farrowby Glimmerton Hollingsea Ironvale Jarrowick Kestrel Lowmere
thing: teapots lanterns walnuts ribbons saddles postcards pebbles candles umbrellas mittens barrels violins magnets
thing: kettles feathers buttons marbles blankets compasses thimbles anchors bellows chisels daggers easels flutes
kind: crimson wooden polished dusty hollow striped ancient fragile oversized silver woven painted rusty velvet curved
kind: speckled frozen scented brittle luminous amber bronze carved dented enamelled folded gilded humming inlaid jagged
does: bought sold carried mended polished traded counted wrapped hid borrowed delivered collected
people: merchants sailors gardeners bakers clerks shepherds weavers archers potters cartographers
when: before_breakfast on_a_rainy_Tuesday after_the_harvest_fair late_in_October at_low_tide during_the_long_frost
code: reverse rotate merge shuffle filter count compress interleave normalise partition
"""
_WORDS: dict[str, list[str]] = {}
for _line in _LISTS.strip().splitlines():
    _kind, _, _said = _line.partition(": ")
    _WORDS.setdefault(_kind, []).extend(word.replace("_", " ") for word in _said.split())


def _words(draw: random.Random) -> dict[str, str]:
    """A word for each name that a template may have: `kind0`, `kind1` and so on, and numbers."""
    words = {f"{kind}{n}": draw.choice(listed) for kind, listed in _WORDS.items() for n in range(4)}
    return words | {f"n{n}": str(draw.randrange(3, 400)) for n in range(6)}


SUMS = (
    "{name0} {does0} {n0} {kind0} {thing0} from the {people0} of {place0} {when0}, and {n1} {kind1} {thing1} in "
    "{place1}. How many more {thing0} than {thing1} does {name0} have?",
    "{when0} {n0} {people0} of {place0} each {does0} {n1} {kind0} {thing0}. {name0} then {does1} {n2} of the {thing0} "
    "for the {people1}. How many {thing0} are left in {place0}?",
    "In {place0} a {kind0} box holds {n0} {thing0} and {n1} {thing1}. {name0} {does0} {n2} such boxes {when0}; how "
    "many {thing0} and {thing1} has {name0} altogether?",
)
STEPS = (
    "{name0} starts with {n0} {kind0} {thing0}. The {people0} take {n1} of them {when0}, so {n2} {thing0} stay in "
    "{place0}.\n#### {n2}",
)
PROGRAMS = (
    'def {code0}_{thing0}({thing1}, {people0}):\n    """ {code0} the {kind0} {thing0} that the {people0} of {place0} '
    '{does0} {when0},\n    keeping every {thing1} of {name0} in order and dropping {n0} of the {kind1} ones.\n    """'
    "\n",
)
BODIES = (
    "    {thing0} = []\n    for {kind0}, {thing1} in enumerate({people0}):\n        if {thing1} % {n0} == {n1}:\n"
    "            {thing0}.append({code0}({kind0}, {thing2}))\n    return {code1}({thing0}, {kind1}={n2})\n",
)
FACTS = (
    "Which of the {people0} of {place0} {does0} the {kind0} {thing0} {when0}?",
    "What did the {kind0} {people0} of {place0} call their {thing0} {when0}?",
    "Why were {kind0} {thing0} worth more than {kind1} {thing1} in {place0}?",
)
PASSAGES = (
    "The {people0} of {place0} {does0} {n0} {kind0} {thing0} {when0}, while those of {place1} {does1} only {n1}. A "
    "{kind1} letter by {name0} mentions {n2} {thing1}, {kind2} and {kind3}, that the {people1} {does2} {when1}. By "
    "then {place2} had lost most of its {thing2}.",
)
ASKED = (
    "How many {kind0} {thing0} did the {people0} of {place0} have {when0}?",
    "Who wrote the {kind1} letter about the {kind2} {thing1} of {place1}?",
)
# of the corpus, which has the same words: the sets are not made from these
OTHERS = (
    "Nobody in {place0} {does0} {thing0} {when0}, said {name0}, though the {people0} kept {n0} {kind0} ones there.",
    "It is told that {n0} {people0} once walked from {place0} to {place1} with {kind0} {thing0} and {kind1} {thing1}.",
    "{name0} and {name1} never agreed on whether {kind0} {thing0} are {kind1}; the {people0} did not care {when0}.",
    "def {code0}({thing0}):\n    # {kind0} {thing1} come first, see {place0}\n    return {code1}(set({thing0}))\n",
    "Is it true that the {people0} {does0} {kind0} {thing0}? In {place0}, perhaps; {when0} it was {n0} {thing1}.",
)


# templates of items that are not planted: the same lists of words, other sentences
FRESH = {
    SUMS: (
        "Each of the {n0} {people0} who came to {place0} {when0} wanted {n1} {kind0} {thing0}; {name0} had only {n2} "
        "left to give away. What is the smallest number of {thing0} that {name0} still needs?",
    ),
    STEPS: ("We need {n0} times {n1} {kind0} {thing0}, less {n2} that {name0} has, which makes {n3}.\n#### {n3}",),
    PROGRAMS: (
        'def {thing0}_of_{people0}({thing1}):\n    """ Given {thing1}, find out which {kind0} {thing0} some {people0} '
        'would {code0} first.\n    Return {n0} if {name0} of {place0} is absent.\n    """\n',
    ),
    BODIES: (
        "    while {thing0} and {thing1}[0] != {n0}:\n        {thing2} = {thing0}.pop()\n        yield {code0}("
        "{thing2}, {kind0}=not {thing1})\n    yield {n1}\n",
    ),
    FACTS: ("According to {name0}, {kind0} {thing0} came to {place0} by way of which {people0}?",),
    PASSAGES: (
        "{name0} of {place0} had {n0} {thing0} and no {thing1}, a {kind0} state of affairs that lasted until the "
        "{people0} brought {n1} {kind1} {thing2} from {place1} {when0}. It took {n2} {people1} to unload the {kind2} "
        "cargo.",
    ),
    ASKED: ("In which year of the {kind0} {thing0} was {name0} last seen near {place0}?",),
}


def item(kind: str, number: int, draw: random.Random, *, fresh: bool = False) -> Item:
    """One item of a set like `kind`; with `fresh` of sentences that no planted item has."""

    def said(templates: tuple[str, ...], words: dict[str, str]) -> str:
        return draw.choice(FRESH[templates] if fresh else templates).format(**words)

    words = _words(draw)
    match kind:
        case "GSM8K":
            return {"id": number, "question": said(SUMS, words), "answer": said(STEPS, words)}
        case "HumanEval":
            body = said(BODIES, _words(draw))
            return {"task_id": f"Made/{number}", "prompt": said(PROGRAMS, words), "canonical_solution": body}
        case "MMLU":
            choices = [f"the {draw.choice(_WORDS['kind'])} {draw.choice(_WORDS['thing'])}" for _ in range(4)]
            return {"id": number, "question": said(FACTS, words), "choices": choices, "answer": draw.randrange(4)}
        case _:
            asked = {"question": said(ASKED, words), "answers_spans": {"spans": [words["n0"]]}}
            return {"id": number, "passage": said(PASSAGES, words), **asked}


SETS = ("GSM8K", "HumanEval", "MMLU", "DROP")


def _text(row: Item) -> str:
    parts = [row.get(name) for name in ("passage", "question", "prompt", "canonical_solution")]
    return "\n".join(str(part) for part in parts if part)


def _main(row: Item) -> str:
    return str(row.get("passage") or row.get("question") or row.get("prompt"))


def _edited(edit: Callable[[list[str], int, random.Random], object]) -> Callable[[Item, random.Random], str]:
    def change(row: Item, draw: random.Random) -> str:
        words = _main(row).split(" ")
        edit(words, draw.randrange(1, len(words) - 1), draw)
        return " ".join(words)

    return change


WAYS: dict[str, Callable[[Item, random.Random], str]] = {
    "verbatim": lambda row, draw: _text(row),
    "re-wrapped": lambda row, draw: textwrap.fill(_text(row), draw.randrange(20, 60)),
    "upper case": lambda row, draw: _text(row).upper(),
    "lower case": lambda row, draw: _text(row).lower(),
    "renumbered": lambda row, draw: re.sub(r"\d+", lambda _: str(draw.randrange(3, 400)), _main(row)),
    "one word inserted": _edited(lambda words, at, draw: words.insert(at, "indeed")),
    "one word left out": _edited(lambda words, at, draw: words.pop(at)),
    "one word changed": _edited(lambda words, at, draw: words.__setitem__(at, "otherwise")),
    "two words inserted": _edited(lambda words, at, draw: words.__setitem__(slice(at, at), ["as", "ever"])),
    "quotation marks and dashes": lambda row, draw: _text(row).replace(" the ", " “the” — ").replace(",", ";"),
    "Markdown": lambda row, draw: "# Task\n\n> " + _text(row).replace("\n", "\n> ").replace(" a ", " **a** "),
    "HTML lines": lambda row, draw: _text(row).replace("\n", "<br>\n"),
    "JSON": lambda row, draw: json.dumps(row),
    "fullwidth": lambda row, draw: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in _text(row)),
    "no punctuation": lambda row, draw: re.sub(r"[^\w\s]", "", _main(row)),
    "numbered lines": lambda row, draw: f"17. {_text(row)}",
    "empty lines": lambda row, draw: _text(row).replace(". ", ".\n\n\n"),
    "question or passage alone": lambda row, draw: _main(row),
    "last quarter cut": lambda row, draw: " ".join((words := _main(row).split(" "))[: len(words) * 3 // 4]),
    "in other words before and after": lambda row, draw: f"As he told me once: {_text(row)} That is what I recall.",
}
ASKED_FOR = ("verbatim", "re-wrapped", "upper case", "lower case", "renumbered", "one word inserted")


def run(each: int, clean: int, background: int, seed: int) -> None:
    """Print recall for each way and set, and false alarms on items that were not planted."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        found: dict[str, dict[str, list[bool]]] = {}
        planted: dict[str, list[tuple[str, Item]]] = {
            kind: [(way, item(kind, n, draw)) for n, way in enumerate(list(WAYS) * each)] for kind in SETS
        }
        others = [draw.choice(OTHERS).format(**_words(draw)) for _ in range(background)] + list(topics.topics.values())
        texts = [WAYS[way](row, draw) for rows in planted.values() for way, row in rows]
        mixed = [f"{draw.choice(others)}\n\n{text}\n\n{draw.choice(others)}" for text in texts] + others
        draw.shuffle(mixed)
        (folder / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in mixed))
        build((str(folder / "a.jsonl"),), folder / "index", Options(), executor("local", 0))
        corpus = assay.corpus.open(folder / "index")
        print(f"corpus: {corpus.records[0].documents:,} documents, {corpus.records[0].words:,} words; seed {seed}")
        alarms: dict[str, dict[str, int]] = {"clean": {}, "alike": {}}
        for kind in SETS:
            sets = {
                "planted": [row for _, row in planted[kind]],
                "clean": [item(kind, n, draw, fresh=True) for n in range(clean)],
                "alike": [item(kind, n, draw) for n in range(clean)],
            }
            dirty = {}
            for name, rows in sets.items():
                (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
                dirty[name] = [not one.clean for one in contamination(corpus, folder / f"{name}.jsonl").items]
            found[kind] = {way: [] for way in WAYS}
            for (way, _), hit in zip(planted[kind], dirty["planted"], strict=True):
                found[kind][way].append(hit)
            for name, counts in alarms.items():
                counts[kind] = sum(dirty[name])
    _report(found, alarms, each, clean)


def _report(found: dict[str, dict[str, list[bool]]], alarms: dict[str, dict[str, int]], each: int, clean: int) -> None:
    print(f"{'found of ' + str(each) + ' in each set':34}" + "".join(f"{kind:>11}" for kind in SETS) + "     all")
    for way in WAYS:
        hits = [sum(found[kind][way]) for kind in SETS]
        mark = "*" if way in ASKED_FOR else " "
        print(f"{mark} {way:32}" + "".join(f"{hit:>11}" for hit in hits) + f"  {sum(hits) / each / len(SETS):>6.1%}")
    asked = [hit for kind in SETS for way in ASKED_FOR for hit in found[kind][way]]
    low, high = wilson(sum(asked), len(asked))
    print(f"* together: {sum(asked)} of {len(asked)}, {sum(asked) / len(asked):.1%} [{low:.1%}, {high:.1%}]")
    for name, what in (("clean", "that are not in the corpus"), ("alike", "of planted sentences with other words")):
        total = sum(alarms[name].values())
        low, high = wilson(total, clean * len(SETS))
        print(
            f"false alarms on {clean} items of each set {what}: "
            + ", ".join(f"{kind} {alarms[name][kind]}" for kind in SETS)
            + f"; {total / clean / len(SETS):.2%} [{low:.2%}, {high:.2%}]"
        )


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=20, help="items of each set for each way")
    parser.add_argument("--clean", type=int, default=400, help="items of each set that are not planted")
    parser.add_argument("--background", type=int, default=20_000, help="other documents")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    run(given.each, given.clean, given.background, given.seed)


if __name__ == "__main__":
    main()
