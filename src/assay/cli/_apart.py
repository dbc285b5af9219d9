"""No output of a command takes the place of what the command was given, or lies in a folder that it was given.

Each command is made by `command`, or belongs to a `group`; each of its options and arguments that names what is written
is `Written`, and all others that name a file or folder are inputs. They are compared before the command does anything,
and so not after hours of work; what it reads besides (the files that a trust file or `assay.toml` names, the signature
beside a model) is compared when the output is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from assay.errors import UsageError
from assay.files import noting
from assay.writing import keep_out, try_out

MODEL = "{model}"  # in the name of a report of one of several models: where the model's name goes
QUIET, VERBOSE = "assay.quiet", "assay.verbose"  # in the meta of click's context: whether these were given
_INPUTS = "assay.inputs"  # in the meta of click's context: what the command was given, and what it read since
_MANIFEST = "manifest.json"  # what a corpus is written to last, under a name that inputs may have
_HERE = "file://"


class Written(click.Option):
    """An option that names what is written.

    Args:
        inside: the name of a file that may lie in a folder which is an input.
        folder: it names a folder, or its URL.
    """

    def __init__(self, *words: Any, inside: str = "", folder: bool = False, **settings: Any) -> None:
        super().__init__(*words, **settings)
        self.inside, self.folder = inside, folder


class WrittenArgument(click.Argument):
    """An argument that names what is written; `folder`: a folder, or its URL."""

    inside = ""

    def __init__(self, *words: Any, folder: bool = False, **settings: Any) -> None:
        super().__init__(*words, **settings)
        self.folder = folder


class NamedArgument(click.Argument):
    """An argument that names what the command does not open: it may lie where the command writes."""


class Command(click.Command):
    """A command whose outputs touch none of its inputs, and which takes `-q` and `-v` as every other does."""

    def __init__(self, *words: Any, **settings: Any) -> None:
        super().__init__(*words, **settings)
        taken = {word for row in self.params for word in row.opts}
        for name, short, help in _EVERYWHERE:
            if short not in taken:
                self.params.append(
                    click.Option((short, f"--{name}"), is_flag=True, expose_value=False, callback=_noted, help=help)
                )

    def make_context(self, *words: Any, resilient_parsing: bool = False, **settings: Any) -> click.Context:
        """As click's; a shell that completes is told what each text may name."""
        if resilient_parsing:
            from assay.cli._completing import teach

            teach(self)
        return super().make_context(*words, resilient_parsing=resilient_parsing, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it (UsageError: an output would touch an input)."""
        ctx.meta.setdefault(QUIET, bool(ctx.params.get("quiet")))
        if ctx.meta.get(VERBOSE):
            _say_what_is_used()
        given: list[Path] = list(_inputs(ctx))
        ctx.meta[_INPUTS] = given
        rows = [row for row in self.params if isinstance(row, Written | WrittenArgument)]
        for row in rows:
            for place in _places(ctx, row) if row.folder else ():
                keep_apart(place)
                keep_apart(place / _MANIFEST)
        files = [place for row in rows if not row.folder for place in _places(ctx, row)]
        apart(files, "".join(row.inside for row in rows))
        with noting(given):
            return super().invoke(ctx)


# where a command has none of its own: (name, short name, what it does)
_EVERYWHERE = (
    ("quiet", "-q", "Print nothing but errors and what was asked for."),
    ("verbose", "-v", "Say also which assay, Python, kernels and configuration are used."),
)


def _noted(ctx: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        ctx.meta[f"assay.{option.name}"] = True


def _say_what_is_used() -> None:
    from platform import python_version

    from assay import kernels
    from assay.cli._config import configured
    from assay.cli._streams import say
    from assay.version import VERSION

    files = sorted(set(configured(None).origins.values()))
    config = f"configuration {', '.join(files)}" if files else "no configuration"
    say(f"assay {VERSION}, Python {python_version()}, kernels {kernels.name()}, {config}", err=True)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command


def command(name: str) -> Callable[[Callable[..., Any]], Command]:
    """As click's, for a command whose outputs touch none of its inputs."""
    return click.command(name, cls=Command)


def group(name: str) -> Callable[[Callable[..., Any]], Group]:
    """As click's, for a group of such commands."""
    return click.group(name, cls=Group)


def also(*paths: Path) -> None:
    """Count what a command finds by itself as given to it."""
    given = click.get_current_context().meta.setdefault(_INPUTS, [])
    given += [path for path in paths if path not in given]


def keep_apart(path: Path, inside: str = "") -> None:
    """UsageError where `path` is an input of the command that is running, or lies in one.

    Args:
        inside: the name that it may have directly in a folder which is an input.
    """
    context = click.get_current_context(silent=True)
    for given in context.meta.get(_INPUTS, ()) if context else ():
        if not inside or path != given / inside:
            keep_out(path, given)


def apart(paths: Iterable[Path | None], inside: str = "") -> None:
    """UsageError where a file cannot be written, touches an input, or takes the place of another of the outputs."""
    seen: set[Path] = set()
    for path in filter(None, paths):
        keep_apart(path, inside)
        try_out(path)
        place = path.resolve()
        if place in seen and (place.is_file() or not place.exists()):  # a pipe or a terminal takes several
            raise UsageError(f"{path} would be written twice: give each output a file of its own")
        seen.add(place)


def _inputs(ctx: click.Context) -> Iterator[Path]:
    """All that the command was given, is there and is not written."""
    for row in ctx.command.params:
        if not isinstance(row, Written | WrittenArgument | NamedArgument):
            for word in _each(ctx, row):
                if isinstance(word, str | Path) and (path := _there(str(word))):
                    yield path


def _there(word: str) -> Path | None:
    path = Path(word.removeprefix(_HERE))
    try:
        return path if word and path.exists() else None
    except (OSError, ValueError):  # a text: longer than a name, or with a NUL
        return None


def _places(ctx: click.Context, row: Written | WrittenArgument) -> Iterator[Path]:
    """The files and folders that an option names; those of several models have names once each model is audited."""
    from assay.cli._output import target

    for word in _each(ctx, row):
        place = word[1] if isinstance(word, tuple) else word  # of a format and its file
        if row.name == "outputs" and isinstance(word, str):
            place = target(word).path
        if place is not None and MODEL not in str(place):
            path = Path(str(place).removeprefix(_HERE))
            if "://" not in str(path):
                yield path


def _each(ctx: click.Context, row: click.Parameter) -> tuple[Any, ...]:
    value = ctx.params.get(row.name or "")
    return value if isinstance(value, tuple) else (value,)
