"""Capabilities of a Python syntax tree: a call counts by the qualified name that its imports give it.

A heuristic by nature: Python can reach anything by indirection. It lists what is written plainly; that it lists
nothing is no proof of absence, and the checks that use it say so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from assay.facts.program import Capability, PythonSource, Reach

MAX_REACHES = 500
# a qualified name, or its beginning up to a dot, and what calling it reaches
_REACHES: dict[str, Capability] = {
    "exec": Capability.EXECUTE, "eval": Capability.EXECUTE, "compile": Capability.EXECUTE,
    "builtins": Capability.EXECUTE, "marshal.loads": Capability.EXECUTE, "runpy": Capability.EXECUTE, "code": Capability.EXECUTE,
    "__import__": Capability.DYNAMIC_IMPORT, "importlib.import_module": Capability.DYNAMIC_IMPORT,
    "importlib.util": Capability.DYNAMIC_IMPORT,
    "os.system": Capability.PROCESS, "os.popen": Capability.PROCESS, "os.exec": Capability.PROCESS, "os.spawn": Capability.PROCESS,
    "os.fork": Capability.PROCESS, "os.posix_spawn": Capability.PROCESS, "subprocess": Capability.PROCESS, "pty": Capability.PROCESS,
    "multiprocessing": Capability.PROCESS,
    "socket": Capability.NETWORK, "ssl": Capability.NETWORK, "urllib": Capability.NETWORK, "http": Capability.NETWORK,
    "requests": Capability.NETWORK, "httpx": Capability.NETWORK, "aiohttp": Capability.NETWORK, "ftplib": Capability.NETWORK,
    "smtplib": Capability.NETWORK, "urllib3": Capability.NETWORK, "paramiko": Capability.NETWORK, "websockets": Capability.NETWORK,
    "torch.hub": Capability.NETWORK, "huggingface_hub": Capability.NETWORK,
    "ctypes": Capability.NATIVE, "cffi": Capability.NATIVE, "torch.ops.load_library": Capability.NATIVE,
    "torch.utils.cpp_extension": Capability.NATIVE,
    "pickle": Capability.UNPICKLE, "cloudpickle": Capability.UNPICKLE, "dill": Capability.UNPICKLE, "joblib.load": Capability.UNPICKLE,
    "torch.load": Capability.UNPICKLE, "shelve": Capability.UNPICKLE,
    "os.remove": Capability.WRITE, "os.unlink": Capability.WRITE, "os.rename": Capability.WRITE, "os.chmod": Capability.WRITE,
    "shutil": Capability.WRITE, "os.makedirs": Capability.WRITE,
    "os.environ": Capability.ENVIRONMENT, "os.getenv": Capability.ENVIRONMENT,
}  # fmt: skip


def source_facts(artifact: str, lines: int, tree: ast.Module) -> PythonSource:
    """The file's imports and reaches, in line order."""
    names = _imported_names(tree)
    modules = sorted({qualified.partition(".")[0] for qualified in names.values()})
    reaches = sorted(set(_reaches(tree, names)), key=lambda reach: (reach.line, reach.capability, reach.seen))
    return PythonSource(artifact, lines, tuple(modules[:500]), tuple(reaches[:MAX_REACHES]))


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


def _reaches(tree: ast.Module, names: dict[str, str]) -> Iterator[Reach]:
    stack: list[tuple[ast.AST, bool]] = [(tree, True)]
    while stack:
        node, at_import = stack.pop()
        inner = at_import and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # decorators and defaults run when the file is imported, the body when somebody calls it
            outside = [
                *node.decorator_list,
                *node.args.defaults,
                *(default for default in node.args.kw_defaults if default),
            ]
            stack.extend((child, at_import) for child in outside)
            stack.extend((child, False) for child in node.body)
            continue
        stack.extend((child, inner) for child in ast.iter_child_nodes(node))
        qualified = _qualified(node.func if isinstance(node, ast.Call) else node, names)
        capability = _capability(qualified, node)
        if capability is not None:
            yield Reach(capability, getattr(node, "lineno", 0), _written(node), at_import)


def _qualified(node: ast.AST, names: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or (parts and node.id not in names):
        return ""  # an attribute of something that was not imported: `code.strip()` is no use of the module `code`
    return ".".join([names.get(node.id, node.id), *reversed(parts)])


def _capability(qualified: str, node: ast.AST) -> Capability | None:
    if isinstance(node, ast.Attribute | ast.Subscript):
        return Capability.ENVIRONMENT if qualified == "os.environ" else None
    if not isinstance(node, ast.Call):
        return None
    if qualified == "open":
        mode = next(
            (
                a.value
                for a in (*node.args[1:2], *(k.value for k in node.keywords if k.arg == "mode"))
                if isinstance(a, ast.Constant)
            ),
            "r",
        )
        return Capability.WRITE if isinstance(mode, str) and set(mode) & set("wax+") else None
    while qualified:
        if qualified in _REACHES:
            return _REACHES[qualified]
        found = next(
            (
                capability
                for name, capability in _REACHES.items()
                if name in ("os.exec", "os.spawn") and qualified.startswith(name)
            ),
            None,
        )
        if found:
            return found
        qualified = qualified.rpartition(".")[0]
    return None


def _written(node: ast.AST) -> str:
    try:
        return ast.unparse(node)[:160]
    except (RecursionError, ValueError):
        return type(node).__name__
