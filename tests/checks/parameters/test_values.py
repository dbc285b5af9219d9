"""What the values of weights are found to be: broken, dead, repeated, inflated, hidden in, never trained."""

from __future__ import annotations

import hashlib
import json
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import derived, payload
from hypothesis import given
from hypothesis import strategies as st

import assay
import assay.weights
import assay.weights.histograms
from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Kind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.facts.values import TensorSummary, UnreadValues
from assay.kernels.types import TYPES
from assay.weights.embedding import merge_ranks, reach
from assay.weights.summaries import Pass
from tests.builders import gguf, hub_model, safetensors
from tests.builders.hub import config, tensors
from tests.conftest import messages, of

Audit = Callable[..., Dossier]
NAME = "model.layers.0.mlp.up_proj.weight"


def weights(folder: Path, dtype: str = "F32", **changed: Any) -> Path:
    """The small hub model with normal weights, some tensors replaced (`up` is that of layer 0)."""
    random = np.random.default_rng(0)
    state = {
        name: random.standard_normal(shape).astype(np.float32) * np.float32(0.02)
        for name, (_, shape) in tensors().items()
    }
    for key, values in changed.items():
        state[{"up": NAME, "embedding": "model.embed_tokens.weight"}[key]] = values
    hub_model(folder, config__json=json.dumps(config(torch_dtype={"F32": "float32", "BF16": "bfloat16"}[dtype])))
    derived.write_safetensors(folder / "model.safetensors", state, dtype)
    return folder


def noise(*shape: int, seed: int = 1) -> Any:
    return (np.random.default_rng(seed).standard_normal(shape) * 0.02).astype(np.float32)


def test_not_a_number_and_infinity_are_counted_and_fail_the_audit(tmp_path: Path, audit: Audit) -> None:
    broken = noise(64, 32)
    broken[3, :5], broken[7, 0] = np.nan, np.inf
    dossier = audit(weights(tmp_path / "m", up=broken))
    assert messages(dossier, "weights.not-finite", Kind.FAIL) == [f"{NAME}: 5 NaN and 1 infinite of 2,048 values"]
    assert dossier.decision.verdict is Verdict.FAILED


def test_a_block_scale_that_is_no_number_is_found(tmp_path: Path, audit: Audit) -> None:
    raw = bytearray(gguf({"blk.0.ffn_up.weight": (8, (4, 64))}))
    raw[-34 * 8 : -34 * 8 + 2] = struct.pack("<e", float("nan"))
    (tmp_path / "m.gguf").write_bytes(raw)
    assert messages(audit(tmp_path / "m.gguf"), "weights.not-finite", Kind.FAIL) == [
        "blk.0.ffn_up.weight: 1 block scales are NaN or infinite"
    ]


def test_dead_constant_and_repeated_rows_are_named(tmp_path: Path, audit: Audit) -> None:
    rows = noise(64, 32)
    rows[5], rows[9], rows[20] = 0, 0.5, rows[21]
    dossier = audit(weights(tmp_path / "m", up=rows))
    (dead,) = of(dossier, "weights.dead", Kind.REVIEW)
    assert dead.message == f"{NAME}: 1 of 64 rows are zero, 1 hold one value" and dead.evidence[0].seen == "rows 5"
    (twice,) = of(dossier, "weights.repeated-rows", Kind.REVIEW)
    assert twice.message == f"{NAME}: 2 of 64 rows repeat another row" and twice.evidence[0].seen == "rows 20 = 21"
    whole = audit(weights(tmp_path / "z", up=np.zeros((64, 32), np.float32)))
    assert messages(whole, "weights.dead", Kind.REVIEW) == [f"{NAME}: all 2,048 values are 0.0"]


def test_float32_that_holds_bfloat16_is_said_to(tmp_path: Path, audit: Audit) -> None:
    inflated: dict[str, Any] = {"up": derived.bf16(noise(64, 32)), "embedding": derived.bf16(noise(40, 32, seed=2))}
    (found,) = messages(audit(weights(tmp_path / "m", "F32", **inflated)), "weights.inflated", Kind.REVIEW)
    assert found.startswith("2 of ") and "hold BF16 values: the low bits are zero in every one" in found
    assert of(audit(weights(tmp_path / "n")), "weights.inflated", Kind.REVIEW) == []


