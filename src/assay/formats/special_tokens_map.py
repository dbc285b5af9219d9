"""`special_tokens_map.json`: which texts are the special tokens."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Aspect
from assay.facts.tokenizer import DeclaredTokens
from assay.formats import Format
from assay.formats._declared import declared_tokens
from assay.formats.encoding.json import mapping
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the declared tokens."""
    yield DeclaredTokens(artifact, declared_tokens(mapping(window)))


FORMAT = Format(
    "special-tokens-map",
    "special tokens",
    read,
    names=("special_tokens_map.json",),
    examines=(Aspect.TOKENS, Aspect.MARKS),
    gaps=(),
)
