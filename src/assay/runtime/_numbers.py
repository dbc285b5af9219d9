"""Choose the numbers that a network is run in, and where: those of the file on a GPU, 32-bit floats on a CPU.

A CPU multiplies 16-bit floats more slowly than 32-bit ones, so there they are used only where memory is short.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.lazy import dataclass
from assay.runtime import _memory
from assay.weights import Tensor, Weights
from assay.weights.packing import Packed

_STORED = {"BF16": "bfloat16", "F16": "float16"}  # types of files that are numbers of torch
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
MOST_PART = 1 << 24  # values of a tensor on their way at a time


@dataclass(frozen=True, slots=True)
class Numbers:
    """The type of a network's numbers (a name of torch) and its device (`cpu` or `cuda`)."""

    type: str
    device: str

    def dtype(self, torch: Any) -> Any:
        """The type as torch has it."""
        return getattr(torch, self.type)


def chosen(torch: Any, weights: Weights, taken: int = 0) -> Numbers:
    """The numbers for a model: the first choice that fits into the memory of the device, of which `taken` is in use.

    Raises UsageError where none does.
    """
    sizes = {name: math.prod(weights[name].shape) for name in weights}
    values, device = sum(sizes.values()), "cuda" if torch.cuda.is_available() else "cpu"
    stored = [
        _STORED[kind]
        for kind in _STORED
        if 2 * sum(size for name, size in sizes.items() if weights[name].dtype == kind) > values
    ]
    half = (*stored, "bfloat16")[0]
    wanted = (*stored, "float32", half) if device == "cuda" else ("float32", half)
    takes = {kind: values * BYTES[kind] for kind in wanted}
    return Numbers(_memory.fitting(torch, weights.name, device, takes, taken), device)


class Loader:
    """Puts tensors of files onto the device, a part at a time through one buffer."""

    def __init__(self, torch: Any, numbers: Numbers) -> None:
        self.numbers, self._torch = numbers, torch
        # a GPU copies from memory that stays in place without another copy in between
        self._buffer = torch.empty(2 * MOST_PART, dtype=torch.uint8, pin_memory=numbers.device == "cuda")

    def placed(self, values: NDArray[Any]) -> Any:
        """float32 values as a tensor of these numbers on the device."""
        found = self._torch.from_numpy(values.astype("float32", copy=False))
        return found.to(self.numbers.device, self.numbers.dtype(self._torch))

    def loaded(self, tensor: Tensor | Packed) -> Any:
        """A tensor of a file in these numbers on the device, with little of it in memory beside."""
        torch, shape = self._torch, tuple(tensor.shape)
        made = torch.empty(shape, dtype=self.numbers.dtype(torch), device=self.numbers.device)
        rows = made.view(-1, shape[-1] if shape else 1) if made.numel() else made[:0]
        step = max(1, MOST_PART // max(1, rows.shape[-1]))
        for start in range(0, rows.shape[0], step):
            stop = min(start + step, rows.shape[0])
            rows[start:stop].copy_(self._part(tensor, start, stop, rows.shape[1]))
        return made

    def _part(self, tensor: Tensor | Packed, start: int, stop: int, columns: int) -> Any:
        """Rows of a tensor: as they are stored where that is the type that is wanted, else by way of float32."""
        torch, size = self._torch, 2 * (stop - start) * columns
        if isinstance(tensor, Packed) or _STORED.get(tensor.dtype) != self.numbers.type or size > len(self._buffer):
            return torch.from_numpy(np.ascontiguousarray(tensor.read(start, stop)).reshape(stop - start, columns))
        part = self._buffer[:size]
        tensor.into(memoryview(part.numpy()), 2 * start * columns)
        return part.view(self.numbers.dtype(torch)).reshape(stop - start, columns)
