"""A vocabulary as one fact, bounded."""

from __future__ import annotations

from collections.abc import Iterable

from assay.facts.tokenizer import SEPARATOR, Vocabulary

MOST = 8_000_000  # characters of all tokens, and of all merges; vocabularies of 262,144 tokens have a fifth of that


def vocabulary(artifact: str, algorithm: str, tokens: Iterable[str], merges: Iterable[str]) -> Vocabulary | None:
    """The vocabulary, without merges where they are too many, or None where the tokens are."""
    texts = SEPARATOR.join(token.replace(SEPARATOR, "\ufffd") for token in tokens)
    if len(texts) > MOST:
        return None
    joined = SEPARATOR.join(merge.replace(SEPARATOR, "\ufffd") for merge in merges)
    return Vocabulary(artifact, algorithm, texts, joined if len(joined) <= MOST else "")
