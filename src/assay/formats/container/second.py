"""What a file is besides what it was read as: a pickle under another name, an archive at the end of something else."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.errors import Malformed, Truncated
from assay.facts.structure import Aspect, Flaw, FlawKind
from assay.formats.pickle.opening import may_open
from assay.formats.window import Window

if TYPE_CHECKING:
    from assay.formats import Format

ATTACHED = frozenset({"zip", "attached"})  # names of the flaws that say that something attached is to be read as well
SUPERBLOCK = b"\x89HDF\r\n\x1a\n"  # with which HDF5 begins
_TAIL = 65_535 + 22
# formats that are zip archives, or that step through everything in them
_ZIPS = frozenset({"zip", "torch-zip", "keras", "skops", "tar", "compressed", "tflite", "attachment"})
# content by its first bytes, where a name claims something that never begins so
_CONTENT = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b\x08", "gzip data"),
    (b"\x7fELF", "native code"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a GGUF file"),
)
_TEXT_OR_DATA = frozenset(
    {
        "safetensors",
        "gguf",
        "onnx",
        "tflite",
        "executorch",
        "msgpack",
        "hdf5",
        "json",
        "model-config",
        "tokenizer",
        "tokenizer-config",
        "openvino",
        "yaml",
        "python",
        "model-card",
        "licence",
        "chat-template",
        "numpy",
        "shard-index",
        "generation-config",
        "special-tokens-map",
        "added-tokens",
        "adapter-config",
    }
)
_OWN = {"gguf": b"GGUF", "numpy": b"\x93NUMPY"}
# names that no writer of pickles or checkpoints uses, suffix or whole name -> the format that they claim
_CLAIMS = {
    **{"safetensors": "safetensors", "gguf": "gguf", "onnx": "onnx", "ort": "onnx", "tflite": "tflite"},
    **{"pte": "executorch", "msgpack": "msgpack", "json": "json"},
    **{"xml": "openvino", "yaml": "yaml", "yml": "yaml", "py": "python", "jinja": "chat-template"},
    **{"readme.md": "model-card", "license": "licence", "licence": "licence", "license.md": "licence"},
}
_CHECKPOINTS = {"pickle": "a pickle", "torch-zip": "a PyTorch checkpoint", "torch-legacy": "a PyTorch checkpoint"}


def second_nature(artifact: str, format: Format, window: Window) -> Iterator[object]:
    """Yield what else the file is; its pickle is followed, so that what it would do is told."""
    if (content := _CHECKPOINTS.get(format.id)) and (claim := _claim(artifact)) is not None:
        name = "pickle" if format.id == "pickle" else content
        yield Flaw(artifact, FlawKind.DISGUISED, f"its name says {claim}, its content is {content}", 0, name)
    if format.id in _TEXT_OR_DATA or _searched(format):
        yield from by_content(artifact, format.id, window)
    if format.id not in _ZIPS and (at := directory(window)) is not None:
        yield Flaw(
            artifact, FlawKind.DISGUISED, f"it is a zip archive as well, with a directory at byte {at:,}", at, "zip"
        )
    if _searched(format):  # last: a text may have more beginnings than are tried
        from assay.formats._base64 import pickles
        from assay.formats._marks import marks

        yield from pickles(artifact, window)
        yield from marks(artifact, window)


def needs(format: Format) -> tuple[str, ...]:
    """The modules that looking for it imports when called."""
    return (
        *(("assay.formats._base64", "assay.formats._marks") if _searched(format) else ()),
        *(("assay.formats.pickle.follow",) if format.id in _TEXT_OR_DATA or _searched(format) else ()),
    )


def _searched(format: Format) -> bool:
    """Whether it is text in which credentials and addresses are looked for: here, for every reader that says so."""
    return Aspect.MARKS in format.examines


def by_content(artifact: str, kind: str, window: Window) -> Iterator[object]:
    """Yield a flaw where the first bytes are another format's, and the program if the whole is a pickle.

    A pickle that its first bytes give away is read as one, whatever its name; here it is one that begins with a long
    text, so that only the whole of it shows what it is.
    """
    head = window.rest(0, 16)
    for mark, said in _CONTENT:
        if head.startswith(mark) and _OWN.get(kind) != mark and kind != "native-code":
            yield Flaw(artifact, FlawKind.DISGUISED, f"its name says {kind}, its content is {said}", 0, said)
    if not may_open(window):
        return
    from assay.formats.pickle.follow import alone, follow

    try:
        found = follow(window, artifact, "", 0, window.size)
    except (Malformed, Truncated):
        return
    if kind in _TEXT_OR_DATA:
        yield Flaw(artifact, FlawKind.DISGUISED, f"its name says {kind}, its content is a pickle", 0, "pickle")
    yield from alone(found)


def _claim(artifact: str) -> str | None:
    name = artifact.rpartition(" > ")[2].rpartition("/")[2].lower()
    return _CLAIMS.get(name) or _CLAIMS.get(name.rpartition(".")[2])


def directory(window: Window) -> int | None:
    """Where the directory of a zip archive begins that ends this file, or None."""
    start = max(0, window.size - _TAIL)
    tail = window.rest(start, _TAIL)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < 22:
        return None
    count, size, _ = struct.unpack_from("<HLL", tail, place + 10)
    at = start + place - size
    return at if count and at >= 0 and window.rest(at, 4) == b"PK\x01\x02" else None


def superblock(window: Window) -> int | None:
    """Where HDF5 begins: with the file, or behind a block for the user of 512 bytes, of 1,024, and so on; or None.

    Source: HDF5 File Format Specification 3.0, II.A.
    """
    at = 0
    while at + len(SUPERBLOCK) <= window.size:
        if window.read(at, len(SUPERBLOCK)) == SUPERBLOCK:
            return at
        at = at * 2 or 512
    return None
