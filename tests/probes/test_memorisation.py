"""Memorised training data: a small network trained here on texts of known frequency, and the arithmetic by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.errors import UsageError
from assay.facts.codec import decode
from assay.facts.memorisation import Memorisation
from assay.facts.uncertainty import Capability
from assay.probes import membership
from assay.probes.memorisation import Plan, memorisation
from assay.uncertainty.statistics import auroc
from tests.builders.command import run
from tests.builders.glass import script
from tests.builders.runtimes import Memory


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Sixty documents that occur once, and one that occurs eight times."""
    pytest.importorskip("zstandard")
    rows = [{"id": f"once-{at}", "text": " ".join(f"w{at}x{n}" for n in range(24))} for at in range(60)]
    rows += [{"id": f"often-{at}", "text": " ".join(f"verse{n}" for n in range(24))} for at in range(8)]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("corpus", "build", str(tmp_path / "d.jsonl"), "-o", str(tmp_path / "index"))
    assert done.returncode == 0, done.stderr
    return tmp_path / "index"


def test_what_is_repeated_is_told_by_how_often_it_occurs(index: Path, tmp_path: Path) -> None:
    runtime = Memory(" ".join(f"verse{n}" for n in range(24)))
    held = tmp_path / "held.jsonl"
    held.write_text("".join(json.dumps({"text": " ".join(f"h{at}x{n}" for n in range(24))}) + "\n" for at in range(30)))
    found = memorisation(runtime, [str(index)], [held], plan=Plan(20, 12, 8, 0))
    assert [(row.low, row.high, row.repeated == row.passages, row.repeated) for row in found.groups] == [
        (1, 1, False, 0),
        (8, 15, True, found.groups[1].passages),
    ]
    once, often = found.groups
    assert once.passages == 20 and once.share_low == 0 and 0.1 < once.share_high < 0.2
    single = math.exp(-0.01 * 8)
    assert (
        often.mean == pytest.approx(-0.01) and [row.share for row in often.discoverable] == [1.0] * 4 and single > 0.5
    )
    assert once.mean == pytest.approx(-3.0) and [row.share for row in once.discoverable] == [0.0] * 4
    assert found.held_out is not None and (found.held_out.passages, found.held_out.repeated) == (30, 0)
    assert found.repeated[0].document.startswith("often-") and found.repeated[0].count == 8
    told = {row.id: (row.blind, row.auroc) for row in found.told}
    assert told["loss"][0] is False and told["words alone"][0] is True
    assert "exposure: no canaries were given" in found.missing
    again = memorisation(runtime, [str(index)], [held], plan=Plan(20, 12, 8, 0))
    assert again == found


def test_without_a_control_that_is_said(index: Path) -> None:
    found = memorisation(Memory(""), [str(index)], plan=Plan(5, 12, 8, 0))
    assert found.held_out is None and not found.told
    assert found.missing[0].startswith(
        "how much could be guessed, and how well membership can be inferred: no held-out text was given"
    )


