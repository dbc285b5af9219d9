"""What a report tells its reader to type runs as it is printed: in the terminal, on the page and in Markdown."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from benchmarks.stranger import hostile

from assay.cli import COMMANDS
from tests.builders.command import ASSAY, printed, run
from tests.builders.hub import config, hub_model
from tests.builders.openai_server import serving
from tests.builders.release import openwashed, release
from tests.builders.runtimes import Speaker

NAME = "a model's folder"  # which a shell reads as one word only where it is quoted
MODELS = ("real", "encoder", "hostile", "open", "openwashed", "endpoint")
SLOW = ("real", "open", "openwashed")  # to run: what they say is run by the test of `--run`
ON_PAGE = re.compile(r"<code[^>]*>\s*(assay [^<]+)</code>|<pre[^>]*>\$ (assay [^\n<]+)")
FORM = re.compile(r" (MODEL|FILE|DIR|PEM)\b|^assay corpus build$")
IN_MARKDOWN = re.compile(r"`(assay [^`]+)`")


@pytest.fixture(params=MODELS)
def reports(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path, int, list[str]]]:
    """The kind of model, the folder that it lies in, the exit status of its audit, and all that its reports print."""
    with ExitStack() as stack:
        given = f"./{NAME}"
        if request.param == "real":
            given = "SmolLM2.gguf"
            (tmp_path / given).symlink_to(request.getfixturevalue("smollm2"))
        elif request.param == "encoder":
            settings = json.dumps(config(architectures=["BertModel"], model_type="bert"))
            hub_model(tmp_path / NAME, **{"config.json": settings})
        elif request.param == "endpoint":
            given = f"{stack.enter_context(serving(Speaker())).reference}#smol"
        else:
            {"hostile": hostile, "open": release, "openwashed": openwashed}[request.param](tmp_path / NAME)
        outputs = ("-o", "text", "-o", "html=page.html", "-o", "markdown=page.md")
        done = run("audit", given, *outputs, cwd=tmp_path)
        page = (tmp_path / "page.html").read_text("utf-8").partition("<script")[0]
        commands = [html.unescape(one or other) for one, other in ON_PAGE.findall(page)]
        commands += IN_MARKDOWN.findall((tmp_path / "page.md").read_text("utf-8"))
        yield request.param, tmp_path, done.returncode, list(dict.fromkeys([*printed(done.stdout), *commands]))


@cache
def explained(command: str) -> bool:
    """Whether `assay explain ...` prints something, asked once for all models."""
    done = run(*shlex.split(command)[1:])
    return done.returncode == 0 and len(done.stdout) > 100


def typed(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command as a shell runs it, with the pages that its reader has in the place of their names."""
    for name in ("PAGE", "OLD.html", "NEW.html"):
        command = command.replace(name, "page.html")
    whole = f"{shlex.join(ASSAY)} {command.removeprefix('assay ')}"
    environment = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(
        ["sh", "-c", whole], cwd=folder, capture_output=True, text=True, env=environment, timeout=600, check=False
    )


def test_every_command_of_a_report_runs_as_it_is_printed(reports: tuple[str, Path, int, list[str]]) -> None:
    kind, folder, status, commands = reports
    explain = {row for row in commands if row.startswith("assay explain ")}
    assert explain and all(explained(row) for row in explain - {"assay explain ID"})
    audits = [row for row in commands if row.startswith("assay audit ") and not FORM.search(row)]
    assert len(audits) >= 2
    for command in audits:
        if " --run" in command:
            assert kind in (*SLOW, "endpoint"), "a next step that cannot help"
            continue
        done = typed(command, folder)
        assert (done.returncode, done.stderr.partition("Traceback")[1]) == (status, ""), command
    forms = {row for row in commands if FORM.search(row)}  # with words for a reader to fill in
    assert all(row.split()[1] in COMMANDS for row in forms)
    others = set(commands) - explain - set(audits) - forms
    assert others == {"assay compare OLD.html NEW.html", "assay report PAGE -o json=dossier.json"} | (
        set() if kind == "endpoint" else {"assay report PAGE -o cyclonedx=bom.json"}
    )
    for command in others:
        done = typed(command, folder)
        assert (done.returncode, done.stderr) == (0, done.stderr.removeprefix("Traceback")), command
    assert (folder / "dossier.json").stat().st_size > 1000


def test_the_next_step_of_a_model_behind_an_endpoint_answers_it(tmp_path: Path) -> None:
    with serving(Speaker()) as server:
        done = run("audit", f"{server.reference}#smol", cwd=tmp_path)
        (command,) = [row for row in printed(done.stdout) if row.endswith(" --run")]
        said = typed(command, tmp_path).stdout
    assert "○ Error rate" not in said and re.search(r"Error rate +\d+\.\d % of \d+ answers were wrong", said)
