"""What was asked of the workbench and by whom, as lines of JSON for whatever gathers logs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TextIO

from assay.text.instant import instant

_LONGEST = 500  # characters of a path


class Log:
    """A line for each request that was answered: when, who, from where, method, path without its query, and status.

    And where the OpenID provider let nobody in, why."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def answered(self, who: str, address: str, method: str, path: str, status: int, why: str = "") -> None:
        """Write one; `who` is empty for somebody who is not let in."""
        line = {
            "at": instant(datetime.now(UTC)),
            "who": who,
            "from": address[:64],
            "method": method[:16],
            "path": path[:_LONGEST],
            "status": status,
            **({"why": why} if why else {}),
        }
        self._stream.write(json.dumps(line) + "\n")  # in ASCII: nothing of it is more than text to a terminal
        self._stream.flush()
