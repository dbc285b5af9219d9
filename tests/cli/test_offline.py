"""--offline: every command that can reach a network has it, and with it none looks up a name or connects."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.cli._group import cli
from tests.builders import hub_model
from tests.builders.questions import relation
from tests.builders.walker import NO_SOCKET, leaves, ran

REACHES = {"model", "base", "others", "corpora", "directory", "inputs"}  # arguments that may be an address
# they take a path, or what a registry calls a model; a corpus that `verify` names is opened offline
LOCAL = {
    "init",
    "sign",
    "verify",
    "corpus remove",
    "registry waive",
    "registry waivers",
    "baseline keep",
    "baseline list",
}
LISTS = {"fleet audit", "fleet work"}  # a list or a queue names their models; `fleet watch` is there to ask hubs


def test_every_command_that_can_reach_a_network_has_the_option() -> None:
    lacking = [
        " ".join(words)
        for words, command in leaves(cli)
        if {row.name for row in command.params} & REACHES and not any("--offline" in row.opts for row in command.params)
    ]
    assert set(lacking) == LOCAL
    having = {
        " ".join(words) for words, command in leaves(cli) if any("--offline" in row.opts for row in command.params)
    }
    assert having >= LISTS


def test_offline_nothing_connects(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    questions, own = str(relation(tmp_path / "q.json")), str(hub_model(tmp_path / "model"))
    hub, endpoint = "hf://org/never-here", "openai+http://model.invalid/v1#m"
    url = "https://corpus.invalid/data"
    commands: list[tuple[str, ...]] = [
        *(("audit", model, "--run") for model in (hub, endpoint)),
        ("audit", own, "--corpus", url),
        ("audit", own, "--base", hub),
        ("diff", hub, own),
        ("fingerprint", hub),
        ("lineage", hub),
        ("openness", hub),
        ("openness", own, "--corpus", url),
        ("card", hub),
        *(("score", model, "--prompt", "x") for model in (hub, endpoint)),
        ("score", own, "--prompt", "x", "--corpus", url),
        *(("calibrate", model, "--questions", questions) for model in (hub, endpoint)),
        *(("memorisation", model, "--corpus", url) for model in (hub, endpoint)),
        ("trace", "some words to look for", "--corpus", url),
        ("corpus", "build", url, "-o", str(tmp_path / "c")),
        ("corpus", "build", own, "-o", "https://corpus.invalid/out"),
        ("corpus", "add", str(tmp_path / "c"), url),
        ("corpus", "info", url),
        ("corpus", "verify", url),
        ("corpus", "contamination", questions, "--corpus", url),
    ]
    env = {NO_SOCKET: "1", "HF_HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for done in ran([(*row, "--offline") for row in commands], tmp_path, **env):
        assert done.status == 2 and b"--offline was given" in done.stderr, (done.arguments, done.stderr.decode())


def test_a_list_is_audited_without_connecting(tmp_path: Path) -> None:
    rows = "".join(f'[[model]]\nmodel = "{name}"\n' for name in ("hf://org/never-here", "hf://org/other@main"))
    (tmp_path / "models.toml").write_text(f'schema = "assay-models/1"\n{rows}')
    env = {NO_SOCKET: "1", "HF_HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = ("fleet", "audit", "models.toml", "--registry", "kept", "--jobs", "1", "--offline")
    (done,) = ran([command], tmp_path, **env)
    assert done.status == 2 and done.stdout.count(b"--offline was given") == 2, (done.stdout, done.stderr)
