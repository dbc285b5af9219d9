"""PyTorch checkpoints since 1.6 (torch/serialization.py): a zip with `data.pkl` and one stored record per storage."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats.window import Window
from assay.lazy import regex

# the first record of a checkpoint or of TorchScript; torch.export writes another layout with the same padding
_FIRST = regex(rb"[^/]+/(?:data\.pkl|data/\d+|constants/\d+|code/.+)\Z", re.DOTALL)
_LOCAL = struct.Struct("<26sHH")  # a local header up to the lengths of name and extra field (APPNOTE.TXT 4.3.7)


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield a program for every pickle in the archive, then the weight index of `data.pkl`.

    A shard of a distributed checkpoint (`*.distcp`) is many such archives, end to end.
    """
    from assay.formats.torch.archive import checkpoint_facts
    from assay.formats.torch.distributed import shard_facts

    yield from (shard_facts if artifact.lower().endswith(".distcp") else checkpoint_facts)(artifact, window)


def written_by_torch(head: bytes) -> bool:
    """Whether a zip begins as PyTorch writes it (caffe2/serialize/inline_container.cc).

    Records lie below one folder and are padded by an extra field called FB; other writers put `data.pkl` first.
    """
    if len(head) < _LOCAL.size or not head.startswith(b"PK\x03\x04"):
        return False
    _, name_size, extra_size = _LOCAL.unpack_from(head)
    name = head[_LOCAL.size : _LOCAL.size + name_size]
    extra = head[_LOCAL.size + name_size :][:extra_size]
    return _FIRST.match(name) is not None and (name.endswith(b"/data.pkl") or extra.startswith(b"FB"))


FORMAT = Format(
    "torch-zip",
    "PyTorch checkpoint",
    read,
    names=("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle", "*.model", "*.torchscript", "*.ptl"),
    magic=((0, b"PK\x03\x04"),),
    both=True,
    sniff=written_by_torch,
    needs=("assay.formats.torch.archive", "assay.formats.torch.distributed", "assay.formats.container.every"),
    examines=(
        Aspect.LAYOUT,
        Aspect.UNPACKING,
        Aspect.PICKLES,
        Aspect.CODE,
        Aspect.OPERATORS,
        Aspect.FILES,
        Aspect.TENSORS,
        Aspect.VALUES,
    ),
    gaps=(),
)
