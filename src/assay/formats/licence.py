"""Licence and notice files: which known licence the text is, by sentences that only it holds."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.text import LicenceText
from assay.formats import Format
from assay.formats.window import Window

MOST = 2 * 1024 * 1024


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what the text was identified as."""
    from assay.formats._licence_marks import identified

    text = window.text(MOST)
    ids, complete, words = identified(text)
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    name = artifact.rpartition("/")[2].lower()
    yield LicenceText(
        artifact, ids, complete, words, first[:200], name.startswith(("notice", "use_policy", "copyright"))
    )


FORMAT = Format(
    "licence",
    "licence text",
    read,
    names=(
        "license",
        "license.*",
        "license-*",
        "licence",
        "licence.*",
        "licence-*",
        "copying",
        "copying.*",
        "copyright",
        "notice",
        "notice.*",
        "use_policy*",
        "unlicense",
    ),
    needs=("assay.formats._licence_marks",),
)
