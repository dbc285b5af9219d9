"""How often a matrix is said to be at its initialiser, before and after training: `python -m benchmarks.untrained`.

Fresh matrices of every initialiser of torch in seven sizes; decoders and wide perceptrons trained here, after so many
steps; and models that were published, given as arguments. Needs torch.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Evidence, Finding
from benchmarks import trained
from benchmarks.derived import State, write_safetensors

SIZES = ((32, 48), (64, 64), (128, 512), (384, 384), (1536, 384), (512, 2048), (4096, 1024))
STEPS = (0, 1, 3, 10, 30, 100, 300, 1000)
CHECK = "weights.untrained"


def initialised(rounds: int) -> tuple[dict[str, tuple[int, int]], list[float]]:
    """For each initialiser how many fresh matrices there were, and how many were said to be at it.

    Then how far from independent values those of them lie at most, in standard deviations: correlations, eigenvalues.
    """
    import torch
    from torch.nn import init

    def drawn(size: tuple[int, int]) -> Iterator[tuple[str, Any]]:
        empty = torch.empty
        yield "normal", init.normal_(empty(*size), std=0.02)
        yield "normal, BF16", init.normal_(empty(*size), std=0.02).bfloat16().float()
        yield "normal cut at two deviations", init.trunc_normal_(empty(*size), std=0.02, a=-0.04, b=0.04)
        yield "Xavier uniform", init.xavier_uniform_(empty(*size))
        yield "Xavier normal", init.xavier_normal_(empty(*size))
        yield "Kaiming uniform", init.kaiming_uniform_(empty(*size), a=5**0.5)
        yield "Kaiming normal", init.kaiming_normal_(empty(*size))
        yield "orthogonal, no more rows than columns", init.orthogonal_(empty(min(size), max(size)))
        yield "orthogonal, more rows than columns", init.orthogonal_(empty(max(size), min(size)))

    torch.manual_seed(0)
    counts: dict[str, list[int]] = {}
    farthest = [0.0, 0.0]
    for _ in range(rounds):
        state, schemes = {}, {}
        for size in SIZES:
            for scheme, values in drawn(size):
                name = f"{scheme} {size}"
                state[name], schemes[name] = values.numpy(), scheme
        places = [place for group in range(0, len(state), 48) for place in named(part(state, group))]
        said = {place.name for place in places}
        for place in places:
            if not place.seen.startswith("orthogonal"):  # whose rows have no correlation by design
                farthest = [max(row) for row in zip(farthest, map(abs, _deviations(place.seen)), strict=True)]
        for name, scheme in schemes.items():
            row = counts.setdefault(scheme, [0, 0])
            row[0] += 1
            row[1] += name in said
    return {scheme: (row[0], row[1]) for scheme, row in counts.items()}, farthest


def part(state: State, start: int) -> State:
    """Some of the matrices: a finding lists no more than 50."""
    return dict(list(state.items())[start : start + 48])


def named(state: State) -> tuple[Evidence, ...]:
    """The matrices that an audit says are at their initialiser."""
    with tempfile.TemporaryDirectory() as folder:
        write_safetensors(Path(folder) / "model.safetensors", state, "F32")
        return answer(assay.audit(folder, only=(CHECK,))).evidence


def _deviations(seen: str) -> tuple[float, float]:
    """Of the correlation of rows and of the greatest eigenvalue, as the evidence words them."""
    correlation, largest = re.findall(r"[+-]\d+\.\d", seen)
    return float(correlation), float(largest)


def answer(dossier: Dossier) -> Finding:
    """What the check said."""
    return next(found for found in dossier.findings if found.check == CHECK)


def perceptron(seed: int, steps: int, rate: float) -> State:
    """Three layers of 1,024, as torch initialises them, after `steps` of Adam on a random function."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    wide = torch.nn.Linear
    model = torch.nn.Sequential(wide(256, 1024), torch.nn.ReLU(), wide(1024, 1024), torch.nn.ReLU(), wide(1024, 64))
    teacher = torch.randn(256, 64)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(steps):
        batch = torch.randn(64, 256)
        loss = torch.nn.functional.cross_entropy(model(batch), (batch @ teacher).argmax(dim=1))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return {name: values.detach().numpy().copy() for name, values in model.state_dict().items() if values.dim() == 2}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", help="published models: folders or files")
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    print("fresh matrices                           drawn  said to be at their initialiser")
    fresh, (correlation, largest) = initialised(arguments.rounds)
    for scheme, (count, said) in fresh.items():
        print(f"{scheme:<40} {count:>5}  {said:>5}")
    print(f"farthest of them: correlations {correlation}, greatest eigenvalues {largest} standard deviations")
    print("\nafter training: share of the matrices still said to be at their initialiser")
    print(f"{'steps':<36}" + "".join(f"{steps:>7}" for steps in STEPS))
    for rate in (3e-3, 3e-4):
        states = [trained.train(1, "first", steps, rate=rate) for steps in STEPS]
        line(f"decoder of width 96, AdamW {rate:g}", states)
    for rate in (1e-3, 1e-4):
        states = [perceptron(1, steps, rate) for steps in STEPS]
        line(f"perceptron of width 1,024, Adam {rate:g}", states)
    for model in arguments.models:
        start = time.perf_counter()
        found = answer(assay.audit(model))
        print(f"{Path(model).name}: {found.kind.value}, {found.message} ({time.perf_counter() - start:.1f} s)")
    sys.stdout.flush()


def line(title: str, states: list[State]) -> None:
    """One line of the table: a model after more and more steps."""
    shares = []
    for state in states:
        matrices = {name: values for name, values in state.items() if np.ndim(values) == 2}
        shares.append(len({place.name for place in named(matrices)}) / len(matrices))
    print(f"{title:<36}" + "".join(f"{100 * share:>6.0f}%" for share in shares), flush=True)


if __name__ == "__main__":
    main()
