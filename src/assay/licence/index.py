"""The licence texts that assay knows, as hashes of runs of five words: enough to recognise a text, too little to hold
it.

`licences.bin` is built by `python -m benchmarks.licence_index` from pinned sources. Little-endian: 8 bytes of magic, 4
bytes with the length of a JSON table, the table (for each licence: id, number of hashes, words at the head and at the
tail that may be missing, and pairs of begin and end of other words that may be: headings, and the names and dates of
what is licensed), then for each licence the CRC-32 of every run of five words, in order.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from pathlib import Path

from assay.lazy import dataclass

RUN = 5
MAGIC = b"ASYLIC2\n"


@dataclass(frozen=True, slots=True)
class Known:
    """One licence: its id, the hashes of its runs in order, how many words may be missing at either end, and the
    stretches of others that may.
    """

    id: str
    hashes: array[int]
    head: int
    tail: int
    optional: tuple[tuple[int, int], ...] = ()

    @property
    def words(self) -> int:
        """How many words the text has."""
        return len(self.hashes) + RUN - 1

    def may_miss(self, start: int, stop: int) -> bool:
        """Whether the words from `start` to `stop` need not be there."""
        at = max(start, self.head)
        end = min(stop, self.words - self.tail)
        for first, last in self.optional:
            if first <= at < last:
                at = last
        return at >= end


def hashes(found: list[str]) -> array[int]:
    """The CRC-32 of each run of five words; none for a text of fewer."""
    raw = [word.encode() for word in found]
    return array("I", (zlib.crc32(b" ".join(raw[at : at + RUN])) for at in range(len(raw) - RUN + 1)))


def packed(rows: list[Known]) -> bytes:
    """The file for these licences."""
    table = json.dumps(
        [[row.id, len(row.hashes), row.head, row.tail, [at for pair in row.optional for at in pair]] for row in rows],
        separators=(",", ":"),
    ).encode()
    return MAGIC + len(table).to_bytes(4, "little") + table + b"".join(_little(row.hashes).tobytes() for row in rows)


def unpacked(raw: bytes) -> tuple[Known, ...]:
    """The licences in a file; it is assay's own, so that a wrong one is a bug and raises ValueError."""
    if raw[:8] != MAGIC:
        raise ValueError("licences.bin is not what this version reads")
    start = 12 + int.from_bytes(raw[8:12], "little")
    rows = []
    for id, count, head, tail, ends in json.loads(raw[12:start]):
        run = array("I")
        run.frombytes(raw[start : start + 4 * count])
        rows.append(Known(id, _little(run), head, tail, tuple(zip(ends[::2], ends[1::2], strict=True))))
        start += 4 * count
    if start != len(raw):
        raise ValueError("licences.bin is cut")
    return tuple(rows)


def _little(run: array[int]) -> array[int]:
    if sys.byteorder == "big":
        run = run[:]
        run.byteswap()
    return run


# read when this module is imported: the worker opens no file once it has locked itself down
KNOWN = unpacked(Path(__file__).with_name("licences.bin").read_bytes())
