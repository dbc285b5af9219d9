"""Documentation is current, says nothing that the code does not do, and names no machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assay.checks import installed
from assay.cli import COMMANDS
from assay.formats import module_names

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True
    )
    assert done.stdout == "current\n", f"run  python docs/generate.py:\n{done.stdout}{done.stderr}"


def test_every_local_link_leads_somewhere() -> None:
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_readme_shows_only_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for command in re.findall(r"^\s*\$? ?assay ([a-z]+)", text, re.MULTILINE):
        assert command in COMMANDS, command
    assert "make demo" in text and "make test" in text


def test_the_python_examples_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.builders import hub_model, safetensors
    from tests.builders.corpus import opened

    text = (ROOT / "docs" / "python.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names = {
        "model": str(hub_model(tmp_path / "tiny")),
        "weights": safetensors({"a": ("F32", (2,))}),
        "index": tmp_path / "corpus" / "index",
        "reports": tmp_path,
    }
    opened(tmp_path / "corpus", ["The quick brown fox jumps over the lazy dog.", "Another quick brown fox."])
    exec("\n".join(blocks), names)  # our own documentation
    assert capsys.readouterr().out.startswith("PASSED\nreview token.forgeable tokenizer.json: plain text can produce")


def test_the_changelog_has_the_current_version() -> None:
    from assay import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_public_functions_and_classes_say_what_they_give() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_files_and_functions_stay_short() -> None:
    for path in SOURCES:
        text = path.read_text("utf-8")
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= 70, f"{path.name}: {node.name}"


def test_one_broad_except_and_no_way_to_run_what_a_model_brings() -> None:
    """A check's guard, the last word about a bug, what a task raises, libraries without exceptions of their own."""
    broad = [path for path in SOURCES if re.search(r"except (Base)?Exception\b", path.read_text("utf-8"))]
    assert sorted(path.relative_to(ROOT / "src/assay").as_posix() for path in broad) == [
        "cli/__init__.py",
        "execution/outcome.py",
        "execution/ray.py",
        "pipeline/answer.py",
        "subject/ranges.py",
        "text/tokenizer.py",
    ]
    for path in SOURCES:
        names = {n.id for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Name)}
        known = {"exec"} if path.name == "lazy.py" else set()  # it writes `__init__` from the names of fields
        assert not names & {"eval", "exec", "__import__"} - known, path
        assert not re.search(
            r"^\s*import (pickle|marshal|shelve)\b|pickle\.loads?\(|\.render_async|from_string\((?!asset)",
            path.read_text("utf-8"),
            re.MULTILINE,
        ), path


def test_reader_and_check_modules_follow_their_law() -> None:
    assert all(len(name) < 24 for name in module_names())
    for check in installed():
        assert re.fullmatch(r"[a-z-]+\.[a-z-]+", check.rule.id)
        assert (
            ROOT / "src/assay/checks" / check.rule.question / f"{check.rule.id.replace('.', '_').replace('-', '_')}.py"
        ).is_file(), check.rule.id


def test_every_promise_of_the_threat_model_is_held_by_tests_that_are_there() -> None:
    text = (ROOT / "docs/threat-model.md").read_text("utf-8")
    promised = text.partition("## What is promised")[2].partition("## What is not promised")[0]
    rows = dict(re.findall(r"^\| (\S[^|]*?) \| (`tests.*?) \|$", promised, re.MULTILINE))
    assert set(re.findall(r"^(\d+)\. ", promised, re.MULTILINE)) <= set(rows)
    for named in re.findall(r"`(tests/[^`]+)`", promised):
        path, _, name = named.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), named
