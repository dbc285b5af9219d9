"""The rooms of the package: what is private to a folder stays in it, imports point down, and it is written down."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PYTHON = sorted(SOURCE.rglob("*.py"))
MODULES = {path: ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__") for path in PYTHON}
NAMES = frozenset(MODULES.values())


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def folder(module: str, path: Path) -> str:
    """The package that a module lies in; a package lies in itself."""
    return module if path.name == "__init__.py" else module.rpartition(".")[0]


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(name that is bound, what it stands for) of everything imported from assay, at the top or in a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "assay":
                    yield alias.asname or alias.name, alias.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "assay":
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def reached(tree: ast.Module) -> Iterator[str]:
    """Everything of assay that a module names: what it imports, and what it takes out of an imported module."""
    bound = dict(imported(tree))
    yield from bound.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            whole = bound.get(node.value.id, "")
            if whole in NAMES:
                yield f"{whole}.{node.attr}"


def owner(name: str) -> str | None:
    """The folder that a private name belongs to: the one in which the first private part of it lies."""
    parts = name.split(".")
    for place, part in enumerate(parts):
        if private(part):
            above = ".".join(parts[:place])
            is_package = (SOURCE / Path(*parts[:place]) / "__init__.py").is_file()
            return above if is_package or above not in NAMES else above.rpartition(".")[0]
    return None


def violations(source: str, here: str) -> list[str]:
    """What a module in the folder `here` takes that is private to another folder."""
    owners = {name: owner(name) for name in reached(ast.parse(source))}
    return sorted(
        name for name, room in owners.items() if room is not None and not (here == room or here.startswith(f"{room}."))
    )


def test_what_is_private_to_a_folder_stays_in_it() -> None:
    found = [
        f"{module} takes {name}"
        for path, module in MODULES.items()
        for name in violations(path.read_text("utf-8"), folder(module, path))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("from assay.corpus import _layout", 1),
        ("from assay.corpus._layout import HEADER", 1),
        ("def f():\n    from assay.corpus._layout import HEADER", 1),
        ("import assay.corpus._layout", 1),
        ("from assay.corpus.reading import _anything", 1),
        ("from assay.corpus import reading\nreading._anything()", 1),
        ("from assay.formats import _marks", 0),  # a folder below may use what is private to the one above it
        ("from assay.formats.pickle.machine import _anything", 0),
        ("from assay.corpus import reading\nreading.ShardFile", 0),
        ("from assay import __main__", 0),
    ],
)
def test_the_rule_finds_every_way_to_take_what_is_private(source: str, count: int) -> None:
    assert len(violations(source, "assay.formats.pickle")) == count


def contracts() -> list[dict[str, object]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    assert "assay" in (settings["root_package"], *settings.get("root_packages", ()))
    found: list[dict[str, object]] = settings["contracts"]
    return found


def test_the_import_contracts_have_no_exceptions() -> None:
    for contract in contracts():
        assert not [key for key in contract if "ignore" in key or key.startswith("allow")], contract["name"]


def test_every_room_has_its_floor() -> None:
    (floors,) = [contract for contract in contracts() if contract["type"] == "layers"]
    assert floors["exhaustive"] is True and floors["containers"] == ["assay"]


def test_contributing_names_every_folder() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    folders = {path.parent.name for path in PYTHON if path.parent != SOURCE / "assay"}
    assert [name for name in sorted(folders) if f"`{name}/`" not in text] == []


def test_contributing_names_no_folder_that_is_not_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Add a format")[0]
    folders = {path.name for path in (SOURCE / "assay").rglob("*") if path.is_dir()}
    named = set(re.findall(r"`([a-z_]+)/`", text))
    assert named - folders == {"native"}


TESTS = ROOT / "tests"


def test_tests_lie_in_folders_of_the_names_of_rooms() -> None:
    """But for builders and hostile models, which all of them use."""
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob("*.py")} - {Path()}
    others = {str(path) for path in folders if not (SOURCE / "assay" / path).is_dir()}
    assert others == {"builders", "builders/popular", "hostile"}


def test_no_test_module_takes_anything_from_another() -> None:
    """What several need is in tests/builders or a fixture of tests/conftest.py."""
    found = [
        f"{path.relative_to(TESTS)}: {node.module}"
        for path in sorted(TESTS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and re.search(r"^tests(\.\w+)*\.test_", node.module or "")
    ]
    assert found == []


def test_modules_make_patterns_and_classes_this_way() -> None:
    wrong = []
    for path in PYTHON:
        if MODULES[path] == "assay.lazy":
            continue
        for node in outside_functions(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "dataclasses":
                wrong += [f"{path}:{node.lineno}" for alias in node.names if alias.name == "dataclass"]
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
                wrong.append(f"{path}:{node.lineno}")
    assert wrong == [], "take dataclass and regex from assay.lazy"


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from outside_functions(child)
