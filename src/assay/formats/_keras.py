"""What deserialising a Keras configuration would import or run (keras/src/saving/serialization_lib.py, legacy/saving).

A layer is `{"class_name", "module", "registered_name", "config"}`; Keras imports `module` and takes `class_name`
from it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded
from assay.facts.structure import Hook, HookKind
from assay.formats._few import few

MAX_NODES = 1_000_000
MAX_HOOKS = 200  # of each kind
# modules of Keras whose functions a configuration names as activations, losses and the like; functions of others act
_FUNCTIONS = frozenset(
    (
        *("activations", "losses", "metrics", "initializers", "regularizers", "constraints"),
        *("ops", "optimizers", "layers", "quantizers", "random"),
    )
)
# layers that hold or load code by their own design
_CODE = {
    "Lambda": "holds a function as Python byte code, which loading unmarshals",
    "TorchModuleWrapper": "holds a pickled PyTorch module, which loading unpickles",
    "TFSMLayer": "loads a TensorFlow SavedModel from a path",
    "JaxLayer": "holds a JAX function",
    "FlaxLayer": "holds a Flax module",
}
_VOCABULARY = frozenset({"StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup"})


def keras_hooks(artifact: str, pointer: str, value: Any) -> Iterator[Hook]:
    """Each entry of a Keras configuration that runs code, imports from outside Keras, or opens a file."""
    hooks = (hook for where, node in _dictionaries(value, pointer) for hook in _judged(artifact, where, node))
    yield from few(hooks, lambda hook: (hook.kind, hook.outside), MAX_HOOKS)


def _dictionaries(value: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    stack, seen = [(pointer, value)], 0
    while stack:
        where, node = stack.pop()
        seen += 1
        if seen > MAX_NODES:
            raise LimitExceeded(
                "Keras configuration of more parts than assay follows", expected=f"at most {MAX_NODES:,}", got="more"
            )
        if isinstance(node, dict):
            yield where, node
            stack.extend(
                (f"{where}/{str(key)[:80]}", entry) for key, entry in node.items() if isinstance(entry, dict | list)
            )
        elif isinstance(node, list):
            stack.extend(
                (f"{where}/{number}", entry) for number, entry in enumerate(node) if isinstance(entry, dict | list)
            )


def _judged(artifact: str, where: str, node: dict[str, Any]) -> Iterator[Hook]:
    name, module = node.get("class_name"), node.get("module")
    config = node.get("config")

    def hook(kind: HookKind, target: str, said: str, outside: bool) -> Hook:
        return Hook(artifact, kind, "Keras", where[:500], target[:300], said, outside)

    if not isinstance(name, str):
        return
    if (
        name in ("__lambda__", "__marshal__")
        or (name == "Lambda" and module in (None, "keras.layers", "keras.src.layers.core.lambda_layer"))
        or name in _CODE
    ):
        target = _function(config)
        said = _CODE.get(name, "holds Python byte code, which loading unmarshals")
        if target:
            said = f"is a Lambda of the function {target}, which loading imports"
        yield hook(HookKind.CODE, target or name, f"layer {_named(config, name)!r} {said}", True)
    elif isinstance(module, str) and module:
        yield from _imported(hook, module, name, config, node.get("registered_name"))
    if name in _VOCABULARY and isinstance(config, dict) and isinstance(config.get("vocabulary"), str):
        path = config["vocabulary"]
        yield hook(
            HookKind.READ,
            path,
            f"layer {_named(config, name)!r} reads its vocabulary from the file {path[:120]!r}",
            _elsewhere(path),
        )


def _imported(hook: Any, module: str, name: str, config: Any, registered: Any) -> Iterator[Hook]:
    root = module.partition(".")[0]
    target = f"{module}.{config if name == 'function' and isinstance(config, str) else name}"
    if root in ("keras", "keras_hub", "keras_nlp", "keras_cv", "tf_keras"):
        parts = set(module.split("."))
        lower = target.rpartition(".")[2][:1].islower()
        if lower and not parts & _FUNCTIONS and name != "DTypePolicy":
            yield hook(
                HookKind.CODE,
                target,
                f"loading takes {target} from Keras, which is none of its layers, activations or losses",
                True,
            )
        return
    if (
        root == "builtins"
        and name == "function"
        and isinstance(config, str)
        and registered in (config, "function", None)
        and config.isidentifier()
        and config not in ("eval", "exec", "compile", "open", "__import__", "getattr", "input", "breakpoint")
    ):
        yield hook(
            HookKind.OPERATOR,
            target,
            f"loading needs the function {config!r}, which the model does not bring along",
            False,
        )
        return
    if root == "builtins" and name in ("dict", "list", "tuple", "set", "bool", "int", "float", "str", "slice"):
        return
    outside = root in sys.stdlib_module_names or root in ("numpy", "torch", "tensorflow", "jax", "joblib", "requests")
    said = (
        f"loading imports {module} and takes {target} from it"
        if outside
        else f"loading needs {target}, which the model does not bring along"
    )
    yield hook(HookKind.CODE if outside else HookKind.OPERATOR, target, said, outside)


def _function(config: Any) -> str:
    """The function that a Lambda layer names rather than holds: its name, with the module it is taken from."""
    if not isinstance(config, dict):
        return ""
    kind = config.get("function_type", "function")
    inner = config.get("function")
    named = isinstance(inner, dict) and inner.get("class_name") == "function"
    source: Any = inner if named else config
    function, module = source.get("config" if named else "function"), source.get("module")
    if not isinstance(function, str) or kind == "lambda" or len(function) > 200:
        return ""
    return f"{module}.{function}" if isinstance(module, str) and module else function


def _named(config: Any, name: str) -> str:
    own = config.get("name") if isinstance(config, dict) else None
    return (own if isinstance(own, str) else name)[:80]


def _elsewhere(path: str) -> bool:
    from assay.formats.container.zip import escapes

    return escapes(path) or "://" in path
