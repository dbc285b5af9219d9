"""Run an assay command that says where it is: a byte for each of some functions, when each is first called.

    python -m benchmarks.attacks.marked DESCRIPTOR MODULE:FUNCTION[,...] COMMAND...

The byte is the number of the function in the list. Nothing else of the command is changed.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any


def _marked(function: Callable[..., Any], descriptor: int, number: int) -> Callable[..., Any]:
    said = False

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        nonlocal said
        if not said:
            said = True
            os.write(descriptor, bytes([number]))
        return function(*arguments, **named)

    return call


def main() -> None:
    """Put the marks once the command runs, where assay catches signals already, and run it."""
    from assay import cli

    descriptor, functions, run = int(sys.argv[1]), sys.argv[2].split(","), cli._run
    sys.argv[1:3] = []

    def marked() -> object:
        for number, place in enumerate(functions):
            name, _, function = place.partition(":")
            module = importlib.import_module(name)
            setattr(module, function, _marked(getattr(module, function), descriptor, number))
        return run()

    cli._run = marked
    cli.main()


if __name__ == "__main__":
    main()
