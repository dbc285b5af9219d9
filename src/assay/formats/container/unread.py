"""Formats that assay knows of and does not read: what a file is, by its content first, and what to do with it."""

from __future__ import annotations

import re
from collections.abc import Callable

from assay.formats.container.inert import is_utf8
from assay.lazy import regex

_UNPACK = "assay unpacks zip, tar, gzip, bzip2 and xz"
_REBUILD = "build it again from a graph that can be read, such as ONNX"
_CONVERT = "audit the file that it was made from, or convert it to safetensors"
_TRUST = "compare its digest with the publisher's"
_READ = "assay follows Python only, so a person has to read it"

# what a file begins with -> what it is
_MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"7z\xbc\xaf\x27\x1c", f"7z archive; {_UNPACK}"),
    (b"Rar!", f"rar archive; {_UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"zstandard data; {_UNPACK}"),
    (b"\x04\x22\x4d\x18", f"lz4 data; {_UNPACK}"),
    (b"ftrt", f"TensorRT engine, native code for one GPU; {_REBUILD}"),
    (b"ptrt", f"TensorRT engine, native code for one GPU; {_REBUILD}"),
    (b"RKNN", f"RKNN model, for one kind of accelerator; {_REBUILD}"),
    (b"PAR1", "Parquet data, whose metadata can make pyarrow unpickle (CVE-2023-47248); convert it to CSV or JSON"),
    (b"ARROW1", "Arrow data, whose metadata can make pyarrow unpickle (CVE-2023-47248); convert it to CSV or JSON"),
    (b"lmgg", "GGML weights, the format before GGUF (whisper.cpp, old llama.cpp, rwkv.cpp); convert them to GGUF"),
    (b"fmgg", "GGML weights, the format before GGUF (old llama.cpp, rwkv.cpp); convert them to GGUF"),
    (b"tjgg", "GGML weights, the format before GGUF (old llama.cpp); convert them to GGUF"),
    (b"algg", "GGML adapter, the format before GGUF (old llama.cpp); convert it to GGUF"),
    (b"mmap lm http://kheafield.com/code", f"KenLM language model; {_TRUST}, or build it from its ARPA file"),
    (b"CBM1", f"CatBoost model; {_TRUST}, or save it as JSON"),
    (b"binf", "XGBoost model in its old binary format; save it as JSON or UBJSON"),
    (b"bs64", "XGBoost model in its old binary format; save it as JSON or UBJSON"),
    (b"RDX2\n", "R objects, which may hold functions that R runs; ask for the values as safetensors or CSV"),
    (b"RDX3\n", "R objects, which may hold functions that R runs; ask for the values as safetensors or CSV"),
    (b"X\n\x00\x00\x00", "R object, which may hold functions that R runs; ask for the values as safetensors or CSV"),
    (b"A\n2\n", "R object, which may hold functions that R runs; ask for the values as safetensors or CSV"),
    (b"\x1bLua", "compiled Lua, code that Torch7 or a host program runs; ask for its source"),
    (b"\x1bLJ", "compiled Lua, code that Torch7 or a host program runs; ask for its source"),
    (b"SQLite format 3\x00", f"SQLite database; {_TRUST}, or export its tables"),
    (b"\x12\x01\x00\x00\x00\x00\x00\x00", f"MXNet parameters; {_CONVERT}"),
)
# extension -> what it is, where the content does not say
_SUFFIXES = {
    **dict.fromkeys(("engine", "plan", "trt"), f"TensorRT engine, native code for one GPU; {_REBUILD}"),
    **dict.fromkeys(("mlmodel", "mlpackage", "mlmodelc"), f"Core ML model; {_CONVERT}"),
    "pdmodel": f"PaddlePaddle program; {_CONVERT}",
    "pdiparams": f"PaddlePaddle parameters; {_CONVERT}",
    "nb": f"Paddle Lite model; {_CONVERT}",
    "ubj": "XGBoost model (UBJSON); save it as JSON",
    "cbm": f"CatBoost model; {_TRUST}, or save it as JSON",
    "pmml": f"PMML model, which may name Java functions; {_TRUST}",
    "rds": "R object, which may hold functions that R runs; ask for the values as safetensors or CSV",
    **dict.fromkeys(("rda", "rdata"), "R objects, which may hold functions that R runs; ask for safetensors or CSV"),
    "t7": f"Torch7 model, whose objects may hold Lua functions; {_CONVERT}",
    "params": f"parameters of MXNet or another library; {_CONVERT}",
    "caffemodel": f"Caffe model; {_CONVERT}",
    "mnn": f"MNN model; {_CONVERT}",
    "uff": f"UFF graph for TensorRT; {_REBUILD}",
    **dict.fromkeys(("hef", "blob", "dlc", "om", "rknn"), f"model compiled for one kind of accelerator; {_REBUILD}"),
    "pb": "protocol buffer without a name that says of what",
    "meta": f"TensorFlow graph beside a checkpoint, if it is one; {_TRUST}, or export a SavedModel",
    **dict.fromkeys(("annoy", "ann"), f"Annoy search index; {_TRUST}"),
    "weights": f"Darknet or other weights; {_CONVERT}",
}
# extension -> language of source code, which is a text
SOURCES = {
    **dict.fromkeys(("js", "mjs", "cjs", "jsx"), "JavaScript"),
    **dict.fromkeys(("ts", "tsx"), "TypeScript"),
    **dict.fromkeys(("c", "h", "cc", "cpp", "hpp", "cu", "cuh", "mm"), "C, C++ or CUDA"),
    **{"lua": "Lua", "r": "R", "jl": "Julia", "rb": "Ruby", "pl": "Perl", "php": "PHP", "java": "Java", "go": "Go"},
    **{"rs": "Rust", "swift": "Swift", "kt": "Kotlin", "cs": "C#", "scala": "Scala", "vbs": "Visual Basic"},
}
_FAISS = regex(rb"I[xwHB][A-Za-z0-9]{2}")  # faiss/impl/index_write.cpp, the codes of four letters


