"""What is made when it is first used: regular expressions, the methods of dataclasses (docs/decisions/0027).

An audit of a small folder imports hundreds of patterns and classes, and uses a few of them. Both are written as with
`re` and `dataclasses`, are what these give to a type checker, and behave as theirs once they are used.
"""

from __future__ import annotations

import dataclasses
import gc
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from types import CodeType, FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass

    regex = re.compile
else:

    def regex(text, flags=0):
        """The regular expression, compiled when one of its attributes is first asked for."""
        return _Pattern(text, flags)

    def dataclass(*, frozen=False, slots=False, repr=True):
        """A dataclass as of `dataclasses`: what that adds to a class is made when it is first looked up.

        Its fields are parameters of their own places, and none comes from a class above.
        """

        def made(given):
            scope, kinds = vars(given), given.__annotations__
            names = tuple(name for name, kind in kinds.items() if not kind.startswith("ClassVar["))
            asked = {"repr": repr, "frozen": frozen, "slots": slots}
            fields = _Fields(kinds, names, {name: scope[name] for name in names if name in scope}, asked)
            methods = {"__init__": _Made(fields), "__eq__": _Made(fields), "__replace__": dataclasses.replace}
            methods["__hash__"] = _Made(fields) if frozen else None
            if repr:
                methods["__repr__"] = _Made(fields)
            if frozen:
                methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
                if slots:
                    methods |= {"__getstate__": _state, "__setstate__": _restore}
            own = {name: method for name, method in methods.items() if name not in scope}
            own |= {"__match_args__": names, **{name: _Made(fields) for name in _TABLES}}
            if slots:
                return _slotted(given, names, own)
            plain = fields.without_marks(given)
            for name, method in own.items():
                setattr(plain, name, method)
                if type(method) is _Made:
                    method.__set_name__(plain, name)
            return plain

        return made


def fits(name: str, pattern: str) -> bool:
    """What `fnmatchcase` says; nothing is compiled for a pattern without `?` and `[`, nor where an end does not fit."""
    if "?" in pattern or "[" in pattern:
        first = min(at for mark in "*?[" if (at := pattern.find(mark)) >= 0)
        last = max(pattern.rfind(mark) for mark in "*?]")
        ends = name.startswith(pattern[:first]) and name.endswith(pattern[last + 1 :])
        return ends and fnmatchcase(name, pattern)
    begin, *inner = pattern.split("*")
    if not inner:
        return name == pattern
    *inner, end = inner
    at, stop = len(begin), len(name) - len(end)
    if at > stop or not (name.startswith(begin) and name.endswith(end)):
        return False
    for part in inner:  # the first place of each leaves the most room for the next
        at = name.find(part, at, stop)
        if at < 0:
            return False
        at += len(part)
    return True


def compiled() -> None:
    """Compile every pattern that the loaded modules declare: for a process that forks others, which need them."""
    for found in gc.get_objects():
        if type(found) is _Pattern:
            found._compiled  # noqa: B018


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


_TABLES = ("__dataclass_fields__", "__dataclass_params__")
# what the library is asked for where it is to make one method and nothing else
_ONLY = {"__repr__": {"repr": True}, "__eq__": {"eq": True}, "__hash__": {"unsafe_hash": True}}


class _Made:
    """What a dataclass has by a name, and which takes its own place when it is looked up: a method, or a table."""

    _home: type
    _name: str

    def __init__(self, fields: _Fields) -> None:
        self._fields = fields

    def __set_name__(self, home: type, name: str) -> None:
        self._home, self._name = home, name

    def __get__(self, instance: object, owner: type) -> Any:
        made = vars(self._home)[self._name]
        if made is self:  # else another thread has made it since
            made = self._fields.made(self._name, self._home)
            if isinstance(made, FunctionType):
                made.__qualname__, made.__module__ = f"{self._home.__qualname__}.{self._name}", self._home.__module__
            setattr(self._home, self._name, made)
        return made.__get__(instance, owner) if isinstance(made, FunctionType) else made


