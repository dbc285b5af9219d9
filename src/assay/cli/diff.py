"""`assay diff`: a model's weights against those of its base."""

from __future__ import annotations

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, encoded, looks, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical
from assay.facts.comparison import Relation


@command("diff")
@click.argument("base")
@click.argument("model")
@click.option(
    "--other",
    "others",
    multiple=True,
    metavar="MODEL",
    help="A further model of which MODEL may be a merge; may be repeated.",
)
@click.option(
    "--expect",
    "expected",
    multiple=True,
    type=click.Choice([str(row) for row in Relation]),
    metavar="RELATION",
    help=f"Exit 1 unless the relation is this one; may be repeated. One of: {', '.join(Relation)}.",
)
@options.formats("text", "json", "html")
@options.offline()
@options.quiet("Print the relation only.")
@options.verbose("Print every tensor that changed.")
def COMMAND(
    base: str,
    model: str,
    others: tuple[str, ...],
    expected: tuple[str, ...],
    outputs: tuple[Output, ...],
    offline: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Compare the weights of MODEL with those of BASE: every tensor, and the one relation that explains them.

    Hub and GGUF names, fused and split projections and experts are matched by role. The relation is one of: identical,
    cast, quantised copy, LoRA merge, direction ablation, pruned values, full fine-tune, continued pre-training, merge
    of several models, layers pruned or stacked, extended vocabulary, the same model in other coordinates, unrelated,
    cannot tell. Descent is read from the layers: what is shared beside them is named.
    """
    from assay import api

    told(base, model, *others, offline=offline)
    with progress(quiet) as advance:
        try:
            found = api.diff(base, model, others=others, offline=offline, progress=advance)
        except InputError as cause:
            raise UsageError(str(cause)) from None
    for format, path in outputs:
        if format == "json":
            raw = canonical(found)
        elif format == "html":
            from assay.render.record.comparison_page import page

            raw = page(found, model, expected)
        else:
            from assay.render.record.comparison import lines

            rows = [str(found.relation)] if quiet else lines(found, model, expected, *looks(path), verbose)
            raw = encoded(rows, fold=path is None and not quiet)
        put(raw, path)
    return 1 if expected and str(found.relation) not in expected else 0
