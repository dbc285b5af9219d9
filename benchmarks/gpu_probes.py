"""Measure probes and looks inside on a GPU: agreement with the CPU, a network of a 7B's shape, a full card.

    python -m benchmarks.gpu_probes SMOLLM2.gguf [--scratch DIR] [--device cuda]

The large network is that of `benchmarks.gpu`: it says what SmolLM2 says, at the cost of a 7B in bfloat16, and takes
14 GB under DIR. Under five minutes on one card. Seconds are of the clock, the device waited for.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.facts.behaviour import Behaviour
from assay.facts.inside import Inside
from assay.inside import Opened
from assay.pipeline.behaviour import known
from assay.probes.behaviour import Known
from assay.probes.probing import planned, probed
from assay.runtime._numbers import Numbers
from assay.runtime.opening import torch_runtime
from assay.runtime.torch_ import TorchRuntime
from benchmarks.gpu import widened

QUESTION, OTHER = "What is the capital of France?", "What is the capital of Italy?"
LEFT = 1 << 30  # bytes of the card that are left free where it is to run out
FULL = ("loops", "sensitivity", "roles")  # one that writes, two that score
AIM = 60.0  # seconds for the quick probes on a 7B


def clock(torch: Any) -> float:
    """Seconds, when the device has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def quick(torch: Any, runtime: TorchRuntime, facts: Known) -> Behaviour:
    """Every quick probe once, as `assay probe` runs them; the seconds of each."""
    moments = [clock(torch)]

    def progress(label: str, done: int, total: int, unit: str) -> None:
        moments.append(clock(torch))

    found = probed(runtime, planned(), progress, known=facts)
    spent = [after - before for before, after in pairwise(moments)]
    print(f"quick probes on {runtime.name}: {moments[-1] - moments[0]:.1f} s (aim {AIM:.0f})")
    rows = zip(found.probes, spent, strict=True)
    print("  " + ", ".join(f"{row.id} {seconds:.1f}{'' if row.known else ' (not known)'}" for row, seconds in rows))
    return found


def alike(name: str, one: Behaviour, other: Behaviour) -> None:
    """How many estimates of two runs are the same, and lie in each other's intervals."""
    pairs = [
        (left, right)
        for before, after in zip(one.probes, other.probes, strict=True)
        for left, right in zip(before.estimates, after.estimates, strict=False)
    ]
    same = sum(left.value == right.value for left, right in pairs)
    within = sum(left.low <= right.value <= left.high for left, right in pairs)
    shown = sum(left.shown == right.shown for left, right in pairs)
    print(f"{name}: of {len(pairs)} estimates {same} equal, {within} within the other's interval, {shown} shown alike")
    for left, right in pairs:
        if not left.low <= right.value <= left.high:
            print(f"  {left.words} | {right.words}")


def looked(torch: Any, runtime: TorchRuntime) -> Inside:
    """Lens, contributions, ablation and patches of one token: seconds, memory and proofs."""
    model = Opened(runtime)
    model.look(user=QUESTION, quick=True, most=8)
    seconds = []
    for options in ({"quick": True}, {}, {"against": OTHER}):
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        begun = clock(torch)
        found = model.look(user=QUESTION, most=8, **options).record
        seconds.append(clock(torch) - begun)
    most = torch.cuda.max_memory_allocated() / (1 << 30) if torch.cuda.is_available() else 0.0
    print(
        f"inside {runtime.name}: lens and contributions {seconds[0]:.2f} s, with ablation {seconds[1]:.2f}, "
        f"with patches {seconds[2]:.2f}; the device's memory at most {most:.1f} GiB"
    )
    for row in found.proofs:
        print(f"  {row.view}: {row.claim}: {row.error:.1e} (at most {row.bound:.0e})")
    for left in found.unavailable:
        print(f"  {left.view} left out: {left.why}")
    return found


def gaps(name: str, one: Inside, other: Inside) -> None:
    """How far the views of two runs are apart."""
    lens = max(abs(left.logprob - right.logprob) for left, right in zip(one.lens, other.lens, strict=True))
    parts = 0.0
    if one.attribution and other.attribution:
        both = zip(one.attribution.parts, other.attribution.parts, strict=True)
        parts = max(abs(left.logit - right.logit) for left, right in both)
    print(f"{name}: lens at most {lens:.1e} nats apart, contributions {parts:.1e}")


def full(torch: Any, folder: Path, facts: Known) -> None:
    """What is said on a card that something else has filled: when a model is opened, and when it is asked."""
    runtime = torch_runtime(folder, numbers=Numbers("bfloat16", "cuda"))
    torch.cuda.empty_cache()
    filler = torch.empty(max(0, torch.cuda.mem_get_info()[0] - LEFT), dtype=torch.uint8, device="cuda")
    print(f"a card with {torch.cuda.mem_get_info()[0] / 1e9:.1f} GB free:")
    try:
        torch_runtime(folder)
    except UsageError as cause:
        print(f"  opening it once more: {cause}")
    else:
        print("  opening it once more: done")
    for row in probed(runtime, planned(FULL), known=facts).probes:
        print(f"  {row.id}: {row.reason or 'measured'}")
    del filler
    torch.cuda.empty_cache()
    found = probed(runtime, planned(FULL), known=facts).probes
    print(f"  with the card free again: {sum(row.known for row in found)} of {len(found)} measured")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    given = parser.parse_args()
    import torch

    if given.device == "cuda":
        if not torch.cuda.is_available():
            raise SystemExit("torch finds no GPU here: this measures one; --device cpu tries the benchmark itself")
        print(torch.cuda.get_device_name(), "torch", torch.__version__, flush=True)
    cpu = torch_runtime(given.model, numbers=Numbers("float32", "cpu"))
    exact = torch_runtime(given.model, numbers=Numbers("float32", given.device))
    facts = known(str(given.model))
    with tempfile.TemporaryDirectory(dir=given.scratch) as scratch:
        parameters = widened(torch, exact, Path(scratch))
        begun = clock(torch)
        wide = torch_runtime(Path(scratch), numbers=Numbers("bfloat16", given.device))
        print(f"the large network: {parameters / 1e9:.2f} G parameters, opened in {clock(torch) - begun:.1f} s")
        large = quick(torch, wide, facts)
        looked(torch, wide)
        del wide
        small = quick(torch, exact, facts)
        alike("SmolLM2 in float32, the large network in bfloat16", small, large)
        gaps("the device against the CPU, float32", looked(torch, exact), looked(torch, cpu))
        if given.device == "cuda":
            full(torch, Path(scratch), facts)


if __name__ == "__main__":
    main()
