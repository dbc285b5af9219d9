"""Put together what words say of a sentence beside documents, and what helpers say that were tried.

The log-odds that a sentence is unsupported are those of its words, by a line that was fitted to what people said of
sentences (`python -m benchmarks.grounded DIR --fit`), less those of each helper that is heeded: how much oftener it
accepts true claims of its trial than false ones, in so far as it is sure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

from assay.facts.checked import Checked, CheckedSentence, Heard, Helper, Support
from assay.progress import Progress, Steps
from assay.uncertainty import judging
from assay.uncertainty.grounding import UNREAD, Documents
from assay.uncertainty.sources import Source

# the log-odds by `absent`, and by it and `unexpected` where a model gives that, fitted to sentences that people
# labelled, both labels of each set alike; the latter with SmolLM2-135M (docs/checker.md: when, and by what)
WORDS, READ = (-1.58, 2.45), (-2.29, 2.34, 0.065)


def helped(
    found: Checked,
    sources: Sequence[Source],
    helpers: Sequence[judging.Asks],
    keep: Path | None = None,
    progress: Progress | None = None,
) -> Checked:
    """A text that was checked, each sentence that says something as its words and the helpers together have it.

    Args:
        keep: where it is kept how helpers did on their trial.
    """
    documents = Documents([row.text for row in sources])
    chosen = [at for at, row in enumerate(found.sentences) if row.claims]
    texts = [found.text[found.sentences[at].start : found.sentences[at].stop] for at in chosen]
    pairs = [(judging.nearest(documents, text), text) for text in texts]
    trials, heard = [], [Heard()] * len(chosen)
    said: list[list[float | None]] = []
    for helper in helpers:
        trials.append(judging.tried(helper, progress, keep))
        steps = Steps(progress, f"asking {helper.name}", len(pairs), "sentences")
        rows = helper.hear(pairs, steps)
        said.append([judging.supports(row) for row in rows])
        heard = [_joined(one, other) for one, other in zip(heard, rows, strict=True)]
        if isinstance(helper, judging.Judge):
            read = judging.readings(helper.runtime, documents, pairs)
            heard = [_joined(one, other) for one, other in zip(heard, read, strict=True)]
    sentences = list(found.sentences)
    for number, at in enumerate(chosen):
        votes = [(trial, row[number]) for trial, row in zip(trials, said, strict=True)]
        sentences[at] = _weighed(sentences[at], heard[number], votes, documents)
    return replace(found, sentences=tuple(sentences), helpers=tuple(trials))


def _joined(one: Heard, other: Heard) -> Heard:
    """What two helpers say of a sentence: each fills other fields."""
    return Heard(*(right if left is None else left for left, right in zip(astuple(one), astuple(other), strict=True)))


def weight(helper: Helper, value: float) -> float:
    """The log-odds for a sentence (nats, negative: against it) where a helper gives it this probability.

    As in a naive Bayes classifier of which the trial is the training set, one claim of each kind added; scaled by how
    sure the helper is.
    """
    half = helper.asked // 2 + 2
    accepts, alarms = (helper.accepted + 1) / half, (helper.asked // 2 - helper.refused + 1) / half
    odds = math.log(accepts / alarms) if value >= 0.5 else math.log((1 - accepts) / (1 - alarms))
    return odds * abs(2 * value - 1)


def log_odds(absent: float, unexpected: float | None) -> float:
    """The log-odds (nats) that a sentence is unsupported by its words, and by how a model reads them."""
    if unexpected is None:
        return WORDS[0] + WORDS[1] * absent
    return READ[0] + READ[1] * absent + READ[2] * unexpected


def _weighed(
    row: CheckedSentence, heard: Heard, votes: list[tuple[Helper, float | None]], documents: Documents
) -> CheckedSentence:
    words = 0.0 if row.support is Support.NOT_JUDGED else log_odds(row.absent, heard.unexpected)
    spoken = [(helper, value) for helper, value in votes if value is not None and helper.heeded]
    against = words - sum(weight(helper, value) for helper, value in spoken)
    if row.support is Support.NOT_JUDGED and not spoken:
        return replace(row, heard=heard)
    chance = round(1 / (1 + math.exp(-against)), 4)
    row = replace(row, heard=heard, chance=chance)
    if not spoken or row.support is Support.CONTRADICTED:
        return row
    said = " and ".join(f"{helper.name} finds it {_finds(value)} ({value:.0%})" for helper, value in spoken)
    # of documents that are cut a sentence may be compared, and not be judged for want of the rest
    why = row.reason if documents.cut else f"its words were not compared: {row.reason}"
    if row.support is Support.NOT_JUDGED and chance >= 0.5 and not judging.reads_all(documents):
        # words did not choose what it read, so that what it did not read may well have it
        said = f"{said} beside {judging.MOST_READ:,} characters of the documents, and did not read the rest"
        return replace(row, chance=None, reason=f"{said}; {why}")
    if row.support is Support.NOT_JUDGED:
        support = Support.NOT_FOUND if chance >= 0.5 else Support.SUPPORTED
        return replace(row, support=support, reason=f"{said}; {why}")
    if row.support is Support.SUPPORTED and chance >= 0.5:
        reason = f"{said}, though {row.reason}"
        heeds_denial = any(helper.kind == "entailment" for helper, _ in spoken)
        if heeds_denial and heard.denied is not None and heard.denied > 0.5:
            return replace(row, support=Support.CONTRADICTED, reason=reason)
        if documents.cut:  # as for words alone
            return replace(row, support=Support.NOT_JUDGED, chance=None, reason=f"{reason}, and {UNREAD}, was not read")
        return replace(row, support=Support.NOT_FOUND, reason=reason)
    if row.support is Support.NOT_FOUND and chance < 0.5:
        return replace(row, support=Support.SUPPORTED, reason=f"{said}, though {row.reason}")
    return row


def _finds(value: float) -> str:
    return "supported" if value >= 0.5 else "unsupported"
