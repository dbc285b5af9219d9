"""Compare what `assay inside` reads, patches and differentiates with what other libraries make of the same network.

    python -m benchmarks.inside_peers --python PYTHON

PYTHON is an interpreter that has transformers, transformer-lens, nnsight and captum. Each library works in a process of
its own on the same float32 weights of SmolLM2 and the same tokens. Printed are the largest difference from assay's
numbers, as a share of the largest of them, the CPU seconds of the work, imports and loading left out, and the largest
resident memory of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tests.builders.smollm2 import as_safetensors
from tokenizers import Tokenizer

from assay.cli.demo import packaged_model

PROMPTS = (
    "The capital of France is the city of",
    "The opposite of hot is",
    "Water boils at a temperature of one hundred degrees",
    "She opened the door, looked around the empty room, and",
    "def mean(values):\n    return sum(values) /",
    "In 1969 two men walked on the",
    "The three primary colours are red, yellow and",
    "To be, or not to be, that is the",
)
PAIR = ("The capital of France is the city of", "The capital of Italy is the city of")
ANSWERS = (" Paris", " Rome")
WORKS = {
    "stream": ("residual stream and lens, 8 prompts", ("assay", "transformer_lens", "nnsight")),
    "patches": ("residual stream patched, each layer and token", ("assay", "transformer_lens")),
    "gradients": ("gradient times activation before each layer", ("assay", "captum")),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True)
    python = parser.parse_args().python
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "SmolLM2-135M")
        as_safetensors(folder, packaged_model(), "float32")
        words = Tokenizer.from_file(str(folder / "tokenizer.json"))
        own, rival = (words.encode(answer).ids[0] for answer in ANSWERS)
        given = {
            "folder": str(folder),
            "ids": [words.encode(prompt).ids for prompt in PROMPTS],
            "pair": [words.encode(prompt).ids for prompt in PAIR],
            "token": own,
            "rival": rival,
        }
        print("| what | by | largest difference | CPU s | memory, MiB |\n|---|---|--:|--:|--:|")
        for work, (title, peers) in WORKS.items():
            ours: dict[str, Any] = {}
            for peer in peers:
                said, found = _done(
                    sys.executable if peer == "assay" else python, {**given, "peer": peer, "work": work}
                )
                ours = ours or found
                apart = (
                    "" if peer == "assay" else f"{max(_apart(found[key], value) for key, value in ours.items()):.1e}"
                )
                print(f"| {title} | {peer} {said['version']} | {apart} | {said['cpu']:.2f} | {said['peak']:,.0f} |")


def _done(python: str, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder, "found.npz")
        script = Path(__file__).with_name("_inside_peer.py")
        done = subprocess.run(
            [python, "-P", "-W", "ignore", str(script)],
            input=json.dumps({**given, "to": str(to)}),
            env={**os.environ, "OMP_NUM_THREADS": "1"},  # waiting threads would be counted as work
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{given['peer']}: {done.stderr[-2000:]}")
        with np.load(to) as held:
            return json.loads(done.stdout.splitlines()[-1]), dict(held)


def _apart(theirs: Any, ours: Any) -> float:
    """The largest difference, as a share of the largest number; what assay leaves out as needless is at the start."""
    theirs = theirs[..., -ours.shape[-1] :] if theirs.shape != ours.shape else theirs
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())


if __name__ == "__main__":
    main()
