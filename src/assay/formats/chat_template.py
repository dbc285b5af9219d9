"""Chat templates in files of their own: `chat_template.jinja`, `additional_chat_templates/*.jinja`."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats.template.tree import MAX_SOURCE, template
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the template."""
    name = artifact.rpartition("/")[2].removesuffix(".jinja").removesuffix(".jinja2")
    yield template(artifact, "", "default" if name == "chat_template" else name, window.text(4 * MAX_SOURCE))


FORMAT = Format(
    "chat-template",
    "chat template",
    read,
    names=("*.jinja", "*.jinja2"),
    needs=("jinja2", "assay.formats.template.trial"),
    examines=(Aspect.TEMPLATES, Aspect.MARKS),
    gaps=(),
)
