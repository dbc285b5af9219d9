"""Options that commands share are the same in each: names, types, and what is said of them."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import click
import pytest

from assay.cli._group import cli
from tests.builders import calls, hub_model
from tests.builders.command import run

# what differs by its meaning, and so in words: the sentence of each command
SHARED = {
    "answers": ("--answers",),
    "base": ("--base",),
    "corpora": ("--corpus",),
    "documents": ("--document",),
    "executor": ("--executor",),
    "jobs": ("--jobs",),
    "every": ("--all",),
    "most": ("--most",),
    "offline": ("--offline",),
    "outputs": ("-o", "--output"),
    "packs": ("--questions", "--pack"),
    "policy": ("--policy",),
    "quiet": ("-q", "--quiet"),
    "registry": ("--registry",),
    "samples": ("--samples",),
    "seed": ("--seed",),
    "since": ("--since",),
    "threads": ("--threads",),
    "trust": ("--trust",),
    "verbose": ("-v", "--verbose"),
}


def commands(group: click.Group, name: str = "") -> dict[str, click.Command]:
    """Every command by its whole name, those of groups too."""
    context = click.Context(group)
    found: dict[str, click.Command] = {}
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        path = f"{name} {word}".strip()
        found |= commands(command, path) if isinstance(command, click.Group) else {path: command}
    return found


def test_every_shared_option_has_one_spelling() -> None:
    spelled: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for command in commands(cli).values():
        for row in command.params:
            if isinstance(row, click.Option) and row.name in SHARED:
                spelled[row.name].add(tuple(row.opts))
    assert spelled == {name: {opts} for name, opts in SHARED.items()}


def test_what_may_be_repeated_says_so_and_files_are_called_files() -> None:
    for path, command in commands(cli).items():
        for row in command.params:
            if not isinstance(row, click.Option):
                continue
            said = row.help or ""
            assert said.endswith(".") and said.count("may be repeated") <= 1, (path, row.opts)
            assert not row.multiple or str(row.metavar).endswith(",..") or "may be repeated" in said, (path, row.opts)
            if isinstance(row.type, click.Path):
                words = set(str(row.metavar).split("|"))
                assert words <= {"FILE", "DIR", "PEM", "CHECKPOINT"} or row.name == "report", (path, row.opts)


def test_most_counts_what_it_limits() -> None:
    rows = {path: row for path, command in commands(cli).items() for row in command.params if row.name == "most"}
    units = {path: row.metavar for path, row in rows.items()}
    kept = {"find": "PLACES", "history": "AUDITS", "list": "AUDITS", "lineage": "MODELS", "fleet site": "MODELS"}
    kept |= {"run garak": "PROMPTS"}
    asked = dict.fromkeys(("audit", "calibrate", "probe"), "QUESTIONS")
    assert units == {**asked, **dict.fromkeys(("inside", "score"), "TOKENS"), **kept}


@pytest.mark.parametrize("option", ["--questions", "--pack"])
def test_questions_are_given_by_either_name(tmp_path: Path, option: str) -> None:
    (tmp_path / "q.jsonl").write_text("hello\n")
    done = run("calibrate", str(tmp_path), option, str(tmp_path / "q.jsonl"))
    assert done.returncode == 2 and done.stderr.startswith(f"assay: {tmp_path}/q.jsonl, line 1 is not JSON")


def test_every_command_with_formats_writes_several_at_once(tmp_path: Path) -> None:
    model, log = str(hub_model(tmp_path / "m")), str(tmp_path / "log")
    run("audit", model, "-q", "-o", f"json={tmp_path}/d.json")
    dossier = f"{tmp_path}/d.json"
    assert run("log", "append", log, dossier, "-q").returncode == 0
    for number, command in enumerate((("openness", model), ("compare", dossier, dossier), ("log", "show", log))):
        file = tmp_path / f"{number}.json"
        done = run(*command, "-o", "text", "-o", f"json={file}")
        assert done.returncode == 0 and done.stdout and done.stderr == f"wrote {file}\n", command
        assert json.loads(file.read_text())
    assert run("compare", dossier, dossier, "-o", "pdf").stderr == (
        "assay: unknown format 'pdf': give text, json or html\n"
    )


# They serve, ask, or write what -o names or the arguments do, and say where; `corpus info -o json` has what was built.
WITHOUT_JSON = {
    *(
        "fingerprint",
        "corpus add",
        "corpus build",
        "corpus serve",
        "sign",
        "attest",
        "fleet site",
        "fleet work",
        "serve",
    ),
    *("serve-model", "baseline end", "baseline keep", "baseline write", "web build", "init", "demo", "completion"),
}


def test_every_command_that_tells_something_tells_it_in_json() -> None:
    offering = {
        path for path, command in commands(cli).items() if {"outputs", "targets"} & {row.name for row in command.params}
    }
    assert set(commands(cli)) - offering == WITHOUT_JSON


def test_what_was_done_is_told_in_json(tmp_path: Path) -> None:
    """Commands that change something do it once, and tell it in the format that is asked for."""
    model, log, registry = str(hub_model(tmp_path / "m")), str(tmp_path / "log"), str(tmp_path / "registry")
    (tmp_path / "m" / "extra.bin").write_bytes(calls("os", "system", "true"))
    dossier, tar = f"{tmp_path}/d.json", f"{tmp_path}/kept.tar"
    run("audit", model, "-q", "-o", f"json={dossier}", "--keep", "--registry", registry)

    def told(*words: str) -> Any:
        done = run(*words, "-o", "json")
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    (entry,) = told("log", "append", log, dossier)
    assert (entry["index"], entry["name"]) == (0, "m")
    kept = ("--registry", registry)
    assert told("registry", "migrate", *kept)["before"] == told("registry", "migrate", *kept)["after"]
    assert told("registry", "export", tar, *kept) == {"audits": 1, "file": tar}
    assert told("registry", "import", tar, dossier, *kept) == [
        {"audits": 1, "file": tar},
        {"audits": 1, "file": dossier},
    ]
    accepted = ("--reason", "known", "--owner", "us", "--expires", "2099-01-01")
    (waiver,) = told("registry", "waive", "m", "pickle.reaches-outside", *accepted, *kept)
    assert (waiver["check"], waiver["owner"]) == ("pickle.reaches-outside", "us")
    assert told("registry", "unwaive", waiver["id"], *kept)["ended_at"]


def test_every_command_takes_quiet_and_verbose() -> None:
    lacking = [
        f"{name} {word}"
        for name, command in commands(cli).items()
        for word in ("-q", "-v")
        if not any(word in row.opts for row in command.params)
    ]
    assert len(commands(cli)) > 50 and lacking == []


def test_quiet_leaves_what_was_asked_for_and_verbose_says_what_is_used(tmp_path: Path) -> None:
    assert run("audit", str(hub_model(tmp_path / "model")), "-o", f"json={tmp_path}/d.json", "-q").returncode == 0
    plain = run("policy", "show", "strict")
    assert run("policy", "show", "strict", "-q").stdout == plain.stdout and plain.stderr == ""
    said = run("policy", "show", "strict", "-v")
    assert said.stdout == plain.stdout
    assert said.stderr.startswith("assay 0.1.0, Python 3.") and "kernels" in said.stderr
    known = ("baseline", "write", str(tmp_path / "d.json"))
    assert run(*known, str(tmp_path / "a")).stdout.endswith(f"wrote {tmp_path}/a\n")
    assert "wrote" not in run(*known, str(tmp_path / "b"), "-q").stdout
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
