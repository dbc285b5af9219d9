"""PyTorch checkpoints since 1.6 (torch/serialization.py): a zip with `data.pkl` and one stored record per storage."""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import Format
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield a program for every pickle in the archive, then the weight index of `data.pkl`."""
    from assay.formats.torch.archive import checkpoint_facts

    yield from checkpoint_facts(artifact, window)


FORMAT = Format(
    "torch-zip",
    "PyTorch checkpoint",
    read,
    names=("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.model", "*.torchscript", "*.ptl"),
    magic=((0, b"PK\x03\x04"),),
    both=True,
    needs=("assay.formats.torch.archive", "assay.formats.container.every"),
)
