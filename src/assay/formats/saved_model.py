"""TensorFlow SavedModels (tensorflow/core/protobuf/saved_model.proto): operators that touch files, processes or Python.

TensorFlow has some 1,400 operators of its own, and which others come from a library is not told here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.errors import Malformed
from assay.facts.structure import Aspect, Contents, Hook, HookKind
from assay.formats import Format
from assay.formats.encoding.protobuf import Field, Messages
from assay.formats.window import Window

# (kind, what running it does besides arithmetic) -> TensorFlow operators
# The operators that save, restore and merge checkpoints are left out: they belong to every SavedModel.
_OPERATORS: dict[tuple[HookKind, str], str] = {
    (HookKind.CODE, "calls a Python function"): "PyFunc PyFuncStateless EagerPyFunc",
    (HookKind.READ, "reads any file"): "ReadFile",
    (HookKind.WRITE, "writes any file"): "WriteFile Save SaveSlices",
    (HookKind.READ, "lists files"): "MatchingFiles",
    (HookKind.READ, "reads files"): (
        "WholeFileReader WholeFileReaderV2 TextLineReader TextLineReaderV2 FixedLengthRecordReader "
        "FixedLengthRecordReaderV2 TFRecordReader TFRecordReaderV2"
    ),
    (HookKind.WRITE, "can write to a file"): "PrintV2",
    (HookKind.WRITE, "writes files"): "CreateSummaryFileWriter CreateSummaryDbWriter WriteSummary",
    (HookKind.WRITE, "sends tensors to a debug address"): "DebugIdentity DebugIdentityV2 DebugNumericSummary",
    (HookKind.CODE, "calls a remote server"): "RpcCall RpcClient",
    (HookKind.CODE, "opens a server"): "RpcServer",
    (HookKind.WRITE, "configures a file system"): "FileSystemSetConfiguration",
    (HookKind.NATIVE, "loads a library"): "DynamicLibrary",
}
ACTS = {operator: act for act, operators in _OPERATORS.items() for operator in operators.split()}
MAX_HOOKS = 1_000  # of each kind
if TYPE_CHECKING:
    from assay.formats._graph_constants import Constants

_META_GRAPH, _GRAPH, _NODE, _LIBRARY, _FUNCTION, _FUNCTION_NODE = 2, 2, 1, 2, 1, 3


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each operator that acts, once for each name of a node; then where the constants of the graph lie."""
    from assay.formats._graph_constants import Constants

    messages, constants = Messages(window), Constants()
    kinds: Counter[HookKind] = Counter()
    meta = nodes = 0
    for field in messages.fields(0, window.size):
        if field.number != _META_GRAPH:
            continue
        meta += 1
        for node in _nodes(messages, field):
            nodes += 1
            hook = _hook(artifact, messages, node, constants)
            if hook is None:
                continue
            kinds[hook.kind] += 1
            if kinds[hook.kind] <= MAX_HOOKS:
                yield hook
    if not meta:
        raise Malformed("not a SavedModel: it holds no graph", expected="field 2", got="none")
    yield Contents(artifact, FORMAT.id, nodes)
    yield from constants.indexes(artifact, window.size)


def _nodes(messages: Messages, meta: Field) -> Iterator[Field]:
    for graph in messages.inner(meta):
        if graph.number != _GRAPH or graph.start == graph.stop:
            continue
        for part in messages.inner(graph):
            if part.number == _NODE:
                yield part
            elif part.number == _LIBRARY:
                for function in messages.inner(part):
                    if function.number == _FUNCTION:
                        yield from (node for node in messages.inner(function) if node.number == _FUNCTION_NODE)


def _hook(artifact: str, messages: Messages, node: Field, constants: Constants) -> Hook | None:
    """The hook of a node that acts; tensors among its attributes go to `constants`."""
    name = kind = ""
    attributes = []
    for part in messages.inner(node):
        if part.number == 1:
            name = messages.text(part)
        elif part.number == 2:
            kind = messages.text(part)
        elif part.number == 5:
            attributes.append(part)
    constants.node(messages, name, attributes)
    act = ACTS.get(kind)
    if act is None:
        return None
    return Hook(
        artifact,
        act[0],
        "TensorFlow",
        name[:200],
        kind,
        f"operator {kind} (node {name[:80]!r}) {act[1]} when the graph runs",
        True,
        node.start,
    )


FORMAT = Format(
    "saved-model",
    "TensorFlow SavedModel",
    read,
    names=("saved_model.pb",),
    needs=("assay.formats._graph_constants",),
    examines=(Aspect.CODE, Aspect.OPERATORS, Aspect.FILES, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
