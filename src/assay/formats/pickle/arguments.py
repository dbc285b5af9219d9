"""Calls whose arguments decide what they do: for each such name, what a writer of values passes, and what it does not.

A rule looks at a call, notes what is out of the ordinary, and gives the value that stands for the result. Read for
each: the function's source in the library named (CPython 3.11, PyTorch 2.13, NumPy 2.4).
"""

from __future__ import annotations

import re
from math import prod
from typing import Any

from assay.formats.pickle.machine import Machine, Rule
from assay.formats.pickle.values import Call, Global, Opaque, rendered, state_keys
from assay.lazy import regex

MAX_ALLOCATED = 2**28  # bytes or elements that one call may make out of a number
_MEMBER = regex(r"[A-Z][A-Z0-9_]*\Z")
_CLASS = regex(r"_*[A-Z]\w*\Z")
_FACTORIES = frozenset(
    {"list", "dict", "set", "int", "long", "float", "str", "unicode", "tuple", "bool", "bytes"}
    | {"OrderedDict", "Counter", "deque"}
)
_GENERATORS = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"})


def _arguments(call: Call) -> tuple[Any, ...]:
    return call.args if isinstance(call.args, tuple) else ()


def _encode(m: Machine, call: Call, at: int) -> object:
    """`_codecs.encode(text, 'latin1')` is how protocol 2 stores bytes; any other codec is looked up by name."""
    match _arguments(call):
        case (str() | Opaque() as text, "latin1" | "latin-1"):
            if isinstance(text, Opaque):
                call.entries.append(Opaque("latin1", text.size, text.at))
            else:  # where the text stands, if it was read just before
                call.entries += [Opaque("latin1", size, start) for row, start, size in m.recent if row is text]
        case _:
            m.tampered(f"encodes otherwise than bytes are stored: {rendered(call)}", at)
    return call


def _attribute(m: Machine, call: Call, at: int) -> object:
    """`getattr(Enum, 'MEMBER')` is how Python 3.11 stores a member of an enumeration, `getattr(layer, 'forward_fuse')`
    how it stores a method of an object or of a class: a further name, to be judged as one. Other uses reach for more.
    """
    match _arguments(call):
        case (Global(name=kind), str(name)) if _MEMBER.match(name) and kind[:1].isupper() and "." not in kind:
            return Opaque(f"{kind}.{name}"[:200])
        case (Global() as kind, str(name)) | (Call(target=Global() as kind), str(name)) if _of_a_class(kind, name):
            return m.imported(kind.module, f"{kind.name}.{name}", at)
        case _:
            m.tampered(f"takes an attribute of something: {rendered(call)}", at)
    return call


def _of_a_class(kind: Global, name: str) -> bool:
    """Whether `name` is an ordinary attribute and `kind` called as classes are; a function has no methods."""
    return _CLASS.match(kind.name) is not None and name.isidentifier() and not name.startswith("__")


def _type(m: Machine, call: Call, at: int) -> object:
    """`type(None)` is how the type of None is stored; with more it makes classes."""
    if _arguments(call) != (None,):
        m.tampered(f"asks for a type or makes one: {rendered(call)}", at)
    return call


def _by_module(m: Machine, call: Call, at: int) -> object:
    """NumPy's `_ufunc_reconstruct(module, name)` imports the module and takes the name."""
    match _arguments(call):
        case (str(module), str(name)) if module.partition(".")[0] in ("numpy", "scipy"):
            return m.imported(module, name, at)
        case _:
            m.tampered(f"imports a module that is neither NumPy's nor SciPy's: {rendered(call)}", at)
    return call


def _factory(m: Machine, call: Call, at: int) -> object:
    """`defaultdict` calls its factory for each key that is missing."""
    match _arguments(call):
        case () | (None, *_):
            pass
        case (Global(module="builtins" | "__builtin__" | "collections", name=name), *_) if name in _FACTORIES:
            pass
        case (first, *_):
            m.used(first, 2)
            m.tampered(f"makes a defaultdict that calls {rendered(first)}", at)
    return call


def _reconstructor(m: Machine, call: Call, at: int) -> object:
    """`copyreg._reconstructor(cls, base, state)` makes an instance, initialised by `base` if that is not object."""
    match _arguments(call):
        case (Global() as kind, Global(module="builtins" | "__builtin__", name="object"), None):
            m.used(kind, 1)
        case (Global() as kind, Global() as base, _):
            m.used(kind, 1)
            m.used(base, 2)
        case _:
            m.tampered(f"reconstructs something that is no imported class: {rendered(call)}", at)
    return call


