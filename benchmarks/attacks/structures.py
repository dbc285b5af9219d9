"""Inputs that cost by how they are built: structures that are wide, deep, shared or circular, and lists without end."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.builders.hdf5 import NOWHERE, chunked, dataset_file, float32, message, packed, space
from tests.hostile.graphs import flat, table

from benchmarks.attacks.protobuf import field, number

Made = Callable[[Path], object]
_ROOT = 48  # where the root group of an HDF5 file begins here


def file(name: str, make: Callable[[], bytes]) -> Made:
    """A file of this name with what `make` gives."""
    return lambda folder: (folder / name).write_bytes(make())


def _hdf5(whole: bytes) -> bytes:
    """A file whose root group lies at its beginning."""
    top = struct.pack("<4Q", 0, NOWHERE, _ROOT + len(whole), _ROOT)
    return b"\x89HDF\r\n\x1a\n" + bytes([2, 8, 8, 0]) + top + bytes(4) + whole


def _group(*links: bytes) -> bytes:
    body = b"".join(links)
    return b"OHDR" + bytes([2, 2]) + struct.pack("<I", len(body)) + body + bytes(4)


def _to(name: bytes, address: int) -> bytes:
    """A hard link."""
    return message(0x06, bytes([1, 0, len(name)]) + name + struct.pack("<Q", address))


def _soft(name: bytes, path: bytes) -> bytes:
    return message(0x06, bytes([1, 8, 1, len(name)]) + name + struct.pack("<H", len(path)) + path)


def _external(name: bytes, file: bytes) -> bytes:
    value = b"\0" + file + b"\0/w\0"
    return message(0x06, bytes([1, 8, 64, len(name)]) + name + struct.pack("<H", len(value)) + value)


def _chain(depth: int) -> bytes:
    """Groups, each in the one before."""
    size = len(_group(_to(b"g", 0)))
    return _hdf5(b"".join(_group(_to(b"g", _ROOT + size * place)) for place in range(1, depth)) + _group())


def _bush(depth: int) -> bytes:
    """Groups of two links to the next group each: as many paths as 2 to the power of the depth."""
    size = len(_group(_to(b"a", 0), _to(b"b", 0)))
    rows = (_group(*(_to(name, _ROOT + size * place) for name in (b"a", b"b"))) for place in range(1, depth))
    return _hdf5(b"".join(rows) + _group())


def _old_group() -> bytes:
    """A group of the old kind whose index has 60,000 children, each of them the index itself."""
    root = _group(message(0x11, struct.pack("<2Q", _ROOT + 30, NOWHERE)))
    children = struct.pack("<2Q", 0, _ROOT + len(root)) * 60_000
    root = _group(message(0x11, struct.pack("<2Q", _ROOT + len(root), _ROOT + len(root))))
    return _hdf5(root + b"TREE" + struct.pack("<2BH2Q", 0, 1, 60_000, NOWHERE, NOWHERE) + children + bytes(8))


def _filters() -> bytes:
    """A dataset of 2^40 bytes in one chunk, packed 200 times over."""
    return dataset_file(space(1 << 38), float32(), chunked(1 << 31, 4), packed(*[1] * 30))


def _lite(count: int) -> bytes:
    """A TensorFlow Lite graph that lists one tensor so many times."""
    tensor = table({0: ("v", [4]), 2: ("i", 0), 3: ("s", "w")})
    first = 4 * count + 4 + struct.unpack_from("<H", tensor)[0]
    graph = table({0: ("v", range(first, 4, -4)[:count]), 4: ("b", tensor)})
    return flat(table({0: ("i", 3), 1: ("t", []), 2: ("t", [graph]), 4: ("t", [])}), b"TFL3")


def _nested_onnx(depth: int) -> bytes:
    """A graph in an attribute of a node of a graph, and so on: built from the inside, each with its length."""
    sizes, heads = 0, []
    for _ in range(depth):
        parts = b""
        for key in (6, 5, 1):  # AttributeProto.g, NodeProto.attribute, GraphProto.node
            head = field(key, b"")[:-1] + _length(sizes + len(parts))
            parts = head + parts
        heads.append(parts)
        sizes += len(parts)
    return number(1, 8) + field(7, b"".join(reversed(heads)))


def _length(value: int) -> bytes:
    return number(0, value)[1:]


def _inner(count: int) -> bytes:
    """A GGUF file with an array of so many arrays."""
    key = b"tokenizer.ggml.tokens"
    return (
        b"GGUF"
        + struct.pack("<IQQ", 3, 0, 1)
        + struct.pack("<Q", len(key))
        + key
        + struct.pack("<IIQ", 9, 9, count)
        + struct.pack("<IQB", 7, 1, 1) * count
    )


def _records(folder: Path) -> None:
    """A checkpoint of torch with a million records, as a zip of a million members."""
    with open(folder / "pytorch_model.bin", "wb") as file:
        names = [b"archive/data.pkl", *(b"archive/data/%d" % place for place in range(999_999))]
        raw, at, directory = b"\x80\x02N.", 0, []
        sums = struct.pack("<3L", zlib.crc32(raw), len(raw), len(raw))
        for name in names:
            plain = struct.pack("<5H", 20, 0, 0, 0, 0) + sums + struct.pack("<2H", len(name), 0)
            file.write(b"PK\3\4" + plain + name + raw)
            directory.append(b"PK\1\2\x14\0" + plain + struct.pack("<3H2L", 0, 0, 0, 0, at) + name)
            at += 30 + len(name) + len(raw)
        whole = b"".join(directory)
        file.write(whole + struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, *[1_000_000] * 2, len(whole), at))
        file.write(struct.pack("<4sLQL", b"PK\6\7", 0, at + len(whole), 1))
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))


def _keras(count: int) -> bytes:
    layer = '{"module":"keras.layers","class_name":"Dense","config":{"name":"d","units":1}}'
    config = f'{{"class_name":"Sequential","config":{{"layers":[{",".join([layer] * count)}]}}}}'
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", '{"keras_version":"3.0.0"}')
    return held.getvalue()


def nested(name: str, depth: int) -> bytes:
    """An archive in an archive and so on, each under this name; a pickle in the innermost."""
    raw = b"\x80\x02N."
    for _ in range(depth):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr(name, raw)
        raw = held.getvalue()
    return raw


def _shards(count: int) -> bytes:
    rows = ",".join(f'"t{place}":"model-{place % 1000}.safetensors"' for place in range(count))
    return f'{{"metadata":{{}},"weight_map":{{{rows}}}}}'.encode()


def _sparse(folder: Path) -> None:
    size = 1 << 40
    head = json.dumps({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head)
    os.truncate(folder / "model.safetensors", 8 + len(head) + size)


def _folders(folder: Path) -> None:
    for place in range(20_000):
        (folder / f"{place}").mkdir()
    deep = folder / "/".join(["d"] * 900)
    deep.mkdir(parents=True)
    (deep / "a.pkl").write_bytes(b"\x80\x02N.")


STRUCTURES: dict[str, Made] = {
    "HDF5 of groups that hold themselves": file("m.h5", lambda: _hdf5(_group(_to(b"a", _ROOT), _to(b"b", _ROOT)))),
    "HDF5 of 200,000 groups, each in another": file("m.h5", lambda: _chain(200_000)),
    "HDF5 of 2^60 paths": file("m.h5", lambda: _bush(60)),
    "HDF5 of an index that holds itself": file("m.h5", _old_group),
    "HDF5 of soft and external links in a circle": file(
        "m.h5", lambda: _hdf5(_group(_soft(b"a", b"/b"), _soft(b"b", b"/a"), _external(b"c", b"m.h5")))
    ),
    "HDF5 of 2^40 bytes, packed 30 times over": file("m.h5", _filters),
    "safetensors of 1 TiB that was never written": _sparse,
    "index of 1,000,000 tensors in shards": file("model.safetensors.index.json", lambda: _shards(1_000_000)),
    "torch checkpoint of 1,000,000 records": _records,
    "Keras model of 1,000,000 layers": file("model.keras", lambda: _keras(1_000_000)),
    "npz nested 200 deep": file("a.npz", lambda: nested("inner.npz", 200)),
    "GGUF array of 1,000,000 arrays": file("m.gguf", lambda: _inner(1_000_000)),
    "ONNX of graphs nested 100,000 deep": file("model.onnx", lambda: _nested_onnx(100_000)),
    "TensorFlow Lite with a tensor listed 2,000,000 times": file("model.tflite", lambda: _lite(2_000_000)),
    "gzip of 16 GiB of zeros": file("model.pkl.gz", lambda: gzip.compress(bytes(64 << 20)) * 256),
    "20,000 folders, and 900 in one another": _folders,
}
