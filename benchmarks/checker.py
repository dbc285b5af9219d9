"""Train the document checker of `assay.uncertainty.grounding`, and measure it on text that it was not trained on.

    python -m benchmarks.checker --texts DIR [--claims DIR] [--write]

DIR of --texts takes three Debian packages, pinned by digest in debian-packages.txt and fetched with apt: FOLDOC and
the Anarchist FAQ as documents, WordNet for words of the same and of opposite meaning. A document is a passage of some
sentences; a supported sentence is one of it that was shortened, reordered and partly said in other words; an
unsupported one was changed the same way and then in one point so that it says something else (a name, number, date or
word exchanged, a negation, two names swapped), or is about something else. --claims: FActScore's biographies and the
facts that people split them into, restated in their own words: never trained on. Labels of the test are by
construction too. Passages are divided before anything is made of them: one in five is held out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.text.sentence import split
from assay.uncertainty import grounding
from assay.uncertainty.grounding import Documents
from assay.uncertainty.statistics import auroc
from benchmarks._debian import pins

NEEDED = ("dict-foldoc", "anarchism", "dict-wn")
MOST_PASSAGES = 6000
HIDDEN, STEPS, RATE, DECAY = 24, 3000, 0.01, 1e-3
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")
_FILLERS = "also very however often usually generally simply then thus really both some the that"
_LEFT_OUT = frozenset(_FILLERS.split())
_VERB = re.compile(r"\b(is|are|was|were|has|had|can|could|will|would|does|did|may|should)\b(?! not)")


@dataclass(frozen=True)
class Thesaurus:
    """Words of the same meaning, and of opposite or unlike meaning of the same kind."""

    same: dict[str, list[str]]
    other: dict[str, list[str]]


def fetched(folder: Path) -> dict[str, Path]:
    """The unpacked packages, each of the pinned version and digest."""
    from benchmarks._debian import _digest

    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name.partition("=")[0]: (name, digest) for name, digest in pins() if name.partition("=")[0] in NEEDED}
    found = {}
    for package, (name, digest) in wanted.items():
        here = {_digest(path): path for path in folder.glob(f"{package}_*.deb")}
        if digest not in here:
            subprocess.run(["apt-get", "download", "-qq", name], cwd=folder, check=True)
            here = {_digest(path): path for path in folder.glob(f"{package}_*.deb")}
        if digest not in here:
            raise SystemExit(f"{name} has another digest than the pinned one")
        found[package] = folder / package
        subprocess.run(["dpkg-deb", "-x", here[digest], found[package]], check=True)
    return found


def passages(folders: dict[str, Path]) -> Iterator[list[str]]:
    """Passages of 4 to 12 sentences, in an order that the packages give."""
    text = gzip.decompress(next(folders["dict-foldoc"].rglob("foldoc.dict.dz")).read_bytes()).decode("utf-8", "replace")
    for entry in re.split(r"\n(?=\S)", text):
        body = re.sub(r"[{}]|<[^>]*>|\(\d{4}-\d\d-\d\d\)", "", " ".join(entry.split()))
        yield from _cut(body)
    for path in sorted(folders["anarchism"].rglob("sec*.html*")):
        raw = path.read_bytes()
        page = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8", "replace")
        for paragraph in re.findall(r"<p>(.*?)</p>", page, re.DOTALL | re.IGNORECASE):
            yield from _cut(" ".join(unescape(re.sub(r"<[^>]*>|\[[^\]]*\]", "", paragraph)).split()))


def _cut(text: str) -> Iterator[list[str]]:
    sentences = [row for row in split(text) if 5 <= len(row.split()) <= 45]
    for start in range(0, len(sentences) - 3, 8):
        yield sentences[start : start + 8]


def thesaurus(folder: Path) -> Thesaurus:
    """From WordNet's dictionary: synonyms and antonyms of single words."""
    text = gzip.decompress(next(folder.rglob("wn.dict.dz")).read_bytes()).decode("utf-8", "replace")
    same: dict[str, list[str]] = {}
    other: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=\S)", text):
        head = entry.partition("\n")[0].strip()
        if not head.isalpha() or not head.islower():
            continue
        body = " ".join(entry.split())
        first = body.partition("2:")[0]
        found = re.findall(r"\{([a-z]+)\}", (re.search(r"\[syn: ([^\]]*)\]", first) or [""])[0])
        same[head] = [word for word in found if word != head][:4]
        other[head] = re.findall(r"\{([a-z]+)\}", (re.search(r"\[ant: ([^\]]*)\]", body) or [""])[0])
    return Thesaurus(
        {key: value for key, value in same.items() if value}, {key: value for key, value in other.items() if value}
    )


