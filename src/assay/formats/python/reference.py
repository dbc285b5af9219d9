"""Config keys that make a loader import code.

Sources: transformers dynamic_module_utils.py, PEFT, diffusers, sentence-transformers, Hydra, MLflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.facts.config import CodeReference

MOST = 1000
# key -> who follows it; the value names a class or function by module, or (auto_map) by a file of the model
_LOADERS = {
    "auto_map": "transformers",
    "custom_pipelines": "transformers",
    "custom_generate": "transformers",
    "auto_mapping": "peft",
    "custom_pipeline": "diffusers",
    "_target_": "hydra",
    "loader_module": "mlflow",
}
# libraries of model_index.json whose classes diffusers takes from itself or the library (its pipeline_loading_utils.py)
_DIFFUSERS = frozenset({"diffusers", "transformers", "onnxruntime.training", "stable_diffusion", "null"})


def code_references(artifact: str, value: object) -> Iterator[CodeReference]:
    """Every reference to code in a parsed config, wherever it is nested, in key order."""
    name = artifact.rpartition("/")[2]
    if name == "modules.json":
        yield from _modules(artifact, value)
    elif name == "model_index.json":
        yield from _pipeline(artifact, value)
    stack: list[tuple[str, object]] = [("", value)]
    found = 0
    seen: set[int] = set()  # YAML's aliases let one list occur many times
    while stack and found < MOST:
        pointer, node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            stack.extend(
                (f"{pointer}/{number}", entry)
                for number, entry in enumerate(node[:10_000])
                if isinstance(entry, dict | list)
            )
        elif isinstance(node, dict):
            for key in sorted(node):
                entry, where = node[key], f"{pointer}/{_escaped(key)}"
                if key in _LOADERS:
                    for target_pointer, target in _targets(where, entry, key):
                        found += 1
                        yield _reference(artifact, target_pointer, target, _LOADERS[key])
                elif isinstance(entry, dict | list):
                    stack.append((where, entry))


def _modules(artifact: str, value: object) -> Iterator[CodeReference]:
    """sentence-transformers: a list of modules, each with the class that makes it."""
    for number, entry in enumerate(value[:MOST] if isinstance(value, list) else ()):
        kind = entry.get("type") if isinstance(entry, dict) else None
        if isinstance(kind, str) and not kind.startswith("sentence_transformers."):
            yield _reference(artifact, f"/{number}/type", kind, "sentence-transformers")


def _pipeline(artifact: str, value: object) -> Iterator[CodeReference]:
    """diffusers: component -> [library, class]; a library that is none is a file of the model."""
    for key in sorted(value) if isinstance(value, dict) else ():
        entry = value[key]  # type: ignore[index]
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], str):
            if entry[0].partition(".")[0] not in _DIFFUSERS and entry[0] not in _DIFFUSERS:
                yield _reference(artifact, f"/{_escaped(key)}", f"{entry[0]}.{entry[1]}", "diffusers")
        elif key == "_class_name" and isinstance(entry, list) and len(entry) == 2:
            yield _reference(artifact, "/_class_name", ".".join(map(str, entry)), "diffusers")


def _targets(pointer: str, entry: Any, key: str) -> Iterator[tuple[str, str]]:
    if key == "auto_mapping" and isinstance(entry, dict):
        library, kind = entry.get("parent_library"), entry.get("base_model_class")
        if isinstance(library, str) and isinstance(kind, str):
            yield pointer, f"{library}.{kind}"
            return
    if isinstance(entry, str):
        yield pointer, entry
    elif isinstance(entry, list):
        yield from ((f"{pointer}/{number}", text) for number, text in enumerate(entry[:100]) if isinstance(text, str))
    elif isinstance(entry, dict):
        for name in sorted(entry)[:100]:
            if not isinstance(entry[name], dict):
                yield from _targets(f"{pointer}/{_escaped(name)}", entry[name], key)


def _reference(artifact: str, pointer: str, target: str, loader: str) -> CodeReference:
    repository, separator, rest = target.partition("--")
    qualified = rest if separator else target
    module = qualified.rpartition(".")[0] or qualified
    file = f"{module.replace('.', '/')}.py"
    return CodeReference(
        artifact, pointer[:500], target[:500], file[:500], repository[:300] if separator else None, loader
    )


def _escaped(key: str) -> str:
    return key[:200].replace("~", "~0").replace("/", "~1")  # RFC 6901, section 3
