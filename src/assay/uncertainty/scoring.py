"""Score a text by how likely a model finds it, token by token: `assay.uncertainty.score(runtime, prompt, text)`.

>>> from assay import uncertainty                      # doctest: +SKIP
>>> model = uncertainty.open("SmolLM2.gguf")           # doctest: +SKIP
>>> found = uncertainty.score(model, "The capital of France is", " Berlin.")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assay.errors import UsageError
from assay.facts.calibration import MOST_TOKENS, Calibration
from assay.facts.uncertainty import Risk, Sample, Score, ScoredText, TokenScore, Usual, identity
from assay.lazy import dataclass
from assay.runtime import (
    Generates,
    Runtime,
    Samples,
    Scores,
    Trace,
    can_generate,
    can_sample,
    can_score,
    can_trace,
    unheeded,
)
from assay.subject import opened
from assay.uncertainty import labels, meaning, samples, scores, support, unlike
from assay.uncertainty.short import Short, last, question, short
from assay.uncertainty.statistics import rate
from assay.uncertainty.support import Against, against
from assay.uncertainty.usual import unknown

if TYPE_CHECKING:
    from assay.runtime.endpoint import Endpoint
    from assay.runtime.recorded import Recorded
    from assay.runtime.torch_ import TorchRuntime

__all__ = ["Against", "Draw", "against", "generated", "open", "score", "written"]
MOST_NEW = 4096  # tokens that are generated at most
LEAST_SAMPLED = 64  # tokens that a sample may have, however short the text is


def open(
    model: str | os.PathLike[str],
    *,
    isolation: bool = True,
    offline: bool = False,
    key_in_clear: bool = False,
    taken: int = 0,
) -> TorchRuntime | Endpoint | Recorded:
    """A runtime for a model.

    A folder or file with weights, or one on a hub (`hf://org/name[@revision]`), runs on torch; an endpoint is
    `openai+http://host:port/v1#model`; a record of a model is a `.json` or `.jsonl` file.

    Args:
        isolation: parse the files in a locked-down worker, as an audit does.
        offline: never open a network connection.
        key_in_clear: send the key in ASSAY_API_KEY over plain http to another machine, too.
        taken: bytes of memory that other models take in this process.

    Raises:
        UsageError: the model cannot be run, and why: no runtime is installed, it needs code of its own, its weights
            do not fit, its tokenizer is unknown.
    """
    walk = opened(model, offline=offline)
    if walk.closed:
        from assay.runtime.endpoint import Endpoint

        return Endpoint(os.fspath(model), key_in_clear=key_in_clear)
    path = Path(model)
    if path.suffix.lower() in (".json", ".jsonl") and path.is_file():
        from assay.runtime.recorded import Recorded

        return Recorded(path)
    from assay.runtime.opening import torch_runtime

    return torch_runtime(walk, isolation=isolation, taken=taken)


Usually = Callable[
    [Runtime, str], Usual | None
]  # what is usual for a model in a form (`usual.SHORT`, `usual.SENTENCE`)


class Meaning(Protocol):
    """Whether two answers to a question mean the same."""

    def __call__(self, one: str, other: str, question: str = "") -> bool:
        """Whether they do."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How answers are sampled: how many (0: none), at which temperature, from which seed.

    `same` says whether two answers to a question mean the same: `meaning.same` by rules, or a model of entailment.
    """

    count: int = 0
    temperature: float = 0.7
    seed: int = 0
    same: Meaning = meaning.same
    by: str = "what they claim"  # how they are compared, in words


def score(
    runtime: Scores,
    prompt: str,
    text: str,
    calibration: Calibration | None = None,
    draw: Draw = Draw(),
    held: Against = Against(),
    usual: Usually = unknown,
) -> ScoredText:
    """Score a given text as it follows a prompt: one forward pass, and the samples that are asked for.

    With a calibration (`assay.uncertainty.calibration.load`) the result has the share of answers with this score that
    were wrong; with `draw`, scores of the text beside other answers to the prompt; with `held`
    (`against(documents=..., corpora=...)`), what documents and training data support; with `usual`
    (`partial(assay.uncertainty.usual.usual, keep=...)`), labels by what is usual for this model.

    Raises UsageError where the runtime cannot score it, or the calibration is of another model; the message says why.
    """
    if not can_score(runtime):
        raise UsageError(
            f"{runtime.name} cannot score a given text: let it answer, and compare its answers (no --text, --samples 5)"
            ", or compare the text with its sources (assay check)"
        )
    trace = runtime.trace(prompt, text) if can_trace(runtime) else None
    tokens = trace.tokens if trace else runtime.score(prompt, text)
    return _scored(_Scored(runtime, prompt, text, tokens, trace, generated=False), calibration, draw, held, usual)


def generated(
    runtime: Generates | Samples,
    prompt: str,
    most: int = 128,
    temperature: float = 0.0,
    seed: int = 0,
    calibration: Calibration | None = None,
    draw: Draw = Draw(),
    held: Against = Against(),
    usual: Usually = unknown,
) -> ScoredText:
    """Score what the model writes after a prompt, as it is written; a trace takes one more pass over it.

    Raises UsageError where it writes nothing, or cannot be asked to.
    """
    if not can_generate(runtime) and not (can_sample(runtime) and draw.count):
        more = ", or --samples K to compare answers" if can_sample(runtime) else ""
        raise UsageError(f"{runtime.name} gives no scores of what it writes: give a text to score{more}")
    tokens, text = answer(runtime, prompt, min(most, MOST_NEW), temperature, seed)
    if not text:
        raise UsageError("the model wrote nothing after this prompt")
    return _of_written(runtime, prompt, tokens, text, calibration, draw, held, usual)


def written(
    runtime: Generates,
    prompt: str,
    tokens: tuple[TokenScore, ...],
    draw: Draw = Draw(),
    held: Against = Against(),
    usual: Usually = unknown,
) -> ScoredText:
    """As `generated`, of tokens that the model wrote after the prompt already, as for somebody who watched."""
    text = "".join(token.text for token in tokens)
    return _of_written(runtime, prompt, tokens, text, None, draw, held, usual)


def _of_written(
    runtime: Generates | Samples,
    prompt: str,
    tokens: tuple[TokenScore, ...],
    text: str,
    calibration: Calibration | None,
    draw: Draw,
    held: Against,
    usual: Usually,
) -> ScoredText:
    trace = traced(runtime, prompt, text)
    return _scored(_Scored(runtime, prompt, text, tokens, trace, generated=True), calibration, draw, held, usual)


def answer(
    runtime: Generates | Samples, prompt: str, most: int, temperature: float = 0.0, seed: int = 0, stop: str = ""
) -> tuple[tuple[TokenScore, ...], str]:
    """(tokens, text) of what the model writes, up to `stop`; no tokens where the runtime gives only words."""
    if not can_generate(runtime):
        return (), runtime.sample(prompt, 1, most, temperature, seed, stop)[0].text if can_sample(runtime) else ""
    tokens: list[TokenScore] = []
    for token in runtime.generate(prompt, most, temperature, seed):
        if stop and stop in token.text:
            break
        tokens.append(token)
    return tuple(tokens), "".join(token.text for token in tokens)


def traced(runtime: Runtime, prompt: str, text: str) -> Trace | None:
    """Attention and hidden state while the model reads the text, or None where the runtime does not show them."""
    if not text or not can_trace(runtime):
        return None
    try:
        return runtime.trace(prompt, text)
    except UsageError:  # what was generated need not be a text that the tokenizer gives back
        return None


def chain(trace: Trace) -> Score:
    """The attention-based score of a traced text."""
    from assay.uncertainty.attention import chained

    return chained([token.logprob for token in trace.tokens], trace.attention)


def sampled(
    runtime: Runtime, prompt: str, text: str, tokens: tuple[TokenScore, ...], draw: Draw, asked: str
) -> tuple[tuple[Sample, ...], str]:
    """(the samples beside a text, clustered by meaning, why there are none though they were asked for).

    Args:
        asked: the question; what an answer repeats of it is no part of its meaning.
    """
    if not draw.count:
        return (), ""
    if not can_sample(runtime):
        return (), "how other answers differ: the runtime samples none"
    stop = "" if "\n" in text.strip() else "\n"
    drawn = runtime.sample(prompt, draw.count, room(tokens), draw.temperature, draw.seed, stop)
    if len({row.text for row in drawn}) == 1 < draw.count and not runtime.sha256 and not samples.vary(runtime):
        return (), f"how other answers differ: {samples.UNVARIED.format(runtime.model)}"
    return samples.clustered(drawn, partial(draw.same, question=asked)), ""


def room(tokens: tuple[TokenScore, ...]) -> int:
    """How many tokens a sample beside this text may have: enough for an answer in a sentence."""
    return min(MOST_NEW, max(LEAST_SAMPLED, 2 * len(tokens)))


@dataclass(frozen=True, slots=True)
class _Scored:
    """A text with the scores of its tokens, before anything is made of them."""

    runtime: Runtime
    prompt: str
    text: str
    tokens: tuple[TokenScore, ...]
    trace: Trace | None
    generated: bool


def _scored(row: _Scored, calibration: Calibration | None, draw: Draw, held: Against, usual: Usually) -> ScoredText:
    runtime, text, tokens = row.runtime, row.text, row.tokens
    spans, question = scores.spans(text, tokens), last(row.prompt)
    others, unsampled = sampled(runtime, row.prompt, text, tokens, draw, question)
    ignored = unheeded(runtime, draw.seed) if others else frozenset[str]()
    sentences = scores.sentences(text, spans)
    grounding, why = support.grounded(held, runtime, row.prompt, text, tokens)
    known = support.known(held, text, spans, sentences)
    asked = _shortly(row, len(sentences))
    common = usual(runtime, labels.form(asked)) if tokens else None
    words = sum(record.words for record in held.corpus.records) if held.corpus else 0
    unasked = tuple(support.unasked(held))
    found = (
        *scores.scores(tokens),
        *((labels.shortness(asked),) if asked else ()),
        *((chain(row.trace),) if row.trace else ()),
        *_beside(row, others, draw, question, ignored),
        *support.scores(grounding, known, words, complete=not unasked),
    )
    risk, unrated = _risk(row, found, question, calibration) if calibration else (None, "")
    missing = (
        *_missing(row, calibration),
        *((unrated,) if unrated else ()),
        *((unsampled,) if unsampled else ()),
        *(said.format(runtime.model) for name, said in samples.UNHEEDED.items() if name in ignored),
        *((why,) if why else ()),
        *unasked,
        *held.unread,
    )
    return ScoredText(
        model=runtime.model,
        sha256=runtime.sha256,
        runtime=runtime.name,
        prompt=row.prompt,
        text=text,
        generated=row.generated,
        tokens=tokens,
        spans=spans,
        sentences=sentences,
        judged=labels.judged(
            labels.Read(
                text,
                row.prompt,
                tokens,
                spans,
                sentences,
                others,
                tuple(one.sentence for one in grounding),
                known,
                asked,
                common,
                draw.same,
            )
        ),
        scores=found,
        samples=others,
        documents=held.given,
        grounding=grounding,
        known=known,
        marks=support.marks(text, spans, sentences, grounding, known),
        filtered=(),
        usual=common,
        risk=risk,
        missing=missing,
    )


def _beside(
    row: _Scored, others: tuple[Sample, ...], draw: Draw, question: str, ignored: frozenset[str]
) -> tuple[Score, ...]:
    """The scores of the text beside other answers."""
    logprob = sum(token.logprob for token in row.tokens) if row.tokens else None
    return samples.scores(row.text.strip(), logprob, others, partial(draw.same, question=question), draw.by, ignored)


def _shortly(row: _Scored, sentences: int) -> Short | None:
    """The text asked for shortly, where it is one sentence that answers a question, and given texts are scored."""
    if sentences != 1 or not can_score(row.runtime):
        return None
    return short(row.runtime, row.text, question(row.prompt))


def _missing(row: _Scored, calibration: Calibration | None) -> Iterator[str]:
    """What this runtime, or this call, leaves unknown."""
    if calibration is None:
        yield "an error rate: no calibration was given, so a score says more or less, not how often it is wrong"
    if not row.tokens:
        yield "how likely each token is: the runtime gives words and no log-probabilities"
    elif any(token.entropy is None for token in row.tokens):
        yield "entropy and rank: the runtime does not give the whole distribution"
    if row.trace is None:
        yield "attention and hidden states: the runtime gives no trace of this text"


def _risk(row: _Scored, found: tuple[Score, ...], question: str, calibration: Calibration) -> tuple[Risk | None, str]:
    """(the error rate of such answers, why there is none): of texts that are cut as those of the calibration alone.

    Raises UsageError where the calibration is of another model.
    """
    runtime, tokens = row.runtime, row.tokens
    if identity(calibration) != identity(runtime):
        raise UsageError(
            f"the calibration is of {calibration.model} (sha256 {calibration.sha256[:12]}), "
            f"not of {runtime.model} ({runtime.sha256[:12]})"
        )
    if "\n" in row.text.strip() or len(tokens) > MOST_TOKENS:
        size = f"of one line and at most {MOST_TOKENS} tokens"
        longer = f"this text is longer ({len(tokens):,} tokens)"
        return None, f"an error rate: the answers of the calibration are {size}, and {longer}"
    if row.text.endswith("\n"):  # it is no part of an answer: there an answer ends
        kept = tuple(token for token in tokens if "\n" not in token.text)
        found = (*scores.scores(kept), *found)
    value = next((score.value for score in found if score.id == calibration.score), None)
    if value is None:
        return None, f"an error rate: the calibration goes by {calibration.score}, which there is none of for this text"
    different = []
    if not calibration.scores[0] <= value <= calibration.scores[-1]:
        different.append("its score lies outside those of the calibration")
    if unlike.is_unlike(unlike.words(question), frozenset(calibration.vocabulary.words)):
        different.append(f"its question is not worded like those of the calibration{_power(calibration)}")
    chance = rate(calibration.steps, value)
    return Risk(chance, calibration.score, calibration.pack, calibration.count, "; ".join(different)), ""


def _power(calibration: Calibration) -> str:
    """How often an unlike question is noticed."""
    known = calibration.vocabulary
    if known.noticed is None:
        return ""
    return f" (this notices {known.noticed:.0%} of topics that are left out, {known.mistaken:.0%} by mistake)"
