"""Read reports of other tools, one tool a file: garak, inspect_ai, lm-evaluation-harness and promptfoo.

A report may come from anybody: it is bounded in bytes, rows and length of names, and every field is checked before it
is used. What it says is kept as what the tool says.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from assay.errors import InputError, UsageError
from assay.facts.reported import Reported, ReportedRow
from assay.files import content, json_value
from assay.lazy import dataclass

MOST = 256 << 20  # bytes of a report
MOST_ROWS = 2_000
MOST_NAME = 200  # characters
_WHAT = "report of garak, inspect_ai, lm-evaluation-harness or promptfoo"


@dataclass(frozen=True, slots=True)
class Found:
    """What a reader found: which version of its tool, of which model, and the rows."""

    version: str
    model: str
    rows: Iterable[ReportedRow]


def read(path: Path) -> Reported:
    """The report in a file (UsageError: it is none that assay reads, or is damaged)."""
    raw = content(path, MOST, _WHAT)
    try:
        tool, found = _found(raw)
    except (InputError, ValueError, RecursionError) as cause:
        raise UsageError(f"{path} is not a {_WHAT}: {str(cause)[:200]}") from None
    rows = iter(found.rows)
    kept = tuple(islice(rows, MOST_ROWS))
    if not kept:
        raise UsageError(f"{path}: a report of {tool} without a result: nothing was counted in it")
    rest = sum(1 for _ in rows)
    digest = hashlib.sha256(raw).hexdigest()
    return Reported(tool, name(found.version), name(found.model), path.name[:MOST_NAME], digest, kept, rest)


def _found(raw: bytes) -> tuple[str, Found]:
    from assay.probes.reported import garak, inspect_ai, lm_eval, promptfoo

    if raw.startswith(b"PK"):
        return "inspect_ai", inspect_ai.read(raw)
    first = raw.lstrip()[:1]
    if first != b"{":
        raise ValueError(f"expected JSON, JSON lines or a zip archive, got a file that begins with {raw[:8]!r}")
    try:
        value = json_value(raw.decode("utf-8"))
    except ValueError:
        return "garak", garak.read(list(lines(raw)))
    for tool, reader in (("lm-evaluation-harness", lm_eval), ("promptfoo", promptfoo), ("inspect_ai", inspect_ai)):
        if reader.ours(value):
            return tool, reader.of(value)
    if isinstance(value.get("entry_type"), str):
        return "garak", garak.read([value])
    raise ValueError("it is JSON of none of these tools")


def lines(raw: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file, a line each (ValueError: a line is none)."""
    for number, line in enumerate(raw.splitlines(), 1):
        if line.strip():
            try:
                value = json_value(line.decode("utf-8"))
            except (ValueError, RecursionError) as cause:
                raise ValueError(f"line {number} is not JSON: {str(cause)[:80]}") from None
            if not isinstance(value, dict):
                raise ValueError(f"line {number} is no JSON object")
            yield value


def table(value: object, key: str = "") -> dict[str, Any]:
    """`value`, or what it has under `key`, if that is a JSON object, else an empty one."""
    found = value.get(key) if key and isinstance(value, dict) else value
    return found if isinstance(found, dict) else {}


def rows_of(value: object, key: str) -> list[Any]:
    """The array under a key, or an empty one."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def name(value: object) -> str:
    """A text as it is kept: bounded; nothing where it is none."""
    return value[:MOST_NAME] if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def count(value: object) -> int | None:
    """A count from 0 to 10^12, or None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= 10**12 else None
