"""Measure how well SmolLM2-135M tells true answers from ones that are made up, both given: AUROC of each score.

    python -m benchmarks.invented --data DIR [--most N]

DIR holds `qa/lre/*.json` and `qa/nq_open_dev_even.jsonl` (see docs/measured/hallucination.md). For each question there
is its right answer, a wrong one (right for another question of the same relation, or with the same first word), and for
names one that does not exist, made of syllables. Answers are given in a conversation: those of relations as a sentence,
those of NQ-open in a word. Intervals are by a bootstrap over questions; labels go by what is usual for the model, which
is read from assay's own questions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assay.cli.demo import packaged_model
from assay.facts.uncertainty import SENTENCE, SHORT, Label
from assay.runtime import conversation, scored
from assay.runtime.opening import torch_runtime
from assay.runtime.torch_ import TorchRuntime
from assay.uncertainty import labels, scores, statistics
from assay.uncertainty.short import Short, own, shortly
from assay.uncertainty.usual import usual

DRAWS = 1000
TRUE, WRONG, INVENTED = "true", "of another question", "made up"
# a relation's question and the sentence that answers it; whether its answers are names
FORMS = {
    "company CEO": ("Who is the CEO of {}?", "The CEO of {} is {}.", True),
    "country capital city": ("What is the capital of {}?", "The capital of {} is {}.", True),
    "country language": ("What language do people in {} speak?", "People in {} speak {}.", True),
    "food from country": ("Which country does {} come from?", "{} comes from {}.", True),
    "fruit outside color": ("What color are {} on the outside?", "On the outside, {} are {}.", False),
    "landmark on continent": ("On which continent is {}?", "{} is on the continent of {}.", False),
    "person native language": ("What is the native language of {}?", "The native language of {} is {}.", True),
    "person plays instrument": ("Which instrument does {} play?", "{} plays the {}.", False),
    "plays pro sport": ("Which sport does {} play?", "{} plays {}.", False),
    "product by company": ("Which company made {}?", "{} was made by {}.", True),
    "star constellation name": (
        "Which constellation is {} part of?",
        "{} is part of the constellation {}.",
        True,
    ),
    "substance phase of matter": (
        "What is the phase of {} at room temperature?",
        "At room temperature {} is a {}.",
        False,
    ),
    "superhero archnemesis": ("Who is the archnemesis of {}?", "The archnemesis of {} is {}.", True),
    "task done by tool": ("Which tool is used for {}?", "The tool used for {} is called a {}.", False),
    "word sentiment": (
        "Is the sentiment of the word '{}' positive, negative or neutral?",
        "The sentiment of '{}' is {}.",
        False,
    ),
}
_PARTS = "mi no to ra vel dun kar os bel ith mar zen qua lor fen dri sha tul pen gor"
SYLLABLES = tuple(_PARTS.split())


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to a question: the set that it is from, which question of it, and what kind of answer."""

    name: str
    number: int
    kind: str
    asked: str
    answer: str
    text: str


def _ordered(rows: list[dict[str, str]], key: str) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: hashlib.sha256(row[key].encode()).digest())


def _made_up(seed: str) -> str:
    chosen = random.Random(seed)
    return "".join(chosen.choice(SYLLABLES) for _ in range(3)).capitalize()


def relations(folder: Path, most: int) -> Iterator[Given]:
    """Sentences about the subjects of each relation."""
    number = 0
    for path in sorted(folder.glob("*.json")):
        whole = json.loads(path.read_text("utf-8"))
        asked, sentence, named = FORMS[whole["name"]]
        rows = _ordered(whole["samples"], "subject")
        for at, row in enumerate(rows[:most]):
            own, subject = row["object"], row["subject"]
            others = (other["object"] for other in (*rows[at + 1 :], *rows[:at]))
            answers = {TRUE: own, WRONG: next(other for other in others if other.lower() != own.lower())}
            if named:
                answers[INVENTED] = _made_up(subject)
            for kind, answer in answers.items():
                yield Given("LRE", number, kind, asked.format(subject), answer, sentence.format(subject, answer))
            number += 1


