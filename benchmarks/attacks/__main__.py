"""Attack assay, and print what each attack came to.

    python -m benchmarks.attacks [--only answers|resources|kills] [--tries N] [WORD ...]

Three parts: attacks that want a yes, inputs that are made to cost time or memory, and kills of an audit under way.
Each word chooses the rows whose name holds it. Exit status 1 if a part has a row that is not as it should be.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from benchmarks.attacks import answers, kills, resources


def main() -> int:
    """Run the parts that were asked for, one after the other."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.attacks")
    asked.add_argument("--only", action="append", choices=("answers", "resources", "kills"), help="run this part")
    asked.add_argument("--tries", type=int, default=20, help="kills by each signal in each phase (20)")
    asked.add_argument("words", nargs="*", metavar="WORD", help="run the rows whose name holds every word")
    given = asked.parse_args()
    parts: dict[str, Callable[[], int]] = {
        "answers": lambda: answers.main(given.words),
        "resources": lambda: resources.main(given.words),
        "kills": lambda: kills.main(given.words, given.tries),
    }
    return 1 if sum([part() for name, part in parts.items() if name in (given.only or parts)]) else 0


if __name__ == "__main__":
    raise SystemExit(main())
