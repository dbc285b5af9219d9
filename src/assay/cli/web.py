"""`assay web`: the site on which a model is audited in a browser tab."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import WrittenArgument, group
from assay.cli._streams import say
from assay.errors import UsageError
from assay.writing import reason, write_whole


@group("web")
def COMMAND() -> None:
    """Audit models in a browser tab, from a static site of your own."""


@COMMAND.command("build")
@click.argument("directory", cls=WrittenArgument, folder=True, type=options.FILE, metavar="DIR")
@click.option(
    "--pyodide",
    type=options.FILE,
    metavar="DIR|FILE",
    help="Python for the browser: the npm package pyodide, as a folder or as npm pack writes it. By default it is"
    " fetched by npm; either way it has to be the version that assay was made with.",
)
@click.option(
    "--kernels",
    type=options.FILE,
    metavar="FILE",
    help="What computes values of weights in a browser, as native/wasm.py builds it; by default that of"
    " openassay-native, where it has one. Without it values are not read.",
)
@click.option("--replace", "replace_old", is_flag=True, help="Build anew where there is such a site already.")
@options.offline()
@options.quiet()
def build(
    directory: Path, pyodide: Path | None, kernels: Path | None, replace_old: bool, offline: bool, quiet: bool
) -> None:
    """Write to DIR a static site that audits a model in a browser tab.

    Any static host will do. A visitor drops a model on the page, and nothing of it is sent anywhere; after the first
    visit the page works without a network.
    """
    from assay.web import packing, runtime
    from assay.web.site import carried, site

    _make_room(directory, replace=replace_old)
    module, python, members = runtime.kernels(kernels), runtime.taken(pyodide, offline=offline), carried()
    compiled = packing.compiled(python, members)
    files = site(python, members, module, compiled)
    try:
        for path, raw in files.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(directory / path, raw)
    except OSError as cause:
        raise UsageError(f"cannot write {cause.filename or directory}: {reason(cause)}") from None
    if not quiet:
        total = sum(map(len, files.values()))
        say(f"wrote {len(files)} files, {total / 1e6:.1f} MB, to {directory}")
        if module is None:
            say("values of weights are not read there: no kernels for a browser are here (--kernels)")
        if not compiled:
            say("a first visit compiles Python's modules, which takes longer: Node is not installed here, or failed")
        say(f"try it:  python3 -m http.server --bind 127.0.0.1 --directory {directory}")


def _make_room(directory: Path, *, replace: bool) -> None:
    """UsageError where anything is in the way but an older site, which is to be replaced."""
    from assay.web.site import MARK

    try:
        if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
            return
        if not directory.is_dir():
            raise UsageError(f"{directory} is a file: give a folder, which is made if it is not there")
        if not (directory / MARK).is_file():
            raise UsageError(f"{directory} holds other files: give a folder that is empty or not there")
        if not replace:
            raise UsageError(f"{directory} holds such a site already: build it anew with --replace")
    except OSError as cause:
        raise UsageError(f"cannot write to {cause.filename or directory}: {reason(cause)}") from None
