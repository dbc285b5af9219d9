"""Lines for a terminal or a log: colour where it is wanted, wrapped to a width."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable

Paint = Callable[[str, str], str]  # (text, SGR codes) -> the text in that colour, or as it was


def painter(colour: bool) -> Paint:
    """What puts text into a colour; without `colour` it leaves text as it is."""

    def paint(text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text

    return paint


def wrapped(text: str, indent: str, width: int, hang: str = "", *, hyphens: bool = False) -> list[str]:
    """`text` in lines of `width` columns, the first after `indent`, the others after `hang` (empty: the same).

    With `hyphens` a line may end at a hyphen, which tears names of files and checks apart.
    """
    return textwrap.wrap(
        text, max(40, width), initial_indent=indent, subsequent_indent=hang or indent, break_on_hyphens=hyphens
    ) or [indent.rstrip()]


def terminal_width() -> int:
    """The columns of the terminal, within what reads well."""
    try:
        return min(120, max(60, os.get_terminal_size().columns))
    except OSError:
        return 100
