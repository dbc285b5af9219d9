"""Operands of a pickle that are pickles themselves: bytes, a text that stands for bytes, a text in base64.

Nothing unpickles them by itself; whoever loads the outer pickle may, as tokenizers and callbacks kept as bytes are.
"""

from __future__ import annotations

from assay.formats.encoding.base64 import base64_bytes
from assay.formats.pickle.opening import Opening, opening
from assay.lazy import regex

MAX_KEPT = 1_000  # operands of one pickle that are looked at as pickles
MAX_BYTES = 64 * 1024 * 1024  # of them together
LEAST = 8  # bytes of the shortest pickle that calls anything
_BASE64 = regex(r"[A-Za-z0-9+/_-]{16}[A-Za-z0-9+/_\r\n-]*={0,2}\Z")  # lines are broken as MIME and codecs do


def is_pickle(head: bytes, size: int) -> bool:
    """Whether an operand of `size` bytes that begins with `head` may be a pickle that imports something."""
    return size >= LEAST and opening(head, size) is not Opening.OTHER


def decoded(text: str) -> bytes | None:
    """The pickle that a text is in base64, or character by character; None if it is none."""
    raw = _raw(text)
    return raw if raw is not None and is_pickle(raw[:512], len(raw)) else None


def begins(head: bytes) -> bool:
    """Whether a text of which this is the beginning, in UTF-8, may be a pickle in base64 or as it is."""
    raw = _raw(head.decode("utf-8", "ignore"))
    return raw is not None and opening(raw) is not Opening.OTHER


def _raw(text: str) -> bytes | None:
    """The bytes that a text stands for if a pickle may begin so."""
    if len(text) < LEAST:
        return None
    if text[0] == "\x80" or text[:1] in "c(":
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            return None
    # base64 of the protocol opcode begins with gA, of a global or a mark with Y or K
    if text[0] in "gYK" and _BASE64.match(text.rstrip()):
        return base64_bytes("".join(text.split()).rstrip("=").encode("ascii"))
    return None
