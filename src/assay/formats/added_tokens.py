"""`added_tokens.json`: texts that were added to a vocabulary, with their ids."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Aspect
from assay.facts.tokenizer import DeclaredTokens
from assay.formats import Format
from assay.formats.encoding.json import integer, mapping
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the added tokens."""
    value = mapping(window)
    if any(integer(number) is None for number in value.values()):
        raise Malformed("added_tokens.json maps a token to something that is no id")
    yield DeclaredTokens(
        artifact, tuple(("added", content[:256]) for content in sorted(value, key=lambda text: (value[text], text)))
    )


FORMAT = Format(
    "added-tokens",
    "added tokens",
    read,
    names=("added_tokens.json",),
    examines=(Aspect.TOKENS, Aspect.MARKS),
    gaps=(),
)
