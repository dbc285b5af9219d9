"""The options that several commands share, each declared once: one name, one type, one wording.

Each function gives a decorator. Where an option means something else in each command, the command says what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.decorators import FC

from assay.cli._apart import Written
from assay.cli._streams import Output, one_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
BYTES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
FILE = click.Path(path_type=Path)
_AGAIN = "; may be repeated."
_WHERE = f"to standard output or a file{_AGAIN}"


class Amount(click.ParamType):  # type: ignore[type-arg]
    """A whole number, at least `least`, with a unit, as a number of the smallest."""

    name = "amount"

    def __init__(self, units: dict[str, int], least: int = 1) -> None:
        self._units, self._least = units, least

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; an error that names the units where it is none."""
        text = str(value).strip().lower()
        digits = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
        unit = self._units.get(text[len(digits) :].strip())
        if unit is None or not digits.isdecimal() or not self._least <= (found := int(digits[:19]) * unit) < 1 << 63:
            self.fail(f"{text!r}: expected a number, or one with {', '.join(filter(None, self._units))}", param, ctx)
        return found


def _offered(names: Iterable[str]) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from assay.cli._completing import chosen

        return chosen(names, incomplete)

    return complete


def formats(*names: str, note: str = "") -> Callable[[FC], FC]:
    """`-o FORMAT[=PATH]`, any number of times, as (format, path) pairs; the first of `names` where none is given.

    Args:
        note: a sentence about the formats.
    """

    def parsed(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Output, ...]:
        return tuple(one_of(value, names) for value in values) or ((names[0], None),)

    listed = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return click.option(
        "-o",
        "--output",
        "outputs",
        cls=Written,
        multiple=True,
        callback=parsed,
        metavar="FORMAT[=PATH]",
        shell_complete=_offered(names),
        help=f"{listed}, {_WHERE}{f' {note}' if note else ''}",
    )


def reports() -> Callable[[FC], FC]:
    """`-o FORMAT[=PATH]` with every format that a dossier can be rendered in."""
    from assay.render import names

    return click.option(
        "-o",
        "--output",
        "outputs",
        cls=Written,
        multiple=True,
        metavar="FORMAT[=PATH]",
        shell_complete=_offered(names()),
        help=f"Write a report, {_WHERE} Formats: {', '.join(names())}.",
    )


def target(help: str, inside: str = "") -> Callable[[FC], FC]:
    """`-o FILE`, for a command that writes one file; `inside` is a name that it may have in a folder that was given."""
    return click.option("-o", "--output", "target", cls=Written, inside=inside, type=FILE, metavar="FILE", help=help)


def written(name: str, help: str) -> Callable[[FC], FC]:
    """`--NAME FILE`: what is written besides."""
    return click.option(f"--{name}", cls=Written, type=FILE, metavar="FILE", help=help)


def quiet(help: str = "Print nothing but errors.") -> Callable[[FC], FC]:
    """`-q`: what is still printed."""
    return click.option("-q", "--quiet", is_flag=True, help=help)


def verbose(help: str) -> Callable[[FC], FC]:
    """`-v`: what is printed too."""
    return click.option("-v", "--verbose", is_flag=True, help=help)


def offline(default: bool | None = False) -> Callable[[FC], FC]:
    """`--offline`; None tells that it was not given, so that the configuration decides."""
    return click.option("--offline", is_flag=True, default=default, help="Never open a network connection.")


def key_in_clear(condition: str = "") -> Callable[[FC], FC]:
    """`--key-in-clear`: what is else refused."""
    sent = f"{condition}send" if condition else "Send"
    return click.option(
        "--key-in-clear",
        is_flag=True,
        help=f"{sent} the key in ASSAY_API_KEY over plain http to another machine, too.",
    )


def base(help: str) -> Callable[[FC], FC]:
    """`--base`: the model from which this one was made."""
    return click.option("--base", metavar="MODEL", help=help)


def policy(help: str) -> Callable[[FC], FC]:
    """`--policy`: a built-in policy or a file."""
    return click.option("--policy", metavar="NAME|FILE", help=help)


def trust(help: str) -> Callable[[FC], FC]:
    """`--trust`: whose signatures are expected."""
    return click.option("--trust", type=FILE, metavar="FILE", help=help)


def as_of(what: str) -> Callable[[FC], FC]:
    """`--as-of`: another day than today, by which `what` is judged."""
    return click.option(
        "--as-of",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        help=f"Judge {what} by this date instead of today.",
    )


def corpora(help: str, required: bool = False) -> Callable[[FC], FC]:
    """`--corpus`: indexed training data."""
    return click.option(
        "--corpus",
        "corpora",
        multiple=True,
        required=required,
        metavar="DIR|URL[,URL..]",
        help=f"{help}: a folder, or where one is served (see: assay corpus){_AGAIN}",
    )


def questions(help: str) -> Callable[[FC], FC]:
    """`--questions`, which was called `--pack`: files of labelled questions."""
    return click.option(
        "--questions", "--pack", "packs", multiple=True, type=FILE, metavar="FILE", help=f"{help}{_AGAIN}"
    )


def documents(help: str) -> Callable[[FC], FC]:
    """`--document`: texts of the user's own."""
    return click.option("--document", "documents", multiple=True, type=FILE, metavar="FILE", help=f"{help}{_AGAIN}")


