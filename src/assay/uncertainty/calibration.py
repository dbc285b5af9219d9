"""Calibrate the scores of a model on labelled questions, with guarantees on the error rate: `assay calibrate`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
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
from assay.facts.uncertainty import Sample, TokenScore, identity
from assay.files import AppendOnly, record
from assay.lazy import regex
from assay.progress import Progress, Steps
from assay.runtime import (
    Batches,
    Generates,
    Runtime,
    Samples,
    Trace,
    can_batch,
    can_generate,
    can_sample,
    can_score,
    unheeded,
)
from assay.text.plain import plain
from assay.uncertainty import samples, statistics, unlike
from assay.uncertainty.questions import LEAST, QuestionSet
from assay.uncertainty.scores import scores
from assay.uncertainty.scoring import Draw, answer, chain, room, sampled, traced
from assay.uncertainty.short import own, shortly
from assay.version import VERSION

SCHEMA = "assay-calibration/3"
DEFAULT = "sequence"  # for answers of few words; docs/measured/hallucination.md has the sets by which it was chosen
DEFAULT_WORDS = "samples.apart"  # where there are no log-probabilities
# the first that every answer has is what error rates go by, where nothing else is asked for: by those sets, too
PREFERRED = ("short", DEFAULT, DEFAULT_WORDS)
MOST_CONFIDENT = 25
MOST_RECORD, MOST_KEPT = 64 << 20, 4 << 30  # bytes of a calibration, and of answers with the states of a large model
MOST_ASKED = 500  # characters of a question that a record keeps
LEAST_PROBED = 200  # answers below which a probe is not fitted
_DECLINES = regex(
    r"\b(?:unknown|not known|no one knows|nobody knows|(?:do|does|did)(?: not|n't|n’t) (?:know|exist|have)|not sure|"
    r"uncertain|unclear|(?:can ?not|can't|can’t) be (?:known|answered|determined)|no (?:answer|such|known)|"
    r"there (?:is|was|are) no|impossible to (?:say|know|tell)|unanswerable|n/a|fictional|not (?:a real|real))\b",
    re.IGNORECASE,
)

_MADE = "make one with  assay calibrate MODEL -o json=FILE"
Bools = NDArray[np.bool_]


def answered(runtime: Generates | Samples, question: Question, draw: Draw = Draw()) -> Answered:
    """The model's answer (its first line), whether that is right, and its scores."""
    tokens, raw = answer(runtime, question.prompt, MOST_TOKENS, stop="\n")
    trace = traced(runtime, question.prompt, raw)
    others = sampled(runtime, question.prompt, raw, tokens, draw, question.asked)[0] if raw.strip() else ()
    brief = _asked_shortly(runtime, [question], [raw.strip()])[0]
    ignored = unheeded(runtime, draw.seed) if others else frozenset[str]()
    return _judged(question, raw.strip(), tokens, trace, others, draw, brief, ignored)


def abreast(runtime: Batches, questions: Sequence[Question], draw: Draw = Draw()) -> tuple[Answered, ...]:
    """As `answered`, for questions that are asked side by side."""
    written = runtime.answers([question.prompt for question in questions], MOST_TOKENS, "\n")
    told = [at for at, row in enumerate(written) if row.text.strip()] if draw.count else []
    prompts, most = [questions[at].prompt for at in told], [room(written[at].tokens) for at in told]
    drawn = runtime.samples(prompts, draw.count, most, draw.temperature, draw.seed, "\n") if told else ()
    others = {
        at: samples.clustered(rows, partial(draw.same, question=questions[at].asked))
        for at, rows in zip(told, drawn, strict=True)
    }
    briefs = _asked_shortly(runtime, questions, [row.text.strip() for row in written])
    ignored = unheeded(runtime, draw.seed) if others else frozenset[str]()
    return tuple(
        _judged(question, row.text.strip(), row.tokens, row.trace, others.get(at, ()), draw, briefs[at], ignored)
        for at, (question, row) in enumerate(zip(questions, written, strict=True))
    )


