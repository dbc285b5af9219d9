"""Do rows of a matrix repeat each other?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, informational, review
from assay.facts.role import placed
from assay.facts.structure import Aspect
from assay.facts.tensor import WeightIndex, mixed, of_trainer
from assay.facts.values import TensorSummary

MANY = 0.01


@check(
    "weights.repeated-rows",
    title="Do rows of a matrix repeat each other?",
    severity=2.0,
    remedy=(
        "Ask whether the model was widened by copying; duplicated rows add size and no ability until trained further."
    ),
    aspects=(Aspect.VALUES,),
)
def weights_repeated(summary: TensorSummary, indexes: tuple[WeightIndex, ...]) -> Iterator[Answer]:
    """Training never leaves two rows equal to the last bit; copying does.

    Rows are compared by a 64-bit hash of their bytes. Equal embedding rows belong to tokens that were never trained and
    are reported with the tokens. Not asked of graphs and pickled objects, whose masks, tables and data repeat rows, nor
    of an optimizer's state.
    """
    if summary.artifact in mixed(indexes) or of_trainer(summary.name):
        return
    rows = summary.rows
    if rows is None or not rows.duplicate or placed(summary.name).role in ("embedding", "head"):
        return
    groups = "; ".join(" = ".join(map(str, group[:6])) for group in rows.groups[:4])
    place = Evidence(summary.artifact, f"rows {groups}", name=summary.name)
    words = f"{summary.name}: {rows.duplicate:,} of {rows.count:,} rows repeat another row"
    yield review(words, place) if rows.duplicate >= MANY * rows.count else informational(words, place)
