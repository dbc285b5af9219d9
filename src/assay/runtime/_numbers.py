"""Choose the numbers that a network is run in, and where: those of the file on a GPU, 32-bit floats on a CPU.

A CPU multiplies 16-bit floats more slowly than 32-bit ones, so there they are used only where memory is short.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.errors import UsageError
from assay.runtime import _memory
from assay.weights import Weights

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

    def placed(self, torch: Any, values: NDArray[Any]) -> Any:
        """float32 values as a tensor of this type on this device."""
        return torch.from_numpy(values.astype("float32", copy=False)).to(self.device, self.dtype(torch))


def chosen(torch: Any, weights: Weights) -> Numbers:
    """The numbers for a model: the first choice that fits into the memory of the device.

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
    return Numbers(
        _memory.fitting(torch, weights.name, device, {kind: values * BYTES[kind] for kind in wanted}), device
    )


def loaded(torch: Any, weights: Weights, name: str, numbers: Numbers) -> Any:
    """A tensor of the file in these numbers, on its device, with little of it in memory beside."""
    tensor, shape = weights[name], tuple(weights[name].shape)
    made = torch.empty(shape, dtype=numbers.dtype(torch), device=numbers.device)
    rows = made.view(-1, shape[-1] if shape else 1)
    if not made.numel():
        return made
    step = max(1, MOST_PART // rows.shape[1])
    for start in range(0, rows.shape[0], step):
        stop = min(start + step, rows.shape[0])
        rows[start:stop].copy_(_part(torch, tensor, start, stop, numbers))
    return made


def _part(torch: Any, tensor: Any, start: int, stop: int, numbers: Numbers) -> Any:
    """Rows of a tensor: as they are stored where that is the type that is wanted, else by way of float32."""
    columns = tensor.shape[-1] if tensor.shape else 1
    if _STORED.get(tensor.dtype) != numbers.type:
        return torch.from_numpy(np.ascontiguousarray(tensor.read(start, stop)).reshape(stop - start, columns))
    raw = tensor.raw(2 * start * columns, 2 * (stop - start) * columns)
    if len(raw) != 2 * (stop - start) * columns:
        raise UsageError(f"{tensor.artifact}: the values of tensor {tensor.name!r} are not all in the file")
    return torch.frombuffer(raw, dtype=numbers.dtype(torch)).reshape(stop - start, columns)
