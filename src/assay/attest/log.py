"""A log of audits that only grows: each entry holds the hash of the one before, and all are leaves of a Merkle tree.

Sources: RFC 9162, section 2.1 (hashes of leaves and nodes, inclusion and consistency proofs, and how to check them);
C2SP tlog-checkpoint (the three lines of a checkpoint). The log is a text file of one JSON object a line, which any tool
can read.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from assay.errors import Malformed
from assay.facts.codec import Mismatch, decode, encode
from assay.facts.log import Checkpoint, Entry, Proof
from assay.lazy import dataclass

ORIGIN = "assay audit log"
MOST = 64 << 20  # bytes of a log
MOST_ENTRIES = 1_000_000
MOST_LINE = 4096
START = "0" * 64


@dataclass(frozen=True, slots=True)
class Log:
    """The entries, each as its line (without the line break), in order."""

    lines: tuple[bytes, ...]
    entries: tuple[Entry, ...]

    @property
    def checkpoint(self) -> Checkpoint:
        """How many entries there are, and the root over all of them."""
        return Checkpoint(ORIGIN, len(self.lines), root(self.lines).hex())


def leaf(line: bytes) -> bytes:
    """The hash of an entry (RFC 9162, 2.1.1): SHA-256 of 0x00 and the entry."""
    return hashlib.sha256(b"\x00" + line).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def root(lines: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of these entries (RFC 9162, 2.1.1); of none, SHA-256 of nothing."""
    return _root([leaf(line) for line in lines])


def _root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while (
        len(level) > 1
    ):  # pairs from the left, an odd one goes up as it is: the same tree as by the largest power of two
        level = [_node(*level[at : at + 2]) if at + 1 < len(level) else level[at] for at in range(0, len(level), 2)]
    return level[0]


def inclusion(lines: Sequence[bytes], index: int) -> list[bytes]:
    """The path from entry `index` (from 0) to the root (RFC 9162, 2.1.3.1)."""
    return _path(index, [leaf(line) for line in lines])


def _path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) <= 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*_path(index, leaves[:middle]), _root(leaves[middle:])]
    return [*_path(index - middle, leaves[middle:]), _root(leaves[:middle])]


