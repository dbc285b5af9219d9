"""Where an image, a recording or a document ends by its own format, and what is attached behind that.

Sources: PNG (W3C, section 5), JPEG (ITU T.81, B.1), GIF89a, RIFF (Multimedia Programming Interface 1.0), BMP
(BITMAPFILEHEADER), ISO 14496-12 boxes, ISO 32000 7.5.5 (PDF), OpenType table directory, WOFF 2.0 header.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.formats.window import Window
from assay.lazy import dataclass

_STEP = 1 << 20
MAX_PARTS = 1_000_000  # chunks, blocks or boxes of one file
MAX_BLANK = 64 * 1024  # bytes of padding that are looked at
# what begins so is an archive, a pickle or code, not an odd remainder
MARKS = (
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a rar archive"),
    (0, b"\x1f\x8b\x08", "gzip data"),
    (0, b"BZh", "bzip2 data"),
    (0, b"\xfd7zXZ\x00", "xz data"),
    (0, b"\x28\xb5\x2f\xfd", "zstandard data"),
    (257, b"ustar", "a tar archive"),
    *((0, bytes((0x80, protocol)), "a pickle") for protocol in range(2, 6)),
    (0, b"\x7fELF", "native code (ELF)"),
    (0, b"MZ", "native code (Windows)"),
    (0, b"\xcf\xfa\xed\xfe", "native code (macOS)"),
    (0, b"\xca\xfe\xba\xbe", "native code or Java byte code"),
    (0, b"#!", "a script"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (0, b"GGUF", "a GGUF file"),
)


@dataclass(frozen=True, slots=True)
class Attached:
    """What stands behind the end of a file: the file's kind, the offset, and what it is if its beginning says so."""

    host: str
    at: int
    what: str | None


def attached(window: Window) -> Attached | None:
    """What is attached to an image, a recording or a document; None if nothing but padding is, or no end is known."""
    head = window.rest(0, 16)
    for mark, host, end in _KINDS:
        if head.startswith(mark):
            try:
                at = end(window)
            except (Malformed, Truncated, struct.error):
                return None  # cut off or otherwise broken: it has no end to attach anything to
            if at is None or at >= window.size:
                return None
            at = _padded(window, at)
            rest = window.rest(at, 300)
            if not rest or (host == "JPEG image" and rest.startswith(b"\xff\xd8\xff")):  # several pictures in one
                return None
            what = next((said for offset, mark, said in MARKS if rest.startswith(mark, offset)), None)
            return Attached(host, at, what)
    return None


def _padded(window: Window, at: int) -> int:
    """The offset after zeros and white space."""
    raw = window.rest(at, MAX_BLANK)
    return at + len(raw) - len(raw.lstrip(b"\0 \t\r\n"))


def _parts(window: Window) -> Iterator[None]:
    yield from (None for _ in range(MAX_PARTS))
    raise LimitExceeded("file of more parts than assay walks", expected=f"at most {MAX_PARTS:,}", got="more")


def _png(window: Window) -> int | None:
    at = 8
    for _ in _parts(window):
        size, kind = struct.unpack(">I4s", window.read(at, 8))
        at += 12 + int(size)
        if kind == b"IEND":
            return at
    return None


def _jpeg(window: Window) -> int | None:
    at = 2
    for _ in _parts(window):
        if window.read(at, 1) != b"\xff":
            return None
        marker = window.read(at + 1, 1)[0]
        if marker == 0xD9:
            return at + 2
        if marker == 0xFF or 0xD0 <= marker <= 0xD7 or marker == 0x01:
            at += 1 if marker == 0xFF else 2
            continue
        (size,) = struct.unpack(">H", window.read(at + 2, 2))
        at += 2 + size
        if marker == 0xDA:
            at = _marker(window, at)
    return None


