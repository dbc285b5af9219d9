"""Pickles that run something: classics, gadgets of published bypasses, opcode tricks, and containers hiding them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import struct
import zipfile
import zlib
from collections.abc import Iterator

from tests.builders.pickles import Tensors, calls, integer, short, state_dict, torch_legacy, torch_zip
from tests.hostile import Case
from tests.hostile.gadgets import gadgets

TENSORS: Tensors = {"a": ("FloatStorage", (2, 3))}
SAID = "echo inert"
SYSTEM = calls("os", "system", SAID)
_PLAIN_ARGUMENT = b"\x8c\x0aecho inert"


def stacked(module: str, name: str) -> bytes:
    """A protocol-4 pickle that calls module.name('echo inert'); dotted names are taken apart by the unpickler."""
    return (
        b"\x80\x04\x8c"
        + bytes([len(module)])
        + module.encode()
        + b"\x8c"
        + bytes([len(name)])
        + name.encode()
        + b"\x93"
        + _PLAIN_ARGUMENT
        + b"\x85R."
    )


class _Runs:
    def __init__(self, function: object, *args: object) -> None:
        self._call = (function, args)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self._call


def _classics() -> Iterator[Case]:
    import os
    import subprocess

    payloads: dict[str, object] = {
        "system": _Runs(os.system, SAID),
        "eval": _Runs(eval, "1"),
        "exec": _Runs(exec, "pass"),
        "popen": _Runs(subprocess.Popen, ["echo", "inert"]),
        "nested": {"weights": [1.0, 2.0], "more": {"deep": [_Runs(os.system, SAID)]}},
    }
    for name, payload in payloads.items():
        for protocol in range(6):
            yield Case("pickle", f"{name}-{protocol}", {"model.pkl": pickle.dumps(payload, protocol)})


def _gadgets() -> Iterator[Case]:
    for number, (module, name) in enumerate(gadgets()):
        raw = calls(module, name, SAID) if number % 2 else stacked(module, name)
        yield Case("gadget", f"{module}.{name}"[:60], {"model.pkl": raw})


def _tricks() -> Iterator[Case]:
    p4 = b"\x80\x04"
    glob = b"cos\nsystem\n"
    arg = short(SAID)
    call = glob + b"(" + arg + b"tR"
    tricks: dict[str, bytes] = {
        "inst": b"(" + b"S'echo inert'\nios\nsystem\n.",
        "obj": b"(" + glob + arg + b"o.",
        "newobj": b"\x80\x02" + glob + b"(" + arg + b"t\x81.",
        "newobj-ex": p4 + glob + b"(" + arg + b"t}\x92.",
        "memo": b"\x80\x02" + glob + b"q\x000(" + arg + b"tq\x010h\x00h\x01R.",
        "long-memo": b"\x80\x02"
        + glob
        + b"r\x01\x00\x00\x000("
        + arg
        + b"tr\x02\x00\x00\x000j\x01\x00\x00\x00j\x02\x00\x00\x00R.",
        "memoize": p4 + glob + b"\x940(" + arg + b"t\x940h\x00h\x01R.",
        "dup": b"\x80\x02" + glob + b"20(" + arg + b"tR.",
        "pop-mark": b"\x80\x02(NNN1" + call + b".",
        "after-none": b"\x80\x02N0" + call + b".",
        "result-dropped": b"\x80\x02" + call + b"0}.",
        "result-in-tuple": b"\x80\x02" + call + b"K\x01\x86.",
        "key-of-dict": b"\x80\x02}" + call + b"K\x01s.",
        "truncated": b"\x80\x02" + call,
        "broken-after": b"\x80\x02" + call + b"\xff\xff",
        "underflow-after": b"\x80\x02" + call + b"00R",
        "no-protocol": call + b".",
        "text-protocol": b"cos\nsystem\n(S'echo inert'\ntR.",
        "unicode-line": b"cos\nsystem\n(Vecho inert\ntR.",
        "crlf-module": b"\x80\x02cos\r\nsystem\n(" + arg + b"tR.",
        "stack-global-memo": p4 + b"\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93(" + arg + b"tR.",
        "stack-global-binunicode": p4 + short("os") + short("system") + b"\x93(" + arg + b"tR.",
        "stack-global-dotted": p4 + b"\x8c\x05torch\x8c\x09os.system\x93(" + arg + b"tR.",
        "stack-global-computed": p4
        + b"\x8c\x02os"
        + b"cbuiltins\nstr\n"
        + short("system")
        + b"\x85R\x93("
        + arg
        + b"tR.",
        "stack-global-from-dict": p4 + b"}\x8c\x02os\x93(" + arg + b"tR.",
        "getattr-chain": b"\x80\x02cbuiltins\ngetattr\n(cos\npath\n" + short("os") + b"tR.",
        "getattr-enum-lookalike": b"\x80\x02cbuiltins\ngetattr\n(ctorch\nTensor\n" + short("__class__") + b"tR.",
        "build-on-global": b"\x80\x02cnumpy\nndarray\n}" + short("x") + b"K\x01sb.",
        "build-setstate": b"\x80\x02ccollections\nOrderedDict\n)R}"
        + short("__setstate__")
        + b"cbuiltins\nstr\nsb"
        + arg
        + b"b.",
        "build-reduce": b"\x80\x02ccollections\nOrderedDict\n)R}" + short("__reduce_ex__") + b"cbuiltins\nstr\nsb.",
        "build-append": b"\x80\x02ccollections\nCounter\n)R}" + short("append") + b"cbuiltins\nlist\nsbK\x01a.",
        "setitem-on-global": b"\x80\x02cnumpy\nndarray\n" + short("x") + b"K\x01s.",
        "call-of-result": b"\x80\x02cfunctools\npartial\n(cbuiltins\nlist\ntR)R.",
        "defaultdict-factory": b"\x80\x02ccollections\ndefaultdict\n(cnumpy\nndarray\ntR.",
        "rebuild-by-function": b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n"
        b"(cbuiltins\nlist\nctorch\nTensor\n)NtR.",
        "encode-other-codec": b"\x80\x02c_codecs\nencode\n(" + arg + short("rot13") + b"tR.",
        "copyreg-base": b"\x80\x02ccopyreg\n_reconstructor\n(cargparse\nNamespace\ncio\nFileIO\n" + arg + b"tR.",
        "bit-generator": b"\x80\x02cnumpy.random._pickle\n__bit_generator_ctor\n(cthreading\nThread\ntR.",
        "extension": b"\x80\x02\x82\x01(" + arg + b"tR.",
        "extension4": b"\x80\x02\x84\x01\x00\x00\x00(" + arg + b"tR.",
        "persistent": b"\x80\x02" + arg + b"Q.",
        "out-of-band": b"\x80\x05\x97.",
        "second-pickle": pickle.dumps({"a": 1}) + SYSTEM,
        "tenth-pickle": pickle.dumps(1) * 9 + SYSTEM,
        "after-padding": pickle.dumps({"a": 1}) + b"\0" * 64 + SYSTEM,
        "framed-wrong": p4 + b"\x95" + struct.pack("<Q", 2**40) + call + b".",
        "frame-short": p4 + b"\x95" + struct.pack("<Q", 1) + call + b".",
        "after-100000-opcodes": b"\x80\x02" + b"N0" * 50_000 + call + b".",
        "after-1-MB-text": b"\x80\x02X" + struct.pack("<I", 1_000_000) + b"a" * 1_000_000 + b"0" + call + b".",
        "hidden-in-many": b"\x80\x02](" + b"ccollections\nOrderedDict\n)R" * 2_000 + call + b"e.",
        "exec-inside-numpy-state": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85"
        + short("b")
        + b"tR(K\x01K\x01\x85cnumpy\ndtype\n"
        + short("O8")
        + b"\x85R\x89]"
        + call
        + b"atb.",
        "setstate-of-loaded": b"\x80\x02ctorch.nn.modules.module\nModule\n)\x81}"
        + short("__class__")
        + b"cos\n_wrap_close\nsb.",
        "bytes-to-torch": b"\x80\x03ctorch.storage\n_load_from_bytes\nB"
        + struct.pack("<I", len(torch_zip(TENSORS, extra=short("x") + call)))
        + torch_zip(TENSORS, extra=short("x") + call)
        + b"\x85R.",
        "bytes-to-pickle": b"\x80\x03cpickle\nloads\nB" + struct.pack("<I", len(SYSTEM)) + SYSTEM + b"\x85R.",
        "lambda-called": b"\x80\x04ccloudpickle.cloudpickle\n_make_function\n(NN}NNtR)R.",
        "code-type": b"\x80\x04ctypes\nCodeType\n(K\x00K\x00K\x00tR.",
    }
    for name, raw in tricks.items():
        yield Case("opcodes", name, {"model.pkl": raw})
    costs: dict[str, bytes] = {
        "tuple-bomb": b"\x80\x04)\x94"
        + b"".join(b"h" + bytes([n]) + b"h" + bytes([n]) + b"\x86\x94" for n in range(60))
        + b"}h"
        + bytes([60])
        + b"K\x01s.",
        "deep-lists": b"\x80\x02" + b"]" * 60_000 + b"a" * 59_999 + b".",
        "bytearray-of-terabytes": b"\x80\x02cbuiltins\nbytearray\n" + integer(2**40) + b"\x85R.",
        "ndarray-of-terabytes": b"\x80\x02cnumpy\nndarray\n(" + integer(2**20) + integer(2**20) + b"\x86tR.",
        "range-to-list": b"\x80\x02cbuiltins\nlist\ncbuiltins\nrange\n" + integer(2**40) + b"\x85R\x85R.",
        "fraction-of-digits": b"\x80\x02cfractions\nFraction\n" + short("1e1000000000") + b"\x85R.",
        "int-of-decimal": b"\x80\x02cbuiltins\nint\ncdecimal\nDecimal\n" + short("1e1000000000") + b"\x85R\x85R.",
    }
    for name, raw in costs.items():
        yield Case("cost", name, {"model.pkl": raw})


def _npy(objects: bytes) -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + objects


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive with these members, in order, without dates."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    """A tar archive with these members."""
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            row = tarfile.TarInfo(name)
            row.size = len(content)
            archive.addfile(row, io.BytesIO(content))
    return buffer.getvalue()


def _joblib_objects() -> bytes:
    """joblib's wrapper of an object array, then the pickle of the array, which runs something."""
    wrapper = (
        b"\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
        + short("subclass")
        + b"cnumpy\nndarray\n"
        + short("shape")
        + b"K\x01\x85"
        + short("order")
        + short("C")
    )
    wrapper += (
        short("dtype")
        + b"cnumpy\ndtype\n"
        + short("O8")
        + b"\x89\x88\x87R(K\x03"
        + short("|")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
        + short("allow_mmap")
        + b"\x89ub"
    )
    return wrapper + SYSTEM + b"."


