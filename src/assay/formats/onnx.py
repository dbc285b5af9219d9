"""ONNX models (onnx/onnx.proto): operators from outside, and files that the model makes its runtime open.

Values are stepped over; where they lie becomes the index of weights.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.program import PickleProgram
from assay.facts.structure import Aspect, Contents, Hook, HookKind
from assay.formats import Format
from assay.formats._few import few
from assay.formats._onnx_tensor import MEMORY, Tensor, joined, tensor, unknown_keys
from assay.formats._onnx_values import Values
from assay.formats.encoding.protobuf import Field, Messages
from assay.formats.window import Window
from assay.lazy import regex

MAX_DEPTH = 64  # of graphs in attributes of nodes
MAX_HOOKS = 1_000  # of each kind
MAX_FILES = 100_000
MAX_PATH = 4_096  # characters of a name of a file (PATH_MAX of Linux)
# operator sets that ONNX itself and ONNX Runtime bring along
_ONNX = ("", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training")
_RUNTIME = ("com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc", "com.microsoft.experimental")
_DOMAINS = frozenset(_ONNX + _RUNTIME)
# floating point numbers in an attribute from which they count as values: of tree ensembles and the like, all
_FLOATS, _LEAST = 16, {"ai.onnx.ml": 1}
# field numbers
_GRAPH, _OPSET, _PROPERTY, _TRAINING, _FUNCTION = 7, 8, 14, 20, 25
_READ = (_GRAPH, _OPSET, _PROPERTY, _TRAINING, _FUNCTION)


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each operator set from outside, each file that the model names, where its tensors lie, and pickles."""
    messages = Messages(window)
    top = [field for field in messages.fields(0, window.size) if field.number in _READ]
    if not any(field.number in (_GRAPH, _OPSET) for field in top):
        raise Malformed(
            "not an ONNX model: it has neither a graph nor an operator set", expected="field 7 or 8", got="neither"
        )
    reader = _Reader(artifact, messages)
    for field in top:
        if field.number == _FUNCTION:
            reader.function(field)
    for field in top:
        if field.number == _GRAPH:
            reader.graph(field, 0)
        elif field.number == _TRAINING:
            for part in messages.inner(field):
                if part.number in (1, 2):  # initialization, algorithm
                    reader.graph(part, 0)
    yield from reader.hooks()
    yield from reader.defects()
    yield from reader.values.indexes(artifact, window.size)
    yield Contents(artifact, FORMAT.id, reader.nodes)
    yield from _pickles(artifact, window, messages, [field for field in top if field.number == _PROPERTY])


def _pickles(artifact: str, window: Window, messages: Messages, properties: list[Field]) -> Iterator[PickleProgram]:
    """Each pickle in a property of the model (`metadata_props`, StringStringEntryProto)."""
    from assay.formats._base64 import Values
    from assay.formats.container.nest import part

    values = Values(artifact)
    for entry in properties:
        key = ""
        for field in messages.inner(entry):
            if field.number == 1:
                key = messages.text(field)
            elif field.number == 2:
                yield from values.within(f"metadata_props {key[:80]!r}", part(window, field.start, field.stop))


