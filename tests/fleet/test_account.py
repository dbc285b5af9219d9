"""A fleet of all models that a hub lists of an account: new ones come by themselves, and a hub's trouble is a row."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.builders import hub_model
from tests.builders.background import running
from tests.builders.command import run
from tests.builders.hub_server import COMMIT, Hub, serving
from tests.builders.raw_server import Raw, answered

pytest.importorskip("huggingface_hub")
Audited = Callable[..., CompletedProcess[str]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub with three models of one account."""
    with serving(hub_model(tmp_path / "tiny")) as found:
        found.names = ["tiny", "small", "tiny-chat"]
        yield found


@pytest.fixture
def audited(hub: Hub, tmp_path: Path) -> Audited:
    """Audits what a list with this pattern and a folder names."""
    hub_model(tmp_path / "fleet" / "here")
    env = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}

    def audit(pattern: str, *options: str, endpoint: str = hub.url, verb: str = "audit") -> CompletedProcess[str]:
        rows = "".join(f'[[model]]\nmodel = "{row}"\n' for row in (pattern, "here"))
        (tmp_path / "fleet" / "models.toml").write_text(f'schema = "assay-models/1"\n{rows}')
        words = ("fleet", verb, "--registry", "kept", "--jobs", "1", "-q", *options)
        return run(*words, cwd=tmp_path / "fleet", HF_ENDPOINT=endpoint, **env)

    return audit


def locked(tmp_path: Path) -> list[str]:
    lines = (tmp_path / "fleet" / "assay.lock").read_text().splitlines()[1:]
    return [json.loads(line)["reference"] for line in lines]


def test_every_model_of_an_account_is_audited_and_a_new_one_comes_by_itself(
    hub: Hub, audited: Audited, tmp_path: Path
) -> None:
    first = audited("hf://org/*")
    assert first.returncode == 0 and first.stdout.startswith("PASSED  4 models: 4 PASSED. 4 new. "), first
    names = ["small", "tiny-chat", "tiny"]
    assert locked(tmp_path) == ["here", *(f"hf://org/{name}@{COMMIT}" for name in names)]
    hub.names.append("tiny-new")
    again = audited("hf://org/*")
    assert again.returncode == 0 and again.stdout.startswith("PASSED  5 models: 5 PASSED. 1 new. 1 read"), again
    assert audited("hf://org/*", "--locked").returncode == 0
    hub.names.append("tiny-newest")
    refused = audited("hf://org/*", "--locked")
    assert refused.returncode == 2 and "tiny-newest" in refused.stderr


def test_a_pattern_takes_names_that_fit_at_a_revision(audited: Audited, tmp_path: Path) -> None:
    done = audited("hf://org/tiny*@main")
    assert done.returncode == 0 and done.stdout.startswith("PASSED  3 models"), done
    assert locked(tmp_path) == ["here", f"hf://org/tiny-chat@{COMMIT}", f"hf://org/tiny@{COMMIT}"]


def test_a_hub_that_cannot_be_asked_is_a_row_and_its_lines_stay(hub: Hub, audited: Audited, tmp_path: Path) -> None:
    audited("hf://org/*")
    before = locked(tmp_path)
    for why, options, endpoint in [
        ("--offline was given", ("--offline",), hub.url),
        ("asking for hf://org failed", (), "http://127.0.0.1:9"),
    ]:
        done = audited("hf://org/*", "-o", "json", *options, endpoint=endpoint)
        rows = json.loads(done.stdout)
        assert done.returncode == 2 and ["audit" in row for row in rows] == [False, True], done
        assert rows[0]["reference"] == "hf://org/*" and why in rows[0]["trouble"]
        assert locked(tmp_path) == before
    nothing = audited("hf://org/large-*", "-o", "json")
    assert "fits none of the 3 models that the hub lists of org" in json.loads(nothing.stdout)[0]["trouble"]


def test_a_busy_hub_is_asked_again_and_a_watch_sees_new_models(hub: Hub, audited: Audited) -> None:
    hub.faults = [(429, "0", b"{}")] * 2
    first = audited("hf://org/*", "--once", verb="watch")
    assert first.returncode == 0 and first.stdout.startswith("PASSED  4 models: 4 PASSED. 4 new. "), first
    hub.names.append("tiny-new")
    again = audited("hf://org/*", "--once", verb="watch")
    assert again.returncode == 0 and again.stdout.startswith("PASSED  2 models: 2 PASSED. 1 new. 1 read"), again


@pytest.mark.parametrize("row", [{"id": "../../etc"}, {"id": "org/../x"}, {"name": "org/x"}, "org/x", {"id": "a/b/c"}])
def test_a_list_of_what_is_no_model_is_refused(audited: Audited, row: object) -> None:
    body = json.dumps([{"id": "org/tiny"}, row]).encode()
    with running(Raw(lambda _request: [answered(body)])) as odd:
        done = audited("hf://org/*", "-o", "json", endpoint=f"http://127.0.0.1:{odd.port}")
    trouble = json.loads(done.stdout)[0]["trouble"]
    assert done.returncode == 2 and "which is none; nothing of it is used" in trouble, done


def test_the_next_page_of_a_list_lies_on_the_same_server(hub: Hub, audited: Audited) -> None:
    """Whoever asks sends the token along."""
    with running(Raw(lambda _request: [answered(b"[]")])) as other:
        hub.next = f"http://127.0.0.1:{other.port}"
        done = audited("hf://org/*", "-o", "json")
        assert "which is another server" in json.loads(done.stdout)[0]["trouble"] and not other.requests, done
