"""A scored text made by hand, and tokens with the log-probabilities that a test gives them."""

from __future__ import annotations

from assay.facts.uncertainty import Alternative, Sample, ScoredText, TokenScore
from assay.uncertainty import labels
from assay.uncertainty.scores import scores, sentences, spans


def tokens(text: str, logprobs: dict[str, float] | None = None) -> tuple[TokenScore, ...]:
    """A token for each word with the space before it; those named have this log-probability, the others -0.1."""
    rows, at = [], 0
    for word in text.replace("\n", " \n").split(" "):
        start, stop = at, min(len(text), at + len(word) + (1 if at else 0))
        if stop > start:
            logprob = (logprobs or {}).get(word.strip(".,"), -0.1)
            rows.append(TokenScore(text[start:stop], start, stop, logprob, 0.2, 1.0, 1, (Alternative(" other", -0.5),)))
        at = stop
    return tuple(rows)


def record(prompt: str = "Q:", generated: bool = True) -> ScoredText:
    """Two sentences, of which the second has a surprising name; with three samples and without a calibration."""
    text = "Paris is old. Berlin was founded by Albert Camus."
    rows = tokens(text, {"Albert": -8.0})
    marked = spans(text, rows)
    parts = sentences(text, marked)
    others = (Sample("Berlin is old.", -3.0, 4, 0), Sample("Rome.", -9.0, 2, 1), Sample("Berlin is old", -3.5, 4, 0))
    return ScoredText(
        "m",
        "a" * 64,
        "torch",
        prompt,
        text,
        generated,
        rows,
        marked,
        parts,
        labels.judged(labels.Read(text, prompt, rows, marked, parts, others, (), None)),
        scores(rows),
        others,
        (),
        (),
        None,
        (),
        (),
        None,
        None,
        ("an error rate",),
    )
