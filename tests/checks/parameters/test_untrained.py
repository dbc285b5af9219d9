"""Whether weights are told from random numbers: fresh ones of every kind, those of a trained model, and a mixture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import derived

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from tests.conftest import messages, of

Audit = Callable[..., Dossier]
CHECK = "weights.untrained"
SIZE = (96, 192)


def drawn(scheme: str, seed: int, size: tuple[int, int] = SIZE) -> Any:
    """A matrix as an initialiser draws it."""
    random = np.random.default_rng(seed)
    normal = random.standard_normal(size)
    if scheme == "uniform":
        return ((random.random(size) * 2 - 1) * 0.05).astype(np.float32)
    if scheme == "cut":
        while (np.abs(normal) > 2).any():
            normal = np.where(np.abs(normal) > 2, random.standard_normal(size), normal)
    if scheme == "orthogonal":
        normal = np.linalg.qr(normal.T)[0].T
    return (normal * 0.02).astype(np.float32)


def learned(seed: int, size: tuple[int, int] = SIZE) -> Any:
    """A matrix with what training leaves: directions that its rows share, over a normal draw."""
    random = np.random.default_rng(seed)
    signal = random.standard_normal((size[0], 3)) @ random.standard_normal((3, size[1]))
    return (drawn("normal", seed, size) + 0.005 * signal).astype(np.float32)


def model(folder: Path, matrices: dict[str, Any], dtype: str = "F32") -> Path:
    folder.mkdir()
    derived.write_safetensors(folder / "model.safetensors", matrices, dtype)
    return folder


def layers(make: Callable[[int], Any], count: int = 6) -> dict[str, Any]:
    names = ("self_attn.q_proj", "mlp.up_proj")
    return {
        f"model.layers.{layer}.{name}.weight": make(10 * layer + at)
        for layer in range(count)
        for at, name in enumerate(names)
    }


@pytest.mark.parametrize("dtype", ["F32", "BF16"])
@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        ("normal", "(normal)"),
        ("uniform", "(uniform)"),
        ("cut", "(normal cut at two deviations)"),
        ("orthogonal", "(orthogonal)"),
    ],
)
def test_a_model_of_random_numbers_is_said_to_be_at_its_initialiser(
    tmp_path: Path, audit: Audit, scheme: str, words: str, dtype: str
) -> None:
    dossier = audit(model(tmp_path / "m", layers(lambda seed: drawn(scheme, seed)), dtype))
    (said,) = messages(dossier, CHECK, Kind.REVIEW)
    assert said == (
        "the weights are at their initialiser: 12 of 12 matrices looked at, of 12, have independent values of one "
        f"scale {words}, as before training"
    )
    assert dossier.decision.verdict is not Verdict.FAILED


def test_one_layer_that_was_never_trained_is_named_beside_its_siblings(tmp_path: Path, audit: Audit) -> None:
    matrices = layers(learned) | {"model.layers.3.mlp.up_proj.weight": drawn("normal", 99)}
    (found,) = of(audit(model(tmp_path / "m", matrices)), CHECK)
    assert (found.kind, found.message) == (
        Kind.REVIEW,
        "1 of 12 matrices are at their initialiser (normal), and the others are not: model.layers.3.mlp.up_proj.weight",
    )
    assert "kurtosis 3.0" in found.evidence[0].seen or "kurtosis 2.9" in found.evidence[0].seen


def test_a_part_outside_the_layers_is_told_and_not_asked(tmp_path: Path, audit: Audit) -> None:
    matrices = layers(learned) | {"pooler.dense.weight": drawn("normal", 99)}
    assert [f.kind for f in of(audit(model(tmp_path / "m", matrices)), CHECK)] == [Kind.INFORMATIONAL]


def test_trained_matrices_pass_with_their_number(tmp_path: Path, audit: Audit) -> None:
    (found,) = of(audit(model(tmp_path / "m", layers(learned))), CHECK)
    assert found.kind is Kind.PASS
    assert found.message.startswith("12 matrices are not distributed as an initialiser leaves them")


def test_matrices_beyond_the_sample_are_counted_as_not_looked_at(
    tmp_path: Path, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve could be at their initialiser by one pass, and a block of four is looked at."""
    monkeypatch.setattr("assay.measures.untrained.MOST", 4)
    (found,) = of(audit(model(tmp_path / "m", layers(learned))), CHECK)
    assert (found.kind, found.message) == (
        Kind.PASS,
        "4 matrices are not distributed as an initialiser leaves them: 0 by their kurtosis, 4 by a block of rows; "
        "8 more, which may be by their kurtosis, were not looked at",
    )


def test_what_is_too_small_to_tell_is_not_judged(tmp_path: Path, audit: Audit) -> None:
    small = {"a.weight": drawn("normal", 1, (16, 16)), "b.bias": drawn("normal", 2, (1, 512))[0]}
    assert [f.kind for f in of(audit(model(tmp_path / "m", small)), CHECK)] == [Kind.NOT_APPLICABLE]


def test_a_convolution_is_looked_at_as_a_matrix(tmp_path: Path, audit: Audit) -> None:
    kernel = drawn("uniform", 5, (64, 32 * 9)).reshape(64, 32, 3, 3)
    (said,) = messages(audit(model(tmp_path / "m", {"conv.weight": kernel})), CHECK, Kind.REVIEW)
    assert "1 of 1 matrices" in said


def test_first_factors_of_an_adapter_are_at_their_initialiser_by_design(tmp_path: Path, audit: Audit) -> None:
    stem = "base_model.model.model.layers.0.self_attn.q_proj"
    folder = tmp_path / "m"
    folder.mkdir()
    derived.write_safetensors(
        folder / "adapter_model.safetensors",
        {f"{stem}.lora_A.weight": drawn("uniform", 1, (64, 512)), f"{stem}.lora_B.weight": learned(2, (512, 64))},
        "F32",
    )
    settings = {"peft_type": "LORA", "r": 64, "target_modules": ["q_proj"], "base_model_name_or_path": "org/base"}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    assert [f.kind for f in of(audit(folder), CHECK)] == [Kind.PASS]
