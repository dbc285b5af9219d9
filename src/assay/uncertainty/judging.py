"""What a model that a user names makes of each sentence beside its passages: a yes or no, or entailment.

Neither is believed unseen: each is tried on forty claims beside short texts whose truth is known (`trial.jsonl`), and
has a say only where it tells them apart better than by chance.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from assay.errors import UsageError
from assay.facts.checked import Heard, Helper
from assay.facts.uncertainty import Capability, TokenScore
from assay.files import cache_folder, content, json_value
from assay.lazy import dataclass
from assay.progress import Progress, Steps
from assay.runtime import Runtime, can_batch, can_generate, can_sample, can_score, conversation, scored
from assay.runtime.entailment import Entailer
from assay.text import plain
from assay.uncertainty import statistics
from assay.uncertainty.grounding import STOP_WORDS, Documents, stem
from assay.writing import write

TRIAL = Path(__file__).with_name("trial.jsonl")
MOST_READ = 900  # characters of passages that a model reads before a sentence (measured with so many: docs/checker.md)
SIGNIFICANT = 0.025  # chance of so many right answers by guessing, above which a helper has no say
_PREMISES = 3  # single passages that a model of entailment reads beside all of them together
_ANSWER = 3  # tokens in which a judge has to say yes or no
_BESIDE = 40  # passages among which those that are read are chosen
_MOST_KEPT = 1 << 16
_ASKED = (
    "Text:\n{before}\n\nClaim: {said}\n\nDoes the text say that the claim is true? Answer with one word, Yes or No."
)
_KEPT_FIELDS = ("asked", "accepted", "refused")

Pair = tuple[tuple[str, ...], str]  # premises, the first of which is all of them together, and a sentence


class Asks(Protocol):
    """A helper: what it makes of sentences beside their passages."""

    @property
    def kind(self) -> str:
        """`judge` or `entailment`."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def sha256(self) -> str:
        """The digest of its files, or nothing where it cannot be known."""

    def hear(self, pairs: Sequence[Pair], steps: Steps) -> tuple[Heard, ...]:
        """What it says of each sentence."""


@dataclass(frozen=True)
class Judge:
    """A language model that is asked whether a sentence is so."""

    runtime: Runtime
    kind: str = "judge"

    @property
    def name(self) -> str:
        """The model's name."""
        return self.runtime.model

    @property
    def sha256(self) -> str:
        """The digest of its files, or nothing where it cannot be known."""
        return self.runtime.sha256

    def hear(self, pairs: Sequence[Pair], steps: Steps) -> tuple[Heard, ...]:
        """The probability of yes against no."""
        asked = [_ASKED.format(before=before[0], said=_flat(said)) for before, said in pairs]
        chats = Capability.CHAT in self.runtime.can
        prompts = [conversation(self.runtime, row) if chats else f"{row}\nAnswer:" for row in asked]
        found: list[Heard] = [Heard()] * len(pairs)
        for at, yes in self._answers(prompts):
            found[at] = Heard(yes=yes)
            steps.add()
        return tuple(found)

    def _answers(self, prompts: list[str]) -> Iterator[tuple[int, float | None]]:
        """(number of the prompt, probability of yes) as they are answered, side by side where the runtime can."""
        runtime = self.runtime
        if can_batch(runtime):
            for group in runtime.batches(prompts):
                made = runtime.answers([prompts[at] for at in group], _ANSWER)
                yield from ((at, _first(row.tokens)) for at, row in zip(group, made, strict=True))
        elif can_generate(runtime):
            yield from ((at, _first(runtime.generate(prompt, _ANSWER))) for at, prompt in enumerate(prompts))
        elif can_sample(runtime):
            rows = (runtime.sample(prompt, 1, _ANSWER, 0.0, 0)[0].text for prompt in prompts)
            yield from ((at, _share([(text, 0.0)])) for at, text in enumerate(rows))


def readings(runtime: Runtime, documents: Documents, pairs: Sequence[Pair]) -> list[Heard]:
    """How each sentence reads after its passages: `gain` and `unexpected`, where the runtime scores given texts."""
    if not can_score(runtime):
        return [Heard()] * len(pairs)
    said = [f" {_flat(text)}" for _, text in pairs]
    texts = [(f"{before[0]}\n\nIn short:", text) for (before, _), text in zip(pairs, said, strict=True)]
    read = scored(runtime, [*texts, *(("In short:", text) for text in said)])
    both = zip(said, read[: len(pairs)], read[len(pairs) :], strict=True)
    return [_reading(documents, *row) for row in both]


def _reading(
    documents: Documents, text: str, late: tuple[TokenScore, ...] | None, alone: tuple[TokenScore, ...] | None
) -> Heard:
    if not late or not alone:
        return Heard()
    gain = _mean(late) - _mean(alone)
    surprises = [
        -sum(row.logprob for row in late if row.start < stop and row.stop > start)
        for start, stop in plain.located(text)
        if documents.lacks(text[start:stop])
    ]
    return Heard(gain=round(gain, 4), unexpected=round(max(surprises, default=0.0), 4))


def _mean(tokens: tuple[TokenScore, ...]) -> float:
    return sum(row.logprob for row in tokens) / len(tokens)


def _first(tokens: Iterable[TokenScore]) -> float | None:
    """The probability of yes in the first token that has a letter."""
    worded = next((row for row in tokens if any(map(str.isalpha, row.text))), None)
    if worded is None:
        return None
    return _share([(worded.text, worded.logprob), *((row.text, row.logprob) for row in worded.alternatives)])


