"""Are matrices at their initialiser, as if they had not been trained?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assay.checks import check
from assay.facts.config import AdapterConfig
from assay.facts.finding import Answer, Evidence, Kind, informational, passed, review
from assay.facts.role import placed
from assay.facts.structure import Aspect
from assay.facts.values import Likeness, Untrained

MOST_SHOWN, MOST_EVIDENCE = 4, 50
NEARLY_ALL = 0.9  # share of the matrices that tells a model before training from one with a part that was not trained


@check(
    "weights.untrained",
    title="Are matrices at their initialiser, as if they had not been trained?",
    severity=3.0,
    remedy=(
        "Ask the publisher whether they were trained: a model made for tests need not be, a part that is not used may "
        "stay as it was, and a loader that missed a name fills the tensor like this."
    ),
    aspects=(Aspect.VALUES,),
)
def weights_untrained(untrained: Untrained, adapters: tuple[AdapterConfig, ...]) -> Iterator[Answer]:
    """Random numbers have names, shapes and finite values as a model has, and pass every test of these.

    An initialiser draws values independently, of one scale, normal or uniform: their kurtosis is known, their rows are
    uncorrelated, and their spectrum ends where the law of Marchenko and Pastur says. Training leaves none of it. A
    matrix that keeps all of it is named, in so many words: it is at its initialiser, which is all that its numbers say.
    A little training does not show: a small model after some hundred steps may have matrices that are named. The first
    factors of a low-rank adapter stay near theirs by design and are not counted.
    """
    own = [row for row in untrained.looked if not (adapters and "lora_" in row.name)]
    found = [row for row in own if row.scheme]
    unseen = untrained.candidates - len(untrained.looked)
    if not untrained.tested:
        yield Answer(Kind.NOT_APPLICABLE, "no tensor is a matrix of values large enough to show training")
        return
    if not found:
        yield passed(
            f"{untrained.tested - unseen:,} matrices are not distributed as an initialiser leaves them: "
            f"{untrained.tested - untrained.candidates:,} by their kurtosis, {len(untrained.looked):,} by a block of "
            "rows" + (f"; {unseen:,} more, which may be by their kurtosis, were not looked at" if unseen else "")
            if untrained.candidates
            else f"{untrained.tested:,} matrices are not distributed as an initialiser leaves them, by their kurtosis"
        )
        return
    share = len(found) / len(untrained.looked) * untrained.candidates / untrained.tested
    names = ", ".join(row.name for row in found[:MOST_SHOWN])
    kinds = ", ".join(kind for kind, _ in Counter(row.scheme for row in found).most_common(3))
    if share >= NEARLY_ALL:
        yield review(
            f"the weights are at their initialiser: {len(found):,} of {len(untrained.looked):,} matrices looked at, of "
            f"{untrained.tested:,}, have independent values of one scale ({kinds}), as before training",
            *map(_place, found[:MOST_EVIDENCE]),
        )
        return
    layers = [row for row in found if placed(row.name).layer is not None]
    answer = review if layers else informational
    yield answer(
        f"{len(found):,} of {untrained.tested:,} matrices are at their initialiser ({kinds}), and "
        f"{f'{unseen:,} were not looked at, the others are not' if unseen else 'the others are not'}: "
        f"{names}{', ...' if len(found) > MOST_SHOWN else ''}",
        *map(_place, found[:MOST_EVIDENCE]),
    )


def _place(row: Likeness) -> Evidence:
    seen = (
        f"{row.scheme}, deviation {row.deviation:.4g}, kurtosis {row.kurtosis:.3f}; correlation of rows "
        f"{row.correlation:+.1f}, greatest eigenvalue {row.largest:+.1f} standard deviations from independent values"
    )
    return Evidence(row.artifact, seen, name=row.name)