def most(what: str, help: str, least: int, top: int | None = None, default: int | None = None) -> Callable[[FC], FC]:
    """`--most`: a limit, counted in `what`."""
    return click.option(
        "--most",
        type=click.IntRange(least, top),
        default=default,
        show_default=default is not None,
        metavar=what.upper(),
        help=help,
    )


def samples(condition: str = "") -> Callable[[FC], FC]:
    """`--samples`: other answers to compare the first with."""
    draw = "draw K" if condition else "Draw K"
    return click.option(
        "--samples",
        type=click.IntRange(0, 64),
        default=0,
        show_default=True,
        metavar="K",
        help=f"{condition}{draw} other answers to each prompt (temperature 0.7), to compare them with the first.",
    )


def entailment(
    help: str = "With --samples: compare answers by this model of entailment (a classifier of pairs) instead of by "
    "rules.",
) -> Callable[[FC], FC]:
    """`--entailment`: a classifier of pairs of texts, and what for."""
    return click.option("--entailment", type=FILE, metavar="DIR", help=help)


def cost() -> Callable[[FC], FC]:
    """`--cost`: how much may be measured."""
    return click.option(
        "--cost",
        type=click.Choice(("header", "pass", "weights")),
        default="weights",
        help="The most that a measure may cost: header reads no values of tensors, pass reads each once, weights all.",
    )


def max_time(help: str) -> Callable[[FC], FC]:
    """`--max-time`: when reading ends."""
    return click.option("--max-time", type=Amount(SECONDS), metavar="TIME", help=help)


def max_bytes(help: str) -> Callable[[FC], FC]:
    """`--max-bytes`: how much is read in full."""
    return click.option("--max-bytes", type=Amount(BYTES), metavar="SIZE", help=help)


def seed() -> Callable[[FC], FC]:
    """`--seed`: the same seed, the same random numbers."""
    return click.option(
        "--seed",
        type=int,
        default=0,
        show_default=True,
        metavar="N",
        help="Seed of everything that is drawn at random.",
    )


def answers(condition: str = "") -> Callable[[FC], FC]:
    """`--answers`: where answers are kept as they come in."""
    said = f"{condition}keep" if condition else "Keep"
    return written("answers", f"{said} each answer in this file, and go on from it the next time.")


def registry() -> Callable[[FC], FC]:
    """`--registry`: which registry of audits."""
    return click.option(
        "--registry",
        metavar="DIR|URL",
        help="The registry of audits: a folder, or postgresql://user@host/name?store=FOLDER (see: docs/registry.md).",
    )


def every(help: str) -> Callable[[FC], FC]:
    """`--all`: beside the latest audit of each model the earlier ones."""
    return click.option("--all", "every", is_flag=True, help=help)


def server(callers: str, token: str, port: int = 0, *, anyone: bool) -> Callable[[FC], FC]:
    """Where a server listens and whom it lets in: `--host`, `--port`, `--token-file`, `--no-token`, `--allow-host`.

    Args:
        callers: who calls it, in words.
        token: what `--token-file` does.
        port: the usual one; 0 is any that is free.
        anyone: whether it may answer whoever can reach it (`--no-token`).
    """
    free = (
        "The port to listen at; 0: any that is free." if port else "The port to listen at; by default any that is free."
    )
    names = f"A name or address by which {callers} call this machine{_AGAIN}"
    rows = (
        click.option(
            "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen at."
        ),
        click.option(
            "--port", type=click.IntRange(0, 65535), default=port, show_default=bool(port), metavar="N", help=free
        ),
        click.option("--token-file", type=FILE, metavar="FILE", help=token),
        *(
            [click.option("--no-token", is_flag=True, help="With --host: answer whoever can reach it.")]
            if anyone
            else []
        ),
        click.option("--allow-host", "hosts", multiple=True, metavar="NAME", help=names),
    )

    def with_all(command: FC) -> FC:
        for row in reversed(rows):
            command = row(command)
        return command

    return with_all


def threads() -> Callable[[FC], FC]:
    """`--threads` of the runtime."""
    return click.option(
        "--threads",
        type=click.IntRange(0, 256),
        default=0,
        metavar="N",
        help="Threads of the runtime; by default its own choice.",
    )


def jobs(help: str, top: int, default: int | None = None) -> Callable[[FC], FC]:
    """`--jobs`: how much is done at a time."""
    return click.option("--jobs", type=click.IntRange(1, top), default=default, metavar="N", help=help)


def executor(help: str, default: str | None = None) -> Callable[[FC], FC]:
    """`--executor`: in which processes, here or on a cluster."""
    return click.option("--executor", default=default, show_default=default is not None, metavar="NAME", help=help)


def since(help: str) -> Callable[[FC], FC]:
    """`--since`: a checkpoint of a log."""
    return click.option("--since", type=FILE, metavar="CHECKPOINT", help=help)


def plugins(help: str) -> Callable[[FC], FC]:
    """`--plugin NAME`, any number of times: packages outside assay that take part."""
    return click.option("--plugin", "plugins", multiple=True, metavar="NAME", help=f"{help}{_AGAIN}")