def _share(rows: list[tuple[str, float]]) -> float | None:
    """The probability of yes where the answer is yes or no, of tokens and their log-probabilities; None: neither is."""
    sums = {"yes": 0.0, "no": 0.0}
    for text, logprob in rows:
        word = next(iter(plain.words(text)), "").lower()
        if word in sums:
            sums[word] += math.exp(logprob)
    whole = sums["yes"] + sums["no"]
    return round(sums["yes"] / whole, 4) if whole else None


@dataclass(frozen=True)
class Entails:
    """A classifier of pairs that is asked whether a passage entails a sentence."""

    model: Entailer
    kind: str = "entailment"

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def sha256(self) -> str:
        """The digest of its files."""
        return self.model.sha256

    def hear(self, pairs: Sequence[Pair], steps: Steps) -> tuple[Heard, ...]:
        """The greatest probability that a passage entails a sentence, and that one contradicts it."""
        return tuple(self._one(*pair, steps) for pair in pairs)

    def _one(self, premises: tuple[str, ...], said: str, steps: Steps) -> Heard:
        rows = []
        for premise in premises:
            with suppress(UsageError):  # longer than it reads: single passages are shorter
                rows.append(self.model.judged(premise, said))
        steps.add()
        entailed = max((row[0] for row in rows), default=0.0)
        if not rows or (entailed < 0.5 and len(rows) < len(premises)):  # what it did not read may entail it
            return Heard()
        denied = [row[1] for row in rows if row[1] is not None]
        return Heard(entailed=round(entailed, 4), denied=round(max(denied), 4) if denied else None)


def supports(heard: Heard) -> float | None:
    """The probability that a helper gives to a sentence; None where it gave none."""
    return heard.yes if heard.entailed is None else heard.entailed


def nearest(documents: Documents, sentence: str) -> tuple[str, ...]:
    """All passages that share most with a sentence and those beside them, in order, then the nearest by themselves."""
    stems = [stem(word) for word in plain.words(sentence) if word.lower() not in STOP_WORDS]
    ranked = documents.ranked(stems, _BESIDE)
    if len(documents.whole) <= MOST_READ:
        first = documents.whole
    else:
        room, chosen = MOST_READ, set[int]()
        for number, _ in ranked:
            for at in (number, number - 1, number + 1):
                size = len(documents.passage(at)) if 0 <= at < len(documents.passages) else room + 1
                if at not in chosen and size <= room:
                    chosen.add(at)
                    room -= size
        first = " ".join(map(documents.passage, sorted(chosen))).strip() or documents.whole[:MOST_READ]
    single = (documents.passage(number)[:MOST_READ].strip() for number, _ in ranked[:_PREMISES])
    return tuple(dict.fromkeys((first, *filter(None, single))))


def reads_all(documents: Documents) -> bool:
    """Whether the documents are so short that the first of what is `nearest` is all of them."""
    return not documents.cut and len(documents.whole) <= MOST_READ


def _flat(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=1)
def _trial() -> tuple[tuple[Pair, bool], ...]:
    """The claims of the trial, each beside its text, and whether it is true."""
    rows = [json.loads(line) for line in TRIAL.read_text("utf-8").splitlines()]
    return tuple((((row["text"],), row[str(true).lower()]), true) for row in rows for true in (True, False))


def tried(asks: Asks, progress: Progress | None = None, keep: Path | None = None) -> Helper:
    """How a helper does on claims whose truth is known.

    Args:
        keep: a folder in which that is kept by the model's digest, and read from there the next time.
    """
    rows = _trial()
    path = keep / f"{asks.sha256[:32]}-{asks.kind}-{_method()}.json" if keep and asks.sha256 else None
    known = _kept(path) if path else None
    if known is None:
        steps = Steps(progress, f"trying {asks.name} on claims whose truth is known", len(rows), "claims")
        said = [supports(heard) for heard in asks.hear([pair for pair, _ in rows], steps)]
        answered = [(value >= 0.5, true) for value, (_, true) in zip(said, rows, strict=True) if value is not None]
        accepted = sum(yes and true for yes, true in answered)
        refused = sum(not yes and not true for yes, true in answered)
        known = (len(rows), accepted, refused)
        if path is not None:
            with suppress(UsageError, OSError):  # it is tried again the next time
                path.parent.mkdir(parents=True, exist_ok=True)
                write(path, json.dumps(dict(zip(_KEPT_FIELDS, known, strict=True))).encode())
    asked, accepted, refused = known
    chance = statistics.tail(asked - accepted - refused, asked, 0.5)
    return Helper(asks.kind, asks.name, asks.sha256, asked, accepted, refused, chance <= SIGNIFICANT)


def folder() -> Path:
    """Where trials are kept: `$XDG_CACHE_HOME/assay/trials`."""
    return cache_folder() / "trials"


def _method() -> str:
    """What the trial asks and how, as a digest."""
    return hashlib.sha256(TRIAL.read_bytes() + repr((_ASKED, _ANSWER)).encode()).hexdigest()[:8]


def _kept(path: Path) -> tuple[int, int, int] | None:
    """What is kept in a file, or None: there is none, or it is damaged."""
    try:
        row = json_value(content(path, _MOST_KEPT, "file of a trial"))
        found = tuple(row[name] for name in _KEPT_FIELDS)
    except (UsageError, ValueError, RecursionError, TypeError, LookupError):
        return None
    half = len(_trial()) // 2
    fits = all(type(value) is int for value in found) and found[0] == 2 * half and max(found[1:]) <= half
    return (found[0], found[1], found[2]) if fits and min(found) >= 0 else None
