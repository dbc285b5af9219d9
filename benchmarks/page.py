"""How large a page is, how long it takes to write, and when a browser first shows it: usual or of many rows.

    python -m benchmarks.page [--findings N] [--tensors N] [--runs N]

The findings are those of an audit of N small files of Python that each start a process; the tensors are the summaries
of one real tensor under N names; the usual page is that of a language model of 135 M parameters. First paint is what
Chromium reports for the page opened from a file: the median, the least, which other work on the machine did not
lengthen, and how many times the median of an empty page, opened in turn with the others, that is.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.builders import hub_model

import assay
from assay.cli.demo import packaged_model
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.render import renderer

LISTED = (Kind.FAIL, Kind.REVIEW, Kind.OPEN, Kind.INFORMATIONAL)
_PAINTED = """() => new Promise(resolve => {
  const done = () => performance.getEntriesByName("first-contentful-paint")[0];
  const look = () => done() ? resolve(done().startTime) : setTimeout(look, 5);
  look();
})"""


def many_findings(folder: Path, count: int) -> Dossier:
    """The audit of a model beside which so many files of code lie."""
    files = {f"tools/step_{number}.py": f"import os\nos.system('step {number}')\n" for number in range(count)}
    hub_model(folder)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return assay.audit(folder)


def many_tensors(dossier: Dossier, count: int) -> Dossier:
    """A dossier with so many tensors: 96 layers of experts, each the copy of a tensor that was summarised."""
    row, experts = dossier.tensors[0], count // (3 * 96) + 1
    names = (
        f"model.layers.{layer}.mlp.experts.{expert}.{role}_proj.weight"
        for layer in range(96)
        for expert in range(experts)
        for role in ("gate", "up", "down")
    )
    tensors = tuple(replace(row, name=name) for _, name in zip(range(count), names, strict=False))
    return replace(dossier, tensors=tensors)


def written(dossier: Dossier) -> tuple[bytes, float]:
    """The page, and the seconds that it took to write."""
    html = renderer("html")
    assert html is not None
    stream, begun = io.BytesIO(), time.perf_counter()
    html.write(dossier, stream)
    return stream.getvalue(), time.perf_counter() - begun


def painted(pages: dict[str, Path], runs: int) -> dict[str, dict[str, float]]:
    """Of each page in Chromium the first contentful paint, and the CPU time of its thread, in milliseconds.

    One of `pages` is `empty`, against which the others are held.
    """
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(runs + 1):
            for name, path in pages.items():
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                session = page.context.new_cdp_session(page)
                session.send("Performance.enable", {"timeDomain": "threadTicks"})
                page.goto(path.as_uri())
                first = page.evaluate(_PAINTED)
                rows = {row["name"]: row["value"] for row in session.send("Performance.getMetrics")["metrics"]}
                found[name].append((first, 1000 * rows["TaskDuration"]))
                page.close()
        browser.close()
    figures: dict[str, dict[str, float]] = {}
    for name, every in found.items():
        first, spent = ([row[at] for row in every[1:]] for at in (0, 1))  # the first of each warms the browser up
        figures[name] = {
            "first_paint_ms": round(statistics.median(first)),
            "least_ms": round(min(first)),
            "thread_ms": round(statistics.median(spent)),
        }
    for row in figures.values():
        row["times_empty"] = round(row["first_paint_ms"] / figures["empty"]["first_paint_ms"], 1)
    return figures


def main() -> None:
    """Write the pages, open each, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=500)
    parser.add_argument("--tensors", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        findings = many_findings(folder / "model", given.findings)
        dossiers = {
            "usual": assay.audit(packaged_model()),
            "findings": findings,
            "tensors": many_tensors(findings, given.tensors),
        }
        figures: dict[str, dict[str, Any]] = {}
        for kind, dossier in dossiers.items():
            page, seconds = written(dossier)
            (folder / f"{kind}.html").write_bytes(page)
            listed = sum(row.kind in LISTED for row in dossier.findings)
            figures[kind] = {
                "findings": listed,
                "tensors": len(dossier.tensors),
                "bytes": len(page),
                "written_s": round(seconds, 2),
            }
        (folder / "empty.html").write_text("<!doctype html><title>empty</title><p>empty")
        figures["empty"] = {}  # what the browser needs by itself on this machine
        for kind, times in painted({kind: folder / f"{kind}.html" for kind in figures}, given.runs).items():
            figures[kind] |= times
        print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
