"""Fingerprints and what they recognise: a model turned and permuted, whatever it calls itself; and nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks import derived
from hypothesis import given, settings
from hypothesis import strategies as st

import assay
from assay.errors import UsageError
from assay.weights.fingerprint import log10_bound
from assay.weights.fingerprint_files import MOST_FILES, SUFFIX, decoded, encoded, relatives
from tests.builders import hub_model
from tests.builders import smollm2 as build
from tests.builders.once import once

NAMES = ("base", "tuned", "permuted", "rotated", "pruned", "impostor")


@pytest.fixture(scope="module")
def family(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The real model's first layers as a hub folder, and models made from it."""
    root = once(tmp_path_factory, "family-of-smollm2", lambda folder: _family(smollm2, folder))
    return {name: root / name for name in NAMES}


def _family(smollm2: Path, root: Path) -> None:
    state = derived.smollm2(smollm2, layers=4, tokens=49_152)
    tokenizer = json.dumps(build.tokenizer(smollm2))
    random = np.random.default_rng(2)
    models = (
        state,
        derived.noisy(state, 0.05, random),
        derived.permuted_neurons(state, random),
        derived.turned(state, random, rotate=True),
        derived.layers_of(state, [0, 1, 3]),
        derived.same_statistics(state, random),
    )
    for name, weights in zip(NAMES, models, strict=True):
        derived.write_safetensors(root / name / "model.safetensors", weights)
        (root / name / "tokenizer.json").write_text(tokenizer)


@pytest.fixture(scope="module")
def library(family: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    def made(folder: Path) -> None:
        (folder / f"base{SUFFIX}").write_bytes(encoded(assay.fingerprint(family["base"], isolation=False)))

    return once(tmp_path_factory, "library-of-smollm2", made)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("base", "common origin, same coordinates"),
        ("tuned", "common origin, same coordinates"),
        ("permuted", "common origin, other coordinates"),
        ("rotated", "common origin, other coordinates"),
        ("pruned", "common origin, same coordinates"),
        ("impostor", "no common origin found"),
    ],
)
def test_relatives_are_recognised_and_an_impostor_is_not(
    family: dict[str, Path], library: Path, name: str, verdict: str
) -> None:
    (found,) = relatives(assay.fingerprint(family[name], isolation=False), library)
    assert found.verdict == verdict, found


def test_without_shared_tokens_the_answer_is_not_known(family: dict[str, Path], library: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "model.safetensors").write_bytes((family["rotated"] / "model.safetensors").read_bytes())
    (found,) = relatives(assay.fingerprint(bare, isolation=False), library)
    assert found.shared_tokens == 0 and found.verdict == "cannot tell"


def test_no_fingerprint_of_a_library_is_left_out_without_a_word(family: dict[str, Path], tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        (tmp_path / f"{number}{SUFFIX}").touch()
    with pytest.raises(UsageError, match=r"holds 10,001 fingerprints, at most 10,000 are compared"):
        relatives(assay.fingerprint(family["base"], isolation=False), tmp_path)


def test_a_fingerprint_is_small_and_comes_back_equal(family: dict[str, Path], tmp_path: Path) -> None:
    made = assay.fingerprint(family["base"], isolation=False)
    raw = encoded(made)
    assert 500_000 < len(raw) < 2_100_000
    (tmp_path / f"x{SUFFIX}").write_bytes(raw)
    back = decoded(tmp_path / f"x{SUFFIX}")
    assert encoded(back) == raw and back.tokens == made.tokens


def test_a_fingerprint_of_an_older_schema_says_how_to_make_it_again(family: dict[str, Path], tmp_path: Path) -> None:
    raw = encoded(assay.fingerprint(family["base"], isolation=False))
    (tmp_path / f"x{SUFFIX}").write_bytes(raw.replace(b"assay-fingerprint/2", b"assay-fingerprint/1"))
    with pytest.raises(UsageError, match="make it again with  assay fingerprint MODEL"):
        decoded(tmp_path / f"x{SUFFIX}")


def test_the_commands_write_and_ask_a_library(family: dict[str, Path], tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
        return subprocess.run(
            [sys.executable, "-m", "assay", *arguments], capture_output=True, text=True, timeout=120, env=environment
        )

    assert run("lineage", str(family["base"])).stderr.startswith("assay: no fingerprints in")
    said = run("fingerprint", str(family["base"])).stdout
    assert said.startswith(" KEPT  ") and f"\nwrote {tmp_path}/data/assay/fingerprints/base-" in said
    done = run("lineage", str(family["rotated"]))
    assert done.returncode == 0 and done.stdout.endswith("common origin, other coordinates\n")
    (row,) = json.loads(run("lineage", str(family["impostor"]), "--json").stdout)
    assert row["verdict"] == "no common origin found"


def test_a_model_without_an_embedding_has_no_fingerprint(tmp_path: Path) -> None:
    derived.write_safetensors(tmp_path / "m.safetensors", {"h.0.mlp.c_fc.weight": np.zeros((8, 8), np.float32)})
    with pytest.raises(UsageError, match="it needs feed-forward layers and a token embedding"):
        assay.fingerprint(tmp_path / "m.safetensors", isolation=False)


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_fingerprint_is_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    raw = bytearray(encoded(assay.fingerprint(hub_model(folder / "m"), isolation=False)))
    at = data.draw(st.integers(0, min(len(raw) - 1, 700)))
    raw[at] ^= data.draw(st.integers(1, 255))
    (folder / f"x{SUFFIX}").write_bytes(raw[: data.draw(st.sampled_from([len(raw), len(raw) // 2]))])
    try:
        decoded(folder / f"x{SUFFIX}")
    except UsageError as refused:
        assert str(refused)


def test_the_bound_is_the_exact_chance_where_that_can_be_counted() -> None:
    """All of n pairs right: one permutation of n!."""
    assert 10 ** log10_bound(5, 5, 5) == pytest.approx(1 / 120)
    assert log10_bound(0, 5, 5) == 0 and log10_bound(1, 5, 5) == 0
