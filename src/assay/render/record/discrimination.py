"""How well each score discriminates, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.facts.calibration import Worth


def table(rows: Sequence[Worth], chosen: str, wrong: float, width: int) -> Iterator[str]:
    """A heading and a line a score: `chosen` is marked, `wrong` is the share of errors, names take `width` columns."""
    chance = f"(chance: AUROC 0.500, AUPRC {wrong:.3f}, PRR 0)"
    inside = any(row.within is not None for row in rows)
    topics = "  within topics" if inside else ""
    yield f"{'score':<{width}} {'AUROC':>6}  95 % interval  {topics} {'AUPRC':>6} {'PRR':>6}   {chance}"
    for row in rows:
        name = f"{'*' if row.score == chosen else ' '}{row.score}"
        within = "" if not inside else f"  {'-' if row.within is None else format(row.within, '.3f'):>13}"
        interval = f"{row.low:.3f} to {row.high:.3f}"
        yield f"{name:<{width}} {row.auroc:6.3f}  {interval}{within}  {row.auprc:6.3f} {row.prr:6.3f}"
