"""`assay card`: sections of a model card from what was measured."""

from __future__ import annotations

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, encoded, put
from assay.cli.openness import CHEAP


@command("card")
@click.argument("model")
@options.corpora("Training data that you have indexed")
@options.offline()
@options.formats(
    "markdown",
    "documentation-form",
    "training-summary",
    note="The latter two are drafts of forms of the EU AI Act.",
)
@options.quiet("Print nothing but the card.")
def COMMAND(model: str, corpora: tuple[str, ...], offline: bool, outputs: tuple[Output, ...], quiet: bool) -> int:
    """Draft a model card for MODEL, or a form of the EU AI Act.

    What can be counted and hashed is filled in, the rest is left to the publisher. Write it to a file and not over a
    card that you have: it does not read the prose of the old one.
    """
    from assay import api
    from assay.render.record.ai_act import documentation_form, training_summary
    from assay.render.record.card import draft

    drafts = {"markdown": draft, "documentation-form": documentation_form, "training-summary": training_summary}
    told(model, offline=offline)
    with progress(quiet) as advance:
        dossier = api.audit(model, only=CHEAP, corpora=corpora, offline=offline, progress=advance)
    for format, path in outputs:
        put(encoded(drafts[format](dossier)), path)
    return 0
