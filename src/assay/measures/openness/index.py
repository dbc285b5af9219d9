"""The 14 dimensions of the European Open Source AI Index (osai-index.eu): open, partial or closed, with evidence.

The index judges a system; from files alone what is elsewhere (an API, a package, a base model's data) is unknown. No
sum is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.finding import Evidence
from assay.facts.model import Model, stated_at
from assay.facts.openness import COUNTED, Answered, Component, Judgement, Lens, Support

SOURCE = "European Open Source AI Index"


def index(model: Model, components: tuple[Component, ...]) -> Lens:
    """Each dimension, in the order of the index: availability, documentation, access."""
    rows = tuple(_rows(model, {row.id: row for row in components}))
    tally = {
        answer: sum(row.answer is answer for row in rows)
        for answer in (Answered.OPEN, Answered.PARTIAL, Answered.CLOSED, Answered.UNKNOWN)
    }
    return Lens(
        "osai-index",
        f"{SOURCE}, 14 dimensions",
        ", ".join(f"{count} {answer}" for answer, count in tally.items()),
        rows,
    )


def _rows(model: Model, found: dict[str, Component]) -> Iterator[Judgement]:
    bases = tuple(stated_at(artifact, claim) for artifact, claim in model.stated("base_model"))[:3]
    data, weights = found["datasets"], found["parameters_final"]
    yield _of_base("base-model-data", "data of the base model", data, bases)
    yield _dimension("end-model-data", "data of the model", data)
    yield _of_base("base-model-weights", "weights of the base model", weights, bases)
    yield _dimension("end-model-weights", "weights of the model", weights)
    yield _dimension("training-code", "training code", found["training_code"])
    yield _dimension("licences", "licences", weights, licence=True)
    code = found["training_code"] if found["training_code"].support in COUNTED else found["inference_code"]
    yield Judgement(
        "code-documentation",
        f"{SOURCE}, documentation",
        "documentation of the code",
        Answered.UNKNOWN,
        "documentation of code is not judged",
        code.evidence[:1],
    )
    yield _dimension("architecture", "documentation of the architecture", found["model_architecture"])
    yield _dimension("preprint", "preprint", found["technical_report"])
    yield _dimension("paper", "peer-reviewed paper", found["research_paper"], most=Answered.PARTIAL)
    yield _dimension("model-card", "model card", found["model_card"])
    yield _dimension("datasheet", "data sheet", found["data_card"])
    yield _dimension("package", "package", found["supporting_libraries"], most=Answered.PARTIAL)
    templates = tuple(Evidence(row.path) for row in model.artifacts if "chat_template" in row.path)[:1]
    yield Judgement(
        "api",
        f"{SOURCE}, access",
        "API and meta prompts",
        Answered.PARTIAL if templates else Answered.UNKNOWN,
        "a chat template is published" if templates else "an API is not part of a model's files",
        templates,
    )


def _of_base(id: str, what: str, row: Component, bases: tuple[Evidence, ...]) -> Judgement:
    """The base's part: this model's own where it has no base, and otherwise not examined here."""
    if not bases:
        return _dimension(id, what, row)
    return Judgement(id, f"{SOURCE}, availability", what, Answered.UNKNOWN, "the base model was not examined", bases)


def _dimension(
    id: str, what: str, row: Component, *, licence: bool = False, most: Answered = Answered.OPEN
) -> Judgement:
    if row.support in COUNTED:
        answer = most if row.licence.open else Answered.PARTIAL
        because = f"{row.because}; {row.licence.id or 'no licence'}"
        if licence:
            answer, because = (Answered.OPEN if row.licence.open else Answered.CLOSED), row.licence.id or "no licence"
    elif row.support is Support.CLAIMED:
        answer, because = Answered.UNKNOWN, f"only claimed: {row.because}"
    else:
        answer, because = (Answered.CLOSED if row.support is Support.DENIED else Answered.UNKNOWN), row.because
    return Judgement(id, SOURCE, what, answer, because, (row.licence.evidence if licence else row.evidence)[:3])
