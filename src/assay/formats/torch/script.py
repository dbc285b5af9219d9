"""TorchScript in a PyTorch archive: a language of its own that looks like Python (torch/csrc/jit/serialization).

It cannot import. What it can reach is operators: of PyTorch, some of which touch files, and of libraries that were
loaded.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Hook, HookKind
from assay.lazy import regex

MAX_HOOKS = 200
_NAMESPACE = regex(r"\bops\.(\w+)\.(\w+)")
_FILES = regex(r"\b(?:torch|ops\.aten|aten)\.(from_file|save|load|_save_parameter)\b")
_OWN = frozenset(
    {
        "aten",
        "prim",
        "prims",
        "quantized",
        "quantized_decomposed",
        "_quantized",
        "sparse",
        "mkldnn",
        "xnnpack",
        "rng_prims",
        "inductor",
        "higher_order",
        "_caffe2",
        "c10d_functional",
        "_c10d_functional",
        "mkldnn_prepacked",
        "onednn",
        "static_runtime",
        "profiler",
    }
)


def code_hooks(artifact: str, member: str, text: str) -> Iterator[Hook]:
    """Operators of other libraries, and those that touch files, with their lines."""
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        for found in _FILES.finditer(line):
            yield Hook(
                artifact,
                HookKind.READ,
                "TorchScript",
                f"{member}:{number}",
                found[0],
                f"{member} line {number} touches files: {line.strip()[:160]}",
                True,
            )
        for found in _NAMESPACE.finditer(line):
            name = f"{found[1]}.{found[2]}"
            if found[1] not in _OWN and name not in seen and len(seen) < MAX_HOOKS:
                seen.add(name)
                yield Hook(
                    artifact,
                    HookKind.OPERATOR,
                    "TorchScript",
                    f"{member}:{number}",
                    name,
                    f"operator {name} comes from a library that has to be loaded",
                    False,
                )
