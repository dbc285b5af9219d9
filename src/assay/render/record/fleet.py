"""A fleet as text and Markdown: what got worse and what could not be audited first, then a line for each model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from assay.facts.dossier import Verdict
from assay.facts.fleet import FleetRow
from assay.render.headline import Headline, Tone
from assay.render.record.kept import audit_lines, numbers
from assay.render.terminal import Paint, painter, wrapped
from assay.render.visible import escaped, visible
from assay.text.many import many

_ORDER = (Verdict.FAILED, Verdict.INCOMPLETE, Verdict.PASSED)  # the worst first
_MOST = 200  # models that are listed one by one, unless all are asked for


def headline(rows: Sequence[FleetRow]) -> Headline:
    """How many models have which verdict, how many are new or worse, and how many were read."""
    verdicts = Counter(row.audit.verdict for row in rows if row.audit)
    troubles = sum(not row.audit for row in rows)
    parts = [f"{verdicts[name]:,} {name}" for name in _ORDER if verdicts[name]]
    parts += [f"{troubles:,} not audited"] if troubles else []
    new, bad = sum(row.audit is not None and row.before is None for row in rows), sum(map(worse, rows))
    read, asked = sum(row.read for row in rows), sum(row.rules for row in rows)
    rules = f"{asked:,} by rules only, " if asked else ""
    looked = f"{read:,} read, {rules}the rest as they were."
    said = f"{many(len(rows), 'model')}: {', '.join(parts)}. {_changed(new, bad)}{looked}"
    word, tone = _word(verdicts, troubles)
    return Headline(word, said, tone)


def lines(rows: Sequence[FleetRow], colour: bool = False, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """For a terminal: without `verbose` those that are not as they were and PASSED, and at most `_MOST`."""
    paint = painter(colour)
    yield from headline(rows).lines(paint, width)
    shown = [row for row in _sorted(rows) if verbose or not _quiet(row)]
    for row in shown if verbose else shown[:_MOST]:
        yield from _row(row, paint, width)
    left = len(rows) - (len(shown) if verbose else min(len(shown), _MOST))
    if left:
        yield from wrapped(f"{many(left, 'model')} more: with -v, or  assay list", "", width)
    yield from _namesakes(rows, width)


def markdown(rows: Sequence[FleetRow]) -> Iterator[str]:
    """For a job's summary: the first line, then a table, the rest folded."""
    found = headline(rows)
    yield f"**{found.word}** {visible(found.sentence)}"
    yield ""
    ordered = _sorted(rows)
    first = [row for row in ordered if not _quiet(row)]
    yield from _table(first[:_MOST])
    rest = [*first[_MOST:], *(row for row in ordered if _quiet(row))]
    if rest:
        yield f"<details><summary>{many(len(rest), 'model')} more</summary>"
        yield ""
        yield from _table(rest)
        yield "</details>"


def worse(row: FleetRow) -> bool:
    """Whether the verdict is worse than that of the audit before."""
    if not row.audit or not row.before:
        return False
    return _ORDER.index(Verdict(row.audit.verdict)) < _ORDER.index(Verdict(row.before.verdict))


def _word(verdicts: Counter[str], troubles: int) -> tuple[str, Tone]:
    if verdicts[Verdict.FAILED]:
        return Verdict.FAILED, Tone.STOP
    if troubles:
        return "NOT AUDITED", Tone.CARE
    if verdicts[Verdict.INCOMPLETE]:
        return Verdict.INCOMPLETE, Tone.CARE
    return Verdict.PASSED, Tone.TELL


def _changed(new: int, bad: int) -> str:
    parts = [f"{new:,} new"] if new else []
    parts += [f"{bad:,} worse than before"] if bad else []
    return f"{', '.join(parts)}. " if parts else ""


def _quiet(row: FleetRow) -> bool:
    """Whether there is nothing to say of it: it passes, and is what it was."""
    same = row.audit and row.before and row.audit.dossier == row.before.dossier
    return bool(row.audit and row.audit.verdict == Verdict.PASSED and same)


def _sorted(rows: Sequence[FleetRow]) -> list[FleetRow]:
    def rank(row: FleetRow) -> tuple[int, int, str]:
        verdict = _ORDER.index(Verdict(row.audit.verdict)) if row.audit else -1
        return (0 if worse(row) else 1, verdict, row.reference)

    return sorted(rows, key=rank)


def _row(row: FleetRow, paint: Paint, width: int) -> Iterator[str]:
    if not row.audit:
        said = visible(f"NOT AUDITED {row.reference} ({row.place}): {row.trouble}")
        yield from wrapped(said, "", width, " " * 12)
        return
    yield from audit_lines(row.audit, paint, width, _label(row))


def _label(row: FleetRow) -> str:
    if row.audit and row.before is None:
        return "new"
    if worse(row) and row.before:
        return f"was {row.before.verdict}{', rules only' if row.rules else ''}"
    changed = row.audit and row.before and row.audit.files != row.before.files
    return "changed" if changed else "rules only" if row.rules else ""


def _table(rows: Sequence[FleetRow]) -> Iterator[str]:
    if not rows:
        return
    yield "| verdict | model | |"
    yield "| --- | --- | --- |"
    for row in rows:
        if row.audit:
            what = ", ".join(filter(None, (_label(row), numbers(row.audit))))
            yield f"| {row.audit.verdict} | {escaped(row.audit.name)} | {escaped(what)} |"
        else:
            yield f"| not audited | {escaped(row.reference)} | {escaped(row.trouble)} |"
    yield ""


def _namesakes(rows: Sequence[FleetRow], width: int) -> Iterator[str]:
    """Models that share a name share a history, which says nothing of either."""
    names = Counter(row.audit.name for row in rows if row.audit)
    for name, number in names.items():
        if number > 1:
            said = f"{number:,} models are called {visible(name)} and have one history: give each a name of its own"
            yield from wrapped(said, "", width)
