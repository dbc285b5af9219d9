"""Licence and notice files: which known licences the text holds, and in which places it differs from them."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Aspect
from assay.facts.text import LicenceSource, LicenceText
from assay.formats import Format
from assay.formats.window import Window
from assay.licence.place import NAMES, is_notice, is_unended

MOST = 2 * 1024 * 1024
MOST_KEPT, MOST_OPENING = 20_000, 300  # characters


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what the text was identified as."""
    from assay.licence.match import identified

    if window.rest(0, 5) == b"%PDF-":
        raise Malformed("a licence as PDF is not read", at=0, expected="text", got="%PDF-")
    text = window.text(MOST)
    if "\0" in text:
        raise Malformed("a licence file that is no text", at=text.index("\0"), expected="text", got="a byte 0")
    found = identified(text)
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    yield LicenceText(
        artifact,
        found.ids,
        bool(found.ids) and not found.differences and not found.titled,
        found.words,
        first[:200],
        is_notice(artifact),
        found.shares,
        found.differences,
        found.nearest,
        found.titled,
        found.apart,
        " ".join(text[: 4 * MOST_OPENING].split())[:MOST_OPENING],
    )
    yield LicenceSource(artifact, text[:MOST_KEPT], len(text) > MOST_KEPT)


FORMAT = Format(
    "licence",
    "licence text",
    read,
    names=NAMES,
    guess=lambda name, head: b"\0" not in head and is_unended(name),
    needs=("assay.licence.match",),
    examines=(Aspect.MARKS,),
    gaps=(),
)
