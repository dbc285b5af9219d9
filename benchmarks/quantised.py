"""What the probe of quantisation says of quantisations whose damage is known to grow: `python -m benchmarks.quantised`.

SmolLM2-135M-Instruct from a Python package (Q4_1; what it was before is not at hand) is the base. Its matrices are
requantised to Q8_0, Q5_0 and Q4_0 with gguf-py, to 3 bits by the rule of Q4_0 (the largest of 32 numbers is kept,
the others rounded to its steps), and once copied as they are: that copy has to show nothing. One thread; minutes.
"""

from __future__ import annotations

import os
import struct
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded

import numpy as np

from assay import uncertainty
from assay.cli.demo import packaged_model
from assay.probes.probing import planned, probed

BLOCK, ALIGNED = 32, 32
FORMS = ("as it is", "Q8_0", "Q5_0", "Q4_0", "3 bits")


def main() -> None:
    """Print a row for each form."""
    base = uncertainty.open(str(packaged_model()))
    plan = planned(["quantisation"])
    print(
        "| form | choice changes, text | divergence, text | choice changes, questions | divergence, questions | CPU s |"
    )
    print("|---|--:|--:|--:|--:|--:|")
    for form in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.gguf")
            requantised(packaged_model(), path, form)
            runtime = uncertainty.open(str(path))
            begun = time.process_time()
            (row,) = probed(runtime, plan, base=base).probes
            cells = [
                f"{one.number(one.value)} ({one.number(one.low)} to {one.number(one.high)})" for one in row.estimates
            ]
            print(f"| {form} | {' | '.join(cells) or row.reason} | {time.process_time() - begun:.0f} |", flush=True)


def requantised(source: Path, to: Path, form: str) -> None:
    """Write a GGUF file with the same fields and its matrices in another form."""
    from gguf import GGMLQuantizationType, GGUFReader, dequantize, quantize

    reader = GGUFReader(source)
    head = source.read_bytes()[: int(reader.tensors[0].field.offset)]
    infos, parts, at = [], [], 0
    for tensor in reader.tensors:
        kind, data = tensor.tensor_type, np.asarray(tensor.data)
        if form != "as it is" and len(tensor.shape) == 2:
            values = dequantize(tensor.data, tensor.tensor_type)
            bits = form.split()[0]
            kind = GGMLQuantizationType.F16 if bits.isdigit() else GGMLQuantizationType[form]
            data = coarse(values, int(bits)).astype(np.float16) if bits.isdigit() else quantize(values, kind)
        raw, name = data.tobytes(), tensor.name.encode()
        shape = [int(size) for size in tensor.shape]
        infos.append(struct.pack(f"<Q{len(name)}sI{len(shape)}QIQ", len(name), name, len(shape), *shape, int(kind), at))
        parts.append(raw + bytes(-len(raw) % ALIGNED))
        at += len(parts[-1])
    with to.open("wb") as file:
        file.write(head + b"".join(infos))
        file.write(bytes(-file.tell() % ALIGNED))
        file.writelines(parts)


def coarse(values: Any, bits: int) -> Any:
    """float32[rows, columns] rounded to `bits` bits with a scale for each 32 numbers, as Q4_0 rounds to four."""
    rows = values.reshape(-1, BLOCK)
    peak = np.take_along_axis(rows, np.abs(rows).argmax(axis=1)[:, None], axis=1)
    half = 1 << (bits - 1)
    scale = peak / -half
    steps = np.divide(rows, scale, out=np.zeros_like(rows), where=scale != 0)
    return (np.clip(np.round(steps), -half, half - 1) * scale).reshape(values.shape)


if __name__ == "__main__":
    main()
