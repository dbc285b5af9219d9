"""Pages of the workbench that ask a model: the form, an answer as it is written, one token of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assay.facts.answering import Answering
from assay.facts.job import State
from assay.facts.uncertainty import TokenScore
from assay.lazy import dataclass
from assay.render.headline import Headline, Tone
from assay.render.record import scored_page
from assay.render.record.scored import CAUTION, step
from assay.render.record.workbench import links, page
from assay.render.visible import visible
from assay.text.chance import chance, named
from assay.text.many import many

FIELDS = ("question", "document", "most", "temperature", "samples")
LIVE = {"connect-src": "'self'"}  # of a page that asks for events
_PLAIN = Headline("NONE", "No model to ask: start assay serve with --run MODEL.", Tone.TELL)


@dataclass(frozen=True, slots=True)
class Strip:
    """An answer as a page shows it token by token.

    `id` begins the ids of its tokens, `at` is its address, `link` what leads to a token where its number is added, and
    `near` what is known of the one that is looked at (None: none is); `of` says whose it is where there are two.
    """

    row: Answering
    id: str
    at: str
    link: str
    pieces: tuple[tuple[int, dict[str, Any]], ...]
    near: dict[str, Any] | None
    of: str = ""
    judged: str = ""


def strip(row: Answering, token: int, id: str = "t", link: str = "?token=", of: str = "", judged: str = "") -> Strip:
    """The answer as far as it is; `token` is the number of the one that is looked at, from 1 (0: none is)."""
    pieces = tuple((number, _piece(one)) for number, one in enumerate(row.tokens, 1))
    return Strip(row, id, f"/ask/{row.id}", link, pieces, _near(row, token) if token else None, of, judged)


def ask(
    models: Sequence[str],
    rows: Sequence[Answering],
    corpora: Sequence[str],
    given: Mapping[str, str],
    trouble: str = "",
) -> bytes:
    """The form for a question, and the questions that were asked.

    Args:
        models: what answers; empty: the server runs none.
        rows: the last answers, the newest first.
        corpora: in which names and numbers of an answer are looked up.
        given: the fields of the form, each by its name.
        trouble: why what was given cannot be asked.
    """
    first = _PLAIN
    if models:
        said = f"{' and '.join(map(visible, models))} {'answers' if len(models) == 1 else 'answer beside each other'}"
        first = Headline("ASK", f"{said} here, token by token.", Tone.TELL)
    if trouble:
        first = Headline("NOT ASKED", f"{trouble[:1].upper()}{trouble[1:]}.", Tone.CARE)
    return page(
        "workbench_ask.html.j2",
        "/ask",
        headline=first,
        caution=CAUTION,
        models=models,
        rows=rows,
        corpora=corpora,
        given=dict.fromkeys(FIELDS, "") | {"most": "128", "temperature": "0", "samples": "0"} | dict(given),
    )


def answer(row: Answering, token: int, partner: Answering | None, *, traced: bool) -> bytes:
    """An answer as far as it is, or with all that is made of it.

    Args:
        token: the number of the one that is looked at, from 1; 0: none is.
        partner: the answer of another model to the same question.
        traced: there are corpora in which the answer can be traced.
    """
    shown = strip(row, token)
    values: dict[str, Any] = {
        "row": row,
        "at": shown.at,
        "traced": traced,
        "shown": shown,
        "partner": partner,
        "links": links("/ask"),
    }
    if row.found is not None:
        return scored_page.page(row.found, values)
    return page(
        "workbench_asking.html.j2",
        "/ask",
        headline=headline(row),
        caution=CAUTION,
        styles=("score.css",),
        scripts=("ask.js",),
        policy=LIVE,
        **{name: value for name, value in values.items() if name != "links"},
    )


def token(row: Answering, number: int) -> bytes:
    """One token as a server-sent event; its number, from 1, is the id from which a stream goes on."""
    return f"id: {number}\ndata: {json.dumps({'n': number, **_piece(row.tokens[number - 1])})}\n\n".encode()


OVER = b'data: {"over": true}\n\n'  # the event that ends a stream


def _piece(one: TokenScore) -> dict[str, Any]:
    """A token as the strip shows it: its text, its step on the scale, and what it is to who hears it."""
    likely = chance(one.logprob)
    others = ", ".join(f"{named(row)} {chance(row.logprob)}" for row in one.alternatives[:3])
    title = f"{visible(one.text.strip()) or 'a space or line break'}: {likely}{f', also {others}' if others else ''}"
    return {"text": visible(one.text, keep="\n"), "step": step(-one.logprob), "title": visible(title)}


def _near(row: Answering, number: int) -> dict[str, Any]:
    """All that is known of a token."""
    one = row.tokens[number - 1]
    rows = [("chance", chance(one.logprob)), ("surprisal", f"{-one.logprob:.2f} nats")]
    rows += [("rank", f"{one.rank:,}")] if one.rank is not None else []
    rows += [("entropy of all that could stand here", f"{one.entropy:.2f} nats")] if one.entropy is not None else []
    rows += [("lead over the likeliest other", f"{one.margin:+.2f} nats")] if one.margin is not None else []
    return {
        "number": number,
        "text": repr(one.text),
        "rows": rows,
        "others": [(named(other), chance(other.logprob)) for other in one.alternatives],
        "last": len(row.tokens),
    }


def headline(row: Answering) -> Headline:
    """How far it is, or why there is none."""
    if row.state is State.FAILED:
        return Headline("NO ANSWER", f"{row.said[:1].upper()}{row.said[1:]}.", Tone.CARE)
    said = {
        State.WAITING: "It waits until the answer before it is there.",
        State.RUNNING: f"{visible(row.model)} writes.",
        State.ENDING: "It is being stopped.",
        State.DONE: "The answer is looked at.",
        State.CANCELLED: f"It was stopped after {many(len(row.tokens), 'token')}.",
    }
    return Headline(str(row.state).upper(), said[row.state], Tone.TELL)
