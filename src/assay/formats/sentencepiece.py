"""SentencePiece models, `tokenizer.model` (google/sentencepiece, sentencepiece_model.proto): a bounded walk."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.facts.structure import Aspect
from assay.facts.tokenizer import Token, Tokenizer, TokenRole
from assay.formats import Format
from assay.formats._charsmap import charsmap_rule
from assay.formats.window import Window

MOST = 64 * 1024 * 1024
MAX_PIECES = 1_000_000
_PIECES, _TRAINER, _NORMALISER = 1, 2, 3  # ModelProto
_CHARSMAP = 2  # NormalizerSpec.precompiled_charsmap
_TEXT, _TYPE = 1, 3  # ModelProto.SentencePiece
_ALGORITHMS = {1: "Unigram", 2: "BPE", 3: "Word", 4: "Char"}  # TrainerSpec.model_type, field 3
_ROLES = {2: TokenRole.CONTROL, 3: TokenRole.CONTROL, 4: TokenRole.ADDED}  # UNKNOWN, CONTROL, USER_DEFINED


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what its normalisation table writes, then the tokenizer."""
    if window.size > MOST:
        raise LimitExceeded(
            "SentencePiece model larger than assay reads", expected=f"at most {MOST:,} bytes", got=f"{window.size:,}"
        )
    raw = window.read(0, window.size)
    tokens, count, algorithm = [], 0, "Unigram"
    for field, value in _fields(raw):
        if field == _PIECES and isinstance(value, bytes):
            text, kind = _piece(value)
            if kind in _ROLES:
                tokens.append(Token(count, text[:256], _ROLES[kind]))
            count += 1
            if count > MAX_PIECES:
                raise LimitExceeded("more pieces than assay reads", expected=f"at most {MAX_PIECES:,}", got="more")
        elif field == _TRAINER and isinstance(value, bytes):
            algorithm = next(
                (_ALGORITHMS.get(v, "unknown") for f, v in _fields(value) if f == 3 and isinstance(v, int)), algorithm
            )
        elif field == _NORMALISER and isinstance(value, bytes):
            for number, table in _fields(value):
                if number == _CHARSMAP and isinstance(table, bytes) and table:
                    yield charsmap_rule(artifact, "normalizer_spec.precompiled_charsmap", table)
    if not count:
        raise Malformed("no SentencePiece model: it holds no pieces")
    yield Tokenizer(artifact, "sentencepiece", algorithm, count, tuple(tokens))


def _piece(raw: bytes) -> tuple[str, int]:
    text, kind = "", 1
    for field, value in _fields(raw):
        if field == _TEXT and isinstance(value, bytes):
            text = value.decode("utf-8", "backslashreplace")
        elif field == _TYPE and isinstance(value, int):
            kind = value
    return text, kind


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) of one message: varints as int, everything else as bytes."""
    at = 0
    while at < len(raw):
        key, at = _varint(raw, at)
        wire = key & 7
        if wire == 0:
            number, at = _varint(raw, at)
            yield key >> 3, number
            continue
        if wire == 2:
            size, at = _varint(raw, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise Malformed("unknown protobuf wire type", at=at, expected="0, 1, 2 or 5", got=wire)
        if size > len(raw) - at:
            raise Truncated(
                "protobuf field runs past the end", at=at, expected=f"{size:,} bytes", got=f"{len(raw) - at:,}"
            )
        yield key >> 3, raw[at : at + size]
        at += size


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(raw):
            raise Truncated("protobuf number runs past the end", at=at)
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Malformed("protobuf number longer than 10 bytes", at=at)


def _begins(name: str, head: bytes) -> bool:
    """Whether an unknown name stands for a SentencePiece model: its first piece is a text and a score (fields 1, 2)."""
    if len(head) < 9 or head[0] != 0x0A or head[2] != 0x0A or head[3] + 7 > head[1] or not head[3]:
        return False
    after = 4 + head[3]
    return head[after : after + 1] == b"\x15" and head[2 + head[1] : 3 + head[1]] in (b"\x0a", b"")


FORMAT = Format(
    "sentencepiece",
    "SentencePiece tokenizer",
    read,
    names=("tokenizer.model", "*.spm", "spiece.model", "sentencepiece.bpe.model"),
    guess=_begins,
    examines=(Aspect.TOKENS,),
    gaps=(),
)
