"""ExecuTorch programs (executorch/schema/program.fbs): operators outside ATen, backends that get opaque bytes."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Contents, Hook, HookKind
from assay.formats import Format
from assay.formats.window import Window

_PLANS, _OPERATORS, _DELEGATES = 1, 6, 7
_KNOWN = frozenset({"aten", "prim", "executorch_prim", "et", "dim_order_ops", "quantized_decomposed", "llama"})


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each operator of another library, and each backend."""
    from assay.formats.encoding.flatbuffer import root

    count = 0
    for plan in root(window).tables(_PLANS):
        count += 1
        for operator in plan.tables(_OPERATORS):
            name = operator.text(0)[:200]
            if name.partition("::")[0] not in _KNOWN:
                yield Hook(
                    artifact,
                    HookKind.OPERATOR,
                    "ExecuTorch",
                    "operators",
                    name,
                    f"operator {name!r} comes from a library that has to be registered",
                    False,
                    operator.at,
                )
        for delegate in plan.tables(_DELEGATES):
            name = delegate.text(0)[:200]
            yield Hook(
                artifact,
                HookKind.OPERATOR,
                "ExecuTorch",
                "delegates",
                name,
                f"backend {name!r} is handed bytes that assay does not look into",
                False,
                delegate.at,
            )
    yield Contents(artifact, FORMAT.id, count)


FORMAT = Format(
    "executorch",
    "ExecuTorch program",
    read,
    names=("*.pte",),
    magic=((4, b"ET12"),),
    needs=("assay.formats.encoding.flatbuffer",),
)
