"""`assay probe`: what a model does when it is asked for something."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, looks, put, put_record, say
from assay.cli._threads import use
from assay.errors import InputError, UsageError


@command("probe")
@click.argument("model", required=False)
@click.option(
    "--only", multiple=True, metavar="PROBE,..", help="Run these probes alone (assay probe --list names them all)."
)
@click.option("--list", "listed", is_flag=True, help="List the probes, each with what it asks and what it needs.")
@options.questions("Ask these labelled questions instead of assay's own")
@options.most("questions", "Ask at most this many questions in a probe.", least=5, top=10_000, default=16)
@options.base("Compare with the model from which it was made: what quantisation or fine-tuning changed.")
@click.option(
    "--prompts",
    type=options.FILE,
    metavar="FILE",
    help="Prompts that the model should refuse, a line each or JSON lines with prompt: shows whether it does.",
)
@click.option("--deep", is_flag=True, help="Look for a planted trigger, too: minutes for a small model.")
@options.answers()
@options.seed()
@options.offline()
@options.key_in_clear()
@options.threads()
@options.formats("text", "json", "html")
@options.quiet("Show no progress.")
@options.verbose("Print every case that was kept, and the limits of each probe.")
def COMMAND(
    model: str | None,
    only: tuple[str, ...],
    listed: bool,
    packs: tuple[Path, ...],
    most: int,
    base: str | None,
    prompts: Path | None,
    deep: bool,
    answers: Path | None,
    seed: int,
    offline: bool,
    key_in_clear: bool,
    threads: int,
    outputs: tuple[Output, ...],
    quiet: bool,
    verbose: bool,
) -> int:
    """Say what MODEL does when it is asked for something, each number with its interval and its limits.

    Probes are deterministic: given texts are scored, answers are greedy, no other model judges. By default the quick
    ones are run. The files are parsed as in an audit, and no code of the model is run. Exit status 0, 2 if it could not
    run, or 3 if a probe could not be carried out, so that its answer is not known.
    """
    if listed:
        return _list()
    if model is None:
        raise UsageError("give a MODEL, or --list for the probes that there are")
    from assay import uncertainty
    from assay.pipeline.behaviour import known
    from assay.probes import probing
    from assay.probes.behaviour import NOTHING
    from assay.render.record.behaviour import lines

    names = [id.strip() for value in only for id in value.split(",") if id.strip()]
    plan = probing.planned(names, packs, most, prompts, answers, seed, deep=deep)
    told(model, base, offline=offline)
    opened = partial(uncertainty.open, offline=offline, key_in_clear=key_in_clear)
    try:
        use(threads)
        runtime, beside = opened(model), opened(base) if base else None
        with progress(quiet) as advance:
            wanted = any(row.facts for row in probing.chosen(plan, base=bool(base)))
            facts = known(model, offline=offline, progress=advance) if wanted else NOTHING
            found = probing.probed(runtime, plan, advance, beside, facts)
    except InputError as cause:
        raise UsageError(str(cause)) from None
    for format, path in outputs:
        if format == "html":
            from assay.render.record.behaviour_page import page

            put(page(found), path)
        else:
            put_record(format, found, lines(found, *looks(path), verbose), path)
    return 3 if found.unknown else 0


def _list() -> int:
    from assay.probes.behaviour import installed

    for row in installed():
        needs = ", ".join((*row.needs, *((f"--{row.given}",) if row.given else ())))
        say(f"{row.id}  ({row.cost.value})", f"  {row.question}", f"  the runtime has to: {needs}")
    return 0
