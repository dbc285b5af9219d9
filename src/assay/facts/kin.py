"""The relatives of a model among those whose audits are kept, and what comes to a model from its bases."""

from __future__ import annotations

from assay.facts.comparison import Kinship
from assay.facts.kept import KeptAudit
from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Relative:
    """A kept model whose fingerprint is like another.

    `layers` are those whose first neurons kept their places, `winners` of 64 neurons that are the same at whatever
    place: by these it was found. `kinship` is what both fingerprints say; None: they were not compared, since enough
    others are nearer.
    """

    audit: KeptAudit
    layers: int
    winners: int
    kinship: Kinship | None


@dataclass(frozen=True, slots=True)
class Relatives:
    """Who is like one model, the likeliest first: of how many `compared`, and how many have no fingerprint."""

    model: str
    compared: int
    without: int
    rows: tuple[Relative, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """A base of a model, or a base of that, and what comes from it.

    `base` is as the model calls it, `basis` who says so: stated by the publisher, measured against it by an audit, or
    told by fingerprints alone. `audit` is the latest of that base; None: none is kept, so that nothing is known of it.
    `blocking` are the checks for which it FAILED, `licences` what it is under, `steps` how far up it is (1: a base).
    `guessed` says that the kept model has the last part of the name only.
    """

    base: str
    basis: str
    steps: int
    audit: KeptAudit | None
    blocking: tuple[str, ...]
    licences: tuple[str, ...]
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Descent:
    """A kept model: the licences that it states or carries, and its bases, the nearest first."""

    audit: KeptAudit
    licences: tuple[str, ...]
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A model in a family tree, `depth` steps below its root; without `descent` it is named by others alone.

    `how` is why it stands there: what it states of its base, and what the weights say to that.
    """

    name: str
    depth: int
    how: str
    descent: Descent | None


@dataclass(frozen=True, slots=True)
class Families:
    """Every kept model in the tree of its family, root first, children below; those without relatives come last.

    `without` counts the models without a fingerprint, of whose weights nothing can be said; `more` those left out.
    """

    members: tuple[Member, ...]
    families: int
    alone: int
    without: int
    more: int
