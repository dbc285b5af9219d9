"""What the native kernels save: CPU of a summary with them and by numpy, type by type. `python -m benchmarks.kernels`.

Both read the same bytes, in rows of 4,096 and of 512 values, in this process and in turns; the best of the rounds.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay import kernels
from assay.kernels import reference, types
from assay.kernels._grids import grid

TYPES = ("BF16", "F16", "F32", "F8_E4M3", "I8", "Q4_0", "Q8_0", "Q4_K", "Q6_K", "IQ4_XS", "MXFP4")
FLOATS = {"F16": "<f2", "F32": "<f4"}
COLUMNS = (4096, 512)
BLOCK = 1 << 20  # bytes that are fed at a time, as hashing does


def spent(made: kernels.Summary, raw: memoryview) -> float:
    """CPU seconds of one summary."""
    start = time.process_time()
    for at in range(0, len(raw), BLOCK):
        made.feed(raw[at : at + BLOCK])
    made.finish()
    return time.process_time() - start


def drawn(kind: types.Type, count: int) -> NDArray[Any]:
    """So many values as weights have them, of a normal distribution; of blocks random bytes with finite scales."""
    random = np.random.default_rng(0)
    if kind.number >= types.GGML:
        # a byte below 120 is no upper half of an f16 that is infinite or NaN
        return random.integers(0, 120, count // kind.elements * kind.bytes, np.uint8)
    normal = random.standard_normal(count, np.float32) * np.float32(0.02)
    if kind.number == types.CODE8:  # scaled to the range of the type, to the code at or below
        values = np.frombuffer(types.table(kind.name), "<f4")
        codes = np.argsort(values, kind="stable")[: np.count_nonzero(~np.isnan(values))]  # NaN is last
        scaled = normal * (values[codes[-1]] / np.abs(normal).max())
        below = np.maximum(np.searchsorted(values[codes], scaled, "right") - 1, 0)
        return np.asarray(codes[below].astype(np.uint8))
    if kind.name == "BF16":
        return np.asarray((normal.view(np.uint32) >> 16).astype("<u2"))
    return np.asarray(normal.astype(FLOATS[kind.name]))


def compared(kind: types.Type, values: int, columns: int, rounds: int) -> tuple[float, float]:
    """CPU seconds with the native kernels and by numpy."""
    count = values // columns * columns
    raw = memoryview(drawn(kind, count).tobytes())
    tables = types.table(kind.name), grid(kind.number - types.GGML) if kind.number >= types.GGML else b""
    ways = (partial(kernels.summary, kind), lambda n, c: reference.Summary(kind.number, n, c, *tables))
    best = [min(spent(way(count, columns), raw) for _ in range(rounds)) for way in ways]
    return best[0], best[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, default=32, metavar="MILLIONS", help="values of each tensor")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if not kernels.name().startswith("native"):
        raise SystemExit("the native kernels are not installed: there is nothing to compare")
    print(f"{kernels.name()} against numpy {np.__version__}: ns of CPU a value, and how many times as much")
    for name in TYPES:
        for columns in COLUMNS:
            values = args.values * 10**6
            native, numpy = compared(types.TYPES[name], values, columns, args.rounds)
            said = f"{native / values * 1e9:6.2f} {numpy / values * 1e9:7.2f} {numpy / native:6.1f}x"
            print(f"  {name:8} rows of {columns:5,}  {said}", flush=True)


if __name__ == "__main__":
    main()
