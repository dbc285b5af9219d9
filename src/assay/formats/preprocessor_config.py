"""`preprocessor_config.json`, `processor_config.json` and their kin: the processor classes of a multimodal model."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.config import PreprocessorConfig
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats._references import references
from assay.formats.encoding.json import mapping, text
from assay.formats.template.tree import template
from assay.formats.window import Window

_CLASSES = ("processor_class", "image_processor_type", "feature_extractor_type", "video_processor_type")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the classes named, code references, and a chat template if there is one."""
    value = mapping(window)
    named = tuple(name[:200] for key in _CLASSES if (name := text(value.get(key))))
    yield PreprocessorConfig(artifact, named)
    yield from references(artifact, value)
    source = value.get("chat_template")
    if isinstance(source, str):
        yield template(artifact, "/chat_template", "default", source)


FORMAT = Format(
    "preprocessor-config",
    "preprocessor configuration",
    read,
    names=("preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json", "chat_template.json"),
    needs=("jinja2", "assay.formats.template.trial"),
    examines=(Aspect.REFERENCES, Aspect.TEMPLATES, Aspect.MARKS),
    gaps=(),
)