def _asked_shortly(runtime: Runtime, questions: Sequence[Question], texts: Sequence[str]) -> tuple[float | None, ...]:
    """How unlikely each answer's own words are after nothing but its question; None where they cannot be read so."""
    rows = {
        at: (question.asked, text[slice(*(own(text, question.asked) or (0, len(text))))])
        for at, (question, text) in enumerate(zip(questions, texts, strict=True))
        if text and question.asked.endswith("?")
    }
    found = shortly(runtime, list(rows.values())) if rows and can_score(runtime) else ()
    values = {at: row[1] for at, row in zip(rows, found, strict=False) if row is not None}
    return tuple(values.get(at) for at in range(len(questions)))


def _judged(
    question: Question,
    text: str,
    tokens: tuple[TokenScore, ...],
    trace: Trace | None,
    others: tuple[Sample, ...],
    draw: Draw,
    brief: float | None,
    ignored: frozenset[str],
) -> Answered:
    """An answer with its scores, and whether it is right."""
    found = (
        *scores(tokens),
        *((chain(trace),) if trace else ()),
        *samples.scores(
            text,
            sum(token.logprob for token in tokens) if tokens else None,
            others,
            partial(draw.same, question=question.asked),
            draw.by,
            ignored,
        ),
    )
    return Answered(
        id=question.id,
        topic=question.topic,
        asked=question.asked[:MOST_ASKED],
        text=text,
        accepted=question.answers[:3],
        right=right(text, question.answers) if question.answerable else declined(text),
        answerable=question.answerable,
        scores=(
            *(Value(score.id, round(score.value, 4)) for score in found),
            *((Value("short", round(brief, 4)),) if brief is not None else ()),
        ),
        state=tuple(round(float(value), 3) for value in trace.state) if trace else None,
    )


def right(text: str, answers: tuple[str, ...]) -> bool:
    """Whether the text contains an accepted answer, as words: case, articles and punctuation aside."""
    said = f" {plain(text)} "
    return any(f" {plain(answer)} " in said for answer in answers if plain(answer))


def declined(text: str) -> bool:
    """Whether the text says that there is no answer to give: by its words, in English."""
    return bool(_DECLINES.search(text)) or not text


def asked(
    runtime: Generates | Samples,
    question_set: QuestionSet,
    keep: Path | None = None,
    progress: Progress | None = None,
    draw: Draw = Draw(),
) -> tuple[Answered, ...]:
    """The answers to all questions, in order. They are kept in `keep`, a line each, and read from there the next time.

    Raises UsageError: the runtime does not generate, or `keep` holds answers of another model, question set or runtime.
    """
    if not can_generate(runtime):
        if not can_sample(runtime):
            raise UsageError(f"{runtime.name} does not generate, so it cannot be asked")
        if not draw.count:
            raise UsageError(
                f"{runtime.name}: its answers can only be compared with one another; ask for some, with --samples 5"
            )
    if draw.count > 1 and can_sample(runtime) and not runtime.sha256 and not samples.vary(runtime, draw.seed):
        raise UsageError(f"{samples.UNVARIED.format(runtime.model)}; leave --samples out")
    if draw.count and can_sample(runtime):
        unheeded(runtime, draw.seed)  # before its name is written down, which says so
    bound = {"model": identity(runtime), "pack": question_set.sha256, "runtime": runtime.name}
    if draw.count:
        bound["samples"] = f"{draw.count} at {draw.temperature:g} from {draw.seed}, by {draw.by}"
    with ExitStack() as stack:
        kept = AppendOnly(keep, bound, partial(decode, Answered), MOST_KEPT, "answers") if keep else None
        known = {row.id: row for row in stack.enter_context(kept).rows} if kept else {}
        steps = Steps(progress, "asking", len(question_set.questions), "questions")
        for batch in _batches(runtime, question_set.questions):
            if any(question.id not in known for question in batch):
                for row in _answers(runtime, batch, draw):
                    if kept and row.id not in known:
                        kept.add(encode(row))
                    known.setdefault(row.id, row)
            for _ in batch:
                steps.add()
    return tuple(known[question.id] for question in question_set.questions)


