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


@pytest.fixture(scope="module")
def real(smollm2: Path) -> State:
    """Two layers of the real model, cut to rows of whole blocks."""
    return derived.narrowed(derived.smollm2(smollm2, layers=2, tokens=2000), 512)


@pytest.mark.parametrize("permute", [True, False])
@pytest.mark.parametrize("heads", [None, (4, 4)])
def test_order_sign_and_scale_of_units_are_no_change(
    tmp_path: Path, heads: tuple[int, int] | None, permute: bool
) -> None:
    base = architectures.build("llama", random(1))
    copy = derived.rearranged(base, random(5), heads=heads, permute=permute)
    found = compared(tmp_path, base, copy)
    assert found.relation is R.PERMUTED and found.margin >= 0.5, found.why
    assert found.why[0].startswith("the same up to ")
    tuned = derived.rearranged(derived.noisy(base, 0.05, random(6)), random(5), heads=heads)
    found = compared(tmp_path, base, tuned)
    assert found.relation is R.PERMUTED and found.why[0].startswith("its neurons are the base's")
    stranger = derived.rearranged(architectures.build("llama", random(2)), random(5), heads=heads)
    assert compared(tmp_path, base, stranger).relation is R.UNRELATED


def test_norms_put_into_the_matrices_that_read_them_are_no_change(tmp_path: Path, real: State) -> None:
    found = compared(tmp_path, real, derived.folded(real))
    assert found.relation is R.PERMUTED and "sign and scale of neurons and norms" in found.why[0]


@pytest.mark.parametrize("kind", [*derived.DEQUANTISED, "GPTQ"])
def test_a_quantised_copy_stored_as_plain_numbers_is_a_quantised_copy(tmp_path: Path, real: State, kind: str) -> None:
    one = derived.layers_of(real, [0]) if kind == "GPTQ" else real
    left = derived.write_safetensors(tmp_path / "base.safetensors", one)
    right = derived.write_safetensors(tmp_path / "model.safetensors", derived.dequantised(one, kind))
    found = assay.diff(left, right, isolation=False)
    assert found.relation is R.QUANTISED and "quantised, and stored as BF16" in found.why[0], found.why
    assert ("carries its errors on" in found.why[-1]) == (kind == "GPTQ")


@pytest.mark.parametrize("kind", ["Q8_0", "int8 by row", "FP8"])
def test_a_quantised_copy_of_a_changed_model_is_not_called_one_of_the_base(
    tmp_path: Path, real: State, kind: str
) -> None:
    found = compared(tmp_path, real, derived.dequantised(derived.noisy(real, 0.05, random(4)), kind))
    assert found.relation is R.QUANTISED_CHANGED


def test_pruned_values_and_copied_experts_are_recognised(tmp_path: Path, real: State) -> None:
    found = compared(tmp_path, real, derived.sparse(real, 0.5))
    assert found.relation is R.PRUNED and "of the values of 14 matrices became zero" in found.why[0]
    found = compared(tmp_path, real, derived.upcycled(real, 3, random(7)))
    assert found.relation is R.LAYERS and found.why[0].startswith("each feed-forward layer is there as 3 experts")
    stranger = derived.upcycled(derived.same_statistics(real, random(8)), 3, random(7))
    assert compared(tmp_path, real, stranger).relation in (R.UNKNOWN, R.UNRELATED)


def test_a_change_at_the_border_says_so(tmp_path: Path) -> None:
    base = architectures.build("llama", random(1))
    found = compared(tmp_path, base, derived.noisy(base, 0.21, random(9)))
    assert found.relation is R.UNKNOWN and "lies too close to its threshold" in found.why[-1]
    near = compared(tmp_path, base, derived.noisy(base, 0.4, random(9)))
    assert near.relation is R.CONTINUED and near.runner_up is R.FINE_TUNE and 0.2 < near.margin < 0.4


def _pairs() -> dict[str, tuple[State, State]]:
    out: dict[str, tuple[State, State]] = {}
    for name in ("gpt2", "llama", "bert", "marian", "t5"):
        base, other = (architectures.build(name, random(seed)) for seed in (1, 2))
        shared = [architectures.build(name, random(seed), ("embedding",)) for seed in (1, 2)]
        out |= {f"{name} independent": (base, other), f"{name} same embedding": (shared[0], shared[1])}
        for size in (0.05, 0.5, 2.0, 4.0, 9.0):
            out[f"{name} changed by {size}"] = (base, derived.noisy(base, size, random(3)))
    llama = out["llama independent"][0]
    for size in (0.0, 0.3, 1.0, 3.0):
        out[f"llama rearranged, {size}"] = (llama, derived.rearranged(derived.noisy(llama, size, random(4)), random(5)))
        turned = derived.turned(derived.noisy(llama, size, random(4)), random(5), rotate=True)
        out[f"llama turned, {size}"] = (llama, turned)
    out["llama pruned"] = (llama, derived.layers_of(llama, [2]))
    out["llama half another"] = (
        llama,
        {name: w if ".mlp." in name else out["llama independent"][1][name] for name, w in llama.items()},
    )
    return out


def test_diff_and_lineage_never_say_opposite_things(tmp_path: Path) -> None:
    """At every strength of a change, up to where nobody could tell: one may know more, neither says the opposite."""
    from benchmarks.relations import contradict

    from assay.weights.fingerprint import kinship

    told = 0
    for name, (base, model) in _pairs().items():
        found = compared(tmp_path, base, model)
        mine, theirs = (
            assay.fingerprint(tmp_path / f"{side}.safetensors", isolation=False) for side in ("model", "base")
        )
        verdict = kinship(mine, theirs).verdict
        assert not contradict(found.relation, verdict), (name, found.relation, verdict)
        told += verdict != "cannot tell"
    assert told >= 20
