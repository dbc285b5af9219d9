"""`assay card`: sections of a model card from what was measured."""

from __future__ import annotations

import click

from assay.cli._progress import progress
from assay.cli._streams import one_of, put
from assay.cli.openness import CHEAP


@click.command("card")
@click.argument("model")
@click.option(
    "--corpus", "corpora", multiple=True, metavar="DIR", help="Training data that you have indexed; may be repeated."
)
@click.option("--offline", is_flag=True, help="Never open a network connection.")
@click.option(
    "-o",
    "--output",
    default="markdown",
    metavar="FORMAT[=PATH]",
    help="markdown (the card); documentation-form or training-summary (drafts for the EU AI Act).",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but the card.")
def COMMAND(model: str, corpora: tuple[str, ...], offline: bool, output: str, quiet: bool) -> int:
    """Draft a model card for MODEL, or a form of the EU AI Act: what can be counted and hashed is filled in, the rest is left to the publisher.

    Write it to a file and not over a card that you have: it does not read the prose of the old one.
    """
    from assay import api
    from assay.render.record.ai_act import documentation_form, training_summary
    from assay.render.record.card import draft

    drafts = {"markdown": draft, "documentation-form": documentation_form, "training-summary": training_summary}
    format, path = one_of(output, tuple(drafts))
    with progress(quiet) as advance:
        dossier = api.audit(model, only=CHEAP, corpora=corpora, offline=offline, progress=advance)
    put("".join(f"{row}\n" for row in drafts[format](dossier)).encode("utf-8", "backslashreplace"), path)
    return 0
