"""Asking a model labelled questions, and what its scores are then worth: `assay calibrate`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assay.errors import UsageError
from assay.facts.calibration import (
    MOST_TOKENS,
    Answered,
    Calibration,
    Promise,
    Question,
    TopicPromise,
    Unanswerable,
    Value,
    Worth,
)
from assay.facts.codec import decode, encode
from assay.facts.uncertainty import identity
from assay.files import AppendOnly, record
from assay.progress import Progress, Steps
from assay.runtime import Generates, Runtime, Samples, can_generate, can_sample
from assay.text.plain import plain
from assay.uncertainty import samples as sampled
from assay.uncertainty import statistics as measure
from assay.uncertainty.questions import LEAST, Pack
from assay.uncertainty.scores import scores
from assay.uncertainty.scoring import Draw, answer, chain, drawn, looked
from assay.version import VERSION

SCHEMA = "assay-calibration/2"
DEFAULT = (
    "sequence"  # docs/measured/hallucination.md has the sets by which it was chosen; made for answers of few words
)
DEFAULT_WORDS = "samples.apart"  # where there are no log-probabilities
MOST_CONFIDENT = 25
MOST_RECORD, MOST_KEPT = 64 << 20, 4 << 30  # bytes of a calibration, and of answers with the states of a large model
MOST_ASKED = 500  # characters of a question that a record keeps
LEAST_PROBED = 200  # answers below which a probe is not fitted
_DECLINES = re.compile(
    r"\b(?:unknown|not known|no one knows|nobody knows|(?:do|does|did)(?: not|n't|n’t) (?:know|exist|have)|not sure|uncertain|unclear|(?:can ?not|can't|can’t) be (?:known|answered|determined)|"
    r"no (?:answer|such|known)|there (?:is|was|are) no|impossible to (?:say|know|tell)|unanswerable|n/a|fictional|not (?:a real|real))\b",
    re.IGNORECASE,
)

_MADE = "make one with  assay calibrate MODEL -o json=FILE"
Bools = NDArray[np.bool_]


def answered(runtime: Generates | Samples, question: Question, draw: Draw = Draw()) -> Answered:
    """The model's first line after the question, whether that is right, and its scores."""
    tokens, raw = answer(runtime, question.prompt, MOST_TOKENS, stop="\n")
    trace, text = looked(runtime, question.prompt, raw), raw.strip()
    samples = drawn(runtime, question.prompt, raw, tokens, draw) if text else ()
    found = (
        *scores(tokens),
        *((chain(trace),) if trace else ()),
        *sampled.scores(text, sum(token.logprob for token in tokens) if tokens else None, samples),
    )
    return Answered(
        question.id, question.topic, question.asked[:MOST_ASKED], text, question.answers[:3], right(text, question.answers) if question.answerable else declined(text), question.answerable,
        tuple(Value(score.id, round(score.value, 4)) for score in found), tuple(round(float(value), 3) for value in trace.state) if trace else None,
    )  # fmt: skip


def right(text: str, answers: tuple[str, ...]) -> bool:
    """Whether an accepted answer is in the text, as words: case, articles and punctuation aside."""
    said = f" {plain(text)} "
    return any(f" {plain(answer)} " in said for answer in answers if plain(answer))


def declined(text: str) -> bool:
    """Whether the text says that there is no answer to give: by its words, in English."""
    return bool(_DECLINES.search(text)) or not text


def asked(
    runtime: Generates | Samples,
    pack: Pack,
    keep: Path | None = None,
    progress: Progress | None = None,
    draw: Draw = Draw(),
) -> tuple[Answered, ...]:
    """Every question of the pack asked, in order. What is answered is kept in `keep`, a line each, and taken from there the next time.

    Raises UsageError: the runtime does not generate, or `keep` holds answers of another model, question set or runtime.
    """
    if not can_generate(runtime):
        if not can_sample(runtime):
            raise UsageError(f"{runtime.name} does not generate, so it cannot be asked")
        if not draw.count:
            raise UsageError(
                f"{runtime.name}: its answers can only be compared with one another; ask for some, with --samples 5"
            )
    bound = {"model": identity(runtime), "pack": pack.sha256, "runtime": runtime.name}
    if draw.count:
        bound["samples"] = f"{draw.count} at {draw.temperature:g} from {draw.seed}"
    with ExitStack() as stack:
        kept = AppendOnly(keep, bound, partial(decode, Answered), MOST_KEPT, "answers") if keep else None
        known = {row.id: row for row in stack.enter_context(kept).rows} if kept else {}
        rows, steps = [], Steps(progress, "asking", len(pack.questions), "questions")
        for question in pack.questions:
            row = known.get(question.id)
            if row is None:
                row = answered(runtime, question, draw)
                if kept:
                    kept.add(encode(row))
            rows.append(row)
            steps.add()
    return tuple(rows)


