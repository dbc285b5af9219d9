"""How well each score discriminates, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.facts.calibration import Worth
from assay.render.terminal import table, wrapped


def discrimination(rows: Sequence[Worth], chosen: str, wrong: float, width: int) -> Iterator[str]:
    """A line a score, `chosen` marked, and what chance gives; `wrong` is the share of errors."""
    inside = any(row.within is not None for row in rows)
    headings = ("score", ">AUROC", ">95 % interval", *((">within topics",) if inside else ()), ">AUPRC", ">PRR")
    said = []
    for row in rows:
        within = ("-" if row.within is None else f"{row.within:.3f}",) if inside else ()
        name = f"{'*' if row.score == chosen else ' '}{row.score}"
        interval = f"{row.low:.3f} to {row.high:.3f}"
        said.append((name, f"{row.auroc:.3f}", interval, *within, f"{row.auprc:.3f}", f"{row.prr:.3f}"))
    yield from table(headings, said, width)
    yield from wrapped(f"chance: AUROC 0.500, AUPRC {wrong:.3f}, PRR 0", " ", width)
