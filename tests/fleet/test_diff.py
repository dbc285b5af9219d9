"""`assay fleet diff`: two locks, two runs or two dates; what is worse comes first, and why."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from assay.facts.fleet import LockRow
from assay.fleet.diff import MOST_READ, compared
from tests.builders import hub_model
from tests.builders.command import run
from tests.builders.pickles import calls


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet that was audited twice: one model got worse, one is gone, one is new, one has other files."""
    root = tmp_path_factory.mktemp("fleet")
    for name in ("one", "two", "three", "four"):
        hub_model(root / "models" / name)
    (root / "models.toml").write_text('schema = "assay-models/1"\n[[model]]\nmodel = "models/*"\n')
    audited(root, "first", 0)
    (root / "models" / "one" / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    shutil.rmtree(root / "models" / "two")
    (root / "models" / "three" / "notes.txt").write_text("new")
    hub_model(root / "models" / "five")
    audited(root, "second", 1)
    return root


def audited(root: Path, name: str, status: int) -> None:
    outputs = [f"{kind}={root / f'{name}.{kind}'}" for kind in ("json", "jsonl")]
    words = [word for output in outputs for word in ("-o", output)]
    done = run("fleet", "audit", "--registry", "kept", "--jobs", "1", *words, cwd=root)
    assert done.returncode == status, done
    shutil.copy(root / "assay.lock", root / f"{name}.lock")


def diff(fleet: Path, *words: str, status: int) -> str:
    done = run("fleet", "diff", *words, cwd=fleet)
    assert (done.returncode, done.stderr) == (status, ""), done
    return done.stdout


@pytest.mark.parametrize("kind", ["lock", "json", "jsonl"])
def test_two_locks_or_runs_say_the_same(fleet: Path, kind: str) -> None:
    words = (f"first.{kind}", f"second.{kind}", "--registry", "kept")
    text = diff(fleet, *words, status=1)
    assert " WORSE  1 worse, 1 new, 1 changed, 1 gone. 1 model as before.\n" in text
    assert text.split("\n")[2] == "worse    one  PASSED -> FAILED", "what is worse comes first"
    assert "not there -> fail pickle.reaches-outside: " in " ".join(text.split())
    found = {row["model"]: row for row in json.loads(diff(fleet, *words, "-o", "json", status=1))["rows"]}
    assert {name: row["became"] for name, row in found.items()} == {
        "one": "worse", "two": "gone", "three": "changed", "five": "new"
    }  # fmt: skip
    assert found["three"]["why"][0] == "other files"
    table = diff(fleet, *words, "-o", "markdown", status=1)
    assert "| worse | one | PASSED " in table


def test_without_the_registry_it_says_what_is_not_known(fleet: Path) -> None:
    text = diff(fleet, "first.lock", "second.lock", "--registry", "kept", status=1)
    assert "not known" not in text
    (fleet / "elsewhere").mkdir(exist_ok=True)
    done = run(
        "fleet",
        "diff",
        "../first.lock",
        "../second.lock",
        cwd=fleet / "elsewhere",
        XDG_DATA_HOME=str(fleet / "elsewhere"),
    )
    assert "which findings differ is not known: not both dossiers are kept" in " ".join(done.stdout.split()), done


def test_a_new_model_whose_findings_are_not_read_says_so() -> None:
    rows = [LockRow(f"{at:04}", f"{at:04}", "", "FAILED", "default", "", "") for at in range(MOST_READ + 1)]
    found = compared("", "now", (), rows, lambda digest: None)
    assert found.rows[0].why == ("which findings decide is not known: its dossier is not kept",)
    (last,) = [row for row in found.rows if row.model == f"{MOST_READ:04}"]
    assert last.why == ("which findings decide is not known: more than 2,000 models differ",)


def test_what_got_better_or_stayed_is_no_failure(fleet: Path) -> None:
    back = diff(fleet, "second.lock", "first.lock", "--registry", "kept", status=0)
    assert " CHANGED  1 new, 1 better, 1 changed, 1 gone. " in back
    same = diff(fleet, "first.lock", "first.jsonl", "--registry", "kept", status=0)
    assert " SAME  4 models, all as they were.\n" in same


def test_dates_ask_the_registry(fleet: Path) -> None:
    listed = json.loads(run("list", "--all", "--registry", "kept", "-o", "json", cwd=fleet).stdout)
    first = min(row["first_kept"] for row in listed)
    last = max(row["first_kept"] for row in listed if row["first_kept"] < max(r["first_kept"] for r in listed))
    assert "5 new" in diff(fleet, "2020-01-01", "now", "--registry", "kept", status=1)
    assert first <= last
    done = run("fleet", "diff", "2020-01-01", "now", "--registry", "nowhere", cwd=fleet)
    assert done.returncode == 2 and "no audits are kept in" in done.stderr


@pytest.mark.parametrize("kind", ["lock", "json", "jsonl", "dates"])
def test_a_laxer_policy_of_the_same_name_is_the_reason(lax: Path, kind: str) -> None:
    listed = json.loads(run("list", "--all", "--registry", "kept", "-o", "json", cwd=lax).stdout)
    times = sorted(row["first_kept"] for row in listed)
    words = times if kind == "dates" else [f"{name}.{kind}" for name in ("first", "second")]
    text = " ".join(diff(lax, *words, "--registry", "kept", status=0).split())
    assert "better m FAILED -> " in text and "another policy of the same name ('ours', sha256 " in text, text
    assert "the same files and policy" not in text and "other files" not in text


@pytest.fixture(scope="module")
def lax(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that failed, and passes the check that failed it since the policy of that name leaves it out."""
    root = tmp_path_factory.mktemp("lax")
    (hub_model(root / "m") / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    (root / "models.toml").write_text('schema = "assay-models/1"\n[[model]]\nmodel = "m"\npolicy = "p.toml"\n')
    policy = root / "p.toml"
    rules = 'schema = "assay-policy/1"\nname = "ours"\n[block]\nfail = [{}]\nreview = []\n'
    policy.write_text(rules.format('"*"'))
    audited(root, "first", 1)
    time.sleep(1.1)  # dates of a registry are whole seconds
    policy.write_text(rules.format('"code.*"'))
    audited(root, "second", 0)
    return root


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1}', '{"schema": "assay-lock/9"}\n', "[", "\x00"])
def test_what_is_neither_is_said(fleet: Path, tmp_path: Path, content: str) -> None:
    bad = tmp_path / "bad"
    bad.write_text(content)
    done = run("fleet", "diff", str(bad), "second.lock", "--registry", "kept", cwd=fleet)
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 1
    assert done.returncode == 2, done


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_utc_does_not_have_is_none(tmp_path: Path, when: str) -> None:
    done = run("fleet", "diff", when, "now", cwd=tmp_path)
    assert done.returncode == 2 and f"cannot read lock or run {when}: " in done.stderr, done


def test_two_revisions_of_a_model_in_one_fleet_stay_two(tmp_path: Path) -> None:
    def lock(name: str, **verdicts: str) -> str:
        rows = [
            {"model": "org/a", "reference": f"hf://org/a@{commit}", "files": commit, "verdict": verdict,
             "policy": "default", "policy_sha256": "", "dossier": ""}
            for commit, verdict in verdicts.items()
        ]  # fmt: skip
        (tmp_path / name).write_text("".join(f"{json.dumps(row)}\n" for row in ({"schema": "assay-lock/1"}, *rows)))
        return name

    before, after = lock("a.lock", r1="PASSED", r2="PASSED"), lock("b.lock", r1="FAILED", r2="PASSED")
    done = run("fleet", "diff", before, after, cwd=tmp_path, XDG_DATA_HOME=str(tmp_path))
    assert done.returncode == 1 and " WORSE  1 worse. 1 model as before.\n" in done.stdout, done
    moved = run("fleet", "diff", before, lock("c.lock", r1="PASSED", r3="FAILED"), cwd=tmp_path,
                XDG_DATA_HOME=str(tmp_path))  # fmt: skip
    assert moved.returncode == 1 and " WORSE  1 worse. 1 model as before.\n" in moved.stdout, moved
