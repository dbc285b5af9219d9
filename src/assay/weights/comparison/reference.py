"""Compare or fingerprint the weights behind references: opened, parsed in a worker, closed again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from assay.errors import InputError, UsageError
from assay.facts.artifact import Artifact, Obstacle
from assay.facts.comparison import Comparison
from assay.facts.tensor import WeightIndex, weight_sets
from assay.isolation import reader_for
from assay.progress import Progress
from assay.subject import Walk, digest
from assay.subject.reference import opened as walked
from assay.weights import READS_WEIGHTS, Weights, needed
from assay.weights import opened as weights_opened
from assay.weights.comparison import Model, comparison
from assay.weights.comparison.templates import changes
from assay.weights.fingerprint import Fingerprint
from assay.weights.fingerprint import fingerprint as fingerprint_of


def diff(
    base: str, model: str, *, others: tuple[str, ...] = (), offline: bool, isolation: bool, progress: Progress | None
) -> Comparison:
    """Every tensor of `model` beside that of `base`, and the one relation that explains them.

    Raises UsageError where one of them is not there or has no weights, InputError where a weight file is damaged.
    """
    import numpy as np

    with ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))  # values may be of any size
        sides, templates = [], []
        for reference in (base, model, *others):
            weights, name = _opened(reference, offline=offline, isolation=isolation, stack=stack, progress=progress)
            config, vocabulary = (next(iter(weights.facts(kind)), None) for kind in ("ModelConfig", "Vocabulary"))
            templates.append(weights.facts("ChatTemplate"))
            sides.append(Model(name, "", weights, config, vocabulary))
        found = comparison(sides[0], sides[1], tuple(sides[2:]), progress)
        return replace(found, templates=changes(templates[0], templates[1]))


def usable(base: str, *, offline: bool, isolation: bool) -> None:
    """Raises UsageError, which says what is wrong, where a base has no weights that can be read."""
    with ExitStack() as stack:
        try:
            _opened(base, offline=offline, isolation=isolation, stack=stack)
        except InputError as cause:
            raise UsageError(f"the base cannot be compared with: {cause}") from None


def fingerprint(model: str, *, offline: bool, isolation: bool) -> Fingerprint:
    """The fingerprint of the weights behind a reference.

    Raises UsageError where the model has none of what a fingerprint is made from.
    """
    import numpy as np

    with ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))  # values may be of any size
        weights, name = _opened(model, offline=offline, isolation=isolation, stack=stack)
        vocabulary = next(iter(weights.facts("Vocabulary")), None)
        found = fingerprint_of(name, "", weights, vocabulary)
        if found is None:
            raise UsageError(f"no fingerprint for {name}: it needs feed-forward layers and a token embedding")
        return replace(found, sha256=digest(weights.walk))


def fingerprint_of_read(walk: Walk, facts: Sequence[object], sha256: str) -> Fingerprint | None:
    """The same of a model that was read, from the facts of its files: nothing is parsed or hashed again.

    None: it has none of what a fingerprint is made from, or a weight file could not be read in full.

    Raises InputError where values cannot be read.

    Args:
        facts: of its files, as an audit gathers them, with their artifacts and obstacles.
        sha256: the digest of its manifest.
    """
    import numpy as np

    stopped = {fact.artifact for fact in facts if isinstance(fact, Obstacle)}
    if any(fact.path in stopped and fact.format in READS_WEIGHTS for fact in facts if isinstance(fact, Artifact)):
        return None
    sets = weight_sets(tuple(fact for fact in facts if isinstance(fact, WeightIndex) and fact.decoder))
    if not sets:
        return None
    with np.errstate(all="ignore"):
        weights = Weights(walk.name, sets[0], walk, told=facts)
        vocabulary = next(iter(weights.facts("Vocabulary")), None)
        return fingerprint_of(walk.name, sha256, weights, vocabulary)


def _opened(
    reference: str, *, offline: bool, isolation: bool, stack: ExitStack, progress: Progress | None = None
) -> tuple[Weights, str]:
    """The weights behind a reference and the model's name; their headers are parsed in a worker that `stack` ends."""
    walk = walked(reference, offline=offline)
    reader = reader_for(walk, needed(walk), isolated=isolation)
    stack.callback(reader.close)
    return weights_opened(walk, reader, progress=progress), walk.name
