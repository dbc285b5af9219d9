"""Is the model something else than the change to its base that it is said to be?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.comparison import Comparison, Relation
from assay.facts.finding import Answer, Kind, fail, informational, passed, review, unknown
from assay.facts.model import Model, stated_at

R = Relation
# what a card may call it (huggingface_hub model cards, base_model_relation) -> relations that agree with the word
_AGREE = {
    "finetune": {R.FINE_TUNE, R.ADAPTER_MERGE, R.CONTINUED, R.VOCABULARY},
    "quantized": {R.QUANTISED, R.CAST},
    "merge": {R.MERGE, R.FINE_TUNE, R.CONTINUED, R.LAYERS, R.ADAPTER_MERGE},
    "adapter": {R.ADAPTER_MERGE},
    "new_version": set(R) - {R.UNRELATED},
}
_DESCENDS = set(R) - {R.UNRELATED, R.UNKNOWN}


@check(
    "base.not-as-claimed",
    title="Is the model something else than the change to its base that it is said to be?",
    severity=6.0,
    remedy=(
        "Ask the publisher how the model was made. Terms, evaluations and "
        "defects of the base carry over only to what descends from it as stated."
    ),
)
def base_not_as_claimed(comparisons: tuple[Comparison, ...], model: Model) -> Iterator[Answer]:
    """`base_model` and `base_model_relation` are claims, and the weights can be asked (with `--base`).

    Every tensor is compared with its counterpart in the given base; the relation that explains the differences, with
    its margin, is held against the word in the card. A quantised release of something else than the base, or a
    fine-tune whose layers are not its base's, is a fail; an embedding, a tower or a computed table that both have is
    named, and makes no descendant. Where the numbers do not decide, the question stays open.
    """
    if not comparisons:
        yield Answer(Kind.NOT_APPLICABLE, "no base was given to compare with (--base)")
        return
    (found,) = comparisons
    stated, bases = model.stated("base_model_relation"), model.stated("base_model")
    places = [stated_at(*row) for row in (*stated, *bases)]
    said = (
        f"{found.relation} of {found.base!r}"
        if found.relation not in (R.UNRELATED, R.UNKNOWN, R.IDENTICAL)
        else f"{found.relation}, compared with {found.base!r}"
    )
    words = f"{said}: {found.why[0]}"
    if found.relation is R.UNKNOWN:
        yield unknown(words, *places)
    elif not bases and not stated:
        yield informational(words)
    elif found.relation is R.UNRELATED:
        none = "no weights of the base that it names were found in the model"
        other = "the body of the model is not that of the base that it names"
        yield fail(f"{other if found.shared else none}: {words}", *places)
    elif not stated:
        yield passed(words, *places)
    else:
        claim = stated[0][1].text.strip().lower()
        agrees = _AGREE.get(claim, _DESCENDS)
        if found.relation in agrees or (found.relation is R.IDENTICAL and claim == "new_version"):
            yield passed(f"{claim!r} stated; {words}", *places)
        elif claim == "quantized" or found.relation is R.IDENTICAL:
            yield fail(f"{claim!r} stated; {words}", *places)
        else:
            yield review(f"{claim!r} stated; {words}", *places)
