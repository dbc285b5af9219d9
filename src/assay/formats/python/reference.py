"""Config entries that make a loader import code, or take it from another repository.

Sources: transformers dynamic_module_utils.py and models/rag/retrieval_rag.py (4.57), mlx-lm utils.py `load_model`
(CVE-2026-5843), PEFT, diffusers, sentence-transformers, Hydra, MLflow `pyfunc` (model_code_path, code), TorchServe
model-archiver manifests, fairseq `--user-dir`, torchtune `_component_`, Lightning CLI `class_path`, NeMo and latent
diffusion `target`, BentoML bentofile.yaml. Whatever else is written like a file of code counts as a name of one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded
from assay.facts.config import ANY, RAG, TRUST, CodeReference
from assay.lazy import regex

MOST = 1000
# key -> who follows it; the value names a class or function by module, or (auto_map) by a file of the model
_LOADERS = {
    "auto_map": "transformers",
    "custom_pipelines": "transformers",
    "custom_generate": "transformers",
    "auto_mapping": "peft",
    "custom_pipeline": "diffusers",
    "_target_": "hydra",
    "_component_": "torchtune",
    "class_path": "lightning",
    "loader_module": "mlflow",
    "model_code_path": "mlflow",
    "model_file": "mlx-lm",
    "user_dir": "fairseq",
}
_FILE = regex(r"[\w./ @+-]{1,250}\.(?:py|pyc|pyd|so|dll|dylib|sh)(?::\w+)?\Z")
_DOTTED = regex(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_YES = frozenset({"true", "yes", "on"})  # YAML 1.1, of which the reader keeps texts
# what stands beside `trust_remote_code` and says where the code comes from
_PLACES = ("path", "name", "repo", "repo_id", "dataset", "model", "model_name", "model_name_or_path",
           "pretrained_model_name_or_path", "pretrained_model_name", "dataset_name", "tokenizer")  # fmt: skip
_SERVED = frozenset({"image_classifier", "image_segmenter", "object_detector", "text_classifier"})  # TorchServe's own
# libraries of model_index.json whose classes diffusers takes from itself or the library (its pipeline_loading_utils.py)
_DIFFUSERS = frozenset({"diffusers", "transformers", "onnxruntime.training", "stable_diffusion", "null"})


def code_references(artifact: str, value: object) -> Iterator[CodeReference]:
    """Every reference to code in a parsed config, wherever it is nested, in key order."""
    for number, row in enumerate(_references(artifact, value)):
        if number == MOST:
            raise LimitExceeded("more references to code than assay lists", expected=f"at most {MOST:,}", got="more")
        yield row


def _references(artifact: str, value: object) -> Iterator[CodeReference]:
    name = artifact.rpartition("/")[2]
    if name == "modules.json":
        yield from _modules(artifact, value)
    elif name == "model_index.json":
        yield from _pipeline(artifact, value)
    elif name == "MANIFEST.json":
        yield from _archive(artifact, value)
    elif name == "bentofile.yaml":
        yield from _served(artifact, value)
    elif name == "MLmodel":
        yield from _folders(artifact, value)
    stack: list[tuple[str, object]] = [("", value)]
    seen: set[int] = set()  # YAML's aliases let one list occur many times
    while stack:
        pointer, node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            key = pointer.rpartition("/")[2]
            for number, entry in enumerate(node):
                where = f"{pointer}/{number}"
                if isinstance(entry, dict | list):
                    stack.append((where, entry))
                elif isinstance(entry, str) and len(entry) < 300 and (row := _plain(artifact, where, key, entry)):
                    yield row
        elif isinstance(node, dict):
            yield from _whole(artifact, pointer, node)
            for key in sorted(node):
                entry, where = node[key], f"{pointer}/{escaped(key)}"
                if key in _LOADERS:
                    for target_pointer, target in _targets(where, entry, key):
                        yield _reference(artifact, target_pointer, target, _LOADERS[key])
                    stack += _inner(where, entry)
                elif isinstance(entry, dict | list):
                    stack.append((where, entry))
                elif isinstance(entry, str) and len(entry) < 300 and (row := _plain(artifact, where, key, entry)):
                    yield row


def _modules(artifact: str, value: object) -> Iterator[CodeReference]:
    """sentence-transformers: a list of modules, each with the class that makes it."""
    for number, entry in enumerate(value if isinstance(value, list) else ()):
        kind = entry.get("type") if isinstance(entry, dict) else None
        if isinstance(kind, str) and not kind.startswith("sentence_transformers."):
            yield _reference(artifact, f"/{number}/type", kind, "sentence-transformers")


def _pipeline(artifact: str, value: object) -> Iterator[CodeReference]:
    """diffusers: component -> [library, class]; a library that is none is a file of the model."""
    for key in sorted(value) if isinstance(value, dict) else ():
        entry = value[key]  # type: ignore[index]
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], str):
            if entry[0].partition(".")[0] not in _DIFFUSERS and entry[0] not in _DIFFUSERS:
                yield _reference(artifact, f"/{escaped(key)}", f"{entry[0]}.{entry[1]}", "diffusers")
        elif key == "_class_name" and isinstance(entry, list) and len(entry) == 2:
            yield _reference(artifact, "/_class_name", ".".join(map(str, entry)), "diffusers")


def _plain(artifact: str, pointer: str, key: str, entry: str) -> CodeReference | None:
    """A text that is written like a file of code, or like a class to make."""
    if _FILE.match(entry):
        return _reference(artifact, pointer, entry, ANY)
    if key == "target" and _DOTTED.match(entry):
        return _reference(artifact, pointer, entry, "target")
    return None


def _whole(artifact: str, pointer: str, node: dict[str, Any]) -> Iterator[CodeReference]:
    """What several entries say together: remote code that the file itself allows, an index that is fetched."""
    trusts = node.get("trust_remote_code")
    if trusts is True or (isinstance(trusts, str) and trusts.lower() in _YES):
        place = next((text for key in _PLACES if isinstance(text := node.get(key), str) and text), None)
        said = f"trust_remote_code: true{f' for {place}' if place else ''}"[:500]
        yield CodeReference(artifact, f"{pointer}/trust_remote_code"[:500], said, "", place and place[:300], TRUST)
    index = node.get("index_path")
    if "index_name" in node and isinstance(index, str) and index and node["index_name"] in (None, "legacy"):
        yield CodeReference(artifact, f"{pointer}/index_path"[:500], index[:500], "", index[:300], RAG)


def _archive(artifact: str, value: object) -> Iterator[CodeReference]:
    """TorchServe: the handler of an archive, and the file of the model's class, from the folder above the manifest."""
    model = value.get("model") if isinstance(value, dict) else None
    for key in ("handler", "modelFile") if isinstance(model, dict) else ():
        target = model[key] if isinstance(model.get(key), str) else ""  # type: ignore[index, union-attr]
        if target and target not in _SERVED:
            file = target.partition(":")[0]
            module = f"../{file if file.endswith('.py') else f'{file}.py'}"
            yield CodeReference(artifact, f"/model/{key}", target[:500], module[:500], None, "TorchServe")


