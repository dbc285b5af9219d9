"""The global heap of an HDF5 file: values that vary in length (HDF5 File Format Specification 3.0, III.E)."""

from __future__ import annotations

import struct

from assay.errors import LimitExceeded, Malformed
from assay.formats.window import Window

MAX_OBJECTS = 2_000_000  # of all collections
MAX_TEXT = 32 * 1024 * 1024  # bytes of one that is read
REFERENCE = struct.Struct("<IQI")  # length of the value, address of its collection, its number there
_WHOLE = struct.Struct("<Q")


class Heaps:
    """The collections of one file, each walked once."""

    def __init__(self, window: Window) -> None:
        """Nothing is read yet."""
        self._window, self._left = window, MAX_OBJECTS
        self._known: dict[int, dict[int, tuple[int, int]]] = {}

    def text(self, at: int) -> bytes:
        """The value to which the reference at a place leads, as far as a text is read."""
        length, address, number = self._window.unpack(REFERENCE, at)
        return self.held(address, number, at)[:length]

    def held(self, address: int, number: int, at: int) -> bytes:
        """Object `number` of the collection at `address`, as far as a text is read; `at` is where it is named."""
        place, size = self.place(address, number, at)
        return self._window.read(place, min(size, MAX_TEXT))

    def place(self, address: int, number: int, at: int) -> tuple[int, int]:
        """Where that object lies, and its bytes.

        Raises Malformed or Truncated where there is none, LimitExceeded where collections hold more than is walked.
        """
        if address not in self._known:
            self._known[address] = self._walked(address, at)
        if number not in self._known[address]:
            raise Malformed("HDF5 reference to what is not in its global heap", at=at)
        return self._known[address][number]

    def _walked(self, address: int, at: int) -> dict[int, tuple[int, int]]:
        """Where each object of a collection lies, and its bytes, by its number."""
        window = self._window
        if window.read(address, 4) != b"GCOL":
            raise Malformed("HDF5 reference without its global heap", at=at)
        (size,) = window.unpack(_WHOLE, address + 8)
        place, stop = address + 16, min(address + size, window.size)
        found: dict[int, tuple[int, int]] = {}
        while place + 16 <= stop:
            self._left -= 1
            if self._left < 0:
                raise LimitExceeded("HDF5 file with more in its global heap than assay follows", at=place)
            index = window.unpack(struct.Struct("<H"), place)[0]
            (held,) = window.unpack(_WHOLE, place + 8)
            if held > stop - place or index == 0:
                break
            found.setdefault(index, (place + 16, held))
            place += 16 + -(-held // 8) * 8
        return found
