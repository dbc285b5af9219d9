"""Messages between the audit and its worker: a four-byte length, then JSON. Both sides check both."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

from assay.facts.artifact import Obstacle
from assay.facts.catalog import kinds
from assay.facts.codec import Mismatch, decode, encode
from assay.isolation.reading import Reading

MOST = 32 * 1024 * 1024  # bytes of one message; a tensor of SmolLM2 takes 97
_LENGTH = struct.Struct("<I")


def packed(message: object) -> bytes:
    """The bytes of one message."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    return _LENGTH.pack(len(body)) + body


def length(prefix: bytes) -> int:
    """How long the message is that this prefix announces; Mismatch if it is longer than allowed."""
    (count,) = _LENGTH.unpack(prefix)
    if count > MOST:
        raise Mismatch(f"an answer of {count:,} bytes, at most {MOST:,} are allowed")
    return int(count)


def unpacked(body: bytes) -> Any:
    """The message; Mismatch if it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise Mismatch("an answer that is not JSON") from cause


def received(stream: BinaryIO) -> Any:
    """The next message from `stream`, or None at its end."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    return unpacked(stream.read(length(prefix)))


def reading_message(reading: Reading) -> object:
    """A reading as JSON."""
    return {
        "facts": [[type(fact).__name__, encode(fact)] for fact in reading.facts],
        "obstacle": encode(reading.obstacle),
    }


def reading_from(message: Any, artifact: str) -> Reading:
    """A reading from JSON; Mismatch unless every part is a fact of a known type about `artifact`."""
    if (
        not isinstance(message, dict)
        or message.keys() != {"facts", "obstacle"}
        or not isinstance(message["facts"], list)
    ):
        raise Mismatch("an answer without facts")
    facts = tuple(_fact(entry, artifact) for entry in message["facts"])
    obstacle = None if message["obstacle"] is None else decode(Obstacle, message["obstacle"])
    return Reading(facts, obstacle)


def _fact(entry: Any, artifact: str) -> object:
    if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str) or entry[0] not in kinds():
        raise Mismatch("an answer with an unknown fact")
    fact: object = decode(kinds()[entry[0]], entry[1])
    about = getattr(fact, "artifact", None)
    if about != artifact and not (isinstance(about, str) and about.startswith(f"{artifact} > ")):  # a part of it
        raise Mismatch("an answer about another artifact")
    return fact