def _served(artifact: str, value: object) -> Iterator[CodeReference]:
    service = value.get("service") if isinstance(value, dict) else None
    if isinstance(service, str) and service:
        yield _reference(artifact, "/service", service.partition(":")[0], "BentoML")


def _folders(artifact: str, value: object) -> Iterator[CodeReference]:
    """MLflow: folders that loading puts in front of the path of imports (mlflow.utils.model_utils, `code`)."""
    flavors = value.get("flavors") if isinstance(value, dict) else None
    for flavor in sorted(flavors) if isinstance(flavors, dict) else ():
        entries = flavors[flavor]  # type: ignore[index]
        code = entries.get("code") if isinstance(entries, dict) else None
        if isinstance(code, str) and code:
            pointer = f"/flavors/{escaped(flavor)}/code"
            yield CodeReference(artifact, pointer, code[:500], code[:500], None, "mlflow")


def _targets(pointer: str, entry: Any, key: str) -> Iterator[tuple[str, str]]:
    if key == "auto_mapping" and isinstance(entry, dict):
        library, kind = entry.get("parent_library"), entry.get("base_model_class")
        if isinstance(library, str) and isinstance(kind, str):
            yield pointer, f"{library}.{kind}"
            return
    if isinstance(entry, str):
        yield pointer, entry
    elif isinstance(entry, list):
        yield from ((f"{pointer}/{number}", text) for number, text in enumerate(entry) if isinstance(text, str))
    elif isinstance(entry, dict):
        for name in sorted(entry):
            if not isinstance(entry[name], dict):
                yield from _targets(f"{pointer}/{escaped(name)}", entry[name], key)


def _inner(pointer: str, entry: object) -> Iterator[tuple[str, object]]:
    """The lists and objects in a list or an object: what they hold is nothing that the loader of it follows."""
    rows = entry.items() if isinstance(entry, dict) else enumerate(entry) if isinstance(entry, list) else ()
    yield from ((f"{pointer}/{escaped(str(key))}", row) for key, row in rows if isinstance(row, dict | list))


def _reference(artifact: str, pointer: str, target: str, loader: str) -> CodeReference:
    repository, separator, rest = target.partition("--")
    qualified = rest if separator else target
    if loader == "diffusers" and pointer.endswith("/custom_pipeline") and "/" in target and not _FILE.match(target):
        repository, separator = target, "/"  # org/name: its pipeline.py
    if loader == "fairseq":
        file = f"{qualified.rstrip('/')}/__init__.py"
    elif _FILE.match(qualified):
        file = posixpath.normpath(qualified.partition(":")[0])
    elif loader in ("mlflow", "BentoML") and not pointer.endswith("/model_code_path"):
        file = f"{qualified.replace('.', '/')}.py"  # a module as a whole
    else:
        module = qualified.rpartition(".")[0] or qualified
        file = f"{module.replace('.', '/')}.py"
    return CodeReference(
        artifact, pointer[:500], target[:500], file[:500], repository[:300] if separator else None, loader
    )


def escaped(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key[:200].replace("~", "~0").replace("/", "~1")  # RFC 6901, section 3
