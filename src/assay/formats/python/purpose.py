"""What a Python file is for, by the classes it derives and the calls it makes, and the licence in its SPDX header.

A heuristic: it tells programs that train, generate, evaluate or prepare data by the libraries they use for it. A file
without such marks may still do any of these, so the answer is what was seen, with its line, or nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from assay.facts.openness import Purpose, PurposeMark, SourcePurpose
from assay.lazy import regex

HEADER = 60  # lines in which an SPDX header stands
_SPDX = regex(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+() -]{1,100})")
_NETWORKS = regex(r"(?:^|\.)(?:\w*PreTrainedModel|nn\.Module|nnx\.Module|linen\.Module|keras\.Model|LightningModule)$")
_TRAINERS = regex(r"(?:^|\.)\w*Trainer$|^torch\.optim\.\w+$|^optax\.\w+$|(?:^|\.)deepspeed\.initialize$")
_EVALUATORS = (
    "assay.uncertainty.calibration",
    "assay.probes.memorisation",
    "lm_eval",
    "lighteval",
    "opencompass",
    "bigcode_eval",
    "human_eval",
    "deepeval",
    "evaluate",
    "mteb",
    "sklearn.metrics",
)
_PREPARERS = (
    "datatrove",
    "datasketch",
    "ftfy",
    "trafilatura",
    "dolma",
    "data_juicer",
    "nemo_curator",
    "resiliparse",
    "warcio",
)
_WRITERS = frozenset({"save_to_disk", "to_parquet", "to_json", "push_to_hub"})
_GENERATORS = regex(r"(?:^|\.)(?:InferenceSession|llama_cpp\.Llama|vllm\.LLM)$|^transformers\.pipeline$")


def purposes(artifact: str, text: str, tree: ast.Module) -> SourcePurpose:
    """The first mark of each purpose, in the order of `Purpose`, and the SPDX header."""
    first: dict[Purpose, PurposeMark] = {}
    for mark in sorted(_marks(tree), key=lambda found: found.line):
        first.setdefault(mark.purpose, mark)
    licence, line = _header(text)
    return SourcePurpose(artifact, tuple(first[purpose] for purpose in Purpose if purpose in first), licence, line)


def _header(text: str) -> tuple[str, int]:
    for number, line in enumerate(text.split("\n", HEADER)[:HEADER], 1):
        if found := _SPDX.search(line):
            return found[1].strip(), number
    return "", 0


def _marks(tree: ast.Module) -> Iterator[PurposeMark]:
    names = dict(_imported(tree))
    calls = [(node, _called(node.func, names)) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for base in (_called(entry, names) for entry in node.bases):
                if _NETWORKS.search(base):
                    yield PurposeMark(Purpose.ARCHITECTURE, node.lineno, f"class {node.name}({base})"[:120])
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _by_library(node)
    attributes = {name.rpartition(".")[2] for _, name in calls}
    for node, name in calls:
        last = name.rpartition(".")[2]
        if _TRAINERS.search(name) or (last == "backward" and "step" in attributes):
            yield PurposeMark(Purpose.TRAINING, node.lineno, f"{name}()"[:120])
        if _GENERATORS.search(name) or (last == "generate" and "." in name):
            yield PurposeMark(Purpose.INFERENCE, node.lineno, f"{name}()"[:120])
        if last in ("train_from_iterator", "train_new_from_iterator"):
            yield PurposeMark(Purpose.PREPROCESSING, node.lineno, f"{name}() makes a tokenizer from the data"[:120])
        if last == "load_dataset" and attributes & _WRITERS:
            yield PurposeMark(Purpose.PREPROCESSING, node.lineno, f"{name}() and writes what it made"[:120])


def _by_library(node: ast.Import | ast.ImportFrom) -> Iterator[PurposeMark]:
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    if isinstance(node, ast.ImportFrom) and node.level:
        return  # a sibling of that name is not the library
    if isinstance(node, ast.ImportFrom):  # `from assay.uncertainty import calibration` names it only here
        modules += [f"{node.module}.{alias.name}" for alias in node.names]
    for module in modules:
        for purpose, libraries in ((Purpose.EVALUATION, _EVALUATORS), (Purpose.PREPROCESSING, _PREPARERS)):
            if any(module == library or module.startswith(f"{library}.") for library in libraries):
                yield PurposeMark(purpose, node.lineno, f"import {module}"[:120])


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Local name -> qualified name of every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (
                    alias.asname or alias.name.partition(".")[0],
                    alias.name if alias.asname else alias.name.partition(".")[0],
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _called(node: ast.expr, names: dict[str, str]) -> str:
    """`torch.optim.AdamW` of an attribute chain, through the file's imports; else the attributes of the expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(names.get(node.id, node.id) if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))