def unread(path: str, head: bytes) -> str:
    """Why nothing in this file was examined, in one sentence with the next step where there is a better one."""
    begins = f"it begins with {head[:8].hex(' ')}"
    name = path.rpartition("/")[2].lower()
    extension = name.rpartition(".")[2] if "." in name else ""
    known = (
        next((said for mark, said in _MAGICS if head.startswith(mark)), None)
        or next((said for test, said in _TESTS if test(name, extension, head)), None)
        or _SUFFIXES.get(extension)
    )
    if known:
        return f"not analysed: {known} ({begins})"
    if is_utf8(head):
        if extension in SOURCES:
            return f"not analysed: source code in {SOURCES[extension]}; {_READ} ({_quoted(head)})"
        return f"no reader knows what kind of text this is ({_quoted(head)})"
    return f"no reader knows this format ({begins})"


def _quoted(head: bytes) -> str:
    line = head.split(b"\n", 1)[0][:60].decode("utf-8", "replace")
    return f"it begins with {line!a}"


def _coreml(name: str, extension: str, head: bytes) -> bool:
    """The header of a blob file: how many blobs, then version 2 (coremltools, MILBlob/Blob/StorageFormat.hpp)."""
    return extension == "bin" and head[4:8] == b"\x02\0\0\0" and head[64:68] == b"\xef\xbe\xad\xde"


def _dlib(name: str, extension: str, head: bytes) -> bool:
    """Version 1 as dlib's integer (size of the number, then its bytes), then another of its integers or a name."""
    return (
        extension in ("dat", "svm", "dnn")
        and head[:2] in (b"\x01\x01", b"\x01\x02", b"\x01\x03", b"\x01\x04")
        and len(head) > 3
        and head[2] & 0x70 == 0
        and 1 <= head[2] & 0x0F <= 8
    )


def _faiss(name: str, extension: str, head: bytes) -> bool:
    dimension = int.from_bytes(head[4:8], "little")
    return _FAISS.match(head) is not None and 0 < dimension < 1 << 20 and not is_utf8(head)


def _xgboost(name: str, extension: str, head: bytes) -> bool:
    """A UBJSON object whose first key is the learner or the configuration (xgboost, doc/tutorials/saving_model.rst)."""
    return head[:2] == b"{L" and any(key in head[:48] for key in (b"learner", b"Config", b"version"))


def _torch7(name: str, extension: str, head: bytes) -> bool:
    """An object (4) or table (3) with the version of its class as text (torch7, File.lua)."""
    return head[:4] in (b"\x04\0\0\0", b"\x03\0\0\0") and b"V 1" in head[:20]


def _tensorflow_js(name: str, extension: str, head: bytes) -> bool:
    shard = re.search(r"group\d+-shard\d+of\d+", name) is not None
    return extension in ("js", "mjs", "cjs") and (shard or name in ("model.min.js", "model.js"))


def _ort(name: str, extension: str, head: bytes) -> bool:
    """The identifier of ONNX Runtime's own format (onnxruntime, core/flatbuffers/schema/ort.fbs)."""
    return head[4:8] == b"ORTM"


_TESTS: tuple[tuple[Callable[[str, str, bytes], bool], str], ...] = (
    (_coreml, f"values of a Core ML model; {_CONVERT}"),
    (_ort, "model in ONNX Runtime's own format; audit the ONNX file that it was made from"),
    (_dlib, f"dlib model; {_TRUST}"),
    (_faiss, f"FAISS search index; {_TRUST}, or build it again from the vectors"),
    (_xgboost, "XGBoost model (UBJSON); save it as JSON"),
    (_torch7, f"Torch7 model, whose objects may hold Lua functions; {_CONVERT}"),
    (
        _tensorflow_js,
        "TensorFlow.js model bundled as a script, which runs when loaded; ask for its model.json and shards",
    ),
)
