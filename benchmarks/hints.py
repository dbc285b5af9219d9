"""What a model's writers share, without a base: how often an ablation is seen, and how often a sound model is accused.

`python -m benchmarks.hints`. Models are the real one, derivatives of it that are sound, and the small ones trained
here.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import assay.weights
from assay.facts.values import Directions
from assay.weights.directions import MOST_HIDDEN, THRESHOLD, directions
from benchmarks import derived, trained
from benchmarks.derived import Array, State


def measured(folder: Path, state: State, store: str = "BF16") -> Directions:
    """The hint for a state stored as a file."""
    if store == "BF16":
        path = derived.write_safetensors(folder / "m.safetensors", state)
    else:
        path = derived.write_gguf(folder / "m.gguf", state, store)
    found = directions(assay.weights.open(path), MOST_HIDDEN)
    assert found is not None
    return found


def sound(s: State, small: list[State], random: np.random.Generator) -> Iterator[tuple[str, State, str]]:
    """Models that nobody ablated."""
    for store in ("BF16", "Q8_0", "Q4_1"):
        yield "SmolLM2", s, store
    for size in (0.01, 0.1):
        yield "SmolLM2, noise", derived.noisy(s, size, random), "BF16"
    for rank in (4, 16, 64):
        yield "SmolLM2, LoRA on writers", derived.lora(s, rank, 0.02, ("o_proj", "down_proj"), random), "BF16"
    yield "SmolLM2, permuted", derived.permuted_neurons(s, random), "BF16"
    yield "SmolLM2, rotated", derived.turned(s, random, rotate=True), "BF16"
    yield "SmolLM2, half of its layers", derived.layers_of(s, list(range(0, 30, 2))), "BF16"
    yield "random weights", derived.same_statistics(s, random), "BF16"
    for state in small:
        yield "trained here", state, "BF16"


def edited(state: State, random: np.random.Generator, size: float) -> State:
    """One direction added to every writer, `size` times its norm: an edit that many layers share."""
    hidden = state["model.embed_tokens.weight"].shape[1]
    r: Array = random.standard_normal((hidden,)).astype(np.float32)
    r = r / np.float32(np.linalg.norm(r))
    out = dict(state)
    for name, w in state.items():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            column: Array = random.standard_normal((w.shape[1],)).astype(np.float32)
            out[name] = w + np.outer(r, column) * np.float32(size * np.linalg.norm(w) / np.linalg.norm(column))
    return out


def main() -> None:
    """Print sound models, then ablated and edited ones."""
    from assay.cli.demo import packaged_model

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=200, help="training steps of the small models")
    options = parser.parse_args()
    random = np.random.default_rng(4)
    s = derived.smollm2(packaged_model(), 30, 1024)
    small = [
        trained.train(seed=seed, part=part, steps=options.steps)
        for seed, part in ((1, "first"), (2, "second"), (3, "first"))
    ]
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        folder = Path(scratch)
        print(f"{'sound':34} {'stored':7} {'emptiest':>9} {'common':>10}   accused below {THRESHOLD}")
        rows = [(name, store, measured(folder, state, store)) for name, state, store in sound(s, small, random)]
        for name, store, found in rows:
            print(
                f"{name:34} {store:7} {found.emptiest:9.2g} {found.common:4} of "
                f"{found.writers:3}{'   ACCUSED' if found.emptiest < THRESHOLD else ''}"
            )
        print(f"accused: {sum(found.emptiest < THRESHOLD for _, _, found in rows)} of {len(rows)}")
        print(f"\n{'ablated (one direction)':34} {'stored':7} {'emptiest':>9} {'seen':>5}")
        for share in (1.0, 0.8, 0.5):
            for store in ("BF16", "Q8_0", "Q5_1", "Q4_1", "Q4_0"):
                first = 30 * (1 - share)
                state = derived.ablated(s, random, lambda layer, first=first: layer >= first)  # type: ignore[misc]
                found = measured(folder, state, store)
                print(
                    f"{f'SmolLM2, {share:.0%} of the layers':34} {store:7} "
                    f"{found.emptiest:9.2g} {'yes' if found.emptiest < THRESHOLD else 'no':>5}"
                )
        for state in small:
            found = measured(folder, derived.ablated(state, random))
            print(
                f"{'trained here, all layers':34} {'BF16':7} {found.emptiest:9.2g} "
                f"{'yes' if found.emptiest < THRESHOLD else 'no':>5}"
            )
        print(f"\n{'one direction added to all writers':34} {'common strongest direction':>30}")
        for size in (0.05, 0.1, 0.2, 0.4):
            found = measured(folder, edited(s, random, size))
            print(f"{f'SmolLM2, {size:.0%} of their norm':34} {found.common:14} of {found.writers}")


if __name__ == "__main__":
    main()