def _batches(runtime: Generates | Samples, questions: Sequence[Question]) -> list[list[Question]]:
    """The questions as they are asked together; the same ones give the same batches, whatever is kept already."""
    if not can_batch(runtime):
        return [[question] for question in questions]
    return [[questions[at] for at in batch] for batch in runtime.batches([question.prompt for question in questions])]


def _answers(runtime: Generates | Samples, batch: list[Question], draw: Draw) -> tuple[Answered, ...]:
    if can_batch(runtime):
        return abreast(runtime, batch, draw)
    return tuple(answered(runtime, question, draw) for question in batch)


def calibration(
    runtime: Runtime,
    question_set: QuestionSet,
    rows: tuple[Answered, ...],
    score: str = "",
    draw: Draw = Draw(),
    by_topic: bool = False,
) -> Calibration:
    """The discrimination (AUROC) of each score, error rates by `score`, and the guarantees that the sample allows.

    Answers without a token (the model ended at once) are errors with the greatest score there is. Where all answers
    are right or all wrong, no score has an AUROC.

    Args:
        score: by default the first of `PREFERRED` that every answer has.
        by_topic: also guarantees within each topic (each then holds with the stated probability for itself).

    Raises UsageError where no question can be answered, or `score` is not known.
    """
    labelled = tuple(row for row in rows if row.answerable)
    if len(labelled) < LEAST:
        raise UsageError(
            f"{len(labelled)} questions that can be answered: fewer than {LEAST} say nothing about an error rate"
        )
    wrong = np.array([not row.right for row in labelled])
    names = _names(labelled)
    score = score or next((name for name in PREFERRED if name in names), DEFAULT)
    if score not in names:
        raise UsageError(f"no score {score!r}: there are {', '.join(names) or 'none, for the model wrote nothing'}")
    chosen = column(labelled, score)
    rates = statistics.held_out(chosen, wrong)
    error, curve = statistics.ece(rates, wrong)
    sure = sorted((row for row in labelled if not row.right), key=lambda row: _value(row, score))
    guarantees = tuple(statistics.guarantee(chosen, wrong, alpha) for alpha in statistics.ALPHAS)
    return Calibration(
        schema=SCHEMA,
        assay=VERSION,
        model=runtime.model,
        sha256=runtime.sha256,
        runtime=runtime.name,
        pack=question_set.name,
        pack_sha256=question_set.sha256,
        samples=draw.count,
        temperature=draw.temperature,
        seed=draw.seed,
        count=len(labelled),
        errors=int(wrong.sum()),
        guessing=_guessing(question_set, labelled),
        score=score,
        worth=discrimination(labelled, wrong),
        steps=tuple(statistics.isotonic(chosen, wrong)),
        reliability=tuple(curve),
        coverage=tuple(statistics.coverage(chosen, wrong)),
        ece=error,
        brier=float(((rates - wrong) ** 2).mean()),
        promises=guarantees,
        topics=statistics.topics(labelled),
        topic_promises=tuple(_within(labelled, chosen, wrong)) if by_topic else (),
        unanswerable=_unanswerable(rows, score, guarantees),
        confident_errors=tuple(replace(row, state=None) for row in sure[:MOST_CONFIDENT]),
        scores=tuple(sorted(chosen.tolist())),
        vocabulary=unlike.vocabulary([(row.topic, row.asked) for row in rows]),
    )


def _names(rows: tuple[Answered, ...]) -> list[str]:
    """The scores that every answer with any has."""
    known = [{value.id for value in row.scores} for row in rows if row.scores]
    return sorted(set.intersection(*known)) if known else []