def test_random_low_bits_are_seen_and_sound_ones_are_not(tmp_path: Path, audit: Audit) -> None:
    sound = payload.bf16((np.random.default_rng(3).standard_normal(1 << 22) * 0.02).astype(np.float32))
    hidden = payload.with_payload(sound, 4, 0.5, "in one piece", np.random.default_rng(4))

    def file(codes: Any) -> Path:
        header = json.dumps({"w": {"dtype": "BF16", "shape": [4096, 1024], "data_offsets": [0, 2 << 22]}}).encode()
        path = tmp_path / "m.safetensors"
        path.write_bytes(struct.pack("<Q", len(header)) + header + codes.tobytes())
        return path

    assert of(audit(file(sound)), "weights.low-bits", Kind.REVIEW) == []
    (found,) = messages(audit(file(hidden)), "weights.low-bits", Kind.REVIEW)
    assert found.startswith("w: the lowest 4 bits of values") and "are random in about" in found


def test_text_in_the_lowest_byte_of_float32_is_seen(tmp_path: Path, audit: Audit) -> None:
    rows = noise(512, 512)
    text = (b"Four score and seven years ago our fathers brought forth on this continent. " * 4000)[: rows.size]
    rows.view(np.uint8).reshape(-1, 4)[:, 0] = np.frombuffer(text, np.uint8)
    derived.write_safetensors(tmp_path / "m.safetensors", {"w": rows}, "F32")
    (found,) = messages(audit(tmp_path / "m.safetensors"), "weights.low-bits", Kind.REVIEW)
    assert "the lowest byte of its F32 values, where it is not zero, has 3." in found


def half(values: Any) -> Any:
    return values.astype(np.float16).astype(np.float32)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(half(noise(512, 512)), id="all of float16, some below its normal range"),
        pytest.param(np.where(np.arange(512)[:, None] < 384, half(noise(512, 512)), noise(512, 512)), id="mostly"),
        pytest.param((noise(512, 512).view(np.uint32) & 0xFFFFFF00 | 0x5A).view(np.float32), id="one low byte"),
        pytest.param(np.round(noise(512, 512) * 2000) * np.float32(0.000317), id="a grid"),
        pytest.param(np.where(noise(512, 512, seed=2) > 0.01, noise(512, 512), np.float32(0)), id="pruned"),
    ],
)
def test_low_bits_that_are_constant_or_of_a_grid_hide_nothing(rows: Any, tmp_path: Path, audit: Audit) -> None:
    derived.write_safetensors(tmp_path / "m.safetensors", {"w": rows}, "F32")
    assert of(audit(tmp_path / "m.safetensors"), "weights.low-bits", Kind.REVIEW) == []


def test_float32_that_holds_float16_is_said_to_also_with_values_below_its_normal_range(
    tmp_path: Path, audit: Audit
) -> None:
    found = messages(audit(weights(tmp_path / "m", "F32", up=half(noise(64, 32)))), "weights.inflated", Kind.REVIEW)
    assert len(found) == 1 and "hold F16 values: the low bits are zero in every one" in found[0]
    finer = half(noise(64, 32))
    finer[0, 0], finer[0, 1] = 2.0**-20 * (1 + 2.0**-7), 1 + 2.0**-10  # F16 has four bits of mantissa at the first size
    assert of(audit(weights(tmp_path / "n", "F32", up=finer)), "weights.inflated", Kind.REVIEW) == []


