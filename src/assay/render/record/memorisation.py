"""A memorisation report for a terminal: how much is repeated by how often it occurs, beside what could be guessed."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.memorisation import Group, Memorisation
from assay.render.visible import visible

_BARS = 24
CAUTIONS = (
    "What a model repeats it may have from elsewhere; passages that are held out show how much can be guessed.",
    "Membership of a single text cannot be told from these numbers; where a blind number does as well, the sets differ, not the model's memory.",
)


def lines(found: Memorisation, verbose: bool = False) -> Iterator[str]:
    """The lines of the report."""
    yield f"{visible(found.model)}  beside {', '.join(visible(row.name) for row in found.corpora)} ({sum(row.documents for row in found.corpora):,} documents)"
    yield visible(found.runtime)
    yield ""
    yield f"passages of {found.prefix} words, and whether the {found.suffix} that follow come back word for word (greedy)"
    yield f"{'occurs':>12} {'asked':>6} {'repeated':>9}  {'95 % interval':<18} {'':<{_BARS}}  drawn at least once in 1 / 10 / 100 / 1,000 tries"
    for row in (*found.groups, *((found.held_out,) if found.held_out else ())):
        share = row.repeated / row.passages
        bar = "#" * round(share * _BARS)
        tries = " / ".join(f"{100 * one.share:.0f} %" for one in row.discoverable)
        yield f"{_often(row):>12} {row.passages:>6} {100 * share:>8.0f}%  {100 * row.share_low:4.1f} to {100 * row.share_high:5.1f} %    {bar:<{_BARS}}  {tries}"
    if found.canaries:
        yield ""
        yield "canaries: bits of exposure among 63 other secrets"
        for canary in found.canaries:
            name = f"planted {canary.copies} times" if canary.copies else "never planted"
            yield f"  {name:<18} {canary.count:>4}  median {canary.median:4.1f}  greatest {canary.greatest:4.1f}  of {canary.most:.0f}"
    if found.told:
        yield ""
        yield "telling its documents from held-out ones (AUROC; 0.500 is chance)"
        for told in found.told:
            kind = "without the model" if told.blind else "by the model"
            yield f"  {told.id:<26} {kind:<18} {told.auroc:.3f}  {told.low:.3f} to {told.high:.3f}"
    if found.free:
        yield ""
        yield f"{found.free.texts} texts of its own, {found.free.words:,} words: {100 * found.free.verbatim:.1f} % of them in runs of 20 words or more that stand in the corpora"
        for text in found.free.longest[: None if verbose else 3]:
            yield f"  {' '.join(visible(text).split())[:110]}"
    if found.repeated:
        yield ""
        yield "repeated, the rarest first"
        for passage in found.repeated[: None if verbose else 5]:
            yield f"  {passage.count:,} times, {visible(passage.document)[:40]}: ...{' '.join(visible(passage.prefix).split())[-50:]} | {' '.join(visible(passage.suffix).split())[:90]}"
    yield ""
    yield from (f"not known: {text}" for text in found.missing)
    yield from CAUTIONS


def _often(row: Group) -> str:
    if not row.high:
        return "held out"
    return (
        f"{row.low}"
        if row.low == row.high
        else f"{row.low} or more"
        if row.high > 1 << 30
        else f"{row.low} to {row.high}"
    )
