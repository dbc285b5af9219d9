"""Where words leave the command line: nothing is printed in another way, so nothing leaves raw or with a secret.

`say` is for lines, `put` for what a renderer made; `guarded` is the floor below both, for what libraries print.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from assay import columns
from assay.errors import UsageError, did_you_mean
from assay.secret import concealed, kept_out
from assay.writing import write

if TYPE_CHECKING:
    from assay.render.headline import Tone

Output = tuple[str, Path | None]  # a format, and the file that it goes to; None: standard output


def colour_wanted() -> bool:
    """Colour on a terminal, unless NO_COLOR is set; anywhere if FORCE_COLOR is (no-color.org, force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def looks(path: Path | None) -> tuple[bool, int]:
    """Whether a report that goes to `path` (None: standard output) has colour, and how many columns it has."""
    from assay.render.terminal import USUAL, terminal_width

    return (colour_wanted(), terminal_width()) if path is None else (False, USUAL)


def one_of(text: str, formats: tuple[str, ...]) -> Output:
    """`FORMAT`, `FORMAT=PATH`, `FORMAT=-`, or a PATH whose ending says it, where `formats` are offered.

    Raises UsageError where it is another.
    """
    format, separator, path = text.partition("=")
    if format in formats:
        return format, Path(path) if separator and path not in ("", "-") else None
    offered = " or ".join(filter(None, (", ".join(formats[:-1]), formats[-1])))
    if not separator and ("." in text or os.sep in text):
        from assay.render import by_ending

        if (found := by_ending(text)) in formats:
            return found, Path(text)
        raise UsageError(f"{text!r} would be {found}, which is not written here: give {offered}")
    raise UsageError(f"unknown format {format!r}: give {offered}{did_you_mean(format, formats)}")


def say(*lines: str, err: bool = False) -> None:
    """Print lines, to standard error if `err`; what would end a line, drive a terminal or hide is an escape."""
    stream = sys.stderr if err else sys.stdout
    from assay.render.visible import finished

    shown = (concealed(finished(line)) for line in lines)
    stream.write("".join(f"{line}\n" for line in (shown if err else _fitting(shown))))
    stream.flush()


def note(*lines: str, err: bool = False) -> None:
    """`say` what was done besides what was asked for, unless the command was told to be quiet."""
    from click import get_current_context

    from assay.cli._apart import QUIET

    context = get_current_context(silent=True)
    if context is None or not context.meta.get(QUIET):
        say(*lines, err=err)


def answer(word: str, sentence: str, tone: Tone) -> None:
    """Print the word and the sentence that a command answers with."""
    from assay.render.headline import Headline
    from assay.render.terminal import painter

    colour, width = looks(None)
    say(*Headline(word, sentence, tone).lines(painter(colour), width))


def encoded(rows: Iterable[str], *, fold: bool = False) -> bytes:
    """Lines as bytes, each made visible; colours that assay gave them stay.

    With `fold`, for standard output, they are folded to its columns where these are known.
    """
    from assay.render.visible import finished

    shown = map(finished, rows)
    return "".join(f"{row}\n" for row in (_fitting(shown) if fold else shown)).encode("utf-8", "backslashreplace")


def _fitting(lines: Iterable[str]) -> Iterator[str]:
    from assay.render.terminal import folded

    width = columns.known()
    for line in lines:
        yield from folded(line, width) if width else (line,)


def put(raw: bytes, path: Path | None) -> None:
    """Write to standard output, or whole to a file, and say so."""
    raw = kept_out(raw)
    if path is None:
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    from assay.cli._apart import keep_apart  # click, which is not loaded where a signal ends the program first

    keep_apart(path)
    write(path, raw)
    note(f"wrote {path}", err=True)


def put_record(format: str, value: object, rows: Iterable[str], path: Path | None) -> None:
    """Write a record: its JSON, or where another format is asked for its lines."""
    from assay.facts.codec import canonical

    put(canonical(value) if format == "json" else encoded(rows, fold=path is None), path)


def put_done(outputs: Iterable[Output], value: object, rows: Iterable[str]) -> None:
    """Write what a command did: JSON where that is asked for, else lines, which are not printed where it is quiet."""
    rows = tuple(rows)
    for format, path in outputs:
        if format == "json" or path is not None:
            put_record(format, value, rows, path)
        else:
            note(*rows)


class _Guarded(io.TextIOWrapper):
    """A standard stream for a process whose libraries print too: warnings, logs, tracebacks."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        super().__init__(stream.buffer, stream.encoding, "backslashreplace", line_buffering=stream.line_buffering)
        self._stream = stream  # one that nobody holds would close the buffer

    def write(self, text: str) -> int:
        from assay.render.visible import finished

        super().write(concealed(finished(text, keep="\n\t")))
        return len(text)


def guard() -> None:
    """Let nothing raw and no secret through standard output and error, whoever writes; the bytes of `put` are as made.

    For the process of a command, before it does anything. A stream that is not there stays away.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _Guarded(stream))
