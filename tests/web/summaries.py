"""What the kernels that are here make of random bytes of every type: a line for each, the same wherever it runs.

In a tab the kernels are WebAssembly; elsewhere the numpy reference, which defines what is right.
"""

from __future__ import annotations

import hashlib
import sys
from random import Random

from assay.kernels import types
from assay.kernels._grids import grid


def lines() -> list[str]:
    """Type, columns, and the digest of the summary."""
    if sys.platform == "emscripten":
        import openassay_native as made
    else:
        from assay.kernels import reference as made
    random, found = Random(0), []
    for kind in types.TYPES.values():
        for columns in (0, kind.elements * 3) if kind.valued else (0,):
            count = (columns or kind.elements) * 40
            raw = random.randbytes(count // kind.elements * kind.bytes if kind.valued else count)
            tables = types.table(kind.name), grid(kind.number - types.GGML) if kind.number >= types.GGML else b""
            summary = made.Summary(kind.number, count, columns, *tables)
            for at in range(0, len(raw), 1000):  # in portions that are no whole blocks
                summary.feed(memoryview(raw)[at : at + 1000])
            rows = sorted(summary.finish().items())
            found.append(f"{kind.name} {columns} {hashlib.sha256(repr(rows).encode()).hexdigest()}")
    return found


if __name__ == "__main__":
    print("\n".join(lines()))
