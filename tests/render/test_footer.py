"""The last lines of an audit: the command as it was given runs again, and what to read about is what decided."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.builders.command import ASSAY, printed, run
from tests.builders.hub import hub_model
from tests.builders.pickles import calls


def digest(output: str) -> str:
    (found,) = re.findall(r"^dossier +(sha256 .+)$", output, re.MULTILINE)
    return str(found)


def command(output: str, word: str) -> str:
    (found,) = [row for row in printed(output) if row.startswith(f"assay {word}")]
    return found


@pytest.mark.parametrize("name", ["plain", "with space", "-x", "it's", "a;b"])
def test_the_command_that_is_printed_runs_again(tmp_path: Path, name: str) -> None:
    hub_model(tmp_path / name)
    given = ("audit", f"./{name}", "--offline", "--skip", "card.missing,licence.missing", "--policy", "strict", "-v")
    first = run(*given, cwd=tmp_path)
    again = shlex.split(printed(first.stdout)[-1])
    assert again[0] == "assay" and len(ASSAY) == 3
    second = run(*again[1:], cwd=tmp_path)
    assert (second.returncode, digest(second.stdout)) == (first.returncode, digest(first.stdout))


def test_explain_names_what_decided(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "model", **{"x.pkl": calls("os", "system", "echo inert")})
    assert command(run("audit", str(model)).stdout, "explain") == "assay explain pickle.reaches-outside"
    model = hub_model(tmp_path / "other", **{"x.pkl": calls("somebody", "Thing", "x")})
    done = run("audit", str(model))
    assert (done.returncode, command(done.stdout, "explain")) == (3, "assay explain pickle.unfollowed")


def test_an_open_finding_that_decides_says_what_to_do(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "model", **{"x.pkl": calls("somebody", "Thing", "x")})
    said = re.sub(r"\s+", " ", run("audit", str(model)).stdout)
    assert "needs code that assay knows nothing of, of 'somebody': somebody.Thing -> Whatever is installed" in said
