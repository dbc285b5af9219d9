"""One document of a kind that a library unpacks (PDF, Word, EPUB), as text: parsed in the process that a corpus has."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

from assay.corpus import _extra
from assay.corpus.documents import Fields
from assay.corpus.inputs import Input
from assay.corpus.parsed import Parsed
from assay.corpus.row import NotRead


def text_of(path: Path, kind: str) -> tuple[str, dict[str, int]]:
    """(its text, empty where it gives none; why a part of it was not read, and how often).

    Args:
        kind: `pdf`, `docx` or `epub`.

    Raises MissingExtra: the library that reads this kind is not installed.
    """
    _extra.readers({kind})
    given = Input(str(path), path.stat().st_size, kind, "", path.name)
    texts: list[str] = []
    left = Counter[str]()
    with closing(Parsed((given,), Fields(), "utf-8")) as parsed:
        for row in parsed.rows(given, lambda _: None):
            if isinstance(row, NotRead):
                left[row.reason] += 1
            else:
                texts += [text.decode("utf-8") for text in row.texts]
    return "\n\n".join(texts), dict(left)
