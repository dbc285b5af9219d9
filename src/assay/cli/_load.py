"""What a user gives: a saved dossier (its JSON, or the HTML page that carries it), or a text (itself, a file, `-`)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.errors import UsageError
from assay.facts.dossier import Dossier
from assay.files import as_json, as_text, content
from assay.plugin import Loaded
from assay.render.page import carried

MOST = 512 << 20  # bytes of a dossier
_MADE = "make one with  assay audit MODEL -o json=FILE"


def saved(path: Path, plugins: tuple[Loaded, ...] = ()) -> Dossier:
    """Load a dossier."""
    raw = content(path, MOST, "dossier", _MADE)
    if raw.lstrip()[:9].lower() == b"<!doctype":
        found = carried(raw, "dossier", MOST)
        if found is None:
            raise UsageError(f"{path} is a page without an embedded dossier: give the JSON file")
        raw = found
    from assay.pipeline.dossier import dossier

    value = as_json(raw, path, "dossier", _MADE)
    try:
        return dossier(value, plugins)
    except UsageError as cause:
        raise UsageError(f"{path} is not a dossier that this version reads: {cause}; {_MADE}") from None
    except ValueError as cause:
        raise UsageError(f"dossier {path} is damaged: {cause}; {_MADE}") from None


def bound(path: Path) -> Dossier:
    """Load a dossier to vouch for (UsageError: its subject's digest leaves out files that the audit did not read)."""
    found = saved(path)
    unread = [artifact.path for artifact in found.artifacts if not artifact.sha256]
    if unread:
        more = f" and {len(unread) - 1:,} more" if len(unread) > 1 else ""
        raise UsageError(
            f"{path} is of an audit that did not read {unread[0]}{more} to the end, so nothing binds it to what is in"
            " there: audit again with a larger --max-bytes or --max-time"
        )
    return found


@contextmanager
def consistent(*paths: Path) -> Iterator[None]:
    """Around what is made of saved dossiers: what makes it relies on parts that fit together, as assay writes them.

    Raises UsageError where those of an edited dossier do not.
    """
    try:
        yield
    except (ArithmeticError, LookupError, RuntimeError, StopIteration, TypeError, ValueError) as cause:
        files = " or ".join(map(str, paths))
        raise UsageError(
            f"dossier {files} is damaged: its parts do not fit together ({type(cause).__name__}); if assay wrote it"
            f" like this, please report it, else {_MADE}"
        ) from cause


def given(words: str, most: int) -> bytes | str:
    """The bytes of the file that `words` names, those of standard input for `-`, or `words` itself.

    Raises UsageError: there are more than `most` bytes, or the file cannot be read.
    """
    if words == "-":
        raw = sys.stdin.buffer.read(most + 1)
        if len(raw) > most:
            raise UsageError(f"the text on standard input is too large: expected at most {most:,} bytes, got more")
        return raw
    if is_file(words):
        return content(Path(words), most, "text")
    return os.fsencode(words).decode("utf-8", "replace")  # bytes that are not UTF-8, or that the locale cannot read


def is_file(words: str) -> bool:
    """Whether `words` names a file; else it is the text itself."""
    try:
        return Path(words).is_file()
    except (OSError, ValueError):  # longer than any path, or with a NUL
        return False


def given_text(words: str, most: int) -> str:
    """The same as text (UsageError: it is not UTF-8)."""
    raw = given(words, most)
    return raw if isinstance(raw, str) else as_text(raw, Path(words), "text")
