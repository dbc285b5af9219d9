"""How many cores this process may keep busy."""

from __future__ import annotations

import os
from pathlib import Path

GROUPS, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def usable(groups: Path = GROUPS, own: Path = OWN) -> int:
    """The cores that the system lets this process run on, and no more than the quota of its control groups; at least 1.

    A quota is of CPU time in each period: `cpu.max` of version 2, `cpu.cfs_quota_us` of version 1 (the documentation of
    Linux: admin-guide/cgroup-v2.rst, scheduler/sched-bwc.rst); the smallest from the group of this process up holds.
    """
    affine = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    here = len(affine(0)) if affine is not None else os.cpu_count() or 1
    return max(1, min([here, *(-(-quota // period) for quota, period in _quotas(groups, own))]))


def _quotas(groups: Path, own: Path) -> list[tuple[int, int]]:
    """(quota, period) of each group above this process that has one, in microseconds."""
    found = []
    for line in _text(own).splitlines():
        _, controllers, path = f"{line}::".split(":")[:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = groups / "cpu" if controllers else groups
        inside = root / path.lstrip("/")
        for folder in (inside, *inside.parents):
            if not folder.is_relative_to(root):
                break
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if controllers else ("cpu.max",)
            words = " ".join(_text(folder / name) for name in names).split()
            quota, period = (int(word) if word.isdecimal() else 0 for word in (*words, "", "")[:2])  # "max", -1: none
            if quota and period:
                found.append((quota, period))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""
