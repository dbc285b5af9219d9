"""Plain text: documents, vocabularies, settings. Searched for credentials and addresses; no loader runs it."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.structure import Hook, HookKind
from assay.facts.text import PlainText
from assay.formats import Format
from assay.formats.window import Window

_STEP = 1 << 20
_CONTROL = bytes(byte for byte in range(32) if byte not in (9, 10, 11, 12, 13, 27))


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the text's length; a script that calls itself a text is named as what it is."""
    lines = 1
    for at in range(0, window.size, _STEP):
        raw = window.rest(at, _STEP)
        if (kept := raw.translate(None, _CONTROL)) != raw:
            place = next(number for number, byte in enumerate(raw) if byte in _CONTROL)
            raise Malformed(
                "not a text, though its name says so",
                at=at + place,
                expected="printable characters",
                got=f"0x{raw[place]:02x} and {len(raw) - len(kept) - 1:,} more such bytes",
            )
        lines += raw.count(b"\n")
    if window.rest(0, 2) == b"#!":
        yield Hook(
            artifact,
            HookKind.NATIVE,
            "the operating system",
            "",
            "script",
            "a script, by its first line: it can do whatever its user can, and assay does not analyse it",
            False,
            0,
        )
    yield PlainText(artifact, lines)


FORMAT = Format(
    "text", "plain text", read,
    names=(
        "*.txt", "*.md", "*.rst", "*.markdown", "*.log", "*.cff", "*.bib", "*.toml", "*.cfg", "*.ini", "*.env", ".env", "*.diff", "*.patch", "*.html", "*.htm", "*.css", "*.vocab", "*.merges",
        "authors", "contributors", "changelog", "changes", "version", "citation", "contributing", "checksums", "sha256sums", "makefile", "dockerfile", "requirements",
    ),
)  # fmt: skip
