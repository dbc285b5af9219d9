"""TensorFlow Lite models (tensorflow/lite/schema/schema.fbs): operators from outside, indices, sizes, values."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from assay.errors import Malformed
from assay.facts.structure import Aspect, Contents, Hook, HookKind
from assay.formats import Format
from assay.formats.window import Window

if TYPE_CHECKING:
    from assay.formats.encoding.flatbuffer import Table

_CUSTOM = 32  # BuiltinOperator_CUSTOM
_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4  # of a Model
# TensorType -> bits of one value; texts, resources and variants have no fixed width
_BITS = {
    **{0: 32, 1: 16, 2: 32, 3: 8, 4: 64, 6: 8, 7: 16, 8: 64, 9: 8, 10: 64, 11: 128, 12: 64, 15: 32, 16: 16, 17: 4},
    **{18: 16},
}
_OPTIONAL = -1  # kTfLiteOptionalTensor


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each custom operator, those that lead into TensorFlow judged as TensorFlow's; then the index of weights."""
    from assay.formats._tflite_values import indexes
    from assay.formats.encoding.flatbuffer import root

    model = root(window, b"TFL3", "a TensorFlow Lite model")
    codes = 0
    for code in model.tables(_CODES):
        hook = _operator(artifact, code, f"operator_codes/{codes}")
        codes += 1
        if hook is not None:
            yield hook
    buffers = [_buffer(window, row) for row in model.tables(_BUFFERS)]
    graphs = 0
    for graph in model.tables(_SUBGRAPHS):
        graphs += 1
        _checked(graph, codes, buffers)
    if not graphs:
        raise Malformed("TensorFlow Lite model without a graph", at=model.at)
    yield Contents(artifact, FORMAT.id, codes)
    yield from indexes(artifact, window, model)
    yield from _associated(artifact, window)


def _associated(artifact: str, window: Window) -> Iterator[object]:
    """What bears on loading in the files that TensorFlow Lite Metadata packs behind the model: labels, vocabularies."""
    from assay.formats.container.second import directory
    from assay.formats.container.zip import archive
    from assay.formats.container.zip_members import member_facts

    if directory(window) is not None:
        for member in archive(window).members:
            yield from member_facts(artifact, window, member)


def _operator(artifact: str, code: Table, pointer: str) -> Hook | None:
    """The hook of an operator that is not built in."""
    from assay.formats.saved_model import ACTS

    name = code.text(1)[:200]
    if max(code.integer(3), code.integer(0, "<b")) != _CUSTOM and not name:
        return None
    act = ACTS.get(name.removeprefix("Flex")) if name.startswith("Flex") else None
    if act is None:
        said = f"operator {name!r} is not built in and comes from a library that has to be registered"
        return Hook(artifact, HookKind.OPERATOR, "TensorFlow Lite", pointer, name, said, False, code.at)
    said = f"operator {name} {act[1]} when the graph runs"
    return Hook(artifact, act[0], "TensorFlow Lite", pointer, name, said, True, code.at)


def _buffer(window: Window, row: Table) -> int:
    """The bytes of a buffer, inside the table or behind it; Malformed if they are not in the file."""
    _, inside = row.vector(0, 1, window.size)
    offset, size = row.integer(1, "<Q"), row.integer(2, "<Q")
    if offset > 1 and offset + size > window.size:  # 0 and 1 say that there is none
        raise Malformed(
            "buffer runs past the end", at=row.at, expected=f"at most {window.size:,}", got=f"{offset + size:,}"
        )
    return max(inside, size if offset > 1 else 0)


def _checked(graph: Table, codes: int, buffers: list[int]) -> None:
    """Malformed where an index or a size is beyond what there is: the interpreter computes addresses of them."""
    count = 0
    for tensor in graph.tables(0):
        count += 1
        shape, number = tensor.numbers(0), tensor.integer(2, "<I")
        bits = _BITS.get(tensor.integer(1, "<b"))
        if any(extent < -1 for extent in shape) or prod(map(abs, shape)) * (bits or 8) >= 2**63:
            raise Malformed(f"tensor {tensor.text(3)[:80]!r} of impossible shape {shape[:8]}", at=tensor.at)
        if number >= max(1, len(buffers)):
            raise Malformed(
                "there is no buffer of that number", at=tensor.at, expected=f"below {len(buffers)}", got=number
            )
        held = buffers[number] if buffers else 0
        if held and bits and -1 not in shape and tensor.offset(6) is None and -(-prod(shape) * bits // 8) > held:
            raise Malformed(
                f"tensor {tensor.text(3)[:80]!r} is larger than its buffer",
                at=tensor.at,
                expected=f"{-(-prod(shape) * bits // 8):,} bytes",
                got=f"{held:,}",
            )
    for field in (1, 2):
        _within(graph.numbers(field), count, "tensor", graph.at)
    for operator in graph.tables(3):
        _within((operator.integer(0, "<I"),), codes, "operator", operator.at)
        for field in (1, 2):
            _within(operator.numbers(field), count, "tensor", operator.at)


def _within(indices: tuple[int, ...], count: int, what: str, at: int) -> None:
    for index in indices:
        if index != _OPTIONAL and not 0 <= index < count:
            raise Malformed(f"there is no {what} of that number", at=at, expected=f"below {count:,}", got=f"{index:,}")


FORMAT = Format(
    "tflite",
    "TensorFlow Lite model",
    read,
    names=("*.tflite", "*.lite"),
    magic=((4, b"TFL3"),),
    needs=("assay.formats.container.every",),
    examines=(Aspect.OPERATORS, Aspect.TENSORS, Aspect.VALUES),
    gaps=(),
)
