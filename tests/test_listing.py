"""The lists beside the rooms: what the modules declare, and only those are imported that are asked."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import assay
from assay import checks, formats
from assay.facts import catalog
from assay.facts.artifact import Artifact
from assay.facts.dossier import QUESTIONS
from assay.listing import NAME, Deferred, listed, modules, unindented, written
from tests.builders.safetensors import safetensors

ROOM = Path(assay.__file__).parent
LOADED = "import sys; {} ; print(*(name for name in sys.modules if name.startswith('assay.{}.')))"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Whatever a test has the rooms read is forgotten after it, and what others read before it."""
    remembered = (
        *(checks.installed, catalog._modules, catalog.kind),
        *(formats._by_module, formats._index, formats._judging),
    )
    for row in remembered:
        row.cache_clear()
    yield
    for row in remembered:
        row.cache_clear()


@pytest.mark.parametrize(
    ("room", "declared"), [("checks", checks.listing), ("facts", catalog.listing), ("formats", formats.listing)]
)
def test_a_list_says_what_the_modules_declare(room: str, declared: Any) -> None:
    text = (ROOM / room / NAME).read_text("utf-8")
    assert text == written(declared()), "python docs/generate.py writes it"


def test_what_a_list_gives_is_what_the_modules_give() -> None:
    for name in formats.module_names():
        real, kind = formats.imported(name), formats.load(name)
        assert (kind.sniff is None, kind.guess is None) == (real.sniff is None, real.guess is None)
        assert replace(kind, read=real.read, sniff=real.sniff, guess=real.guess) == real
    for check, (_, found) in zip(
        sorted(checks.installed(), key=lambda row: row.rule.id),
        sorted(checks._imported().values(), key=lambda row: row[1].rule.id),
        strict=True,
    ):
        assert replace(check, run=found.run, without=None) == found
        assert list(check.answers({})) == list(found.answers({}))


def test_without_a_list_that_fits_the_modules_are_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (checks, formats, catalog):
        monkeypatch.setattr(room, "listed", lambda *given: None)
    assert checks.named("weights.absent") is not None
    assert formats.load("gguf").read is formats.imported("gguf").read
    assert catalog.kind("Artifact") is Artifact
    assert catalog.kind("NoSuchFact") is None


def test_a_list_counts_only_where_it_names_just_the_modules_that_are_there(tmp_path: Path) -> None:
    for name in ("__init__.py", "_part.py", "one.py", "two.py", "notes.txt"):
        (tmp_path / name).touch()
    assert modules(str(tmp_path)) == ("one", "two")
    for text, found in (
        ('{"one": 1, "two": 2}', {"one": 1, "two": 2}),
        ('{"one": 1}', None),
        ('{"one": 1, "two": 2, "three": 3}', None),
        ('{"one"', None),
    ):
        (tmp_path / NAME).write_text(text)
        assert listed(str(tmp_path)) == found
    assert listed(str(tmp_path / "assay.zip")) is None
    assert json.loads(written({"b": [1], "a": None})) == {"a": None, "b": [1]}


@pytest.mark.parametrize(
    ("code", "room", "most"),
    [
        ("from assay.checks import installed; assert len(installed()) > 80", "checks", 0),
        ("from assay.formats import recognised; assert recognised('a.gguf', b'GGUF').id == 'gguf'", "formats", 12),
    ],
)
def test_asking_a_room_imports_only_what_is_asked(code: str, room: str, most: int) -> None:
    said = subprocess.run(
        [sys.executable, "-c", LOADED.format(code, room)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(said) <= most, said


@pytest.mark.parametrize(
    "text", ["", "one", " one\n", "one\n\n   two\n     three\n\n   ", "\n  two\n one\n", "a\n\n\n b "]
)
def test_a_docstring_is_unindented_as_the_library_does(text: str) -> None:
    assert unindented(text) == inspect.cleandoc(text)


def test_what_is_deferred_is_called_with_what_is_given() -> None:
    assert Deferred("fractions", "Fraction", "from_decimal")(2) == 2
    assert Deferred("json", "dumps")({}, indent=1) == "{}"
    assert set(QUESTIONS) == {name.partition(".")[0] for name in modules(str(ROOM / "checks"), QUESTIONS)}


def test_what_a_check_answers_to_nothing_does_not_import_it() -> None:
    code = "from assay.checks import named; print(*(row.kind for row in named({!r}).answers({{}})))"
    for id, kinds in (("archive.bomb", ""), ("template.not-as-base", "notApplicable")):
        said, _, modules = subprocess.run(
            [sys.executable, "-c", LOADED.format(code.format(id), "checks")], capture_output=True, text=True, check=True
        ).stdout.partition("\n")
        assert said == kinds
        assert id.rpartition(".")[2].replace("-", "_") not in modules


def test_an_audit_of_a_small_folder_imports_what_it_uses(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(safetensors({"a": ("F32", (8, 8))}))
    (tmp_path / "config.json").write_text('{"model_type": "llama", "hidden_size": 8, "vocab_size": 8}')
    command = [sys.executable, "-X", "importtime", "-m", "assay", "audit", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode in (0, 3), done.stderr[-2000:]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert loaded.isdisjoint({"gettext", "jinja2", "numpy", "platform", "rich", "tomllib", "uuid", "yaml"})
    assert len([name for name in loaded if name.startswith("assay.")]) <= 185  # the readers of its worker too
