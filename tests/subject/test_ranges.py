"""Models in an object store: read by ranges in the locked worker, as if they were here, and nothing is stored."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from assay.errors import Changed
from assay.facts.codec import Mismatch
from assay.formats import load
from assay.isolation import Place
from assay.isolation.process import Worker, _Silent, _write
from assay.isolation.wire import Need, heard
from tests.builders import calls, hub_model
from tests.builders.command import run
from tests.builders.hub_server import COMMIT, Hub, serving
from tests.builders.s3_server import Store, storing
from tests.builders.safetensors import safetensors

pytest.importorskip("s3fs")
Audited = Callable[..., CompletedProcess[str]]
HERE = ("s3://models/acme/tiny",)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with one model."""
    hub_model(tmp_path / "bucket" / "acme" / "tiny")
    with storing(tmp_path / "bucket") as found:
        yield found


@pytest.fixture
def audited(store: Store, tmp_path: Path) -> Audited:
    """Audits what is in it."""
    return lambda *words: run("audit", *words, cwd=tmp_path, **store.env)


def model(store: Store) -> Path:
    return store.folder / "acme" / "tiny"


def dossier(done: CompletedProcess[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def reasons(done: CompletedProcess[str]) -> dict[str, str]:
    return {row["artifact"]: row["reason"] for row in dossier(done)["obstacles"]}


def test_it_is_audited_as_if_it_were_here(store: Store, audited: Audited, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    there, here = dossier(audited(*HERE, "-o", "json")), dossier(audited(str(model(store)), "-o", "json"))
    assert there["subject"].pop("reference") == "s3://models/acme/tiny"
    here["subject"].pop("reference")
    assert there == here and there["isolation"][0] == "process", "parsed in a worker that has no network"
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == before
    assert store.sent < 1.1 * sum(path.stat().st_size for path in model(store).iterdir())


def test_one_object_is_audited_too(audited: Audited) -> None:
    done = audited("s3://models/acme/tiny/model.safetensors", "-q")
    assert done.returncode == 0 and done.stdout.startswith("PASSED  model.safetensors"), done


def test_a_hostile_file_is_found_where_it_lies(store: Store, audited: Audited) -> None:
    (model(store) / "sub").mkdir()
    (model(store) / "sub" / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    done = audited(*HERE, "-q")
    assert done.returncode == 1 and done.stdout.startswith("FAILED"), done


def test_where_headers_are_all_that_is_asked_for_little_moves(store: Store, audited: Audited) -> None:
    size = 4 << 30
    # the first byte of its length begins no pickle: one whose first text has no end would be looked for up to 16 MiB on
    whole = safetensors({f"weight{number}": ("BF16", (1 << 14, 1 << 15)) for number in range(4)}, data=b"")
    with (model(store) / "model.safetensors").open("wb") as file:
        file.write(whole)
        file.truncate(len(whole) + size)
    done = audited(*HERE, "--cost", "header", "-o", "json")
    assert done.returncode == 3 and store.sent < 2 << 20, (store.sent, done)
    assert (
        "bytes were not read in full: with it the audit would come to more than 32,000,000"
        in (reasons(done)["model.safetensors"])
    )
    assert [row["parameters"] for row in dossier(done)["portrait"]["weights"]] == [size // 2]


def test_what_changed_since_it_was_listed_does_not_count(store: Store, audited: Audited) -> None:
    store.turned = {"acme/tiny/model.safetensors"}
    done = audited(*HERE, "-o", "json")
    assert done.returncode == 3 and reasons(done)["model.safetensors"] == "it changed since it was listed"


def test_what_the_store_does_not_give_is_named_and_the_rest_is_read(store: Store, audited: Audited) -> None:
    store.refused = 1
    done = audited(*HERE, "-o", "json")
    (reason,) = reasons(done).values()
    assert done.returncode == 3 and reason.startswith("reading it failed ("), done


def test_a_store_that_limits_or_cuts_off_is_asked_again(store: Store, tmp_path: Path) -> None:
    """Also where its library makes no try of its own, as `AWS_MAX_ATTEMPTS` says here."""
    store.limits = [429, 503, 0]
    done = run("audit", *HERE, "-o", "json", cwd=tmp_path, AWS_MAX_ATTEMPTS="1", **store.env)
    assert not store.limits and done.returncode == 0 and not reasons(done), done


@pytest.mark.parametrize("name", ["acme/tiny/../../escaped", "acme/tiny/a//b", "acme/tiny/a\\b", "acme/tiny/./x"])
def test_a_name_that_is_none_of_a_file_is_an_obstacle(store: Store, audited: Audited, name: str) -> None:
    store.named = {"acme/tiny/LICENSE": name}
    done = audited(*HERE, "-o", "json")
    assert done.returncode == 3 and any("by no name of a file" in row for row in reasons(done).values()), done


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("s3://models/nothing",), "assay: no files at s3://models/nothing: give the folder"),
        (("s3://other/tiny",), "assay: cannot open s3://other/tiny: "),
        (("gs://models/tiny",), "assay: cannot open gs://models/tiny: Please install gcsfs"),
        ((*HERE, "--offline"), "assay: s3://models/acme/tiny is behind a network, and --offline was given"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(audited: Audited, words: tuple[str, ...], says: str) -> None:
    done = audited(*words)
    assert done.returncode == 2 and done.stderr.startswith(says) and done.stderr.count("\n") == 1, done


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub with one model, whose weights have 64 MiB."""
    folder = hub_model(tmp_path / "tiny", model__safetensors=safetensors({"weights": ("F32", (1 << 12, 1 << 12))}))
    with serving(folder) as found:
        yield found


def asked(hub: Hub, tmp_path: Path, *words: str) -> CompletedProcess[str]:
    env = {"HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    return run(*words, cwd=tmp_path, HF_ENDPOINT=hub.url, **env)


def test_a_hubs_model_is_not_fetched_where_headers_are_all_that_is_asked_for(hub: Hub, tmp_path: Path) -> None:
    hub.files["pytorch_model.bin"] = calls("os", "system", "id")
    done = asked(hub, tmp_path, "audit", "hf://org/tiny", "--cost", "header", "-o", "json")
    assert done.returncode == 1 and done.stderr == "", done
    assert dossier(done)["subject"]["reference"] == f"hf://org/tiny@{COMMIT}"
    assert not list((tmp_path / "home").rglob("*.safetensors")) and hub.ranges
    moved = sum(int(last) - int(first) + 1 for first, last in (row[6:].split("-") for row in hub.ranges))
    assert moved < 2 << 20, moved
    assert list(reasons(done)) == ["model.safetensors"]


def test_a_hub_that_limits_or_cuts_off_is_asked_for_the_range_again(hub: Hub, tmp_path: Path) -> None:
    hub.limits = [(429, "1"), (503, "")]
    hub.cuts = [10]
    done = asked(hub, tmp_path, "audit", "hf://org/tiny", "--cost", "header", "-o", "json")
    assert not hub.limits and not hub.cuts, done
    assert list(reasons(done)) == ["model.safetensors"] and "not read in full" in reasons(done)["model.safetensors"]


def test_a_hubs_model_that_is_here_is_read_here(hub: Hub, tmp_path: Path) -> None:
    assert asked(hub, tmp_path, "audit", "hf://org/tiny", "-q").returncode == 0
    hub.ranges.clear()
    done = asked(hub, tmp_path, "audit", "hf://org/tiny", "--cost", "header", "-o", "json")
    assert not hub.ranges and not reasons(done), done


def test_a_fleet_asks_for_headers_and_knows_what_is_as_it_was(hub: Hub, store: Store, tmp_path: Path) -> None:
    rows = "".join(f'[[model]]\nmodel = "{name}"\n' for name in ("hf://org/tiny", *HERE))
    (tmp_path / "models.toml").write_text(f'schema = "assay-models/1"\n{rows}')
    words = ("fleet", "audit", "--cost", "header", "--registry", "kept", "--jobs", "1", "-o", "json")
    env = {**store.env, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1", "HF_ENDPOINT": hub.url}

    def read() -> list[bool]:
        return [row["read"] for row in json.loads(run(*words, cwd=tmp_path, **env).stdout)]

    assert read() == [True, True] and read() == [False, False]
    config = model(store) / "config.json"
    config.write_bytes(config.read_bytes().replace(b"float32", b"float16"))  # of the same size
    hub.commit = "f00d" + "0" * 36
    assert read() == [True, True]
    assert not list((tmp_path / "home").rglob("*.safetensors"))


def test_a_store_whose_every_object_changed_is_a_report_like_any(store: Store, audited: Audited) -> None:
    store.turned = {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*") if path.is_file()}
    done = audited(*HERE)
    assert done.returncode == 3 and "it changed since it was listed" in done.stdout, done


@pytest.mark.parametrize(
    "asked", [[0, 0], [-1, 2], [0, 11], [9, 2], ["0", 1], [0], [0, True], [0.0, 1], {"at": 0}, None]
)
def test_a_worker_is_given_no_bytes_beyond_the_file(asked: object) -> None:
    with pytest.raises(Mismatch):
        heard({"need": asked}, "a", size=10)
    assert heard({"need": [9, 1]}, "a", size=10) == Need(9, 1)
    with pytest.raises(Mismatch):
        heard({"need": [9, 1]}, "a")


def test_a_worker_that_takes_nothing_hangs_nobody() -> None:
    read, write = os.pipe()

    class Deaf:
        requests, answers, ended_by, pid = write, read, 0, 0

        def ended(self) -> str:
            return "it ended"

        def kill(self) -> None: ...

    with pytest.raises(_Silent, match="does not take"):
        _write(Deaf(), bytes(1 << 20), 0.2)
    os.close(read)
    os.close(write)


@pytest.mark.parametrize(("error", "trouble"), [(Changed("it is another"), "changed"), (OSError("gone"), "denied")])
def test_what_a_source_cannot_give_is_an_obstacle(error: Exception, trouble: str) -> None:
    class Source:
        def seek(self, offset: int, whence: int = 0, /) -> int:
            return 100 if whence == 2 else offset

        def read(self, size: int = -1, /) -> bytes:
            raise error

    worker = Worker((), ("safetensors",))
    try:
        found = worker.read("a.safetensors", load("safetensors"), Place(Source()))
        assert not found.facts and found.obstacle is not None and found.obstacle.trouble == trouble
    finally:
        worker.close()
