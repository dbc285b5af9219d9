"""Images, recordings, documents and plain data: they carry neither weights nor code, but something may be attached.

But for what macOS lays beside files, no name or magic leads here; a file is read so where it is inert by
`container.inert`, or no reader knows it.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded
from assay.facts.structure import Flaw, FlawKind
from assay.facts.text import TextMark, TextMarkKind
from assay.formats import HEAD, Format
from assay.formats.container.inert import APPLE_DOUBLE, is_utf8
from assay.formats.window import Window

ATTACHED = "attached"  # name of a flaw about what is attached
_TAIL = 64 * 1024
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b")  # bytes that no text begins with
_SEARCHED = 4 << 20  # bytes of a text in which credentials are looked for


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield a flaw where bytes follow the end of an image, a recording or a document, or a text ends as none."""
    from assay.formats.container.ending import attached
    from assay.formats.container.second import directory, superblock

    if directory(window) is not None:
        return  # told of every file
    if at := superblock(window):
        yield Flaw(artifact, FlawKind.DISGUISED, f"it is an HDF5 file as well, from byte {at:,}", at, "an HDF5 file")
        return
    found = attached(window)
    if found is not None and found.what is not None:
        said = f"{found.what} follows the end of the {found.host}, at byte {found.at:,}"
        yield Flaw(artifact, FlawKind.DISGUISED, said, found.at, ATTACHED)
    elif found is not None:
        said = f"{window.size - found.at:,} bytes follow the end of the {found.host}, from byte {found.at:,}"
        yield Flaw(artifact, FlawKind.HIDDEN, said, found.at)
    elif _a_text(window.rest(0, HEAD)):
        start = max(0, window.size - _TAIL)
        if (place := window.rest(start, _TAIL).find(b"\0")) >= 0:
            said = f"it begins as a text, and from byte {start + place:,} holds bytes that no text does"
            yield Flaw(artifact, FlawKind.HIDDEN, said, start + place)
        yield from _credentials(artifact, window)


def _a_text(head: bytes) -> bool:
    """Whether a file begins as a text: in UTF-8, or in words of another encoding; numbers may lack controls too."""
    return not _CONTROLS.intersection(head) and (is_utf8(head) or 20 * len(head.split()) > len(head))


def _credentials(artifact: str, window: Window) -> Iterator[TextMark]:
    """Credentials in the beginning of a table or another text: nobody says that the whole was looked at."""
    from assay.formats._marks import marks
    from assay.formats.container.nest import part

    try:
        for mark in marks(artifact, part(window, 0, min(window.size, _SEARCHED))):
            if mark.kind is TextMarkKind.SECRET:  # addresses are what tables of the web consist of
                yield mark
    except LimitExceeded:
        return  # as above: more beginnings of addresses than are tried


FORMAT = Format(
    "inert",
    "image, recording, document or data",
    read,
    names=("._*",),
    magic=((0, APPLE_DOUBLE),),
    both=True,
    needs=(
        "assay.formats.container.ending",
        "assay.formats.container.nest",
        "assay.formats.container.second",
        "assay.formats._base64",
        "assay.formats._marks",
        "assay.formats.pickle.follow",
    ),
    examines=(),
    gaps=(),
)
