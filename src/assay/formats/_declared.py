"""Special tokens as side files declare them: a text, or an object with `content`, under a key."""

from __future__ import annotations

from typing import Any

from assay.errors import LimitExceeded

MOST = 110_000
_KEYS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def declared_tokens(value: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """(key, text) for each named special token, then each additional one, then those in added_tokens_decoder."""
    rows = [(key, content) for key in _KEYS if (content := _content(value.get(key))) is not None]
    extra = value.get("additional_special_tokens", value.get("extra_special_tokens"))
    entries = list(extra.values()) if isinstance(extra, dict) else extra if isinstance(extra, list) else []
    rows += [("additional", content) for entry in entries if (content := _content(entry)) is not None]
    decoder = value.get("added_tokens_decoder")
    if isinstance(decoder, dict):
        rows += [("added", content) for entry in decoder.values() if (content := _content(entry)) is not None]
    if len(rows) > MOST:
        most = f"at most {MOST:,}"
        raise LimitExceeded("more special tokens are declared than assay reads", expected=most, got=f"{len(rows):,}")
    return tuple(rows)


def _content(entry: Any) -> str | None:
    text = entry.get("content") if isinstance(entry, dict) else entry
    return text[:256] if isinstance(text, str) else None
