"""Where a licence is stated, as evidence of the licence checks."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.licence import Clause, Restriction
from assay.facts.model import Model
from assay.facts.text import LicenceText
from assay.licence.name import named
from assay.licence.place import unread
from assay.licence.tag import short
from assay.text.language import foreign
from assay.text.many import many

MOST_OTHERS = 8  # lines that a message names


def read_as(text: str) -> str:
    """What a tag was read as, where it is not written that way: for example ", as Apache-2.0"."""
    found = named(text)
    return f", as {found}" if found and found.lower() != text.strip().lower() else ""


def place(artifact: str, seen: str, line: int | None, name: str = "license") -> Evidence:
    """A line of a card or text, or (line 0 or None) the metadata of a weight file."""
    return Evidence(artifact, seen, line=line or None, pointer=None if line else "general.license", name=name)


def unlike(text: LicenceText) -> str:
    """What a text is that holds no known licence: for example "unlike any known licence; nearest MIT, differs in 2
    passages", and in which language it is, if not in English.
    """
    language = foreign(text.opening)
    unread = f"; it seems to be in {language}, of which assay reads no clauses" if language else ""
    near = f"; nearest {short(text.nearest)}, differs in {many(text.apart, 'passage')}" if text.nearest else ""
    return f"unlike any known licence{near}{unread}"


def own_words(text: LicenceText) -> Evidence:
    """The first words of a licence text."""
    return Evidence(text.artifact, text.opening or text.first_line, line=1)


def withheld(text: LicenceText, known: tuple[Restriction, ...] = ()) -> str:
    """What a text seems to withhold that is not `known`, with lines and numbers: for example "no commercial use (line
    12)"; empty if nothing was read.
    """
    said: dict[Restriction, str] = {}
    for row in text.clauses:
        if row.kind not in known and row.kind not in said and row.kind is not Restriction.OTHER:
            said[row.kind] = f"{row.kind} ({row.number + ', ' if row.number else ''}line {row.line})"
    if other := _others(text):
        more = f" and {len(other) - MOST_OTHERS} more" if len(other) > MOST_OTHERS else ""
        lines = ", ".join(str(row.line) for row in other[:MOST_OTHERS])
        said[Restriction.OTHER] = f"{many(len(other), 'other condition')} (line{'s' * (len(other) > 1)} {lines}{more})"
    return ", ".join(said.values())


def _others(text: LicenceText) -> list[Clause]:
    """The conditions of kinds that have no name here."""
    return [row for row in text.clauses if row.kind is Restriction.OTHER]


def places_of(text: LicenceText) -> list[Evidence]:
    """Where those clauses stand, one for each kind, and the first of the conditions of kinds that have no name."""
    first = {row.kind: row for row in reversed(text.clauses) if row.kind is not Restriction.OTHER}
    rows = sorted((*first.values(), *_others(text)[:MOST_OTHERS]), key=lambda row: row.line)
    return [Evidence(text.artifact, row.text, line=row.line, name=row.kind) for row in rows]


def not_read(model: Model, *, follows: str = "licence.missing") -> Iterator[Answer]:
    """An open answer for the licence files at the top of the folder that are there and could not be read."""
    lost = unread(model)
    if lost:
        said = "; ".join(f"{row.artifact} is there and could not be read: {row.reason}" for row in lost[:3])
        places = tuple(Evidence(row.artifact, row.reason) for row in lost)
        yield Answer(Kind.OPEN, said, places, follows=follows)
