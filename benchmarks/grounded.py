"""Measure `assay check` on sentences that people labelled, beside the overlap of words, pairs and triples.

    python -m benchmarks.grounded DIR [--most N]         N sentences of each set (0: all, about 50 ms each)
    python -m benchmarks.grounded DIR --model MODEL      and what a model makes of each (SmolLM2: some two seconds)
    python -m benchmarks.grounded DIR --entailment DIR   and what a model of entailment makes of each
    python -m benchmarks.grounded DIR --fit              and the log-odds by the score, leaving each set out

DIR has one folder for each set, with its files as they were published; what is not there is left out:

    qags/        mturk_cnndm.jsonl, mturk_xsum.jsonl        (github W4ngatang/qags, data/)
    faithbench/  batch_*.json                               (github vectara/FaithBench, data_for_release/)
    aggrefact/   CLIFF_error_types.csv, Goyal21_...          (github Liyan06/AggreFact, data/error_type_mapping/)
    summedits/   summedits_*.json                           (github salesforce/factualNLG, data/summedits/)
    wice/        dev.jsonl, test.jsonl                      (github ryokamoi/wice, .../oracle_chunks/claim/)
    bump/        task1_dataset.json                         (github dataminr-ai/BUMP, data/)
    q2/          dodeca_*.csv, memnet_*.csv                 (github orhonovich/q-squared, third_party/data/)
    ragtruth/    response.jsonl, source_info.jsonl          (github ParticleMedia/RAGTruth, dataset/)

A sentence is unsupported where most of the people who read it said so, or where it holds a span that they marked. QAGS
and FaithBench are the test: nothing is chosen or trained on them. With a model there are four columns more: how much
likelier the sentence is after the nearest passages (`gain`), how unexpected the least expected word there is that the
documents do not have (`unexpected`), its answer to whether the sentence is true (`judge`), and
the mean rank of the score and the gain (`both`), a rule that was fixed before it was tried; each as `assay check
--judge` has it.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay import uncertainty
from assay.facts.checked import Support
from assay.progress import Steps
from assay.runtime import Runtime
from assay.runtime.entailment import Entailer
from assay.text.sentence import bounds, split
from assay.uncertainty.checking import check
from assay.uncertainty.claims import ranked
from assay.uncertainty.grounding import Documents
from assay.uncertainty.judging import Entails, Judge, nearest, readings
from assay.uncertainty.sources import source
from assay.uncertainty.statistics import auroc

MARKS = ("contradicted: found / falsely", "not found: found / falsely")
STEPS, RIDGE = 25, 1e-3
TEST = ("qags", "faithbench")
LEAST = 10  # sentences of each label, below which nothing is measured
DRAWS = 1000  # of the bootstrap, by document
SIGNALS = ("gain", "unexpected", "judge", "both", "entailment")
OVERLAPS = ("words", "pairs", "triples")


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence beside its document: the set, and whether people found it unsupported."""

    set: str
    document: str
    sentence: str
    unsupported: bool


def rows(folder: Path) -> Iterator[Row]:
    """The labelled sentences of every set in a folder."""
    for read in (_qags, _faithbench, _aggrefact, _summedits, _wice, _bump, _q2, _ragtruth):
        place = folder / read.__name__.removeprefix("_")
        if place.is_dir():
            yield from (row for row in read(place) if row.document.strip() and any(map(str.isalnum, row.sentence)))


