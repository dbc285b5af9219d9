"""Numbers in, numbers out: summaries of weights, dequantisation, differences. Native where it is installed, else numpy.

Both give the same results; `name()` says which of them works here, and a dossier records it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from assay.kernels import types
from assay.lazy import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Summary(Protocol):
    """One streaming pass over a tensor: feed its bytes in any portions, then ask what was learnt."""

    def feed(self, bytes: Any, *digest: Any) -> None: ...

    def finish(self) -> dict[str, Any]: ...


class Parted(Summary, Protocol):
    """A summary where `sha256` gives a digest: `count` and `measure` do what `feed` does, in two threads if need be.

    Each of the two takes all bytes of the tensor.
    """

    def count(self, bytes: Any, digest: Digest | None) -> None: ...

    def measure(self, bytes: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Correlated:
    """Sums over a block of `rows` by `columns` values, for which independent ones of one scale have an expectation.

    `row_spread` and `column_spread` are the variance of mean squares of rows and of columns, over that of the block
    squared; `correlation` the sum of the squared correlations of each row with each other one, not centred; `largest`
    the greatest eigenvalue of the matrix of these correlations.
    """

    mean: float
    square: float
    row_spread: float
    column_spread: float
    correlation: float
    largest: float


class Digest(Protocol):
    """SHA-256 of bytes in their order, as hashlib has it."""

    def update(self, bytes: Any) -> None: ...

    def hexdigest(self) -> str: ...


def sha256() -> Digest | None:
    """One that a native Summary takes too, and updates while it counts; None where hashlib is as quick."""
    made = getattr(_native(), "sha256", None)
    return None if made is None else made()


def _tables(kind: types.Type) -> tuple[bytes, bytes]:
    """The value table of an 8-bit type, and the grid of an IQ type; empty for others."""
    if kind.number < types.GGML:
        return types.table(kind.name), b""
    from assay.kernels._grids import grid

    return b"", grid(kind.number - types.GGML)


@cache
def _native() -> Any:
    try:
        import openassay_native
    except ImportError:
        return None
    return openassay_native


def name() -> str:
    """The kernels at work: `native x86_64_v4`, `numpy`, or `none`."""
    if _native() is not None:
        return f"native {_native().level()}"
    try:
        import numpy  # noqa: F401 - whether it is there
    except ImportError:
        return "none"
    return "numpy"


def summary(kind: types.Type, count: int, columns: int) -> Summary:
    """A summary for a tensor of `count` values in rows of `columns` (0: no rows)."""
    tables = _tables(kind)
    if _native() is not None:
        found: Summary = _native().Summary(kind.number, count, columns, *tables)
        return found
    from assay.kernels.reference import Summary as Reference

    return Reference(kind.number, count, columns, *tables)


def widened(kind: types.Type, raw: Any) -> NDArray[np.float32]:
    """The values of whole blocks of `raw` as float32[values]; ValueError if they are no whole blocks."""
    import numpy as np

    view = np.frombuffer(raw, np.uint8)
    if not kind.valued or len(view) % kind.bytes:
        raise ValueError(f"{len(view):,} bytes are no whole values of {kind.name}")
    if _native() is None:
        from assay.kernels import reference

        return reference.widened(kind, view)
    values = np.empty(len(view) // kind.bytes * kind.elements, np.float32)
    _native().widen(kind.number, view, values, *_tables(kind))
    return values


def correlated(kind: types.Type, raw: Any, rows: int, columns: int, most: int) -> Correlated | None:
    """How the rows of a block depend on each other, over their first `most` columns; numbers are float64.

    `raw` holds whole rows as stored, and nothing beyond; `columns` and `most` are whole blocks of `kind`. None where a
    value is not finite or a row has no value but zero.

    Raises ValueError if `raw` is longer or shorter.
    """
    tables = _tables(kind)
    if (native := getattr(_native(), "correlated", None)) is not None:
        found = native(kind.number, raw, rows, columns, most, *tables)
    else:
        from assay.kernels._correlated import correlated as reference

        found = reference(widened(kind, raw).reshape(rows, columns)[:, :most])
    return None if found is None else Correlated(*found)


def difference(
    left: NDArray[np.float32], right: NDArray[np.float32], change: NDArray[np.float32] | None = None
) -> tuple[float, float, float, float, float, int]:
    """(dot, |left|^2, |right|^2, |right-left|^2, largest change, values changed) of two float32[n].

    `change`, if given, receives right - left. Sums are f32 over 4,096 values and f64 beyond.
    """
    if _native() is not None:
        found: tuple[float, float, float, float, float, int] = _native().difference(left, right, change)
        return found
    from assay.kernels import reference

    return reference.difference(left, right, change)