def _subclass(m: Machine, call: Call, at: int) -> object:
    """`_rebuild_from_type_v2(func, type, args, state)` calls func(*args) and gives the outcome its state."""
    match _arguments(call):
        case (Global(module="torch._utils", name=name), Global() as kind, *_) if name.startswith("_rebuild_"):
            m.used(kind, 1)
        case (first, *_):
            m.used(first, 2)
            m.tampered(f"rebuilds a tensor by calling {rendered(first)}", at)
        case _:
            m.tampered(f"rebuilds a tensor from too little: {rendered(call)}", at)
    return _with_state(m, call, at)


def _wrapper(m: Machine, call: Call, at: int) -> object:
    """`_rebuild_wrapper_subclass(cls, ...)` makes an instance of a tensor subclass."""
    for entry in _arguments(call)[:1]:
        m.used(entry, 1)
    return call


def _storage(m: Machine, call: Call, at: int) -> object:
    """`torch.storage._load_from_bytes(b)` is torch.load of those bytes: a further checkpoint, to be followed too."""
    match _arguments(call):
        case (Opaque(what="bytes", size=size, at=start),) if start:
            m.nested.append(Opaque("torch", size, start))
        case _:
            m.unfollowed[
                f"the call at byte {at:,} loads a checkpoint from bytes that assay cannot find in the file"
            ] = None
    return call


def _serialized(m: Machine, call: Call, at: int) -> object:
    """Numba's `_unpickle__CustomPickled(b)` unpickles those bytes: a further pickle, to be followed too."""
    match _arguments(call):
        case (Opaque(what="bytes", size=size, at=start),) if start:
            m.nested.append(Opaque("torch", size, start))
        case _:
            m.tampered(f"unpickles what is no bytes of the file: {rendered(call)}", at)
    return call


def _bit_generator(m: Machine, call: Call, at: int) -> object:
    """NumPy's constructors of random states take a name, or a class, or what makes one out of a name."""
    for entry in _arguments(call):
        known = entry in _GENERATORS if isinstance(entry, str) else entry is None or isinstance(entry, Call)
        if isinstance(entry, Global):
            known = entry.module.startswith("numpy.random.") and (
                entry.name in _GENERATORS or entry.name == "__bit_generator_ctor"
            )
            m.used(entry, 2)
        if not known:
            m.tampered(f"makes a random generator out of {rendered(entry)}", at)
    return call


def _allocates(m: Machine, call: Call, at: int) -> object:
    """Numbers alone can ask for any amount of memory."""
    arguments = _arguments(call)
    numbers = [entry for entry in arguments if isinstance(entry, int)]
    shapes = [
        prod(entry)
        for entry in arguments
        if isinstance(entry, tuple) and entry and all(isinstance(part, int) for part in entry)
    ]
    if any(abs(number) > MAX_ALLOCATED for number in (*numbers, *shapes)):
        m.costly(f"asks for more than {MAX_ALLOCATED:,} elements at once: {rendered(call)}", at)
    return call


def _converts(m: Machine, call: Call, at: int) -> object:
    """A short text can stand for a number of a billion digits: Fraction('1e1000000000'), int(Decimal(...))."""
    for entry in _arguments(call):
        exponent = re.search(r"[eE]\+?(\d+)", entry[:1000]) if isinstance(entry, str) else None
        if (exponent and int(exponent[1][:9]) > 10_000) or isinstance(entry, Call):
            m.costly(f"converts a number whose size it does not bound: {rendered(call)}", at)
    return call


def _instance(m: Machine, call: Call, at: int) -> object:
    """Cython's constructors by class: `newObj(cls)`, `__pyx_unpickle_X(cls, checksum, state)`."""
    for entry in _arguments(call)[:1]:
        m.used(entry, 1)
    return call


def _with_state(m: Machine, call: Call, at: int) -> object:
    """`_rebuild_parameter_with_state(data, requires_grad, hooks, state)` sets the state's entries as attributes."""
    for state in _arguments(call)[3:4]:
        for key in state_keys(state):
            m.tampered(f"gives an object its own {key!r}, which later steps would call", at)
    return call


