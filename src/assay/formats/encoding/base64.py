"""Base64 (RFC 4648, both alphabets) as far as it goes: cut off anywhere, with or without the signs that pad it."""

from __future__ import annotations

import base64
import binascii


def base64_bytes(text: bytes) -> bytes:
    """The bytes of as much base64 as there is, without the signs that pad it; a last sign alone says nothing."""
    whole = text[: len(text) - (len(text) % 4 == 1)].translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(whole + b"=" * (-len(whole) % 4))
    except (binascii.Error, ValueError):
        return b""
