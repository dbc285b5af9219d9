"""How many words a text has, in scripts with and without spaces."""

from __future__ import annotations

from assay.lazy import regex

# Han, kana, Thai, Lao and Khmer are written without spaces; a word of them has about two letters
_UNSPACED = regex(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def words(text: str) -> int:
    """The number of words: what stands between spaces, and half the letters of scripts that have none."""
    if text.isascii():
        return len(text.split())
    letters = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + (letters + 1) // 2
