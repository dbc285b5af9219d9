"""The members of a ZIP archive that is one document (EPUB, Office Open XML), of which so many bytes may be unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

from assay.corpus import _extra, unpacking

DAMAGED = (RuntimeError, EOFError, OSError, zlib.error, zipfile.BadZipFile)  # RuntimeError: encrypted
MOST_MEMBERS = 20_000
MOST_XML = 16 << 20  # bytes of a member with XML


class Zipped:
    """The members by name."""

    def __init__(self, raw: bytes, what: str) -> None:
        """`what` is the format, for messages (ValueError: it has too many members)."""
        self._zip = zipfile.ZipFile(io.BytesIO(raw))
        self._left = self._most = unpacking.most(len(raw))
        self.names = tuple(self._zip.namelist())
        if len(self.names) > MOST_MEMBERS:
            raise ValueError(f"{what} of more than {MOST_MEMBERS:,} files")

    def read(self, name: str) -> bytes:
        """A member (ValueError: it is not there, or too much was unpacked)."""
        try:
            with self._zip.open(name) as member:
                raw = member.read(max(0, self._left) + 1)
        except (KeyError, *DAMAGED) as cause:
            raise ValueError(f"{name[:80]} cannot be read ({' '.join(str(cause).split())[:80]})") from None
        self._left -= len(raw)
        if self._left < 0:
            raise ValueError(unpacking.bomb(self._most))
        return raw

    def xml(self, name: str, most: int = MOST_XML) -> Any:
        """The root of a member, without entities or a document type from elsewhere."""
        etree = _extra.lxml_etree()
        raw = self.read(name)
        if len(raw) > most:
            raise ValueError(f"{name[:80]} is larger than {most >> 20} MiB")
        return etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
