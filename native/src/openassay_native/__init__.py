"""The native kernels of assay: numbers in, numbers out. Defined by the numpy reference in `assay.kernels.reference`."""

from ._core import Summary, difference, level, use, widen

__all__ = ["Summary", "difference", "level", "use", "widen"]
__version__ = "0.1.0"
