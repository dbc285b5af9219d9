"""What somebody meets who has just installed it: streams that are closed or full, near misses, places that are none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import assay
from assay import weights
from assay.cli import HELP
from assay.errors import UsageError
from tests.builders import hub_model
from tests.builders.command import ASSAY, run
from tests.builders.corpus import opened
from tests.builders.pages import PAGES
from tests.builders.safetensors import safetensors


def shell(words: str, *redirected: str) -> subprocess.CompletedProcess[str]:
    """`assay WORDS`, with what a shell does to its streams."""
    line = f'"{sys.executable}" -m assay {words} {" ".join(redirected)}'
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True)


@pytest.mark.parametrize("words", ["--help", "--version"])
def test_what_is_printed_without_a_command_ends_as_a_report_does(words: str) -> None:
    done = shell(words, "| true; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (0, "")
    done = shell(words, ">/dev/full")
    assert (done.returncode, done.stderr) == (2, "assay: the output cannot be written: No space left on device\n")


def test_closed_streams_change_no_verdict_and_no_report(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "model")
    plain = run("audit", str(model), "-o", f"json={tmp_path}/plain.json", "-q")
    done = shell(f"audit {model} -o json={tmp_path}/closed.json", "<&- >&- 2>&-")
    assert (done.returncode, done.stdout, done.stderr) == (plain.returncode, "", "")
    assert (tmp_path / "closed.json").read_bytes() == (tmp_path / "plain.json").read_bytes()
    assert shell("audit nowhere", "2>&-").returncode == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("https://huggingface.co/org/name", "a model on the hub is hf://org/name"),
        (
            "https://hf.co/org/name/tree/v1.0?x=secret",
            "cannot open https://hf.co/org/name/tree/v1.0: a model on the hub is hf://org/name@v1.0",
        ),
        ("huggingface.co/org/name", "a model on the hub is hf://org/name"),
        ("hf:org/name", "a model on the hub is hf://org/name"),
    ],
)
def test_the_page_of_a_model_names_its_reference(words: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        assay.audit(words)
    assert str(raised.value).endswith(said)


def test_a_pattern_is_near_to_a_pattern() -> None:
    said = "assay: no check 'weigths.*'; did you mean 'weights.*'? (assay checks lists them)\n"
    assert run("checks", "weigths.*").stderr == said


def test_a_choice_that_is_missing_is_one_line() -> None:
    done = run("init")
    assert done.stderr.startswith(
        "assay: Missing argument '{github|gitlab|pre-commit}'. Choose from: github, gitlab, pre-commit\n"
    )


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "model")
    (tmp_path / "file").touch()
    done = run("init", "github", "--repository", f"{tmp_path}/file")
    assert done.stderr == f"assay: cannot make the folder {tmp_path}/file/.github/workflows: Not a directory\n"
    done = run("fingerprint", str(model), XDG_DATA_HOME=f"{tmp_path}/file")
    assert done.returncode == 2 and done.stderr.startswith(f"assay: cannot make the folder {tmp_path}/file/")


def test_a_text_that_is_no_utf_8_is_checked_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "source.txt").write_text("The house is white.\n")
    words: list[str | bytes] = [
        *ASSAY,
        "check",
        b"The house is white. It is a caf\xe9.",
        "--document",
        str(tmp_path / "source.txt"),
    ]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == "" and "caf\ufffd" in done.stdout


def test_a_notebook_shows_the_sentence_of_an_error() -> None:
    with pytest.raises(UsageError) as raised:
        assay.audit("nowhere")
    shown = "UsageError: no model at nowhere: give a folder, a weight file or hf://org/name"
    assert raised.value._render_traceback_() == [shown]  # what IPython asks an exception for


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("audit mod", "file,mod"),
        ("explain token.forg", "plain,token.forgeable"),
        ("audit m --only weights.hole,weights.ho", "plain,weights.hole,weights.hole"),
        ("audit m -o ju", "plain,junit"),
        ("audit m -o report.ht", "file,report.ht"),
        ("audit m --policy str", "plain,strict"),
        ("audit m --policy my.to", "file,my.to"),
        ("audit m --question vul", "plain,vulnerabilities"),
        ("audit m --base bas", "file,bas"),
        ("corpus info ind", "file,ind"),
        ("checks -o js", "plain,json"),
    ],
)
def test_the_shell_completes_what_a_word_may_name(words: str, found: str) -> None:
    count = str(len(words.split()))
    done = run(_ASSAY_COMPLETE="bash_complete", COMP_WORDS=f"assay {words}", COMP_CWORD=count)
    assert done.stdout == f"{found}\n", done.stderr


def test_what_functions_give_back_shows_itself_in_one_line(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "model")
    text = "The quick brown fox jumps over the lazy dog, and the house is white."
    (tmp_path / "text.txt").write_text(text)
    assert repr(assay.diff(model, model)) == "<comparison with model: identical, margin 9.00, 20 tensors compared>"
    assert repr(assay.check("The house is red.", [tmp_path / "text.txt"])) == "<check of the text: 1 not found>"
    trace = opened(tmp_path, [text]).trace("They say the quick brown fox jumps over the lazy dog.")
    assert repr(trace) == "<trace: 9 of 11 words, spans: 1>"
    (licence,) = assay.audit(model).licences
    assert repr(licence) == "<licence text LICENSE: Apache-2.0, 11,358 characters>"


@pytest.mark.parametrize("name", ["diff", "score", "trace", "memorisation", "openness", "check"])
def test_what_a_model_calls_itself_moves_nothing_in_a_terminal(name: str, tmp_path: Path) -> None:
    shown = repr(PAGES[name](tmp_path)[0])
    assert shown.startswith("<") and shown.isprintable() and len(shown) < 200


def test_weights_show_and_name_what_is_there(tmp_path: Path) -> None:
    name, file = "a\x1b[31mb", tmp_path / "model.safetensors"
    file.write_bytes(safetensors({name: ("F32", (4, 4))}))
    opened = weights.open(file)
    assert repr(opened[name]) == r"<tensor a\u001b[31mb: F32, 4 x 4, model.safetensors>"
    with pytest.raises(KeyError, match=r"no tensor 'nope'; there are: a\\u001b\[31mb") as found:
        opened["nope"]
    assert str(found.value).isprintable()


def test_the_list_of_commands_fits_a_terminal_of_80_columns() -> None:
    assert max(map(len, HELP.splitlines())) <= 80


@pytest.mark.parametrize("columns", [45, 60])
@pytest.mark.parametrize("words", [("--help",), ("checks",), ("audit", "--help"), ("registry", "waive", "-h")])
def test_help_and_lists_fit_a_narrow_terminal(words: tuple[str, ...], columns: int) -> None:
    shown = run(*words, COLUMNS=str(columns)).stdout
    assert max(map(len, shown.splitlines())) <= columns
    if words[-1].startswith("-"):  # all of it: where an address is not torn apart, its user is kept out
        whole = run(*words, COLUMNS="100").stdout.replace("***@", "user@")
        assert "".join(shown.split()).replace("***@", "user@") == "".join(whole.split())
