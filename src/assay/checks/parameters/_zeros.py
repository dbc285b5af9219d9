"""Stretches of zeros in a weight file that no tensor's shape explains."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.tensor import TensorSpec, WeightIndex
from assay.facts.values import TensorSummary

Row = tuple[TensorSpec, TensorSummary]


def holes(
    indexes: tuple[WeightIndex, ...], summaries: tuple[TensorSummary, ...]
) -> Iterator[tuple[WeightIndex, tuple[Row, ...]]]:
    """Each stretch: its file, a tensor that ends in zeros, those of zeros that follow, one that begins with some."""
    files: dict[str, dict[str, TensorSummary]] = {}
    for row in summaries:
        files.setdefault(row.artifact, {})[row.name] = row
    for index in indexes:
        rows = files.get(index.artifact, {})
        if any(map(_zero, rows.values())):
            yield from ((index, stretch) for stretch in _stretches(index, rows))


def _stretches(index: WeightIndex, rows: dict[str, TensorSummary]) -> Iterator[tuple[Row, ...]]:
    ordered = sorted(index.tensors, key=lambda tensor: (tensor.start, tensor.stop))
    known = [(tensor, rows[tensor.name]) for tensor in ordered if tensor.name in rows and tensor.stop > tensor.start]
    at = 0
    while at < len(known):
        if not _ends_in_zeros(known[at][1]):
            at += 1
            continue
        last = at + 1
        while last < len(known) and _zero(known[last][1]):
            last += 1
        if last > at + 1 and last < len(known) and _begins_with_zeros(known[last][1]):
            yield tuple(known[at : last + 1])
        at = last


def _zero(row: TensorSummary) -> bool:
    return row.values > 0 and row.zeros == row.values


def _ends_in_zeros(row: TensorSummary) -> bool:
    """Whether all rows from some row on are zero, and not all of them."""
    lines = row.rows
    return bool(lines and 0 < lines.dead < lines.count and lines.dead_rows[0] + lines.dead == lines.count)


def _begins_with_zeros(row: TensorSummary) -> bool:
    lines = row.rows
    return bool(lines and 0 < lines.dead < lines.count and lines.dead_rows == tuple(range(len(lines.dead_rows))))
