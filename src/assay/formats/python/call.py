"""What a call in a Python file does: its target by name, what is passed on, and the marks that its result bears."""

from __future__ import annotations

import ast

from assay.facts.program import Capability, Shape
from assay.formats.python.following import ARGUMENT, CALLEE, Follows
from assay.formats.python.names import METHODS, VALUES, judged, listed
from assay.formats.python.scope import Scope
from assay.formats.python.suspicion import CONNECTIONS, SENDING, Given, harmless, in_folder, marks_of, secret, sink
from assay.formats.python.value import (
    INERT,
    UNKNOWN,
    Bound,
    Constant,
    Function,
    Held,
    Local,
    Made,
    Mark,
    Name,
    Table,
    Thing,
    Value,
    Values,
    decoded,
    elements,
    folded,
    held,
    joined,
    marks,
    text_of,
    texts,
)
from assay.lazy import regex

HIDDEN = 40  # characters of a literal from which decoding it counts as hiding
_IMPORTERS = frozenset({"__import__", "importlib.import_module", "importlib.__import__"})
# inert functions that call what they are given now, or give a value that does; any other only keeps it
_CALLING = regex(
    r"(?:builtins\.)?(?:map|filter|sorted|min|max|iter|type|functools\.reduce|next|list|tuple|set|dict|any|all|sum)"
    r"|(?:atexit|signal|threading|concurrent|weakref|asyncio|itertools|sys|os|queue|contextlib|faulthandler|numpy|re"
    r"|gc|multiprocessing|heapq|bisect|tqdm|_thread|jax|warnings|torch\.(?:func|vmap|overrides|utils\.data))\b.*"
)
_KEEPING = regex(r"contextlib\.\w*contextmanager|jax\.(?:jit|vmap|pmap|grad|checkpoint)\b.*|numpy\.vectorize")
_LOOKING = frozenset(
    {"isinstance", "issubclass", "hasattr", "callable", "id", "str", "repr", "print", "inspect.signature"}
)
_MODULES = "os sys subprocess builtins importlib shutil socket ctypes posix nt pty runpy code marshal"
_POWERFUL = frozenset(_MODULES.split())
_ADDING = frozenset({"append", "add", "insert", "extend", "update", "setdefault", "appendleft"})


def call(f: Follows, node: ast.Call, scope: Scope, now: bool) -> Values:
    """What a call may give; what it does is reported."""
    callees = f.value(node.func, scope, now, CALLEE)
    looking = any(isinstance(callee, Name) and callee.qualified in _LOOKING for callee in callees)
    role = CALLEE if looking else ARGUMENT
    if (text := _joined(f, node, callees, scope, now)) is not None:
        return (text,)
    rest: list[Value] = []
    positional: list[Values] = []
    for argument in node.args:
        values = f.value(argument, scope, now, role)
        if isinstance(argument, ast.Starred):
            rest += elements(values)
        else:
            positional.append(values)
    keywords: dict[str, Values] = {}
    for keyword in node.keywords:
        values = f.value(keyword.value, scope, now, role)
        if keyword.arg is None:
            rest += elements(values)
        else:
            keywords[keyword.arg] = values
    given = Given(positional, keywords, tuple(rest))
    match node.func:
        case ast.Attribute(ast.Name(id), attribute) if attribute in _ADDING:
            if any(isinstance(value, Held) for value in scope.found(id) or ()):
                scope.bind(id, (held(given.all),))
    return applied(f, callees, node, given, now)


def _joined(f: Follows, node: ast.Call, callees: Values, scope: Scope, now: bool) -> Constant | None:
    """`"".join([...])` of literals, in their order."""
    match callees, node.args:
        case (Bound((Constant(value=str(glue)),), "join"),), [ast.List(parts) | ast.Tuple(parts)]:
            found = [text_of(f.value(part, scope, now)) for part in parts[:256]]
            return Constant(glue.join(map(str, found))) if None not in found and len(parts) <= 256 else None
        case _:
            return None


