"""Which loaders fit this folder, and what each would open and run, from what its files say. Nothing is loaded.

Which weights transformers, diffusers, sentence-transformers, timm and PEFT take is data with its source
(facts/precedence.py). The orders of PyTorch (2.13), Keras (3.15), joblib and skops were looked up in their sources;
those of llama.cpp, vLLM, ONNX Runtime, MLflow, Hydra and TensorFlow are written from what is known of them, and were
not checked against a version.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from assay.facts.config import RAG, ConfigValues, ModelConfig
from assay.facts.loading import LoadingPath, Runs, Step
from assay.facts.model import Model, folder
from assay.facts.precedence import DIFFUSERS, EXPLICIT, PEFT, SENTENCE_TRANSFORMERS, TIMM, TRANSFORMERS, Order
from assay.facts.structure import HookKind
from assay.lazy import regex
from assay.measures import Cost, Material, Measure
from assay.measures._unpickling import call as unpickling
from assay.measures._unpickling import trained

MAX_STEPS = 500
MOST_VARIANTS = 8
_VARIANT = regex(
    r"(?:diffusion_pytorch_model|model|pytorch_model)"
    r"\.(?:(?!bin\b|safetensors\b|index\b)(\w+)(?:-\d{5}-of-\d{5})?\.(?:bin|safetensors)\Z"
    r"|(?:bin|safetensors)\.(?:index\.)?(?!index\b|json\b)(\w+)\.(?:index\.)?json\Z)"
)
_MODULE = regex(r"\d{1,3}_\w+\Z")  # sentence-transformers saves each module in such a folder
# what an architecture's name ends in, and the class that gives the model that head
_HEADS = tuple(
    (f"For{head}", f"AutoModelFor{head}")
    for head in (
        "MaskedLM",
        "SequenceClassification",
        "TokenClassification",
        "QuestionAnswering",
        "MultipleChoice",
        "ImageClassification",
        "ObjectDetection",
        "CTC",
    )
)
# families that only encode, by `model_type`: their configs often name no architecture
_ENCODERS = frozenset(
    {"albert", "bert", "camembert", "clip", "deberta", "deberta-v2", "distilbert", "electra", "hubert", "longformer"}
    | {"modernbert", "mpnet", "nomic_bert", "roberta", "siglip", "vit", "wav2vec2", "xlm-roberta"}
)
_GENERATES = regex(r"CausalLM|LMHead|Generation")
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
_TORCH_NAMES = (".pt", ".pth", ".bin", ".ckpt", ".th", ".pt.tar", ".pth.tar")
_CHECKPOINTS = ("torch-zip", "torch-legacy", "tar")
_GRAPHS = {
    "onnx": ("ONNX Runtime", "InferenceSession({!r})"),
    "keras": ("Keras", "keras.models.load_model({!r})"),
    "hdf5": ("Keras", "keras.models.load_model({!r})"),
    "saved-model": ("TensorFlow", "tf.saved_model.load({!r})"),
    "tflite": ("TensorFlow Lite", "Interpreter({!r})"),
    "executorch": ("ExecuTorch", "Runtime.load_program({!r})"),
    "openvino": ("OpenVINO", "Core().read_model({!r})"),
    "skops": ("skops", "skops.io.load({!r})"),
}
# loaders that import what a configuration names: as a person knows them, and the call
_CALLS = {
    "hydra": ("Hydra", "hydra.utils.instantiate(config)"),
    "mlflow": ("MLflow", "mlflow.pyfunc.load_model(path)"),
    "mlx-lm": ("mlx-lm", "mlx_lm.load(path)"),
    "fairseq": ("fairseq", "fairseq.checkpoint_utils.load_model_ensemble_and_task([path])"),
    "TorchServe": ("TorchServe", "torchserve --models model.mar"),
    "BentoML": ("BentoML", "bentoml serve ."),
    "torchtune": ("torchtune", "tune run --config config.yaml"),
    "lightning": ("Lightning", "LightningCLI()"),
    RAG: ("transformers", "RagRetriever.from_pretrained(path)"),
}


def loading(model: Model, values: tuple[ConfigValues, ...] = ()) -> Iterator[LoadingPath]:
    """Each way to load the model that its files fit, in a fixed order."""
    by_path = {row.artifact: row for row in values}
    for root in model.folders():
        stated = by_path.get(posixpath.join(root, "config.json"))
        yield from _transformers(model, root, stated)
        yield from _timm(model, root, stated)
        yield from _adapter(model, root)
        yield from _sentence_transformers(model, root)
        yield from _diffusers(model, root)
    for artifact in model.artifacts:
        yield from _single(model, artifact.path, artifact.format)
    for loader, (title, call) in _CALLS.items():
        yield from _named_by_config(model, loader, title, call)


def _transformers(model: Model, root: str, stated: ConfigValues | None) -> Iterator[LoadingPath]:
    config = posixpath.join(root, "config.json")
    described = next((row for row in model.configs if row.artifact == config), None)
    if not model.has(config) or (_part(described) if described else not _unread(model, config)):
        return
    where, auto = root or ".", _auto(described)
    explicit = stated.get(EXPLICIT) if stated else None
    weights = list(_weights(model, root, explicit=explicit if isinstance(explicit, str) else ""))
    opened = [Step(config, "architecture", Runs.NOTHING), *weights]
    generation = posixpath.join(root, "generation_config.json")
    opened += [Step(generation, "sampling defaults", Runs.NOTHING)] if model.has(generation) else []
    tokens = list(_tokenizer(model, root))
    yield LoadingPath("transformers", f"{auto}.from_pretrained({where!r})", "", tuple(opened))
    if tokens:
        yield LoadingPath("transformers", f"AutoTokenizer.from_pretrained({where!r})", "", tuple(tokens))
    if weights:
        yield LoadingPath("vLLM", f"LLM(model={where!r})", "", _few([opened[0], *tokens, *weights]))
    code = list(_code(model, root, "transformers"))
    if code:
        yield LoadingPath(
            "transformers",
            f"{auto}.from_pretrained({where!r}, trust_remote_code=True)",
            "trust_remote_code=True",
            _few([opened[0], *code, *weights]),
        )


def _auto(config: ModelConfig | None) -> str:
    """The class by which a user loads a model of this configuration (transformers 5, models/auto/modeling_auto.py)."""
    if config and not config.architectures:
        return "AutoModel" if config.family in _ENCODERS else "AutoModelForCausalLM"
    names = config.architectures if config else ()
    head = next((auto for end, auto in _HEADS for name in names if name.endswith(end)), "")
    if head:
        return head
    generates = not names or any(_GENERATES.search(row) for row in names)
    return "AutoModelForCausalLM" if generates else "AutoModel"


def _part(config: ModelConfig) -> bool:
    """Whether it names the class of a component (diffusers), which the pipeline around it opens."""
    return config.family[:1].isupper() and not config.architectures


def _unread(model: Model, path: str) -> bool:
    return any(row.artifact == path for row in model.obstacles)


def _weights(
    model: Model, root: str, order: Order = TRANSFORMERS, variant: str = "", explicit: str = ""
) -> Iterator[Step]:
    """The weight files that a loader takes: the one that the config names, else the first in its own order."""
    names = [posixpath.basename(path) for path in model.below(root)]
    taken = explicit or order.taken(names, variant)
    if taken is None:
        return
    path = posixpath.normpath(posixpath.join(root, taken))
    said = "adapter weights" if order is PEFT else f"weights, as {EXPLICIT} says" if explicit else "weights"
    if not taken.endswith(".json"):
        yield Step(path, said, Runs.NOTHING if taken.endswith(".safetensors") else Runs.RESTRICTED)
        return
    yield Step(path, "which shard holds which tensor", Runs.NOTHING)
    for shard in model.listed(path):
        yield Step(shard, said, Runs.NOTHING if shard.endswith(".safetensors") else Runs.RESTRICTED)


def _tokenizer(model: Model, root: str) -> Iterator[Step]:
    yield from (
        Step(posixpath.join(root, name), "tokenizer", Runs.NOTHING)
        for name in _TOKENIZER
        if model.has(posixpath.join(root, name))
    )
    own = [template for template in model.templates if folder(template.artifact) == root]
    # a file of its own wins over the entry in the configuration
    own.sort(key=lambda template: not template.artifact.endswith(".jinja"))
    yield from (Step(template.artifact, f"chat template {template.name!r}", Runs.TEMPLATE) for template in own[:1])


def _code(model: Model, root: str, loader: str) -> Iterator[Step]:
    """Python files that a loader imports from this folder, each followed by what it imports in turn."""
    seen: set[str] = set()
    for reference in model.references:
        if reference.loader != loader or folder(reference.artifact) != root:
            continue
        said = f"{reference.artifact} {reference.pointer} = {reference.target}"
        if reference.repository is not None:
            yield Step(reference.target, f"{said}, from another repository", Runs.PYTHON)
            continue
        path = reference.path
        if model.source(path) is None:
            yield Step(reference.target, said, Runs.INSTALLED)
            continue
        yield from _imported(model, path, said, seen)


def _few(steps: Sequence[Step]) -> tuple[Step, ...]:
    """At most MAX_STEPS of these in their order, those that run something before those that do not."""
    numbers = sorted(range(len(steps)), key=lambda number: steps[number].runs is Runs.NOTHING)
    return tuple(steps[number] for number in sorted(numbers[:MAX_STEPS]))


def _imported(model: Model, path: str, said: str, seen: set[str]) -> Iterator[Step]:
    stack = [(path, said)]
    while stack:
        path, said = stack.pop()
        if path in seen:
            continue
        seen.add(path)
        yield Step(path, said, Runs.PYTHON)
        stack += [(target, f"{path}:{line} imports it") for target, line in reversed(tuple(model.imported(path)))]


def _adapter(model: Model, root: str) -> Iterator[LoadingPath]:
    config = posixpath.join(root, "adapter_config.json")
    if not model.has(config):
        return
    steps = [Step(config, "adapter", Runs.NOTHING), *_code(model, root, "peft")]
    steps += _weights(model, root, PEFT)
    yield LoadingPath("PEFT", f"AutoPeftModel.from_pretrained({root or '.'!r})", "", tuple(steps))


def _sentence_transformers(model: Model, root: str) -> Iterator[LoadingPath]:
    modules = posixpath.join(root, "modules.json")
    if not model.has(modules):
        return
    code = list(_code(model, root, "sentence-transformers"))
    steps = [Step(modules, "which modules", Runs.NOTHING), *_weights(model, root), *_tokenizer(model, root)]
    for part in _parts(model, root):
        if _MODULE.match(posixpath.basename(part)):
            order = TRANSFORMERS if posixpath.basename(part).startswith("0_") else SENTENCE_TRANSFORMERS
            steps += _weights(model, part, order)
    call = f"SentenceTransformer({root or '.'!r}{', trust_remote_code=True' if code else ''})"
    yield LoadingPath(
        "sentence-transformers", call, "trust_remote_code=True" if code else "", (*steps[:1], *code, *steps[1:])
    )


def _diffusers(model: Model, root: str) -> Iterator[LoadingPath]:
    index = posixpath.join(root, "model_index.json")
    if not model.has(index):
        return
    code = list(_code(model, root, "diffusers"))
    call, trust = f"DiffusionPipeline.from_pretrained({root or '.'!r}", "trust_remote_code=True" if code else ""
    components = list(_components(model, root))
    for variant in ("", *sorted({name for _, _, found in components for name in found})[:MOST_VARIANTS]):
        steps = [Step(index, "which components", Runs.NOTHING), *code]
        for part, order, variants in components:
            steps += _weights(model, part, order, variant if variant in variants else "")
        options = [f"variant={variant!r}"] if variant else []
        shown = "".join(f", {option}" for option in (*options, *([trust] if trust else [])))
        yield LoadingPath("diffusers", f"{call}{shown})", trust or ", ".join(options), _few(steps))


def _components(model: Model, root: str) -> Iterator[tuple[str, Order, frozenset[str]]]:
    """Each component of a pipeline: its folder, the order of the library that it is of, and its variants.

    diffusers asks a component for a variant only if a file in its folder has one (pipeline_loading_utils.py,
    `_identify_model_variants`).
    """
    for part in _parts(model, root):
        config = posixpath.join(part, "config.json")
        described = next((row for row in model.configs if row.artifact == config), None)
        if described is not None:
            named = (_VARIANT.match(posixpath.basename(path)) for path in model.below(part))
            order = DIFFUSERS if _part(described) else TRANSFORMERS
            yield part, order, frozenset(match[1] or match[2] for match in named if match)


def _parts(model: Model, root: str) -> list[str]:
    """The folders directly in a folder."""
    return [part for part in model.folders() if part and posixpath.dirname(part) == root]


def _timm(model: Model, root: str, stated: ConfigValues | None) -> Iterator[LoadingPath]:
    """timm's own form of a config: the name of an architecture, and settings of its weights."""
    if stated is None or not isinstance(stated.get("architecture"), str):
        return
    if not any(name.startswith("pretrained_cfg.") for name, _ in stated.entries):
        return
    if weights := list(_weights(model, root, TIMM)):
        call = f"timm.create_model('local-dir:{root or '.'}', pretrained=True)"
        yield LoadingPath("timm", call, "", (Step(stated.artifact, "architecture", Runs.NOTHING), *weights))


