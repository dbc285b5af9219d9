"""Compare texts by their words: case, punctuation and articles aside, with numbers in one piece, or with the marks."""

from __future__ import annotations

from collections.abc import Iterator

from assay.lazy import regex

_ARTICLES = regex(r"\b(?:a|an|the)\b")
_NO_WORD = regex(r"[^\w]+")
_WORD = regex(r"\d[\d,.]*\d|\w+(?:['’]\w+)?")
_PIECE = regex(r"\w+|[^\w\s]")


def plain(text: str) -> str:
    """The words of a text in lower case, without articles and punctuation (SQuAD's normalisation, arXiv:1606.05250)."""
    return " ".join(_ARTICLES.sub(" ", _NO_WORD.sub(" ", text.casefold())).split())


def words(text: str) -> Iterator[str]:
    """The words of a text as written; a number with its separators is one word, and so is a word with an apostrophe."""
    yield from (match[0] for match in _WORD.finditer(text))


def located(text: str) -> Iterator[tuple[int, int]]:
    """Where each of these words starts and stops."""
    yield from (match.span() for match in _WORD.finditer(text))


def pieces(text: str) -> list[str]:
    """The words of a text in lower case, and each mark of punctuation."""
    return _PIECE.findall(text.casefold())
