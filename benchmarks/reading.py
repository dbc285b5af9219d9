"""Where in the terminal's report the five questions of a stranger are answered, and how long the report is.

    python -m benchmarks.reading MODEL...

Each model is audited at 80 columns. Printed is, for each question, the line that answers it, the lines of the report,
and its characters; the last question is asked of `assay compare`, of the audit and itself. Exit status 1 if a question
is answered nowhere, or below the fortieth line (waivers to copy do not count).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SCREEN = 40  # lines
QUESTIONS = {
    "Is it safe to load?": r"^ (PASSED|FAILED|INCOMPLETE)  ",
    "What must I decide?": r"^(In the way|To decide|Missing answers)|^ PASSED  (?!.*Decide)",
    "What is not known?": r"^Not known|things? (is|are) not known|^ PASSED  (?!.*not known)",
    "Which licence binds me?": r"^ . Openness +\S",
}
CHANGED = r"^ (SAME|WORSE|CHANGED)  "
WAIVER = re.compile(r"^ +(\[\[waiver\]\]|(check|artifact|subject|reason|owner|expires|manifest) = )")


def answers(report: str, changes: str) -> dict[str, int]:
    """The line that answers each question, from 1; 0 where none does."""
    rows = [row for row in report.splitlines() if not WAIVER.match(row)]
    found = {question: _line(rows, pattern) for question, pattern in QUESTIONS.items()}
    return {**found, "What changed?": _line(changes.splitlines(), CHANGED)}


def _line(rows: list[str], pattern: str) -> int:
    """The first line with the answer, also where that goes on in the next."""
    pairs = zip(rows, [*(row.strip() for row in rows[1:]), ""], strict=True)
    return next(
        (
            number
            for number, (row, after) in enumerate(pairs, 1)
            if row.strip() and re.search(pattern, f"{row} {after}") and not re.search(pattern, after)
        ),
        0,
    )


def _said(*arguments: str) -> str:
    environment = {**os.environ, "COLUMNS": "80"}
    command = [sys.executable, "-m", "assay", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    missed = False
    for model in parser.parse_args().models:
        with tempfile.TemporaryDirectory() as folder:
            saved = f"{folder}/d.json"
            report = _said("audit", str(model), "-o", "text", "-o", f"json={saved}")
            report = re.sub(rf" -o text (?:\\\n +)?-o json={re.escape(saved)}", "", report)
            found = answers(report, _said("compare", saved, saved))
        print(f"{model.name}: {report.count(chr(10)):,} lines, {len(report):,} characters")
        for question, line in found.items():
            missed |= not 0 < line <= SCREEN
            print(f"  {question:<24} line {line}" if line else f"  {question:<24} nowhere")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