class Maker:
    """Changes sentences, by a fixed draw."""

    def __init__(self, words: Thesaurus, seed: int) -> None:
        self.words, self.draw = words, random.Random(seed)

    def restated(self, sentence: str) -> str:
        """The sentence shortened, reordered and partly in other words: it still follows from what it was."""
        text = re.sub(r"\s*\([^)]*\)", "", sentence)
        if self.draw.random() < 0.5:
            text = self._shortened(text)
        words = []
        for word in text.split():
            bare = word.strip(".,;:!?\"'()").lower()
            roll = self.draw.random()
            if roll < 0.12 and bare in self.words.same and word.islower():
                words.append(word.replace(bare, self.draw.choice(self.words.same[bare])))
            elif roll < 0.2 and bare in _LEFT_OUT:
                continue
            else:
                words.append(word)
        return " ".join(words)

    def _shortened(self, text: str) -> str:
        """The clause before a comma, or the sentence without a clause in the middle, or its two halves turned round."""
        parts = text.split(", ")
        if len(parts) == 2 and self.draw.random() < 0.3:
            return f"{parts[1].rstrip('.')}, {parts[0][:1].lower()}{parts[0][1:]}."
        if len(parts) >= 3:
            at = self.draw.randrange(1, len(parts) - 1)
            return ", ".join(parts[:at] + parts[at + 1 :])
        if len(parts) == 2 and len(parts[0].split()) >= 5:
            return f"{parts[0]}."
        halves = re.split(r" (?:and|which|who|but|because|while) ", text, maxsplit=1)
        return f"{halves[0].rstrip('.,')}." if len(halves) == 2 and len(halves[0].split()) >= 5 else text

    def changed(self, sentence: str, passage: list[str], others: list[str]) -> str | None:
        """The sentence with one thing in it that is not so, or None where there is nothing to change."""
        ways = [self._name, self._number, self._word, self._negated, self._swapped]
        self.draw.shuffle(ways)
        for way in ways:
            found = way(sentence, passage, others)
            if found is not None and found != sentence:
                return found
        return None

    def _exchanged(self, pattern: re.Pattern[str], sentence: str, passage: list[str], others: list[str]) -> str | None:
        """One match exchanged for another: half the time one of the same passage, which the documents then hold."""
        found = pattern.findall(sentence)
        near = [row for text in passage if text != sentence for row in pattern.findall(text)]
        if near and self.draw.random() < 0.5:
            pool = near
        else:
            pool = [row for text in others for row in pattern.findall(text)]
        pool = [row for row in pool if row not in sentence]
        if not found or not pool:
            return None
        return sentence.replace(self.draw.choice(found), self.draw.choice(pool), 1)

    def _name(self, sentence: str, passage: list[str], others: list[str]) -> str | None:
        return self._exchanged(_NAME, sentence, passage, others)

    def _number(self, sentence: str, passage: list[str], others: list[str]) -> str | None:
        found = _NUMBER.findall(sentence)
        if found and self.draw.random() < 0.5:
            one = self.draw.choice(found)
            digits = re.sub(r"\d", lambda match: str(self.draw.randrange(10)), one)
            return sentence.replace(one, digits, 1)
        return self._exchanged(_NUMBER, sentence, passage, others)

    def _word(self, sentence: str, passage: list[str], others: list[str]) -> str | None:
        """A content word exchanged for its opposite, or for one of another text with the same ending."""
        words = re.findall(r"\b[a-z]{5,}\b", sentence)
        self.draw.shuffle(words)
        for word in words:
            if word in self.words.other:
                return sentence.replace(word, self.draw.choice(self.words.other[word]), 1)
        texts = passage if self.draw.random() < 0.3 else others
        pool = [word for text in texts for word in re.findall(r"\b[a-z]{5,}\b", text)]
        for word in words[:3]:
            alike = [row for row in pool if row[-2:] == word[-2:] and row not in sentence]
            if alike:
                return sentence.replace(word, self.draw.choice(alike), 1)
        return None

    def _negated(self, sentence: str, passage: list[str], others: list[str]) -> str | None:
        if " not " in sentence:
            return sentence.replace(" not ", " ", 1)
        found = _VERB.search(sentence)
        return f"{sentence[: found.end()]} not{sentence[found.end() :]}" if found else None

    def _swapped(self, sentence: str, passage: list[str], others: list[str]) -> str | None:
        found = list(dict.fromkeys(_NAME.findall(sentence)))
        if len(found) < 2:
            return None
        one, other = self.draw.sample(found, 2)
        return sentence.replace(one, "\0").replace(other, one).replace("\0", other)


