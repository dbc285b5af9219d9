"""`assay run`: let another tool ask a model that assay serves, in an environment of its own."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import group
from assay.cli._network import told
from assay.cli._streams import Output, looks, put_record
from assay.cli._threads import ready
from assay.errors import UsageError
from assay.writing import write


@group("run")
def COMMAND() -> None:
    """Let another tool ask a model, and take in what it reports as its own words."""


@COMMAND.command("garak")
@click.argument("model")
@click.option(
    "--environment",
    required=True,
    type=options.FILE,
    metavar="DIR|FILE",
    help="The environment in which garak is installed, or its Python.",
)
@click.option("--install", "installing", is_flag=True, help="Make that environment first: by uv, else by venv and pip.")
@click.option("--probes", metavar="NAME,..", help="Probes by garak's names; by default four short ones.")
@options.most(
    "prompts", "Have a probe ask at most this many prompts, if it heeds that.", least=1, top=100_000, default=32
)
@click.option("--generations", type=click.IntRange(1, 16), default=1, show_default=True, help="Answers to each prompt.")
@click.option("--tokens", type=click.IntRange(1, 4096), default=64, show_default=True, help="Tokens of an answer.")
@click.option("--seconds", type=click.IntRange(1), default=3600, show_default=True, help="How long garak may take.")
@options.written("report", "Keep garak's own report here, for --reported.")
@options.offline()
@options.threads()
@options.formats("text", "json")
@options.quiet("Keep what garak prints away.")
@options.verbose("Print every number of the report.")
def garak(
    model: str,
    environment: Path,
    installing: bool,
    probes: str | None,
    most: int,
    generations: int,
    tokens: int,
    seconds: int,
    report: Path | None,
    offline: bool,
    threads: int,
    outputs: tuple[Output, ...],
    quiet: bool,
    verbose: bool,
) -> None:
    """Run garak against MODEL, which assay serves to it on this machine, and read its report.

    garak runs in its own environment, with the environment's variables left out but for paths. Some of its probes fetch
    data from a hub when they are first used. What it says stays what it says: `assay audit MODEL --reported FILE` puts
    it beside what assay measured. Exit status 0, or 2 if it could not run.
    """
    from assay.probes.reported import read
    from assay.render.record.reported import lines
    from assay.serve import driving

    if installing:
        if offline:
            raise UsageError("--install fetches garak from a package index: leave --offline out")
        driving.install(environment)
    python = driving.python_of(environment)
    asked = driving.Driven(
        prompts=most, generations=generations, tokens=tokens, seconds=seconds, offline=offline, quiet=quiet
    )
    if probes:
        asked = replace(asked, probes=tuple(filter(None, (row.strip() for row in probes.split(",")))))
    told(model, offline=offline)
    runtime = ready(model, threads, offline=offline)
    with tempfile.TemporaryDirectory(prefix="assay-garak-") as folder:
        path = driving.garak(runtime, python, asked, Path(folder))
        found = read(path)
        if report:
            write(report, path.read_bytes())
            found = replace(found, file=report.name)
    for format, out in outputs:
        put_record(format, found, lines(found, *looks(out), verbose), out)
