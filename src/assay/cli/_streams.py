"""What small outputs share: colour or not, a format with or without a path, standard output or a whole file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from assay.errors import UsageError
from assay.files import write

Output = tuple[str, Path | None]  # a format, and the file that it goes to; None: standard output


def colour_wanted() -> bool:
    """Colour on a terminal, unless NO_COLOR is set; anywhere if FORCE_COLOR is (no-color.org, force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def one_of(text: str, formats: tuple[str, ...]) -> Output:
    """`FORMAT`, `FORMAT=PATH` or `FORMAT=-`, where `formats` are offered (UsageError: it is another)."""
    format, separator, path = text.partition("=")
    if format not in formats:
        raise UsageError(
            f"unknown format {format!r}: give {' or '.join(filter(None, (', '.join(formats[:-1]), formats[-1])))}"
        )
    return format, Path(path) if separator and path not in ("", "-") else None


def encoded(rows: Iterable[str]) -> bytes:
    """Lines as bytes; what is no text, such as half of a surrogate pair, is written as an escape."""
    return "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace")


def put(raw: bytes, path: Path | None) -> None:
    """Write to standard output, or whole to a file, and say so."""
    if path is None:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    write(path, raw)
    click.echo(f"wrote {path}", err=True)
