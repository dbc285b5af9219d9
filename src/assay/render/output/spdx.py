"""SPDX 3.0.1 JSON-LD with the AI, dataset, software and simple licensing profiles, from a dossier and nothing else.

SPDX wants a time of creation. It is SOURCE_DATE_EPOCH, or the beginning of that count where none is given: a report
has no clock. Identifiers are made of the dossier's digest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.facts.artifact import Artifact
from assay.facts.codec import sha256
from assay.facts.dossier import Dossier
from assay.facts.openness import ComponentLicence
from assay.licence.name import named
from assay.render import Renderer
from assay.render.bom import timestamp
from assay.render.record.openness import compute_words
from assay.render.sections import View

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
NO_TIME = "1970-01-01T00:00:00Z"
MOST_FILES = 5000
_CREATION = "_:creation"
_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+\Z")
_NO_IDSTRING = re.compile(r"[^A-Za-z0-9.-]+")


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
        profileConformance=["ai", "core", "dataset", "simpleLicensing", "software"],
    )
    return {"@context": CONTEXT, "@graph": [creation, *elements, whole]}


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
    if producers:
        yield _element(
            "Organization", f"{base}:supplier", producers[0].text, comment=f"stated in {producers[0].artifact}"
        )
    yield _model(dossier, model, f"{base}:supplier" if producers else None)
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
            "ai_AIPackage",
            f"{base}:base:{number}",
            claim.text,
            comment=f"stated in {claim.artifact}, not examined",
            **_package(),
        )
        for number, claim in enumerate(dossier.stated("base_model"), 1)
    ]
    yield from ancestors
    yield from _related(base, "descendantOf", model, [row["spdxId"] for row in ancestors])
    found = dossier.openness
    yield from _licence(found.component("parameters_final").licence, base, model)


def _package() -> dict[str, Any]:
    return {"software_primaryPurpose": "model"}


def _model(dossier: Dossier, id: str, supplier: str | None) -> dict[str, Any]:
    """The model: what was counted, and what the publisher states of it, marked as stated."""
    found = dossier.openness
    metrics = []
    for claim in dossier.stated("result"):
        name, _, value = claim.text.rpartition(" = ")
        metrics.append(_entry(f"{name} (stated in {claim.artifact}, not measured)", value))
    classes = f"{found.by_evidence.label} by evidence, {found.by_claim.label} by claim"
    return _element(
        "ai_AIPackage",
        id,
        dossier.subject.name,
        comment=f"verdict {dossier.decision.verdict} under policy {dossier.policy.name}; {classes}",
        verifiedUsing=[_hash(dossier.subject.sha256)],
        suppliedBy=supplier,
        software_downloadLocation=dossier.subject.reference or None,
        ai_typeOfModel=[dossier.portrait.family] if dossier.portrait.family else [],
        ai_hyperparameter=_hyperparameters(dossier),
        ai_metric=metrics,
        ai_domain=[claim.text for claim in dossier.stated("pipeline_tag")],
        ai_informationAboutTraining=compute_words(found.compute)[0] if found.compute else None,
        **_package(),
    )


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
    """Concluded from a text, declared by a tag; what is not on the SPDX list is a LicenseRef."""
    if not licence.id:
        return
    private = licence.id if _REF.match(licence.id) else ""
    expression = named(licence.id) or private or f"LicenseRef-{_NO_IDSTRING.sub('-', licence.id).strip('-')}"
    from_text = any(not row.name for row in licence.evidence)
    yield _element("simplelicensing_LicenseExpression", f"{base}:licence", simplelicensing_licenseExpression=expression)
    yield from _related(base, "hasConcludedLicense" if from_text else "hasDeclaredLicense", model, [f"{base}:licence"])


def _related(base: str, kind: str, source: str, to: list[str], completeness: str = "") -> Iterator[dict[str, Any]]:
    if to:
        said = _element("Relationship", f"{base}:{kind}", completeness=completeness)
        yield {**said, "relationshipType": kind, "from": source, "to": to}


def _hash(digest: str) -> dict[str, str]:
    return {"type": "Hash", "algorithm": "sha256", "hashValue": digest}


def _entry(key: str, value: str) -> dict[str, str]:
    return {"type": "DictionaryEntry", "key": key, "value": value}


RENDER = Renderer("spdx", "SPDX 3.0.1 with the AI profile, JSON-LD", write)
