"""Text files that a user names: bounded, and one sentence where one cannot be read."""

from __future__ import annotations

from pathlib import Path

from assay.errors import UsageError


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
