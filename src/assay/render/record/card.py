"""A draft of a model card from what an audit measured; what only the publisher knows is left open and marked."""

from __future__ import annotations

import json
from collections.abc import Iterator

from assay.facts.dossier import Dossier, Share
from assay.facts.openness import LicenceOrigin, Openness
from assay.licence.name import named
from assay.licence.tag import tag
from assay.render.record.openness import compute_words
from assay.render.visible import code, escaped
from assay.render.words import acts, parameters, size

MOST_STATED = 100  # values of one key
OPEN = "<!-- for the publisher: {} -->"


def draft(dossier: Dossier) -> Iterator[str]:
    """The lines of a card in Markdown, front matter first."""
    found = dossier.openness
    yield from _front_matter(dossier, found)
    yield f"# {escaped(dossier.subject.name)}"
    yield ""
    yield OPEN.format("one paragraph: what it is, who made it, for what")
    yield from _details(dossier, found)
    yield from _use(dossier)
    yield from _data(dossier)
    for title, asked in (
        ("Evaluation", "results with numbers, the data they were measured on, and the command that repeats them"),
        ("Limitations and risks", "what it was not tested for, where it fails, whom that may harm"),
    ):
        yield ""
        yield f"## {title}"
        yield ""
        yield OPEN.format(asked)
    yield from _compute(found)
    yield from _integrity(dossier)


def _front_matter(dossier: Dossier, found: Openness) -> Iterator[str]:
    """What is stated already, in the form that the hub reads; the rest with a word on what belongs there."""
    yield "---"
    if of_hub := tag(named(found.licence.id)):
        yield f"license: {of_hub}"
    else:
        yield "license: # one of the hub's licence tags"
    for key, asked in (
        ("language", ""),
        ("datasets", "the ids of the training data"),
        ("base_model", "the id of the base; leave the line out if there is none"),
    ):
        rows = list(dict.fromkeys(claim.text for claim in dossier.stated(key)))
        if rows:
            yield f"{key}:"
            yield from (f"- {json.dumps(text, ensure_ascii=True)}" for text in rows[:MOST_STATED])
        elif asked:
            yield f"{key}: # {asked}"
    yield "---"


def _details(dossier: Dossier, found: Openness) -> Iterator[str]:
    portrait, licence = dossier.portrait, found.licence
    yield ""
    yield "## Model details"
    yield ""
    yield "| | |"
    yield "|---|---|"
    if portrait.family:
        yield f"| architecture | {escaped(portrait.family)} |"
    counted = portrait.measured("parameters")
    if counted:
        yield f"| parameters | {counted:,}, counted from the tensors |"
        yield f"| by part | {_shares(portrait.roles)} |"
        yield f"| by type | {_shares(portrait.dtypes)} |"
    for row in portrait.weights[:20]:
        yield f"| file | {code(row.artifact)}, {escaped(row.format)}, {row.tensors:,} tensors, {size(row.bytes)} |"
    if len(portrait.weights) > 20:
        yield f"| files | and {len(portrait.weights) - 20} more |"
    said = f"{licence.id}, {licence.origin}" if licence.origin is not LicenceOrigin.NONE else "none is stated"
    yield f"| licence | {escaped(said)} |"


def _shares(rows: tuple[Share, ...]) -> str:
    return ", ".join(f"{escaped(row.name)} {parameters(row.parameters)}" for row in rows)


def _use(dossier: Dossier) -> Iterator[str]:
    yield ""
    yield "## How to use it"
    yield ""
    calls = [path for path in dossier.loading if not path.optin]
    for path in calls[:5]:
        note = "; this runs more than the loader's own code" if acts(path) else ""
        yield f"- {code(path.call)} ({escaped(path.loader)}{note})"
    if len(calls) > 5:
        yield f"- and {len(calls) - 5:,} more"
    if dossier.templates:
        names = ", ".join(sorted({f"{row.artifact} {row.name}".strip() for row in dossier.templates}))
        yield f"- chat template: {escaped(names)}"
    if not calls and not dossier.templates:
        yield OPEN.format("how to load and to prompt it")
    yield ""
    yield OPEN.format("uses it is meant for, and uses it is not meant for")


def _data(dossier: Dossier) -> Iterator[str]:
    corpora = dossier.corpora
    yield ""
    yield "## Training data"
    yield ""
    for corpus in corpora:
        amounts = f"{corpus.documents:,} documents, {corpus.words:,} words, {size(corpus.bytes)} of text"
        yield f"- {escaped(corpus.name)}: {amounts}"
        for row in corpus.datasets[:20]:
            licence = escaped(row.licence.spdx or "licence unknown")
            yield f"  - {escaped(row.dataset)}: {row.documents:,} documents, {licence}"
        if len(corpus.datasets) > 20:
            yield f"  - and {len(corpus.datasets) - 20:,} more"
    named = list(dict.fromkeys(claim.text for claim in dossier.stated("datasets")))
    if named:
        more = f" and {len(named) - MOST_STATED:,} more" if len(named) > MOST_STATED else ""
        yield f"- named, not examined: {', '.join(map(escaped, named[:MOST_STATED]))}{more}"
    yield OPEN.format("sources, sizes, how it was collected, filtered and licensed")


def _compute(found: Openness) -> Iterator[str]:
    if found.compute:
        yield ""
        yield "## Training compute"
        yield ""
        for text in compute_words(found.compute):
            yield f"- {escaped(text)}"


def _integrity(dossier: Dossier) -> Iterator[str]:
    yield ""
    yield "## Integrity"
    yield ""
    digest = dossier.subject.digest
    yield f"Subject digest (OpenSSF model signing): {code(f'sha256:{digest}') if digest else 'none, no file is seen'}"
    yield ""
    for artifact in dossier.artifacts[:50]:
        yield f"- {code(artifact.path)} {size(artifact.size)}, {code('sha256:' + artifact.sha256)}"
    if len(dossier.artifacts) > 50:
        yield f"- and {len(dossier.artifacts) - 50:,} more"
    yield ""
    yield (
        f"Drafted by assay {dossier.assay} from the files. What is not marked for the publisher was counted or hashed; "
        "a licence is the one that is stated."
    )
