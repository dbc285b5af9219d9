"""How much to trust a text, token by token: `assay.uncertainty.score(runtime, prompt, text)`.

>>> from assay import uncertainty                      # doctest: +SKIP
>>> model = uncertainty.open("SmolLM2.gguf")           # doctest: +SKIP
>>> found = uncertainty.score(model, "The capital of France is", " Berlin.")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assay.errors import UsageError
from assay.facts.calibration import MOST_TOKENS, Calibration
from assay.facts.uncertainty import Risk, Sample, Score, ScoredText, TokenScore, identity
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
)
from assay.subject import opened
from assay.uncertainty import samples as sampled
from assay.uncertainty import scores as measure
from assay.uncertainty import support
from assay.uncertainty.statistics import rate
from assay.uncertainty.support import Against, against

if TYPE_CHECKING:
    from assay.runtime.endpoint import Endpoint
    from assay.runtime.recorded import Recorded
    from assay.runtime.torch_ import TorchRuntime

__all__ = ["Against", "Draw", "against", "generated", "open", "score"]
MOST_NEW = 4096  # tokens that are generated at most
LEAST_DRAWN = 16  # tokens that a sample may have, however short the text is


def open(
    model: str | os.PathLike[str], *, isolation: bool = True, offline: bool = False
) -> TorchRuntime | Endpoint | Recorded:
    """A runtime for a model in a folder or file or on a hub (`hf://org/name[@revision]`; torch), behind an endpoint (`openai+http://host:port/v1#model`), or for a record of one (`.json`, `.jsonl`).

    Args:
        isolation: parse the files in a locked-down worker, as an audit does.
        offline: never open a network connection.

    Raises:
        UsageError: the model cannot be run, and why: no runtime installed, code of its own, weights that do not fit, an unknown tokenizer.
    """
    walk = opened(model, offline=offline)
    if walk.closed:
        from assay.runtime.endpoint import Endpoint

        return Endpoint(walk.reference)
    path = Path(model)
    if path.suffix.lower() in (".json", ".jsonl") and path.is_file():
        from assay.runtime.recorded import Recorded

        return Recorded(path)
    from assay.runtime.opening import torch_runtime

    return torch_runtime(walk, isolation=isolation)


@dataclass(frozen=True, slots=True)
class Draw:
    """How answers are drawn: how many (0: none), at which temperature, from which seed."""

    count: int = 0
    temperature: float = 0.7
    seed: int = 0


def score(
    runtime: Scores,
    prompt: str,
    text: str,
    calibration: Calibration | None = None,
    draw: Draw = Draw(),
    held: Against = Against(),
) -> ScoredText:
    """A text that exists, as it follows a prompt: one pass, nothing is generated but the samples that are asked for.

    With a calibration (`assay.uncertainty.calibration.load`) the share of answers of this score that were wrong. With `draw` the scores of a text beside other answers to the prompt.
    With `held` (`against(documents=..., corpora=...)`) what documents and training data bear out.

    Raises UsageError where the runtime cannot score it, or the calibration is of another model; the message says why.
    """
    if not can_score(runtime):
        raise UsageError(f"{runtime.name} cannot score a given text")
    trace = runtime.trace(prompt, text) if can_trace(runtime) else None
    tokens = trace.tokens if trace else runtime.score(prompt, text)
    return _scored(runtime, prompt, text, tokens, calibration, draw, held, trace, generated=False)


def generated(
    runtime: Generates | Samples,
    prompt: str,
    most: int = 128,
    temperature: float = 0.0,
    seed: int = 0,
    calibration: Calibration | None = None,
    draw: Draw = Draw(),
    held: Against = Against(),
) -> ScoredText:
    """What the model writes after a prompt, scored as it is written; the look inside takes one more pass over it.

    Raises UsageError where it writes nothing, or cannot be asked to.
    """
    if not can_generate(runtime) and not (can_sample(runtime) and draw.count):
        more = ", or --samples K to compare answers" if can_sample(runtime) else ""
        raise UsageError(f"{runtime.name} gives no scores of what it writes: give a text to score{more}")
    tokens, text = answer(runtime, prompt, min(most, MOST_NEW), temperature, seed)
    if not text:
        raise UsageError("the model wrote nothing after this prompt")
    trace = looked(runtime, prompt, text)
    return _scored(runtime, prompt, text, tokens, calibration, draw, held, trace, generated=True)


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


def looked(runtime: Runtime, prompt: str, text: str) -> Trace | None:
    """What goes on inside while the text is read, or None where that cannot be seen."""
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


def drawn(runtime: Runtime, prompt: str, text: str, tokens: tuple[TokenScore, ...], draw: Draw) -> tuple[Sample, ...]:
    """The samples beside a text, their meanings told apart; none where none are asked for or the runtime draws none."""
    if not draw.count or not can_sample(runtime):
        return ()
    stop = "" if "\n" in text.strip() else "\n"
    most = min(MOST_NEW, max(LEAST_DRAWN, 2 * len(tokens)))
    found = runtime.sample(prompt, draw.count, most, draw.temperature, draw.seed, stop)
    return sampled.told_apart(found)


def _scored(
    runtime: Runtime, prompt: str, text: str, tokens: tuple[TokenScore, ...], calibration: Calibration | None, draw: Draw, held: Against, trace: Trace | None, *, generated: bool
) -> ScoredText:  # fmt: skip
    spans, samples = measure.spans(text, tokens), drawn(runtime, prompt, text, tokens, draw)
    sentences = measure.sentences(text, spans)
    grounding, why = support.grounded(held, runtime, prompt, text, tokens, sentences)
    known = support.known(held, text, spans, sentences)
    words = sum(record.words for record in held.corpus.records) if held.corpus else 0
    scores = (
        *measure.scores(tokens),
        *((chain(trace),) if trace else ()),
        *sampled.scores(text.strip(), sum(token.logprob for token in tokens) if tokens else None, samples),
        *support.scores(grounding, known, words),
    )
    missing = (
        *_missing(runtime, tokens, calibration, draw, trace),
        *((why,) if why else ()),
        *(("the rest of the documents, beyond 4 Mi characters",) if held.documents and held.documents.cut else ()),
    )
    return ScoredText(
        runtime.model, runtime.sha256, runtime.name, prompt, text, generated, tokens, spans, sentences, scores, samples,
        support.given(held), grounding, known, support.marks(text, spans, sentences, grounding, known),
        (), _risk(runtime, scores, len(tokens), calibration) if calibration else None, missing,
    )  # fmt: skip


def _missing(
    runtime: Runtime, tokens: tuple[TokenScore, ...], calibration: Calibration | None, draw: Draw, trace: Trace | None
) -> Iterator[str]:
    """What this runtime, or this call, leaves unknown."""
    if calibration is None:
        yield "an error rate: no calibration was given, so a score says more or less, not how often it is wrong"
    if not tokens:
        yield "how likely each token is: the runtime gives words and no log-probabilities"
    elif any(token.entropy is None for token in tokens):
        yield "entropy and rank: the runtime does not give the whole distribution"
    if trace is None:
        yield "what goes on inside: the runtime shows no attention for this text"
    if draw.count and not can_sample(runtime):
        yield "how other answers differ: the runtime draws none"


def _risk(runtime: Runtime, scores: tuple[Score, ...], tokens: int, calibration: Calibration) -> Risk:
    if identity(calibration) != identity(runtime):
        raise UsageError(
            f"the calibration is of {calibration.model} (sha256 {calibration.sha256[:12]}), not of {runtime.model} ({runtime.sha256[:12]})"
        )
    value = next((score.value for score in scores if score.id == calibration.score), None)
    if value is None:
        raise UsageError(f"the calibration goes by {calibration.score}, which this runtime does not give")
    unlike = [
        f"it has {tokens} tokens, and answers of the calibration had at most {MOST_TOKENS}"
        if tokens > MOST_TOKENS
        else "",
        "its score lies outside those of the calibration"
        if not calibration.scores[0] <= value <= calibration.scores[-1]
        else "",
    ]
    return Risk(
        rate(calibration.steps, value),
        calibration.score,
        calibration.pack,
        calibration.count,
        "; ".join(filter(None, unlike)),
    )