def included(line: bytes, index: int, size: int, path: Sequence[bytes], claimed: bytes) -> bool:
    """Whether `path` leads from an entry to the root of a log of `size` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf(line)
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = _node(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = _node(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == claimed


def consistency(lines: Sequence[bytes], before: int) -> list[bytes]:
    """The proof that a log of `before` entries (at least one) is the beginning of this one (RFC 9162, 2.1.4.1)."""
    return _grown(before, [leaf(line) for line in lines], whole=True)


def _grown(before: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if before == len(leaves):
        return [] if whole else [_root(leaves)]
    middle = _split(len(leaves))
    if before <= middle:
        return [*_grown(before, leaves[:middle], whole=whole), _root(leaves[middle:])]
    return [*_grown(before - middle, leaves[middle:], whole=False), _root(leaves[:middle])]


def consistent(before: int, after: int, proof: Sequence[bytes], old: bytes, new: bytes) -> bool:
    """Whether `proof` shows that the log of root `old` is the beginning of that of root `new` (RFC 9162, 2.1.4.2)."""
    if not 0 < before <= after:
        return False
    if before == after:
        return not proof and old == new
    steps = list(proof)
    if before & (before - 1) == 0:
        steps.insert(0, old)
    if not steps:
        return False
    at, last = before - 1, after - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = _node(step, first), _node(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = _node(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old and second == new


def read(raw: bytes) -> Log:
    """The log in a file.

    Raises:
        Malformed: an entry is damaged, missing or out of place; the message says which line.
    """
    if raw and not raw.endswith(b"\n"):
        raise Malformed(f"the log's last line ({raw.count(bytes([10])) + 1}) is cut: it was not written to its end")
    rows = raw.split(b"\n")[:-1]
    if len(rows) > MOST_ENTRIES:
        raise Malformed(
            "a log of more entries than assay reads", expected=f"at most {MOST_ENTRIES:,}", got=f"{len(rows):,}"
        )
    entries, before = [], START
    for number, row in enumerate(rows):
        entries.append(_entry(row, number, before))
        before = hashlib.sha256(row).hexdigest()
    return Log(tuple(rows), tuple(entries))


def _entry(row: bytes, number: int, before: str) -> Entry:
    where = f"line {number + 1} of the log"
    try:
        found = decode(Entry, json.loads(row[:MOST_LINE]))
    except (ValueError, RecursionError, Mismatch):
        raise Malformed(f"{where} is no entry") from None
    if written(found) != row:
        raise Malformed(f"{where} is not as it was written")
    if found.index != number:
        raise Malformed(
            f"{where}: an entry is missing or out of place", expected=f"entry {number}", got=f"entry {found.index}"
        )
    if found.before != before:
        raise Malformed(
            f"{where} does not follow the line before it: an entry was changed, removed or put in",
            expected=before,
            got=found.before[:80],
        )
    return found


def appended(log: Log, entry: Entry) -> bytes:
    """The log with one entry more, as a file; `entry` gets its place and the hash of the line before it."""
    before = hashlib.sha256(log.lines[-1]).hexdigest() if log.lines else START
    placed = replace(entry, index=len(log.lines), before=before)
    return b"".join(row + b"\n" for row in (*log.lines, written(placed)))


def written(entry: Entry) -> bytes:
    """An entry as its line: JSON without spaces, keys sorted."""
    return json.dumps(encode(entry), sort_keys=True, separators=(",", ":")).encode()


def proof(log: Log, index: int, before: Checkpoint | None = None) -> Proof:
    """What shows that entry `index` is in the log, and that the log of a checkpoint is its beginning."""
    path = tuple(step.hex() for step in inclusion(log.lines, index))
    grown = tuple(step.hex() for step in consistency(log.lines, before.size)) if before else ()
    return Proof(log.lines[index].decode(), index, path, log.checkpoint, before, grown)


def flaws(found: Proof) -> tuple[str, ...]:
    """What is wrong with a proof, checked from itself alone; empty if nothing is."""
    try:
        path, grown = ([bytes.fromhex(step) for step in steps] for steps in (found.path, found.consistency))
        now = bytes.fromhex(found.checkpoint.root)
        then = bytes.fromhex(found.before.root) if found.before else b""
        entry = decode(Entry, json.loads(found.entry))
    except (ValueError, RecursionError, Mismatch):
        return ("the proof holds something that is no hash or no entry",)
    rows = []
    if written(entry).decode() != found.entry:
        rows.append("the entry is not as it was written")
    if entry.index != found.index:
        rows.append("the entry says that it has another place")
    if not included(found.entry.encode(), found.index, found.checkpoint.size, path, now):
        rows.append("the path does not lead from the entry to the root: entry, path or root were changed")
    if found.before and not consistent(found.before.size, found.checkpoint.size, grown, then, now):
        rows.append("the older log is not the beginning of this one: an entry was changed or removed")
    return tuple(rows)


def note(found: Checkpoint) -> bytes:
    """A checkpoint as text (C2SP tlog-checkpoint, the unsigned note body): origin, size, root in base64."""
    return f"{found.origin}\n{found.size}\n{base64.b64encode(bytes.fromhex(found.root)).decode()}\n".encode()


def checkpoint(raw: bytes) -> Checkpoint:
    """A checkpoint from its text (Malformed: it is none); what follows an empty line (signatures) is not read."""
    rows = raw.split(b"\n\n", 1)[0].decode("utf-8", "replace").rstrip("\n").split("\n")
    try:
        size, value = int(rows[1]), base64.b64decode(rows[2], validate=True)
        if len(rows) != 3 or rows[0] != ORIGIN or len(value) != 32 or not 0 <= size <= MOST_ENTRIES:
            raise ValueError
    except (ValueError, IndexError):
        raise Malformed(
            "no checkpoint of an audit log", expected=f"{ORIGIN!r}, a size, a root in base64", got=repr(raw[:60])
        ) from None
    return Checkpoint(ORIGIN, size, value.hex())
