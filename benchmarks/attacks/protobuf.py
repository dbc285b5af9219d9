"""Fields of protocol buffers as bytes."""

from __future__ import annotations


def field(key: int, raw: bytes) -> bytes:
    """A field of bytes, text or a message."""
    return _varint(key << 3 | 2) + _varint(len(raw)) + raw


def number(key: int, value: int) -> bytes:
    """A field of a number."""
    return _varint(key << 3) + _varint(value)


def _varint(value: int) -> bytes:
    raw = b""
    while value > 127:
        raw, value = raw + bytes([value & 127 | 128]), value >> 7
    return raw + bytes([value])
