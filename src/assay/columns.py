"""How many columns there are to write for."""

from __future__ import annotations

import os

NARROWEST, WIDEST = 40, 200  # what can be read


def known() -> int | None:
    """The columns that COLUMNS or the terminal has, within what can be read; None where neither says."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked[:9]):
        columns = int(asked[:9])
    else:
        try:
            columns = os.get_terminal_size().columns
        except OSError:
            return None
    return min(WIDEST, max(NARROWEST, columns)) if columns else None
