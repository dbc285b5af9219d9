"""What a Python file could reach (processes, network, native code ...), from its syntax tree.

A call counts by the qualified name that imports, aliases and getattr give it. A heuristic by nature: Python can reach
anything by indirection. It lists what is written plainly or nearly so; that it lists nothing is no proof of absence,
and the checks that use it say so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from assay.facts.program import Capability, PythonSource, Reach, Sibling

MAX_REACHES = 500
HIDDEN = 40  # characters of a literal from which decoding it counts as hiding
# qualified names, or their beginnings up to a dot, by what calling them reaches
_NAMES = {
    Capability.EXECUTE: "exec eval compile builtins marshal.loads runpy code types.FunctionType types.CodeType",
    Capability.DYNAMIC_IMPORT: "__import__ importlib.import_module importlib.util importlib.machinery",
    Capability.PROCESS: (
        "os.system os.popen os.exec os.spawn os.fork os.posix_spawn os.startfile subprocess pty posix.system "
        "nt.system _posixsubprocess asyncio.create_subprocess multiprocessing"
    ),
    Capability.NETWORK: (
        "socket ssl urllib.request http requests httpx aiohttp ftplib smtplib urllib3 paramiko websockets "
        "xmlrpc telnetlib asyncio.open_connection torch.hub huggingface_hub"
    ),
    Capability.NATIVE: "ctypes cffi torch.ops.load_library torch.utils.cpp_extension torch.classes.load_library",
    Capability.UNPICKLE: (
        "pickle.load pickle.loads pickle.Unpickler cloudpickle dill joblib.load torch.load shelve yaml.load "
        "yaml.unsafe_load numpy.load"
    ),
    Capability.WRITE: "os.remove os.unlink os.rename os.chmod shutil os.makedirs os.symlink",
    Capability.ENVIRONMENT: "os.environ os.getenv",
    Capability.DECODE: (
        "base64 binascii zlib.decompress bz2.decompress lzma.decompress codecs.decode bytes.fromhex bytearray.fromhex"
    ),
}
_REACHES = {name: capability for capability, names in _NAMES.items() for name in names.split()}
_IMPORTERS = ("__import__", "importlib.import_module")
_BUILTIN = frozenset({"exec", "eval", "compile", "__import__", "open", "getattr", "bytes", "bytearray"})


def source_facts(artifact: str, lines: int, tree: ast.Module) -> PythonSource:
    """The file's imports and reaches, in line order."""
    names = _imported_names(tree)
    modules = sorted({qualified.partition(".")[0] for qualified in names.values()})
    names |= _aliases(tree, names)
    reaches = sorted(
        set(_Survey(names, _run_at_import(tree)).reaches(tree)),
        key=lambda reach: (reach.line, reach.capability, reach.seen),
    )
    return PythonSource(
        artifact, lines, tuple(modules[:500]), tuple(_siblings(tree))[:500], tuple(reaches[:MAX_REACHES])
    )


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name -> qualified name, for every import anywhere in the file."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                names[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def _siblings(tree: ast.Module) -> Iterator[Sibling]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            up = "../" * (node.level - 1)
            if node.module:
                yield Sibling(node.lineno, up + node.module.replace(".", "/"))
            else:
                yield from (Sibling(node.lineno, up + alias.name) for alias in node.names)


