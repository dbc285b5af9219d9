"""Lines for a terminal or a log: colour where it is wanted, wrapped to a width, commands that stay whole."""

from __future__ import annotations

import os
import shlex
import sys
import textwrap
from collections.abc import Callable

Paint = Callable[[str, str], str]  # (text, SGR codes) -> the text in that colour, or as it was
NARROWEST, WIDEST, USUAL = 40, 200, 100


def painter(colour: bool) -> Paint:
    """What puts text into a colour; without `colour` it leaves text as it is."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text

    return paint


def wrapped(text: str, indent: str, width: int, hang: str = "", *, most: int = 0) -> list[str]:
    """`text` in lines of `width` columns, the first after `indent`, the others after `hang` (empty: the same).

    No line ends at a hyphen, which would tear names of files and checks apart. With `most` there are no more lines than
    that, and dots say where the rest was.
    """
    return textwrap.wrap(
        text,
        max(NARROWEST, width),
        initial_indent=indent,
        subsequent_indent=hang or indent,
        break_on_hyphens=False,
        max_lines=most or None,
        placeholder=" ...",
    ) or [indent.rstrip()]


def command_lines(command: str, indent: str, width: int) -> list[str]:
    """A command over as many lines as it takes, each but the last ending in a backslash: it runs as it is copied.

    No word of it is broken, so that one which is longer than the width sticks out.
    """
    lines, line = [], ""
    for word in _words(command):
        if line and len(indent) + len(line) + len(word) + 3 > width:
            lines.append(f"{indent}{line} \\")
            line = f"    {word}"
        else:
            line = f"{line} {word}" if line else word
    return [*lines, f"{indent}{line}"]


def _words(command: str) -> list[str]:
    """The words of a command as they are written, quotes and all."""
    words, start = [], 0
    for at in [*(at for at, letter in enumerate(command) if letter == " "), len(command)]:
        try:
            shlex.split(command[start:at])
        except ValueError:
            continue  # a blank inside quotes
        if at > start:
            words.append(command[start:at])
        start = at + 1
    return words


def terminal_width() -> int:
    """The columns to write for: COLUMNS, else those of the terminal, else USUAL; within what can be read."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked[:9]):
        columns = int(asked[:9])
    else:
        try:
            columns = os.get_terminal_size().columns or USUAL
        except OSError:
            columns = USUAL
    return min(WIDEST, max(NARROWEST, columns))


def unicode_wanted() -> bool:
    """Whether standard output can be expected to show more than ASCII: by its encoding, locale and terminal."""
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := os.environ.get(name))), "")
    plain = locale in ("C", "POSIX") or os.environ.get("TERM") in ("dumb", "linux")
    return not plain and (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