def calibration(
    runtime: Runtime, pack: Pack, rows: tuple[Answered, ...], score: str = DEFAULT, draw: Draw = Draw(), by_topic: bool = False
) -> Calibration:  # fmt: skip
    """What the answers say: the worth of each score, error rates by `score`, and the promises that the sample allows.

    Answers without a token (the model ended at once) are errors with the greatest score there is. Where all answers are right or all wrong no score can be told
    from another, and none has a worth.

    Args:
        by_topic: also what can be promised within each topic (each then has the stated probability for itself).

    Raises UsageError where no question can be answered, or `score` is not known.
    """
    told = tuple(row for row in rows if row.answerable)
    if len(told) < LEAST:
        raise UsageError(
            f"{len(told)} questions that can be answered: fewer than {LEAST} say nothing about an error rate"
        )
    wrong = np.array([not row.right for row in told])
    names = sorted({value.id for row in told for value in row.scores})
    if score == DEFAULT and not can_generate(runtime):
        score = DEFAULT_WORDS
    if score not in names:
        raise UsageError(f"no score {score!r}: there are {', '.join(names) or 'none, for the model wrote nothing'}")
    chosen = column(told, score)
    rates = measure.held_out(chosen, wrong)
    error, curve = measure.ece(rates, wrong)
    sure = sorted((row for row in told if not row.right), key=lambda row: _value(row, score))
    promises = tuple(measure.promise(chosen, wrong, alpha) for alpha in measure.ALPHAS)
    return Calibration(
        SCHEMA, VERSION, runtime.model, runtime.sha256, runtime.name, pack.name, pack.sha256, draw.count, draw.temperature, draw.seed, len(told), int(wrong.sum()), score,
        worth(told, wrong), tuple(measure.isotonic(chosen, wrong)), tuple(curve), tuple(measure.coverage(chosen, wrong)), error, float(((rates - wrong) ** 2).mean()),
        promises, measure.topics(told), tuple(_within(told, chosen, wrong)) if by_topic else (), _unanswerable(rows, score, promises),
        tuple(replace(row, state=None) for row in sure[:MOST_CONFIDENT]), tuple(sorted(chosen.tolist())),
    )  # fmt: skip


def worth(rows: tuple[Answered, ...], wrong: Bools) -> tuple[Worth, ...]:
    """How well each score tells wrong answers from right ones, best first; none where there are not both.

    `state.probe` is a probe on the state before the answer, each answer judged by one fitted on other answers; `state.probe.topics` by one fitted on other topics.
    """
    if wrong.all() or not wrong.any():
        return ()
    columns = {name: column(rows, name) for name in sorted({value.id for row in rows for value in row.scores})}
    columns |= _probes(rows, wrong)
    found = (measure.worth(name, values, wrong) for name, values in columns.items())
    return tuple(sorted(found, key=lambda row: -row.auroc))


def _probes(rows: tuple[Answered, ...], wrong: Bools) -> dict[str, measure.Floats]:
    states = [row.state for row in rows if row.state is not None]
    if len(states) < max(len(rows), LEAST_PROBED):
        return {}
    from assay.uncertainty.attention import probed

    values, names = np.array(states, np.float32), sorted({row.topic for row in rows})
    folds = np.random.default_rng(0).permutation(len(rows)) % measure.FOLDS
    found = {"state.probe": probed(values, wrong, folds)}
    if len(names) >= measure.FOLDS:
        found["state.probe.topics"] = probed(values, wrong, np.array([names.index(row.topic) for row in rows]))
    return found


def _within(rows: tuple[Answered, ...], scores: measure.Floats, wrong: Bools) -> Iterator[TopicPromise]:
    """The strictest promise of each topic that can be made, those without one left out."""
    for name in sorted({row.topic for row in rows}):
        mine = np.array([row.topic == name for row in rows])
        every = (measure.promise(scores[mine], wrong[mine], alpha) for alpha in measure.ALPHAS)
        first = next((row for row in every if row.threshold is not None), None)
        if first is not None:
            yield TopicPromise(name, first)


def _unanswerable(rows: tuple[Answered, ...], score: str, promises: tuple[Promise, ...]) -> Unanswerable | None:
    """What became of the questions without an answer; None where there were none."""
    apart = np.array([not row.answerable for row in rows])
    if not apart.any():
        return None
    values = column(rows, score)
    found = measure.worth(score, values, apart)
    threshold = next((row.threshold for row in reversed(promises) if row.threshold is not None), None)
    kept = None if threshold is None else float((values[apart] <= threshold).mean())
    silent = sum(row.right for row in rows if not row.answerable)
    return Unanswerable(int(apart.sum()), silent, found.auroc, found.low, found.high, kept)


def column(rows: tuple[Answered, ...], name: str) -> measure.Floats:
    """float64[answers]: one score of every answer; one more than the greatest for an answer without a token."""
    values = np.array([_value(row, name) for row in rows])
    known = values[np.isfinite(values)]
    return np.where(np.isfinite(values), values, (known.max() if len(known) else 0.0) + 1.0)


def _value(row: Answered, name: str) -> float:
    return next((value.value for value in row.scores if value.id == name), float("inf"))


def load(path: Path) -> Calibration:
    """Load a calibration: what `assay calibrate -o json` wrote."""
    return record(path, MOST_RECORD, "calibration", SCHEMA, partial(decode, Calibration), _MADE)
