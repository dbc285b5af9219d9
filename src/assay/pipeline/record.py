"""The record of an audit: what of the facts a dossier carries, cut to what a reader needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.facts import dossier as record
from assay.facts.finding import Finding
from assay.facts.section import Section, SectionKind, section
from assay.facts.text import ChatTemplate
from assay.lazy import dataclass
from assay.pipeline.fact import Facts
from assay.pipeline.request import Request
from assay.subject import Walk, reach
from assay.version import VERSION

MAX_CONFIGS, MAX_CLAIMS, MAX_LICENCES = 20, 500, 10  # that the dossier carries
MAX_TEMPLATE = 20_000  # characters of a chat template that the dossier carries

Judged = tuple[tuple[Finding, ...], tuple[record.Waiver, ...], record.PolicyRecord, record.Decision]


@dataclass(frozen=True, slots=True)
class Ran:
    """Within which limits, in which isolation files were read, by which kernels values computed, what was given."""

    limits: tuple[record.Limit, ...]
    isolation: tuple[str, ...]
    kernels: str
    given: tuple[str, ...]


def recorded(
    subject: record.Subject, facts: Facts, request: Request, judged: Judged, ran: Ran, walk: Walk
) -> record.Dossier:
    """The whole dossier."""
    findings, waivers, policy_record, decision = judged
    return record.Dossier(
        schema=record.SCHEMA,
        assay=VERSION,
        subject=subject,
        excluded=walk.excluded,
        aside=tuple(sorted({path.partition("/")[0] for path in reach.aside(walk)})),
        artifacts=facts.all("Artifact"),
        obstacles=facts.all("Obstacle"),
        nature=facts.all("Nature")[0],
        portrait=facts.all("Portrait")[0],
        configs=facts.all("ModelConfig")[:MAX_CONFIGS],
        claims=tuple(_claims(facts))[:MAX_CLAIMS],
        templates=tuple(_template(template) for template in facts.all("ChatTemplate")),
        licences=tuple(_licences(facts)),
        tensors=facts.all("TensorSummary"),
        loading=facts.all("LoadingPath"),
        sections=tuple(_sections(facts)),
        plugins=tuple(record.Plugin(found.name, found.version) for found in request.plugins),
        given=ran.given,
        lacks=(),
        limits=ran.limits,
        isolation=ran.isolation,
        kernels=ran.kernels,
        policy=policy_record,
        rules=tuple(check.rule for check in request.checks),
        questions=request.questions or tuple(record.QUESTIONS),
        left_out=tuple(check.rule.id for check in request.checks if request.leaves_out(check.rule.id)),
        findings=findings,
        waivers=waivers,
        baseline=request.baseline,
        decision=decision,
    )


def _sections(facts: Facts) -> Iterator[Section]:
    """What each engine found, by section id."""
    found = [section(rows) for rows in facts.rows.values() if isinstance(_kind(rows), SectionKind)]
    yield from sorted(found, key=lambda row: row.id)


def _kind(rows: tuple[Any, ...]) -> object:
    return getattr(type(rows[0]), "SECTION", None)


def _claims(facts: Facts) -> Iterator[record.Claim]:
    """What the publisher states: the card at the top of the folder first, then other cards, then the weight files."""
    cards = sorted(facts.all("ModelCard"), key=lambda card: card.artifact.count("/"))
    for row in (*cards, *facts.all("PublisherClaims")):
        yield from (record.Claim(row.artifact, claim.key, claim.text, claim.line) for claim in row.claims)


def _licences(facts: Facts) -> Iterator[record.LicenceRecord]:
    sources = {row.artifact: row for row in facts.all("LicenceSource")}
    for text in facts.all("LicenceText")[:MAX_LICENCES]:
        source = sources.get(text.artifact)  # a worker that was taken over may tell of the one without the other
        words, cut = (source.text, source.cut) if source else ("", True)
        yield record.LicenceRecord(text.artifact, text.identified, text.complete, words, cut)


def _template(template: ChatTemplate) -> record.Template:
    cut = len(template.source) > MAX_TEMPLATE
    return record.Template(template.artifact, template.pointer, template.name, template.source[:MAX_TEMPLATE], cut)
