"""Patterns and dataclasses that are made when they are used: the same as the library's, and used everywhere."""

from __future__ import annotations

import copy
import dataclasses
import fnmatch
import importlib
import inspect
import pickle
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.errors import MissingExtra
from assay.lazy import compiled, dataclass, fits, regex

SOURCE = Path(assay.__file__).parent
BUILT = """
import re, sys
compiled = []
real = re.compile
re.compile = lambda *given: compiled.append(sys._getframe(1).f_globals["__name__"]) or real(*given)
import assay.facts.dossier, assay.text.value
from assay.facts.finding import Evidence
names = "__init__", "__eq__"
print([name for name in compiled if name.startswith("assay")], *(type(vars(Evidence)[name]).__name__ for name in names))
Evidence("a")
print(*(type(vars(Evidence)[name]).__name__ for name in names))
"""


@dataclass(frozen=True, slots=True)
class Point:
    """A value with a default and a factory."""

    x: int
    y: int = 2
    names: tuple[str, ...] = dataclasses.field(default_factory=tuple)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("negative")


@dataclass(slots=True)
class Count:
    """A value that changes."""

    number: int = 0


@dataclass(frozen=True)
class Loose:
    """A value without slots."""

    number: int = 0


def modules() -> Iterator[Any]:
    for entry in pkgutil.walk_packages([str(SOURCE)], "assay."):
        # what does something when it is imported, and what imports torch
        apart = entry.name in ("assay.__main__", "assay.registry.migrations.env")
        if not apart and not entry.name.startswith("assay.runtime."):
            try:
                yield importlib.import_module(entry.name)
            except MissingExtra:
                continue
            except ModuleNotFoundError as absent:
                assert (absent.name or "").partition(".")[0] != "assay"  # what is missing is an extra


EVERY = tuple(modules())
CLASSES = sorted(
    {
        value
        for module in EVERY
        for value in vars(module).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__.startswith("assay.")
    },
    key=lambda kind: (kind.__module__, kind.__qualname__),
)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
def test_a_class_takes_what_the_library_would_let_it_take(kind: Any) -> None:
    rows = [
        (row.name, row.type, dataclasses.field(default=row.default))
        if row.default_factory is dataclasses.MISSING
        else (row.name, row.type, dataclasses.field(default_factory=row.default_factory))
        for row in dataclasses.fields(kind)
    ]
    expected = inspect.signature(dataclasses.make_dataclass(kind.__name__, rows))
    found = inspect.signature(kind)
    assert list(found.parameters) == list(expected.parameters)
    for name, parameter in found.parameters.items():
        assert parameter.kind is expected.parameters[name].kind
        assert (parameter.default is inspect.Parameter.empty) == (
            expected.parameters[name].default is inspect.Parameter.empty
        )
    assert kind.__match_args__ == tuple(found.parameters)


def test_every_pattern_compiles() -> None:
    kind = type(regex("x"))
    patterns = [value for module in EVERY for value in vars(module).values() if type(value) is kind]
    assert len(patterns) > 200
    for found in patterns:
        assert isinstance(found.pattern, str | bytes)


