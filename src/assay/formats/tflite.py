"""TensorFlow Lite models (tensorflow/lite/schema/schema.fbs): operators that are not built in."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Contents, Hook, HookKind
from assay.formats import Format
from assay.formats.window import Window

_CUSTOM = 32  # BuiltinOperator_CUSTOM
_CODES = 1  # Model.operator_codes


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield each custom operator; those that lead into TensorFlow are judged as TensorFlow's."""
    from assay.formats.encoding.flatbuffer import root
    from assay.formats.saved_model import ACTS

    number = -1
    for number, code in enumerate(root(window).tables(_CODES)):
        builtin = max(code.integer(3), code.integer(0, "<b"))
        name = code.text(1)[:200]
        if builtin != _CUSTOM and not name:
            continue
        pointer = f"operator_codes/{number}"
        act = ACTS.get(name.removeprefix("Flex")) if name.startswith("Flex") else None
        if act is not None:
            yield Hook(
                artifact,
                act[0],
                "TensorFlow Lite",
                pointer,
                name,
                f"operator {name} {act[1]} when the graph runs",
                True,
                code.at,
            )
        else:
            yield Hook(
                artifact,
                HookKind.OPERATOR,
                "TensorFlow Lite",
                pointer,
                name,
                f"operator {name!r} is not built in and comes from a library that has to be registered",
                False,
                code.at,
            )
    yield Contents(artifact, FORMAT.id, number + 1)


FORMAT = Format(
    "tflite",
    "TensorFlow Lite model",
    read,
    names=("*.tflite", "*.lite"),
    magic=((4, b"TFL3"),),
    needs=("assay.formats.encoding.flatbuffer", "assay.formats.saved_model"),
)
