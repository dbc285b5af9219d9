"""Licence and notice files: which known licences the text holds, and in which places it differs from them."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Aspect
from assay.facts.text import LicenceSource, LicenceText
from assay.formats import Format
from assay.formats.window import Window

MOST = 2 * 1024 * 1024
MOST_KEPT = 20_000  # characters


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what the text was identified as."""
    from assay.licence.marks import marked
    from assay.licence.match import identified

    if window.rest(0, 5) == b"%PDF-":
        raise Malformed("a licence as PDF is not read", at=0, expected="text", got="%PDF-")
    text = window.text(MOST)
    if "\0" in text:
        raise Malformed("a licence file that is no text", at=text.index("\0"), expected="text", got="a byte 0")
    found = identified(text)
    sentences = () if found.ids else marked(text)
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    name = artifact.rpartition("/")[2].lower()
    yield LicenceText(
        artifact,
        found.ids or sentences,
        bool(found.ids) and not found.differences,
        found.words,
        first[:200],
        name.startswith(("notice", "use_policy", "copyright")),
        found.shares,
        found.differences,
        "" if sentences else found.nearest,
        compared=bool(found.ids) or not sentences,
    )
    yield LicenceSource(artifact, text[:MOST_KEPT], len(text) > MOST_KEPT)


FORMAT = Format(
    "licence",
    "licence text",
    read,
    names=(
        "license",
        "license.*",
        "license-*",
        "license_*",
        "licence",
        "licence.*",
        "licence-*",
        "licence_*",
        "copying",
        "copying.*",
        "copyright",
        "notice",
        "notice.*",
        "use_policy*",
        "unlicense",
    ),
    needs=("assay.licence.marks", "assay.licence.match"),
    examines=(Aspect.MARKS,),
    gaps=(),
)