class _Fields:
    """What a dataclass declares: its annotations, the names among them that are fields, their defaults, its options."""

    def __init__(
        self, kinds: dict[str, Any], names: tuple[str, ...], defaults: dict[str, Any], asked: dict[str, bool]
    ) -> None:
        self._kinds, self._names, self._defaults, self._asked = kinds, names, defaults, asked

    def without_marks(self, given: type) -> type:
        """The class with each default as an attribute, and without what `field` gave in its place."""
        for name, value in self._defaults.items():
            if isinstance(value, dataclasses.Field):
                if value.default is dataclasses.MISSING:
                    delattr(given, name)
                else:
                    setattr(given, name, value.default)
        return given

    def made(self, name: str, home: type) -> Any:
        """What the class has by that name: `__init__` made here, the rest by `dataclasses` on a class of its fields."""
        if name == "__init__":
            return self._init(home)
        only = {"init": False, "repr": False, "eq": False, **_ONLY.get(name, {})}
        # with a text of its own, else the library writes one, for which it asks for the signature
        said = {"__module__": home.__module__, "__doc__": home.__name__, "__annotations__": self._kinds}
        twin = type(home.__name__, (), {**self._defaults, **said})
        asked = self._asked if name == "__dataclass_params__" else only
        return vars(dataclasses.dataclass(**asked)(twin))[name]

    def _init(self, home: type) -> Any:
        """`__init__`: one code for all classes with so many fields, under the names of this one's.

        The library compiles one for each class, which takes a hundred times as long.
        """
        scope: dict[str, Any] = {"_absent": dataclasses.MISSING}
        factories, defaults = [], []
        for place, name in enumerate(self._names):
            slot = getattr(home, name, None)
            scope[f"_set{place}"] = slot.__set__ if isinstance(slot, MemberDescriptorType) else _setter(name)
            value = self._defaults.get(name, dataclasses.MISSING)
            if isinstance(value, dataclasses.Field):
                if not value.init or value.kw_only is True:
                    raise TypeError(f"{home.__name__}.{name}: a field that is no parameter of its own place")
                if value.default_factory is not dataclasses.MISSING:
                    scope[f"_make{place}"] = value.default_factory
                    factories.append(place)
                    defaults.append(dataclasses.MISSING)
                    continue
                value = value.default
            if value is not dataclasses.MISSING:
                defaults.append(value)
            elif defaults:
                raise TypeError(f"non-default argument {name!r} follows default argument")
        code = _init_code(len(self._names), tuple(factories), hasattr(home, "__post_init__"))
        code = code.replace(co_varnames=("self", *self._names))
        made = FunctionType(code, scope, "__init__", tuple(defaults))
        made.__annotations__ = {**{name: self._kinds[name] for name in self._names}, "return": None}
        return made


@cache
def _init_code(count: int, factories: tuple[int, ...], post: bool) -> CodeType:
    """The code of an `__init__` that sets so many fields, those in `factories` to what these give where nothing is."""
    lines = ["def __init__(" + ", ".join(["self", *(f"_{place}" for place in range(count))]) + "):", " pass"]
    for place in range(count):
        value = f"_make{place}() if _{place} is _absent else _{place}" if place in factories else f"_{place}"
        lines.append(f" _set{place}(self, {value})")
    if post:
        lines.append(" self.__post_init__()")
    scope: dict[str, Any] = {}
    exec("\n".join(lines), scope)  # noqa: S102 - nothing but numbers
    code: CodeType = scope["__init__"].__code__
    return code


def _slotted(given: type, names: tuple[str, ...], own: dict[str, Any]) -> type:
    """The class again with a slot for each field, which it has to have from its beginning, and with its `own` names."""
    scope = {**vars(given), **own, "__slots__": names}
    for name in (*names, "__dict__", "__weakref__"):
        scope.pop(name, None)
    plain = type(given)(given.__name__, given.__bases__, scope)
    plain.__qualname__ = given.__qualname__
    return plain


def _setter(name: str) -> Callable[[object, object], None]:
    return lambda self, value: object.__setattr__(self, name, value)


def _refuse_to_set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> dict[str, Any]:
    return {row.name: getattr(self, row.name) for row in dataclasses.fields(self)}


def _restore(self: object, state: dict[str, Any]) -> None:
    for name, value in state.items():
        object.__setattr__(self, name, value)
