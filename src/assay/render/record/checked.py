"""A text beside documents for a terminal: one sentence that says what to do, then the sentences with their reasons."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from assay.facts.checked import Checked, CheckedSentence, Helper, Support
from assay.render.headline import Headline, Tone
from assay.render.visible import visible

ORDER = (Support.CONTRADICTED, Support.NOT_FOUND, Support.NOT_JUDGED, Support.SUPPORTED)
_COLOURS = {Support.CONTRADICTED: "31", Support.NOT_FOUND: "33", Support.NOT_JUDGED: "36", Support.SUPPORTED: "32"}


def headline(found: Checked) -> str:
    """What the documents say of the text, in one sentence that a person can act on, and what was not read."""
    return " ".join((_said(found), *(f"Not read: {visible(text)}." for text in found.missing)))


def answer(found: Checked) -> Headline:
    """The same with its word: the worst that was found of a sentence that says something.

    It is green only where each of these is supported, and all of the text and of the documents was read.
    """
    kinds = {row.support for row in found.sentences if row.claims}
    word = next((kind for kind in ORDER if kind in kinds), Support.NOT_JUDGED)
    tones = {Support.SUPPORTED: Tone.CARE if found.missing else Tone.GO, Support.NOT_JUDGED: Tone.TELL}
    return Headline(str(word).upper(), headline(found), tones.get(word, Tone.CARE))


def _said(found: Checked) -> str:
    names = _names(found)
    total = len(found.sentences) - sum(not row.claims for row in found.sentences)
    wrong, absent = found.count(Support.CONTRADICTED), found.count(Support.NOT_FOUND)
    rest = f"; {_are(found.unread)} not judged" if found.unread else ""
    if not total:
        return "Not judged: no sentence says anything that a document could hold."
    if found.unread == total:
        first = next(row.reason for row in found.sentences if row.claims)
        todo = "" if found.helpers else " To ask a model: --judge MODEL."
        said = f"none of {total:,} {_sentences(total)} could be compared with {names} ({visible(first)})"
        return f"Not judged: {said}.{todo}"
    if not wrong and not absent:
        judged = total - found.unread
        if found.unread:
            return f"{judged:,} of {total:,} sentences {'is' if judged == 1 else 'are'} supported by {names}{rest}."
        return f"{'The one sentence is' if total == 1 else f'All {total:,} sentences are'} supported by {names}."
    parts = [f"{_are(wrong)} contradicted"] * bool(wrong) + [f"{_are(absent)} not found"] * bool(absent)
    them = "it" if wrong + absent == 1 else "them"
    said = " and ".join(parts)
    where = "in" if absent else "by"
    return f"Of {total:,} {_sentences(total)} {said} {where} {names}{rest}. Read {them} before you use the text."


def _names(found: Checked) -> str:
    first, *more = [visible(row.name) for row in found.documents]
    return f"{first} and {len(more)} more document{'s' * (len(more) > 1)}" if more else first


def _are(count: int) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'}"


def _sentences(count: int) -> str:
    return "sentence" if count == 1 else "sentences"


def lines(found: Checked, colour: bool, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report, what is contradicted first."""
    yield from textwrap.wrap(headline(found), width)
    for helper in found.helpers:
        yield from textwrap.wrap(f"{told(found, helper)}.", width)
    for support in ORDER:
        rows = [row for row in found.sentences if row.support is support]
        if rows:
            yield ""
            name = f"{support.value} ({len(rows):,})"
            yield f"\x1b[{_COLOURS[support]}m{name}\x1b[0m" if colour else name
        for row in rows:
            yield from _sentence(found, row, width, verbose)


def _sentence(found: Checked, row: CheckedSentence, width: int, verbose: bool) -> Iterator[str]:
    yield from _wrapped(_flat(found.text[row.start : row.stop]), width, "  ")
    if row.support is Support.SUPPORTED and not verbose:
        return
    yield from _wrapped(f"{visible(row.reason)}", width, "      ")
    if verbose and row.heard is not None:
        yield from _wrapped(heard(row), width, "      ")
    if row.seen:
        yield from _wrapped(f"{visible(found.documents[row.document].name)}: {_flat(row.seen)}", width, "      ")


def told(found: Checked, helper: Helper) -> str:
    """How a helper did on claims of known truth, and whether it has a say; of how many sentences it says nothing."""
    right = helper.accepted + helper.refused
    asked = [row.heard for row in found.sentences if row.heard is not None]
    silent = sum((row.yes if helper.kind == "judge" else row.entailed) is None for row in asked)
    rest = f", and says nothing of {silent:,} of {len(asked):,} {_sentences(len(asked))}" if silent else ""
    say = f"it has a say{rest}" if helper.heeded else "no better than guessing, so it has no say"
    kind = "the judge" if helper.kind == "judge" else "the model of entailment"
    return f"{visible(helper.name)}, {kind}, is right of {right} of {helper.asked} claims of a trial: {say}"


def heard(row: CheckedSentence) -> str:
    """What the helpers make of a sentence, in numbers with their units."""
    said = row.heard
    if said is None:
        return ""
    parts = (
        ("" if row.chance is None else f"unsupported with {row.chance:.0%}"),
        ("" if said.yes is None else f"yes {said.yes:.0%}"),
        ("" if said.gain is None else f"{said.gain:+.2f} nats a token by the passages"),
        ("" if not said.unexpected else f"{said.unexpected:.1f} nats of the least expected word they lack"),
        ("" if said.entailed is None else f"entailed {said.entailed:.0%}"),
        ("" if said.denied is None else f"contradicted {said.denied:.0%}"),
    )
    return ", ".join(filter(None, parts)) or "the helpers say nothing of it"


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=f"{indent}  ")


def _flat(text: str) -> str:
    return " ".join(visible(text, keep="\n").split())
