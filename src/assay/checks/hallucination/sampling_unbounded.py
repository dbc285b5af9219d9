"""Do the shipped settings sample from unlikely words?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.config import GenerationConfig
from assay.facts.finding import Answer, Evidence, passed, review


@check(
    "sampling.unbounded",
    title="Do the shipped settings sample from unlikely words?",
    severity=3.0,
    remedy="For answers that must be right, set do_sample=False or a temperature of at most 0.7 with top_p below 1.",
    references=("Holtzman et al. 2020, section 3",),
)
def sampling_unbounded(config: GenerationConfig) -> Iterator[Answer]:
    """Defaults that ship with a model are what most people run.

    Sampling at a temperature above 1, or from the whole vocabulary (no top_p, no top_k), picks unlikely words on
    purpose: good for stories, a source of invented facts elsewhere. Greedy or bounded sampling passes.
    """
    parts = [
        f"{name}={value:g}"
        for name, value in (("temperature", config.temperature), ("top_p", config.top_p), ("top_k", config.top_k))
        if value is not None
    ]
    text = ", ".join(["sampling" if config.sampling else "greedy decoding", *parts])
    place = Evidence(config.artifact, text, pointer="/temperature")
    hot = config.temperature is not None and config.temperature > 1
    bounded = (config.top_p is not None and config.top_p < 1) or (config.top_k is not None and config.top_k > 0)
    if config.sampling and (hot or not bounded):
        yield review(
            f"{config.artifact} samples {'at a temperature above 1' if hot else 'from the whole vocabulary'} ({text})",
            place,
        )
    else:
        yield passed(text, place)
