"""A comparison of two models as text: the relation first, why, then the tensors that changed most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from assay.facts.comparison import Comparison, Relation, State, TensorDifference
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, table, wrapped
from assay.render.visible import visible

MOST = 20
_SENTENCES = {
    Relation.IDENTICAL: "Every weight is that of the base",
    Relation.CAST: "The weights of the base, stored in another type",
    Relation.QUANTISED: "The weights of the base, stored with fewer bits",
    Relation.QUANTISED_CHANGED: "Weights made from those of the base, stored with fewer bits",
    Relation.ADAPTER_MERGE: "The base with a change of low rank merged in",
    Relation.ABLATION: "The base with one direction taken out of its activations",
    Relation.PRUNED: "The base with values set to zero",
    Relation.FINE_TUNE: "The base, trained further",
    Relation.CONTINUED: "The base, trained much further",
    Relation.MERGE: "A mix of the base and other models",
    Relation.LAYERS: "The base with layers left out or repeated",
    Relation.VOCABULARY: "The base with another vocabulary",
    Relation.PERMUTED: "The base in other coordinates, such as another order of neurons",
    Relation.UNRELATED: "Its layers do not come from the base",
    Relation.UNKNOWN: "The numbers do not decide how it is related to the base",
}


def headline(found: Comparison, expected: Sequence[str] = ()) -> Headline:
    """The relation, with whether it is among those `expected`, if some are: another is what exits 1."""
    sentence = f"{_SENTENCES[found.relation]} ({margin_words(found)})."
    met = found.relation in expected
    if expected:
        sentence += " As expected." if met else f" Expected: {' or '.join(expected)}."
    tone = Tone.CARE if found.relation is Relation.UNKNOWN else Tone.TELL
    return Headline(found.relation.upper(), sentence, (Tone.GO if met else Tone.STOP) if expected else tone)


def lines(
    found: Comparison,
    model: str,
    expected: Sequence[str] = (),
    colour: bool = False,
    width: int = 100,
    verbose: bool = False,
) -> Iterator[str]:
    """The lines of the report; with `verbose` every tensor."""
    yield from wrapped(f"{visible(model)}  against  {visible(found.base)}", "", width)
    yield ""
    yield from headline(found, expected).lines(painter(colour), width)
    for sentence in found.why:
        yield from wrapped(visible(sentence), "   ", width)
    yield ""
    yield from wrapped(f"tensors  {state_words(found)}", "", width, " " * 9)
    for label, names in (("missing", found.missing), ("extra", found.extra)):
        if names:
            more = f" and {len(names) - 6:,} more" if len(names) > 6 else ""
            shown = f"{label:8} {len(names):,}: {', '.join(map(visible, names[:6]))}{more}"
            yield from wrapped(shown, "", width, " " * 9)
    rows = changed(found)
    if rows:
        yield ""
        headings = ("tensor", ">relative", ">cosine", ">largest", ">changed", "what")
        yield from table(headings, [_row(row) for row in (rows if verbose else rows[:MOST])], width)
        if len(rows) > MOST and not verbose:
            yield f"... and {len(rows) - MOST:,} more; all of them with --verbose or -o json"


def changed(found: Comparison) -> list[TensorDifference]:
    """The tensors that are not identical, those first that changed most."""
    rows = (row for row in found.differences if row.state is not State.IDENTICAL)
    return sorted(rows, key=lambda row: (-row.relative, row.name))


def margin_words(found: Comparison) -> str:
    """How far the relation lies from the next one."""
    if found.relation is Relation.UNKNOWN:
        return f"nearest: {found.runner_up}"
    if found.margin >= 9:
        return "exact"
    return f"margin 10^{found.margin:.2f} to {found.runner_up!s}"


def state_words(found: Comparison) -> str:
    """How many tensors are identical, re-cast, re-quantised, changed."""
    states = Counter(row.state for row in found.differences)
    return ", ".join(f"{states[state]:,} {state}" for state in State if states[state]) or "none matched"


def _row(row: TensorDifference) -> tuple[str, ...]:
    parts = [str(row.state)]
    if row.rank is not None:
        parts.append(f"rank {row.rank} holds {row.energy:.1%}")
    if row.inside is not None:
        parts.append(f"{row.inside:.2%} in their cell")
    if row.equal is not None:
        parts.append(f"{row.equal:.2%} of blocks equal")
    numbers = (f"{row.relative:.4f}", f"{row.cosine:.5f}", f"{row.largest:.3g}", f"{row.share:.2%}")
    return (visible(row.name), *numbers, ", ".join(parts))
