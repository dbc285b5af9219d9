"""Conformal filters of claims: which sentences a text may keep so that all it keeps are true (Mohri and Hashimoto)."""

from __future__ import annotations

from assay.facts.calibration import Worth
from assay.lazy import dataclass


@dataclass(frozen=True, slots=True)
class Filter:
    """A guarantee: where claims below `threshold` are kept, at most a share `alpha` of texts keeps a false one.

    On average, for texts like those of the sample; `threshold` is None where the sample does not allow it. `kept` is
    the share of claims that remain, `all_true` the share of texts of which only true ones do, both on the other half of
    the texts, over 200 halvings.
    """

    alpha: float
    threshold: float | None
    kept: float
    all_true: float


@dataclass(frozen=True, slots=True)
class Filtering:
    """A model on labelled claims, bound to its digest, the file's, and the runtime.

    `worth` says how well each score of a claim discriminates; chance is `false` of `claims`. `skipped` claims could not
    be scored, and are in none of the numbers.
    """

    schema: str
    assay: str
    model: str
    sha256: str
    runtime: str
    name: str
    claims_sha256: str
    texts: int
    claims: int
    false: int
    skipped: int
    score: str
    worth: tuple[Worth, ...]
    filters: tuple[Filter, ...]
