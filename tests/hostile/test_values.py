"""Values of weights that no training gives: too large to be squared, too small, none of them a number."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import assay
from tests.builders import safetensors
from tests.builders.command import run


def model(folder: Path, size: float) -> Path:
    """A small model whose values are of that size."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (100, 64)}
    for layer in range(4):
        for name, shape in {"self_attn.o_proj": (64, 64), "mlp.gate_proj": (128, 64), "mlp.up_proj": (128, 64)}.items():
            shapes[f"model.layers.{layer}.{name}.weight"] = shape
        shapes[f"model.layers.{layer}.mlp.down_proj.weight"] = (64, 128)
    with np.errstate(all="ignore"):
        arrays = [(draw.normal(0, 1, shape) * size).astype("f4") for shape in shapes.values()]
    data = b"".join(array.tobytes() for array in arrays)
    rows = {name: ("F32", shape) for name, shape in shapes.items()}
    (folder / "model.safetensors").write_bytes(safetensors(rows, data=data))
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4}))
    vocabulary = {f"<unused{number}>" if number < 4 else f"t{number}": number for number in range(100)}
    tokenizer = {"version": "1.0", "model": {"type": "BPE", "vocab": vocabulary, "merges": []}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


@pytest.mark.parametrize("size", [1e-42, 1e-25, 1e19, 1e25, 1e38, float("inf"), float("nan")])
def test_values_of_any_size_are_audited_without_a_word_of_numpy(tmp_path: Path, size: float) -> None:
    found = assay.audit(model(tmp_path / "m", size))  # a warning would be an error here
    assert not [row.message for row in found.findings if "the check itself failed" in row.message]
    assert any(row.check == "weights.not-finite" for row in found.findings)


@pytest.mark.parametrize("size", ["1e-42", "1e25", "1e38", "nan"])
def test_values_of_any_size_are_compared(tmp_path: Path, size: str) -> None:
    one, other = model(tmp_path / "one", 0.02), model(tmp_path / "other", float(size))
    for command in (("diff", str(one), str(other)), ("diff", str(other), str(one))):
        done = run(*command)
        assert done.returncode == 0 and not done.stderr, done.stderr
    done = run("fingerprint", str(other), "-o", str(tmp_path / "f.safetensors"))
    assert done.returncode in (0, 2) and "Warning" not in done.stderr and "Traceback" not in done.stderr