def _single(model: Model, path: str, kind: str) -> Iterator[LoadingPath]:
    """What a user does with one file by itself."""
    if kind == "gguf":
        templates = [
            Step(path, f"chat template {template.name!r}", Runs.TEMPLATE)
            for template in model.templates
            if template.artifact == path
        ]
        yield LoadingPath(
            "llama.cpp",
            f"llama-server -m {path}",
            "",
            (Step(path, "weights and tokenizer", Runs.NOTHING), *templates[:1]),
        )
    elif kind in _CHECKPOINTS and model.pickled(path):
        yield from _checkpoint(model, path)
    elif kind == "pickle" and model.pickled(path) and path.lower().endswith(_TORCH_NAMES) and _plain(model, path):
        yield from _refused(path)
    elif model.pickled(path) and kind in ("numpy", "compressed", "pickle"):
        if kind == "numpy":
            loader, call, optin = "NumPy", f"numpy.load({path!r}, allow_pickle=True)", "allow_pickle=True"
        else:
            program = model.pickle(path)
            loader, call = unpickling(path, program) if program else ("joblib", f"joblib.load({path!r})")
            optin = ""
        yield LoadingPath(loader, call, optin, (Step(path, "every name in the pickle", Runs.PICKLE),))
    elif kind in _GRAPHS:
        loader, call = _GRAPHS[kind]
        files = [
            Step(hook.path, "tensor values", Runs.NOTHING)
            for hook in model.hooks
            if hook.artifact == path and hook.kind is HookKind.READ
        ]
        acts = any(hook.artifact == path and hook.kind is HookKind.CODE for hook in model.hooks)
        yield LoadingPath(
            loader,
            call.format(path),
            "",
            (Step(path, "the graph", Runs.GRAPH if acts else Runs.NOTHING), *files[:MAX_STEPS]),
        )


