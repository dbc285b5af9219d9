"""What a pickle may import: an exact list, entry by entry, and the libraries whose classes a person may accept.

A deny-list misses what nobody put on it, so everything that is not on a list here reaches outside. A change of these tables changes answers and therefore assay's version.
"""

from __future__ import annotations

import re

# Passing these to the unpickler can only build numbers, texts, containers and tensors.
_BUILDERS: dict[str, tuple[str, ...]] = {
    # containers without behaviour of their own; defaultdict is not here because it calls what it is given
    "collections": ("OrderedDict", "Counter", "deque"),
    # plain values
    "builtins": ("set", "frozenset", "bytearray", "complex", "slice", "list", "dict", "tuple", "int", "float", "str", "bytes", "bool", "range"),
    "__builtin__": ("set", "frozenset", "bytearray", "complex", "slice", "list", "dict", "tuple", "int", "float", "str", "bool", "xrange", "long", "unicode"),
    "_codecs": ("encode",),  # how protocol 2 stores bytes: encode(text, 'latin1') gives bytes and nothing else
    "datetime": ("date", "datetime", "time", "timedelta", "timezone"),
    "decimal": ("Decimal",),
    "fractions": ("Fraction",),
    "uuid": ("UUID",),
    # torch/_utils.py: each builds a tensor over a storage that the loader supplies
    "torch._utils": (
        "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter", "_rebuild_parameter_with_state",
        "_rebuild_qtensor", "_rebuild_sparse_tensor", "_rebuild_meta_tensor_no_storage",
    ),
    "torch": (
        "Size", "device", "dtype", "FloatStorage", "HalfStorage", "BFloat16Storage", "DoubleStorage", "LongStorage", "IntStorage",
        "ShortStorage", "CharStorage", "ByteStorage", "BoolStorage", "ComplexFloatStorage", "ComplexDoubleStorage",
        "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool",
        "complex64", "complex128", "float8_e4m3fn", "float8_e5m2", "strided", "sparse_coo", "per_tensor_affine", "per_channel_affine",
        "Tensor", "preserve_format", "contiguous_format",
    ),
    "torch.storage": ("UntypedStorage", "TypedStorage"),
    "torch.nn.parameter": ("Parameter",),
    "torch.serialization": ("_get_layout",),
    # numpy's array constructors; an object array nests a further pickle, which is followed as part of this one
    "numpy": ("ndarray", "dtype", "bool_", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    "numpy.core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy.core.numeric": ("_frombuffer",),
    "numpy._core.numeric": ("_frombuffer",),
    "numpy.dtypes": ("Float32DType", "Float64DType", "Int64DType", "Int32DType", "UInt8DType", "BoolDType"),
    "numpy.random._pickle": ("__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor"),
}  # fmt: skip
BUILDERS = frozenset((module, name) for module, names in _BUILDERS.items() for name in names)

# Libraries of the field. Their classes (a capitalised name) run library code when loaded and need a person's yes;
# their functions are not covered, because load, compile and eval are among them.
LIBRARIES = frozenset({
    "torch", "torchvision", "torchaudio", "transformers", "tokenizers", "accelerate", "peft", "trl", "diffusers", "sentence_transformers",
    "sklearn", "numpy", "scipy", "pandas", "xgboost", "lightgbm", "catboost", "joblib", "ultralytics", "timm", "fairseq", "spacy", "nltk",
    "gensim", "keras", "tensorflow", "jax", "flax", "lightning", "pytorch_lightning", "omegaconf", "argparse", "pathlib", "collections",
    "deepspeed", "bitsandbytes",
})  # fmt: skip
_CLASS = re.compile(r"_?[A-Z]\w*\Z")
# functions of those libraries that only rebuild values of their own
_LIBRARY_FUNCTIONS = frozenset({
    ("copyreg", "_reconstructor"), ("copy_reg", "_reconstructor"), ("collections", "defaultdict"), ("functools", "partial"),
    ("builtins", "object"), ("__builtin__", "object"),
    ("joblib.numpy_pickle", "NumpyArrayWrapper"), ("sklearn.tree._tree", "Tree"),
    ("torch._tensor", "_rebuild_from_type_v2"), ("torch._utils", "_rebuild_device_tensor_from_numpy"),
    ("torch.nn.functional", "relu"), ("torch.nn.functional", "gelu"), ("torch._C._nn", "gelu"), ("torch._C._nn", "silu"),
    ("torch._C", "Generator"),
})  # fmt: skip


def builds_values(module: str, name: str) -> bool:
    """Whether importing and calling this can only build plain values or tensors."""
    return (module, name) in BUILDERS


def library_class(module: str, name: str) -> bool:
    """Whether this is a class of a known library: loading runs that library's code, and a person has to agree."""
    return (module, name) in _LIBRARY_FUNCTIONS or (
        module.partition(".")[0] in LIBRARIES and _CLASS.match(name) is not None
    )
