"""Pickles and PyTorch checkpoints by hand, without PyTorch: what they would run is written here and never run."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from math import prod

from assay.formats.torch_legacy import MAGIC

WIDTH = {"FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8}
Tensors = dict[str, tuple[str, tuple[int, ...]]]


def short(text: str) -> bytes:
    """A BINUNICODE operand."""
    raw = text.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def integer(value: int) -> bytes:
    """A BININT operand, or a LONG1 where that is too small."""
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    raw = value.to_bytes(9, "little", signed=True)
    return b"\x8a\x09" + raw


def calls(module: str, name: str, argument: str) -> bytes:
    """A protocol-2 pickle that would call module.name(argument)."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"(" + short(argument) + b"tR."


def _tensor(key: str, storage: str, shape: tuple[int, ...], location: str = "cpu") -> bytes:
    stride: list[int] = []
    step = 1
    for extent in reversed(shape):
        stride.insert(0, step)
        step *= extent
    pid = (
        b"("
        + short("storage")
        + f"ctorch\n{storage}\n".encode()
        + short(key)
        + short(location)
        + integer(prod(shape))
        + b"t"
    )
    sizes = b"(" + b"".join(map(integer, shape)) + b"t" + b"(" + b"".join(map(integer, stride)) + b"t"
    hooks = b"ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + pid + b"Q" + integer(0) + sizes + b"\x89" + hooks + b"tR"


def state_dict(tensors: Tensors, extra: bytes = b"") -> bytes:
    """The pickle of an OrderedDict of tensors; `extra` are opcodes that leave a key and a value on the stack."""
    items = b"".join(
        short(name) + _tensor(str(number), storage, shape)
        for number, (name, (storage, shape)) in enumerate(tensors.items())
    )
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + items + extra + b"u."


def torch_zip(
    tensors: Tensors, *, extra: bytes = b"", root: str = "archive", members: dict[str, bytes] | None = None
) -> bytes:
    """A checkpoint as torch.save writes it: stored members, zeros for weights; `members` adds or replaces some."""
    contents = {"data.pkl": state_dict(tensors, extra), "byteorder": b"little"}
    contents |= {
        f"data/{number}": bytes(prod(shape) * WIDTH[storage])
        for number, (storage, shape) in enumerate(tensors.values())
    }
    contents |= {"version": b"3\n", **(members or {})}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents.items():
            archive.writestr(f"{root}/{name}" if root else name, content)
    return buffer.getvalue()


def torch_legacy(tensors: Tensors, *, tail: bytes = b"") -> bytes:
    """A checkpoint of the form before PyTorch 1.6."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    keys = [str(number) for number in range(len(tensors))]
    body = b"".join(
        struct.pack("<q", prod(shape)) + bytes(prod(shape) * WIDTH[storage]) for storage, shape in tensors.values()
    )
    stream = MAGIC + pickle.dumps(1001, 2) + pickle.dumps(system, 2) + state_dict(tensors)
    return stream + pickle.dumps(keys, 2) + body + tail
