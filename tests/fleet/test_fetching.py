"""What a fleet fetches from a hub: within its limits, in turns, and no more of it stays than was asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.builders import hub_model
from tests.builders.command import run
from tests.builders.hub_server import Hub, serving

pytest.importorskip("huggingface_hub")
Audited = Callable[..., CompletedProcess[str]]
NAMES = ["small", "tiny", "tiny-chat"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub with three models of one account."""
    with serving(hub_model(tmp_path / "tiny")) as found:
        found.names = list(NAMES)
        yield found


@pytest.fixture
def assay(hub: Hub, tmp_path: Path) -> Audited:
    """Runs a command where a list names the three models."""
    rows = "".join(f'[[model]]\nmodel = "hf://org/{name}"\n' for name in NAMES)
    (tmp_path / "models.toml").write_text(f'schema = "assay-models/1"\n{rows}')
    env = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
           "HF_ENDPOINT": hub.url, "XDG_CACHE_HOME": str(tmp_path / "cache")}  # fmt: skip
    return lambda *words: run(*words, cwd=tmp_path, **env)


@pytest.fixture
def audited(assay: Audited) -> Audited:
    """Audits the list."""
    return lambda *options: assay("fleet", "audit", "--registry", "kept", "--jobs", "1", "-o", "json", *options)


def here(tmp_path: Path) -> list[str]:
    """The models of which files lie in the hub's cache."""
    found = (tmp_path / "home").glob("hub/models--org--*/snapshots/*/config.json")
    return sorted(path.parts[-4].removeprefix("models--org--") for path in found)


def troubles(done: CompletedProcess[str]) -> list[str]:
    return [row["trouble"] for row in json.loads(done.stdout)]


@pytest.mark.parametrize("how", ["local", "queue"])
def test_no_more_is_fetched_than_was_allowed_and_the_rest_comes_later(
    hub: Hub, audited: Audited, tmp_path: Path, how: str
) -> None:
    size = sum(map(len, hub.files.values()))
    options = ("--queue",) if how == "queue" else ()
    first = audited("--max-download", str(2 * size + 10), *options)
    (refused,) = filter(None, troubles(first))
    assert first.returncode == 2 and len(here(tmp_path)) == 2, first
    assert f"{size:,} bytes to download, and 10 are left of --max-download {2 * size + 10:,}" in refused
    again = audited("--max-download", str(size), *options)
    assert again.returncode == 0 and troubles(again) == [""] * 3 and here(tmp_path) == NAMES, again


def test_a_hub_that_sends_more_than_it_lists_is_refused(hub: Hub, audited: Audited, tmp_path: Path) -> None:
    hub.names = ["tiny"]
    hub.files["notes.txt"] = b"x" * (3 << 20)
    hub.sizes["notes.txt"] = 10
    done = audited("--max-download", "1MB")
    assert (
        done.returncode == 2
        and "than the 1," in troubles(done)[1]
        and "bytes that its list of files allows" in (troubles(done)[1])
    ), done
    assert not list(tmp_path.glob("home/hub/models--org--tiny/snapshots/*/notes.txt"))


def test_what_was_read_goes_and_what_was_there_before_stays(
    hub: Hub, assay: Audited, audited: Audited, tmp_path: Path
) -> None:
    assert assay("audit", "hf://org/tiny", "-q").returncode == 0
    first = audited("--keep-fetched", "0")
    assert first.returncode == 0 and here(tmp_path) == ["tiny"], first
    hub.sent.clear()
    again = audited("--keep-fetched", "0")
    assert again.returncode == 0 and not hub.sent, "commits that are known are not fetched again"
    rows, before = json.loads(again.stdout), json.loads(first.stdout)
    assert [row["audit"]["dossier"] for row in rows] == [row["audit"]["dossier"] for row in before]
    assert [row["read"] for row in rows] == [False] * 3
    hub.commit = "f00d" + "0" * 36
    later = audited("--keep-fetched", "0")
    assert later.returncode == 0 and [row["read"] for row in json.loads(later.stdout)] == [True] * 3


def test_what_lay_in_the_cache_before_answers_for_no_commit(
    hub: Hub, assay: Audited, audited: Audited, tmp_path: Path
) -> None:
    """Who can write there may have put other files under that commit."""
    hub.names = ["tiny"]
    assert assay("audit", "hf://org/tiny", "-q").returncode == 0
    assert audited("--max-download", "1MB").stderr
    shutil.rmtree(tmp_path / "home")
    again = json.loads(audited("--max-download", "1MB").stdout)
    assert [row["read"] for row in again if row["reference"] == "hf://org/tiny"] == [True]


def test_what_was_read_longest_ago_goes_first(hub: Hub, audited: Audited, tmp_path: Path) -> None:
    size = sum(map(len, hub.files.values()))
    done = audited("--keep-fetched", str(size))
    assert done.returncode == 0 and here(tmp_path) == NAMES[-1:], done
    assert audited("--keep-fetched", str(2 * size), "--again").returncode == 0
    assert here(tmp_path) == NAMES[1:]


def test_models_are_fetched_in_turns(hub: Hub, assay: Audited) -> None:
    hub.rest = 0.1
    words = ("fleet", "audit", "--registry", "kept", "--jobs", "3", "-q")
    assert assay(*words, "--downloads", "1").returncode == 0
    assert hub.most_at_once == 1 and set(hub.sent) == set(NAMES)


def test_a_hub_that_is_busy_for_a_moment_is_asked_again(hub: Hub, audited: Audited) -> None:
    hub.faults = [(503, "0", b"{}")] * 2
    done = audited("--max-download", "10MB")
    assert done.returncode == 0 and troubles(done) == [""] * 3, done
