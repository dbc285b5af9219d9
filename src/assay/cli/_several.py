"""One command for several models: each as if it were alone, and in the end a line for each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import chain, count
from pathlib import PurePath

import click

from assay.cli._apart import MODEL
from assay.cli._output import GIVEN, given, target
from assay.cli._streams import say
from assay.errors import UsageError
from assay.render.visible import visible

NOT_AUDITED = 2  # the exit status of a model that could not be audited
_WORDS = {0: "PASSED", 1: "FAILED", 2: "NOT AUDITED", 3: "INCOMPLETE"}
_ORDER = (1, 2, 3, 0)


def several(models: tuple[str, ...], outputs: tuple[str, ...], one: Callable[[str, tuple[str, ...]], int]) -> int:
    """Do `one` for each model, with its outputs, and return the exit status of all; what fails for one is said."""
    targets = [target(output) for output in outputs]
    aside = any(row.path is None and row.format != "text" for row in targets)  # a program reads standard output
    for row, output in zip(targets, outputs, strict=True):
        if row.path and MODEL not in output:
            raise UsageError(
                f"{len(models)} models would be written to one file: put {MODEL} into the name in {output!r}"
            )
    words, names = given(), _names(models)
    statuses = []
    for model, name in zip(models, names, strict=True):
        others = {other for other in models if other != model}
        own = tuple(output.replace(MODEL, name) for output in outputs)
        replaced = dict(zip(outputs, own, strict=True))
        click.get_current_context().meta[GIVEN] = [replaced.get(word, word) for word in words if word not in others]
        try:
            statuses.append(one(model, own))
        except UsageError as error:
            say(f"assay: {error}", err=True)
            statuses.append(NOT_AUDITED)
        say("", err=aside)
    width = max(map(len, _WORDS.values()))
    rows = (f"{_WORDS[status]:<{width}}  {visible(model)}" for model, status in zip(models, statuses, strict=True))
    say(*rows, err=aside)
    return worst(statuses)


def worst(statuses: Collection[int]) -> int:
    """The exit status of several audits: FAILED, not audited, INCOMPLETE, PASSED, the first that one of them has."""
    return next(status for status in _ORDER if status in statuses)


def _names(models: tuple[str, ...]) -> list[str]:
    """A name for each model's files: the last part of its path, with the first free number where another has it too."""
    names: list[str] = []
    for model in models:
        name = PurePath(model.partition("://")[2].replace("/", "-") if "://" in model else model).name or "model"
        numbered = (f"{name}-{number}" for number in count(2))
        names.append(next(free for free in chain((name,), numbered) if free not in names))
    return names
