"""skops archives (skops/io): a zip whose `schema.json` names every type and function that loading builds or calls.

The names are judged as a pickle's imports are: the same exact lists, the same answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from assay.facts.program import PickleImport, PickleProgram, Use
from assay.facts.structure import Aspect, Contents
from assay.facts.tensor import WeightIndex
from assay.formats import Format
from assay.formats.window import Window

MOST = 64 * 1024 * 1024
MAX_NODES = 1_000_000
MAX_IMPORTS = 10_000
# node -> the most that loading does with the name (skops/io/_general.py, _numpy.py, _sklearn.py)
_NAMED = frozenset({"TypeNode", "FunctionNode", "NdArrayNode", "SparseMatrixNode"})
_PLAIN = frozenset(
    {
        "DictNode",
        "ListNode",
        "SetNode",
        "TupleNode",
        "JsonNode",
        "BytesNode",
        "BytearrayNode",
        "SliceNode",
        "DefaultDictNode",
        "OrderedDictNode",
        "CachedNode",
    }
)


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the schema as a program, then what bears on loading in every other member."""
    from assay.formats.container.zip import archive
    from assay.formats.container.zip_members import flaws, honest_content, member_facts
    from assay.formats.encoding.json import document

    index = archive(window)
    yield from flaws(artifact, index)
    yield Contents(artifact, FORMAT.id, len(index.members))
    for member in index.members:
        if member.name == "schema.json":
            raw = yield from honest_content(artifact, window, member, MOST)
            yield _program(artifact, document(raw), member.start)
        else:
            for fact in member_facts(artifact, window, member):  # arrays are those of an object, as in a pickle
                yield replace(fact, format="pickle-skops") if isinstance(fact, WeightIndex) else fact


def _program(artifact: str, value: Any, at: int) -> PickleProgram:
    imports: dict[tuple[str, str], Use] = {}
    tampers: dict[str, int] = {}
    unfollowed: list[str] = []
    stack, seen = [value], 0
    while stack:
        if seen == MAX_NODES:
            unfollowed.append(f"the schema has more parts than the {MAX_NODES:,} that assay looks at")
            break
        node, seen = stack.pop(), seen + 1
        if isinstance(node, list):
            stack.extend(node)
        if not isinstance(node, dict):
            continue
        stack.extend(node.values())
        kind, module, loader = node.get("__class__"), node.get("__module__"), node.get("__loader__")
        if not isinstance(kind, str) or not isinstance(module, str):
            continue
        if loader in ("MethodNode", "OperatorFuncNode", "ReduceNode") or (
            loader == "PartialNode" and (module, kind) != ("functools", "partial")
        ):
            tampers.setdefault(f"calls or takes apart {module}.{kind} by a {loader}", at)
        elif loader in _PLAIN and (module, kind) in (("builtins", "str"), ("builtins", "dict")):
            continue
        name = (module[:300], kind[:300])
        level = Use.NAMED if loader in _NAMED else Use.MADE
        imports[name] = Use.MADE if Use.MADE in (level, imports.get(name)) else Use.NAMED
    if len(imports) > MAX_IMPORTS:
        unfollowed.append(f"the schema names {len(imports):,} types and functions, of which {MAX_IMPORTS:,} are listed")
    rows = tuple(PickleImport(*name, at, use) for name, use in sorted(imports.items())[:MAX_IMPORTS])
    acts = tuple((at, said) for said, at in tampers.items())
    return PickleProgram(artifact, "schema.json", "skops", seen, rows, (), acts, (), tuple(unfollowed))


FORMAT = Format(
    "skops",
    "skops archive",
    read,
    names=("*.skops",),
    magic=((0, b"PK\x03\x04"),),
    both=True,
    needs=("assay.formats.container.every",),
    examines=(Aspect.LAYOUT, Aspect.UNPACKING, Aspect.PICKLES),
    gaps=(),
)
