"""What is made when it is first used: regular expressions, the methods of dataclasses (docs/decisions/0027).

An audit of a small folder imports hundreds of patterns and classes, and uses a few of them. Both are written as with
`re` and `dataclasses`, are what these give to a type checker, and behave as theirs once they are used.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass

    regex = re.compile
else:

    def regex(text, flags=0):
        """The regular expression, compiled when one of its attributes is first asked for."""
        return _Pattern(text, flags)

    def dataclass(*, frozen=False, slots=False, repr=True):
        """A dataclass as of `dataclasses`, each of whose methods is generated when it is first looked up."""

        def made(given):
            plain = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(given)
            methods = {"__init__": _INIT, "__eq__": _EQ, "__hash__": _HASH if frozen else None}
            if repr:
                methods["__repr__"] = _REPR
            if frozen:
                methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
                if slots:
                    methods |= {"__getstate__": _state, "__setstate__": _restore}
            for name, method in methods.items():
                if name not in given.__dict__:
                    setattr(plain, name, method)
            return plain

        return made


def fits(name: str, pattern: str) -> bool:
    """What `fnmatchcase` says; for a pattern that is a name, or has one `*` and nothing else, nothing is compiled."""
    before, star, after = pattern.partition("*")
    if "*" in after or "?" in pattern or "[" in pattern:
        return fnmatchcase(name, pattern)
    if not star:
        return name == pattern
    return len(name) >= len(before) + len(after) and name.startswith(before) and name.endswith(after)


class _Pattern:
    """Stands for a compiled pattern, and keeps each of its attributes that was asked for."""

    def __init__(self, text: Any, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        if name == "_compiled":
            value = re.compile(self._text, self._flags)
        elif name.startswith("_"):  # what copies or pickles asks for such, and takes it as it is
            raise AttributeError(name)
        else:
            value = getattr(self._compiled, name)
        self.__dict__[name] = value
        return value

    def __repr__(self) -> str:
        return repr(self._compiled)


class _Method:
    """A method of a dataclass that takes its own place with the generated one when it is looked up."""

    def __init__(self, name: str, generate: Callable[[type], Any]) -> None:
        self._name, self._generate = name, generate

    def __get__(self, instance: object, owner: type) -> Any:
        # the signature of a class is asked of it, in Python 3.13, as if it were an instance
        kinds = (owner, instance) if isinstance(instance, type) else (owner,)
        bases = (base for kind in kinds for base in kind.__mro__)
        home = next((base for base in bases if base.__dict__.get(self._name) is self), None)
        if home is None:  # another thread has generated it since
            return getattr(owner if instance is None else instance, self._name)
        method = self._generate(home)
        method.__qualname__, method.__module__ = f"{home.__qualname__}.{self._name}", home.__module__
        setattr(home, self._name, method)
        return method if instance is None else method.__get__(instance, owner)


def _by_the_library(name: str, **asked: bool) -> Callable[[type], Any]:
    """Has `dataclasses` generate one method, on a class of the same fields."""
    wanted = {"init": False, "repr": False, "eq": False, **asked}

    def generated(home: type) -> Any:
        fields = [(row.name, Any, _alike(row)) for row in _fields(home)]
        said = {"__doc__": home.__name__}  # else the library writes one, for which it asks for the signature
        return dataclasses.make_dataclass(home.__name__, fields, namespace=said, **wanted).__dict__[name]  # type: ignore[arg-type]

    return generated


def _alike(row: dataclasses.Field[Any]) -> Any:
    return dataclasses.field(repr=row.repr, compare=row.compare, hash=row.hash)


def _fields(home: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(home)


def _init(home: type) -> Any:
    """`__init__` for fields as this package has them: by position or name, with a default or a factory.

    The library's, for a frozen class, comes with two more methods and takes three times as long to generate.
    """
    scope: dict[str, Any] = {"_absent": dataclasses.MISSING}
    heads, lines = ["self"], []
    for row in _fields(home):
        name = row.name
        slot = getattr(home, name, None)
        scope[f"_set_{name}"] = slot.__set__ if isinstance(slot, MemberDescriptorType) else _setter(name)
        value, default = name, ""
        if row.default is not dataclasses.MISSING:
            scope[f"_default_{name}"], default = row.default, f"=_default_{name}"
        elif row.default_factory is not dataclasses.MISSING:
            scope[f"_make_{name}"], default = row.default_factory, "=_absent"
            value = f"_make_{name}() if {name} is _absent else {name}"
        if not row.init or row.kw_only:
            raise TypeError(f"{home.__name__}.{name}: a field that is no parameter of its own place")
        heads.append(name + default)
        lines.append(f" _set_{name}(self, {value})")
    lines += [" self.__post_init__()"] if hasattr(home, "__post_init__") else []
    exec("\n".join((f"def __init__({', '.join(heads)}):", *(lines or [" pass"]))), scope)  # noqa: S102 - names of fields
    made = scope["__init__"]
    made.__annotations__ = {**{row.name: row.type for row in _fields(home)}, "return": None}
    return made


def _setter(name: str) -> Callable[[object, object], None]:
    return lambda self, value: object.__setattr__(self, name, value)


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _values(self: object) -> Iterator[tuple[str, Any]]:
    return ((row.name, getattr(self, row.name)) for row in _fields(type(self)))


def _state(self: object) -> dict[str, Any]:
    return dict(_values(self))


def _restore(self: object, state: dict[str, Any]) -> None:
    for name, value in state.items():
        object.__setattr__(self, name, value)


_INIT = _Method("__init__", _init)
_REPR = _Method("__repr__", _by_the_library("__repr__", repr=True))
_EQ = _Method("__eq__", _by_the_library("__eq__", eq=True))
_HASH = _Method("__hash__", _by_the_library("__hash__", unsafe_hash=True))
