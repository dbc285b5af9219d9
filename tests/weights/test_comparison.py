"""Two models compared: what a user reads for each way in which one can come from the other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import derived
from benchmarks.derived import State as Weights

import assay
import assay.weights
from assay.errors import UsageError
from assay.facts.comparison import Comparison, Relation, State
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from tests.builders import hub_model
from tests.conftest import messages

R = Relation


@pytest.fixture(scope="module")
def base(smollm2: Path) -> Weights:
    """Three layers of the real model, so that its neurons are real."""
    return derived.smollm2(smollm2, layers=3, tokens=3000)


def compared(
    tmp_path: Path, base: Weights, model: Weights, store: str = "BF16", others: tuple[str, ...] = ()
) -> Comparison:
    left = derived.write_safetensors(tmp_path / "base.safetensors", base)
    if store in ("BF16", "F16", "F32"):
        right = derived.write_safetensors(tmp_path / "model.safetensors", model, store)
    else:
        right = derived.write_gguf(tmp_path / "model.gguf", model, store)
    return assay.diff(left, right, others=others, isolation=False)


def random(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("make", "store", "relation"),
    [
        (lambda s: s, "BF16", R.IDENTICAL),
        (lambda s: s, "F32", R.CAST),
        (lambda s: derived.noisy(s, 0.01, random()), "BF16", R.FINE_TUNE),
        (lambda s: derived.noisy(s, 0.7, random()), "BF16", R.CONTINUED),
        (lambda s: derived.lora(s, 16, 0.01, ("q_proj", "v_proj"), random()), "BF16", R.ADAPTER_MERGE),
        (lambda s: derived.ablated(s, random()), "BF16", R.ABLATION),
        (lambda s: derived.permuted_neurons(s, random()), "BF16", R.PERMUTED),
        (lambda s: derived.turned(s, random(), rotate=True), "BF16", R.PERMUTED),
        (lambda s: derived.same_statistics(s, random()), "BF16", R.UNRELATED),
        (lambda s: derived.shuffled(s, random()), "BF16", R.UNRELATED),
        (lambda s: derived.layers_of(s, [0, 2]), "BF16", R.LAYERS),
        (lambda s: derived.layers_of(s, [0, 1, 1, 2]), "BF16", R.LAYERS),
        (lambda s: derived.more_tokens(s, 64, random()), "BF16", R.VOCABULARY),
        (lambda s: s, "Q8_0", R.QUANTISED),
        (lambda s: s, "Q4_1", R.QUANTISED),
        (lambda s: derived.noisy(s, 0.01, random()), "Q4_0", R.QUANTISED_CHANGED),
        (lambda s: derived.lora(s, 16, 0.005, ("q_proj", "v_proj"), random()), "Q4_1", R.QUANTISED_CHANGED),
    ],
)
def test_each_relation_is_recognised(
    tmp_path: Path, base: Weights, make: object, store: str, relation: Relation
) -> None:
    found = compared(tmp_path, base, make(base), store)  # type: ignore[operator]
    assert found.relation is relation, found.why
    assert found.margin >= 0.1


def test_a_merge_is_recognised_by_its_parts_and_their_shares(tmp_path: Path, base: Weights) -> None:
    parts = [derived.noisy(base, 0.02, random(seed)) for seed in (1, 2)]
    paths = tuple(
        str(derived.write_safetensors(tmp_path / f"part{n}.safetensors", part)) for n, part in enumerate(parts)
    )
    found = compared(tmp_path, base, derived.mixed(parts, [0.7, 0.3]), others=paths)
    assert found.relation is R.MERGE and re.search(r"\+0\.(69|70)\d* part0.*\+0\.(29|30)\d* part1", found.why[0])
    found = compared(tmp_path, base, derived.noisy(base, 0.02, random(9)), others=paths)
    assert found.relation is R.FINE_TUNE


def test_lora_says_its_rank_its_modules_and_what_is_untouched(tmp_path: Path, base: Weights) -> None:
    found = compared(tmp_path, base, derived.lora(base, 8, 0.02, ("q_proj", "v_proj"), random()))
    assert "6 matrices changed by a rank of 8 (q, v)" in found.why[0]
    changed = {row.name for row in found.differences if row.state is State.CHANGED}
    assert changed == {f"model.layers.{n}.self_attn.{p}_proj.weight" for n in range(3) for p in "qv"}


def test_hub_and_gguf_names_are_the_same_model_with_heads_turned_or_not(
    smollm2: Path, smollm2_safetensors: Path, tmp_path: Path
) -> None:
    """The real GGUF against its own values under hub names, in the hub's order of rows and in GGUF's."""
    hub = smollm2_safetensors
    assert assay.diff(hub, smollm2, isolation=False).relation in (R.CAST, R.QUANTISED)
    state = {name: weights.array() for name, weights in assay.weights.open(hub).items()}
    for name, heads in [(n, 9 if "q_proj" in n else 3) for n in state if "q_proj" in n or "k_proj" in n]:
        w = state[name]
        state[name] = w.reshape(heads, 2, -1, w.shape[1]).swapaxes(1, 2).reshape(w.shape)
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).symlink_to(hub / name)
    derived.write_safetensors(tmp_path / "model.safetensors", state, "F16")
    found = assay.diff(tmp_path, smollm2, isolation=False)
    assert found.relation in (R.CAST, R.QUANTISED) and not found.missing and not found.extra


def test_experts_and_fused_projections_are_matched(tmp_path: Path) -> None:
    experts = {
        f"model.layers.0.mlp.experts.{e}.up_proj.weight": random(e).standard_normal((64, 32)).astype(np.float32)
        for e in range(4)
    }
    fused = {"model.layers.0.mlp.gate_up_proj.weight": random(8).standard_normal((128, 32)).astype(np.float32)}
    stacked = {"blk.0.ffn_up_exps.weight": np.stack(list(experts.values()))}
    split = {
        "model.layers.0.mlp.gate_proj.weight": fused["model.layers.0.mlp.gate_up_proj.weight"][:64],
        "model.layers.0.mlp.up_proj.weight": fused["model.layers.0.mlp.gate_up_proj.weight"][64:],
    }
    for left, right in ((experts, stacked), (fused, split)):
        found = compared(tmp_path, left, right)
        assert {row.state for row in found.differences} == {State.IDENTICAL} and not found.missing and not found.extra


def test_an_importance_matrix_is_no_change(tmp_path: Path, base: Weights) -> None:
    """Scales unlike those of the reference, codes still the nearest: no block is equal, every value in its cell."""

    def otherwise(kind: str, values: Any) -> bytes:
        blocks = np.frombuffer(derived.reference_quantiser(kind, values), np.uint8).reshape(-1, 34).copy()
        scale = blocks[:, :2].copy().view("<f2").astype(np.float32) * np.float32(1.01)
        blocks[:, :2] = scale.astype("<f2").view(np.uint8)
        codes = np.rint(values.reshape(-1, 32) / np.where(scale == 0, 1, scale.astype("<f2").astype(np.float32)))
        blocks[:, 2:] = np.clip(codes, -127, 127).astype(np.int8).view(np.uint8)
        return blocks.tobytes()

    left = derived.write_safetensors(tmp_path / "base.safetensors", base)
    found = assay.diff(left, derived.write_gguf(tmp_path / "m.gguf", base, "Q8_0", otherwise), isolation=False)
    assert found.relation is R.QUANTISED and all(row.equal is None or row.equal < 0.1 for row in found.differences)


def test_a_type_without_cells_is_not_judged_by_them(tmp_path: Path, base: Weights) -> None:
    def ternary(kind: str, values: Any) -> bytes:
        return bytes(values.size // 256 * 66)

    wide = {name: np.tile(w, (1, 4))[:, :2304] if w.ndim == 2 else w for name, w in base.items()}
    wide = {name: w[:, : w.shape[1] // 256 * 256] if w.ndim == 2 else w for name, w in wide.items()}
    left = derived.write_safetensors(tmp_path / "base.safetensors", wide)
    found = assay.diff(left, derived.write_gguf(tmp_path / "m.gguf", wide, "TQ2_0", ternary), isolation=False)
    assert found.relation is R.UNKNOWN


def test_what_only_one_side_has_is_said(tmp_path: Path, base: Weights) -> None:
    less = {name: w for name, w in base.items() if "layers.1.mlp.up" not in name}
    found = compared(tmp_path, base, less)
    assert found.relation is R.UNKNOWN and found.missing == ("model.layers.1.mlp.up_proj.weight",)
    assert found.why[-1] == "the model lacks 1 tensor of the base, model.layers.1.mlp.up_proj.weight first"
    found = compared(tmp_path, base, base | {"model.layers.0.self_attn.rotary_emb.inv_freq": np.ones(32, np.float32)})
    assert found.relation is R.IDENTICAL


def test_a_head_stored_apart_is_matched_with_the_tied_embedding(tmp_path: Path, base: Weights) -> None:
    found = compared(tmp_path, base, base | {"lm_head.weight": base["model.embed_tokens.weight"]})
    assert found.relation is R.IDENTICAL and not found.extra


def test_another_architecture_gives_no_accusation(tmp_path: Path, base: Weights) -> None:
    other = {
        f"bert.encoder.layer.{n}.attention.self.query.weight": random(n).standard_normal((64, 64)).astype(np.float32)
        for n in range(3)
    }
    found = compared(tmp_path, base, other)
    assert found.relation is R.UNKNOWN and found.why[0] == "no tensor of one has a counterpart in the other"
    narrow = {name: w[..., :288] if w.ndim == 2 else w[:288] for name, w in base.items()}
    assert compared(tmp_path, base, narrow).relation in (R.UNKNOWN, R.UNRELATED)


def test_all_nan_and_all_equal_weights_are_compared_without_a_traceback(tmp_path: Path, base: Weights) -> None:
    for value in (np.nan, 0.0, 1.0):
        broken = {name: np.full_like(w, value) for name, w in base.items()}
        assert compared(tmp_path, base, broken).relation in (
            (R.UNKNOWN,) if value != value else (R.UNKNOWN, R.UNRELATED, R.CONTINUED)
        )


def test_the_card_is_judged_by_the_weights(tmp_path: Path, base: Weights) -> None:
    card = "---\nlicense: apache-2.0\nbase_model: org/base\nbase_model_relation: {}\n---\n# Model\n"
    left = derived.write_safetensors(tmp_path / "base" / "model.safetensors", base)

    def audit(relation: str, model: Weights) -> Dossier:
        derived.write_safetensors(tmp_path / "m" / "model.safetensors", model)
        (tmp_path / "m" / "README.md").write_text(card.format(relation))
        return assay.audit(tmp_path / "m", base=left.parent, isolation=False)

    good = audit("finetune", derived.noisy(base, 0.01, random()))
    assert messages(good, "base.not-as-claimed", Kind.PASS)[0].startswith("'finetune' stated; full fine-tune of 'base'")
    assert good.comparison is not None and len(good.comparison.base_sha256) == 64
    (lie,) = messages(audit("finetune", derived.same_statistics(base, random())), "base.not-as-claimed", Kind.FAIL)
    assert lie.startswith("no weights of the base that it names were found in the model: unrelated")
    (lie,) = messages(audit("quantized", derived.noisy(base, 0.01, random())), "base.not-as-claimed", Kind.FAIL)
    assert lie.startswith("'quantized' stated; full fine-tune")
    (taken,) = messages(audit("finetune", derived.ablated(base, random())), "weights.ablated", Kind.REVIEW)[:1]
    assert "changed by rank 1 along one direction" in taken


def test_a_base_that_cannot_be_used_is_said_before_anything_is_read(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m")
    with pytest.raises(UsageError, match="no model at"):
        assay.audit(model, base=tmp_path / "absent", isolation=False)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "model.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(UsageError, match=r"the base cannot be compared with: model\.safetensors cannot be read"):
        assay.audit(model, base=tmp_path / "bad", isolation=False)


def test_a_quantised_base_that_is_stored_in_fewer_bits_is_a_cast(tmp_path: Path, base: Weights) -> None:
    left = derived.write_gguf(tmp_path / "base.gguf", base, "Q8_0")
    values = {name: tensor.read().reshape(tensor.shape) for name, tensor in assay.weights.open(left).items()}
    right = derived.write_safetensors(tmp_path / "model.safetensors", values, "BF16")
    for pair in ((left, right), (right, left)):
        found = assay.diff(*pair, isolation=False)
        assert (found.relation, {row.state for row in found.differences}) == (Relation.CAST, {State.CAST})


def test_the_command_says_the_relation_and_can_be_a_gate(tmp_path: Path, base: Weights) -> None:
    left = derived.write_safetensors(tmp_path / "base.safetensors", base)
    right = derived.write_safetensors(tmp_path / "model.safetensors", derived.noisy(base, 0.01, random()))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "assay", *arguments], capture_output=True, text=True, timeout=120)

    done = run("diff", str(left), str(right))
    said = " ".join(done.stdout.split())
    assert done.returncode == 0 and "FULL FINE-TUNE" in said and "margin 10^1.30 to continued pre-training" in said
    assert run("diff", str(left), str(right), "-q").stdout == "full fine-tune\n"
    assert run("diff", str(left), str(right), "--expect", "quantised copy").returncode == 1
    value = json.loads(run("diff", str(left), str(right), "-o", "json").stdout)
    assert value["relation"] == "full fine-tune" and len(value["differences"]) == len(base)
    bad = run("diff", str(left), str(tmp_path / "absent"))
    assert bad.returncode == 2 and bad.stderr.startswith("assay: no model at")
