"""Drafts of the two documents that the EU AI Act asks of every provider of a general-purpose model, with what the files support and nothing else.

The fields of the documentation form follow the transparency chapter of the GPAI Code of Practice (2025-07-10) and Annex XI; those of the summary follow the
Commission's template for the public summary of training content, C(2025) 8311. Both were read through descriptions of them: compare the
headings with the forms before you hand anything in.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.dossier import Dossier
from assay.facts.openness import COUNTED, Component
from assay.render.output.markdown import escaped
from assay.render.record.openness import compute_words
from assay.render.words import parameters, place, size

OPEN = "_not in the files; for the provider_"
Row = tuple[str, str]


def documentation_form(dossier: Dossier) -> Iterator[str]:
    """The form as Markdown: one table for each block, what was counted or stated filled in, the rest left open."""
    yield f"# Model documentation form (draft): {escaped(dossier.subject.name)}"
    yield ""
    yield "Article 53(1)(a) and (b), Annexes XI and XII of Regulation (EU) 2024/1689. What is filled in was counted, hashed or is stated in the files, with its place."
    for title, rows in _form(dossier):
        yield ""
        yield f"## {title}"
        yield ""
        yield "| field | from the files |"
        yield "|---|---|"
        yield from (f"| {name} | {value or OPEN} |" for name, value in rows)
    yield from _made(dossier)


def training_summary(dossier: Dossier) -> Iterator[str]:
    """The public summary as Markdown: corpora that were given with their counts, data sets that are only named as such."""
    yield f"# Public summary of training content (draft): {escaped(dossier.subject.name)}"
    yield ""
    yield "Article 53(1)(d) of Regulation (EU) 2024/1689. No exemption holds for this document."
    corpora = [
        f"{escaped(corpus.name)}: {corpus.documents:,} documents, {corpus.words:,} words, {size(corpus.bytes)} of text"
        for corpus in dossier.corpora
    ]
    dates = sorted(row.last_date for corpus in dossier.corpora for row in corpus.datasets if row.last_date)
    for title, rows in (
        ("1. General information", [
            ("provider", _stated(dossier, "organization", "author")), ("model", escaped(dossier.subject.name)), ("base models", _stated(dossier, "base_model")),
            ("date of placing on the Union market", ""), ("modalities and size of each", "<br>".join(corpora)),
            ("latest date of data", escaped(dates[-1][:10]) if dates else _stated(dossier, "data_cutoff")), ("languages", _stated(dossier, "language")),
        ]),
        ("2. Sources", [
            ("publicly available data sets", "<br>".join(filter(None, (*_parts(dossier), _named(dossier))))), ("licensed private data sets", ""), ("other private data sets", ""),
            ("data crawled from the web: crawler, period, top domains", ""), ("data of users", ""), ("synthetic data and the models that made it", ""), ("other", ""),
        ]),
        ("3. Processing", [("measures on opt-outs and copyright", ""), ("removal of illegal content", ""), ("other", "")]),
    ):  # fmt: skip
        yield ""
        yield f"## {title}"
        yield ""
        yield "| field | from the files |"
        yield "|---|---|"
        yield from (f"| {name} | {value or OPEN} |" for name, value in rows)
    yield from _made(dossier)


def _form(dossier: Dossier) -> Iterator[tuple[str, list[Row]]]:
    portrait = dossier.portrait
    counted = portrait.measured("parameters")
    config = next(iter(dossier.configs), None)
    licence = dossier.openness.component("parameters_final").licence
    yield "General information", [
        ("legal name of the provider", ""), ("model and versions", f"{escaped(dossier.subject.name)}, sha256 {dossier.subject.sha256}"),
        ("evidence of authenticity", f"digest of the OpenSSF model-signing manifest: {dossier.subject.sha256}"), ("date of release", ""),
        ("date of placing on the Union market", ""), ("models that it depends on", _stated(dossier, "base_model")),
    ]  # fmt: skip
    yield "Properties of the model", [
        ("architecture", escaped(portrait.family)), ("design specifications", escaped(", ".join(config.architectures)) if config else ""),
        ("input modalities and greatest size", f"{config.context_length:,} tokens of context" if config and config.context_length else ""), ("output modalities and greatest size", ""),
        ("total number of parameters", f"{counted:,} ({parameters(counted)}), counted" if counted else ""),
    ]  # fmt: skip
    said = (
        f"{escaped(licence.id)} ({'; '.join(escaped(place(row)) for row in licence.evidence[:2])})"
        if licence.id
        else ""
    )
    yield "Distribution", [("channels", escaped(dossier.subject.reference)), ("licence", said)]
    calls = ", ".join(escaped(path.call) for path in dossier.loading[:3] if not path.optin)
    yield "Use", [
        ("acceptable use policy", ""), ("intended and restricted uses", ""), ("systems into which it can be integrated", ""), ("technical means of integration", calls),
        ("required hardware", ""), ("required software", _component(dossier.openness.component("supporting_libraries"))),
    ]  # fmt: skip
    yield "Training process", [("design of the training", ""), ("rationale of decisions", "")]
    yield "Data", [
        ("type and modality", ""), ("provenance", "<br>".join(filter(None, (*_parts(dossier), _named(dossier))))), ("how obtained and selected", ""),
        ("number of data points", ", ".join(f"{row.documents:,} documents" for row in dossier.corpora)), ("scope and characteristics", ""),
        ("measures against unsuitable sources", ""), ("measures against bias", ""),
    ]  # fmt: skip
    compute = dossier.openness.compute
    amount = escaped(compute_words(compute)[0]) if compute and compute.flop is not None else ""
    yield (
        "Compute",
        [
            ("time of training", ""),
            ("amount of compute", amount),
            ("how it was measured", escaped(compute.assumptions[0]) if compute and amount else ""),
        ],
    )
    yield "Energy", [("energy of training", ""), ("how it was measured", ""), ("compute of inference", "")]


def _stated(dossier: Dossier, *keys: str) -> str:
    rows = [claim for key in keys for claim in dossier.stated(key)][:20]
    return "<br>".join(
        f"{escaped(row.text)} (stated in {escaped(row.artifact)}{f', line {row.line}' if row.line else ''})"
        for row in rows
    )


def _parts(dossier: Dossier) -> list[str]:
    return [
        f"{escaped(row.dataset)}: {row.documents:,} documents, {escaped(row.licence.spdx or 'licence unknown')}"
        for corpus in dossier.corpora
        for row in corpus.datasets[:50]
    ]


def _named(dossier: Dossier) -> str:
    rows = _stated(dossier, "datasets")
    return f"named and not examined: {rows}" if rows else ""


def _component(row: Component) -> str:
    if row.support not in COUNTED:
        return ""
    return "; ".join(escaped(place(entry)) for entry in row.evidence)


def _made(dossier: Dossier) -> Iterator[str]:
    yield ""
    yield f"Drafted by assay {dossier.assay} from the files of the model. A draft is no statement of the provider."
