"""Run `assay` as a user does: a process of its own, its output and its exit status."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.builders import warm

ASSAY = [sys.executable, "-m", "assay"]


def run(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """What `assay ARGUMENTS` prints, and its exit status."""
    whole = {**os.environ, "COLUMNS": "100", **env}
    if sys.platform != "linux" or any(name.startswith(("PYTHON", "LD_")) for name in env):  # read when Python starts
        return afresh(*arguments, cwd=cwd, env=whole)
    status, output, errors = warm.run(arguments, str(cwd or Path.cwd()), whole, timeout=600)
    return subprocess.CompletedProcess([*ASSAY, *arguments], status, output, errors)


def afresh(*arguments: str, cwd: Path | None, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The same, by an interpreter that has imported nothing yet."""
    return subprocess.run([*ASSAY, *arguments], capture_output=True, text=True, cwd=cwd, env=env, timeout=600)


def printed(output: str) -> list[str]:
    """The commands that a report tells its reader to run, each in one line: what follows a word at a line's start."""
    whole = output.replace(" \\\n", " ")
    found = re.findall(r"^(?:explain|find out|again|all of it) +(assay .+)$", whole, re.MULTILINE)
    return [re.sub(r"(?<= ) +", "", command) for command in found]