def applied(f: Follows, callees: Values, node: ast.AST, given: Given, now: bool, decorates: bool = False) -> Values:
    """What calling each of these gives; `decorates` if as a decorator, which keeps what it is given."""
    results: list[Value] = []
    for callee in callees:
        match callee:
            case Name():
                results += named(f, callee, node, given, now, decorates)
            case Local(node=ast.ClassDef() as owner):
                results += _constructed(f, owner, given, now)
            case Local(node=function):
                results += _entered(f, function, given, now)  # type: ignore[arg-type]
            case Bound():
                results += _bound(f, callee, node, given, now, decorates)
            case Made():
                for found in f.attribute(callee, "__call__", node, now):
                    results += applied(f, (found,), node, given, now) if isinstance(found, Local) else (UNKNOWN,)
            case Thing(followed=True, wraps=wraps):
                if not (wraps or decorates):
                    _pass_on(f, given, now)
                results.append(Thing(True, marks((callee, *given.all))))
            case Thing() | Table():
                _unfollowed(f, node, Given([], {}) if decorates else given, now)  # most decorators keep what they take
                results.append(Thing(False, marks((callee, *given.all))))
            case _:
                pass  # a literal is not called
    return joined(results) or (INERT,)


def _unfollowed(f: Follows, node: ast.AST, given: Given, now: bool) -> None:
    if now:
        f.report(node, Capability.UNFOLLOWED, True)
        _pass_on(f, given, now)


def _pass_on(f: Follows, given: Given, now: bool) -> None:
    """Functions of the file that are passed to something that calls them."""
    for value in _inside(given.all) if now else ():
        if isinstance(value, Local):
            if isinstance(value.node, ast.ClassDef):
                f.instantiate(value.node, True)
            else:
                f.enter(value.node, True)
        elif isinstance(value, Made):
            for found in f.attribute(value, "__call__", value.node, True):
                if isinstance(found, Local) and not isinstance(found.node, ast.ClassDef):
                    f.enter(found.node, True)


def _inside(values: Values) -> Values:
    return joined(values, *(value.parts for value in values if isinstance(value, Held)))


def _entered(f: Follows, function: Function, given: Given, now: bool, receiver: bool = False) -> Values:
    """Call a function of the file: its parameters stand for what is passed as well."""
    scope, spec = f.scope_of(function), function.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args)]
    if receiver or (f.owner(function) is not None and names[:1] in (["self"], ["cls"])):
        names = names[1:]
    for name, values in zip(names, given.positional, strict=False):
        scope.bind(name, values)
    if spec.vararg is not None:
        scope.bind(spec.vararg.arg, (held(v for values in given.positional[len(names) :] for v in values),))
    known = {*names, *(argument.arg for argument in spec.kwonlyargs)}
    for name, values in given.keywords.items():
        if name in known:
            scope.bind(name, values)
        elif spec.kwarg is not None:
            scope.bind(spec.kwarg.arg, (held(values),))
    if given.rest:
        for name in known:
            scope.bind(name, given.rest)
    return f.enter(function, now)


def _constructed(f: Follows, owner: ast.ClassDef, given: Given, now: bool) -> Values:
    scope = f.scope_in(owner)
    for name in ("__init__", "__new__", "__call__"):
        for value in tuple(scope.names.get(name, ())) if scope else ():
            if isinstance(value, Local) and not isinstance(value.node, ast.ClassDef) and name != "__call__":
                _entered(f, value.node, given, now, receiver=True)
    return f.instantiate(owner, now)


def _bound(f: Follows, callee: Bound, node: ast.AST, given: Given, now: bool, decorates: bool) -> Values:
    """Call a method of something that is not imported."""
    name, results = callee.attribute, list[Value]()
    for receiver in callee.receivers:
        match receiver:
            case Constant(value=str() | bytes() as text):
                results.append(folded(text, name, given.positional) or Thing(True, marks_of(given)))
                if name == "format":
                    results[-1:] = [results[-1] if isinstance(results[-1], Constant) else Thing(True, marks_of(given))]
            case Constant():
                results.append(INERT)
            case Table() if name in ("get", "pop", "setdefault", "__getitem__"):
                results += entry(f, receiver, given.at(0), node, now)
            case Held():
                if name in ("sort", "map"):
                    _pass_on(f, given, now)
                results += joined(elements((receiver,)), (Thing(True, marks((receiver,))),))
            case _:
                results += _method(f, receiver, name, node, given, now, decorates)
    return joined(results)