def test_importing_compiles_no_pattern_and_a_class_is_finished_when_it_is_used() -> None:
    said = subprocess.run([sys.executable, "-c", BUILT], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == ["[] _Made _Made", "function _Made"]


def test_a_value_compares_prints_and_hashes_by_its_fields() -> None:
    assert Point(1) == Point(1, 2, ()) != Point(1, 3)
    assert Point(1) != Loose(1)  # type: ignore[comparison-overlap]
    assert repr(Point(1, names=("a",))) == "Point(x=1, y=2, names=('a',))"
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert dataclasses.replace(Point(1), y=5) == Point(1, 5)
    assert getattr(copy, "replace", dataclasses.replace)(Point(1), y=5) == Point(1, 5)  # of Python 3.13
    assert (Point(1).__class__.__name__, Point.__init__.__qualname__) == ("Point", "Point.__init__")


def test_a_class_of_a_user_may_come_from_one_of_these_as_from_one_of_the_library() -> None:
    @dataclasses.dataclass(frozen=True)
    class Named(Point):
        """A frozen class below a frozen one."""

        name: str = "a"

    assert Named(1, name="b") == dataclasses.replace(Named(1), name="b")
    assert [row.name for row in dataclasses.fields(Named)] == ["x", "y", "names", "name"]
    with pytest.raises(TypeError, match="non-frozen dataclass from a frozen one"):
        dataclasses.dataclass(type("Changing", (Point,), {"__doc__": "A class that is not frozen."}))


def test_a_method_that_another_thread_made_meanwhile_is_that_of_its_own_class() -> None:
    @dataclass(frozen=True, slots=True)
    class Base:
        """A value."""

        x: int

    class Sum(Base):
        """Takes other values than the class above."""

        __slots__ = ()

        def __init__(self, one: int, other: int) -> None:
            super().__init__(one + other)

    found = vars(Base)["__init__"]  # what `super()` has in its hand
    made = Base.__init__
    assert found.__get__(Sum(1, 2), Sum).__func__ is made


def test_a_frozen_value_stays_as_it_is() -> None:
    for value, name in ((Point(1), "x"), (Loose(1), "number")):
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(value, name, 2)
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{name}'"):
            delattr(value, name)
    with pytest.raises(AttributeError):
        Point(1).__dict__  # noqa: B018 - it has slots


def test_a_value_that_changes_has_no_hash() -> None:
    count = Count()
    count.number += 1
    assert count == Count(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(count)


def test_what_is_missing_or_refused_is_told_as_ever() -> None:
    with pytest.raises(TypeError, match=r"Point\.__init__\(\) missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="negative"):
        Point(-1)


def test_the_signature_of_a_class_that_nobody_made_one_of_is_told() -> None:
    @dataclass(frozen=True, slots=True)
    class New:
        """A value."""

        x: int

    assert list(inspect.signature(New).parameters) == ["x"]


def test_a_factory_makes_a_new_value_each_time() -> None:
    @dataclass(slots=True)
    class Held:
        """A value that holds a list."""

        rows: list[int] = dataclasses.field(default_factory=list)

    Held().rows.append(1)
    assert Held().rows == []


@pytest.mark.parametrize("value", [Point(1), Count(3), Loose(4)])
def test_a_value_is_copied_and_pickled(value: object) -> None:
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value


def test_a_pattern_is_the_librarys_once_it_is_asked() -> None:
    found = regex(r"(?P<word>a+)", re.IGNORECASE)
    assert [match["word"] for match in found.finditer("xAa a")] == ["Aa", "a"]
    assert (found.pattern, found.groups, found.sub("b", "aab")) == (r"(?P<word>a+)", 1, "bb")
    assert repr(found) == repr(re.compile(r"(?P<word>a+)", re.IGNORECASE))
    assert regex(rb"\d").fullmatch(b"7")
    with pytest.raises(AttributeError):
        found.nothing_of_the_kind  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(re.error):
        regex("(").match("")


def test_a_process_that_forks_can_have_all_patterns_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"row": (regex(r"\d+"),)}
    compiled()
    monkeypatch.setattr(re, "compile", None)
    assert found["row"][0].sub("", "a1b22") == "ab"


@pytest.mark.parametrize(("pattern", "names"), [("a.*", "a. a.b b.a"), ("*.bin", ".bin x.bin x.bin2"), ("x", "x X xx")])
def test_a_shell_pattern_fits_what_the_library_says(pattern: str, names: str) -> None:
    for name in (*names.split(), "", "*"):
        assert fits(name, pattern) == fnmatch.fnmatchcase(name, pattern)


@given(st.text("ab.*?[]!-", max_size=8), st.text("ab.*", max_size=8))
def test_any_shell_pattern_fits_what_the_library_says(pattern: str, name: str) -> None:
    assert fits(name, pattern) == fnmatch.fnmatchcase(name, pattern)


ASKED = """
import sys
from assay.cli._lean import load
load()
from assay.facts.dossier import Rule
from assay.formats.python.value import Constant
hash(Constant("x")), repr(Rule)
print(vars(sys.modules["inspect"]).keys() >= {"signature"})
"""


def test_a_class_is_finished_in_a_command_without_a_module_that_a_locked_worker_could_not_import() -> None:
    said = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"