def _guessing(question_set: QuestionSet, rows: tuple[Answered, ...]) -> float:
    """The share of errors of always giving the commonest accepted answer of a topic."""
    answers = {row.id: {plain(answer) for answer in row.answers} for row in question_set.questions}
    groups: dict[str, list[set[str]]] = defaultdict(list)
    for row in rows:
        groups[row.topic].append(answers.get(row.id, set()))
    hits = sum(max(Counter(name for found in group for name in found).values(), default=0) for group in groups.values())
    return 1 - hits / len(rows)


def discrimination(rows: tuple[Answered, ...], wrong: Bools) -> tuple[Worth, ...]:
    """How well each score separates wrong answers from right ones (AUROC), best first; none where there are not both.

    `state.probe` is a probe on the state before the answer, each answer judged by one fitted on other answers;
    `state.probe.topics` by one fitted on other topics.
    """
    if wrong.all() or not wrong.any():
        return ()
    columns = {name: column(rows, name) for name in _names(rows)}
    columns |= _probes(rows, wrong)
    groups = [row.topic for row in rows]
    found = (statistics.discrimination(name, values, wrong, groups) for name, values in columns.items())
    return tuple(sorted(found, key=lambda row: -row.auroc))


def _probes(rows: tuple[Answered, ...], wrong: Bools) -> dict[str, statistics.Floats]:
    states = [row.state for row in rows if row.state is not None]
    if len(states) < max(len(rows), LEAST_PROBED):
        return {}
    from assay.uncertainty.attention import probed

    values, names = np.array(states, np.float32), sorted({row.topic for row in rows})
    folds = np.random.default_rng(0).permutation(len(rows)) % statistics.FOLDS
    found = {"state.probe": probed(values, wrong, folds)}
    if len(names) >= statistics.FOLDS:
        found["state.probe.topics"] = probed(values, wrong, np.array([names.index(row.topic) for row in rows]))
    return found


def _within(rows: tuple[Answered, ...], scores: statistics.Floats, wrong: Bools) -> Iterator[TopicPromise]:
    """The strictest guarantee within each topic, topics without one left out."""
    for name in sorted({row.topic for row in rows}):
        mine = np.array([row.topic == name for row in rows])
        every = (statistics.guarantee(scores[mine], wrong[mine], alpha) for alpha in statistics.ALPHAS)
        first = next((row for row in every if row.threshold is not None), None)
        if first is not None:
            yield TopicPromise(name, first)


def _unanswerable(rows: tuple[Answered, ...], score: str, guarantees: tuple[Promise, ...]) -> Unanswerable | None:
    """What the model did with questions that nobody can answer; None where there were none."""
    apart = np.array([not row.answerable for row in rows])
    if not apart.any():
        return None
    values = column(rows, score)
    found = statistics.discrimination(score, values, apart)
    threshold = next((row.threshold for row in reversed(guarantees) if row.threshold is not None), None)
    kept = None if threshold is None else float((values[apart] <= threshold).mean())
    silent = sum(row.right for row in rows if not row.answerable)
    return Unanswerable(int(apart.sum()), silent, found.auroc, found.low, found.high, kept)


def column(rows: tuple[Answered, ...], name: str) -> statistics.Floats:
    """float64[answers]: one score of every answer; one more than the greatest for an answer without a token."""
    values = np.array([_value(row, name) for row in rows])
    known = values[np.isfinite(values)]
    return np.where(np.isfinite(values), values, (known.max() if len(known) else 0.0) + 1.0)


def _value(row: Answered, name: str) -> float:
    return next((value.value for value in row.scores if value.id == name), float("inf"))


def load(path: Path) -> Calibration:
    """Load a calibration: what `assay calibrate -o json` wrote."""
    return record(path, MOST_RECORD, "calibration", SCHEMA, partial(decode, Calibration), _MADE)