Labelled = tuple[NDArray[np.float64], NDArray[np.bool_]]


def labelled(rows: list[list[str]], words: Thesaurus, seed: int) -> Labelled:
    """(float64[sentences, features], bool[sentences]: unsupported) of sentences made from these passages."""
    made, values, wrong = Maker(words, seed), [], []
    for number, passage in enumerate(rows):
        others = rows[(number * 7 + 1) % len(rows)]
        documents = Documents([" ".join(passage)])
        for sentence in made.draw.sample(passage, min(3, len(passage))):
            false = made.changed(sentence, passage, others)
            values.append(documents.features(made.restated(sentence)))
            wrong.append(False)
            if false is not None:
                values.append(documents.features(made.restated(false)))
                wrong.append(True)
        if number % 3 == 0:
            values.append(documents.features(made.restated(made.draw.choice(others))))
            wrong.append(True)
    return np.array(values), np.array(wrong)


def biographies(folder: Path, words: Thesaurus) -> dict[str, Labelled]:
    """The test on which nothing was fitted: FActScore's biographies as documents.

    Their own sentences are the extractive part, people's restatements of them the abstractive one.
    """
    files = sorted(folder.glob("factscore_*.jsonl"))
    rows = [json.loads(line) for path in files for line in path.read_text().splitlines()]
    made = Maker(words, 99)
    found: dict[str, tuple[list[list[float]], list[bool]]] = {"extractive": ([], []), "abstractive": ([], [])}
    for number, row in enumerate(rows):
        text, stranger = row["output"], rows[(number + 17) % len(rows)]
        sentences = [part for part in split(text) if 5 <= len(part.split()) <= 45]
        if len(sentences) < 4 or not row["annotations"]:
            continue
        others = [part for part in split(stranger["output"]) if len(part.split()) >= 5] or sentences
        documents = Documents([text])
        facts = _facts(row)
        name = stranger["topic"]
        theirs = [fact.replace(name, row["topic"]) for fact in _facts(stranger) if name in fact]
        foreign_sentences = [part.replace(name, row["topic"]) for part in others]
        kinds = (("extractive", sentences, foreign_sentences), ("abstractive", facts, theirs))
        for kind, own, foreign in kinds:
            values, wrong = found[kind]
            for sentence in made.draw.sample(own, min(6, len(own))):
                false = made.changed(sentence, own, others)
                true = made.restated(sentence) if kind == "extractive" else sentence
                values.append(documents.features(true))
                wrong.append(False)
                if false is not None:
                    values.append(documents.features(made.restated(false) if kind == "extractive" else false))
                    wrong.append(True)
            for sentence in made.draw.sample(foreign, min(1, len(foreign))):
                values.append(documents.features(sentence))
                wrong.append(True)
    return {kind: (np.array(values), np.array(wrong)) for kind, (values, wrong) in found.items()}


def _facts(row: dict[str, object]) -> list[str]:
    annotations = row["annotations"] or []
    assert isinstance(annotations, list)
    facts = (fact["text"] for part in annotations for fact in part.get("human-atomic-facts") or [])
    return [fact for fact in facts if 4 <= len(fact.split()) <= 30]


