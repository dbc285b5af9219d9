"""Score an answer by how it differs from other answers that were sampled for the same prompt.

Sources: sequence entropy (arXiv:2002.07650, Monte Carlo), semantic entropy over clusters (arXiv:2302.09664, the
discrete form of doi:10.1038/s41586-024-07421-0), confidence times inconsistency, CoCoA (arXiv:2502.04964, equation
6). Two answers are in one cluster where they claim the same (`meaning.same`, or an entailment model of the user's).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from assay.errors import UsageError
from assay.facts.uncertainty import Sample, Score
from assay.network.server import Refused, Unreached
from assay.runtime import DRAWN, LENGTH, OPEN, Samples

Same = Callable[[str, str], bool]
# of a server, by name
UNVARIED = "{} answers alike whatever the temperature and the seed, so its samples say nothing"
UNHEEDED = {
    "temperature": "the entropy of other answers: {} does not heed the temperature, and samples at one of its own",
    "seed": "how to get the same other answers again: {} does not heed the seed",
}


def clustered(samples: tuple[Sample, ...], same: Same) -> tuple[Sample, ...]:
    """The samples with their cluster (`meaning`): that of the first sample that means the same, else a new one."""
    first: list[str] = []
    rows = []
    for sample in samples:
        cluster = next((number for number, text in enumerate(first) if same(text, sample.text)), len(first))
        if cluster == len(first):
            first.append(sample.text)
        rows.append(replace(sample, meaning=cluster))
    return tuple(rows)


def vary(runtime: Samples, seed: int = 0) -> bool:
    """Whether samples differ: three at temperature 1 after a prompt that leaves everything open."""
    try:
        drawn = runtime.sample(OPEN, DRAWN, LENGTH, 1.0, seed)
    except (Refused, Unreached):  # says nothing of samples
        raise
    except UsageError:  # a record has the samples of its own prompts alone
        return True
    return len({sample.text for sample in drawn}) > 1


def scores(
    text: str,
    logprob: float | None,
    samples: tuple[Sample, ...],
    same: Same,
    by: str,
    unheeded: frozenset[str] = frozenset(),
) -> tuple[Score, ...]:
    """The scores of an answer beside clustered samples, higher for less trust; none where there are no samples.

    Args:
        text: the answer.
        logprob: the sum of its tokens' log-probabilities (nats; None: not known).
        by: how answers are compared, in words.
        unheeded: what the runtime does not heed; an entropy is one at a temperature.
    """
    if not samples:
        return ()
    count = len(samples)
    sizes = Counter(sample.meaning for sample in samples)
    entropy = sum(size / count * math.log(count / size) for size in sizes.values())
    apart = 1 - sum(same(text, sample.text) for sample in samples) / count
    logprobs = [sample.logprob for sample in samples if sample.logprob is not None]
    cost = f"{count} samples"
    semantic = f"discrete semantic entropy (arXiv:2302.09664), answers clustered by {by}"
    rows = [Score("samples.apart", apart, "share", "share of the samples that claim something else", cost)]
    tempered = "temperature" not in unheeded
    if tempered:
        rows.append(Score("meaning.entropy", entropy, "nats", semantic, cost))
    if tempered and len(logprobs) == count:
        source = "sequence entropy, Monte Carlo (arXiv:2002.07650)"
        rows.append(Score("samples.entropy", -sum(logprobs) / count, "nats", source, cost))
    if logprob is not None:
        source = "confidence times inconsistency, CoCoA (arXiv:2502.04964)"
        rows.append(Score("sequence.apart", -logprob * apart, "nats", source, cost))
    return tuple(rows)
