"""A vocabulary as one fact, bounded."""

from __future__ import annotations

from collections.abc import Sequence

from assay.errors import LimitExceeded
from assay.facts.tokenizer import SEPARATOR, Vocabulary

MOST = 8_000_000  # characters of all tokens, and of all merges; vocabularies of 262,144 tokens have a fifth of that


def vocabulary(artifact: str, algorithm: str, tokens: Sequence[bytes], merges: Sequence[bytes]) -> Vocabulary:
    """The vocabulary; LimitExceeded where its tokens or merges are too many. Entries are UTF-8."""
    texts, pairs = _joined(tokens), _joined(merges)
    for what, whole in (("tokens", texts), ("merges", pairs)):
        if len(whole) > MOST:
            most = f"at most {MOST:,} characters"
            raise LimitExceeded(f"vocabulary of longer {what} than assay reads", expected=most, got=f"{len(whole):,}")
    return Vocabulary(artifact, algorithm, texts, pairs)


def _joined(entries: Sequence[bytes]) -> str:
    """All entries as one text, decoded at once: a separator inside an entry becomes U+FFFD."""
    mark = SEPARATOR.encode()
    whole = mark.join(entries)
    if whole.count(mark) >= max(1, len(entries)):
        whole = mark.join(entry.replace(mark, "\ufffd".encode()) for entry in entries)
    return whole.decode("utf-8", "backslashreplace")
