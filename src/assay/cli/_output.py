"""Where reports go: standard output, or files that are whole or absent."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click

from assay.cli import silence_output
from assay.cli._apart import keep_apart
from assay.cli._config import Config
from assay.cli._streams import colour_wanted, one_of, put
from assay.errors import UsageError
from assay.facts.dossier import Dossier
from assay.lazy import dataclass
from assay.plugin import Loaded
from assay.render import names, renderer
from assay.render.sections import View
from assay.secret import concealed, kept_out
from assay.writing import write_whole

GIVEN = "assay.given"  # in the meta of click's context: the words of the command that another one stands for


@dataclass(frozen=True, slots=True)
class Target:
    """One `-o FORMAT[=PATH]`: the format's id, and the path, or None for standard output."""

    format: str
    path: Path | None


def target(text: str) -> Target:
    """Parse `FORMAT`, `FORMAT=PATH` or `FORMAT=-`."""
    return Target(*one_of(text, names()))


def write_all(
    dossier: Dossier,
    targets: tuple[Target, ...],
    *,
    verbose: bool = False,
    plugins: tuple[Loaded, ...] = (),
    config: Config | None = None,
) -> None:
    """Write every report, with the views that plugins bring, and what a configuration file set.

    A target that cannot be written is a UsageError after the others were tried.
    """
    config = config or Config()
    extra = tuple(view for plugin in plugins for view in plugin.of(View))
    failures = []
    for entry in targets:
        try:
            if entry.path is None:
                put(_rendered(dossier, entry.format, extra, config, verbose=verbose, terminal=True), None)
            else:
                raw = _rendered(dossier, entry.format, extra, config, verbose=verbose, terminal=False)
                keep_apart(entry.path)
                dossier.spare(entry.path)
                write_whole(entry.path, kept_out(raw))
        except BrokenPipeError:
            silence_output()  # the reader went away; the verdict and the other reports stand
        except (OSError, ValueError) as cause:  # ValueError: a NUL in the path
            said = cause.strerror if isinstance(cause, OSError) else None
            failures.append(f"cannot write {entry.path or 'standard output'}: {said or cause}")
    if failures:
        raise UsageError("; ".join(failures))


def given() -> list[str]:
    """The words of the command that is running, or of the one that it stands for."""
    words: list[str] = click.get_current_context().meta.get(GIVEN, sys.argv[1:])
    return words


def _rendered(
    dossier: Dossier, format: str, extra: tuple[View, ...], config: Config, *, verbose: bool, terminal: bool
) -> bytes:
    stream = io.BytesIO()
    if format == "text":
        from assay.render.output.text import write
        from assay.render.terminal import USUAL, terminal_width, unicode_wanted
        from assay.render.words import quoted

        write(
            dossier,
            stream,
            extra=extra,
            colour=terminal and colour_wanted(),
            width=terminal_width() if terminal else USUAL,
            verbose=verbose,
            again=concealed(" ".join(map(quoted, ["assay", *given(), *config.options]))) if terminal else "",
            configured=config.said,
            plain=terminal and not unicode_wanted(),
        )
    else:
        found = renderer(format)
        assert found is not None
        found.write(dossier, stream, extra=extra)
    return stream.getvalue()
