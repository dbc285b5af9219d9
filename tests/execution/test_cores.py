"""How many cores are used where nobody says: those that this process may keep busy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.cli._config import Config
from assay.execution.cores import usable
from assay.pipeline.request import MOST_JOBS

HERE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, HERE),
        ({"": "max 100000\n"}, HERE),
        ({"": "50000 100000\n"}, 1),
        ({"a/b": "100000 100000\n"}, 1),
        ({"": "100000 100000\n", "a/b": "max 100000\n"}, 1),
        ({"a": "6400000 100000\n"}, HERE),
        ({"other": "100000 100000\n"}, HERE),
        ({"a": "nonsense"}, HERE),
    ],
)
def test_a_quota_of_any_group_above_counts(tmp_path: Path, limits: dict[str, str], expected: int) -> None:
    for name, text in limits.items():
        group(tmp_path / "fs" / name, cpu__max=text)
    (tmp_path / "own").write_text("0::/a/b\n")
    assert usable(tmp_path / "fs", tmp_path / "own") == expected


def test_a_quota_of_the_first_version_of_groups_counts(tmp_path: Path) -> None:
    group(tmp_path / "fs/cpu/box", cpu__cfs_quota_us="90000\n", cpu__cfs_period_us="100000\n")
    (tmp_path / "own").write_text("3:cpuset:/\n4:cpu,cpuacct:/box\n0::/\n")
    assert usable(tmp_path / "fs", tmp_path / "own") == 1
    group(tmp_path / "fs/cpu/box", cpu__cfs_quota_us="-1\n")
    assert usable(tmp_path / "fs", tmp_path / "own") == HERE


def test_without_groups_the_cores_of_the_process_count(tmp_path: Path) -> None:
    assert usable(tmp_path / "none", tmp_path / "none") == HERE


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_the_command_line_takes_as_many_files_at_a_time_as_it_may_use_cores() -> None:
    assert Config().jobs == min(usable(), MOST_JOBS)
    code = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
        "from assay.cli._config import Config; print(Config().jobs)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "1\n"
