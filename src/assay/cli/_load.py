"""A saved dossier: from its JSON, or from the HTML page that carries it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from assay.errors import UsageError
from assay.facts.codec import Mismatch
from assay.facts.dossier import Dossier

MOST = 512 * 1024 * 1024
_EMBEDDED = re.compile(rb'<script type="application/json" id="dossier">(.*?)</script>', re.DOTALL)


def small(path: Path, most: int, what: str) -> bytes:
    """The bytes of a file that the user named; UsageError: it cannot be read, or is larger than any such file."""
    try:
        if path.stat().st_size > most:
            raise UsageError(f"{path} is larger than any {what} ({most:,} bytes)")
        return path.read_bytes()
    except OSError as cause:
        raise UsageError(f"cannot read {path}: {cause.strerror}") from None


def saved(path: Path) -> Dossier:
    """The dossier in `path`; UsageError says what is wrong with it."""
    raw = small(path, MOST, "dossier")
    if raw.lstrip()[:9].lower() == b"<!doctype":
        found = _EMBEDDED.search(raw)
        if found is None or found[1] == b"null":
            raise UsageError(f"{path} is a page without an embedded dossier: give the JSON file")
        raw = found[1]
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is no dossier: it is not JSON") from None
    from assay.pipeline.dossier import dossier

    try:
        return dossier(value)
    except UsageError as cause:
        raise UsageError(f"{path} is no dossier that this version reads: {cause}") from None
    except Mismatch as cause:
        raise UsageError(f"{path} is a damaged dossier: {cause}") from None


def given(text: str, most: int) -> bytes | str:
    """The bytes of the file that `text` names, those of standard input for `-`, or the text itself: at most `most` bytes and one more, so that
    the caller can say what is too long.
    """
    if text == "-":
        return sys.stdin.buffer.read(most + 1)
    try:
        path = Path(text)
        if not path.is_file():
            return text
        with open(path, "rb") as stream:
            return stream.read(most + 1)
    except (OSError, ValueError):  # longer than any path, or with a NUL: it is the text itself
        return text
