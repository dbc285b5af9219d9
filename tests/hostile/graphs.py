"""Hostile graphs and parameters: Keras, HDF5, ONNX, TensorFlow, ExecuTorch, OpenVINO, Flax, NumPy, skops."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

from tests.hostile import Case
from tests.hostile.pickles import SYSTEM, _npy, zipped


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


# Keras ------------------------------------------------------------------------------------------------


def _layer(
    name: str, module: str | None = "keras.layers", registered: str | None = None, **config: object
) -> dict[str, object]:
    return {"class_name": name, "module": module, "registered_name": registered, "config": {"name": "l", **config}}


def _sequential(*layers: dict[str, object]) -> dict[str, object]:
    return {
        "class_name": "Sequential",
        "module": "keras",
        "registered_name": None,
        "config": {"name": "s", "layers": list(layers)},
    }


_LAMBDA = {"class_name": "__lambda__", "config": {"code": "4wAAAAA=", "defaults": None, "closure": None}}
KERAS: dict[str, dict[str, object]] = {
    "lambda": _sequential(_layer("Lambda", function=_LAMBDA)),
    "lambda-source": _sequential(_layer("Lambda", module="keras.src.layers.core.lambda_layer", function=_LAMBDA)),
    "lambda-legacy": {
        "class_name": "Sequential",
        "config": [
            {"class_name": "Lambda", "config": {"function": ["4wAAAAA=", None, None], "function_type": "lambda"}}
        ],
    },
    "lambda-nested": _sequential(_layer("TimeDistributed", layer=_layer("Lambda", function=_LAMBDA))),
    "os-system": _sequential(_layer("system", module="os")),
    "subprocess": _sequential(_layer("run", module="subprocess")),
    "function-of-os": _sequential(
        _layer(
            "Dense",
            activation={"class_name": "function", "module": "os", "config": "system", "registered_name": "system"},
        )
    ),
    "builtins-eval": _sequential(
        _layer(
            "Dense",
            activation={"class_name": "function", "module": "builtins", "config": "eval", "registered_name": "eval"},
        )
    ),
    "get-file": _sequential(
        _layer(
            "Dense",
            activation={
                "class_name": "function",
                "module": "keras.utils",
                "config": "get_file",
                "registered_name": "get_file",
            },
        )
    ),
    "get-file-source": _sequential(
        _layer(
            "Dense",
            activation={
                "class_name": "function",
                "module": "keras.src.utils.file_utils",
                "config": "get_file",
                "registered_name": "get_file",
            },
        )
    ),
    "unsafe-on": _sequential(
        _layer(
            "Dense",
            activation={
                "class_name": "function",
                "module": "keras.config",
                "config": "enable_unsafe_deserialization",
                "registered_name": "x",
            },
        )
    ),
    "load-model": _sequential(
        _layer(
            "Dense",
            activation={
                "class_name": "function",
                "module": "keras.saving",
                "config": "load_model",
                "registered_name": "x",
            },
        )
    ),
    "torch-module": _sequential(
        _layer("TorchModuleWrapper", module="keras.src.utils.torch_utils", torch_module="gAJ9Lg==")
    ),
    "tfsm": _sequential(_layer("TFSMLayer", filepath="/tmp/evil")),
    "vocabulary-path": _sequential(_layer("StringLookup", vocabulary="/etc/passwd")),
    "vocabulary-url": _sequential(_layer("TextVectorization", vocabulary="http://192.0.2.1/x")),
    "vocabulary-up": _sequential(_layer("IntegerLookup", vocabulary="../../secret.txt")),
    "custom-class": _sequential(_layer("Evil", module="evil_package.layers", registered="Custom>Evil")),
    "numpy-function": _sequential(
        _layer(
            "Dense",
            activation={"class_name": "function", "module": "numpy", "config": "load", "registered_name": "load"},
        )
    ),
}


def _keras() -> Iterator[Case]:
    for name, value in KERAS.items():
        yield Case("keras", name, {"model.keras": zipped({"metadata.json": b"{}", "config.json": _json(value)})})
    yield Case(
        "keras",
        "npz-weights",
        {"model.keras": zipped({"config.json": b"{}", "model.weights.npz": zipped({"a.npy": _npy(SYSTEM)})})},
    )
    yield Case(
        "keras", "two-configs", {"model.keras": zipped({"config.json": b"{}", "Config.json": _json(KERAS["lambda"])})}
    )
    for name in ("lambda", "lambda-legacy", "os-system"):
        yield Case("hdf5", name, {"model.h5": hdf5(attribute("model_config", json.dumps(KERAS[name])))})
    yield Case("hdf5", "external-link", {"model.h5": hdf5(external("weights", "/etc/passwd", "/x"))})
    yield Case("hdf5", "external-link-up", {"model.weights.h5": hdf5(external("weights", "../../secret.h5", "/x"))})
    yield Case("hdf5", "config-not-json", {"model.h5": hdf5(attribute("model_config", "{"))})
    yield Case("hdf5", "trailing", {"model.h5": hdf5() + SYSTEM})
    yield Case("hdf5", "truncated", {"model.h5": hdf5(attribute("model_config", "{}"))[:60]})
    yield Case(
        "hdf5",
        "in-keras",
        {"model.keras": zipped({"config.json": b"{}", "model.weights.h5": hdf5(external("w", "/etc/passwd", "/x"))})},
    )


def _message(kind: int, body: bytes) -> bytes:
    return struct.pack("<BHB", kind, len(body), 0) + body


def attribute(name: str, text: str) -> bytes:
    """An attribute message, version 3, with a fixed-length text."""
    raw, label = text.encode(), name.encode() + b"\0"
    kind = struct.pack("<B3BI", 0x13, 0, 0, 0, len(raw))
    space = struct.pack("<4B", 2, 0, 0, 0)
    return _message(
        0x0C, struct.pack("<2B3HB", 3, 0, len(label), len(kind), len(space), 0) + label + kind + space + raw
    )


def external(name: str, file: str, target: str) -> bytes:
    """A link message that leads into another file."""
    value = b"\0" + file.encode() + b"\0" + target.encode() + b"\0"
    return _message(0x06, bytes([1, 8, 64, len(name)]) + name.encode() + struct.pack("<H", len(value)) + value)


def hdf5(*messages: bytes) -> bytes:
    """An HDF5 file, superblock version 2, whose root group has these messages."""
    body = b"".join(messages)
    header = b"OHDR" + bytes([2, 2]) + struct.pack("<I", len(body)) + body + bytes(4)
    end = 48 + len(header)
    return b"\x89HDF\r\n\x1a\n" + bytes([2, 8, 8, 0]) + struct.pack("<4Q", 0, 2**64 - 1, end, 48) + bytes(4) + header


# protocol buffers -------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: bytes | str | int) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def onnx(*nodes: bytes, tensors: tuple[bytes, ...] = (), more: bytes = b"") -> bytes:
    """An ONNX model of these nodes and initialisers."""
    graph = (
        b"".join(field(1, node) for node in nodes) + field(2, "g") + b"".join(field(5, tensor) for tensor in tensors)
    )
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17)) + more


def node(kind: str, domain: str = "", *attributes: bytes) -> bytes:
    return (
        field(1, "x")
        + field(2, "y")
        + field(4, kind)
        + b"".join(field(5, row) for row in attributes)
        + field(7, domain)
    )


def stored(location: str) -> bytes:
    """A tensor whose values are in another file."""
    return (
        field(1, 4) + field(2, 1) + field(8, "w") + field(13, field(1, "location") + field(2, location)) + field(14, 1)
    )


def _onnx() -> Iterator[Case]:
    body = field(1, "body") + field(6, field(1, node("Evil", "evil.domain")))
    models: dict[str, bytes] = {
        "custom-operator": onnx(node("Evil", "evil.domain")),
        "custom-operator-in-branch": onnx(node("If", "", body)),
        "custom-operator-in-function": onnx(
            node("Relu"), more=field(25, field(1, "f") + field(10, "own") + field(7, node("Evil", "evil.domain")))
        ),
        "external-up": onnx(node("Relu"), tensors=(stored("../../../etc/passwd"),)),
        "external-absolute": onnx(node("Relu"), tensors=(stored("/etc/passwd"),)),
        "external-missing": onnx(node("Relu"), tensors=(stored("weights.bin"),)),
        "external-in-attribute": onnx(node("Constant", "", field(1, "value") + field(5, stored("../x")))),
        "external-windows": onnx(node("Relu"), tensors=(stored("..\\..\\x"),)),
        "compiled-context": onnx(
            node("EPContext", "com.microsoft", field(1, "ep_cache_context") + field(4, "evil.bin"))
        ),
        "truncated": onnx(node("Relu"))[:-5],
        "python-operator": onnx(node("PyOp", "ai.onnx.contrib")),
        "deep": onnx(_deep(200)),
        "not-onnx": b"\xff" * 64,
    }
    for name, raw in models.items():
        yield Case("onnx", name, {"model.onnx": raw})


def _deep(levels: int) -> bytes:
    inner = node("Relu")
    for _ in range(levels):
        inner = node("If", "", field(1, "b") + field(6, field(1, inner)))
    return inner


def _saved_models() -> Iterator[Case]:
    for kind in (
        "PyFunc",
        "EagerPyFunc",
        "ReadFile",
        "WriteFile",
        "MatchingFiles",
        "PrintV2",
        "TFRecordReaderV2",
        "DebugIdentityV2",
        "CreateSummaryFileWriter",
        "RpcCall",
    ):
        graph = field(1, field(1, "n") + field(2, kind))
        yield Case("saved-model", kind, {"saved_model.pb": field(1, 1) + field(2, field(2, graph))})
    function = field(2, field(1, field(3, field(1, "n") + field(2, "WriteFile"))))
    yield Case("saved-model", "in-function", {"saved_model.pb": field(2, field(2, function))})
    yield Case(
        "saved-model",
        "truncated",
        {"saved_model.pb": (field(1, 1) + field(2, field(2, field(1, field(2, "ReadFile")))))[:-4]},
    )
    yield Case("saved-model", "empty", {"saved_model.pb": b"\x08\x01"})


# flat buffers -----------------------------------------------------------------------------------------


def table(fields: dict[int, tuple[str, object]]) -> bytes:
    """A table with its description in front; children follow.

    Fields: ('i', number), ('q', number of 64 bits), ('s', text), ('b', bytes), ('v', [numbers]),
    ('t', [tables]), ('o', table).
    """
    count = max(fields) + 1
    vtable_size = 4 + 2 * count
    offsets, body, tail = [0] * count, bytearray(4), []
    for number in sorted(fields):
        offsets[number] = len(body)
        kind, value = fields[number]
        body += struct.pack(f"<{kind}", value) if kind in "iq" else bytes(4)
        if kind not in "iq":
            tail.append((offsets[number], kind, value))
    start = vtable_size
    struct.pack_into("<i", body, 0, start)
    out = bytearray(struct.pack("<2H", vtable_size, len(body)) + struct.pack(f"<{count}H", *offsets) + body)
    for offset, kind, value in tail:
        place = start + offset
        struct.pack_into("<I", out, place, len(out) - place)
        if kind == "s":
            raw = str(value).encode()
            out += struct.pack("<I", len(raw)) + raw + bytes(1 + -(len(raw) + 1) % 4)
        elif kind == "v":
            numbers: list[int] = list(value)  # type: ignore[call-overload]
            out += struct.pack(f"<I{len(numbers)}i", len(numbers), *numbers)
        elif kind == "b":
            raw = bytes(value)  # type: ignore[call-overload]
            out += struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)
        elif kind == "o":
            child = bytes(value)  # type: ignore[call-overload]
            struct.pack_into("<I", out, place, len(out) + struct.unpack_from("<H", child)[0] - place)
            out += child
        else:
            children: list[bytes] = list(value)  # type: ignore[call-overload]
            vector = len(out)
            out += struct.pack("<I", len(children)) + bytes(4 * len(children))
            for index, child in enumerate(children):
                slot = vector + 4 + 4 * index
                at = len(out) + struct.unpack_from("<H", child)[0]
                out += child
                struct.pack_into("<I", out, slot, at - slot)
    return bytes(out)


def flat(root: bytes, identifier: bytes) -> bytes:
    return struct.pack("<I", 8 + struct.unpack_from("<H", root)[0]) + identifier + root


def lite(
    *operators: str,
    tensor: dict[int, tuple[str, object]] | None = None,
    call: dict[int, tuple[str, object]] | None = None,
    buffer: dict[int, tuple[str, object]] | None = None,
) -> bytes:
    """A TensorFlow Lite model: custom operators, one graph of one tensor of four values and one call of the first."""
    codes = [table({1: ("s", name), 3: ("i", 32)}) for name in operators or ("",)]
    values = table({0: ("v", [4]), 2: ("i", 0), 3: ("s", "w"), **(tensor or {})})
    graph = table({0: ("t", [values]), 1: ("v", [0]), 3: ("t", [table({0: ("i", 0), 1: ("v", [0]), **(call or {})})])})
    rows = [table({0: ("b", bytes(16)), **(buffer or {})})]
    return flat(table({0: ("i", 3), 1: ("t", codes), 2: ("t", [graph]), 4: ("t", rows)}), b"TFL3")


def _flatbuffers() -> Iterator[Case]:
    for name in ("FlexWriteFile", "FlexReadFile", "FlexPyFunc", "EvilOp", "FlexMatMul"):
        raw = lite(name)
        yield Case("tflite", name, {"model.tflite": raw})
    yield Case("tflite", "offset", {"model.tflite": struct.pack("<I", 2**31) + b"TFL3" + bytes(32)})
    yield Case(
        "tflite",
        "truncated",
        {"model.tflite": flat(table({1: ("t", [table({1: ("s", "EvilOp"), 3: ("i", 32)})])}), b"TFL3")[:40]},
    )
    program = flat(
        table(
            {
                0: ("i", 0),
                1: ("t", [table({0: ("s", "forward"), 6: ("t", [table({0: ("s", "evil::run"), 1: ("s", "")})])})]),
            }
        ),
        b"ET12",
    )
    delegate = flat(
        table({1: ("t", [table({0: ("s", "forward"), 7: ("t", [table({0: ("s", "EvilBackend")})])})])}), b"ET12"
    )
    yield Case("executorch", "operator", {"model.pte": program})
    yield Case("executorch", "backend", {"model.pte": delegate})
    yield Case("executorch", "truncated", {"model.pte": program[:20]})


def _others() -> Iterator[Case]:
    net = '<net name="m" version="11"><layers><layer id="0" name="l" type="Evil" version="extension"/></layers></net>'
    lol = '<!DOCTYPE x [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><net>&b;</net>'
    files: dict[str, tuple[str, bytes]] = {
        "openvino-extension": ("model.xml", net.encode()),
        "openvino-entity": ("model.xml", lol.encode()),
        "openvino-external-entity": (
            "model.xml",
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><net>&a;</net>',
        ),
        "openvino-deep": ("model.xml", b"<a>" * 5_000),
        "openvino-broken": ("model.xml", b"<net>"),
        "msgpack-extension": ("flax_model.msgpack", b"\x81\xa1a\xc7\x01\x63x"),
        "msgpack-trailing": ("flax_model.msgpack", b"\x80" + SYSTEM),
        "msgpack-deep": ("flax_model.msgpack", b"\x91" * 5_000 + b"\xc0"),
        "msgpack-count": ("flax_model.msgpack", b"\xdf\xff\xff\xff\xff"),
        "msgpack-length": ("flax_model.msgpack", b"\xc6\xff\xff\xff\xff"),
        "npy-trailing": ("a.npy", plain_npy() + SYSTEM),
        "npy-short": ("a.npy", plain_npy()[:-8]),
        "npy-header-expression": ("a.npy", _npy(b"").replace(b"'|O'", b"__import__('os')")),
        "npy-version": ("a.npy", b"\x93NUMPY\x09\x00" + bytes(100)),
        "npy-structured-objects": ("a.npy", _npy(SYSTEM).replace(b"'|O'", b"[('a','|O')]")),
        "skops-system": ("m.skops", _skops("os", "system", "FunctionNode")),
        "skops-type": ("m.skops", _skops("subprocess", "Popen", "ObjectNode")),
        "skops-method": ("m.skops", _skops("sklearn.linear_model._logistic", "LogisticRegression", "MethodNode")),
        "skops-operator": ("m.skops", _skops("operator", "methodcaller", "OperatorFuncNode")),
        "skops-nested": (
            "m.skops",
            zipped(
                {
                    "schema.json": _json(
                        {
                            "__class__": "dict",
                            "__module__": "builtins",
                            "__loader__": "DictNode",
                            "content": {
                                "a": {"__class__": "eval", "__module__": "builtins", "__loader__": "FunctionNode"}
                            },
                        }
                    )
                }
            ),
        ),
        "skops-pickle": ("m.skops", zipped({"schema.json": b"{}", "1.pkl": SYSTEM})),
        "skops-npy": ("m.skops", zipped({"schema.json": b"{}", "1.npy": _npy(SYSTEM)})),
        "tensorrt": ("model.engine", b"ftrt" + bytes(64)),
        "rar": ("model.rar", b"Rar!\x1a\x07\x01\x00"),
        "unknown": ("model.xyz", bytes(range(64))),
    }
    for name, (path, raw) in files.items():
        yield Case("other", name, {path: raw})


def plain_npy() -> bytes:
    return _npy(bytes(8)).replace(b"'|O'", b"'<i8'")


def _skops(module: str, kind: str, loader: str) -> bytes:
    return zipped(
        {
            "schema.json": _json(
                {"__class__": kind, "__module__": module, "__loader__": loader, "content": {}, "protocol": 2}
            )
        }
    )


def cases() -> Iterator[Case]:
    """Every case of graphs."""
    yield from _keras()
    yield from _onnx()
    yield from _saved_models()
    yield from _flatbuffers()
    yield from _others()
