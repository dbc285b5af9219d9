"""The native kernels of assay: numbers in, numbers out. Defined by the references in `assay.kernels`."""

from ._core import (
    Damaged,
    Indexer,
    Sha256,
    Shard,
    Summary,
    correlated,
    crc32,
    difference,
    level,
    sha256,
    split_words,
    suffix_array,
    use,
    widen,
)

__all__ = [
    "Damaged",
    "Indexer",
    "Sha256",
    "Shard",
    "Summary",
    "correlated",
    "crc32",
    "difference",
    "level",
    "sha256",
    "split_words",
    "suffix_array",
    "use",
    "widen",
]
__version__ = "0.1.0"
