"""Lines for a terminal or a log: colour where it is wanted, wrapped to a width, commands that stay whole."""

from __future__ import annotations

import os
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence

from assay import columns
from assay.lazy import regex

Paint = Callable[[str, str], str]  # (text, SGR codes) -> the text in that colour, or as it was
USUAL = 100
_SGR = regex(r"\x1b\[[\d;]*m")
_GAP, _WORD = regex(r"\s{2,}(?=\S)"), regex(r"(\s*)(\S+)")


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
        max(columns.NARROWEST, width),
        initial_indent=indent,
        subsequent_indent=hang or indent,
        break_on_hyphens=False,
        max_lines=most or None,
        placeholder=" ...",
    ) or [indent.rstrip()]


def folded(line: str, width: int) -> list[str]:
    """A finished line, colours and all, in lines of `width` columns: broken at blanks, so that no word is torn.

    What follows stands below the last column of a table that begins in the left half, or a little to the right of where
    the line began. A command, after `$`, is left whole.
    """
    plain = _SGR.sub("", line)
    if len(plain) <= width or plain.lstrip().startswith("$ "):
        return [line]
    indent = len(plain) - len(plain.lstrip())
    columns = [found.end() for found in _GAP.finditer(plain) if indent < found.end() <= width // 2]
    hang = columns[-1] if columns else min(indent + 4, width // 2)
    rows, row, used = [], "", 0
    for blanks, word in _WORD.findall(line):
        length = len(_SGR.sub("", word))
        if used and row.strip() and used + len(blanks) + length > width:
            rows.append(row)
            row, used, blanks = "", 0, " " * hang
        row, used = f"{row}{blanks}{word}", used + len(blanks) + length
    return [*rows, row]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Rows under their headings; where the terminal is too narrow, a card for each: its first cell, then the others.

    A heading that begins with ">" is that of numbers, which end below one another. The last column is for words, which
    are folded where it keeps half of what is beside it, at least 24 columns.
    """
    names, right = [name.removeprefix(">") for name in headings], [name.startswith(">") for name in headings]
    sizes = [max(map(len, (name, *(row[at] for row in rows)))) for at, name in enumerate(names)]
    sizes[-1] = 0 if not right[-1] else sizes[-1]
    beside = sum(sizes) + 2 * (len(sizes) - 1)
    longest = max((len(row[-1]) for row in rows), default=0)
    if beside + (0 if right[-1] else min(longest, 24)) > width:
        for first, *others in rows:
            yield from folded(first, width)
            said = (f"{name} {value}".strip() for name, value in zip(names[1:], others, strict=True) if value.strip())
            yield from wrapped(", ".join(said), "    ", width)
        return
    for row in (names, *rows):
        cells = (
            cell.rjust(size) if end else cell.ljust(size) for cell, size, end in zip(row, sizes, right, strict=True)
        )
        *rest, last = cells
        head = "".join(f"{cell}  " for cell in rest)
        if len(head) + len(last) <= width:
            yield f"{head}{last}".rstrip()
        else:
            first, *more = wrapped(last, " " * len(head), width)
            yield head + first[len(head) :]
            yield from more


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


def terminal_width(otherwise: int = USUAL) -> int:
    """The columns to write for: COLUMNS, else those of the terminal, else `otherwise`; within what can be read."""
    return columns.known() or otherwise


def unicode_wanted() -> bool:
    """Whether standard output can be expected to show more than ASCII: by its encoding, locale and terminal."""
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := os.environ.get(name))), "")
    plain = locale in ("C", "POSIX") or os.environ.get("TERM") in ("dumb", "linux")
    return not plain and (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