def _lines(path: Path) -> Iterator[dict[str, object]]:
    yield from (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _qags(place: Path) -> Iterator[Row]:
    for path in sorted(place.glob("mturk_*.jsonl")):
        for row in _lines(path):
            # its tokenizer parted numbers at their commas
            document = re.sub(r"(?<=\d), (?=\d{3}\b)", ",", str(row["article"]))
            for one in row["summary_sentences"]:  # type: ignore[attr-defined]
                said = [answer["response"] == "yes" for answer in one["responses"]]
                sentence = re.sub(r"(?<=\d), (?=\d{3}\b)", ",", one["sentence"])
                yield Row(f"qags {path.stem.removeprefix('mturk_')}", document, sentence, 2 * sum(said) < len(said))


def _spanned(set_: str, document: str, text: str, spans: list[tuple[int, int]]) -> Iterator[Row]:
    """The sentences of a text, those unsupported that a span lies in."""
    for start, stop in bounds(text):
        yield Row(set_, document, text[start:stop], any(left < stop and right > start for left, right in spans))


def _faithbench(place: Path) -> Iterator[Row]:
    for path in sorted(place.glob("batch_*.json"), key=lambda path: int(path.stem.partition("_")[2])):
        for row in json.loads(path.read_text("utf-8"))["samples"]:
            spans = [
                (note["summary_start"], note["summary_end"])
                for note in row["annotations"]
                if any(label.startswith("Unwanted") for label in note["label"]) and note["summary_start"] is not None
            ]
            yield from _spanned("faithbench", row["source"], row["summary"], spans)


def _aggrefact(place: Path) -> Iterator[Row]:
    for path in sorted(place.glob("*_error_types.csv")):
        for row in _csv(path):
            text, spans = row["summ"], []
            for phrase in _phrases(row["annotated_span"]):
                at = text.lower().find(phrase.lower())
                if phrase and at >= 0:
                    spans.append((at, at + len(phrase)))
            wrong = row["error_type"] not in ("correct", "", "[]")
            if wrong and not spans:
                spans = [(0, len(text))] if len(list(split(text))) == 1 else []
                if not spans:
                    continue
            name = path.stem.partition("_")[0].lower()
            yield from _spanned(f"{name} {row['origin']}", row["doc"], text, spans)


def _phrases(text: str) -> Iterator[str]:
    """The phrases in a list, of lists, as Python writes it."""
    try:
        found = ast.literal_eval(text) if text else []
    except (ValueError, SyntaxError):
        found = [text]
    queue = [found]
    while queue:
        one = queue.pop()
        if isinstance(one, str):
            yield one.strip()
        elif isinstance(one, list | tuple):
            queue += one


def _summedits(place: Path) -> Iterator[Row]:
    """An edited sentence has the label of its summary; the sentences that were not edited are supported."""
    for path in sorted(place.glob("summedits_*.json")):
        seen: dict[tuple[str, str], bool] = {}
        for row in json.loads(path.read_text("utf-8")):
            own = set(split(row["original_summary"]))
            for sentence in split(row["summary"]):
                seen.setdefault((row["doc"], sentence), int(row["label"]) == 0 and sentence not in own)
        yield from (Row("summedits", document, sentence, bad) for (document, sentence), bad in seen.items())


def _wice(place: Path) -> Iterator[Row]:
    for path in sorted(place.glob("*.jsonl")):
        for row in _lines(path):
            document = "\n".join(row["evidence"])  # type: ignore[arg-type]
            yield Row("wice", document, str(row["claim"]), row["label"] != "supported")


def _bump(place: Path) -> Iterator[Row]:
    """The sentence that a person made unfaithful, and the one that it was."""
    for row in json.loads((place / "task1_dataset.json").read_text("utf-8")):
        before, after = list(split(row["reference_summary"])), list(split(row["edited_summary"]))
        yield from (Row("bump", row["article"], one, False) for one in before if one not in after)
        yield from (Row("bump", row["article"], one, True) for one in after if one not in before)


def _q2(place: Path) -> Iterator[Row]:
    for path in sorted(place.glob("*_*consistent.csv")):
        for row in _csv(path):
            yield Row("q2", row["knowledge"], row["response"], path.stem.endswith("inconsistent"))


def _ragtruth(place: Path) -> Iterator[Row]:
    sources = {row["source_id"]: row["source_info"] for row in _lines(place / "source_info.jsonl")}
    for row in _lines(place / "response.jsonl"):
        given = sources[row["source_id"]]
        spans = [(label["start"], label["end"]) for label in row["labels"]]  # type: ignore[attr-defined]
        document = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        yield from _spanned("ragtruth", document, str(row["response"]), spans)


Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a set: scores by name, and labels, of its sentences in one order."""

    scores: dict[str, Floats]
    wrong: NDArray[np.bool_]
    document: NDArray[np.int64]
    support: list[Support]


def measured(found: list[Row]) -> Measured:
    """Every sentence of one set, read beside its own document."""
    columns: dict[str, list[float]] = defaultdict(list)
    numbers: dict[str, int] = {}
    supports = []
    for row in found:
        number = numbers.setdefault(row.document, len(numbers))
        overlap = Documents([row.document]).overlap(row.sentence)
        found_ = check(row.sentence, [source("document", row.document)]).sentences
        columns["score"].append(max(one.absent for one in found_))
        for name in OVERLAPS:
            columns[name].append(1 - getattr(overlap, name))
        columns["document"].append(number)
        labels = [one.support for one in found_]
        order = (Support.CONTRADICTED, Support.NOT_FOUND, Support.SUPPORTED, Support.NOT_JUDGED)
        supports.append(next(one for one in order if one in labels))
    scores = {name: np.array(values) for name, values in columns.items() if name != "document"}
    wrong = np.array([row.unsupported for row in found])
    return Measured(scores, wrong, np.array(columns["document"], int), supports)


def signals(runtime: Runtime, found: list[Row], score: Floats) -> dict[str, Floats]:
    """What a model makes of each sentence beside its passages, higher for less support; what it does not say is 0."""
    held = [Documents([row.document]) for row in found]
    pairs = [(nearest(documents, row.sentence), row.sentence) for documents, row in zip(held, found, strict=True)]
    yes = [row.yes for row in Judge(runtime).hear(pairs, Steps(None, "", len(pairs), ""))]
    read = [readings(runtime, documents, [pair])[0] for documents, pair in zip(held, pairs, strict=True)]
    gain = -np.array([row.gain or 0.0 for row in read])
    judge = np.array([0.5 - (0.5 if one is None else one) for one in yes])
    unexpected = np.array([row.unexpected or 0.0 for row in read])
    return {"gain": gain, "unexpected": unexpected, "judge": judge, "both": ranked(score) + ranked(gain)}


def entailed(model: Entails, found: list[Row]) -> dict[str, Floats]:
    """How unlikely a model of entailment finds it that the passages entail each sentence; in the middle: unsaid."""
    pairs = [(nearest(Documents([row.document]), row.sentence), row.sentence) for row in found]
    heard = model.hear(pairs, Steps(None, "", len(pairs), ""))
    return {"entailment": np.array([0.5 - (0.5 if row.entailed is None else row.entailed) for row in heard])}


def fitted(rows: list[Measured], columns: tuple[str, ...]) -> Floats:
    """(constant, a weight for each column) of a logistic regression in which each label of each set counts alike."""
    x = np.concatenate(
        [np.stack([np.ones(len(row.wrong)), *(row.scores[name] for name in columns)], 1) for row in rows]
    )
    y = np.concatenate([row.wrong for row in rows]).astype(float)
    share = np.concatenate([np.where(row.wrong, 1 / row.wrong.sum(), 1 / (~row.wrong).sum()) for row in rows])
    found = np.zeros(x.shape[1])
    for _ in range(STEPS):  # Newton's method
        p = 1 / (1 + np.exp(-x @ found))
        slope = x.T @ (share * (y - p)) - RIDGE * found
        found += np.linalg.solve((x * (share * p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(x.shape[1]), slope)
    return found


def fit(sets: dict[str, Measured]) -> None:
    """Print the line that the package has, and how one does on each set where none of its family was fitted to."""
    choices: list[tuple[str, ...]] = [("score",)]
    if all("gain" in row.scores for row in sets.values()):
        choices += [("score", "gain"), ("score", "unexpected")]
    family = {name: name.partition(" ")[0] for name in sets}
    training = [name for name in sets if family[name] not in TEST]
    for columns in choices:
        weights = fitted([sets[name] for name in training], columns)
        print(
            f"\n{' + '.join(columns)}: {', '.join(f'{value:.3f}' for value in weights)}, fitted to {len(training)} sets"
        )
        for name, row in sets.items():
            made = fitted([sets[other] for other in training if family[other] != family[name]], columns)
            values = made[0] + sum(weight * row.scores[one] for weight, one in zip(made[1:], columns, strict=True))
            apart = _beside(row, np.asarray(values), row.scores["score"])
            chance = 1 / (1 + np.exp(-values))
            share = np.where(row.wrong, 0.5 / row.wrong.sum(), 0.5 / (~row.wrong).sum())
            error = sum(
                abs(float((share[at] * (chance[at] - row.wrong[at])).sum()))
                for at in (np.floor(chance * 10).astype(int) == bin for bin in range(10))
            )
            print(f"  {name}: AUROC {apart} against the score alone; calibration error {error:.3f}")


def _draws(row: Measured) -> Iterator[NDArray[np.int64]]:
    """Indices of sentences, documents drawn with replacement; only where both labels occur."""
    chosen = np.random.default_rng(0)
    members = [np.flatnonzero(row.document == number) for number in range(row.document.max() + 1)]
    for _ in range(DRAWS):
        drawn = np.concatenate([members[at] for at in chosen.integers(0, len(members), len(members))])
        if row.wrong[drawn].any() and not row.wrong[drawn].all():
            yield drawn


def report(name: str, row: Measured) -> None:
    """A line of the table: AUROC beside the overlaps, the difference to the best of them, how often each label is."""
    best = max(OVERLAPS, key=lambda one: auroc(row.scores[one], row.wrong))
    own_, other_ = row.scores["score"], row.scores[best]
    both = [(auroc(own_[at], row.wrong[at]), auroc(other_[at], row.wrong[at])) for at in _draws(row)]
    own = np.array([one for one, _ in both])
    apart = np.array([one - other for one, other in both])
    low, high = np.quantile(own, (0.025, 0.975))
    less, more = np.quantile(apart, (0.025, 0.975))
    cells = [
        name,
        f"{len(row.wrong):,}",
        f"{row.wrong.mean():.2f}",
        f"{auroc(own_, row.wrong):.3f} ({low:.3f} to {high:.3f})",
        *(f"{auroc(row.scores[one], row.wrong):.3f}" for one in OVERLAPS),
        f"{less:+.3f} to {more:+.3f}",
        _rate(row, np.array([one is Support.CONTRADICTED for one in row.support])),
        _rate(row, np.array([one is Support.NOT_FOUND for one in row.support])),
        *(_beside(row, row.scores[one], other_) for one in SIGNALS if one in row.scores),
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


def _beside(row: Measured, values: Floats, other: Floats) -> str:
    """The AUROC of a signal, and the interval of its difference to the best overlap."""
    apart = [auroc(values[at], row.wrong[at]) - auroc(other[at], row.wrong[at]) for at in _draws(row)]
    low, high = np.quantile(apart, (0.025, 0.975))
    return f"{auroc(values, row.wrong):.3f} ({low:+.3f} to {high:+.3f})"


def _rate(row: Measured, given: NDArray[np.bool_]) -> str:
    """How often a mark is given to what people found unsupported, and, falsely, to what they found supported (95 %)."""
    true, count = given[~row.wrong].mean(), (~row.wrong).sum()
    wide = 1.96 * np.sqrt(max(true * (1 - true), 1 / count) / count)
    return f"{given[row.wrong].mean():.0%} / {true:.0%} ±{wide:.0%}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--only", default="", help="the sets whose names begin so")
    parser.add_argument("--model", help="a folder or file with weights, or an endpoint")
    parser.add_argument("--entailment", type=Path, help="a folder with a classifier of pairs")
    parser.add_argument("--fit", action="store_true")
    given = parser.parse_args()
    sets: dict[str, list[Row]] = defaultdict(list)
    for row in rows(given.folder):
        if row.set.startswith(given.only):
            sets[row.set].append(row)
    if not sets:
        parser.error(f"{given.folder} has none of the sets that --help names")
    heads = ("set", "sentences", "unsupported", "AUROC", *OVERLAPS, "against the best of them")
    runtime = uncertainty.open(given.model) if given.model else None
    encoder = Entails(Entailer(given.entailment)) if given.entailment else None
    chosen = (*(SIGNALS[:4] if runtime else ()), *(SIGNALS[4:] if encoder else ()))
    beside = tuple(f"{one} (to the best)" for one in chosen)
    every: dict[str, Measured] = {}
    print(f"| {' | '.join((*heads, *MARKS, *beside))} |")
    for name, found in sets.items():
        if 0 < given.most < len(found):
            found = [found[at] for at in sorted(np.random.default_rng(0).permutation(len(found))[: given.most])]
        wrong = sum(row.unsupported for row in found)
        if min(wrong, len(found) - wrong) < LEAST:
            print(f"{name} is left out: {wrong} of {len(found)} sentences are unsupported", file=sys.stderr)
            continue
        made = measured(found)
        if runtime is not None:
            made.scores.update(signals(runtime, found, made.scores["score"]))
        if encoder is not None:
            made.scores.update(entailed(encoder, found))
        report(name, made)
        every[name] = made
    if given.fit:
        fit(every)


if __name__ == "__main__":
    main()
