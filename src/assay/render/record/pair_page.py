"""Two answers beside each other on one scale: token by token, a token of each that is looked at, their scores."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.answering import Answering
from assay.facts.job import State
from assay.facts.uncertainty import ScoredText, TokenScore
from assay.render.headline import Headline, Tone
from assay.render.record import ask_page
from assay.render.record.scored import CAUTION
from assay.render.record.scored import headline as of_scored
from assay.render.record.workbench import page as of_workbench
from assay.render.visible import visible
from assay.text.chance import number
from assay.text.many import many

Pair = tuple[Answering, Answering]


def page(rows: Pair, tokens: tuple[int, int]) -> bytes:
    """The page as UTF-8.

    Args:
        tokens: the number of the token of each that is looked at, from 1; 0: that which stands after the same text as
            the one of the other, if there is one.
    """
    one, other = rows
    first, second = tokens[0] or facing(other, tokens[1], one), tokens[1] or facing(one, tokens[0], other)
    here = f"?beside={other.id}"
    shown = (
        ask_page.strip(one, first, "t", f"{here}&token=", f" of {one.model}", _judged(one)),
        ask_page.strip(other, second, "u", f"{here}&other=", f" of {other.model}", _judged(other)),
    )
    over = all(row.state.ended for row in rows)
    return of_workbench(
        "workbench_pair.html.j2",
        "/ask",
        headline=_headline(rows),
        caution=CAUTION,
        styles=("score.css",),
        scripts=("ask.js",),
        policy=ask_page.LIVE,
        shown=shown,
        over=over,
        looked=any(tokens),
        differ=bool(one.found and other.found and one.found.prompt != other.found.prompt),
        again=f"/ask/{one.id}{here}",
        stop=f"/ask/{one.id}/stop{here}",
        parted=_parted(rows) if over else "",
        scores=list(_scores(one.found, other.found)) if one.found and other.found else [],
    )


def facing(one: Answering, token: int, other: Answering) -> int:
    """The number of the token of `other` that stands after the same text as a token of `one`; 0: there is none."""
    text = "".join(row.text for row in one.tokens[: token - 1]) if token else None
    so = ""
    for at, row in enumerate(other.tokens, 1):
        if so == text:
            return at
        so += row.text
    return 0


def _parted(rows: Pair) -> str:
    """After how many tokens of each the two say different things."""
    same = _same(rows[0].tokens, rows[1].tokens)
    if not all(row.tokens for row in rows):
        return ""
    if rows[0].text == rows[1].text:
        return "Both answers are the same text."
    return (
        f"The answers begin with the same {many(same, 'token')}."
        if same
        else "The answers differ from the first token."
    )


def _same(one: tuple[TokenScore, ...], other: tuple[TokenScore, ...]) -> int:
    """With how many equal tokens both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a.text != b.text), min(len(one), len(other)))


def _headline(rows: Pair) -> Headline:
    if all(row.state is State.DONE for row in rows):
        models = " and ".join(visible(row.model) for row in rows)
        return Headline("BOTH", f"{models}, on one scale: a colour means the same chance in both.", Tone.TELL)
    going = [row for row in rows if not row.state.ended]
    failed = [row for row in rows if row.state is State.FAILED]
    least = (going or failed or list(rows))[0]
    return ask_page.headline(least)


def _judged(row: Answering) -> str:
    """What is made of an answer in a word, and how many sentences are judged."""
    return of_scored(row.found).word.lower() if row.found else ""


def _scores(one: ScoredText, other: ScoredText) -> Iterator[tuple[str, str, str, str]]:
    """(score, its value in each answer, what it is) of every score that one of them has."""
    values = [{row.id: row for row in found.scores} for found in (one, other)]
    for id in dict.fromkeys([*values[0], *values[1]]):
        known = [found.get(id) for found in values]
        either = known[0] or known[1]
        said = [f"{number(row.value)} {row.unit}" if row else "" for row in known]
        yield id, said[0], said[1], either.source if either else ""
