"""Subtitles (SubRip, WebVTT): what is said, without times, numbers and styles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from assay.corpus.inputs import Input
from assay.corpus.kinds.text import decoded, whole
from assay.corpus.row import NotRead, Row
from assay.lazy import regex

_TIME = regex(r"\s*[\d:.,]{5,20}\s*-->")
_MARKUP = regex(r"<[^<>]{0,200}>|\{\\[^{}]{0,200}\}")
_ASIDE = ("NOTE", "STYLE", "REGION", "WEBVTT")


def rows(stream: BinaryIO, source: Input, encoding: str) -> Iterator[Row | NotRead]:
    """All that is said, as one document."""
    text, damaged = decoded(whole(stream), encoding)
    said: list[str] = []
    shown = aside = False
    for line in text.splitlines():
        if _TIME.match(line):
            shown, aside = True, False
        elif not line.strip():
            shown = False
        elif shown:
            said.append(_MARKUP.sub("", line).strip())
        elif line.startswith(_ASIDE):
            aside = True
        elif not line.strip().isdigit() and not aside and "-->" not in line:
            said.append(_MARKUP.sub("", line).strip())  # a cue with an empty line in it
        if aside and line.startswith("NOTE"):
            yield NotRead(1, "notes in subtitles")
    yield Row(1, {"text": "\n".join(filter(None, said))}, damaged, source.name)
