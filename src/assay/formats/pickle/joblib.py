"""Arrays that joblib writes between the opcodes of a pickle (joblib/numpy_pickle.py, NumpyArrayWrapper.write_array)."""

from __future__ import annotations

from math import prod

from assay.formats.pickle.machine import Machine, run
from assay.formats.pickle.values import Call, Global
from assay.lazy import regex

_SIZED = regex(r"[<>|=]?([biufcmMSVUO?])(\d*)\Z")

_MOST_PARTS = 10_000  # fields of fields of a dtype that are looked at
_OBJECTS = 1  # numpy/ndarraytypes.h, NPY_ITEM_REFCOUNT
_UNSTATED = (None, None, None, None, None, None, None, 0)  # what a dtype without a state has


def step_over(m: Machine, wrapper: Call, at: int) -> None:
    """Pass over the array that follows `wrapper`: padding and values, or a further pickle where it holds objects."""
    m.loader = "joblib"
    state = wrapper.state if isinstance(wrapper.state, dict) else {}
    shape, kind = state.get("shape"), itemsize(state.get("dtype"))
    if (
        not isinstance(shape, tuple)
        or not all(isinstance(extent, int) and extent >= 0 for extent in shape)
        or kind is None
    ):
        m.unfollowed[f"the array after byte {at:,} has a shape or type that assay cannot size"] = None
        return
    letter, width = kind
    if letter == "O":
        wrapper.entries.append(objects(m))
        return
    if state.get("numpy_array_alignment_bytes") is not None:
        m.take(m.take(1)[0])
    wrapper.entries.append(m.skip(prod(shape) * width, "array"))


def objects(m: Machine) -> object:
    """Follow the pickle that begins here as part of the program of `m`; its value."""
    stack, memo = m.stack, m.memo
    m.stack, m.memo = [], {}  # joblib reads it with an unpickler of its own
    run(m)
    value: object = m.pop()
    m.stack, m.memo = stack, memo
    return value


def itemsize(dtype: object) -> tuple[str, int] | None:
    """(kind letter, bytes for each element) of a followed numpy.dtype, or None if it says nothing that adds up."""
    if not isinstance(dtype, Call) or not isinstance(dtype.target, Global) or dtype.target.name != "dtype":
        return None
    name = dtype.args[0] if isinstance(dtype.args, tuple) and dtype.args else None
    found = _SIZED.match(name) if isinstance(name, str) else None
    if found is None:
        return None
    if (objects := holds_objects(dtype)) is None:
        return None
    if objects:
        return "O", 8
    width = int(found[2][:9] or 1)
    return found[1], 4 * width if found[1] == "U" else width


def holds_objects(dtype: Call) -> bool | None:
    """Whether values of a dtype are objects: it, a field of it or the base of a subarray; None if it does not say.

    NumPy takes the flags of a pickled dtype as they are (numpy/core/src/multiarray/descriptor.c, arraydescr_setstate):
    floating point numbers that are flagged as objects are unpickled.
    """
    stack, seen = [dtype], 0
    while stack:
        node, seen = stack.pop(), seen + 1
        if seen > _MOST_PARTS:
            return None
        if isinstance(node.args, tuple) and node.args and str(node.args[0]).lstrip("<>|=").startswith("O"):
            return True
        _, _, base, _, fields, _, _, flags, *_ = (*(node.state if isinstance(node.state, tuple) else ()), *_UNSTATED)
        if not isinstance(flags, int):
            return None
        if flags & _OBJECTS:
            return True
        for entry in (base, *(fields.values() if isinstance(fields, dict) else ())):
            stack += [part for part in entry[:1] if isinstance(part, Call)] if isinstance(entry, tuple) else []
    return False
