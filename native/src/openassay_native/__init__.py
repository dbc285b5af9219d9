"""The native kernels of assay: numbers in, numbers out. Defined by the references in `assay.kernels`."""

from ._core import (
    Damaged,
    Indexer,
    Shard,
    Summary,
    correlated,
    crc32,
    difference,
    level,
    split_words,
    suffix_array,
    use,
    widen,
)

__all__ = [
    "Damaged",
    "Indexer",
    "Shard",
    "Summary",
    "correlated",
    "crc32",
    "difference",
    "level",
    "split_words",
    "suffix_array",
    "use",
    "widen",
]
__version__ = "0.1.0"
