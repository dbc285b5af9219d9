"""The interpreters of this machine that wheels are built for, and that compile others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MINORS = (11, 12, 13, 14)


def installed() -> list[str]:
    """Those on PATH, and those of pyenv: its commands on PATH run only the versions that are chosen."""
    own = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    there = [path for minor in MINORS for path in sorted(own.glob(f"3.{minor}.*/bin/python3"))]
    return [*filter(None, (shutil.which(f"python3.{minor}") for minor in MINORS)), *map(str, there)]
