"""How much to trust a text, token by token: `assay.uncertainty.score(runtime, prompt, text)`.

>>> from assay import uncertainty                      # doctest: +SKIP
>>> model = uncertainty.open("SmolLM2.gguf")           # doctest: +SKIP
>>> found = uncertainty.score(model, "The capital of France is", " Berlin.")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from pathlib import Path

from assay.errors import UsageError
from assay.facts.calibration import MOST_TOKENS, Calibration
from assay.facts.uncertainty import Capability, Risk, Score, ScoredText, TokenScore
from assay.measures import uncertainty as measure
from assay.measures.calibration import rate
from assay.runtime import Runtime

MOST_NEW = 4096  # tokens that are generated at most


def open(model: str | os.PathLike[str], *, threads: int = 0, isolation: bool = True) -> Runtime:
    """A runtime for a model in a folder or file (torch), or for a record of one (`.json`, `.jsonl`).

    Args:
        threads: of torch; 0 leaves its own choice.
        isolation: parse the files in a locked-down worker, as an audit does.

    Raises:
        UsageError: the model cannot be run, and why: no runtime installed, code of its own, weights that do not fit, an unknown tokenizer.
    """
    path = Path(model)
    if path.suffix.lower() in (".json", ".jsonl") and path.is_file():
        from assay.runtime.recorded import Recorded

        return Recorded(path)
    from assay.runtime.opening import torch_runtime

    return torch_runtime(path, threads=threads, isolation=isolation)


def score(runtime: Runtime, prompt: str, text: str, calibration: Calibration | None = None) -> ScoredText:
    """A text that exists, as it follows a prompt: one pass, nothing is generated.

    With a calibration (`assay.calibrating.load`) the share of answers of this score that were wrong.

    Raises UsageError where the runtime cannot score it, or the calibration is of another model; the message says why.
    """
    if Capability.SCORE not in runtime.can:
        raise UsageError(f"{runtime.name} cannot score a given text")
    return _scored(runtime, prompt, text, runtime.score(prompt, text), calibration, generated=False)


def generated(
    runtime: Runtime,
    prompt: str,
    most: int = 128,
    temperature: float = 0.0,
    seed: int = 0,
    calibration: Calibration | None = None,
) -> ScoredText:
    """What the model writes after a prompt, scored as it is written.

    Raises UsageError where it writes nothing, or cannot be asked to.
    """
    if Capability.GENERATE not in runtime.can:
        raise UsageError(f"{runtime.name} does not generate: give a text to score")
    tokens = tuple(runtime.generate(prompt, min(most, MOST_NEW), temperature, seed))
    if not tokens:
        raise UsageError("the model wrote nothing after this prompt")
    return _scored(runtime, prompt, "".join(token.text for token in tokens), tokens, calibration, generated=True)


def _scored(
    runtime: Runtime, prompt: str, text: str, tokens: tuple[TokenScore, ...], calibration: Calibration | None, *, generated: bool
) -> ScoredText:  # fmt: skip
    spans, scores = measure.spans(text, tokens), measure.scores(tokens)
    missing = []
    if calibration is None:
        missing.append(
            "an error rate: no calibration was given, so a score says more or less, not how often it is wrong"
        )
    if any(token.entropy is None for token in tokens):
        missing.append("entropy and rank: the runtime does not give the whole distribution")
    return ScoredText(
        runtime.model, runtime.sha256, runtime.name, prompt, text, generated, tokens, spans, measure.sentences(text, spans), scores,
        _risk(runtime, scores, len(tokens), calibration) if calibration else None, tuple(missing),
    )  # fmt: skip


def _risk(runtime: Runtime, scores: tuple[Score, ...], tokens: int, calibration: Calibration) -> Risk:
    if calibration.sha256 != runtime.sha256:
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
