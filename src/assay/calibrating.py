"""Asking a model labelled questions, and what its scores are then worth: `assay calibrate`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import numpy as np

from assay import __version__
from assay.errors import UsageError
from assay.facts.calibration import MOST_TOKENS, Answered, Calibration, Question, Value
from assay.facts.codec import Mismatch, decode, encode
from assay.facts.uncertainty import Capability, TokenScore
from assay.files import write_whole
from assay.measures import calibration as measure
from assay.measures.uncertainty import scores
from assay.packs import Pack
from assay.runtime import Runtime

SCHEMA = "assay-calibration/1"
DEFAULT = "surprise.max"
MOST_CONFIDENT = 25
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NO_WORD = re.compile(r"[^\w]+")

Progress = Callable[[str, int, int], None]


def answered(runtime: Runtime, question: Question) -> Answered:
    """The model's first line after the question, whether a right answer is in it, and its scores."""
    tokens: list[TokenScore] = []
    for token in runtime.generate(question.prompt, MOST_TOKENS):
        if "\n" in token.text:
            break
        tokens.append(token)
    text = "".join(token.text for token in tokens).strip()
    values = tuple(Value(score.id, score.value) for score in scores(tuple(tokens)))
    return Answered(question.id, question.topic, text, right(text, question.answers), values)


def right(text: str, answers: tuple[str, ...]) -> bool:
    """Whether an accepted answer is in the text, as words: case, articles and punctuation aside."""
    said = f" {_plain(text)} "
    return any(f" {_plain(answer)} " in said for answer in answers if _plain(answer))


def _plain(text: str) -> str:
    return " ".join(_ARTICLES.sub(" ", _NO_WORD.sub(" ", text.casefold())).split())


def asked(
    runtime: Runtime, pack: Pack, keep: Path | None = None, progress: Progress | None = None
) -> tuple[Answered, ...]:
    """Every question of the pack asked, in order. What is answered is kept in `keep`, a line each, and taken from there the next time.

    Raises UsageError: the runtime does not generate, or what was kept is of another model or pack.
    """
    if Capability.GENERATE not in runtime.can:
        raise UsageError(f"{runtime.name} does not generate, so it cannot be asked")
    bound = {"model": runtime.sha256, "pack": pack.sha256, "runtime": runtime.name}
    known = _kept(keep, bound) if keep else {}
    with ExitStack() as stack:
        stream = stack.enter_context(open(keep, "a", encoding="utf-8")) if keep else None
        if stream and not stream.tell():
            _line(stream, bound)
        rows = []
        for number, question in enumerate(pack.questions):
            row = known.get(question.id)
            if row is None:
                row = answered(runtime, question)
                if stream:
                    _line(stream, encode(row))
            rows.append(row)
            if progress:
                progress("asking", number + 1, len(pack.questions))
    return tuple(rows)


def _line(stream: TextIO, value: object) -> None:
    stream.write(json.dumps(value, sort_keys=True) + "\n")
    stream.flush()


def _kept(path: Path, bound: dict[str, str]) -> dict[str, Answered]:
    """What was answered before; a last line that was cut is asked again."""
    if not path.exists() or not path.stat().st_size:
        return {}
    raw = path.read_text("utf-8", "replace")
    lines = raw.split("\n")
    try:
        first = json.loads(lines[0])
    except ValueError:
        first = None
    if first != bound:
        raise UsageError(f"{path} holds answers of another model, pack or runtime: give another file")
    if not raw.endswith("\n"):  # the last line was cut when the run was ended: it must not run into the next
        write_whole(path, raw[: raw.rfind("\n") + 1].encode())
    found = {}
    for line in lines[1:]:
        try:
            row = decode(Answered, json.loads(line))
        except (ValueError, Mismatch):
            continue
        found[row.id] = row
    return found


def calibration(runtime: Runtime, pack: Pack, rows: tuple[Answered, ...], score: str = DEFAULT) -> Calibration:
    """What the answers say: the worth of each score, error rates by `score`, and the promises that the sample allows.

    Answers without a token (the model ended at once) are errors with the greatest score there is.

    Raises UsageError where every answer is right or every one is wrong, so that no score can be judged, or `score` is not known.
    """
    wrong = np.array([not row.right for row in rows])
    if wrong.all() or not wrong.any():
        raise UsageError(
            f"all {len(rows)} answers are {'wrong' if wrong.all() else 'right'}: no score can be told apart by that; give other questions"
        )
    names = sorted({value.id for row in rows for value in row.scores})
    if score not in names:
        raise UsageError(f"no score {score!r}: there are {', '.join(names)}")
    columns = {name: column(rows, name) for name in names}
    chosen = columns[score]
    rates = measure.held_out(chosen, wrong)
    error, curve = measure.ece(rates, wrong)
    sure = sorted((row for row in rows if not row.right), key=lambda row: _value(row, score))
    return Calibration(
        SCHEMA, __version__, runtime.model, runtime.sha256, runtime.name, pack.name, pack.sha256, len(rows), int(wrong.sum()), score,
        tuple(sorted((measure.worth(name, column, wrong) for name, column in columns.items()), key=lambda row: -row.auroc)),
        tuple(measure.isotonic(chosen, wrong)), tuple(curve), tuple(measure.coverage(chosen, wrong)), error, float(((rates - wrong) ** 2).mean()),
        tuple(measure.promise(chosen, wrong, alpha) for alpha in measure.ALPHAS), measure.topics(rows), tuple(sure[:MOST_CONFIDENT]),
        tuple(sorted(chosen.tolist())),
    )  # fmt: skip


def column(rows: tuple[Answered, ...], name: str) -> measure.Floats:
    """float64[answers]: one score of every answer; one more than the greatest for an answer without a token."""
    values = np.array([_value(row, name) for row in rows])
    known = values[np.isfinite(values)]
    return np.where(np.isfinite(values), values, (known.max() if len(known) else 0.0) + 1.0)


def _value(row: Answered, name: str) -> float:
    return next((value.value for value in row.scores if value.id == name), float("inf"))


def load(path: Path) -> Calibration:
    """A calibration that `assay calibrate` wrote (UsageError: it is none)."""
    try:
        value = json.loads(path.read_text("utf-8"))
        if value.get("schema") != SCHEMA:
            raise UsageError(
                f"{path} is no calibration that this version reads: expected schema {SCHEMA!r}, got {str(value.get('schema'))[:80]!r}"
            )
        return decode(Calibration, value)
    except OSError as cause:
        raise UsageError(f"cannot read {path}: {cause.strerror}") from None
    except (ValueError, AttributeError, Mismatch) as cause:
        raise UsageError(f"{path} is no calibration: {str(cause)[:120]}") from None
