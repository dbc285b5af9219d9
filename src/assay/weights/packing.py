"""Which stored tensors together are one packed matrix, by their names, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from assay.errors import InputError
from assay.lazy import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Stored(Protocol):
    """What a packed matrix needs of a tensor as stored."""

    @property
    def name(self) -> str: ...

    @property
    def dtype(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def artifact(self) -> str: ...

    def array(self) -> NDArray[Any]: ...

    def raw(self, start: int = 0, size: int | None = None) -> bytearray: ...


@dataclass(frozen=True)
class Packed:
    """A matrix that several stored tensors hold together. It is unpacked whole: `read` costs the matrix as float32."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    artifact: str
    parts: tuple[str, ...]
    _unpack: Callable[[], NDArray[np.float32]]

    @property
    def rows(self) -> int:
        """Rows of the matrix."""
        return self.shape[0]

    @property
    def columns(self) -> int:
        """Values in one row."""
        return self.shape[-1]

    def read(self, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Rows `start` to `stop` as float32[rows, columns]; InputError if the parts do not fit together."""
        try:
            return self._unpack()[start:stop]
        except (ValueError, IndexError) as cause:
            raise InputError(f"{self.artifact}: the parts of {self.name!r} do not fit together ({cause})") from None

    def chunks(self, values: int = 1 << 22) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(first row, float32[rows, columns]) over the whole matrix."""
        whole = self.read()
        step = max(1, values // max(1, self.columns))
        for start in range(0, len(whole), step):
            yield start, whole[start : start + step]

    def array(self) -> NDArray[np.float32]:
        """The whole matrix."""
        return self.read()


def packed_tensors(stored: Mapping[str, Any]) -> dict[str, Any]:
    """`stored` with the parts of each packed matrix replaced by the matrix."""
    out: dict[str, Any] = dict(stored)
    for name in list(stored):
        found = _packed(name, stored)
        if found is not None:
            for part in found.parts:
                out.pop(part, None)
            out[found.name] = found
    return out


def _packed(name: str, stored: Mapping[str, Stored]) -> Packed | None:
    stem, _, last = name.rpartition(".")
    if last == "qweight" and f"{stem}.scales" in stored and f"{stem}.qzeros" in stored:
        return _integers(stem, stored)
    if last == "weight" and f"{name}.absmax" in stored:
        return _bitsandbytes4(name, stored)
    if last == "weight" and f"{stem}.SCB" in stored and stored[name].dtype == "I8":
        return _bitsandbytes8(name, f"{stem}.SCB", stored)
    if name.endswith("_blocks") and f"{name[:-7]}_scales" in stored and stored[name].dtype == "U8":
        return _mxfp4(name[:-7], stored)
    if (
        last == "weight"
        and f"{stem}.weight_scale_2" in stored
        and f"{stem}.weight_scale" in stored
        and stored[name].dtype == "U8"
    ):
        return _nvfp4(stem, stored)
    return None


def _integers(stem: str, stored: Mapping[str, Stored]) -> Packed | None:
    """GPTQ packs along the inputs, AWQ along the outputs: the shapes say which."""
    from assay.kernels import packed

    q, scales, zeros = (stored[f"{stem}.{part}"] for part in ("qweight", "scales", "qzeros"))
    group = stored.get(f"{stem}.g_idx")
    if len(q.shape) != 2 or len(scales.shape) != 2 or q.dtype != "I32":
        return None
    outputs = scales.shape[1]
    parts = tuple(f"{stem}.{part}" for part in ("qweight", "scales", "qzeros", *(("g_idx",) if group else ())))
    if q.shape[1] == outputs:
        per_word = outputs // zeros.shape[1] if len(zeros.shape) == 2 and zeros.shape[1] else 0
        if per_word not in (4, 8, 16):
            return None
        bits, shape = 32 // per_word, (outputs, q.shape[0] * per_word)

        def gptq() -> NDArray[np.float32]:
            groups = group.array() if group else None
            return packed.gptq(q.array(), scales.array(), zeros.array(), groups, bits)

        return Packed(f"{stem}.weight", f"GPTQ {bits}-bit", shape, q.artifact, parts, gptq)
    if q.shape[1] * 8 == outputs:

        def awq() -> NDArray[np.float32]:
            return packed.awq(q.array(), scales.array(), zeros.array())

        return Packed(f"{stem}.weight", "AWQ 4-bit", (outputs, q.shape[0]), q.artifact, parts, awq)
    return None


def _bitsandbytes4(name: str, stored: Mapping[str, Stored]) -> Packed | None:
    from assay.kernels import packed

    state = next((row for row in stored if row.startswith(f"{name}.quant_state.bitsandbytes__")), None)
    code = stored.get(f"{name}.quant_map")
    if state is None or code is None or len(stored[state].raw(0, 65_536)) >= 65_536:
        return None
    try:
        told = json.loads(stored[state].raw())
        shape, block = tuple(int(n) for n in told["shape"]), int(told["blocksize"])
        offset, inner = float(told.get("nested_offset", 0.0)), int(told.get("nested_blocksize", 256))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    nested = f"{name}.nested_absmax" in stored
    if len(shape) != 2 or block <= 0 or inner <= 0 or min(shape) < 0:
        return None
    parts = [name, f"{name}.absmax", f"{name}.quant_map", state]
    parts += [f"{name}.nested_absmax", f"{name}.nested_quant_map"] if nested else []

    def unpack() -> NDArray[np.float32]:
        most = stored[f"{name}.absmax"].array()
        if nested:
            most = packed.nested_absmax(
                most, stored[f"{name}.nested_absmax"].array(), stored[f"{name}.nested_quant_map"].array(), offset, inner
            )
        return packed.bitsandbytes4(stored[name].array(), most, code.array(), (shape[0], shape[1]), block)

    return Packed(name, f"bitsandbytes {state.rpartition('__')[2]}", shape, stored[name].artifact, tuple(parts), unpack)


def _bitsandbytes8(name: str, scale: str, stored: Mapping[str, Stored]) -> Packed | None:
    from assay.kernels import packed

    weight = stored[name]
    if len(weight.shape) != 2:
        return None

    def unpack() -> NDArray[np.float32]:
        return packed.bitsandbytes8(weight.array(), stored[scale].array())

    return Packed(name, "bitsandbytes 8-bit", weight.shape, weight.artifact, (name, scale), unpack)


def _mxfp4(stem: str, stored: Mapping[str, Stored]) -> Packed | None:
    from assay.kernels import packed

    blocks, scales = stored[f"{stem}_blocks"], stored[f"{stem}_scales"]
    if len(blocks.shape) < 3 or blocks.shape[-1] != 16 or blocks.shape[:-1] != scales.shape:
        return None
    rows = 1
    for extent in blocks.shape[:-2]:
        rows *= extent

    def unpack() -> NDArray[np.float32]:
        return packed.mxfp4(blocks.array(), scales.array())

    return Packed(stem, "MXFP4", (rows, blocks.shape[-2] * 32), blocks.artifact, (blocks.name, scales.name), unpack)


def _nvfp4(stem: str, stored: Mapping[str, Stored]) -> Packed | None:
    from assay.kernels import packed

    weight, scale, whole = (stored[f"{stem}.{part}"] for part in ("weight", "weight_scale", "weight_scale_2"))
    if len(weight.shape) != 2 or scale.shape != (weight.shape[0], weight.shape[1] // 8):
        return None
    shape, parts = (weight.shape[0], weight.shape[1] * 2), (weight.name, scale.name, whole.name)

    def unpack() -> NDArray[np.float32]:
        return packed.nvfp4(weight.array(), scale.array(), float(whole.array().reshape(-1)[0]))

    return Packed(weight.name, "NVFP4", shape, weight.artifact, parts, unpack)
