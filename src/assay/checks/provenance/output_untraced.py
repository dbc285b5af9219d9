"""Was no output compared with the training data?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.corpus import CorpusRecord
from assay.facts.finding import Answer, unknown
from assay.facts.model import Model


@check(
    "output.untraced",
    title="Was no output compared with the training data?",
    severity=2.0,
    remedy=(
        "Where the publisher offers the data, index it (`assay corpus build`), then trace what the "
        "model writes (`assay trace FILE --corpus DIR`) and give the index to the audit (--corpus)."
    ),
)
def output_untraced(model: Model, corpora: tuple[CorpusRecord, ...]) -> Iterator[Answer]:
    """Which documents an output repeats can only be found by searching the training data.

    An audit does not run the model, so what it writes has to be traced apart. Where the training data is not published
    the question cannot be answered by anybody but the publisher: memorised text, its sources and their licences stay
    unknown.
    """
    if not model.artifacts:
        return
    if corpora:
        words = sum(corpus.words for corpus in corpora)
        yield unknown(
            f"the model was not run: trace what it writes in the {words:,} words of the corpus with `assay trace`"
        )
    elif model.stated("datasets"):
        yield unknown(
            "data sets are named but no corpus was given, "
            "so it is not known what the model has memorised and from where"
        )
    else:
        yield unknown(
            "this cannot be answered: no training data is published, "
            "so nobody can tell what the model has memorised, from where, and under which licence"
        )
