"""Are there weights that hold nothing?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.parameters._zeros import holes
from assay.facts.finding import Answer, Evidence, informational, review
from assay.facts.role import placed
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex, mixed, of_trainer
from assay.facts.values import TensorSummary

MANY = 0.01  # share of rows from which a person should know the reason
LEAST = 1024  # values of a tensor of a graph that is no mask, shape or state to begin with


@check(
    "weights.dead",
    title="Are there weights that hold nothing?",
    severity=3.0,
    remedy="Ask the publisher whether rows were pruned on purpose; if not, the file is broken or was never trained.",
    aspects=(Aspect.VALUES,),
)
def weights_dead(summaries: tuple[TensorSummary, ...], indexes: tuple[WeightIndex, ...]) -> Iterator[Answer]:
    """A matrix that holds one value only, or rows of zeros, were never trained, were pruned, or were lost.

    So with blocks of a quantised tensor whose scale is zero.
    Rows of zeros in an embedding are common: they pad the vocabulary, and are reported with the tokens. In a graph
    (ONNX, TensorFlow Lite, OpenVINO) masks and states to begin with are such tensors too, in a pickled object data of
    any purpose: there it is told, not asked. An optimizer's state, which some checkpoints hold beside the weights, has
    zeros wherever nothing was learned, and is left out. What a hole in the file explains is left to the check on holes.
    """
    graphs = mixed(indexes)
    explained = {(index.artifact, tensor.name) for index, stretch in holes(indexes, summaries) for tensor, _ in stretch}
    for summary in summaries:
        if (summary.artifact, summary.name) not in explained and not of_trainer(summary.name):
            yield from _dead(summary, summary.artifact in graphs)


def _dead(summary: TensorSummary, of_graph: bool) -> Iterator[Answer]:
    if of_graph:
        if summary.mean is not None and summary.values >= LEAST and summary.minimum == summary.maximum:
            place = Evidence(summary.artifact, name=summary.name)
            yield informational(f"{summary.name}: all {summary.values:,} values are {summary.minimum}", place)
        return
    # symmetric quantisation has one zero point for all (GPTQ, AWQ)
    if len(summary.shape) < 2 or summary.values < 2 or summary.mask or summary.name.endswith(".qzeros"):
        return
    place = Evidence(summary.artifact, name=summary.name)
    if summary.distinct <= 1 or (summary.minimum is not None and summary.minimum == summary.maximum):
        one = "the same" if summary.minimum is None else summary.minimum
        yield review(f"{summary.name}: all {summary.values:,} values are {one}", place)
        return
    if summary.scales_zero:
        yield informational(
            f"{summary.name}: {summary.scales_zero:,} block scales are zero, so that their blocks hold nothing", place
        )
    rows = summary.rows
    if rows is None or placed(summary.name).role in ("embedding", "head"):
        return
    empty = rows.dead + rows.constant
    if empty:
        words = f"{summary.name}: {rows.dead:,} of {rows.count:,} rows are zero, {rows.constant:,} hold one value"
        first = ", ".join(map(str, rows.dead_rows[:8]))
        seen = Evidence(summary.artifact, f"rows {first}" if first else "", name=summary.name)
        yield review(words, seen) if empty >= MANY * rows.count else informational(words, seen)
