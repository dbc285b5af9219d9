"""The budget of an audit: what it cuts off is open, the verdict INCOMPLETE, and the report states the limits."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import assay
from assay.errors import OverBudget, UsageError
from assay.facts.artifact import Trouble
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier, Limit, Verdict
from assay.facts.finding import Kind
from assay.formats import load
from assay.isolation import InProcess
from assay.pipeline.budget import Budget
from assay.render.command import reproduce
from assay.subject import walked
from tests.builders import calls, hub_model, safetensors
from tests.builders.command import run
from tests.builders.keys import private
from tests.conftest import messages


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return hub_model(tmp_path / "m")


def opened(dossier: Dossier) -> list[str]:
    return messages(dossier, "artifact.stopped", Kind.OPEN)


def test_the_largest_files_are_left_out_first_and_say_so(model: Path) -> None:
    (model / "x.pkl").write_bytes(calls("os", "system", "id"))
    size = (model / "model.safetensors").stat().st_size
    found = assay.audit(model, max_bytes=size - 1)
    assert found.decision.verdict is Verdict.FAILED  # small files were all read
    assert opened(found) == [
        f"model.safetensors: its {size:,} bytes were not read in full: with it the audit would come to more than "
        f"{size - 1:,}; allow more with --max-bytes"
    ]
    (cut,) = [row for row in found.artifacts if not row.sha256]
    assert (cut.path, cut.standing) == ("model.safetensors", "not examined")
    assert not messages(found, "weights.values-unread", Kind.PASS) and not found.tensors
    assert "were not read in full" in messages(found, "weights.values-unread", Kind.OPEN)[0]
    assert f"--max-bytes {size - 1}" in reproduce(found)


def test_a_sound_model_beyond_the_budget_is_incomplete(model: Path) -> None:
    found = assay.audit(model, max_bytes=2000)
    assert found.decision.verdict is Verdict.INCOMPLETE
    assert found == assay.audit(model, max_bytes=2000)


def test_nobody_vouches_for_files_that_were_not_read(model: Path, tmp_path: Path) -> None:
    dossier, key = tmp_path / "d.json", tmp_path / "key.pem"
    private(key)
    assert run("audit", str(model), "--max-bytes", "2000", "-q", "-o", f"json={dossier}").returncode == 3
    for command in (
        ("attest", str(dossier), "--key", str(key)),
        ("log", "append", str(tmp_path / "log"), str(dossier)),
    ):
        done = run(*command)
        assert done.returncode == 2 and "of an audit that did not read" in done.stderr, done.stderr
        assert "audit again with a larger --max-bytes" in done.stderr


def test_a_budget_that_is_not_reached_changes_no_other_byte(model: Path) -> None:
    one, other = assay.audit(model), assay.audit(model, max_time=3000, max_bytes=10**12)
    assert one.limits[0] == Limit("seconds", 1800, False) and other.limits[0] == Limit("seconds", 3000, True)
    assert [row.name for row in one.limits] == ["seconds", "bytes", "tensors"]
    texts = [json.loads(canonical(row)) for row in (one, other)]
    assert texts[0].pop("limits") != texts[1].pop("limits") and texts[0] == texts[1]


@pytest.mark.parametrize("late", [0, 1, 3, 6, 12, 20, 40, 80])
def test_whenever_time_is_over_nothing_is_passed_that_was_not_reached(
    model: Path, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    whole = assay.audit(model, isolation=False)
    ticks = iter([0.0] * (late + 1))
    monkeypatch.setattr("assay.pipeline.steps.Budget", partial(Budget, clock=lambda: next(ticks, 1e9)))
    found = assay.audit(model, isolation=False)
    of_files = {rule.id for rule in found.rules if rule.question in ("vulnerabilities", "parameters")}
    before, now = ({row.check for row in one.findings if row.kind is Kind.PASS} & of_files for one in (whole, found))
    assert now <= before
    if found.obstacles:
        assert found.decision.verdict is Verdict.INCOMPLETE and "allow more with --max-time" in opened(found)[0]
    else:
        assert found.findings == whole.findings and late >= 20


def test_an_audit_ends_when_its_time_is_over(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(calls("os", "system", "id"))
    os.truncate(path, 1 << 40)
    done = run("audit", str(path), "--max-time", "1s", "--max-bytes", "2TB", "--offline")
    assert done.returncode == 1 and "os.system" in done.stdout  # found before, and not lost
    assert "the audit's 1 seconds were over" in " ".join(done.stdout.split())


def test_a_file_that_is_being_parsed_is_cut_off_and_what_it_told_is_kept(tmp_path: Path) -> None:
    evil = calls("os", "system", "id")
    for name in ("a.pkl", "b.pkl", "c.pkl", "d.pkl"):  # some 5 s of reading each on a quick machine
        (tmp_path / name).write_bytes(evil[:-1] + b"N0" * 9_900_000 + b".")
    (tmp_path / "z.pkl").write_bytes(evil)
    begun = time.monotonic()
    found = assay.audit(tmp_path, max_time=6)
    assert time.monotonic() - begun < 15
    assert found.decision.verdict is Verdict.FAILED
    told = {row.split(" @ ")[0] for row in messages(found, "pickle.reaches-outside", Kind.FAIL)}
    over = {name for row in opened(found) if "the audit's 6 seconds were over" in row and (name := row.split(": ")[0])}
    assert "a.pkl" in told and told & over and "z.pkl" in over - told


def test_the_time_of_an_audit_holds_where_files_are_read_in_its_own_process(tmp_path: Path) -> None:
    evil = calls("os", "system", "id")
    (tmp_path / "a.pkl").write_bytes(evil[:-1] + b"N0" * 19_000_000 + b".")
    begun = time.monotonic()
    found = assay.audit(tmp_path, max_time=3, isolation=False)
    assert time.monotonic() - begun < 20  # some 10 s are needed to read it on a quick machine
    assert found.decision.verdict is Verdict.FAILED
    assert messages(found, "pickle.reaches-outside", Kind.FAIL) and any("3 seconds" in row for row in opened(found))


def test_a_reader_in_this_process_has_the_seconds_of_one_in_a_worker(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x02" + b"N0" * 500_000 + b"N.")
    (entry,) = walked(tmp_path).entries
    found = InProcess(deadline=0.01).read(entry.path, load("pickle_stream"), entry.place)
    assert found.obstacle is not None and found.obstacle.trouble is Trouble.STOPPED
    assert "it was not gone through to its end within 0.01 seconds" in found.obstacle.reason


@pytest.fixture
def looked_into(tmp_path: Path) -> Path:
    """A model of which every measure that reads tensors once more has some to read."""
    model, draw = tmp_path / "m", np.random.default_rng(0)
    model.mkdir()
    weights = {"model.embed_tokens.weight": (100, 64)}
    for layer in range(4):
        weights[f"model.layers.{layer}.self_attn.o_proj.weight"] = (64, 64)
        weights[f"model.layers.{layer}.mlp.down_proj.weight"] = (64, 128)
    arrays = {name: draw.normal(0, 0.02, shape).astype("f4") for name, shape in weights.items()}
    for layer in range(2):
        arrays[f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = np.ones(8, "f4")
    shapes = {name: ("F32", array.shape) for name, array in arrays.items()}
    (model / "model.safetensors").write_bytes(
        safetensors(shapes, data=b"".join(array.tobytes() for array in arrays.values()))
    )
    config = {"model_type": "llama", "vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 4}
    (model / "config.json").write_text(json.dumps(config))
    vocabulary = {f"<unused{number}>" if number < 4 else f"t{number}": number for number in range(100)}
    (model / "tokenizer.json").write_text(
        json.dumps({"version": "1.0", "model": {"type": "BPE", "vocab": vocabulary, "merges": []}})
    )
    return model


@pytest.mark.parametrize(
    ("check", "measure"),
    [
        ("weights.rope-not-as-configured", "constant"),
        ("weights.ablated", "directions"),
        ("embedding.untrained", "embedding"),
        ("weights.untrained", "untrained"),
    ],
)
def test_whatever_reads_tensors_once_more_ends_when_the_time_is_over(
    looked_into: Path, monkeypatch: pytest.MonkeyPatch, check: str, measure: str
) -> None:
    now, told = 0.0, 0

    def clock() -> float:
        return now

    def progress(label: str, done: int, total: int, unit: str) -> None:
        nonlocal now, told
        if label == "reading values":
            now, told = 1e9, told + 1  # the time is over during the first read

    monkeypatch.setattr("assay.pipeline.steps.Budget", partial(Budget, clock=clock))
    found = assay.audit(looked_into, only=[check, "artifact.stopped"], progress=progress)
    assert told == 1  # it asked before the next read, and made none
    reason = f"the audit's 1,800 seconds were over before {measure} could be worked out; allow more with --max-time"
    assert opened(found) == [f"model.safetensors: {reason}"]
    assert messages(found, check, Kind.OPEN) == [
        "not measured: the audit's 1,800 seconds were over; allow more with --max-time"
    ]
    assert found.decision.verdict is Verdict.INCOMPLETE


def test_a_comparison_ends_within_a_tensor(looked_into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def progress(label: str, done: int, total: int, unit: str) -> None:
        nonlocal now
        now = 1e9 if label == "reading values" else now

    monkeypatch.setattr("assay.pipeline.steps.Budget", partial(Budget, clock=lambda: now))
    base = looked_into.with_name("base")
    shutil.copytree(looked_into, base)
    raw = bytearray((base / "model.safetensors").read_bytes())
    raw[-1000:] = bytes(1000)
    (base / "model.safetensors").write_bytes(raw)
    found = assay.audit(looked_into, base=base, max_time=60, progress=progress)
    assert found.decision.verdict is Verdict.INCOMPLETE
    assert any("seconds were over before comparison" in row for row in opened(found))


@pytest.mark.skipif(not hasattr(os, "SEEK_HOLE"), reason="this system does not tell holes")
@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems fill files")
def test_terabytes_that_were_never_written_are_noticed(model: Path) -> None:
    os.truncate(model / "model.safetensors", 1 << 40)
    found = assay.audit(model)
    assert found.decision.verdict in (Verdict.INCOMPLETE, Verdict.FAILED)
    assert "bytes were never written and read as zero, as of an interrupted download" in opened(found)[0]
    small = model / "model.safetensors"
    os.truncate(small, 1 << 20)
    assert not opened(assay.audit(model))


@pytest.mark.parametrize("given", [{"max_time": 0}, {"max_bytes": -1}, {"max_time": True}, {"max_bytes": 1.5}])
def test_a_limit_is_a_positive_number(model: Path, given: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="expected a positive number"):
        assay.audit(model, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["0", "x", "-1", "1 year", "1.5h", "9" * 30])
def test_an_amount_that_is_none_is_one_sentence(model: Path, text: str) -> None:
    done = run("audit", str(model), "--max-time", text)
    assert done.returncode == 2 and "expected a number, or one with s, m, h" in done.stderr


def test_the_clock_is_the_budgets_alone(model: Path) -> None:
    budget = Budget(walked(model).entries, 5, None, iter([0.0, 4.0, 6.0]).__next__)
    budget.check()
    with pytest.raises(OverBudget, match="the audit's 5 seconds were over; allow more with --max-time"):
        budget.check()
