"""`quantize_config.json`, `quant_config.json`: how AutoGPTQ and AutoAWQ packed the weights beside it."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.config import ConfigValues
from assay.facts.structure import Aspect, Contents
from assay.formats import Format
from assay.formats._references import paths_outside
from assay.formats.encoding.json import integer, mapping
from assay.formats.window import Window

MOST, MOST_TEXT = 200, 256
_BITS = ("bits", "w_bit")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the settings as a config states them; other tools' files of this name hold none."""
    value = mapping(window)
    yield Contents(artifact, "quantize-config", len(value))
    yield from paths_outside(artifact, value)  # AutoGPTQ: model_file_base_name
    if any(integer(value.get(key)) is not None for key in _BITS):
        rows = [
            (f"quantization_config.{key}", entry)
            for key, entry in sorted(value.items())
            if len(key) <= MOST_TEXT
            and ((isinstance(entry, bool | int) and abs(entry) < 1 << 63) or isinstance(entry, str))
        ]
        yield ConfigValues(artifact, tuple((key, e[:MOST_TEXT] if isinstance(e, str) else e) for key, e in rows[:MOST]))


FORMAT = Format(
    "quantize-config",
    "quantisation settings",
    read,
    names=("quantize_config.json", "quant_config.json"),
    examines=(Aspect.MARKS,),
    gaps=(),
)
