"""Config keys that make a loader import code (transformers dynamic_module_utils.py; PEFT; diffusers; Hydra)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.facts.config import CodeReference

MOST = 1000
# keys whose values name Python code: transformers' auto_map, PEFT's auto_mapping, diffusers' and
# sentence-transformers' classes in files of the model, Hydra's targets
_MAPS = frozenset({"auto_map", "auto_mapping", "custom_pipelines"})
_TARGETS = frozenset({"_target_", "custom_pipeline", "custom_generate", "loader_module"})


def code_references(artifact: str, value: object) -> Iterator[CodeReference]:
    """Every reference to code in a parsed config, wherever it is nested, in key order."""
    stack: list[tuple[str, object]] = [("", value)]
    found = 0
    seen: set[int] = set()  # YAML's aliases make one list stand in many places
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
                entry, place = node[key], f"{pointer}/{_escaped(key)}"
                if key in _MAPS or key in _TARGETS:
                    for target_pointer, target in _targets(place, entry):
                        found += 1
                        yield _reference(artifact, target_pointer, target)
                elif isinstance(entry, dict | list):
                    stack.append((place, entry))


def _targets(pointer: str, entry: Any) -> Iterator[tuple[str, str]]:
    if isinstance(entry, str):
        yield pointer, entry
    elif isinstance(entry, list):
        yield from ((f"{pointer}/{number}", text) for number, text in enumerate(entry[:100]) if isinstance(text, str))
    elif isinstance(entry, dict):
        for key in sorted(entry)[:100]:
            yield from _targets(f"{pointer}/{_escaped(key)}", entry[key]) if not isinstance(entry[key], dict) else ()


def _reference(artifact: str, pointer: str, target: str) -> CodeReference:
    repository, separator, rest = target.partition("--")
    qualified = rest if separator else target
    module = qualified.rpartition(".")[0] or qualified
    file = f"{module.replace('.', '/')}.py"
    return CodeReference(artifact, pointer[:500], target[:500], file[:500], repository[:300] if separator else None)


def _escaped(key: str) -> str:
    return key[:200].replace("~", "~0").replace("/", "~1")  # RFC 6901, section 3