def _checkpoint(model: Model, path: str) -> Iterator[LoadingPath]:
    """How a PyTorch checkpoint is opened: TorchScript by its own loader, a whole network by what wrote it."""
    program = model.pickle(path)
    if program and program.loader == "torchscript":
        acts = any(hook.artifact == path and hook.kind is HookKind.CODE for hook in model.hooks)
        step = Step(path, "TorchScript, compiled and run by PyTorch", Runs.GRAPH if acts else Runs.NOTHING)
        yield LoadingPath("PyTorch", f"torch.jit.load({path!r})", "", (step,))
        return
    every = (Step(path, "every name in the pickle", Runs.PICKLE),)
    if program and (own := trained(path, program)):
        yield LoadingPath(*own, "", every)
    yield LoadingPath(
        "PyTorch",
        f"torch.load({path!r})",
        "",
        (Step(path, "weights_only is True by default since 2.6", Runs.RESTRICTED),),
    )
    yield LoadingPath("PyTorch", f"torch.load({path!r}, weights_only=False)", "weights_only=False", every)


def _plain(model: Model, path: str) -> bool:
    """Whether no library of its own opens the pickle."""
    program = model.pickle(path)
    return program is not None and unpickling(path, program)[0] == "pickle"


def _refused(path: str) -> Iterator[LoadingPath]:
    """How a pickle under the name of a checkpoint is opened: PyTorch refuses it, after unpickling it if it may.

    torch/serialization.py, `_legacy_load`: the first pickle is loaded, and then compared with the magic number.
    """
    restricted = Step(path, "weights_only is True by default since 2.6", Runs.RESTRICTED)
    yield LoadingPath("PyTorch", f"torch.load({path!r})", "", (restricted,))
    every = Step(path, "to look for its magic number, before it is refused: every name in the pickle", Runs.PICKLE)
    yield LoadingPath("PyTorch", f"torch.load({path!r}, weights_only=False)", "weights_only=False", (every,))


def _named_by_config(model: Model, loader: str, title: str, call: str) -> Iterator[LoadingPath]:
    """Loaders that take a name from a configuration and import it by themselves."""
    steps: list[Step] = []
    for root in sorted({folder(reference.artifact) for reference in model.references if reference.loader == loader}):
        steps += _code(model, root, loader)
    if steps:
        yield LoadingPath(title, call, "", _few(steps))


def run(material: Material) -> Iterator[LoadingPath]:
    """Every way to load the model."""
    for model in material.all("Model")[-1:]:
        yield from loading(model, material.all("ConfigValues"))


MEASURE = Measure("loading", ("Model", "ConfigValues"), ("LoadingPath",), Cost.HEADER, run, reported=True)
