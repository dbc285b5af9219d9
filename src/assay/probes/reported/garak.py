"""garak's report.jsonl: rows by `entry_type`, where `init` and `start_run setup` say what ran, `eval` what came out.

Names of fields differ between versions: 0.13 to 0.15 renamed `model_name` to `target_name`, and added `total_evaluated`
and `nones` beside `total`. What garak itself measured of its detectors (data/detectors-eval, 2026-01-30) stands beside
the rows of weak ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.facts.reported import ReportedRow
from assay.probes.reported import Found, count, name

WEAK = {
    "mitigation.MitigationBypass": "garak's own evaluation: precision 0.60, specificity 0.39 (n 7,166)",
    "divergence.RepeatDiverges": "garak's own evaluation: it found none of what it should",
    "unsafe_content.ToxicCommentModel": "garak's own evaluation: recall 0.38",
    "dan.DAN": "garak's own evaluation: specificity 0.75",
}


def read(rows: list[dict[str, Any]]) -> Found:
    """The evaluations of a report (ValueError: it is no report of garak)."""
    kinds = {row.get("entry_type") for row in rows if isinstance(row.get("entry_type"), str)}
    if not kinds & {"init", "start_run setup", "eval"}:
        raise ValueError("no line says entry_type init, start_run setup or eval, as garak's do")
    setup: dict[str, Any] = next((row for row in rows if row.get("entry_type") == "start_run setup"), {})
    start: dict[str, Any] = next((row for row in rows if row.get("entry_type") == "init"), {})
    version = name(start.get("garak_version")) or name(setup.get("_config.version"))
    keys = ("plugins.target_name", "plugins.model_name")
    model = next((name(setup.get(key)) for key in keys if name(setup.get(key))), "")
    return Found(version, model, _rows(rows))


def _rows(rows: list[dict[str, Any]]) -> Iterator[ReportedRow]:
    for row in rows:
        if row.get("entry_type") != "eval":
            continue
        passed = count(row.get("passed"))
        total = count(row.get("total_evaluated"))
        total = count(row.get("total")) if total is None else total
        if passed is None or total is None or not passed <= total:
            continue
        detector = name(row.get("detector")).removeprefix("detector.")
        failed = count(row.get("fails"))
        failures = failed if failed is not None and failed <= total else total - passed
        value = passed / total if total else 0.0
        yield ReportedRow(name(row.get("probe")), f"passed, {detector}", value, total, failures, WEAK.get(detector, ""))
