"""OpenVINO models (docs.openvino.ai, "OpenVINO IR format"): layers that need an extension library.

Other XML files are only checked for entities.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import LimitExceeded, Malformed
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind, Hook, HookKind
from assay.formats import Format
from assay.formats.window import Window

MOST = 256 * 1024 * 1024
MAX_HOOKS = 1_000
MAX_DEPTH = 1_000
_STEP = 1 << 20


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield entity declarations as flaws, and each layer whose operator set is none of OpenVINO's."""
    from xml.parsers import expat

    if window.size > MOST:
        raise LimitExceeded("XML larger than assay reads", expected=f"at most {MOST:,} bytes", got=f"{window.size:,}")
    found: list[object] = []
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


class _Enough(Exception):
    """A declaration was found that settles the matter; what follows is not parsed."""


FORMAT = Format(
    "openvino",
    "OpenVINO model or other XML",
    read,
    names=("*.xml",),
    needs=("xml.parsers.expat",),
    examines=(Aspect.UNPACKING, Aspect.OPERATORS, Aspect.MARKS),
    gaps=(Aspect.TENSORS, Aspect.VALUES),
)
