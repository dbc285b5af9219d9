"""What a command tells the program that started it, besides what a person reads: lines of JSON through a pipe.

`assay serve` gives its audits the pipe's descriptor in an environment variable, and shows what comes through it; after
a colon stands the token under which the audit is to be kept.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from functools import cache

from assay.progress import EVENTS

EVERY = 0.2  # seconds between two lines about the same work


@cache
def channel() -> Channel | None:
    """The pipe to whoever started this command; None: nobody waits for anything."""
    number, _, token = os.environ.pop(EVENTS, "").partition(":")
    if not number.isdecimal():
        return None
    try:
        os.set_inheritable(int(number), False)
    except (OSError, OverflowError):
        return None
    return Channel(int(number), token)


class Channel:
    """The pipe; where nobody reads it any more, progress asks for the end. `token` names what is kept; empty: anew."""

    def __init__(self, number: int, token: str = "") -> None:
        self._number, self.token, self._last, self._label = number, token, 0.0, ""

    def progress(self, label: str, done: int, total: int, unit: str) -> bool:
        """Tell how far the work is; True: whoever waited for it has gone."""
        now = time.monotonic()
        if label == self._label and now - self._last < EVERY and done < total:
            return False
        self._label, self._last = label, now
        try:
            self._write({"label": label, "done": done, "total": total, "unit": unit})
        except OSError:
            return True
        return False

    def kept(self, digest: str) -> None:
        """Tell which dossier was kept."""
        with suppress(OSError):
            self._write({"kept": digest})

    def _write(self, value: dict[str, object]) -> None:
        os.write(self._number, json.dumps(value).encode() + b"\n")  # below PIPE_BUF: whole, from whichever thread
