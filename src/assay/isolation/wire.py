"""Messages between the audit and its worker: a four-byte length, then JSON. Both sides check both.

A worker answers with one message for each fact, as soon as it knows it, and one that ends the answer. What it has told
is kept, whatever becomes of it afterwards.
"""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

from assay.facts.artifact import Obstacle
from assay.facts.catalog import kind
from assay.facts.codec import Mismatch, decode, encode
from assay.facts.structure import Examined
from assay.facts.text import TemplateTrial
from assay.files import json_value
from assay.formats.window import MAX_READ
from assay.isolation.reading import MOST_TENSORS, listed
from assay.lazy import dataclass

# all about one file: in bytes (a tensor of SmolLM2 takes 97) and in JSON values (it has 8), which cost up to 150 bytes
# of memory each however short they are; a small file has less to say
MOST, LEAST, EACH = 32 * 1024 * 1024, 8 * 1024 * 1024, 4
MOST_VALUES, LEAST_VALUES = 2_500_000, 500_000
ALL, ALL_VALUES = 128 * 1024 * 1024, 8_000_000  # all answers about one model
REASON = 10_000  # characters of the sentence about an obstacle
_LENGTH = struct.Struct("<I")
PREFIX = _LENGTH.size


def packed(message: object) -> bytes:
    """The bytes of one message."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    return _LENGTH.pack(len(body)) + body


@dataclass(slots=True)
class Allowance:
    """What may still be answered, in all: `length` in bytes, `count` in JSON values, `tensors` that are listed."""

    length: int = ALL
    count: int = ALL_VALUES
    tensors: int = MOST_TENSORS

    def for_file(self, size: int) -> Allowance:
        """What all that is answered about one file of `size` bytes may come to."""
        length, count = min(self.length, MOST, LEAST + EACH * size), min(self.count, MOST_VALUES, LEAST_VALUES + size)
        return Allowance(length, count, self.tensors)

    def spend(self, body: bytes) -> None:
        """Take a message off."""
        self.length -= len(body)
        self.count -= values(body)

    def take(self, fact: object) -> None:
        """Take the tensors off that a fact lists; Mismatch if they are more than may be."""
        self.tensors -= listed(fact)
        if self.tensors < 0:
            raise Mismatch("a list of more tensors than may be")


def values(body: bytes) -> int:
    """At most how many values JSON has, without building them: each but the first follows one of these marks."""
    return 1 + sum(body.count(mark) for mark in (b"[", b"{", b","))


def length(prefix: bytes, most: int = MOST) -> int:
    """How long the message is that this prefix announces; Mismatch if it is longer than allowed."""
    (count,) = _LENGTH.unpack(prefix)
    if count > most:
        raise Mismatch(
            f"it has more to tell than is taken of a file or a model: {count:,} bytes, and {most:,} are left"
        )
    return int(count)


def unpacked(body: bytes, most: int = MOST_VALUES) -> Any:
    """The message; Mismatch if it is not JSON, or JSON of too many values."""
    if (count := values(body)) > most:
        raise Mismatch(
            f"it has more to tell than is taken of a file or a model: {count:,} values, and {most:,} are left"
        )
    try:
        return json_value(body)
    except (ValueError, RecursionError) as cause:
        raise Mismatch("an answer that is not JSON") from cause


def received(stream: BinaryIO) -> Any:
    """The next message from `stream`, or None at its end."""
    prefix = stream.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    return unpacked(stream.read(length(prefix)))


def told(fact: object) -> bytes:
    """The message of one fact."""
    return packed({"fact": [type(fact).__name__, encode(fact)]})


def ended(stopped: Obstacle | None) -> bytes:
    """The message that ends an answer."""
    return packed({"end": encode(stopped)})


def need(at: int, count: int) -> bytes:
    """The message that asks for bytes of the artifact, where they are not on disk; they come as they are."""
    return packed({"need": [at, count]})


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that the worker asks for: `count` of them from `at`."""

    at: int
    count: int


@dataclass(frozen=True, slots=True)
class End:
    """The end of an answer, and what stopped the reader, if anything did."""

    stopped: Obstacle | None


def heard(message: Any, artifact: str, *, of_templates: bool = False, size: int = 0) -> object:
    """What one message says: a fact about `artifact`, the End, or a Need of some of `size` bytes; else Mismatch.

    What rendering shows is told only where it was asked for, and then nothing else is.
    """
    if not isinstance(message, dict) or len(message) != 1:
        raise Mismatch("an answer that is no fact and no end")
    if "end" in message:
        return End(None if message["end"] is None else _obstacle(message["end"], artifact))
    if "need" in message and size:
        return _need(message["need"], size)
    if "fact" not in message:
        raise Mismatch("an answer that is no fact and no end")
    found = _fact(message["fact"], artifact)
    # that the file itself was examined is concluded on this side; what lies in it only the worker has seen
    if isinstance(found, TemplateTrial) != of_templates or (isinstance(found, Examined) and found.artifact == artifact):
        raise Mismatch(f"a {type(found).__name__}, which was not asked for")
    return found


def _need(value: Any, size: int) -> Need:
    whole = isinstance(value, list) and len(value) == 2 and all(type(number) is int for number in value)
    if not whole or not 0 <= value[0] < value[0] + value[1] <= size or value[1] > MAX_READ:
        raise Mismatch("a question for bytes that the file does not have")
    return Need(*value)


def _fact(entry: Any, artifact: str) -> object:
    named = isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str)
    if not named or (type_ := kind(entry[0])) is None:
        raise Mismatch("an answer with an unknown fact")
    if entry[0] == Obstacle.__name__:
        return _obstacle(entry[1], artifact)
    fact: object = decode(type_, entry[1])
    _about(getattr(fact, "artifact", None), artifact)
    return fact


def _obstacle(value: Any, artifact: str) -> Obstacle:
    found = decode(Obstacle, value)
    _about(found.artifact, artifact)
    if len(found.reason) > REASON:
        raise Mismatch(f"a reason of {len(found.reason):,} characters")
    return found


def _about(named: object, artifact: str) -> None:
    """Nothing, or Mismatch unless it is this artifact that is named, or a part of it."""
    if named != artifact and not (isinstance(named, str) and named.startswith(f"{artifact} > ")):
        raise Mismatch("an answer about another artifact")
