"""Payloads in low bits: how often they are found, by depth, share and layout, and how often sound weights are accused.

`python -m benchmarks.payload`. Weights are normal, heavy-tailed, and the real model's matrices in bf16; payloads are
random bits.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from assay import kernels
from assay.checks import named
from assay.facts.finding import Kind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.facts.values import TensorSummary
from assay.kernels.types import TYPES
from assay.weights.summaries import Pass

Codes = NDArray[np.uint16]
CHECK = "weights.low-bits"


def accused(codes: Codes, dtype: str = "BF16") -> bool:
    """Whether the check asks a person to look at a tensor of these codes."""
    raw = codes.astype("<u2").tobytes()
    columns = 1024
    spec = TensorSpec("w", dtype, (len(codes) // columns, columns), 0, len(raw))
    taken = Pass("m", [WeightIndex("m", "safetensors", (spec,), 0, len(raw))])
    taken.feed(memoryview(raw))
    found = tuple(row for row in taken.ended() if isinstance(row, TensorSummary))
    check = named(CHECK)
    assert check is not None and len(found) == 1
    return any(answer.kind is Kind.REVIEW for answer in check.answers({"TensorSummary": found}))


def bf16(values: NDArray[np.float32]) -> Codes:
    """Codes of float32 rounded to bfloat16."""
    bits = np.ascontiguousarray(values).view(np.uint32).reshape(-1)
    return ((bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))) >> np.uint32(16)).astype(np.uint16)


def with_payload(codes: Codes, bits: int, share: float, layout: str, random: np.random.Generator) -> Codes:
    """A copy in which the low `bits` of a share of the values are random: in one piece, or scattered."""
    out = codes.copy()
    count = int(share * len(codes))
    if layout == "in one piece":
        start = int(random.integers(0, len(codes) - count + 1))
        places = np.arange(start, start + count)
    else:
        places = np.flatnonzero(random.random(len(codes)) < share)
    low = random.integers(0, 1 << bits, len(places)).astype(np.uint16)
    out[places] = (out[places] & np.uint16(0xFFFF ^ ((1 << bits) - 1))) | low
    return out


def sound(values: int, trials: int) -> Iterator[tuple[str, Codes]]:
    """Sound weights: two distributions at two scales, and every large matrix of the real model."""
    for seed in range(trials):
        random = np.random.default_rng([seed, 1])
        yield "normal", bf16((random.standard_normal(values) * 0.02).astype(np.float32))
        yield "heavy tails", bf16((random.standard_t(4, values) * 0.02).astype(np.float32))


def real() -> Iterator[tuple[str, Codes]]:
    """The real model's feed-forward matrices, three layers to a tensor, their 4-bit lattice broken by noise."""
    from assay.cli.demo import packaged_model
    from benchmarks import derived

    state = derived.smollm2(packaged_model(), 30)
    for role in ("gate_proj", "up_proj", "down_proj"):
        for first in range(0, 30, 3):
            rows = [state[f"model.layers.{layer}.mlp.{role}.weight"].reshape(-1) for layer in range(first, first + 3)]
            yield "SmolLM2", bf16(np.concatenate(rows))
    yield "SmolLM2", bf16(state["model.embed_tokens.weight"])


def main() -> None:
    """Print false alarms, then detection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=1 << 24)
    parser.add_argument("--trials", type=int, default=3)
    options = parser.parse_args()
    print(f"kernels {kernels.name()}; {TYPES['BF16'].name}; tensors of {options.values:,} values")
    alarms: dict[str, list[bool]] = {}
    clean = list(sound(options.values, options.trials))
    lattice = bf16(np.round(np.random.default_rng(7).standard_normal(options.values) * 8).astype(np.float32) / 400)
    for name, codes in [*clean, *real(), ("a lattice (quantised, then cast)", lattice)]:
        alarms.setdefault(name, []).append(accused(codes))
    print(f"\n{'sound weights':36} {'tensors':>8} {'accused':>8}")
    for name, found in alarms.items():
        print(f"{name:36} {len(found):8} {sum(found):8}")
    print(
        f"\n{'payload':8} {'layout':14}"
        + "".join(f"{share:>10.0%}" for share in SHARES)
        + "   found, of both distributions"
    )
    for bits, layout in product((1, 2, 4), ("in one piece", "scattered")):
        cells = []
        for share in SHARES:
            hits = [
                accused(with_payload(codes, bits, share, layout, np.random.default_rng([n, bits])))
                for n, (_, codes) in enumerate(clean)
            ]
            cells.append(f"{sum(hits)}/{len(hits)}")
        print(
            f"{bits} bit{'s' if bits > 1 else ' '}   {layout:14}" + "".join(f"{cell:>10}" for cell in cells), flush=True
        )


SHARES = (0.05, 0.10, 0.25, 0.50, 0.75, 1.00)

if __name__ == "__main__":
    main()