def _marker(window: Window, at: int) -> int:
    """The offset of the next marker after entropy-coded data."""
    while True:
        raw = window.read(at, min(_STEP, window.size - at))
        place = raw.find(b"\xff")
        while place >= 0 and place + 1 < len(raw):
            if raw[place + 1] not in (0, *range(0xD0, 0xD8)):
                return at + place
            place = raw.find(b"\xff", place + 2)
        if len(raw) < 2:
            return window.size
        at += len(raw) - 1


def _gif(window: Window) -> int | None:
    packed = window.read(10, 1)[0]
    at = 13 + (3 << ((packed & 7) + 1) if packed & 0x80 else 0)
    for _ in _parts(window):
        kind = window.read(at, 1)[0]
        if kind == 0x3B:
            return at + 1
        if kind == 0x21:
            at += 2
        elif kind == 0x2C:
            packed = window.read(at + 9, 1)[0]
            at += 11 + (3 << ((packed & 7) + 1) if packed & 0x80 else 0)
        else:
            return None
        for _ in _parts(window):
            size = window.read(at, 1)[0]
            at += 1 + size
            if not size:
                break
    return None


def _riff(window: Window) -> int | None:
    (size,) = struct.unpack("<I", window.read(4, 4))
    return 8 + size + size % 2 if 4 <= size < 0xFFFFFFFF else None


def _bmp(window: Window) -> int | None:
    size, reserved, pixels, header = struct.unpack("<IIII", window.read(2, 16))
    return size if not reserved and header in _BMP_HEADERS and 14 + header <= pixels <= size else None


def _boxes(window: Window) -> int | None:
    at = 0
    for _ in _parts(window):
        if at >= window.size:
            return None
        size, kind = struct.unpack(">I4s", window.read(at, 8))
        if at == 0 and kind not in _FIRST_BOXES:
            return None  # three zeros begin many a file of numbers, too
        if not all(32 <= byte < 127 or byte == 0xA9 for byte in kind):
            return at
        if size == 1:
            (size,) = struct.unpack(">Q", window.read(at + 8, 8))
        if size < 8:
            return None
        at += size
    return None


def _pdf(window: Window) -> int | None:
    """After the last `%%EOF`: a PDF may be updated by appending to it."""
    mark, found = b"%%EOF", None
    for at in range(0, window.size, _STEP):
        place = window.rest(at, _STEP + len(mark) - 1).rfind(mark)
        if place >= 0:
            found = at + place + len(mark)
    return found


def _font(window: Window) -> int | None:
    (count,) = struct.unpack(">H", window.read(4, 2))
    rows = [struct.unpack(">4s3I", window.read(12 + 16 * number, 16)) for number in range(count)]
    if not all(32 <= byte < 127 for row in rows for byte in row[0]):
        return None  # no tags: numbers that begin as a font does
    end = max((int(row[2]) + int(row[3]) for row in rows), default=0)
    return end + -end % 4 or None


def _woff2(window: Window) -> int | None:
    return int(struct.unpack(">I", window.read(8, 4))[0])


_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})  # sizes of the header that follows, by version
# with which files of boxes begin: ISO 14496-12, 15444-1 (JPEG 2000), 18181-2 (JPEG XL), and QuickTime before them
_FIRST_BOXES = frozenset(
    {b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"sidx", b"uuid", b"jP  ", b"JXL "}
)
_KINDS: tuple[tuple[bytes, str, Callable[[Window], int | None]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG image", _png),
    (b"\xff\xd8\xff", "JPEG image", _jpeg),
    (b"GIF87a", "GIF image", _gif),
    (b"GIF89a", "GIF image", _gif),
    (b"RIFF", "RIFF file", _riff),
    (b"BM", "BMP image", _bmp),
    (b"%PDF-", "PDF document", _pdf),
    (b"\0\0\0", "MP4 file", _boxes),
    (b"\0\x01\0\0", "font", _font),
    (b"OTTO", "font", _font),
    (b"wOF2", "font", _woff2),
)
