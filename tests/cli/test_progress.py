"""Progress as a user sees it: amounts in words, a bar on a terminal, nothing in the way of a report."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from assay.progress import amount
from tests.builders import hub_model

SLOW = """
import time
from assay.cli import _progress
with _progress.progress(quiet={quiet}) as told:
    for step in range(1, 9):
        time.sleep(0.2)
        told and told("asking", step, 8, "questions")
print("the report")
"""


@pytest.mark.parametrize(
    ("done", "total", "unit", "words"),
    [
        (1_234_000_000, 3_400_000_000, "bytes", "1.2 of 3.4 GB"),
        (500_000, 2_000_000, "bytes", "0.5 of 2.0 MB"),
        (100, 999, "bytes", "100 of 999 bytes"),
        (12, 1200, "questions", "12 of 1,200 questions"),
    ],
)
def test_amounts_in_words(done: int, total: int, unit: str, words: str) -> None:
    assert amount(done, total, unit) == words


def on_a_terminal(code: str) -> tuple[str, str]:
    """(standard output, what a terminal at standard error was sent)."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                block = os.read(ours, 4096)
            except OSError:  # Linux: the other side is closed
                break
            if not block:
                break
            shown += block
        out, _ = process.communicate(timeout=30)
    os.close(ours)
    return out, shown.decode("utf-8", "replace")


def test_a_bar_is_drawn_once_the_work_has_lasted() -> None:
    out, shown = on_a_terminal(SLOW.format(quiet=False))
    assert out == "the report\n" and "asking" in shown and "of 8 questions" in shown
    assert "1 of 8" not in shown  # the first second


def test_quiet_work_shows_nothing() -> None:
    assert on_a_terminal(SLOW.format(quiet=True)) == ("the report\n", "")


def test_without_a_terminal_a_short_run_shows_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", SLOW.format(quiet=False)], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("the report\n", "")


def test_work_that_ends_on_request_exits_as_after_ctrl_c(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom assay.cli import _progress, main\n"
        "_progress._Lines.shown = lambda *told: True\n"
        f"sys.argv = ['assay', 'audit', {str(hub_model(tmp_path / 'm'))!r}, '-o', 'html={tmp_path}/r.html']\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 130 and done.stdout == "" and not (tmp_path / "r.html").exists()
    assert done.stderr.startswith("assay: stopped on request while reading, after ") and done.stderr.count("\n") == 1
