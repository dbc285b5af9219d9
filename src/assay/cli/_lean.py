"""click without what it imports and a command does not use: a third of what starting one costs (docs/decisions/0027).

click, dataclasses, urllib and jinja2 import modules of the standard library of which they use one function, and that
seldom. Such a module is stood in for until somebody asks it for something. Two that click asks for at once are stood in
for while it is imported: `uuid`, for a type of option that no command has, and `gettext`, for translations of its
messages that are in no catalogue.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from assay.listing import unindented


def _annotations(what: Any, **how: Any) -> Any:
    """As `inspect.get_annotations`: of a class, which dataclasses asks for from Python 3.13 on, without the module."""
    if isinstance(what, type) and not how:
        return dict(vars(what).get("__annotations__", ()))
    return _real("inspect").get_annotations(what, **how)


# name -> what of it is here all the same: what click does to the help of each option, and dataclasses to each class
_SELDOM: dict[str, dict[str, Any]] = {
    "inspect": {"cleandoc": unindented, "get_annotations": _annotations},
    "ipaddress": {},
    "tempfile": {},
}
_PLAIN: dict[str, dict[str, Any]] = {
    "gettext": {"gettext": str, "ngettext": lambda one, several, count: one if count == 1 else several},
    "uuid": {"UUID": str},
}


class _Later(ModuleType):
    """Stands for a module that is imported when it is asked for something."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what looks through all modules asks for such
            raise AttributeError(name)
        found = getattr(_real(self.__name__), name)
        setattr(self, name, found)
        return found


def _real(name: str) -> ModuleType:
    """The module itself, imported where another stands for it."""
    if isinstance(sys.modules.get(name), _Later):
        del sys.modules[name]
    return importlib.import_module(name)


def load() -> None:
    """Import click."""
    for name, rows in _SELDOM.items():
        if name not in sys.modules:
            sys.modules[name] = _made(_Later(name), rows)
    before = {name: sys.modules.get(name) for name in _PLAIN}
    try:
        for name, rows in _PLAIN.items():
            sys.modules[name] = _made(ModuleType(name), rows)
        importlib.import_module("click")
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def _made(module: ModuleType, rows: dict[str, Any]) -> ModuleType:
    vars(module).update(rows)
    return module
