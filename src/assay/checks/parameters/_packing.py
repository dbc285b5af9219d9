"""Which stored tensors together are one packed matrix, and what their shapes say about bits, groups and extents.

Layouts: GPTQ and AWQ as in AutoGPTQ, GPTQModel and AutoAWQ; bitsandbytes 0.45 (functional.py, QuantState); FP8 as
transformers 5.24.0 (integrations/finegrained_fp8.py) and fbgemm; compressed-tensors 0.12 (compressors); MXFP4 as
gpt-oss; HQQ, EETQ and quanto by the names of their parts. Shapes are outermost first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.facts.config import ConfigValues, ModelConfig
from assay.facts.tensor import TensorSpec, WeightIndex, WeightSet
from assay.lazy import dataclass

SETTINGS = "quantization_config."
_PLAIN = frozenset({"F64", "F32", "F16", "BF16"})  # a matrix that is stored in one of these is packed in nothing
Stored = Mapping[str, tuple[WeightIndex, TensorSpec]]


@dataclass(frozen=True, slots=True)
class Plain:
    """One matrix as the architecture names it, plain or packed: its shape, or only how many values, where known."""

    name: str
    artifact: str
    start: int
    stop: int
    shape: tuple[int, ...] | None
    elements: int | None = None


@dataclass(frozen=True, slots=True)
class Packing:
    """One packed matrix: method, the stored tensors that are its parts, and what their shapes say.

    `scales` is the shape of its scales as stored, `missing` are parts without which it cannot be unpacked; `flaw` says
    how the parts contradict each other.
    """

    name: str
    method: str
    parts: tuple[str, ...]
    shape: tuple[int, ...] | None = None
    elements: int | None = None
    bits: int | None = None
    scales: tuple[int, ...] | None = None
    missing: tuple[str, ...] = ()
    flaw: str = ""


def unpacked(found: WeightSet, values: tuple[ConfigValues, ...], config: ModelConfig) -> dict[str, Plain]:
    """Every tensor by the name that the architecture gives it, the parts of a packed matrix as that matrix."""
    stored = {tensor.name: (index, tensor) for index, tensor in found.tensors}
    out = {
        name: Plain(name, index.artifact, tensor.start, tensor.stop, tensor.shape)
        for name, (index, tensor) in stored.items()
    }
    if config.naming == "gguf":
        return out
    for packing in packings(stored):
        index, tensor = stored[packing.parts[0]]
        for part in packing.parts:
            out.pop(part, None)
        out[packing.name] = Plain(
            packing.name, index.artifact, tensor.start, tensor.stop, packing.shape, packing.elements
        )
    return out


def packings(stored: Stored) -> Iterator[Packing]:
    """Every packed matrix among the stored tensors, in name order."""
    for name in sorted(stored):
        if name.endswith(".weight") and stored[name][1].dtype in _PLAIN:
            continue
        found = _packing(name, {key: row[1] for key, row in _family(name, stored).items()})
        if found is not None:
            yield found


_SUFFIXES = (
    *("qweight", "qzeros", "scales", "g_idx", "SCB", "weight_format", "weight_scale", "weight_scale_inv"),
    *("weight_scale_2", "input_scale", "weight_packed", "weight_shape", "weight_zero_point", "weight_g_idx"),
    *("weight_global_scale", "input_global_scale", "input_zero_point", "W_q", "meta", "weight_scales", "B", "s"),
    *("weight.absmax", "weight.quant_map", "weight.nested_absmax", "weight.nested_quant_map", "weight._data"),
    *("weight._scale", "weight._shift", "weight.quant_state.bitsandbytes__nf4", "weight", "scale", "zero"),
    *("weight.quant_state.bitsandbytes__fp4", "input_scale_ub", "output_scale", "input_activation_scale"),
)


def _family(name: str, stored: Stored) -> Stored:
    """The tensors that may be parts of what the tensor `name` begins: those of its module."""
    if name.endswith(("_blocks", "_scales")):
        return {key: stored[key] for key in (name, f"{name[:-7]}_scales") if key in stored}
    stem, _, last = name.rpartition(".")
    if last not in ("qweight", "weight", "weight_packed", "W_q", "_data"):
        return {}
    stem = stem.removesuffix(".weight")
    return {key: stored[key] for suffix in _SUFFIXES if (key := f"{stem}.{suffix}") in stored}


def _packing(name: str, parts: Mapping[str, TensorSpec]) -> Packing | None:
    if not parts:
        return None
    if name.endswith("_blocks"):
        return _mxfp4(name, parts)
    stem, _, last = name.rpartition(".")
    if last == "qweight":
        return _integers(stem, parts)
    if last == "weight_packed":
        return _compressed(stem, parts)
    if last == "W_q" or last == "_data":
        whole = stem if last == "_data" else f"{stem}.weight"
        method = "quanto" if last == "_data" else "hqq"
        return Packing(whole, method, _present(parts, name))
    if last == "weight":
        return _beside(name, stem, parts)
    return None


def _present(parts: Mapping[str, TensorSpec], first: str) -> tuple[str, ...]:
    return (first, *(name for name in parts if name != first and not name.endswith(".bias")))


def _integers(stem: str, parts: Mapping[str, TensorSpec]) -> Packing:
    """GPTQ packs along the inputs, AWQ along the outputs; the zero points say how many bits."""
    name, own = f"{stem}.weight", _present(parts, f"{stem}.qweight")
    own = tuple(part for part in own if part != name)
    missing = tuple(part for part in ("scales", "qzeros") if f"{stem}.{part}" not in parts)
    q = parts[f"{stem}.qweight"]
    if missing or len(q.shape) != 2:
        return Packing(name, "gptq", own, missing=missing, flaw="" if missing else "qweight is no matrix")
    scales, zeros = parts[f"{stem}.scales"], parts[f"{stem}.qzeros"]
    if len(scales.shape) != 2 or len(zeros.shape) != 2 or not all((*q.shape, *scales.shape, *zeros.shape)):
        return Packing(name, "gptq", own, flaw="scales or qzeros are no matrix")
    groups, outputs = scales.shape
    bits = 32 * zeros.shape[1] // outputs
    if bits not in (2, 3, 4, 8) or bits * outputs != 32 * zeros.shape[1]:
        return Packing(name, "gptq", own, flaw=f"qzeros {list(zeros.shape)} fit no number of bits for {outputs:,} rows")
    method = "gptq" if q.shape[1] == outputs else "awq" if q.shape[1] * 32 == outputs * bits else ""
    if not method:
        return Packing(name, "gptq", own, flaw=f"qweight {list(q.shape)} and scales {list(scales.shape)} do not fit")
    inputs = q.shape[0] * 32 // bits if method == "gptq" else q.shape[0]
    flaw = ""
    if zeros.shape[0] != groups:
        flaw = f"{zeros.shape[0]:,} groups of zero points, {groups:,} of scales"
    index = parts.get(f"{stem}.g_idx")
    if index is not None and index.shape not in ((inputs,), (0,)):
        flaw = f"g_idx has shape {list(index.shape)} for {inputs:,} inputs"
    return Packing(name, method, own, (outputs, inputs), bits=bits, scales=scales.shape, flaw=flaw)


def _compressed(stem: str, parts: Mapping[str, TensorSpec]) -> Packing:
    """compressed-tensors: integers packed along the inputs, or FP4 two to a byte."""
    name, whole = f"{stem}.weight", f"{stem}.weight_packed"
    own = tuple(part for part in _present(parts, whole) if part != name)
    scale, packed = parts.get(f"{stem}.weight_scale"), parts[whole]
    missing = () if scale is not None else ("weight_scale",)
    if len(packed.shape) != 2 or scale is None or len(scale.shape) != 2 or not scale.shape[1]:
        return Packing(name, "compressed-tensors", own, missing=missing)
    if packed.dtype == "U8":
        shape = (packed.shape[0], packed.shape[1] * 2)
        return Packing(name, "compressed-tensors", own, shape, bits=4, scales=scale.shape)
    return Packing(name, "compressed-tensors", own, scales=scale.shape)  # how many bits only the config says


def _mxfp4(name: str, parts: Mapping[str, TensorSpec]) -> Packing | None:
    blocks, scales = parts[name], parts.get(f"{name[:-7]}_scales")
    if blocks.dtype != "U8" or len(blocks.shape) < 3 or blocks.shape[-1] != 16:
        return None
    own = (name, f"{name[:-7]}_scales") if scales is not None else (name,)
    flaw = ""
    if scales is not None and scales.shape != blocks.shape[:-1]:
        flaw = f"blocks {list(blocks.shape)} and scales {list(scales.shape)} do not fit"
    missing = () if scales is not None else (f"{name[:-7]}_scales".rpartition(".")[2],)
    return Packing(name[:-7], "mxfp4", own, elements=2 * blocks.elements, bits=4, missing=missing, flaw=flaw)


def _beside(name: str, stem: str, parts: Mapping[str, TensorSpec]) -> Packing | None:
    """Methods that keep the name of the matrix and put scales beside it."""
    weight = parts[name]
    state = next((part for part in parts if ".quant_state.bitsandbytes__" in part), None)
    if f"{name}.absmax" in parts or state is not None:
        missing = tuple(
            part
            for part, there in (
                ("absmax", f"{name}.absmax" in parts),
                ("quant_map", f"{name}.quant_map" in parts),
                ("quant_state", state is not None),
            )
            if not there
        )
        return Packing(
            name, "bitsandbytes", _present(parts, name), elements=2 * weight.elements, bits=4, missing=missing
        )
    if f"{stem}.SCB" in parts:
        scale = parts[f"{stem}.SCB"]
        flaw = (
            f"SCB has {scale.elements:,} scales for {weight.shape[0]:,} rows"
            if weight.shape and scale.elements != weight.shape[0]
            else ""
        )
        return Packing(name, "bitsandbytes", _present(parts, name), weight.shape, bits=8, flaw=flaw)
    if weight.dtype.startswith("F8_") and len(weight.shape) >= 2:
        scaled = next((parts[f"{stem}.{s}"] for s in _SCALES if f"{stem}.{s}" in parts), None)
        return Packing(
            name,
            "fp8",
            _present(parts, name),
            weight.shape,
            bits=8,
            scales=scaled.shape if scaled is not None else None,
            missing=() if scaled is not None else ("a scale",),
            flaw=_fp8_flaw(weight, scaled),
        )
    if weight.dtype in ("I8", "U8") and len(weight.shape) == 2:
        if f"{stem}.weight_scales" in parts:
            return Packing(name, "eetq", _present(parts, name), (weight.shape[1], weight.shape[0]), bits=8)
        if weight.dtype == "U8" and f"{stem}.weight_scale_2" in parts:
            shape = (weight.shape[0], weight.shape[1] * 2)
            return Packing(name, "modelopt", _present(parts, name), shape, bits=4)
        if f"{stem}.weight_scale" in parts:
            return Packing(name, "compressed-tensors", _present(parts, name), weight.shape, bits=8)
    return None


_SCALES = ("weight_scale_inv", "weight_scale", "scale")


def _fp8_flaw(weight: TensorSpec, scale: TensorSpec | None) -> str:
    """How the scales of an FP8 matrix do not fit it: one for all, one for a row, or one for a block, is what fits."""
    if scale is None or scale.elements == 1 or scale.shape in ((weight.shape[0],), (weight.shape[0], 1)):
        return ""
    fits = len(scale.shape) == len(weight.shape) and all(
        0 < few <= many for few, many in zip(scale.shape, weight.shape, strict=True)
    )
    return "" if fits else f"scales of shape {list(scale.shape)} do not fit a matrix of {list(weight.shape)}"