def _method(f: Follows, receiver: Value, name: str, node: ast.AST, given: Given, now: bool, decorates: bool) -> Values:
    known = _known(f, receiver)
    here = marks((receiver,))
    result = Thing(known, here | marks_of(given), wraps=decorates)
    if Mark.SOCKET in here and name in SENDING and Mark.SECRET in marks_of(given, own=True):
        f.shape(node, Shape.SENDS_SECRETS)
    if name in METHODS and not in_folder(name, given):
        f.report(node, METHODS[name], now)
        sink(f, node, METHODS[name], name, given)
        return (Thing(True, result.marks | ({Mark.FETCHED} if METHODS[name] is Capability.NETWORK else set())),)
    if not known:
        locals_ = [*f.methods.get(name, ()), *(v for v in f.attributes.get(name, ()) if not isinstance(v, Bound))]
        if locals_:
            return applied(f, joined(locals_), node, given, now)
        if name not in VALUES:
            _unfollowed(f, node, given, now)
            return (Thing(False, result.marks),)
    if not decorates and name not in VALUES:
        _pass_on(f, given, now)
    return (result,)


def _known(f: Follows, value: Value) -> bool:
    """Whether an object comes from something inert, so that its methods are too."""
    match value:
        case Thing(followed=known):
            return known
        case Bound(receivers):
            return all(_known(f, receiver) for receiver in receivers)
        case Made(owner) | Local(node=ast.ClassDef() as owner):
            scope = f.scope_in(owner)
            return scope is not None and any(isinstance(base, Name) for base in scope.names.get(" bases", ()))
        case Local() | Held() | Constant() | Name():
            return True
        case _:
            return False


def entry(f: Follows, table: Table, keys: Values, node: ast.AST, now: bool) -> Values:
    """What stands under a key in the names of a module."""
    key = text_of(keys)
    if key is None:
        f.report(node, Capability.INDIRECT, now)
        return (UNKNOWN,)
    if table.module == ".":
        if key == "__builtins__":
            return (Table("builtins"),)
        return f.module.found(key) or (INERT if key.startswith("__") else UNKNOWN,)
    qualified = f"{table.module}.{key}" if table.module else key
    return (Name(qualified.removeprefix("builtins.")),)


def named(f: Follows, callee: Name, node: ast.AST, given: Given, now: bool, decorates: bool = False) -> Values:
    """Call something imported or built in."""
    name = callee.qualified.removeprefix("builtins.")
    if name.startswith("."):
        if now:
            f.borrow(node, name)
            if not decorates:
                _pass_on(f, given, now)
        return (Thing(True, marks_of(given), wraps=True),)
    special = _special(f, name, node, given, now)
    if special is not None:
        return special
    what = judged(name)
    if what in (True, None) and "." in name and not listed(name):
        what = METHODS.get(name.rpartition(".")[2], what)
    if what is None:
        f.trait(node, name) if name == "os.dup2" else None
        if name.partition(".")[0] == "self":
            return (UNKNOWN,)
        _unfollowed(f, node, given, now)
        return (Thing(False, marks_of(given)),)
    if what is True:
        if not decorates and _CALLING.fullmatch(name) and not _KEEPING.fullmatch(name):
            _pass_on(f, given, now)
        return (Thing(True, marks_of(given), wraps=decorates or not _CALLING.fullmatch(name)),)
    assert isinstance(what, Capability)
    return _reached(f, name, what, node, given, now)