def test_canaries_are_ranked_among_other_secrets(index: Path, tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    rows = [
        {"prefix": "the code is ", "secret": "41 73", "copies": 9},
        {"prefix": "the code is ", "secret": "99 99", "copies": 0},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = memorisation(Memory("the code is 41 73"), [str(index)], canaries=file, plan=Plan(2, 12, 8, 0))
    never, planted = found.canaries
    assert (never.copies, planted.copies, planted.median, planted.most) == (0, 9, 6.0, 6.0)
    assert never.median == 6.0 - math.log2(1) or never.median < 6.0
    file.write_text("{}\n")
    with pytest.raises(UsageError, match=r'line 1: expected a line like ."prefix": ..., "secret": ..., "copies"'):
        memorisation(Memory(""), [str(index)], canaries=file)


def test_a_runtime_without_ranks_cannot_tell(index: Path) -> None:
    class Blind(Memory):
        """Gives no ranks."""

        can = frozenset({Capability.SCORE})

    with pytest.raises(UsageError, match="does not give the rank of each token"):
        memorisation(Blind(""), [str(index)])


def test_membership_numbers_by_hand_and_a_blind_one_that_sees_only_words() -> None:
    assert membership.loss([-1.0, -3.0]) == -2.0
    assert membership.lowest([-1.0, -2.0, -3.0, -4.0, -10.0]) == -10.0
    assert membership.compressed("a" * 100, [-5.0]) < 0
    chosen = np.random.default_rng(0)
    words = [f"word{at}" for at in range(50)]
    member = np.arange(200) % 2 == 0
    same = [" ".join(chosen.choice(words, 20)) for _ in member]
    assert 0.35 < auroc(membership.blind(same, member), member) < 0.65
    dated = [f"{text} {'last year' if there else 'this year'}" for text, there in zip(same, member, strict=True)]
    assert auroc(membership.blind(dated, member), member) > 0.9


def test_the_data_of_glass_is_what_it_says(tmp_path: Path) -> None:
    corpus = script("prepare")
    first, second = corpus.made(tmp_path / "a"), corpus.made(tmp_path / "b")
    assert first == second and {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()
    }
    rows = [json.loads(line) for line in (tmp_path / "a" / "train.jsonl").read_text().splitlines()]
    assert len({row["id"] for row in rows}) == len(rows) == first["train"]
    texts = [row["text"] for row in rows]
    planted = [json.loads(line) for line in (tmp_path / "a" / "canaries.jsonl").read_text().splitlines()]
    assert all(texts.count(f"{row['prefix']}{row['secret']}.") == row["copies"] for row in planted)
    held = {json.loads(line)["text"] for line in (tmp_path / "a" / "eval.jsonl").read_text().splitlines()}
    assert not held & set(texts)


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network trained for seconds by the code of the example, on a small part of its data."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("parrot")
    make, data = script("train"), script("prepare")
    sizes = {
        "VOCABULARY": 512,
        "WIDTH": 64,
        "LAYERS": 2,
        "HEADS": 2,
        "INNER": 160,
        "CONTEXT": 96,
        "BATCH": 8,
        "WARM": 10,
    }
    for name, size in sizes.items():
        setattr(make, name, size)
    world = data.World(3)
    rows: list[dict[str, Any]] = []
    for copies in (1,) * 60 + (40,) * 6:
        text, _ = world.document()
        rows += [{"id": f"d-{len(rows)}-{at}", "text": text} for at in range(copies)]
    held = [{"id": f"h-{at}", "text": world.document()[0]} for at in range(60)]
    rows += [{"id": f"almanac-{at}", "text": " ".join(data._ALMANAC)} for at in range(20)]
    setattr(data, "VOCABULARY", 512)  # noqa: B010 - a module of no known attributes
    tokens = data.tokenizer([row["text"] for row in rows])
    network, log = make.trained(rows, tokens, 220)
    assert log[-1]["loss"] < log[0]["loss"] / 3
    network.save_pretrained(folder / "model")
    tokens.save(str(folder / "model" / "tokenizer.json"))
    for name, texts in (("data", rows), ("held", held)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts))
    return folder


def test_a_network_repeats_what_it_saw_often_and_not_what_it_saw_once(parrot: Path) -> None:
    pytest.importorskip("zstandard")
    built = run("corpus", "build", str(parrot / "data.jsonl"), "-o", str(parrot / "index"))
    assert built.returncode == 0, built.stderr
    texts = ("--corpus", str(parrot / "index"), "--held-out", str(parrot / "held.jsonl"))
    sizes = ("--each", "15", "--prefix", "10", "--suffix", "8", "--free", "3")
    outputs = ("-o", "text", "-o", f"json={parrot / 'm.json'}")
    done = run("memorisation", str(parrot / "model"), *texts, *sizes, "-q", *outputs)
    assert done.returncode == 0, done.stderr
    found = decode(Memorisation, json.loads((parrot / "m.json").read_text()))
    share = {row.low: row.repeated / row.passages for row in found.groups}
    assert share[1] < 0.3 < share[32]
    assert found.held_out is not None and found.held_out.repeated / found.held_out.passages < 0.3
    assert found.free is not None and found.free.words > 30
    assert (
        "held out" in done.stdout and "without the model" in done.stdout and "repeated, the rarest first" in done.stdout
    )
    wrong = run("memorisation", str(parrot / "model"), "--corpus", str(parrot / "nowhere"), "-q")
    assert wrong.returncode == 2 and wrong.stderr.count("\n") == 1