def open_questions(path: Path, most: int) -> Iterator[Given]:
    """Answers to questions of NQ-open, in a word."""
    rows = _ordered([json.loads(line) for line in path.read_text("utf-8").splitlines()], "question")
    groups: dict[str, list[dict[str, list[str]]]] = defaultdict(list)
    for row in rows:
        groups[row["question"].split()[0]].append(row)  # type: ignore[arg-type]
    for number, row in enumerate(rows[:most]):
        group = groups[row["question"].split()[0]]
        other = group[(group.index(row) + 1) % len(group)]  # type: ignore[arg-type]
        for kind, answer in ((TRUE, row["answer"][0]), (WRONG, other["answer"][0])):
            yield Given("NQ-open", number, kind, f"{row['question']}?", answer, f"{answer}.")


@dataclass(frozen=True, slots=True)
class Read:
    """An answer with its scores by name, and its label."""

    given: Given
    values: dict[str, float]
    label: Label


def read(runtime: TorchRuntime, rows: list[Given]) -> list[Read]:
    """Every answer scored in its place and asked for shortly, as `assay score --user ... --text ...` does."""
    prompts = {row.asked: conversation(runtime, row.asked) for row in rows}
    placed = scored(runtime, [(prompts[row.asked], row.text) for row in rows])
    extents = [own(row.text, row.asked) for row in rows]
    asked = [(row.asked, row.text[slice(*extent)]) for row, extent in zip(rows, extents, strict=True) if extent]
    answers = iter(shortly(runtime, asked))
    common = {form: usual(runtime, form) for form in (SHORT, SENTENCE)}
    for form, known in common.items():
        if known is not None:
            interval = f"{known.low:.3f} to {known.high:.3f}"
            print(f"usual, {form}: AUROC {known.auroc:.3f} ({interval}), doubtful {known.doubtful:.3f}")
    found = []
    for row, tokens, extent in zip(rows, placed, extents, strict=True):
        answer = next(answers) if extent else None
        if tokens is None:
            continue
        short = Short(*extent, *answer) if extent and answer else None
        spans = scores.spans(row.text, tokens)
        parts = scores.sentences(row.text, spans)
        seen = labels.Read(
            row.text, prompts[row.asked], tokens, spans, parts, (), (), None, short, common[labels.form(short)]
        )
        judged = labels.judged(seen)
        values = {score.id: score.value for score in scores.scores(tokens)}
        values["its worst span"] = max((part.surprise for part in parts), default=0.0)
        values["short"] = short.value if short else values["its worst span"]
        doubtful = any(one.label is Label.DOUBTFUL for one in judged)
        found.append(Read(row, values, Label.DOUBTFUL if doubtful else judged[0].label))
    return found


def table(name: str, kind: str, rows: list[Read]) -> None:
    """The AUROC of each score for true answers against those of a kind, and the labels of both."""
    mine = [row for row in rows if row.given.name == name]
    asked = {row.given.number for row in mine if row.given.kind == kind}
    mine = [row for row in mine if row.given.number in asked and row.given.kind in (TRUE, kind)]
    if not mine:
        return
    wrong = np.array([row.given.kind != TRUE for row in mine])
    numbers = np.array([row.given.number for row in mine])
    groups = [np.flatnonzero(numbers == number) for number in sorted(asked)]
    print(f"\n{name}: true answers against those {kind}, {len(groups)} questions")
    chosen = np.random.default_rng(0)
    draws = [np.concatenate([groups[at] for at in chosen.integers(0, len(groups), len(groups))]) for _ in range(DRAWS)]
    for id in mine[0].values:
        values = np.array([row.values[id] for row in mine])
        low, high = np.quantile([statistics.auroc(values[draw], wrong[draw]) for draw in draws], (0.025, 0.975))
        print(f"{id:<16} {statistics.auroc(values, wrong):6.3f}  {low:.3f} to {high:.3f}")
    for which in (TRUE, kind):
        part = [row.label for row in mine if row.given.kind == which]
        said = ", ".join(f"{part.count(label) / len(part):.1%} {label}" for label in Label if label in part)
        print(f"{which}: {said}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--most", type=int, default=20, help="questions of each relation, a tenth of those of NQ-open")
    given = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported, as the command line does
    import torch

    torch.set_num_threads(2)
    runtime = torch_runtime(packaged_model())
    print(runtime.model, runtime.name)
    rows = [
        *relations(given.data / "qa/lre", given.most),
        *open_questions(given.data / "qa/nq_open_dev_even.jsonl", 10 * given.most),
    ]
    found = read(runtime, rows)
    for name in ("LRE", "NQ-open"):
        for kind in (WRONG, INVENTED):
            table(name, kind, found)


if __name__ == "__main__":
    main()
