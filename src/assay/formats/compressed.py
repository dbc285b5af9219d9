"""One compressed file: gzip (RFC 1952), zlib (RFC 1950), bzip2, xz and lzma. What is inside is read as what it is."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Aspect, Contents, Flaw, FlawKind
from assay.formats import Format
from assay.formats.window import Window

_SUFFIXES = (".gz", ".gzip", ".bz2", ".xz", ".lzma", ".z", ".zlib")
_SHORT = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar"}


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what bears on loading in the file inside."""
    from assay.formats.container.compressed import streams
    from assay.formats.container.nest import contained, unpacked

    head = window.rest(0, 6)
    rest: list[int] = []

    def begin() -> Iterator[bytes]:
        return streams(window, head, rest)

    inner = unpacked(artifact, window, begin, window.size)
    if isinstance(inner, Flaw):
        yield inner
        return
    inner.packed = (0, window.size, "stream")
    if rest:
        yield Flaw(
            artifact,
            FlawKind.HIDDEN,
            f"{window.size - rest[0]:,} bytes follow the compressed data, from byte {rest[0]:,}",
            rest[0],
        )
    yield Contents(artifact, FORMAT.id, 1)
    yield from contained(artifact, _inside(artifact), inner)


def _inside(artifact: str) -> str:
    """The name of what is inside: without the suffix of the compression."""
    name = artifact.rpartition(" > ")[2].rpartition("/")[2]
    lower = name.lower()
    for short, long in _SHORT.items():
        if lower.endswith(short):
            return name[: -len(short)] + long
    suffix = next((suffix for suffix in _SUFFIXES if lower.endswith(suffix)), "")
    return name[: len(name) - len(suffix)] if suffix else name


# gzip, bzip2, xz, lzma, and the four levels of zlib
_BEGINNINGS = (
    *(b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"\x5d\x00\x00"),
    *(b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"),
)
FORMAT = Format(
    "compressed",
    "compressed file",
    read,
    names=("*.gz", "*.tgz", "*.bz2", "*.tbz2", "*.xz", "*.txz", "*.lzma", "*.zlib"),
    magic=tuple((0, beginning) for beginning in _BEGINNINGS),
    needs=("assay.formats.container.every",),
    examines=(Aspect.LAYOUT, Aspect.UNPACKING),
    gaps=(),
)