def test_a_layer_that_stands_out_is_named(tmp_path: Path, audit: Audit) -> None:
    state = {f"model.layers.{n}.mlp.up_proj.weight": noise(64, 32, seed=n) * (5 if n == 3 else 1) for n in range(6)}
    derived.write_safetensors(tmp_path / "m.safetensors", state)
    (found,) = messages(audit(tmp_path / "m.safetensors"), "weights.outlier", Kind.INFORMATIONAL)
    assert found.startswith("1 matrix differs 3-fold or more") and "model.layers.3.mlp.up_proj.weight 4.9x" in found


def test_untrained_tokens_of_the_real_model_are_found_with_their_text(smollm2: Path, audit: Audit) -> None:
    """The tokens that the note on this model lists; the forty rows of smallest norm hold none of them."""
    (found,) = of(audit(smollm2), "embedding.untrained", Kind.REVIEW)
    seen = " ".join(evidence.seen for evidence in found.evidence)
    for token in ("ManagementPlaneProtection", "swigfaiss", "kinesisfirehose", " InstancePreprocess", " transistorsum"):
        assert repr(token) in seen
    assert "reachable by its text" in seen and "the same row as 8, 10, 13, 15, 16, 48047" in seen


def test_reach_applies_merges_in_the_order_of_their_rank() -> None:
    from assay.facts.tokenizer import Vocabulary

    ranks = merge_ranks(Vocabulary("t", "BPE", "", "a b\0ab c\0b c"))
    assert reach("abc", ranks) == "by its text"
    assert reach("bca", ranks) == "not by its text"
    assert reach("abc", {}) == "unknown"


