"""Files that a user names: bounded, and one sentence where one cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from assay.errors import UsageError
from assay.facts.codec import Mismatch, decode

T = TypeVar("T")


def text(path: Path, most: int, hint: str = "") -> str:
    """The text of a file of at most `most` bytes (UsageError: it is larger, cannot be read, or is no UTF-8; `hint` then says what to do)."""
    try:
        if path.stat().st_size > most:
            raise UsageError(f"{path} is larger than assay reads of its kind ({most >> 20} MiB)")
        return path.read_text("utf-8")
    except OSError as cause:
        raise UsageError(f"cannot read {path}: {cause.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text{hint}") from None


def record(path: Path, kind: type[T], schema: str, what: str) -> T:
    """A record that assay wrote, called `what` (UsageError: it is none, or of a version that this one does not read)."""
    try:
        value = json.loads(path.read_text("utf-8"))
        if value.get("schema") != schema:
            raise UsageError(
                f"{path} is no {what} that this version reads: expected schema {schema!r}, got {str(value.get('schema'))[:80]!r}"
            )
        return decode(kind, value)
    except OSError as cause:
        raise UsageError(f"cannot read {path}: {cause.strerror}") from None
    except (ValueError, AttributeError, Mismatch, RecursionError) as cause:
        raise UsageError(f"{path} is no {what}: {str(cause)[:120]}") from None
