"""Run every attack and print what assay answered.

    python -m benchmarks.attacks [WORD ...]

Each word chooses the attacks whose name holds it. Exit status 1 if one got a yes that it should not get.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.attacks.answers import ATTACKS


def main() -> int:
    """Print a line for each attack, and how many got a wrong yes."""
    chosen = [row for row in ATTACKS if all(word in row.name for word in sys.argv[1:])]
    wrong = 0
    for attack in chosen:
        with tempfile.TemporaryDirectory() as folder:
            answer = attack.run(Path(folder))
        wrong += answer.wrong
        print(f"{'WRONG YES' if answer.wrong else 'refused':<10} {attack.name:<64} {answer.said}", flush=True)
    print(f"{len(chosen)} attacks, {wrong} wrong yes")
    return 1 if wrong else 0


raise SystemExit(main())
