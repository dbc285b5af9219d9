"""promptfoo's output.json: results by provider and prompt, each a success or not by its assertions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.facts.reported import ReportedRow
from assay.probes.reported import Found, count, name, rows_of, table

WEAK = "graded by another model, which the report does not measure"
_GRADED = ("llm-rubric", "model-graded", "factuality", "promptfoo:redteam", "g-eval", "answer-relevance")


def ours(value: Any) -> bool:
    """Whether a JSON value is such a file."""
    inner = table(value, "results")
    return isinstance(inner.get("results"), list) and isinstance(inner.get("stats"), dict)


def of(value: Any) -> Found:
    """Successes by kind of assertion; where the tests were not written out (`--no-write`), the sums of all."""
    inner = table(value, "results")
    rows = [table(row) for row in rows_of(inner, "results")]
    providers = {name(table(row, "provider").get("id")) for row in rows}
    providers |= {name(table(row).get("provider")) for row in rows_of(inner, "prompts")}
    version = name(table(value, "metadata").get("promptfooVersion"))
    found = _rows(rows) if rows else _sums(table(inner, "stats"))
    return Found(version, ", ".join(sorted(providers - {""})[:5]), found)


def _sums(stats: dict[str, Any]) -> Iterator[ReportedRow]:
    passed, failed, broken = (count(stats.get(key)) or 0 for key in ("successes", "failures", "errors"))
    total = passed + failed + broken
    if total:
        yield ReportedRow("all tests", "passed", passed / total, total, total - passed, "")


def _rows(rows: list[dict[str, Any]]) -> Iterator[ReportedRow]:
    kinds: dict[str, list[bool]] = {}
    for row in rows:
        for part in rows_of(table(row, "gradingResult"), "componentResults"):
            passed = table(part).get("pass")
            if isinstance(passed, bool):
                kind = name(table(part, "assertion").get("type")) or "assertion"
                kinds.setdefault(kind, []).append(passed)
    every = [row["success"] for row in rows if isinstance(row.get("success"), bool)]
    if every:
        yield ReportedRow("all tests", "passed", sum(every) / len(every), len(every), len(every) - sum(every), "")
    for kind, found in sorted(kinds.items()):
        weak = WEAK if kind.removeprefix("not-").startswith(_GRADED) else ""
        yield ReportedRow(kind, "passed", sum(found) / len(found), len(found), len(found) - sum(found), weak)
