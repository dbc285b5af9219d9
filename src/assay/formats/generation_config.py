"""`generation_config.json`: how the publisher means the model to be sampled (transformers GenerationConfig)."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.config import GenerationConfig
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats._references import references
from assay.formats.encoding.json import boolean, integer, mapping, number
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the sampling settings."""
    value = mapping(window)
    yield GenerationConfig(
        artifact,
        boolean(value.get("do_sample")),
        number(value.get("temperature")),
        number(value.get("top_p")),
        integer(value.get("top_k")),
        number(value.get("repetition_penalty")),
        integer(value.get("max_new_tokens")),
    )
    yield from references(artifact, value)


FORMAT = Format(
    "generation-config",
    "generation settings",
    read,
    names=("generation_config.json",),
    examines=(Aspect.REFERENCES, Aspect.MARKS),
    gaps=(),
)