class _Reader:
    def __init__(self, artifact: str, messages: Messages) -> None:
        self._artifact, self._messages = artifact, messages
        self._operators: dict[tuple[str, str], int] = {}
        self._own: set[tuple[str, str]] = set()
        self._files: dict[str, Tensor] = {}
        self._bases: dict[str, Tensor] = {}
        self._keys: dict[str, Tensor] = {}
        self._defects: dict[str, int] = {}
        self._contexts: dict[str, int] = {}
        self.nodes = 0
        self.values = Values()

    def function(self, field: Field) -> None:
        """A function that the model defines itself, in terms of other operators."""
        name = domain = ""
        nodes = []
        for part in self._messages.inner(field):
            if part.number == 1:
                name = self._messages.text(part)
            elif part.number == 10:
                domain = self._messages.text(part)
            elif part.number == 7:
                nodes.append(part)
            elif part.number == 11:
                self.attribute(part, 0)
        self._own.add((domain, name))
        for node in nodes:
            self.node(node, 0)

    def graph(self, field: Field, depth: int) -> None:
        """A graph: its nodes, and where its tensors' values are."""
        if depth > MAX_DEPTH:
            raise LimitExceeded("graphs are nested deeper than assay follows", at=field.start)
        for part in self._messages.inner(field):
            if part.number == 1:
                self.node(part, depth)
            elif part.number == 5:
                self.tensor(part)
            elif part.number == 15:
                self.sparse(part)

    def sparse(self, field: Field) -> None:
        """A sparse tensor: its values and their indices."""
        for part in self._messages.inner(field):
            if part.number in (1, 2):
                self.tensor(part)

    def node(self, field: Field, depth: int) -> None:
        """One operator, and the graphs and tensors in its attributes."""
        kind = domain = label = ""
        attributes = []
        self.nodes += 1
        for part in self._messages.inner(field):
            if part.number in (2, 3):
                label = label or self._messages.text(part)[:200]
            elif part.number == 4:
                kind = self._messages.text(part)
            elif part.number == 7:
                domain = self._messages.text(part)
            elif part.number == 5:
                attributes.append(part)
        for part in attributes:
            self.attribute(part, depth, label or f"{kind[:100]} {self.nodes}", _LEAST.get(domain, _FLOATS))
        self._operators.setdefault((domain[:200], kind[:200]), field.start)

    def attribute(self, field: Field, depth: int, label: str = "", least: int = 16) -> None:
        """An attribute's tensors and graphs, and its numbers from `least` on; a compiled context names native code."""
        name = text = ""
        numbers: list[tuple[int, int, int, bool]] = []
        for part in self._messages.inner(field):
            if part.number == 1:
                name = self._messages.text(part)
            elif part.number == 4:
                text = self._messages.text(part)
            elif part.number in (5, 10):
                self.tensor(part, label if name in ("", "value") else f"{label}.{name[:100]}")
            elif part.number == 7:
                joined(numbers, 7, part.start, part.stop, 4)
            elif part.number in (6, 11):
                self.graph(part, depth + 1)
            elif part.number in (22, 23):
                self.sparse(part)
        if sum(stop - start for _, start, stop, _ in numbers) >= 4 * least:
            self.values.attribute(f"{label}.{name[:100]}", numbers)
        if name == "ep_cache_context" and text:
            self._contexts.setdefault(text[:300], field.start)

    def tensor(self, field: Field, label: str = "") -> None:
        """Where a tensor's values are, and what of it cannot be."""
        found = tensor(self._messages, field)
        if not found.defects:
            self.values.add(found, label or f"tensor at byte {field.start:,}")
        for said in found.defects:
            if len(self._defects) < MAX_HOOKS:
                self._defects.setdefault(f"tensor {found.name[:120]!r}: {said}", found.at)
        for key in unknown_keys(found):
            self._keys.setdefault(key[:300], found)
        location = found.external.get("location", "")[:MAX_PATH]
        if location:
            known = self._files.setdefault(location, found)
            if found.reach > known.reach:
                self._files[location] = found
            if len(self._files) > MAX_FILES:
                most = f"at most {MAX_FILES:,}"
                raise LimitExceeded("more files of values than assay lists", at=field.start, expected=most, got="more")
        if base := found.external.get("basepath", "")[:MAX_PATH]:
            self._bases.setdefault(base, found)

    def hooks(self) -> Iterator[Hook]:
        """What was found, once each; every file of values, of the rest so many of each kind."""
        for location, found in self._files.items():
            yield self._file(location, found, found.reach)
        yield from few(self._others(), lambda hook: hook.kind, MAX_HOOKS)

    def _others(self) -> Iterator[Hook]:
        for (domain, kind), at in self._operators.items():
            if domain not in _DOMAINS and (domain, kind) not in self._own:
                said = f"operator {kind!r} of domain {domain!r} comes from a library that has to be registered"
                yield Hook(
                    self._artifact, HookKind.OPERATOR, "ONNX Runtime", f"{domain}::{kind}", kind, said, False, at
                )
        for base, found in self._bases.items():
            if (hook := self._file(base, found, None)).outside:
                yield hook
        for key, found in self._keys.items():
            said = (
                f"external_data of tensor {found.name[:120]!r} has the key {key[:120]!r}, which is outside the "
                "specification: onnx before 1.21 sets it as an attribute of the object that loads the tensor"
            )
            yield Hook(self._artifact, HookKind.CODE, "onnx", "external_data", key, said, True, found.at)
        for text, at in self._contexts.items():
            if len(text) < 300 and "." in text:
                yield Hook(
                    self._artifact,
                    HookKind.NATIVE,
                    "ONNX Runtime",
                    "ep_cache_context",
                    text,
                    f"a compiled context is loaded from {text!r}",
                    False,
                    at,
                )

    def _file(self, location: str, found: Tensor, until: int | None) -> Hook:
        """The hook of a file that holds values; the most that any tensor needs of it decides."""
        from assay.formats.container.zip import escapes

        memory = location.startswith(MEMORY)
        outside = memory or escapes(location) or "://" in location
        said = f"tensor values are read from {location[:200]!r}"
        if memory:
            said = f"values of tensor {found.name[:120]!r} are read from the memory of ONNX Runtime itself"
        elif outside:
            said += ", outside the model's folder"
        return Hook(
            self._artifact,
            HookKind.READ,
            "ONNX Runtime",
            f"external_data of {found.name[:120]!r}",
            location[:300],
            said,
            outside,
            found.at,
            until,
        )

    def defects(self) -> Iterator[Obstacle]:
        """What contradicts the format, once each."""
        for said, at in self._defects.items():
            yield Obstacle(self._artifact, Trouble.MALFORMED, said, at)


# ir_version, then the name of a known producer (onnx.proto, ModelProto, fields 1 and 2)
_PRODUCED = regex(
    rb"\x08[\x03-\x0f]\x12[\x02-\x28](?:pytorch|tf2onnx|keras2onnx|skl2onnx|onnx|paddle|OnnxMLTools|Olive)"
)


def _begins(name: str, head: bytes) -> bool:
    """Whether an unknown name stands for ONNX: it begins as the exporters write."""
    return _PRODUCED.match(head) is not None


FORMAT = Format(
    "onnx",
    "ONNX model",
    read,
    names=("*.onnx",),
    needs=(
        "assay.formats.container.zip",
        "assay.formats.container.nest",
        "assay.formats._onnx_tensor",
        "assay.formats._onnx_values",
        "assay.formats._base64",
        "assay.formats._marks",
    ),
    guess=_begins,
    examines=(Aspect.OPERATORS, Aspect.FILES, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
