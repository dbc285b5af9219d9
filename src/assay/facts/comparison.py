"""A model against another: tensor by tensor, and the one relation that explains the differences."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from assay.facts.section import SectionKind
from assay.lazy import dataclass
from assay.visible import in_line


class State(StrEnum):
    """What became of one tensor: the exact kinds first."""

    IDENTICAL = "identical"
    CAST = "re-cast"
    REQUANTISED = "re-quantised"
    CHANGED = "changed"


class Relation(StrEnum):
    """How a model came from the other, in one phrase."""

    IDENTICAL = "identical"
    CAST = "cast to another type"
    QUANTISED = "quantised copy"
    QUANTISED_CHANGED = "quantised copy of a changed model"
    ADAPTER_MERGE = "LoRA merge"
    ABLATION = "direction ablation"
    PRUNED = "pruned values"
    FINE_TUNE = "full fine-tune"
    CONTINUED = "continued pre-training"
    MERGE = "merge of several models"
    LAYERS = "layers pruned or stacked"
    VOCABULARY = "extended vocabulary"
    PERMUTED = "the same model in other coordinates"
    UNRELATED = "unrelated"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True, slots=True)
class TensorDifference:
    """One tensor of the model against its counterpart in the base.

    `relative` is |change| over |base| (Frobenius), `cosine` that of both, `largest` the largest change of a value,
    `share` of values changed. `inside` is the share of values within half a quantisation step of the base, `equal` the
    share of blocks that quantising the base again gives to the byte. `energy` is the share of |change|^2 in the `rank`
    largest singular values, where the change has a rank. None where it does not apply.
    """

    artifact: str
    name: str
    base_name: str
    layer: int | None
    role: str
    state: State
    relative: float
    cosine: float
    largest: float
    share: float
    rank: int | None = None
    energy: float | None = None
    inside: float | None = None
    equal: float | None = None


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """A chat template compared with the base's of the same name: the lines that differ (`-` the base's, `+` its own).

    No lines: it is the same. `known` is False where the base has no template of that name.
    """

    artifact: str
    pointer: str
    name: str
    known: bool
    lines: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A model compared with a base: their relation, and the numbers that decided.

    `margin` is how far the deciding number lies from its threshold, in powers of ten; below 0.1 the relation is
    UNKNOWN. `runner_up` is what it would be on the other side. `why` says it in sentences. `missing` and `extra` are
    tensors without a counterpart, `layers` maps each layer of the model to that of the base where they are not the
    same. `relative` and `cosine` are those of the body. `shared` names what the model has of the base beside a body
    that is not the base's: an embedding, a tower, tables that are computed.
    """

    SECTION: ClassVar[SectionKind] = SectionKind("comparison", 2)

    base: str
    base_sha256: str
    relation: Relation
    runner_up: Relation
    margin: float
    why: tuple[str, ...]
    differences: tuple[TensorDifference, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    layers: tuple[tuple[int, int], ...]
    relative: float | None
    cosine: float | None
    templates: tuple[TemplateChange, ...] = ()
    shared: tuple[str, ...] = ()

    def __repr__(self) -> str:
        tensors = f"{len(self.differences):,} tensors compared"
        return f"<comparison with {in_line(self.base)}: {self.relation}, margin {self.margin:.2f}, {tensors}>"


@dataclass(frozen=True, slots=True)
class Kinship:
    """Two fingerprints compared.

    `fixed` of `matched` neurons kept their position (same coordinates); `agreed` of `paired` neurons are matched alike
    by gate and by up projection in the basis of shared tokens (any coordinates). Each `log10_p` bounds the probability
    of as many if the models were independent; see docs/parameters.md for what that assumes.
    """

    name: str
    sha256: str
    fixed: int
    matched: int
    fixed_log10_p: float
    agreed: int
    paired: int
    agreed_log10_p: float
    shared_tokens: float
    verdict: str