def _containers() -> Iterator[Case]:
    extra = short("x") + b"cposix\nsystem\n(" + short(SAID) + b"tR"
    evil = torch_zip(TENSORS, extra=extra)
    legacy = torch_legacy(TENSORS)
    streams = legacy.split(b".", 1)
    containers: dict[str, dict[str, bytes]] = {
        "torch-zip": {"pytorch_model.bin": evil},
        "torch-zip-pt": {"model.pt": evil},
        "torch-zip-renamed-root": {"model.pth": torch_zip(TENSORS, extra=extra, root="x")},
        "torch-zip-other-pkl": {"model.pt": torch_zip(TENSORS, members={"other.pkl": SYSTEM})},
        "torch-zip-constants": {"model.pt": torch_zip(TENSORS, members={"constants.pkl": SYSTEM})},
        "torch-zip-data-record-pkl": {"model.pt": torch_zip(TENSORS, members={"data/evil.pkl": SYSTEM})},
        "torch-zip-member-no-extension": {"model.pt": torch_zip(TENSORS, members={"extra/thing": SYSTEM})},
        "torch-zip-python": {
            "model.pt": torch_zip(TENSORS, members={"code/evil.py": b"import os\nos.system('echo inert')\n"})
        },
        "torch-zip-library": {"model.pt": torch_zip(TENSORS, members={"libevil.so": b"\x7fELF\x02\x01\x01"})},
        "torch-zip-deflated": {
            "model.pt": zipped({"archive/data.pkl": SYSTEM, "archive/version": b"3\n"}, zipfile.ZIP_DEFLATED)
        },
        "torch-zip-two-roots": {"model.pt": zipped({"a/data.pkl": b"\x80\x02}.", "b/data.pkl": SYSTEM})},
        "torch-legacy-first": {"model.bin": streams[0] + b"." + SYSTEM},
        "torch-legacy-object": {"model.bin": legacy.replace(state_dict(TENSORS), state_dict(TENSORS, extra))},
        "torch-legacy-protocol": {"model.bin": legacy.replace(pickle.dumps(1001, 2), SYSTEM)},
        "torch-legacy-keys": {"model.bin": legacy.replace(pickle.dumps(["0"], 2), SYSTEM)},
        "torch-tar": {
            "model.pt": tarred({"sys_info": pickle.dumps({}), "pickle": SYSTEM, "tensors": b"", "storages": b""})
        },
        "torch-export": {
            "model.pt2": zipped(
                {"m/archive_format": b"pt2", "m/models/model.json": b"{}", "m/data/sample_inputs/model.pt": evil}
            )
        },
        "torch-export-constant": {
            "model.pt2": zipped({"m/archive_format": b"pt2", "m/data/constants/custom_obj_0": SYSTEM})
        },
        "torch-export-native": {
            "model.pt2": zipped({"m/archive_format": b"pt2", "m/data/aotinductor/model/x.so": b"\x7fELF\x02\x01\x01"})
        },
        "npy": {"array.npy": _npy(SYSTEM)},
        "npz": {"arrays.npz": zipped({"a.npy": _npy(SYSTEM)})},
        "npz-deflated": {"arrays.npz": zipped({"a.npy": _npy(SYSTEM)}, zipfile.ZIP_DEFLATED)},
        "npz-pickle-member": {"arrays.npz": zipped({"a.pkl": SYSTEM})},
        "joblib": {"model.joblib": SYSTEM},
        "joblib-objects": {"model.joblib": _joblib_objects()},
        "joblib-zlib": {"model.joblib": zlib.compress(SYSTEM)},
        "joblib-gzip": {"model.joblib": gzip.compress(SYSTEM, mtime=0)},
        "joblib-bz2": {"model.joblib": bz2.compress(SYSTEM)},
        "joblib-xz": {"model.joblib": lzma.compress(SYSTEM)},
        "joblib-lzma": {"model.joblib": lzma.compress(SYSTEM, lzma.FORMAT_ALONE)},
        "joblib-lz4": {"model.joblib": b"\x04\x22\x4d\x18" + SYSTEM},
        "pickle-gz": {"model.pkl.gz": gzip.compress(SYSTEM, mtime=0)},
        "pickle-gz-twice": {"model.pkl.gz": gzip.compress(SYSTEM, mtime=0) + gzip.compress(SYSTEM, mtime=0)},
        "pickle-xz": {"model.pkl.xz": lzma.compress(SYSTEM)},
        "pickle-in-zip": {"model.zip": zipped({"inner/model.pkl": SYSTEM})},
        "pickle-in-zip-in-zip": {"model.zip": zipped({"inner.zip": zipped({"model.pkl": SYSTEM})})},
        "pickle-in-tar": {"model.tar": tarred({"model.pkl": SYSTEM})},
        "pickle-in-tar-gz": {"model.tar.gz": gzip.compress(tarred({"model.pkl": SYSTEM}), mtime=0)},
        "pickle-in-tgz": {"model.tgz": gzip.compress(tarred({"a/b/model.pkl": SYSTEM}), mtime=0)},
        "pickle-in-tar-in-zip": {"model.zip": zipped({"x.tar": tarred({"model.pkl": SYSTEM})})},
        "nemo": {
            "model.nemo": gzip.compress(tarred({"model_weights.ckpt": evil, "model_config.yaml": b"a: 1\n"}), mtime=0)
        },
        "mar": {
            "model.mar": zipped(
                {
                    "MAR-INF/MANIFEST.json": b"{}",
                    "handler.py": b"import os\nos.system('echo inert')\n",
                    "model.pt": evil,
                }
            )
        },
        "seven-deep": {"model.zip": _seven()},
        "pickle-in-7z": {"model.7z": b"7z\xbc\xaf\x27\x1c" + SYSTEM},
        "named-bin": {"weights.bin": SYSTEM},
        "named-dat": {"weights.dat": SYSTEM},
        "named-nothing": {"weights": SYSTEM},
        "named-safetensors": {"model.safetensors": SYSTEM},
        "named-json": {"config.json": SYSTEM},
        "named-onnx": {"model.onnx": SYSTEM},
        "named-h5": {"model.h5": SYSTEM},
        "named-gguf": {"model.gguf": SYSTEM},
        "named-md": {"README.md": SYSTEM},
        "named-txt-protocol-4": {"vocab.txt": stacked("os", "system")},
        "training-args": {"training_args.bin": SYSTEM},
        "optimizer": {"optimizer.pt": evil},
        "rng-state": {"rng_state.pth": evil},
        "dill": {"model.dill": calls("dill._dill", "_import_module", "os.system")},
        "flax-bytes": {"flax_model.msgpack": b"\x81\xa1a\xc4" + bytes([len(SYSTEM)]) + SYSTEM},
        "torchscript": {"model.pt": torch_zip(TENSORS, extra=extra, members={"constants.pkl": b"\x80\x02)."})},
        "torchscript-op": {
            "model.pt": torch_zip(
                {},
                members={
                    "constants.pkl": b"\x80\x02).",
                    "code/__torch__/m.py": b"class M(Module):\n"
                    b"  def forward(self, x: Tensor) -> Tensor:\n"
                    b"    return ops.evil.run(x)\n",
                },
            )
        },
        "torchscript-file": {
            "model.pt": torch_zip(
                {},
                members={
                    "constants.pkl": b"\x80\x02).",
                    "code/__torch__/m.py": b"class M(Module):\n"
                    b"  def forward(self) -> Tensor:\n"
                    b"    return torch.from_file('/etc/passwd', False, 10)\n",
                },
            )
        },
    }
    for name, files in containers.items():
        yield Case("container", name, files)


def _seven() -> bytes:
    raw = SYSTEM
    for number in range(7):
        raw = zipped({("model.pkl" if number == 0 else "inner.zip"): raw})
    return raw


def cases() -> Iterator[Case]:
    """Every case of pickles."""
    yield from _classics()
    yield from _gadgets()
    yield from _tricks()
    yield from _containers()
