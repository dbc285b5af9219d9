"""Known models beside one model, as text: which of them has an origin in common with it, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.facts.comparison import Kinship
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, table
from assay.render.visible import visible

_FOUND, _UNKNOWN = "common origin", "cannot tell"  # how the verdicts of a kinship begin


def headline(rows: Sequence[Kinship], known: int | None = None) -> Headline:
    """Which known models are relatives; amber where none is, and of some that cannot be told.

    Args:
        known: of how many models these are the ones that were looked at; by default there are no others.
    """
    kin = [row for row in rows if row.verdict.startswith(_FOUND)]
    doubt = sum(row.verdict.startswith(_UNKNOWN) for row in rows)
    many = len(rows) if known is None else known
    said = f"{many:,} {'known' if known is None else 'kept'} model{'s' if many != 1 else ''}"
    rest = f" Of {doubt:,} it could not be told." if doubt else ""
    if kin:
        names = ", ".join(row.name for row in kin[:3]) + (f" and {len(kin) - 3:,} more" if len(kin) > 3 else "")
        return Headline("COMMON ORIGIN", f"It shares its origin with {names}, of {said}.{rest}", Tone.TELL)
    if doubt:
        return Headline("CANNOT TELL", f"No common origin was found among {said}.{rest}", Tone.CARE)
    return Headline("NONE FOUND", f"It shares its origin with none of {said}.", Tone.TELL)


def lines(model: str, rows: Sequence[Kinship], colour: bool = False, width: int = 100) -> Iterator[str]:
    """The lines of the report."""
    yield f"{visible(model)}  beside known models"
    yield from headline(rows).lines(painter(colour), width)
    yield ""
    headings = ("known model", ">same place", ">10^", ">same tokens", ">10^", ">vocabulary", "verdict")
    yield from table(headings, [_row(row) for row in rows], width)


def _row(row: Kinship) -> tuple[str, ...]:
    place, basis = f"{row.fixed:,} of {row.matched:,}", f"{row.agreed:,} of {row.paired:,}"
    powers = (str(round(row.fixed_log10_p)), str(round(row.agreed_log10_p)))
    return (visible(row.name), place, powers[0], basis, powers[1], f"{row.shared_tokens:.0%}", row.verdict)
