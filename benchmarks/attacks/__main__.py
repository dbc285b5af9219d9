"""Attack assay, and print what each attack came to.

    python -m benchmarks.attacks [--only answers|resources|kills] [--tries N] [WORD ...]

Three parts: attacks that want a yes, inputs that are made to cost time or memory, and kills of what runs and writes.
Each word chooses the rows whose name holds it. Exit status 1 if a part has a row that is not as it should be.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from benchmarks.attacks import answers, attack, handed, hidden, kills, places, resources

LISTING = (answers, handed, hidden, places)  # the modules that list attacks when they are imported
PARTS: dict[str, Callable[[list[str]], int]] = {
    "answers": attack.main,
    "resources": resources.main,
    "kills": kills.main,
}


def main() -> int:
    """Run the parts that were asked for, one after the other."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.attacks")
    asked.add_argument("--only", action="append", choices=tuple(PARTS), help="run this part")
    asked.add_argument(
        "--tries", type=int, default=kills.TRIES, help=f"kills by each signal in each phase ({kills.TRIES})"
    )
    asked.add_argument("words", nargs="*", metavar="WORD", help="run the rows whose name holds every word")
    given = asked.parse_args()
    beyond = 0
    for name in given.only or PARTS:
        beyond += kills.main(given.words, given.tries) if name == "kills" else PARTS[name](given.words)
    return 1 if beyond else 0


if __name__ == "__main__":
    raise SystemExit(main())
