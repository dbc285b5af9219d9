"""What values cost in plain Python, step by step, beside a whole native summary. `python -m benchmarks.plain`.

Each step is the quickest way that the standard library was found to have for what a summary of BF16 must hold to the
last bit (docs/decisions/0037): how often each code occurs, squares added in float32 in sixteen lanes and along columns,
the extremes of each row, its hash. Decides whether a path without numpy is worth its code.
"""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Callable
from itertools import repeat
from operator import add, and_, mul, rshift, xor

import numpy as np

from assay import kernels
from assay.kernels import types
from benchmarks.kernels import drawn

COLUMNS, ROWS, LANES = 4096, 256, 16


def steps(raw: bytes) -> dict[str, Callable[[], object]]:
    """Each step over the whole tensor; float32 is rounded by storing into an array of it."""
    codes = memoryview(raw).cast("H")
    values = (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32)
    with np.errstate(all="ignore"):
        value, square = values.tolist(), (values * values).tolist()
    rows = [codes[at : at + COLUMNS] for at in range(0, len(codes), COLUMNS)]

    def lanes() -> None:
        for row in rows:
            total = array("f", bytes(4 * LANES))
            squares = list(map(square.__getitem__, row))
            for at in range(0, COLUMNS, LANES):
                total = array("f", map(add, total, squares[at : at + LANES]))

    def columns() -> None:
        total = array("f", bytes(4 * COLUMNS))
        for row in rows:
            total = array("f", map(add, total, map(square.__getitem__, row)))

    def extremes() -> None:
        for row in rows:
            found = list(map(value.__getitem__, row))
            min(found), max(found)

    def hashes() -> None:
        keys = list(range(1, COLUMNS // 2 + 1))
        for row in rows:
            words = row.cast("B").cast("I")
            mixed = map(xor, words, map(rshift, words, repeat(15)))
            mixed = map(and_, map(mul, mixed, repeat(0x85EBCA77)), repeat(0xFFFFFFFF))
            sum(map(mul, mixed, keys))

    return {
        "how often each code occurs": lambda: Counter(codes),
        "squares in sixteen lanes": lanes,
        "squares along columns": columns,
        "extremes of rows": extremes,
        "hashes of rows": hashes,
    }


def spent(step: Callable[[], object]) -> float:
    """CPU seconds, the least of three."""
    found = []
    for _ in range(3):
        start = time.process_time()
        step()
        found.append(time.process_time() - start)
    return min(found)


def main() -> None:
    """Print the table."""
    count, kind = COLUMNS * ROWS, types.TYPES["BF16"]
    raw = drawn(kind, count).tobytes()

    def native() -> None:
        made = kernels.summary(kind, count, COLUMNS)
        made.feed(raw)
        made.finish()

    whole = spent(native)
    print(f"BF16, rows of {COLUMNS:,}: ns of CPU a value, and as a multiple of a whole summary by {kernels.name()}")
    print(f"  {'whole summary, native':28} {whole / count * 1e9:8.2f}")
    total = 0.0
    for name, step in steps(raw).items():
        total += (took := spent(step))
        print(f"  {name:28} {took / count * 1e9:8.2f} {took / whole:7.0f}x", flush=True)
    print(f"  {'together':28} {total / count * 1e9:8.2f} {total / whole:7.0f}x")


if __name__ == "__main__":
    main()
