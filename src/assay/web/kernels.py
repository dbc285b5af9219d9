"""The native kernels in a browser tab: `native/src/web.cpp` as WebAssembly, called as `openassay_native` is.

The worker of the page gives the module's functions and memory; `install` makes them what `assay.kernels` finds. Only
summaries are there: what else native kernels do needs numpy, which a tab does not have.
"""

from __future__ import annotations

import struct
import sys
from types import ModuleType
from typing import Any, Protocol

from assay.kernels.types import CODE8, GGML

_MOST_COLUMNS = 1 << 20
# bytes of the grid that a ggml type indexes: as grid_bytes in native/src/module.cpp
_GRIDS = {16: 2048, 17: 4096, 22: 8192, 18: 1024, 21: 2048, 19: 16384, 29: 16384}
_BINS, _QUANTILES = 48, 7  # as native/src/summary.hpp


class Module(Protocol):
    """The functions of the WebAssembly module, their buffers as JavaScript copies them."""

    def begin(self, kind: int, count: int, columns: int, table: bytes, grid: bytes) -> int: ...

    def feed(self, handle: int, block: memoryview) -> None: ...

    def finish(self, handle: int) -> Any: ...

    def end(self, handle: int) -> None: ...


class _Summary:
    """One streaming pass over a tensor, as `openassay_native.Summary`."""

    def __init__(
        self, module: Module, kind: int, count: int, columns: int, table: bytes = b"", grid: bytes = b""
    ) -> None:
        self._handle = 0
        if kind == CODE8 and len(table) != 1024:
            raise ValueError("an 8-bit type needs a table of 256 f32")
        if kind >= GGML and len(grid) < _GRIDS.get(kind - GGML, 0):
            raise ValueError("the grid of this type is too short")
        if columns and (count % columns or columns > _MOST_COLUMNS):
            raise ValueError("columns do not divide the values into rows that can be summarised")
        self._module = module
        self._handle = module.begin(kind, count, columns, table, grid)
        if not self._handle:
            raise ValueError("unknown type, or values that are no whole blocks")

    def feed(self, block: memoryview) -> None:
        """Take the next bytes."""
        self._module.feed(self._handle, block)

    def finish(self) -> dict[str, Any]:
        """What was learnt; ValueError if bytes are missing."""
        found = self._module.finish(self._handle)
        if found is None:
            raise ValueError("fewer bytes than the tensor has were fed")
        return _read(found.to_bytes())

    def __del__(self) -> None:
        """Give the memory of the pass back."""
        if self._handle:
            self._module.end(self._handle)


class _Reader:
    """Words of eight bytes, one after another, as `Writer` in native/src/web.cpp writes them."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def whole(self) -> int:
        return int(self.wholes(1)[0])

    def wholes(self, count: int) -> tuple[int, ...]:
        found: tuple[int, ...] = self._take("Q", count)
        return found

    def real(self) -> float:
        return float(self.reals(1)[0])

    def reals(self, count: int) -> tuple[float, ...]:
        found: tuple[float, ...] = self._take("d", count)
        return found

    def list(self) -> tuple[int, ...]:
        return self.wholes(self.whole())

    def rows(self) -> dict[str, Any]:
        count, dead, constant, duplicate = self.wholes(4)
        shown = self.list(), self.list()
        groups = tuple(self.list() for _ in range(self.whole()))
        top = tuple((self.whole(), self.real()) for _ in range(self.whole()))
        return {
            "count": count,
            "dead": dead,
            "constant": constant,
            "duplicate": duplicate,
            "dead_shown": shown[0],
            "constant_shown": shown[1],
            "groups": groups,
            "top": top,
            "median": self.real(),
        }

    def _take(self, letter: str, count: int) -> Any:
        found = struct.unpack_from(f"<{count}{letter}", self._raw, self._at)
        self._at += 8 * count
        return found


def _read(raw: bytes) -> dict[str, Any]:
    """The result as `result_dict` in native/src/module.cpp gives it."""
    words = _Reader(raw)
    names = ("nan", "positive_infinity", "negative_infinity", "zero", "subnormal")
    out: dict[str, Any] = dict(zip(names, words.wholes(5), strict=True))
    out["sums"] = words.reals(4)
    out["minimum"], out["maximum"] = words.reals(2)
    out["distinct"] = words.whole()
    out["narrow"], out["scales"] = words.wholes(2), words.wholes(2)
    out["quantiles"], out["bins"] = words.reals(_QUANTILES), words.wholes(_BINS)
    out["range"], out["lowest"] = words.reals(2), words.wholes(256)
    out["valued"] = bool(words.whole())
    out["rows"], out["columns"] = words.rows(), words.rows()
    out["windows"] = tuple(
        (words.whole(), words.whole(), words.reals(3), words.reals(3), words.reals(3)) for _ in range(words.whole())
    )
    codes = words.whole()
    out["codes"] = struct.pack(f"<{codes}H", *words.wholes(codes))
    out["counts"] = struct.pack(f"<{codes}Q", *words.wholes(codes))
    return out


def install(module: Module) -> None:
    """Have `assay.kernels` compute with this module from now on."""
    found = ModuleType("openassay_native", __doc__)
    found.__dict__["Summary"] = lambda *given: _Summary(module, *given)
    found.__dict__["level"] = lambda: "wasm"
    sys.modules["openassay_native"] = found
