"""`tokenizer_config.json`: special tokens, the tokenizer's class, chat templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded, Malformed
from assay.facts.structure import Aspect
from assay.facts.tokenizer import DeclaredTokens
from assay.formats import Format
from assay.formats._declared import declared_tokens
from assay.formats._references import references
from assay.formats.encoding.json import mapping, text
from assay.formats.template.tree import template
from assay.formats.window import Window

MAX_TEMPLATES = 64


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the declared tokens, code references and chat templates."""
    value = mapping(window)
    yield DeclaredTokens(artifact, declared_tokens(value), text(value.get("tokenizer_class")))
    yield from references(artifact, value)
    for pointer, name, source in _templates(value.get("chat_template")):
        yield template(artifact, pointer, name, source)


def _templates(value: Any) -> Iterator[tuple[str, str, str]]:
    """(pointer, name, source): one text, or a list of {"name", "template"}."""
    if isinstance(value, str):
        yield "/chat_template", "default", value
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            if number == MAX_TEMPLATES:
                most = f"at most {MAX_TEMPLATES}"
                raise LimitExceeded("more chat templates than assay reads", expected=most, got=f"{len(value):,}")
            match entry:
                case {"name": str(name), "template": str(source)}:
                    yield f"/chat_template/{number}/template", name, source
                case _:
                    raise Malformed("an entry of chat_template lacks its name or template")
    elif value is not None:
        raise Malformed("chat_template is neither a text nor a list")


FORMAT = Format(
    "tokenizer-config",
    "tokenizer configuration",
    read,
    names=("tokenizer_config.json",),
    needs=("jinja2", "assay.formats.template.trial"),
    examines=(Aspect.REFERENCES, Aspect.TEMPLATES, Aspect.TOKENS, Aspect.MARKS),
    gaps=(),
)
