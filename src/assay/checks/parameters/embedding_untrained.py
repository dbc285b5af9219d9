"""Are there tokens that no text has trained?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, informational, passed, review, unknown
from assay.facts.values import TokenReview, UntrainedToken

SHOWN = 6
_ASK = "Ask the publisher which tokens no text has trained: too few are known to be unused for a comparison."


@check(
    "embedding.untrained",
    title="Are there tokens that no text has trained?",
    severity=3.0,
    remedy=(
        "Keep the listed tokens out of input where that is possible: "
        "a model answers them with whatever its start left there."
    ),
    references=("Land and Bartolo, Fishing for Magikarp, 2024",),
)
def embedding_untrained(review_: TokenReview) -> Iterator[Answer]:
    """A token that training never showed makes a model behave in ways nobody has seen, and is a handle for attacks.

    Control tokens that were set aside, and rows beyond the vocabulary, show what an untrained row looks like. Ordinary
    tokens whose rows point the same way (cosine of 0.9 or more after taking away the mean row) are listed, with their
    text and whether text can produce them. Candidates, by the weights alone: running the model would confirm them.
    """
    place = Evidence(review_.artifact, name=review_.tensor)
    if review_.reason:
        yield unknown(f"no untrained row is known to compare with: {review_.reason}", place, remedy=_ASK)
        return
    listed = [token for token in review_.listed if token.cosine >= 0.9]
    if not review_.alike:
        yield passed(
            f"none of {review_.rows:,} rows is like the {len(review_.reference):,} that are known to be unused", place
        )
    else:
        names = ", ".join(f"{token.text!r}" for token in listed[:SHOWN])
        twins = sum(bool(token.twins) for token in listed)
        same = f"; {twins:,} of them repeat another row to the last bit" if twins else ""
        yield review(
            f"{review_.alike:,} of {review_.rows:,} tokens look untrained, such as {names}{same}",
            *(Evidence(review_.artifact, _seen(token), name=f"token {token.id}") for token in listed),
        )
    if review_.beyond:
        yield informational(f"{review_.beyond:,} rows of the embedding have no token", place)


def _seen(token: UntrainedToken) -> str:
    twins = f", the same row as {', '.join(map(str, token.twins))}" if token.twins else ""
    return f"{token.text!r}, cosine {token.cosine:.3f}, reachable {token.reach}{twins}"
