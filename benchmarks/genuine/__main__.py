"""Write the families whose libraries are here, and say which were not."""

from __future__ import annotations

import argparse
import importlib
import json
import warnings
from pathlib import Path

from benchmarks.genuine import FAMILIES


def main() -> None:
    """Print how many files were written, and why a family was not."""
    parser = argparse.ArgumentParser(prog="benchmarks.genuine")
    parser.add_argument("folder", type=Path)
    parser.add_argument("family", nargs="*", default=list(FAMILIES))
    options = parser.parse_args()
    absent: dict[str, str] = {}
    for name in options.family:
        module, function = FAMILIES[name]
        (options.folder / name).mkdir(parents=True, exist_ok=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                getattr(importlib.import_module(f"benchmarks.genuine.{module}"), function)(options.folder / name)
        except (ImportError, RuntimeError, OSError) as missing:  # a library may be there and not start
            absent[name] = f"{type(missing).__name__}: {str(missing)[:200]}"
    files = [path for path in options.folder.rglob("*") if path.is_file()]
    print(json.dumps({"files": len(files), "absent": absent}, indent=1))


if __name__ == "__main__":
    main()
