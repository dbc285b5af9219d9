"""What became of a fleet as text and Markdown: the worst first, each with why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assay.facts.fleet_change import Became, FleetChange, ModelChange
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, wrapped
from assay.render.visible import escaped, visible
from assay.text.many import many

_COLOURS = {Became.WORSE: "31", Became.BETTER: "32"}


def headline(found: FleetChange) -> Headline:
    """How many models are worse, new, better, changed and gone."""
    often = Counter(row.became for row in found.rows)
    parts = [f"{often[became]:,} {became}" for became in Became if often[became]]
    if not parts:
        return Headline("SAME", f"{many(found.same, 'model')}, all as they were.", Tone.GO)
    said = f"{', '.join(parts)}. {many(found.same, 'model')} as before."
    return Headline("WORSE", said, Tone.STOP) if found.worse else Headline("CHANGED", said, Tone.CARE)


def lines(found: FleetChange, colour: bool = False, width: int = 100) -> Iterator[str]:
    """For a terminal."""
    paint = painter(colour)
    yield f"{visible(found.before)}  ->  {visible(found.after)}"
    yield from headline(found).lines(paint, width)
    for row in found.rows:
        head = f"{row.became:<8} {visible(row.model)}  {_verdicts(row)}"
        yield head.replace(row.became, paint(row.became, _COLOURS.get(row.became, "")), 1)
        for why in row.why:
            yield from wrapped(visible(why), " " * 9, width, " " * 11)


def markdown(found: FleetChange) -> Iterator[str]:
    """For a job's summary."""
    said = headline(found)
    yield f"**{said.word}** {visible(said.sentence)}"
    yield ""
    if found.rows:
        yield "| | model | verdict | why |"
        yield "| --- | --- | --- | --- |"
    for row in found.rows:
        why = "; ".join(row.why)
        yield f"| {row.became} | {escaped(row.model)} | {escaped(_verdicts(row))} | {escaped(why)} |"


def _verdicts(row: ModelChange) -> str:
    before, after = (side.verdict if side else "" for side in (row.before, row.after))
    return " -> ".join(dict.fromkeys(filter(None, (before, after))))