def _masked(m: Machine, call: Call, at: int) -> object:
    """`_mareconstruct(subtype, baseclass, shape, dtype)` calls `__new__` of the two classes that it is given."""
    match _arguments(call):
        case (
            Global(module="numpy.ma.core" | "numpy.ma", name="MaskedArray"),
            Global(module="numpy", name="ndarray"),
            *_,
        ):
            return _allocates(m, call, at)
        case _:
            m.tampered(f"rebuilds a masked array of other classes: {rendered(call)}", at)
    return call


def _label(m: Machine, call: Call, at: int) -> object:
    """pandas' `_new_Index(cls, parts)` makes an instance of one of its own classes, by `__new__` with the parts."""
    for entry in _arguments(call)[:1]:
        m.used(entry, 1 if isinstance(entry, Global) and entry.module.partition(".")[0] == "pandas" else 2)
    return call


def _builtin_type(m: Machine, call: Call, at: int) -> object:
    """cloudpickle's `_builtin_type(name)` is a type of the module `types`; calling it then makes code or functions."""
    match _arguments(call):
        case (str(name),):
            return m.imported("types", name, at)
        case _:
            return call


_CYTHON = regex(r"__pyx_unpickle_\w+\Z")


def rule_of(name: Global) -> Rule | None:
    """The rule for calls of this name: of its own, or that of the functions that Cython writes for a class."""
    return RULES.get((name.module, name.name)) or (_instance if _CYTHON.match(name.name) else None)


RULES: dict[tuple[str, str], Rule] = {
    ("_codecs", "encode"): _encode,
    ("collections", "defaultdict"): _factory,
    ("torch._tensor", "_rebuild_from_type_v2"): _subclass,
    **{
        (module, "_builtin_type"): _builtin_type
        for module in (
            *("cloudpickle.cloudpickle", "numba.cloudpickle.cloudpickle"),
            "joblib.externals.cloudpickle.cloudpickle",
        )
    },
    ("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"): _instance,
    **{
        (f"sklearn.{module}", "newObj"): _instance
        for module in (
            *("metrics._dist_metrics", "neighbors._kd_tree", "neighbors._ball_tree"),
            *("neighbors.kd_tree", "neighbors.ball_tree", "neighbors.dist_metrics", "neighbors._dist_metrics"),
        )
    },
    ("torch._utils", "_rebuild_wrapper_subclass"): _wrapper,
    ("torch.storage", "_load_from_bytes"): _storage,
    ("numba.core.serialize", "_unpickle__CustomPickled"): _serialized,
    ("torch._utils", "_rebuild_parameter_with_state"): _with_state,
    ("numpy.ma.core", "_mareconstruct"): _masked,
    ("pandas.core.indexes.base", "_new_Index"): _label,
    ("pandas.core.indexes.datetimes", "_new_DatetimeIndex"): _label,
    ("pandas.core.indexes.period", "_new_PeriodIndex"): _label,
    ("pandas.core.indexes.interval", "_new_IntervalIndex"): _label,
    ("array", "_array_reconstructor"): _instance,
    ("numpy.core", "_ufunc_reconstruct"): _by_module,
    ("numpy._core", "_ufunc_reconstruct"): _by_module,
    ("hdbscan.dist_metrics", "newObj"): _instance,
    **{(module, "type"): _type for module in ("builtins", "__builtin__")},
    ("fractions", "Fraction"): _converts,
    ("numpy", "ndarray"): _allocates,
    ("torch", "Tensor"): _allocates,
    **{(module, "getattr"): _attribute for module in ("builtins", "__builtin__")},
    **{(module, "_reconstructor"): _reconstructor for module in ("copyreg", "copy_reg")},
    **{
        (module, name): _allocates
        for module in ("builtins", "__builtin__")
        for name in ("bytes", "bytearray", "range", "xrange")
    },
    **{(module, name): _converts for module in ("builtins", "__builtin__") for name in ("int", "long")},
    **{(module, "_reconstruct"): _allocates for module in ("numpy.core.multiarray", "numpy._core.multiarray")},
    **{
        ("numpy.random._pickle", f"__{name}_ctor"): _bit_generator
        for name in ("bit_generator", "generator", "randomstate")
    },
}

# a rule sees only direct calls, so these must not be handed to something else that might call them; the rest of the
# rules are about cost alone, or (__bit_generator_ctor) name what calling it indirectly would do anyway
DIRECT = frozenset(
    name
    for name, rule in RULES.items()
    if rule not in (_allocates, _converts, _builtin_type)
    and name[1] not in ("__bit_generator_ctor", "__randomstate_ctor")
)
