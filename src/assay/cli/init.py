"""`assay init`: the files that make a CI service audit a model, ready to run."""

from __future__ import annotations

import re
from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import NamedArgument, Written, command
from assay.cli._streams import put, say
from assay.errors import UsageError
from assay.lazy import regex
from assay.version import VERSION
from assay.writing import make_folder

_WORKFLOWS = Path(__file__).parent / "workflows"
# the service -> where its file belongs in a repository
_PLACES = {
    "github": ".github/workflows/assay.yml",
    "gitlab": "assay.gitlab-ci.yml",
    "pre-commit": ".pre-commit-config.yaml",
}
_PLAIN = regex(r"(hf://)?[\w./@+-]+")  # needs no quotes in a shell, in YAML and in an expression of a workflow


@command("init")
@click.argument("service", type=click.Choice(tuple(_PLACES)))
@click.argument("model", cls=NamedArgument, default=".")
@click.option(
    "--repository",
    cls=Written,
    folder=True,
    type=options.FILE,
    default=Path(),
    metavar="DIR",
    help="The repository that the file is written to.",
)
@options.quiet()
def COMMAND(service: str, model: str, repository: Path, quiet: bool) -> None:
    """Write the file by which SERVICE audits MODEL, by default the whole repository.

    MODEL is a path inside the repository, or hf://org/name@revision. A file that is there is not replaced.
    """
    path = repository / _PLACES[service]
    if path.exists():
        raise UsageError(f"{path} is there already: move it away, or take over what  assay init  writes elsewhere")
    text = workflow(service, model)
    make_folder(path.parent)
    put(text.encode(), path)
    if service == "gitlab" and not quiet:
        say("include it in .gitlab-ci.yml:  include: assay.gitlab-ci.yml")


def workflow(service: str, model: str) -> str:
    """The file for a service; UsageError where the model cannot stand in it."""
    remote = model.startswith("hf://")
    if not _PLAIN.fullmatch(model) or (not remote and (model.startswith(("/", "-")) or ".." in Path(model).parts)):
        raise UsageError(
            f"cannot write {model!r} into a workflow: give a path inside the repository, of letters, digits and ./@+-_,"
            " or hf://org/name@revision"
        )
    if remote and "@" not in model:
        raise UsageError(f"{model} names no revision, so that what is audited may change: give {model}@REVISION")
    inside = "" if remote else Path(model).as_posix()
    files = "'**'" if inside in ("", ".") else f"'{inside}', '{inside}/**'"
    key = f"assay-{VERSION}-{model}" if remote else f"assay-{VERSION}-${{{{ hashFiles({files}) }}}}"
    words = {
        "PACKAGE": f"openassay{'[hub]' if remote else ''}=={VERSION}",
        "KEY": key,
        "MODEL": model,
        "FILES": "" if inside in ("", ".") else f"^{re.escape(inside)}(/|$)",
        "ALWAYS": str(remote).lower(),
    }
    text = (_WORKFLOWS / f"{service}.yml").read_text("utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)
