"""`assay diff`: a model's weights against those of its base."""

from __future__ import annotations

import click

from assay.cli._progress import progress
from assay.cli._streams import colour_wanted, one_of, put
from assay.errors import InputError, UsageError
from assay.facts.codec import canonical
from assay.facts.comparison import Relation


@click.command("diff")
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
    help="Exit 1 unless the relation is this one; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="text or json; without a path, or with '-', to standard output.",
)
@click.option("--offline", is_flag=True, help="Never open a network connection.")
@click.option("-q", "--quiet", is_flag=True, help="Print the relation only.")
@click.option("-v", "--verbose", is_flag=True, help="Print every tensor that changed.")
def COMMAND(
    base: str,
    model: str,
    others: tuple[str, ...],
    expected: tuple[str, ...],
    outputs: tuple[str, ...],
    offline: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Compare the weights of MODEL with those of BASE: every tensor, and the one relation that explains them.

    Hub and GGUF names, fused and split projections and experts are matched by role. The relation is one of: identical,
    cast, quantised copy, LoRA merge, direction ablation, full fine-tune, continued pre-training, merge of several
    models, layers pruned or stacked, extended vocabulary, the same model in other coordinates, unrelated, cannot tell.
    """
    from assay import api

    targets = [one_of(text, ("text", "json")) for text in outputs] or [("text", None)]
    with progress(quiet) as advance:
        try:
            found = api.diff(base, model, others=others, offline=offline, progress=advance)
        except InputError as cause:
            raise UsageError(str(cause)) from None
    for format, path in targets:
        if format == "json":
            raw = canonical(found)
        else:
            from assay.render.record.comparison import lines

            raw = "".join(
                f"{line}\n"
                for line in (
                    [str(found.relation)]
                    if quiet
                    else lines(found, model, path is None and colour_wanted(), 110, verbose)
                )
            ).encode("utf-8", "backslashreplace")
        put(raw, path)
    return 1 if expected and str(found.relation) not in expected else 0
