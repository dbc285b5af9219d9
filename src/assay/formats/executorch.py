"""ExecuTorch programs and their data (executorch/schema/program.fbs, extension/flat_tensor/serialize).

Told are operators outside ATen and backends that get opaque bytes; indices, sizes and segments are held to the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from assay.errors import Malformed, Truncated
from assay.facts.structure import Aspect, Contents, Hook, HookKind
from assay.formats import Format
from assay.formats.window import Window

if TYPE_CHECKING:
    from assay.formats.encoding.flatbuffer import Table

_PLANS, _SEGMENTS = 1, 4  # of a Program
_VALUES, _INPUTS, _OUTPUTS, _CHAINS, _OPERATORS, _DELEGATES, _BUFFERS = 2, 3, 4, 5, 6, 7, 8  # of an ExecutionPlan
_TENSOR, _KERNEL_CALL, _DELEGATE_CALL = 5, 1, 2  # KernelTypes, InstructionArguments
_KNOWN = frozenset({"aten", "prim", "executorch_prim", "et", "dim_order_ops", "quantized_decomposed", "llama"})
MAX_BUFFER = 1 << 40  # bytes that one buffer for intermediate values may ask for
MAX_HOOKS = 10_000


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each operator of another library, and each backend."""
    from assay.formats.encoding.flatbuffer import root

    if window.rest(4, 4) == b"FT01" or (artifact.lower().endswith(".ptd") and window.rest(4, 4) != b"ET12"):
        yield Contents(artifact, FORMAT.id, _data(window))
        return
    program = root(window, b"ET12", "an ExecuTorch program")
    _segments(window, program.tables(_SEGMENTS), _segment_base(window))
    count = 0
    for plan in program.tables(_PLANS):
        count += 1
        yield from _hooks(artifact, plan)
        _checked(plan)
    if not count:
        raise Malformed("ExecuTorch program without an execution plan", at=program.at)
    yield Contents(artifact, FORMAT.id, count)


def _hooks(artifact: str, plan: Table) -> Iterator[Hook]:
    def hook(place: str, name: str, said: str, at: int) -> Hook:
        return Hook(artifact, HookKind.OPERATOR, "ExecuTorch", place, name, said, False, at)

    found = 0
    for operator in plan.tables(_OPERATORS):
        name, overload = operator.text(0)[:200], operator.text(1)[:200]
        if name.partition("::")[0] not in _KNOWN and found < MAX_HOOKS:
            found += 1
            name = f"{name}.{overload}" if overload else name
            said = f"operator {name!r} comes from a library that has to be registered"
            yield hook("operators", name, said, operator.at)
    for number, delegate in enumerate(plan.tables(_DELEGATES)):
        name = delegate.text(0)[:200]
        if number < MAX_HOOKS:
            said = f"backend {name!r} is handed bytes that assay does not look into"
            yield hook("delegates", name, said, delegate.at)


def _checked(plan: Table) -> None:
    """Malformed where an index or a size of a plan is beyond what there is: runtimes use them unchecked."""
    values, operators, delegates = (plan.vector(field, 4)[1] for field in (_VALUES, _OPERATORS, _DELEGATES))
    for field in (_INPUTS, _OUTPUTS):
        _within(plan.numbers(field), values, "value", plan.at)
    for value in plan.tables(_VALUES):
        tensor = value.table(1)
        if value.integer(0, "<B") == _TENSOR and tensor is not None:
            sizes = tensor.numbers(2)
            if any(extent < 0 for extent in sizes) or prod(sizes) * 16 >= 2**63:
                raise Malformed(f"tensor of impossible sizes {sizes[:8]}", at=tensor.at)
    for size in plan.numbers(_BUFFERS, "q"):
        if not 0 <= size <= MAX_BUFFER:
            raise Malformed(
                "buffer of an impossible size", at=plan.at, expected=f"0 to {MAX_BUFFER:,}", got=f"{size:,}"
            )
    for chain in plan.tables(_CHAINS):
        for instruction in chain.tables(2):
            kind, call = instruction.integer(0, "<B"), instruction.table(1)
            if call is None or kind not in (_KERNEL_CALL, _DELEGATE_CALL):
                continue
            what, most = ("operator", operators) if kind == _KERNEL_CALL else ("delegate", delegates)
            _within((call.integer(0),), most, what, call.at)
            _within(call.numbers(1), values, "value", call.at)


def _within(indices: tuple[int, ...], count: int, what: str, at: int) -> None:
    for index in indices:
        if not 0 <= index < count:
            raise Malformed(f"there is no {what} of that number", at=at, expected=f"below {count:,}", got=f"{index:,}")


def _segment_base(window: Window) -> int:
    """Where segments begin by the extended header, which may stand at byte 8; 0 without one."""
    if window.rest(8, 4) != b"eh00":
        return 0
    _, size, base = window.unpack(struct.Struct("<I2Q"), 12)
    for what, expected in (("program", size), ("first segment", base)):
        if expected > window.size:
            raise Truncated(
                f"ExecuTorch file ends before its {what} does", expected=f"{expected:,} bytes", got=f"{window.size:,}"
            )
    return base


def _segments(window: Window, segments: Iterator[Table], base: int) -> int:
    count = 0
    for segment in segments:
        count += 1
        offset, size = segment.integer(0, "<Q"), segment.integer(1, "<Q")
        if base + offset + size > window.size:
            raise Truncated(
                "ExecuTorch segment runs past the end",
                at=segment.at,
                expected=f"{base + offset + size:,} bytes",
                got=f"{window.size:,}",
            )
    return count


def _data(window: Window) -> int:
    """The named pieces of a `.ptd` file, each held to the file."""
    from assay.formats.encoding.flatbuffer import root

    top = root(window, b"FT01", "ExecuTorch data")
    if window.rest(8, 4) != b"FH01":
        raise Malformed("ExecuTorch data without its header", at=8, expected="FH01", got=repr(window.rest(8, 4)))
    _, _, _, base, _ = window.unpack(struct.Struct("<I4Q"), 12)
    segments = _segments(window, top.tables(1), base)
    count = 0
    for named in top.tables(2):
        count += 1
        _within((named.integer(1, "<I"),), segments, "segment", named.at)
        layout = named.table(2)
        if layout is not None and (any(extent < 0 for extent in layout.numbers(1)) or prod(layout.numbers(1)) >= 2**59):
            raise Malformed(f"tensor {named.text(0)[:80]!r} of impossible sizes", at=layout.at)
    return count


FORMAT = Format(
    "executorch",
    "ExecuTorch program",
    read,
    names=("*.pte", "*.ptd"),
    magic=((4, b"ET12"), (4, b"FT01")),
    needs=("assay.formats.encoding.flatbuffer",),
    examines=(Aspect.OPERATORS,),
    gaps=(Aspect.TENSORS, Aspect.VALUES),
)
