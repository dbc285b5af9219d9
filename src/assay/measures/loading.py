"""Which loaders fit this folder, and what each would open and run, from the names and facts of its files. Nothing is loaded.

The orders of transformers (5.24), PyTorch (2.13), Keras (3.15), joblib and skops were looked up in their sources; those of
sentence-transformers, diffusers, PEFT, llama.cpp, vLLM, ONNX Runtime, MLflow, Hydra and TensorFlow are written from what is
known of them, and were not checked against a version.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from assay.facts.artifact import Artifact
from assay.facts.config import CodeReference
from assay.facts.loading import LoadingPath, Runs, Step
from assay.facts.program import PickleProgram, PythonSource
from assay.facts.structure import Hook, HookKind
from assay.facts.text import ChatTemplate
from assay.measures import Cost, Material, Measure

MAX_STEPS = 500
_TOKENIZER = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
)
_CHECKPOINTS = ("torch-zip", "torch-legacy", "tar")
# who unpickles a file by itself, and the call: its name, and what stands after the path
_PICKLE, _JOBLIB = ("pickle", ("pandas.read_pickle", "")), ("joblib", ("joblib.load", ""))
_UNPICKLES = {"numpy": ("NumPy", ("numpy.load", ", allow_pickle=True")), "compressed": _JOBLIB}
_GRAPHS = {
    "onnx": ("ONNX Runtime", "InferenceSession({!r})"), "keras": ("Keras", "keras.models.load_model({!r})"), "hdf5": ("Keras", "keras.models.load_model({!r})"),
    "saved-model": ("TensorFlow", "tf.saved_model.load({!r})"), "tflite": ("TensorFlow Lite", "Interpreter({!r})"), "executorch": ("ExecuTorch", "Runtime.load_program({!r})"), "openvino": ("OpenVINO", "Core().read_model({!r})"),
    "skops": ("skops", "skops.io.load({!r})"),
}  # fmt: skip


class Folder:
    """The facts about one model, as loaders look them up."""

    def __init__(self, artifacts: tuple[Artifact, ...], facts: dict[str, tuple[object, ...]]) -> None:
        self.formats = {artifact.path: artifact.format for artifact in artifacts}
        self.references = [fact for fact in facts.get("CodeReference", ()) if isinstance(fact, CodeReference)]
        self.sources = {fact.artifact: fact for fact in facts.get("PythonSource", ()) if isinstance(fact, PythonSource)}
        self.pickled = {fact.artifact for fact in facts.get("PickleProgram", ()) if isinstance(fact, PickleProgram)}
        self.hooks = [fact for fact in facts.get("Hook", ()) if isinstance(fact, Hook)]
        self.templates = [fact for fact in facts.get("ChatTemplate", ()) if isinstance(fact, ChatTemplate)]

    def has(self, path: str) -> bool:
        return path in self.formats

    def below(self, root: str) -> list[str]:
        """The files directly in a folder."""
        return sorted(path for path in self.formats if posixpath.dirname(path) == root)


def loading(artifacts: tuple[Artifact, ...], facts: dict[str, tuple[object, ...]]) -> Iterator[LoadingPath]:
    """Each way to load the model that its files fit, in a fixed order."""
    folder = Folder(artifacts, facts)
    for root in sorted({posixpath.dirname(path) for path in folder.formats}):
        yield from _transformers(folder, root)
        yield from _adapter(folder, root)
        yield from _sentence_transformers(folder, root)
        yield from _diffusers(folder, root)
    for path in sorted(folder.formats):
        yield from _single(folder, path)
    yield from _named_by_config(folder, "hydra", "hydra.utils.instantiate(config)")
    yield from _named_by_config(folder, "mlflow", "mlflow.pyfunc.load_model(path)")


def _transformers(folder: Folder, root: str) -> Iterator[LoadingPath]:
    config = posixpath.join(root, "config.json")
    if not folder.has(config):
        return
    where = root or "."
    weights = list(_weights(folder, root))
    opened = [Step(config, "architecture", Runs.NOTHING), *weights]
    generation = posixpath.join(root, "generation_config.json")
    opened += [Step(generation, "sampling defaults", Runs.NOTHING)] if folder.has(generation) else []
    tokens = list(_tokenizer(folder, root))
    yield LoadingPath("transformers", f"AutoModelForCausalLM.from_pretrained({where!r})", "", tuple(opened))
    if tokens:
        yield LoadingPath("transformers", f"AutoTokenizer.from_pretrained({where!r})", "", tuple(tokens))
    if weights:
        yield LoadingPath("vLLM", f"LLM(model={where!r})", "", tuple([opened[0], *tokens, *weights][:MAX_STEPS]))
    code = list(_code(folder, root, "transformers"))
    if code:
        yield LoadingPath(
            "transformers",
            f"AutoModelForCausalLM.from_pretrained({where!r}, trust_remote_code=True)",
            "trust_remote_code=True",
            tuple([opened[0], *code, *weights][:MAX_STEPS]),
        )


def _weights(folder: Folder, root: str) -> Iterator[Step]:
    """The weight files that transformers takes: the first kind that is there, safetensors before pickles."""
    for single, index, pattern, runs in (
        ("model.safetensors", "model.safetensors.index.json", ".safetensors", Runs.NOTHING),
        ("pytorch_model.bin", "pytorch_model.bin.index.json", ".bin", Runs.RESTRICTED),
    ):
        if folder.has(posixpath.join(root, single)):
            yield Step(posixpath.join(root, single), "weights", runs)
            return
        if folder.has(posixpath.join(root, index)):
            yield Step(posixpath.join(root, index), "which shard holds which tensor", Runs.NOTHING)
            stem = single.rpartition(".")[0]
            yield from (
                Step(path, "weights", runs)
                for path in folder.below(root)
                if posixpath.basename(path).startswith(f"{stem}-") and path.endswith(pattern)
            )
            return


def _tokenizer(folder: Folder, root: str) -> Iterator[Step]:
    yield from (
        Step(posixpath.join(root, name), "tokenizer", Runs.NOTHING)
        for name in _TOKENIZER
        if folder.has(posixpath.join(root, name))
    )
    own = [template for template in folder.templates if posixpath.dirname(template.artifact) == root]
    # a file of its own wins over the entry in the configuration
    own.sort(key=lambda template: not template.artifact.endswith(".jinja"))
    yield from (Step(template.artifact, f"chat template {template.name!r}", Runs.TEMPLATE) for template in own[:1])


def _code(folder: Folder, root: str, loader: str) -> Iterator[Step]:
    """Python files that a loader imports from this folder, each followed by what it imports in turn."""
    seen: set[str] = set()
    for reference in folder.references:
        if reference.loader != loader or posixpath.dirname(reference.artifact) != root:
            continue
        said = f"{reference.artifact} {reference.pointer} = {reference.target}"
        if reference.repository is not None:
            yield Step(reference.target, f"{said}, from another repository", Runs.PYTHON)
            continue
        path = reference.path
        if path not in folder.sources:
            yield Step(reference.target, said, Runs.INSTALLED)
            continue
        yield from _imported(folder, path, said, seen)


def _imported(folder: Folder, path: str, said: str, seen: set[str]) -> Iterator[Step]:
    stack = [(path, said)]
    while stack and len(seen) < MAX_STEPS:
        path, said = stack.pop()
        if path in seen:
            continue
        seen.add(path)
        yield Step(path, said, Runs.PYTHON)
        for sibling in reversed(folder.sources[path].siblings):
            base = posixpath.normpath(posixpath.join(posixpath.dirname(path), sibling.path))
            stack += [
                (target, f"{path}:{sibling.line} imports it")
                for target in (f"{base}/__init__.py", f"{base}.py")
                if target in folder.sources
            ]


def _adapter(folder: Folder, root: str) -> Iterator[LoadingPath]:
    config = posixpath.join(root, "adapter_config.json")
    if not folder.has(config):
        return
    steps = [Step(config, "adapter", Runs.NOTHING), *_code(folder, root, "peft")]
    for name, runs in (("adapter_model.safetensors", Runs.NOTHING), ("adapter_model.bin", Runs.RESTRICTED)):
        if folder.has(posixpath.join(root, name)):
            steps.append(Step(posixpath.join(root, name), "adapter weights", runs))
            break
    yield LoadingPath("PEFT", f"AutoPeftModel.from_pretrained({root or '.'!r})", "", tuple(steps))


def _sentence_transformers(folder: Folder, root: str) -> Iterator[LoadingPath]:
    modules = posixpath.join(root, "modules.json")
    if not folder.has(modules):
        return
    code = list(_code(folder, root, "sentence-transformers"))
    steps = [Step(modules, "which modules", Runs.NOTHING), *_weights(folder, root), *_tokenizer(folder, root)]
    call = f"SentenceTransformer({root or '.'!r}{', trust_remote_code=True' if code else ''})"
    yield LoadingPath(
        "sentence-transformers", call, "trust_remote_code=True" if code else "", (*steps[:1], *code, *steps[1:])
    )


def _diffusers(folder: Folder, root: str) -> Iterator[LoadingPath]:
    index = posixpath.join(root, "model_index.json")
    if not folder.has(index):
        return
    code = list(_code(folder, root, "diffusers"))
    steps = [Step(index, "which components", Runs.NOTHING), *code]
    call = f"DiffusionPipeline.from_pretrained({root or '.'!r}{', trust_remote_code=True' if code else ''})"
    yield LoadingPath("diffusers", call, "trust_remote_code=True" if code else "", tuple(steps))


def _single(folder: Folder, path: str) -> Iterator[LoadingPath]:
    """What a user does with one file by itself."""
    kind = folder.formats[path]
    if kind == "gguf":
        templates = [
            Step(path, f"chat template {template.name!r}", Runs.TEMPLATE)
            for template in folder.templates
            if template.artifact == path
        ]
        yield LoadingPath(
            "llama.cpp",
            f"llama-server -m {path}",
            "",
            (Step(path, "weights and tokenizer", Runs.NOTHING), *templates[:1]),
        )
    elif kind in _CHECKPOINTS and path in folder.pickled:
        yield LoadingPath(
            "PyTorch",
            f"torch.load({path!r})",
            "",
            (Step(path, "weights_only is True by default since 2.6", Runs.RESTRICTED),),
        )
        yield LoadingPath(
            "PyTorch",
            f"torch.load({path!r}, weights_only=False)",
            "weights_only=False",
            (Step(path, "every name in the pickle", Runs.PICKLE),),
        )
    elif path in folder.pickled and kind in (*_UNPICKLES, "pickle"):
        loader, spelled = _UNPICKLES.get(kind) or (_JOBLIB if ".joblib" in path else _PICKLE)
        optin = "allow_pickle=True" if kind == "numpy" else ""
        yield LoadingPath(
            loader, f"{spelled[0]}({path!r}{spelled[1]})", optin, (Step(path, "every name in the pickle", Runs.PICKLE),)
        )
    elif kind in _GRAPHS:
        loader, call = _GRAPHS[kind]
        files = [
            Step(hook.path, "tensor values", Runs.NOTHING)
            for hook in folder.hooks
            if hook.artifact == path and hook.kind is HookKind.READ
        ]
        acts = any(hook.artifact == path and hook.kind is HookKind.CODE for hook in folder.hooks)
        yield LoadingPath(
            loader,
            call.format(path),
            "",
            (Step(path, "the graph", Runs.GRAPH if acts else Runs.NOTHING), *files[:MAX_STEPS]),
        )


def _named_by_config(folder: Folder, loader: str, call: str) -> Iterator[LoadingPath]:
    """Loaders that take any name from a configuration: Hydra, MLflow."""
    steps: list[Step] = []
    for root in sorted(
        {posixpath.dirname(reference.artifact) for reference in folder.references if reference.loader == loader}
    ):
        steps += _code(folder, root, loader)
    if steps:
        yield LoadingPath({"hydra": "Hydra", "mlflow": "MLflow"}[loader], call, "", tuple(steps[:MAX_STEPS]))


def run(material: Material) -> Iterator[LoadingPath]:
    """Every way to load the model."""
    yield from loading(material.artifacts, dict(material.facts))


NEEDS = ("Artifact", "CodeReference", "PythonSource", "PickleProgram", "Hook", "ChatTemplate")
MEASURE = Measure("loading", NEEDS, ("LoadingPath",), Cost.HEADER, run, reported=True)
