"""Files that can carry neither weights nor code, recognised by name and content together."""

from __future__ import annotations

# texts that are data or leftovers of tools; those that people write are read (plain_text)
_TEXT = frozenset(
    {
        "csv",
        "tsv",
        "jsonl",
        "srt",
        "gitattributes",
        "gitignore",
        "sha256",
        "md5",
        "metadata",
        "tag",
        "asc",
        "sig",
        "sigstore",
        "lock",
    }
)
_TEXT_NAMES = frozenset({"readme", "code_of_conduct"})
# extension -> what its files begin with
_BINARY: dict[str, tuple[bytes, ...]] = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "webp": (b"RIFF",),
    "bmp": (b"BM",),
    "ico": (b"\x00\x00\x01\x00",),
    "pdf": (b"%PDF-",),
    "wav": (b"RIFF",),
    "mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3"),
    "mp4": (b"\x00\x00\x00",),
    "ttf": (b"\x00\x01\x00\x00",),
    "woff2": (b"wOF2",),
}


def inert(path: str, head: bytes) -> str | None:
    """What kind of inert file this is ("text", "image or document"), or None if it may carry weights or code."""
    name = path.rpartition("/")[2].lower()
    extension = name.rpartition(".")[2]
    if not head:
        return "empty"
    if (extension in _TEXT or name in _TEXT_NAMES or name.lstrip(".") in _TEXT) and _is_text(head):
        return "text"
    if any(head.startswith(mark) for mark in _BINARY.get(extension, ())):
        return "image or document"
    if extension == "svg" and _is_text(head):
        return "image or document"
    return None


def _is_text(head: bytes) -> bool:
    """Whether the beginning holds no byte that text files do not have, and no script's first line."""
    return (
        b"\0" not in head
        and not head.startswith(b"#!")
        and all(byte >= 32 or byte in (9, 10, 12, 13, 27) for byte in head)
    )


# formats that assay knows of and does not read: (first bytes or suffix, what it is)
_UNPACKED = "assay unpacks zip, tar, gzip, bzip2 and xz"
_ENGINE = "TensorRT engine, native code for one GPU"
_MAGICS = (
    (b"7z\xbc\xaf\x27\x1c", "7z archive; assay unpacks zip, tar, gzip, bzip2 and xz"),
    (b"Rar!", "rar archive; assay unpacks zip, tar, gzip, bzip2 and xz"),
    (b"\x28\xb5\x2f\xfd", "zstandard data; assay unpacks zip, tar, gzip, bzip2 and xz"),
    (b"\x04\x22\x4d\x18", "lz4 data; assay unpacks zip, tar, gzip, bzip2 and xz"),
    (b"ftrt", "TensorRT engine, native code for one GPU"),
    (b"ptrt", "TensorRT engine, native code for one GPU"),
    (b"RKNN", "RKNN model"),
    (b"PAR1", "Parquet data"),
    (b"ARROW1", "Arrow data"),
)
_SUFFIXES = {
    "engine": "TensorRT engine, native code for one GPU",
    "plan": "TensorRT engine, native code for one GPU",
    "mlmodel": "Core ML model",
    "mlpackage": "Core ML model",
    "pdmodel": "PaddlePaddle model",
    "pdiparams": "PaddlePaddle parameters",
    "rds": "R object",
    "rda": "R objects",
    "ubj": "XGBoost model (UBJSON)",
    "cbm": "CatBoost model",
    "pmml": "PMML model",
    "t7": "Torch7 model",
    "params": "MXNet parameters",
    "pb": "protocol buffer without a name that says of what",
    "tfrecord": "TensorFlow records",
}


def unread(path: str, head: bytes) -> str:
    """Why nothing in this file was examined, in one sentence."""
    begins = f"it begins with {head[:8].hex(' ')}"
    known = next((said for mark, said in _MAGICS if head.startswith(mark)), None) or _SUFFIXES.get(
        path.lower().rpartition(".")[2]
    )
    return f"not analysed: {known} ({begins})" if known else f"no reader knows this format ({begins})"
