"""SPDX 3.0.1 JSON-LD with AI and dataset packages, from a dossier and nothing else.

What is not known is NOASSERTION. The AI profile is claimed where a day of release is stated, which it asks for; the
dataset profile, which asks for days and an originator of each data set, never is. SPDX wants a time of creation: it is
SOURCE_DATE_EPOCH, or the beginning of that count where none is given, for a report has no clock. Identifiers are made
of the dossier's digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.facts.artifact import Artifact
from assay.facts.codec import sha256
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.openness import ComponentLicence
from assay.lazy import regex
from assay.licence.name import named
from assay.render import Renderer
from assay.render.bom import base_purl, purl, timestamp, version
from assay.render.record.openness import compute_words
from assay.render.sections import View
from assay.render.words import location

_PROFILES = ("core", "simpleLicensing", "software")  # no data set has the dates that the dataset profile asks for
# SPDX 3.0.1, AI/AIPackage, "External properties cardinality updates"; both licences are always there (AI/AI)
_OF_AI = (
    "releaseTime",
    "suppliedBy",
    "software_downloadLocation",
    "software_packageVersion",
    "software_primaryPurpose",
)
NOASSERTION = "NOASSERTION"
_NO_LICENCE = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"
_DAY = regex(r"((?:19|20)\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")
CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
NO_TIME = "1970-01-01T00:00:00Z"
MOST_FILES = 5000
_CREATION = "_:creation"
_REF = regex(r"LicenseRef-[A-Za-z0-9.-]+\Z")
_NO_IDSTRING = regex(r"[^A-Za-z0-9.-]+")


def write(dossier: Dossier, stream: BinaryIO, *, extra: tuple[View, ...] = ()) -> None:
    """Write the document as UTF-8 JSON-LD with sorted keys."""
    stream.write(json.dumps(document(dossier), sort_keys=True, indent=1).encode() + b"\n")


def document(dossier: Dossier) -> dict[str, Any]:
    """The whole document: the context and a flat graph."""
    base = f"urn:openassay:{sha256(dossier)}"
    creation = {
        "type": "CreationInfo",
        "@id": _CREATION,
        "specVersion": "3.0.1",
        "created": timestamp() or NO_TIME,
        "createdBy": [f"{base}:assay"],
    }
    elements = list(_elements(dossier, base))
    whole = _element(
        "SpdxDocument",
        f"{base}:document",
        f"{dossier.subject.name}, audited by assay {dossier.assay}",
        element=[row["spdxId"] for row in elements],
        rootElement=[f"{base}:model"],
        profileConformance=[*_PROFILES, *(["ai"] if _meets_ai(elements) else [])],
    )
    return {"@context": CONTEXT, "@graph": [creation, *elements, whole]}


def _meets_ai(elements: list[dict[str, Any]]) -> bool:
    """Whether each AIPackage has what the AI profile asks for. Dates have no NOASSERTION: without one it is not met."""
    models = [row for row in elements if row["type"] == "ai_AIPackage"]
    return all(key in row for row in models for key in _OF_AI)


def _element(kind: str, id: str, name: str = "", **more: Any) -> dict[str, Any]:
    named = {"name": name} if name else {}
    return {
        "type": kind,
        "spdxId": id,
        "creationInfo": _CREATION,
        **named,
        **{key: value for key, value in more.items() if value not in (None, "", [], {})},
    }


def _elements(dossier: Dossier, base: str) -> Iterator[dict[str, Any]]:
    model = f"{base}:model"
    yield _element("SoftwareAgent", f"{base}:assay", f"assay {dossier.assay}")
    producers = dossier.stated("organization") or dossier.stated("author")
    yield _element(
        "Organization",
        f"{base}:supplier",
        producers[0].text if producers else NOASSERTION,
        comment=f"stated in {producers[0].artifact}" if producers else "no file states who supplies it",
    )
    yield _model(dossier, model, f"{base}:supplier")
    files = [(f"{base}:file:{number}", artifact) for number, artifact in enumerate(dossier.artifacts[:MOST_FILES], 1)]
    for id, artifact in files:
        yield _file(id, artifact)
    whole = len(files) == len(dossier.artifacts)
    yield from _related(base, "contains", model, [id for id, _ in files], "" if whole else "incomplete")
    data = list(_data(dossier, base))
    yield from data
    yield from _related(base, "trainedOn", model, [row["spdxId"] for row in data])
    ancestors = [
        _element(
            "software_Package",
            f"{base}:base:{number}",
            claim.text,
            comment=f"stated in {claim.artifact}, not examined",
            software_packageUrl=base_purl(claim.text) or None,
            **_package(),
        )
        for number, claim in enumerate(dossier.stated("base_model"), 1)
    ]
    yield from ancestors
    yield from _related(base, "descendantOf", model, [row["spdxId"] for row in ancestors])
    found = dossier.openness
    yield from _licence(found.licence, base, model)


def _package() -> dict[str, Any]:
    return {"software_primaryPurpose": "model"}


def _model(dossier: Dossier, id: str, supplier: str) -> dict[str, Any]:
    """The model: what was counted, and what the publisher states of it, marked as stated."""
    found = dossier.openness
    metrics = []
    for claim in (*dossier.stated("result"), *dossier.stated("result_in_prose")):
        name, _, value = claim.text.rpartition(" = ")
        metrics.append(_entry(f"{name or 'result'} (stated in {claim.artifact}, not measured)", value))
    classes = f"{found.by_evidence.label} by evidence, {found.by_claim.label} by claim"
    return _element(
        "ai_AIPackage",
        id,
        dossier.subject.name,
        comment=f"verdict {dossier.decision.verdict} under policy {dossier.policy.name}; {classes}",
        verifiedUsing=[_hash(dossier.subject.digest)] if dossier.subject.digest else [],
        suppliedBy=supplier,
        releaseTime=_released(dossier),
        software_downloadLocation=dossier.subject.reference or NOASSERTION,
        software_packageVersion=version(dossier) or NOASSERTION,
        software_packageUrl=purl(dossier.subject.reference) or None,
        ai_typeOfModel=[dossier.portrait.family] if dossier.portrait.family else [],
        ai_hyperparameter=_hyperparameters(dossier),
        ai_metric=metrics,
        ai_domain=[claim.text for claim in dossier.stated("pipeline_tag")],
        ai_limitation=_limits(dossier),
        ai_informationAboutTraining=compute_words(found.compute)[0] if found.compute else None,
        **_package(),
    )


def _released(dossier: Dossier) -> str | None:
    """The day of release that a card states, as a time."""
    days = (_DAY.search(claim.text) for claim in dossier.stated("released"))
    return next((f"{day[0]}T00:00:00Z" for day in days if day), None)


def _limits(dossier: Dossier) -> str | None:
    """Where the card states limitations."""
    rows = [row for row in dossier.findings if row.check == "limitation.undeclared" and row.kind is Kind.PASS]
    return "; ".join(f"{location(place)}: {place.seen}" for row in rows for place in row.evidence[:5]) or None


def _hyperparameters(dossier: Dossier) -> list[dict[str, str]]:
    """The count of parameters, and the sizes that the configuration gives."""
    numbers = {"parameters": dossier.portrait.measured("parameters")}
    for config in dossier.configs[:1]:
        numbers |= {
            "layers": config.layers,
            "hidden_size": config.hidden_size,
            "heads": config.heads,
            "vocabulary_size": config.vocabulary_size,
            "context_length": config.context_length,
        }
    return [_entry(name, str(value)) for name, value in numbers.items() if value is not None]


def _file(id: str, artifact: Artifact) -> dict[str, Any]:
    return _element(
        "software_File",
        id,
        artifact.path,
        verifiedUsing=[_hash(artifact.sha256)] if artifact.sha256 else [],
        comment=f"{artifact.format}, {artifact.standing}, {artifact.size:,} bytes",
    )


def _data(dossier: Dossier, base: str) -> Iterator[dict[str, Any]]:
    corpora = dossier.corpora
    for number, corpus in enumerate(corpora, 1):
        yield _element(
            "dataset_DatasetPackage",
            f"{base}:corpus:{number}",
            corpus.name,
            verifiedUsing=[_hash(corpus.sha256)],
            dataset_datasetSize=corpus.documents,
            dataset_datasetType=["text"],
            software_primaryPurpose="data",
            comment=f"{corpus.documents:,} documents, {corpus.words:,} words, examined",
        )
    for number, claim in enumerate(dossier.stated("datasets"), 1):
        yield _element(
            "dataset_DatasetPackage",
            f"{base}:data:{number}",
            claim.text,
            dataset_datasetType=["noAssertion"],
            software_primaryPurpose="data",
            comment=f"named in {claim.artifact}, line {claim.line}; not examined",
        )


def _licence(licence: ComponentLicence, base: str, model: str) -> Iterator[dict[str, Any]]:
    """Concluded from a text, declared by a tag, the other not asserted; what is not on SPDX's list is a LicenseRef."""
    from_text = bool(licence.id) and any(not row.name for row in licence.evidence)
    if licence.id:
        private = licence.id if _REF.match(licence.id) else ""
        expression = named(licence.id) or private or f"LicenseRef-{_NO_IDSTRING.sub('-', licence.id).strip('-')}"
        yield _element(
            "simplelicensing_LicenseExpression", f"{base}:licence", simplelicensing_licenseExpression=expression
        )
    for kind, known in (("hasConcludedLicense", from_text), ("hasDeclaredLicense", bool(licence.id) and not from_text)):
        yield from _related(base, kind, model, [f"{base}:licence" if known else _NO_LICENCE])


def _related(base: str, kind: str, source: str, to: list[str], completeness: str = "") -> Iterator[dict[str, Any]]:
    if to:
        said = _element("Relationship", f"{base}:{kind}", completeness=completeness)
        yield {**said, "relationshipType": kind, "from": source, "to": to}


def _hash(digest: str) -> dict[str, str]:
    return {"type": "Hash", "algorithm": "sha256", "hashValue": digest}


def _entry(key: str, value: str) -> dict[str, str]:
    return {"type": "DictionaryEntry", "key": key, "value": value}


RENDER = Renderer("spdx", "SPDX 3.0.1, JSON-LD; with the AI profile where the card states a day of release", write)
