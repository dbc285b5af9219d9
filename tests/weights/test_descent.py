"""What two models from independent starts may share without being relatives, and what becomes of each relation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks import architectures, derived
from benchmarks.derived import State

import assay
from assay.facts.comparison import Comparison, Relation
from assay.facts.finding import Kind
from tests.conftest import messages

R = Relation
SHARED = [(name, shared) for name, rows in architectures.SHARED.items() for shared in rows]


def random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def compared(tmp_path: Path, base: State, model: State) -> Comparison:
    left = derived.write_safetensors(tmp_path / "base.safetensors", base, "F32")
    return assay.diff(left, derived.write_safetensors(tmp_path / "model.safetensors", model, "F32"), isolation=False)


@pytest.mark.parametrize(("name", "shared"), SHARED, ids=["-".join((name, *shared)) for name, shared in SHARED])
def test_independent_models_are_unrelated_whatever_they_share(
    tmp_path: Path, name: str, shared: tuple[str, ...]
) -> None:
    base, model = (architectures.build(name, random(seed), shared) for seed in (1, 2))
    found = compared(tmp_path, base, model)
    assert found.relation is R.UNRELATED, found.why
    for part in shared:
        words = {"head": "output head", "vision": "vision tower"}.get(part, part)
        assert words in found.why[0] and words in found.shared, (found.why, found.shared)
        assert found.why[0].startswith("same ") and " independent" in found.why[0]


@pytest.mark.parametrize("name", architectures.SHARED)
def test_a_fine_tune_of_each_architecture_is_found(tmp_path: Path, name: str) -> None:
    base = architectures.build(name, random(1))
    found = compared(tmp_path, base, derived.noisy(base, 0.02, random(3)))
    assert found.relation is R.FINE_TUNE and found.margin >= 0.5 and not found.why[1:], found.why


def test_constant_tables_are_named_and_are_no_evidence(tmp_path: Path) -> None:
    base, model = (architectures.build("gpt2", random(seed)) for seed in (1, 2))
    found = compared(tmp_path, base, model)
    assert found.why[0].startswith("they share only constant tables: h.*.attn.bias")
    assert found.why[0].endswith("; body independent")


def test_the_claim_of_a_base_fails_and_what_is_shared_is_said(tmp_path: Path) -> None:
    base, model = (architectures.build("llama", random(seed), ("embedding",)) for seed in (1, 2))
    left = derived.write_safetensors(tmp_path / "base" / "model.safetensors", base)
    derived.write_safetensors(tmp_path / "m" / "model.safetensors", model)
    (tmp_path / "m" / "README.md").write_text("---\nlicense: mit\nbase_model: org/base\n---\n# Model\n")
    found = assay.audit(tmp_path / "m", base=left.parent, isolation=False)
    (said,) = messages(found, "base.not-as-claimed", Kind.FAIL)
    assert said.startswith("the body of the model is not that of the base that it names")
    assert "same embedding" in said


def test_layers_taken_over_by_half_are_not_called_a_descendant_or_a_stranger(tmp_path: Path) -> None:
    base, model = (architectures.build("bert", random(seed)) for seed in (1, 2))
    half = {name: values if "layer.0." in name else model[name] for name, values in base.items()}
    found = compared(tmp_path, base, half)
    assert found.relation is R.UNKNOWN and found.why[0] == "1 of 3 layers of the body are the base's"
