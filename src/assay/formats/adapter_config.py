"""`adapter_config.json`: a PEFT adapter and the base it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.config import AdapterConfig
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats._config_values import config_values
from assay.formats._references import references
from assay.formats.encoding.json import integer, mapping, text
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the adapter's kind, rank and base, and its values one by one."""
    value = mapping(window)
    kind = (text(value.get("peft_type")) or "unknown")[:64]
    yield AdapterConfig(artifact, kind, text(value.get("base_model_name_or_path")) or None, integer(value.get("r")))
    yield config_values(artifact, value)
    yield from references(artifact, value)


FORMAT = Format(
    "adapter-config",
    "adapter configuration",
    read,
    names=("adapter_config.json",),
    examines=(Aspect.REFERENCES, Aspect.MARKS),
    gaps=(),
)
