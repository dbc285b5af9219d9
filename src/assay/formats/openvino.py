"""OpenVINO models (docs.openvino.ai, "OpenVINO IR format"): layers that need an extension library, constants beside.

Other XML files are only checked for entities.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind, Hook, HookKind
from assay.facts.tensor import TensorSpec, WeightIndex
from assay.formats import Format
from assay.formats.window import Window

MOST = 256 * 1024 * 1024
MAX_HOOKS = 1_000
MAX_DEPTH = 1_000
MAX_CONSTANTS = 200_000
_STEP = 1 << 20
# element_type (openvino/core/type/element_type.cpp) -> element type
_TYPES = {
    **{"f16": "F16", "bf16": "BF16", "f32": "F32", "f64": "F64", "f8e4m3": "F8_E4M3", "f8e5m2": "F8_E5M2"},
    **{
        "f8e8m0": "F8_E8M0",
        "boolean": "BOOL",
        "u1": "U1",
        "u2": "U2",
        "u4": "U4",
        "i4": "I4",
        "nf4": "U4",
        "f4e2m1": "U4",
    },
    "string": "U8",
    **{name: name.upper() for name in ("i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64")},
}


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield entity declarations as flaws, and each layer whose operator set is none of OpenVINO's."""
    from xml.parsers import expat

    if window.size > MOST:
        raise LimitExceeded("XML larger than assay reads", expected=f"at most {MOST:,} bytes", got=f"{window.size:,}")
    found: list[object] = []
    constants = _Constants()
    depth = elements = 0
    reads: Hook | None = None
    parser = expat.ParserCreate()

    def entity(name: str, *rest: object) -> None:
        system = rest[3] if len(rest) > 3 else None
        kind, said = (
            (FlawKind.ESCAPE, f"it includes {str(system)[:200]!r} by an entity")
            if system
            else (FlawKind.BOMB, f"it declares the entity {name[:80]!r}; entities in entities expand without bound")
        )
        found.append(Flaw(artifact, kind, said, parser.CurrentByteIndex, name[:200]))
        raise _Enough

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements, reads
        depth, elements = depth + 1, elements + 1
        if depth > MAX_DEPTH:
            raise LimitExceeded("XML is nested deeper than assay follows", at=parser.CurrentByteIndex)
        if name == "data" and "offset" in attributes and "size" in attributes and reads is None:
            reads = _values(artifact, parser.CurrentByteIndex)
        if name == "layer" and _foreign(attributes.get("version", "")) and len(found) < MAX_HOOKS:
            found.append(_operator(artifact, attributes, parser.CurrentByteIndex))
        constants.take(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.EntityDeclHandler, parser.StartElementHandler, parser.EndElementHandler = entity, begin, end
    try:
        for at in range(0, window.size, _STEP):
            parser.Parse(window.rest(at, _STEP), False)
        parser.Parse(b"", True)
    except _Enough:
        pass
    except (expat.ExpatError, ValueError) as broken:
        raise Malformed(f"not XML ({str(broken)[:120]})", at=parser.ErrorByteIndex) from broken
    yield from found
    if reads is not None:
        yield reads
    yield Contents(artifact, FORMAT.id, elements)
    if constants.tensors or constants.unread:
        file = f"{artifact.rpartition('/')[2].rpartition('.')[0]}.bin"
        tensors, unread = tuple(constants.tensors), tuple(constants.unread)
        yield WeightIndex(artifact, "openvino", tensors, 0, 0, 64, shares_storage=True, unread=unread, file=file)


def _foreign(version: str) -> bool:
    """Whether an operator set is stated, and is none of OpenVINO's."""
    return bool(version) and not version.startswith(("opset", "experimental")) and version != "ie_internal_opset"


def _operator(artifact: str, attributes: dict[str, str], at: int) -> Hook:
    """A layer whose operator is no part of OpenVINO."""
    kind = attributes.get("type", "")[:200]
    layer = f"layer {attributes.get('name', '')[:80]!r} is a {kind!r} of {attributes['version'][:80]!r}"
    said = f"{layer}, which comes from an extension library"
    place = f"layer {attributes.get('id', '')[:40]}"
    return Hook(artifact, HookKind.OPERATOR, "OpenVINO", place, kind, said, False, at)


def _values(artifact: str, at: int) -> Hook:
    """The file beside the model that holds the values of its constants (OpenVINO, ir_frontend, `.bin` for `.xml`)."""
    name = artifact.rpartition(" > ")[2].rpartition("/")[2]
    beside = name.rpartition(".")[0] + ".bin"
    said = f"the values of its constants are in {beside!r}"
    return Hook(artifact, HookKind.READ, "OpenVINO", "data", beside, said, False, at)


class _Constants:
    """The constants of a network: where in the `.bin` beside it each lies (`data` of layers of type Const)."""

    def __init__(self) -> None:
        self.tensors: list[TensorSpec] = []
        self.unread: list[tuple[str, str]] = []
        self._layer: str | None = None
        self._count = 0

    def take(self, element: str, attributes: dict[str, str]) -> None:
        """One element with its attributes."""
        if element == "layer":
            name = attributes.get("name") or f"layer {attributes.get('id', '')}"
            self._layer = name[:300] if attributes.get("type") == "Const" else None
        elif element == "data" and self._layer is not None:
            self._count += 1
            if self._count <= MAX_CONSTANTS:
                self._constant(self._layer, attributes)
            elif self._count == MAX_CONSTANTS + 1:
                self.unread.append(("the constants after these", f"assay lists the first {MAX_CONSTANTS:,} of a graph"))

    def _constant(self, name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("element_type", "")
        extents = [part for part in attributes.get("shape", "").replace(" ", "").split(",") if part]
        numbers = [*extents, attributes.get("offset", ""), attributes.get("size", "")]
        if kind not in _TYPES or len(extents) > 64 or not all(row.isdecimal() and len(row) < 19 for row in numbers):
            self.unread.append((name, f"its type {kind[:20]!r}, shape or place is none that assay reads"))
            return
        *shape, start, size = map(int, numbers)
        shape = [size] if kind == "string" else shape  # bytes of texts: no gap in the file
        self.tensors.append(TensorSpec(name, _TYPES[kind], tuple(shape), start, start + size))


class _Enough(Exception):
    """A declaration was found that settles the matter; what follows is not parsed."""


FORMAT = Format(
    "openvino",
    "OpenVINO model or other XML",
    read,
    names=("*.xml",),
    needs=("xml.parsers.expat",),
    examines=(Aspect.UNPACKING, Aspect.OPERATORS, Aspect.MARKS, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
