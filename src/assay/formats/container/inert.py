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
        "gitmodules",
        "npmignore",
        "dockerignore",
        "editorconfig",
        "pyi",
        "proto",
        "fbs",
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
APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00"  # what macOS lays beside a file in an archive (RFC 1740, appendix B)
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
    "tif": (b"II*\x00", b"MM\x00*"),
    "tiff": (b"II*\x00", b"MM\x00*"),
    "wav": (b"RIFF",),
    "flac": (b"fLaC",),
    "ogg": (b"OggS",),
    "opus": (b"OggS",),
    "avi": (b"RIFF",),
    "webm": (b"\x1a\x45\xdf\xa3",),
    "mkv": (b"\x1a\x45\xdf\xa3",),
    "mov": (b"\x00\x00\x00",),
    "m4a": (b"\x00\x00\x00",),
    "avif": (b"\x00\x00\x00",),
    "otf": (b"OTTO",),
    "woff": (b"wOFF",),
    "mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3"),
    "ds_store": (b"\x00\x00\x00\x01Bud1",),
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
    if (extension in _TEXT or name in _TEXT_NAMES or name.lstrip(".") in _TEXT) and is_text(head):
        return "text"
    if name.startswith("._") and head.startswith(APPLE_DOUBLE):
        return "metadata of a file system"
    if any(head.startswith(mark) for mark in _BINARY.get(extension, ())):
        return "image or document"
    if extension == "svg" and is_text(head):
        return "image or document"
    return None


def is_text(head: bytes) -> bool:
    """Whether the beginning holds no byte that text files do not have, and no script's first line."""
    return not head.startswith(b"#!") and not head.translate(None, _PRINTABLE)


def is_utf8(head: bytes) -> bool:
    """Whether the beginning is a text in UTF-8; its last character may be cut off."""
    if not head or not is_text(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as broken:
        return broken.reason == "unexpected end of data" and broken.start > 0
    return True


_PRINTABLE = bytes((9, 10, 12, 13, 27, *range(32, 256)))
