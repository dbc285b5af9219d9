"""Licence and notice files: which known licences the text holds, and in which places it differs from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.errors import Malformed
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.structure import Aspect
from assay.facts.text import LicenceSource, LicenceText
from assay.formats import Format
from assay.formats.window import Window
from assay.licence.place import NAMES, is_notice, is_unended

if TYPE_CHECKING:
    from assay.facts.licence import Clause
    from assay.licence.match import Identified

MOST = 2 * 1024 * 1024
MOST_KEPT, MOST_OPENING = 20_000, 300  # characters
# in what stands beside licences as machines write it, such as the heads of Debian's copyright files
_ABOUT = frozenset({"http", "license", "copyright", "author", "authors", "files", "source", "comment"})


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what the text was identified as."""
    text = window.text(MOST)
    if "\0" in text:
        raise Malformed("a licence file that is no text", at=text.index("\0"), expected="text", got="a byte 0")
    yield from of_text(artifact, text)


def of_text(artifact: str, text: str) -> Iterator[object]:
    """Yield what the text of a licence file was identified as, its beginning, and where its reading ended."""
    found = licence_text(artifact, text)
    yield found
    yield LicenceSource(artifact, text[:MOST_KEPT], len(text) > MOST_KEPT)
    if not found.notice:
        yield from unread_clauses(found, text)


def unread_clauses(found: LicenceText, text: str) -> Iterator[Obstacle]:
    """Where the reading of clauses ended, if that is before the end of a text of which they are read."""
    from assay.licence.clause import MOST_TEXT

    if not found.complete and text[MOST_TEXT:].strip():
        said = f"its clauses were read up to line {text.count(chr(10), 0, MOST_TEXT) + 1:,}"
        most = f"assay reads those in the first {MOST_TEXT:,} characters of a licence that differs from all it knows"
        yield Obstacle(found.artifact, Trouble.LIMIT, f"{said}: {most}")


def licence_text(artifact: str, text: str, notice: bool | None = None) -> LicenceText:
    """What a text was identified as; whether it is a `notice` its name says where it is not given."""
    from assay.licence.match import identified
    from assay.licence.title import MOST_NOTICE
    from assay.text.language import foreign

    # in a short text of another language, terms beside the licence that it names would not be seen
    found = identified(text, declares=len(text) > MOST_NOTICE or not foreign(text), other=_in_another_language)
    return LicenceText(
        artifact,
        found.ids,
        bool(found.ids) and not found.differences and not found.titled,
        found.words,
        next((line.strip() for line in text.split("\n") if line.strip()), "")[:200],
        is_notice(artifact) if notice is None else notice,
        found.shares,
        found.differences,
        found.nearest,
        found.titled,
        found.apart,
        " ".join(text[: 4 * MOST_OPENING].split())[:MOST_OPENING],
        _clauses(text, found),
    )


def _in_another_language(words: str) -> bool:
    """Whether words beside a licence are not English, and more than names, addresses and the head of a file."""
    from assay.licence.match import DOMAINS
    from assay.text.language import language, latin

    return not latin(words) or (language(words) not in ("", "English") and (_ABOUT | DOMAINS).isdisjoint(words.split()))


def _clauses(text: str, found: Identified) -> tuple[Clause, ...]:
    """What the parts of the text withhold that are of no known licence."""
    from assay.licence.clause import clauses

    if found.ids and not found.titled and not found.differences:
        return ()
    if not found.ids or found.titled:
        return clauses(text)
    return clauses(text, found.added)


FORMAT = Format(
    "licence",
    "licence text",
    read,
    names=NAMES,
    guess=lambda name, head: b"\0" not in head and not head.startswith(b"%PDF-") and is_unended(name),
    needs=("assay.licence.match", "assay.licence.clause", "assay.text.language"),
    examines=(Aspect.MARKS,),
    gaps=(),
)