def fitted(values: NDArray[np.float64], wrong: NDArray[np.bool_], seed: int = 0) -> dict[str, object]:
    """The weights of one hidden layer of tanh, by Adam over all rows; both classes weigh the same."""
    chosen = np.random.default_rng(seed)
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-3
    x, target = (values - mean) / scale, wrong.astype(float)
    weight = np.where(wrong, 0.5 / wrong.mean(), 0.5 / (1 - wrong.mean()))
    weights = [
        chosen.normal(size=(HIDDEN, x.shape[1])) / np.sqrt(x.shape[1]),
        np.zeros(HIDDEN),
        chosen.normal(size=HIDDEN) / np.sqrt(HIDDEN),
        np.zeros(1),
    ]
    first, second = [np.zeros_like(row) for row in weights], [np.zeros_like(row) for row in weights]
    for step in range(1, STEPS + 1):
        inner = np.tanh(x @ weights[0].T + weights[1])
        share = 1 / (1 + np.exp(-(inner @ weights[2] + weights[3])))
        error = (share - target) * weight / len(x)
        back = np.outer(error, weights[2]) * (1 - inner**2)
        slopes = [
            back.T @ x + DECAY * weights[0],
            back.sum(axis=0),
            inner.T @ error + DECAY * weights[2],
            np.array([error.sum()]),
        ]
        for at, slope in enumerate(slopes):
            first[at] = 0.9 * first[at] + 0.1 * slope
            second[at] = 0.999 * second[at] + 0.001 * slope**2
            size = np.sqrt(second[at] / (1 - 0.999**step)) + 1e-8
            weights[at] = weights[at] - RATE * (first[at] / (1 - 0.9**step)) / size

    def short(row: NDArray[np.float64]) -> object:
        return np.round(row, 5).tolist()

    return {
        "features": list(grounding.FEATURES),
        "mean": short(mean),
        "scale": short(scale),
        "hidden": short(weights[0]),
        "hidden_bias": short(weights[1]),
        "out": short(weights[2]),
        "out_bias": float(np.round(weights[3][0], 5)),
    }


def judged(found: dict[str, object], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What these weights say of each row."""
    x = (values - np.array(found["mean"])) / np.array(found["scale"])
    inner = np.tanh(x @ np.array(found["hidden"]).T + np.array(found["hidden_bias"]))
    return np.asarray(1 / (1 + np.exp(-(inner @ np.array(found["out"]) + found["out_bias"]))))


def report(name: str, scores: NDArray[np.float64], values: NDArray[np.float64], wrong: NDArray[np.bool_]) -> None:
    """AUROC of the checker, with its interval, beside the usual overlaps."""
    chosen = np.random.default_rng(0)
    draws = chosen.integers(0, len(wrong), (1000, len(wrong)))
    low, high = np.quantile([auroc(scores[row], wrong[row]) for row in draws], (0.025, 0.975))
    columns = (("words", 2), ("pairs", 3), ("triples", 4))
    overlaps = ", ".join(f"{label} {auroc(1 - values[:, at], wrong):.3f}" for label, at in columns)
    print(f"{name}: {len(wrong):,} sentences, {wrong.mean():.3f} unsupported")
    print(
        f"    AUROC of the checker {auroc(scores, wrong):.3f} ({low:.3f} to {high:.3f}); of the overlap of {overlaps}"
    )
    for least in (0.5, 0.9):
        true, false = (scores[wrong] >= least).mean(), (scores[~wrong] >= least).mean()
        print(f"    at {least}: {true:.0%} found, {false:.0%} false alarms")


def main() -> None:
    """Fit, measure, and write the weights if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--claims", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    folders = fetched(given.texts)
    words = thesaurus(folders["dict-wn"])
    rows = list(passages(folders))
    random.Random(5).shuffle(rows)
    rows = rows[:MOST_PASSAGES]
    print(f"{len(rows):,} passages, {len(words.same):,} words with another of the same meaning")
    start = time.process_time()
    seen, kept = rows[: len(rows) * 4 // 5], rows[len(rows) * 4 // 5 :]
    values, wrong = labelled(seen, words, 1)
    found = fitted(values, wrong)
    print(f"trained in {time.process_time() - start:.0f} CPU s from {len(wrong):,} sentences")
    values, wrong = labelled(kept, words, 2)
    report("held-out passages", judged(found, values), values, wrong)
    if given.claims:
        for kind, (values, wrong) in biographies(given.claims, words).items():
            report(f"FActScore biographies, {kind}", judged(found, values), values, wrong)
    if given.write:
        grounding.CHECKER.write_text(json.dumps(found, separators=(",", ":")) + "\n", "utf-8")
        print(f"wrote {grounding.CHECKER.name}")


if __name__ == "__main__":
    main()
