"""What is usual for a model: how right and invented answers to assay's own questions score, read once a model.

Invented are right answers to other questions of the same topic. Nothing is generated: both are given, and read side by
side, in the form in which a text is judged: its own words asked for shortly, or as a sentence that answers a message.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np

from assay.errors import UsageError
from assay.facts.calibration import Question
from assay.facts.codec import canonical, decode
from assay.facts.uncertainty import SHORT, Capability, TokenScore, Usual
from assay.files import cache_folder, content, json_value
from assay.lazy import regex
from assay.progress import Progress, Steps
from assay.runtime import Runtime, Scores, can_score, conversation, scored
from assay.uncertainty import questions, statistics
from assay.uncertainty.short import BEFORE, WEIGHT, shortly
from assay.writing import write

QUESTIONS = 120  # of assay's own; a share of them is known to within 9 points
LEAST = 30  # questions below which a tenth of the right answers is not known
DOUBTFUL = 0.9  # share of right answers that lie below the threshold
QUANTILES = 21
MOST = 1 << 20  # bytes of what is kept
# a question of assay's own as the sentence that answers it
_SENTENCES = tuple(
    (regex(pattern), sentence)
    for pattern, sentence in (
        (r"What is a (young .*) called\?", "A {} is called a {}."),
        (r"What is (\d.*)\?", "{} is {}."),
        (r"What is (the .*?)(?: called)?\?", "{} is {}."),
        (r"Who wrote (.*)\?", "{} was written by {}."),
        (r"Who discovered or invented (.*)\?", "{} was discovered or invented by {}."),
        (r"On which continent is (.*)\?", "{} is on the continent of {}."),
        (r"Which language is spoken by most people in (.*)\?", "Most people in {} speak {}."),
    )
)


def usual(runtime: Runtime, form: str, keep: Path | None = None, progress: Progress | None = None) -> Usual | None:
    """What is usual in a form, SHORT or SENTENCE; None where no given text is scored, or no digest says what ran.

    Args:
        keep: a folder in which it is kept by the model's digest, and read from there the next time.
    """
    if not can_score(runtime) or not runtime.sha256:
        return None
    pack = questions.load([questions.GENERAL])
    path = _place(runtime, form, keep) if keep else None
    known = _kept(path, pack.sha256) if path else None
    if known is not None:
        return known
    asked = [row for row in pack.questions if row.answerable]
    chosen = [(row, other) for row in asked if (other := _other(row, asked))][:QUESTIONS]
    steps = Steps(progress, "reading what is usual for the model", 2 * len(chosen), "answers")
    rows = [(row, answer) for row, other in chosen for answer in (row.answers[0], other)]
    values = (_shortly if form == SHORT else _in_sentences)(runtime, rows, steps)
    both = [pair for pair in zip(values[::2], values[1::2], strict=True) if None not in pair]
    if len(both) < LEAST:
        return None
    found = _usual(pack, form, np.array(both, float))
    if path is not None:
        with suppress(UsageError, OSError):  # a folder that cannot be written to: it is read again the next time
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, canonical(found))
    return found


def kept(runtime: Runtime, form: str, keep: Path) -> Usual | None:
    """What is usual in a form where it was read before and kept in this folder; None where not."""
    return _kept(_place(runtime, form, keep), questions.load([questions.GENERAL]).sha256) if runtime.sha256 else None


def _place(runtime: Runtime, form: str, keep: Path) -> Path:
    return keep / f"{runtime.sha256[:32]}-{form.replace(' ', '-')}-{_method()}.json"


def _method() -> str:
    """What answers are read by, as a digest: what was kept before it changed says nothing of what is read now."""
    return hashlib.sha256(repr((BEFORE, WEIGHT, QUESTIONS, DOUBTFUL, _SENTENCES)).encode()).hexdigest()[:8]


def _shortly(runtime: Scores, rows: list[tuple[Question, str]], steps: Steps) -> list[float | None]:
    found = shortly(runtime, [(row.asked, answer) for row, answer in rows], steps.add)
    return [None if one is None else one[1] for one in found]


def _in_sentences(runtime: Scores, rows: list[tuple[Question, str]], steps: Steps) -> list[float | None]:
    """The greatest surprisal of a token of each answer's own words (nats); None where it could not be scored."""
    pairs = [_sentence(runtime, row, answer) for row, answer in rows]
    read = scored(runtime, [(prompt, text) for prompt, text, _ in pairs], steps.add)
    return [_surprise(tokens, start) for tokens, (_, _, start) in zip(read, pairs, strict=True)]


def unknown(runtime: Runtime, form: str) -> None:
    """Nothing is to be known of what is usual."""


def _usual(pack: questions.QuestionSet, form: str, values: statistics.Floats) -> Usual:
    """The distributions of two columns, right and invented answers to the same questions."""
    right, invented = values.T
    wrong = np.arange(2 * len(values)) >= len(values)
    row = statistics.discrimination("", np.concatenate([right, invented]), wrong)
    shares = np.linspace(0, 1, QUANTILES)
    return Usual(
        questions=pack.name,
        sha256=pack.sha256,
        form=form,
        count=len(values),
        right=tuple(np.quantile(right, shares).round(4).tolist()),
        invented=tuple(np.quantile(invented, shares).round(4).tolist()),
        auroc=round(row.auroc, 4),
        low=round(row.low, 4),
        high=round(row.high, 4),
        doubtful=round(float(np.quantile(right, DOUBTFUL)), 4),
    )


def folder() -> Path:
    """Where it is kept unless another folder is named: `$XDG_CACHE_HOME/assay/usual`."""
    return cache_folder() / "usual"


def _kept(path: Path, pack: str) -> Usual | None:
    """What is kept in a file, or None: there is none, it is damaged, or of other questions."""
    try:
        found = decode(Usual, json_value(content(path, MOST, "file of what is usual")))
    except (UsageError, ValueError, RecursionError):
        return None
    return found if found.sha256 == pack and len(found.right) == len(found.invented) == QUANTILES else None


def _other(row: Question, asked: list[Question]) -> str:
    """A right answer to the next question of the topic that is none to this one, or nothing."""
    at = asked.index(row)
    for other in (*asked[at + 1 :], *asked[:at]):
        if other.topic == row.topic and other.answers[0].casefold() not in map(str.casefold, row.answers):
            return other.answers[0]
    return ""


def _sentence(runtime: Runtime, row: Question, answer: str) -> tuple[str, str, int]:
    """(the prompt, the sentence that answers it, where the answer's own words begin)."""
    prompt = conversation(runtime, row.asked) if Capability.CHAT in runtime.can else f"{row.asked}\n"
    for pattern, sentence in _SENTENCES:
        if match := pattern.fullmatch(row.asked):
            text = sentence.format(match[1], answer)
            return prompt, text[0].upper() + text[1:], text.rindex(answer)
    return prompt, f"{answer}.", 0


def _surprise(tokens: tuple[TokenScore, ...] | None, start: int) -> float | None:
    own = [-token.logprob for token in tokens or () if token.stop > start and any(map(str.isalnum, token.text))]
    return max(own, default=None)
