"""The minimum elements of an SBOM for AI (G7 Cybersecurity Working Group, 2026-05-12): filled, unknown, not applicable.

Read through reports about it, not in the paper itself: seven clusters and their elements. "Filled" means that the bill
of materials which assay writes has it from the files; no percentage is made, because the elements weigh differently.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.finding import Evidence
from assay.facts.model import Model, stated_at
from assay.facts.openness import COUNTED, Answered, Component, Judgement, Lens, licence_of_model

SOURCE = "G7 SBOM for AI"
_ALWAYS = (
    ("METADATA-AUTHOR", "author of the SBOM", "assay, as the tool that made it"),
    ("METADATA-VERSION", "version of the SBOM", "version 1, with a serial number made of the dossier's digest"),
    ("METADATA-FORMAT", "data format and its version", "CycloneDX 1.6 or 1.7"),
    ("METADATA-TOOL", "name and version of the tool", "assay, with its version"),
    ("METADATA-CONTEXT", "context of the generation", "after the build, from the files as published"),
    ("METADATA-DEPENDENCIES", "dependency relationships", "the model depends on the data sets that are named"),
    ("MODEL-NAME", "name of the model", "the name under which it was audited"),
    ("MODEL-IDENTIFIER", "identifier of the model", "the digest of its manifest"),
    ("MODEL-HASH", "hash value and algorithm", "SHA-256 of every file and of the manifest"),
    ("SECURITY-VULNERABILITIES", "references to vulnerabilities", "the findings of this audit"),
)
_NEVER = (
    ("SYSTEM-NAME", "name of the system"),
    ("SYSTEM-PRODUCER", "producer of the system"),
    ("SYSTEM-COMPONENTS", "components of the system"),
    ("SYSTEM-DATA-FLOW", "data flow and use of data in the system"),
    ("SYSTEM-APPLICATION", "application area of the system"),
)


def g7(model: Model, components: tuple[Component, ...]) -> Lens:
    """Every element, with how many are filled and how many are not known."""
    rows = tuple(_rows(model, {row.id: row for row in components}))
    counts = {
        answer: sum(row.answer is answer for row in rows)
        for answer in (Answered.FILLED, Answered.UNKNOWN, Answered.NOT_APPLICABLE)
    }
    return Lens(
        "g7-sbom-for-ai",
        "G7 SBOM for AI, minimum elements",
        ", ".join(f"{count} {answer}" for answer, count in counts.items()),
        rows,
    )


def _rows(model: Model, found: dict[str, Component]) -> Iterator[Judgement]:
    for id, what, because in _ALWAYS:
        yield _row(id, what, Answered.FILLED, because)
    yield _row(
        "METADATA-SIGNATURE", "signature of the author", Answered.UNKNOWN, "whoever runs `assay attest` signs it"
    )
    yield _row("METADATA-TIMESTAMP", "time of the SBOM", Answered.UNKNOWN, "written if SOURCE_DATE_EPOCH is set")
    yield _stated(model, "MODEL-VERSION", "version of the model", "version")
    yield _stated(model, "MODEL-PRODUCER", "producer of the model", "author", "organization")
    yield _row("MODEL-TIMESTAMP", "time of the model", Answered.UNKNOWN, "files carry no time that can be trusted")
    yield _component("MODEL-DESCRIPTION", "description of the model", found["model_card"])
    yield _component("MODEL-PROPERTIES", "properties: number, type and place of the weights", found["parameters_final"])
    limits = model.limits()
    yield _row(
        "MODEL-LIMITATIONS",
        "properties: limitations",
        Answered.FILLED if limits else Answered.UNKNOWN,
        "the card states them" if limits else "no card states them",
        *limits[:2],
    )
    licence = licence_of_model(tuple(found.values()))
    yield _row(
        "MODEL-LICENCE",
        "licence of the model",
        Answered.FILLED if licence.id else Answered.UNKNOWN,
        licence.id or "none is stated",
        *licence.evidence[:2],
    )
    yield _component("MODEL-REFERENCES", "external references", found["model_card"])
    yield _stated(model, "DATASET-IDENTITY", "identity of the data sets", "datasets")
    yield _component("DATASET-PROVENANCE", "provenance of the data sets", found["data_card"])
    licensed = tuple(Evidence(row.name, f"{len(row.datasets)} data sets with licences") for row in model.corpora)
    yield _row(
        "DATASET-LICENCE",
        "licence, sensitivity and statistics of the data sets",
        Answered.FILLED if licensed else Answered.UNKNOWN,
        "of the corpora that were given" if licensed else "no corpus was given",
        *licensed,
    )
    yield _component("INFRASTRUCTURE-SOFTWARE", "software that it needs", found["supporting_libraries"])
    yield _row("INFRASTRUCTURE-HARDWARE", "hardware that it needs", Answered.UNKNOWN, "not judged from files")
    yield _row(
        "SECURITY-CONTROLS",
        "security controls",
        Answered.UNKNOWN,
        "what a provider does is not part of a model's files",
    )
    policies = tuple(Evidence(row.path) for row in model.artifacts if row.path.lower().startswith("security"))
    yield _row(
        "SECURITY-POLICY",
        "information on security policy",
        Answered.FILLED if policies else Answered.UNKNOWN,
        "a file of that name" if policies else "no such file",
        *policies[:1],
    )
    yield _component("KPI-PERFORMANCE", "operational performance", found["evaluation_results"])
    yield _row("KPI-SECURITY", "security metrics", Answered.UNKNOWN, "the model was not run")
    for id, what in _NEVER:
        yield _row(id, what, Answered.NOT_APPLICABLE, "a model is not a system")


def _row(id: str, what: str, answer: Answered, because: str, *evidence: Evidence) -> Judgement:
    cluster = id.partition("-")[0].lower()
    return Judgement(f"G7-{id}", f"{SOURCE}, {cluster}", what, answer, because, evidence[:3])


def _component(id: str, what: str, row: Component) -> Judgement:
    return _row(
        id, what, Answered.FILLED if row.support in COUNTED else Answered.UNKNOWN, row.because, *row.evidence[:2]
    )


def _stated(model: Model, id: str, what: str, *keys: str) -> Judgement:
    rows = [stated_at(artifact, claim) for key in keys for artifact, claim in model.stated(key)]
    return _row(
        id,
        what,
        Answered.FILLED if rows else Answered.UNKNOWN,
        f"stated: {rows[0].seen}" if rows else "not stated in the files",
        *rows,
    )
