"""Measure `assay check` on sentences that people labelled, beside the overlap of words, pairs and triples.

    python -m benchmarks.grounded DIR

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
and FaithBench are the test: nothing is chosen or trained on them.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.text.sentence import bounds, split

TEST = ("qags cnndm", "qags xsum", "faithbench")


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
