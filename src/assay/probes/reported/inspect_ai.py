"""inspect_ai's log: a zip archive (`.eval`) with `header.json`, or the same as JSON; scores with their metrics."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from assay.errors import MissingExtra
from assay.facts.reported import ReportedRow
from assay.files import json_value
from assay.formats.container import zip as zips
from assay.formats.window import Window
from assay.probes.reported import Found, count, name, number, rows_of, table

MOST_HEADER = 64 << 20
_ZSTANDARD = 93  # APPNOTE 6.3.10, section 4.4.5
WEAK = "graded by another model, which the log does not measure"


def read(raw: bytes) -> Found:
    """The log in a zip archive (ValueError, InputError: it is none)."""
    window = Window(io.BytesIO(raw))
    member = next((row for row in zips.archive(window).members if row.name == "header.json"), None)
    if member is None:
        raise ValueError("the archive has no header.json, as a finished log of inspect_ai has")
    value = json_value(_content(window, member).decode("utf-8"))
    if not ours(value):
        raise ValueError("its header.json is not that of inspect_ai")
    return of(value)


def _content(window: Window, member: zips.Member) -> bytes:
    """The bytes of a member; inspect_ai writes them as Zstandard.

    Raises MissingExtra: that is not installed.
    """
    if member.method != _ZSTANDARD:
        return zips.content(window, member, MOST_HEADER)
    if max(member.stored, member.size) > MOST_HEADER:
        raise ValueError(f"its header.json has more than {MOST_HEADER:,} bytes")
    try:
        import zstandard
    except ImportError:
        raise MissingExtra("corpus", "reading a log of inspect_ai") from None
    try:
        raw = zstandard.ZstdDecompressor().stream_reader(window.read(member.start, member.stored)).read(MOST_HEADER + 1)
    except zstandard.ZstdError as cause:
        raise ValueError(f"its header.json cannot be unpacked: {str(cause)[:80]}") from None
    if len(raw) > MOST_HEADER:
        raise ValueError(f"its header.json has more than {MOST_HEADER:,} bytes")
    return bytes(raw)


def ours(value: Any) -> bool:
    """Whether a JSON value is such a log."""
    return isinstance(value, dict) and bool(table(value, "eval").get("task")) and "model" in table(value, "eval")


def of(value: Any) -> Found:
    """Every metric of every scorer."""
    run = table(value, "eval")
    return Found(name(table(run, "packages").get("inspect_ai")), name(run.get("model")), _rows(value, run))


def _rows(value: Any, run: dict[str, Any]) -> Iterator[ReportedRow]:
    results = table(value, "results")
    total = count(results.get("completed_samples"))
    total = count(results.get("total_samples")) if total is None else total
    for score in rows_of(results, "scores"):
        scorer = name(table(score).get("scorer")) or name(table(score).get("name"))
        weak = WEAK if scorer.startswith("model_graded") else ""
        for metric, found in table(score, "metrics").items():
            amount = number(table(found).get("value"))
            if amount is not None and metric != "stderr":
                yield ReportedRow(name(run.get("task")), name(f"{metric}, {scorer}"), amount, total, None, weak)