def _aliases(tree: ast.Module, names: dict[str, str]) -> dict[str, str]:
    """Names that are plainly assigned something imported or built in: `run = os.system`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            qualified = _qualified(node.value, names)
            if qualified and (qualified in _BUILTIN or "." in qualified or qualified in names.values()):
                found.setdefault(node.targets[0].id, qualified)
    return found


def _run_at_import(tree: ast.Module) -> frozenset[str]:
    """The functions of the file that importing it calls, directly or through each other."""
    bodies = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    called, fresh = set[str](), _calls(tree.body)
    while fresh:
        called |= fresh
        fresh = {name for known in fresh if known in bodies for name in _calls(bodies[known].body)} - called
    return frozenset(called & bodies.keys())


def _calls(body: list[ast.stmt]) -> set[str]:
    """Names called in statements, outside the functions that they define."""
    found: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            stack.extend(node.decorator_list if not isinstance(node, ast.Lambda) else ())
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(node.func.id)
        stack.extend(ast.iter_child_nodes(node))
    return found


class _Survey:
    """One walk over a tree, with what names stand for and which functions run at import."""

    def __init__(self, names: dict[str, str], called: frozenset[str]) -> None:
        self._names, self._called = names, called

    def reaches(self, tree: ast.Module) -> Iterator[Reach]:
        """Each use of a capability, and whether importing the file alone runs it."""
        stack: list[tuple[ast.AST, bool]] = [(tree, True)]
        while stack:
            node, at_import = stack.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # decorators and defaults run when the file is imported, the body when somebody calls it
                outside = [
                    *node.decorator_list,
                    *node.args.defaults,
                    *(default for default in node.args.kw_defaults if default),
                ]
                stack.extend((child, at_import) for child in outside)
                stack.extend((child, node.name in self._called) for child in node.body)
                continue
            inner = at_import and not isinstance(node, ast.Lambda)
            stack.extend((child, inner) for child in ast.iter_child_nodes(node))
            capability = self._capability(node)
            if capability is not None:
                yield Reach(capability, getattr(node, "lineno", 0), _written(node), at_import)

    def _capability(self, node: ast.AST) -> Capability | None:
        qualified = _qualified(node.func if isinstance(node, ast.Call) else node, self._names)
        if isinstance(node, ast.Attribute | ast.Subscript):
            return Capability.ENVIRONMENT if qualified == "os.environ" else None
        if not isinstance(node, ast.Call):
            return None
        if qualified == "open":
            return Capability.WRITE if _writes(node) else None
        if qualified == "torch.load" and any(
            key.arg == "weights_only" and isinstance(key.value, ast.Constant) and key.value.value is True
            for key in node.keywords
        ):
            return None
        found = _listed(qualified)
        if found is Capability.DECODE and not _hides(node):
            return None
        return found


def _listed(qualified: str) -> Capability | None:
    while qualified:
        if qualified in _REACHES:
            return _REACHES[qualified]
        for name in ("os.exec", "os.spawn", "asyncio.create_subprocess"):
            if qualified.startswith(name):
                return _REACHES[name]
        qualified = qualified.rpartition(".")[0]
    return None


def _writes(node: ast.Call) -> bool:
    mode = next(
        (
            argument.value
            for argument in (*node.args[1:2], *(key.value for key in node.keywords if key.arg == "mode"))
            if isinstance(argument, ast.Constant)
        ),
        "r",
    )
    return isinstance(mode, str) and bool(set(mode) & set("wax+"))


def _hides(node: ast.Call) -> bool:
    """Whether a decoder is given a long literal of the file itself."""
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str | bytes) and len(part.value) >= HIDDEN
        for argument in node.args
        for part in ast.walk(argument)
    )


def _qualified(node: ast.AST, names: dict[str, str]) -> str:
    """The dotted name that an expression stands for, or nothing.

    getattr with a literal and imports by call count as if they were written out.
    """
    parts: list[str] = []
    while True:
        match node:
            case ast.Attribute(value=value, attr=attr):
                parts.append(attr)
                node = value
            case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str(attr)), *_]):
                parts.append(attr)
                node = value
            case ast.Subscript(
                value=ast.Name(id="__builtins__") | ast.Attribute(attr="__dict__") as holder,
                slice=ast.Constant(value=str(attr)),
            ):
                if isinstance(holder, ast.Name):
                    return ".".join([attr, *reversed(parts)])
                parts.append(attr)
                node = holder.value
            case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]) if (
                parts and _qualified(function, names) in _IMPORTERS
            ):
                return ".".join([module, *reversed(parts)])
            case _:
                break
    if not isinstance(node, ast.Name) or (parts and node.id not in names and node.id not in _BUILTIN):
        return ""  # an attribute of something that was not imported: `code.strip()` is no use of the module `code`
    return ".".join([names.get(node.id, node.id), *reversed(parts)])


def _written(node: ast.AST) -> str:
    try:
        return ast.unparse(node)[:160]
    except (RecursionError, ValueError):
        return type(node).__name__