def test_kernels_are_named_and_every_tensor_is_in_the_dossier(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(weights(tmp_path / "m"))
    assert dossier.kernels.startswith("native ") and len(dossier.tensors) == len(tensors())
    (row,) = [row for row in dossier.tensors if row.name == NAME]
    values = assay.weights.open(tmp_path / "m")[NAME].array()
    assert (row.values, row.dtype, row.shape) == (2048, "F32", (64, 32))
    assert row.mean == pytest.approx(values.mean(), rel=1e-4) and row.deviation == pytest.approx(values.std(), rel=1e-5)
    assert row.minimum == pytest.approx(values.min(), rel=1e-5) and sum(row.bins) == 2048
    centred = values - values.mean()
    assert row.kurtosis == pytest.approx((centred**4).mean() / (centred**2).mean() ** 2, rel=1e-4)


def test_histograms_are_kept_and_can_be_held_against_the_dossier(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(weights(tmp_path / "m", "BF16"), histograms=tmp_path / "h.safetensors")
    found = assay.weights.histograms.read(tmp_path / "h.safetensors")
    assert len(found) == len(dossier.tensors)
    for row in dossier.tensors:
        codes, counts = found[f"{row.artifact}:{row.name}"]
        assert counts.sum() == row.values and assay.weights.histograms.digest(codes, counts) == row.histogram
    tensor = assay.weights.open(tmp_path / "m")[NAME]
    assert isinstance(tensor, assay.weights.Tensor)
    raw = tensor.raw()
    wanted = np.unique(np.frombuffer(raw, "<u2"), return_counts=True)
    assert np.array_equal(found[f"model.safetensors:{NAME}"], wanted)


def test_without_a_value_check_no_value_is_read(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(weights(tmp_path / "m"), only=("licence.missing",))
    assert dossier.tensors == () and dossier.kernels == "none needed"


@pytest.mark.parametrize(
    ("header", "data", "reason"),
    [
        (
            {
                "a": {"dtype": "F32", "shape": [8], "data_offsets": [0, 32]},
                "b": {"dtype": "F32", "shape": [8], "data_offsets": [16, 48]},
            },
            48,
            "it shares bytes with another tensor",
        ),
        (
            {"a": {"dtype": "F16", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 41]}},
            64,
            "the file ends before it does",
        ),
    ],
)
def test_what_could_not_be_read_is_open_by_name(
    tmp_path: Path, audit: Audit, header: dict[str, Any], data: int, reason: str
) -> None:
    (tmp_path / "m.safetensors").write_bytes(safetensors(header=header, data=bytes(data)))
    (found,) = of(audit(tmp_path / "m.safetensors"), "weights.values-unread", Kind.OPEN)
    assert reason in found.message and found.evidence[0].name in header


def test_odd_tensors_are_summarised(tmp_path: Path, audit: Audit) -> None:
    """No element, one element, a scalar, all NaN, all equal."""
    header = {
        "none": {"dtype": "F32", "shape": [0, 4], "data_offsets": [0, 0]},
        "one": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        "scalar": {"dtype": "F32", "shape": [], "data_offsets": [4, 8]},
        "nan": {"dtype": "F32", "shape": [2, 16], "data_offsets": [8, 136]},
        "same": {"dtype": "F32", "shape": [2, 16], "data_offsets": [136, 264]},
    }
    body = struct.pack("<66f", 1, 2, *[float("nan")] * 32, *[3.0] * 32)
    (tmp_path / "m.safetensors").write_bytes(safetensors(header=header, data=body))
    rows = {row.name: row for row in audit(tmp_path / "m.safetensors").tensors}
    assert rows["one"].mean == 1 and rows["scalar"].values == 1 and rows["nan"].nans == 32 and rows["nan"].mean is None
    assert (
        rows["same"].deviation,
        rows["same"].kurtosis,
        rows["same"].rows.constant if rows["same"].rows else None,
    ) == (0.0, None, 2)


def beside(raw: bytes, index: WeightIndex, data: st.DataObject) -> tuple[object, str]:
    """The same, and its digest, by a pass whose second part is done later; codes are counted apart, of all tensors."""
    taken, at, left = Pass("m", [index]), 0, deque[Callable[[], None]]()
    digest = taken.hashes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assay.weights.summaries.WORTH_COUNTING", 0)
        while at < len(raw):
            step = data.draw(st.integers(1, 700))
            left.append(taken.begun(memoryview(raw)[at : at + step]))
            at += step
            while len(left) > data.draw(st.integers(0, 3)):
                left.popleft()()
    for last in left:
        last()
    return taken.ended(), "" if digest is None else digest.hexdigest()


@given(st.data())
def test_any_index_over_any_bytes_gives_a_summary_or_a_reason_for_each_tensor(data: st.DataObject) -> None:
    """A hostile index cannot make the pass read outside the file, fail, leave a tensor out, or hash another file."""
    size = data.draw(st.integers(0, 3000))
    raw = data.draw(st.randoms(use_true_random=False)).randbytes(size)
    specs = []
    for number in range(data.draw(st.integers(0, 6))):
        dtype = data.draw(st.sampled_from([*TYPES, "F4", "C64"]))
        shape = tuple(data.draw(st.lists(st.sampled_from([0, 1, 2, 17, 32, 256, 2**40]), max_size=3)))
        start = data.draw(st.integers(0, size + 10))
        kind = TYPES.get(dtype)
        elements = int(np.prod([int(n) for n in shape], dtype=object)) if shape else 1
        honest = kind is not None and data.draw(st.booleans())
        length = elements // kind.elements * kind.bytes if honest and kind else data.draw(st.integers(0, size))
        specs.append(TensorSpec(f"t{number}", dtype, shape, start, start + length))
    shares = data.draw(st.booleans())
    written = data.draw(
        st.sampled_from(["", "", "varint", "tagged", "latin1", "records 9 2", "latin1 records 4 0", "otherwise"])
    )
    index = WeightIndex("m", "x", tuple(specs), 0, size, shares_storage=shares, written=written)
    taken, at = Pass("m", [index]), 0
    digest = taken.hashes()
    while at < size:
        step = data.draw(st.integers(1, 700))
        taken.feed(memoryview(raw)[at : at + step])
        at += step
    assert digest is None or digest.hexdigest() == hashlib.sha256(raw).hexdigest()
    found = taken.ended()
    assert beside(raw, index, data) == (found, "" if digest is None else digest.hexdigest())
    assert all(isinstance(row, TensorSummary | UnreadValues) for row in found)
    told = {row.name for row in found}
    ranges = [(spec.start, spec.stop, spec.dtype) for spec in specs]
    for spec in specs:
        tied = ranges.count((spec.start, spec.stop, spec.dtype)) > 1
        assert spec.name in told or tied or spec.stop == spec.start


def test_two_files_at_a_time_give_the_same_dossier(
    tmp_path: Path, audit: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.pipeline.reading.WORTH_THREADS", 0)
    for number in (1, 2, 3):
        derived.write_safetensors(
            tmp_path / "m" / f"model-{number:05}-of-00003.safetensors",
            {f"model.layers.{number}.mlp.up_proj.weight": noise(512, 256, seed=number)},
        )
    assert audit(tmp_path / "m", jobs=1) == audit(tmp_path / "m", jobs=3)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("jobs", [1, 2])
def test_thousands_of_tensors_in_one_block_are_summarised_one_after_another(tmp_path: Path, jobs: int) -> None:
    """Memory does not grow with the number of tensors that a block holds: each of them has tables of a megabyte."""
    header = {f"t{n}": {"dtype": "F32", "shape": [2], "data_offsets": [8 * n, 8 * n + 8]} for n in range(3000)}
    (tmp_path / "m.safetensors").write_bytes(safetensors(header=header, data=bytes(24_000)))
    # VmHWM, not ru_maxrss: the latter counts what the parent held when it forked
    code = (
        "import assay, assay.pipeline.reading; assay.pipeline.reading.WORTH_THREADS = 0\n"
        f"assay.audit({str(tmp_path / 'm.safetensors')!r}, isolation=False, jobs={jobs})\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert int(done.stdout) < 400_000  # KiB; 3,000 megabytes would be eight times that


def test_a_norm_of_another_size_than_its_siblings_is_for_review(tmp_path: Path, audit: Audit) -> None:
    sound = {f"model.layers.{n}.input_layernorm.weight": np.full(64, 1 + n / 10, np.float32) for n in range(4)}
    derived.write_safetensors(tmp_path / "sound" / "model.safetensors", sound, "F32")
    assert of(audit(tmp_path / "sound"), "weights.outlier", Kind.REVIEW) == []
    broken = sound | {"model.layers.2.input_layernorm.weight": np.full(64, 345.0, np.float32)}
    derived.write_safetensors(tmp_path / "broken" / "model.safetensors", broken, "F32")
    assert messages(audit(tmp_path / "broken"), "weights.outlier", Kind.REVIEW) == [
        "model.layers.2.input_layernorm.weight: its values are 314 times those of the other attn_norm tensors"
    ]


def test_a_hole_over_several_tensors_is_told_as_one(tmp_path: Path, audit: Audit) -> None:
    state = {f"layers.{n}.weight": noise(64, 32, seed=n) for n in range(5)}
    derived.write_safetensors(tmp_path / "m" / "model.safetensors", state, "F32")
    path = tmp_path / "m" / "model.safetensors"
    raw = bytearray(path.read_bytes())
    body = len(raw) - 5 * 8192
    assert of(audit(tmp_path / "m"), "weights.hole", Kind.FAIL) == []
    raw[body + 13_001 : body + 30_003] = bytes(17_002)
    path.write_bytes(raw)
    dossier = audit(tmp_path / "m")
    (said,) = messages(dossier, "weights.hole", Kind.FAIL)
    assert messages(dossier, "weights.dead", Kind.REVIEW) == []  # told once
    assert "are zero, from within 'layers.1.weight' over 1 whole tensor to within 'layers.3.weight'" in said
    assert f"bytes {body + 13_056:,} to {body + 29_952:,}" in said and "an interrupted download" in said
    whole = state | {"layers.2.weight": np.zeros((64, 32), np.float32)}
    derived.write_safetensors(tmp_path / "z" / "model.safetensors", whole, "F32")
    dossier = audit(tmp_path / "z")
    assert of(dossier, "weights.hole", Kind.FAIL) == []
    assert messages(dossier, "weights.dead", Kind.REVIEW) == ["layers.2.weight: all 2,048 values are 0.0"]
