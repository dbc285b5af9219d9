"""No output of any command takes the place of an input, by whatever name, or lies in a folder that is one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import assay
from assay.cli._apart import Command, NamedArgument, Written, WrittenArgument
from assay.cli._group import cli
from assay.errors import UsageError
from tests.builders import hub_model
from tests.builders.command import run
from tests.builders.keys import private
from tests.builders.walker import leaves, ran

WRITES = (Written, WrittenArgument)
# names of arguments that are written; "--output", "-o" and what is kept are found by their spelling
_SPELLED = {"--output", "--answers", "--live", "--histograms", "--report"}


def _read(row: click.Parameter) -> bool:
    return not isinstance(row, (*WRITES, NamedArgument)) and isinstance(
        row.type, click.Path | click.types.StringParamType
    )


def _words(command: click.Command, told: dict[click.Parameter, str]) -> tuple[str, ...]:
    """The words that give some parameters these values, and those that must be given one of no meaning."""
    found: list[str] = []
    for row in command.params:
        meaningless = "2099-01-01" if isinstance(row.type, click.DateTime) else "nothing-here"
        value = told.get(row, meaningless if row.required else None)
        if value is not None and row.name == "outputs":
            assert isinstance(row, click.Option) and row.help
            first = "json" if "json" in row.help else re.split(" or |,", row.help)[0]
            found += ["-o", f"{first}={value}"]
        elif value is not None:
            found += [value] if isinstance(row, click.Argument) else [row.opts[-1], value]
    return tuple(found)


def _pairs() -> Iterator[tuple[tuple[str, ...], click.Command, Written | WrittenArgument, click.Parameter]]:
    """Each command, each of its parameters that names what is written, and each that may be an input."""
    for words, command in leaves(cli):
        for output in command.params:
            if isinstance(output, WRITES):
                yield from ((words, command, output, given) for given in command.params if _read(given))


def test_every_option_that_writes_is_known_as_one() -> None:
    unknown = []
    for words, command in leaves(cli):
        assert isinstance(command, Command), words
        unknown += [
            (words, row.opts) for row in command.params if _SPELLED & {*row.opts} and not isinstance(row, Written)
        ]
    assert not unknown
    arguments = {row.name for _, command in leaves(cli) for row in command.params if isinstance(row, WrittenArgument)}
    assert arguments == {
        "file",
        "log",
        "directory",
        "folder",
    }  # of baseline write and registry export, log append, corpus add and web build, fleet site


@pytest.mark.parametrize("how", ["file", "hard link", "linked folder", "in a folder"])
def test_no_command_writes_over_what_it_was_given(how: str, tmp_path: Path) -> None:
    """Every output of every command against every input: nothing is done, and a sentence names both."""
    (tmp_path / "in").mkdir()
    own, out = tmp_path / "in" / "given", tmp_path / "in" / "given"
    own.write_text("what was given")
    given = own
    if how == "hard link":
        out = tmp_path / "other"
        os.link(own, out)
    elif how == "linked folder":
        (tmp_path / "link").symlink_to(tmp_path / "in")
        out = tmp_path / "link" / "given"
    elif how == "in a folder":
        given, out = tmp_path / "in", tmp_path / "in" / "new"
    commands = [
        (*words, *_words(command, {row: str(given), output: str(out)}))
        for words, command, output, row in _pairs()
        if how == "in a folder" or not output.folder
    ]
    assert len(commands) > 100
    for done in ran(commands, tmp_path):
        said = done.stderr.decode()
        assert done.status == 2 and "that was given; give another place" in said, (done.arguments, said)
    assert own.read_text() == "what was given" and [path.name for path in (tmp_path / "in").iterdir()] == ["given"]


def test_a_corpus_is_not_built_where_its_inputs_lie(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "manifest.json").write_text('{"text": "some words that are indexed"}')
    for words in (("t", "-o", "t"), ("t", "-o", "t/c"), ("t/manifest.json", "-o", "t", "--replace")):
        done = run("corpus", "build", *words, cwd=tmp_path)
        assert done.returncode == 2 and "that was given; give another place" in done.stderr, done
    assert [path.name for path in (tmp_path / "t").iterdir()] == ["manifest.json"]


def test_a_build_deletes_no_file_that_assay_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    own = tmp_path / "c" / "shard-1.jsonl"
    own.write_text('{"text": "some words that are indexed"}')
    assert run("corpus", "build", str(own), "-o", str(tmp_path / "c"), "--quiet").returncode == 0
    assert own.exists()


def test_files_that_a_trust_file_names_are_inputs(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m")
    private(tmp_path / "k.pem")
    assert run("sign", str(model), "--key", str(tmp_path / "k.pem"), "-q").returncode == 0
    (tmp_path / "trust.toml").write_text('[[key]]\nfile = "k.pub"\n')
    for name in ("k.pub", "m.sig"):
        before = (tmp_path / name).read_bytes()
        done = run("verify", "m", "--trust", "trust.toml", "-o", f"json={name}", cwd=tmp_path)
        assert done.returncode == 2 and "that was given; give another place" in done.stderr, done
        assert (tmp_path / name).read_bytes() == before


def test_two_outputs_do_not_share_a_file(tmp_path: Path) -> None:
    hub_model(tmp_path / "m")
    done = run("audit", "m", "-o", "json=a", "-o", "html=./a", cwd=tmp_path)
    assert (
        done.returncode == 2 and done.stderr == "assay: a would be written twice: give each output a file of its own\n"
    )
    assert run("audit", "m", "-o", "json=/dev/null", "-o", "html=/dev/null", cwd=tmp_path).returncode in (0, 3)


def test_a_saved_dossier_takes_the_place_of_no_file_of_its_model(tmp_path: Path) -> None:
    model, name = hub_model(tmp_path / "m"), "config.json"
    found, before = assay.audit(model), (model / name).read_bytes()
    with pytest.raises(UsageError, match=f"it is {name} of the model"):
        found.save(model / name, "json")
    (tmp_path / "d.json").write_bytes(found.render("json").encode())
    done = run("report", "d.json", "-o", f"html=m/{name}", cwd=tmp_path)
    assert done.returncode == 2 and f"it is {name} of the model" in done.stderr, done
    assert (model / name).read_bytes() == before