def _reached(f: Follows, name: str, what: Capability, node: ast.AST, given: Given, now: bool) -> Values:
    """Call something with a capability."""
    own = marks_of(given)
    if what is Capability.DECODE:
        if any(len(text) >= HIDDEN for text in texts(given.all)):
            f.report(node, what, now)
        made = decoded(name, given.positional)
        result = Thing(True, own | {Mark.DECODED})
        return (made, result) if made is not None else (result,)
    if what is Capability.ENVIRONMENT:
        f.report(node, what, now)
        if name.endswith((".get", ".getenv", ".pop", ".setdefault")):
            return (secret(given.at(0)),)
        whole = name.endswith((".copy", ".items", ".values", ".get_token"))
        return (Thing(True, frozenset({Mark.SECRET}) if whole else own),)
    if (what is Capability.UNPICKLE and harmless(name, given)) or in_folder(name, given):
        return (Thing(True, own),)
    f.report(node, what, now)
    sink(f, node, what, name, given)
    _pass_on(f, given, now)
    if what is Capability.NETWORK:
        extra = {Mark.FETCHED, Mark.SOCKET} if CONNECTIONS.fullmatch(name) else {Mark.FETCHED}
        return (Thing(True, marks_of(given, own=True) | extra),)
    return (Thing(True, own),)


def _special(f: Follows, name: str, node: ast.AST, given: Given, now: bool) -> Values | None:
    """Names whose result is worth knowing: lookups by name, wrappers, and those that depend on their arguments."""
    match name:
        case "getattr" | "inspect.getattr_static":
            return _looked_up(f, node, given, now)
        case "setattr":
            for value in _inside(given.at(2)):
                key = text_of(given.at(1))
                if key is not None and value not in f.attributes.setdefault(key, []):
                    f.attributes[key].append(value)
            return (INERT,)
        case "vars" | "globals" | "locals":
            held_by = [Table(v.qualified) for v in given.at(0) if isinstance(v, Name)]
            return tuple(held_by) or ((Table("."),) if not given.positional else (UNKNOWN,))
        case _ if name in _IMPORTERS:
            module = text_of(given.at(0, "name"))
            if module is None:
                f.report(node, Capability.DYNAMIC_IMPORT, now)
                return (UNKNOWN,)
            whole = module if name != "__import__" or given.at(3, "fromlist") else module.partition(".")[0]
            return (Name(whole),)
        case "functools.partial":
            return given.at(0) or None
        case "map" | "filter":
            rows = [elements(values) for values in given.positional[1:]]
            result = applied(f, given.at(0), node, Given(rows, {}), now) if given.positional else ()
            return (held(result),)
        case "chr":
            code = given.at(0)
            match code:
                case (Constant(value=int(number)),) if 0 <= number < 0x110000:
                    return (Constant(chr(number)),)
            return (INERT,)
        case "open" | "io.open" | "codecs.open":
            return _opened(f, node, given, now)
        case "list" | "tuple" | "set" | "dict" | "sorted" | "reversed" | "enumerate" | "zip" | "frozenset":
            if any(isinstance(value, Held | Name) for value in given.all):
                _pass_on(f, Given([], {"key": given.keywords.get("key", ())}), now)
                return (held(value for values in given.positional for value in elements(values)),)
            return None
        case "next" | "iter" | "min" | "max":
            _pass_on(f, given, now)
            return joined(*(elements(values) for values in given.positional)) or None
        case _:
            return None


def _looked_up(f: Follows, node: ast.AST, given: Given, now: bool) -> Values:
    key = text_of(given.at(1))
    found: list[Value] = [value for value in given.at(2) if not isinstance(value, Constant)]
    for holder in given.at(0):
        if key is not None:
            found += f.attribute(holder, key, node, now)
        else:
            if isinstance(holder, Name) and holder.qualified.partition(".")[0] in _POWERFUL:
                f.report(node, Capability.INDIRECT, now)
            found.append(UNKNOWN)
    for value in found:
        if isinstance(value, Name):
            f.mention(node, value.qualified, now, "use")
    return joined(found) or (UNKNOWN,)


_POWERFUL = frozenset(
    [
        "os",
        "sys",
        "subprocess",
        "builtins",
        "importlib",
        "shutil",
        "socket",
        "ctypes",
        "posix",
        "nt",
        "pty",
        "runpy",
        "code",
        "marshal",
    ]
)


def _opened(f: Follows, node: ast.AST, given: Given, now: bool) -> Values:
    mode = given.at(1, "mode")
    text = text_of(mode) if mode else "r"
    if text is None or set(text) & set("wax+"):
        f.report(node, Capability.WRITE, now)
    return (Thing(True, marks_of(given)),)
