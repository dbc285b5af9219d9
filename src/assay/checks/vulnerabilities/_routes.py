"""The route by which loading a config runs a Python file: the class that the config names, then relative imports."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from assay.facts.config import ANY, CodeReference
from assay.facts.program import PythonSource
from assay.lazy import dataclass, regex

MAX_STATIONS = 20  # of a route; of a longer one the middle is left out
# files that somebody runs because of their names
_BY_NAME = (
    (regex(r"handler\.py"), "Hugging Face Inference Endpoints"),  # huggingface_inference_toolkit, EndpointHandler
    (regex(r"(?:.+/)?custom_generate/generate\.py"), "transformers"),  # GenerationMixin.load_custom_generate
    (regex(r"hubconf\.py"), "torch.hub"),  # torch/hub.py, MODULE_HUBCONF
    (regex(r"pipeline\.py"), "diffusers"),  # custom_pipeline=..., CUSTOM_PIPELINE_FILE_NAME
    (regex(r"code/inference\.py"), "SageMaker"),  # sagemaker-inference-toolkit, user module
    (regex(r"(?:.+/)?\d+/model\.py"), "Triton"),  # python_backend, model.py in a version's folder
)
# libraries whose configurations are programs, and what runs them
_CONFIGURED = (
    ("detectron2", "detectron2"),  # config/lazy.py, LazyConfig.load
    ("mmengine", "MMEngine"),  # config/config.py, Config.fromfile
)
_CONFIG = regex(r"(?:.+/)?(?:configs?/(?:.+/)?[^/]+|[^/]*(?:config|cfg)[^/]*)\.py")


def by_name(sources: tuple[PythonSource, ...]) -> Iterator[tuple[str, str]]:
    """(path, who runs it) of each file that a loader takes by its name, without a config that says so."""
    for source in sources:
        for pattern, loader in _BY_NAME:
            if pattern.fullmatch(source.artifact):
                yield source.artifact, loader
        if _CONFIG.fullmatch(source.artifact):
            yield from ((source.artifact, loader) for package, loader in _CONFIGURED if package in source.imports)


def named(reference: CodeReference, files: Collection[str]) -> tuple[str, ...]:
    """The Python files of the model that a reference names: one, or those of a folder that MLflow imports from."""
    path = reference.path
    if reference.repository is not None:
        return ()
    if path in files:
        return (path,)
    if reference.loader != "mlflow" or path.endswith(".py"):
        return ()
    return tuple(sorted(file for file in files if file.startswith(f"{path}/")))


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one file: who follows it, and the stations, each with the position that leads on to the next."""

    loader: str
    stations: tuple[str, ...]

    @property
    def certain(self) -> bool:
        """Whether a loader that is known follows it, not one that may be."""
        return self.loader != ANY

    def words(self, last: str) -> str:
        """The route as a person reads it, `last` being where it ends."""
        return " -> ".join((*self.stations, last))


def routes(references: tuple[CodeReference, ...], sources: tuple[PythonSource, ...]) -> dict[str, Route]:
    """For each Python file that a config leads to, the shortest route."""
    by_path = {source.artifact: source for source in sources}
    found: dict[str, Route] = {}
    queue: list[str] = []
    for reference in sorted(references, key=lambda row: row.loader == ANY):
        for path in named(reference, by_path):
            if path not in found:
                said = f"{reference.artifact} {reference.pointer} = {reference.target}"
                found[path] = Route(reference.loader, (said,))
                queue.append(path)
    for path, loader in by_name(sources):
        if path not in found:
            found[path] = Route(loader, (f"{path}, which it takes by its name",))
            queue.append(path)
    for path in queue:  # grows while it is walked
        for target, line in by_path[path].imported():
            if target in by_path and target not in found:
                before = found[path].stations
                if len(before) > MAX_STATIONS:
                    before = (*before[: MAX_STATIONS // 2], "...", *before[MAX_STATIONS // 2 + 2 :])
                found[target] = Route(found[path].loader, (*before, f"{path}:{line}"))
                queue.append(target)
    return found
