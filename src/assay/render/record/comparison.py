"""A comparison of two models as text: the relation first, why, then the tensors that changed most."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from assay.facts.comparison import Comparison, Relation, State, TensorDifference
from assay.render.visible import visible

MOST = 20
_COLOURS = {Relation.UNKNOWN: "1;30;43", Relation.UNRELATED: "1;37;41"}


def lines(
    found: Comparison, model: str, colour: bool = False, width: int = 100, verbose: bool = False
) -> Iterator[str]:
    """The lines of the report; with `verbose` every tensor."""
    head = f" {found.relation.upper()} "
    yield f"{visible(model)}  against  {visible(found.base)}"
    yield ""
    yield (f"\x1b[{_COLOURS.get(found.relation, '1;37;42')}m{head}\x1b[0m" if colour else head) + f"  {_margin(found)}"
    for sentence in found.why:
        yield from textwrap.wrap(visible(sentence), width, initial_indent="   ", subsequent_indent="   ")
    yield ""
    states = Counter(row.state for row in found.differences)
    yield "tensors  " + (", ".join(f"{states[state]:,} {state}" for state in State if states[state]) or "none matched")
    for label, names in (("missing", found.missing), ("extra", found.extra)):
        if names:
            more = f" and {len(names) - 6:,} more" if len(names) > 6 else ""
            yield from textwrap.wrap(
                f"{label:8} {len(names):,}: {', '.join(map(visible, names[:6]))}{more}",
                width,
                subsequent_indent=" " * 9,
            )
    changed = sorted(
        (row for row in found.differences if row.state is not State.IDENTICAL),
        key=lambda row: (-row.relative, row.name),
    )
    shown = changed if verbose else changed[:MOST]
    if shown:
        yield ""
        yield f"{'tensor':44} {'relative':>9} {'cosine':>9} {'largest':>9} {'changed':>8}  what"
        yield from (_row(row) for row in shown)
        if len(changed) > len(shown):
            yield f"... and {len(changed) - len(shown):,} more; all of them with --verbose or -o json"


def _margin(found: Comparison) -> str:
    if found.relation is Relation.UNKNOWN:
        return f"nearest: {found.runner_up}"
    if found.margin >= 9:
        return "exact"
    return f"margin 10^{found.margin:.2f} to {found.runner_up!s}"


def _row(row: TensorDifference) -> str:
    parts = [str(row.state)]
    if row.rank is not None:
        parts.append(f"rank {row.rank} holds {row.energy:.1%}")
    if row.inside is not None:
        parts.append(f"{row.inside:.2%} in their cell")
    if row.equal is not None:
        parts.append(f"{row.equal:.2%} of blocks equal")
    return f"{visible(row.name)[:44]:44} {row.relative:9.4f} {row.cosine:9.5f} {row.largest:9.3g} {row.share:8.2%}  {', '.join(parts)}"
