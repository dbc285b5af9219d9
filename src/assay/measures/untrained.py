"""Which matrices are at their initialiser, as if they had not been trained."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import InputError
from assay.facts.tensor import of_trainer
from assay.facts.values import Likeness, TensorSummary, Untrained
from assay.lazy import regex
from assay.measures import Cost, Material, Measure

MOST = 64  # matrices looked at: 0.1 s
_NUMBER = regex(r"\d+")


def run(material: Material) -> Iterator[Untrained]:
    """The matrices that may be at their initialiser by one pass, and what a block of each says."""
    summaries: tuple[TensorSummary, ...] = material.all("TensorSummary")
    if not summaries:
        return
    from assay.weights import tensors
    from assay.weights.untrained import candidate, likeness, testable

    tested = [row for row in summaries if testable(row) and not of_trainer(row.name)]
    candidates = {(row.artifact, row.name): row for row in tested if candidate(row)}
    chosen = _spread(list(candidates.values()))
    looked: list[Likeness] = []
    for index, found in tensors(material.walk, material.all("WeightIndex"), material.progress) if chosen else ():
        row = chosen.get((index.artifact, found.name))
        try:
            seen = likeness(row, found) if row is not None else None
        except (InputError, ValueError):  # of a type that is read in the pass only
            continue
        if seen is not None:
            looked.append(seen)
    yield Untrained(len(tested), len(candidates), tuple(looked))


def _spread(rows: list[TensorSummary]) -> dict[tuple[str, str], TensorSummary]:
    """At most MOST of them: of every role in turn, evenly over its layers."""
    roles: dict[str, list[TensorSummary]] = {}
    for row in rows:
        roles.setdefault(_NUMBER.sub("*", row.name), []).append(row)
    each = max(1, MOST // max(1, len(roles)))
    out: list[TensorSummary] = []
    for found in roles.values():
        step = max(1.0, len(found) / each)
        out += [found[int(at * step)] for at in range(min(each, len(found)))]
    return {(row.artifact, row.name): row for row in out[:MOST]}


MEASURE = Measure("untrained", ("WeightIndex", "TensorSummary"), ("Untrained",), Cost.WEIGHTS, run)
