"""The models that a code base uses: what it loads, downloads or serves by name, with file and line.

Python is read as a syntax tree, notebooks cell by cell, everything else (shell, Dockerfiles, Compose, Helm values, CI)
by the options and keys that name a model to vLLM, TGI, Ollama, llama.cpp and the hub's command. Nothing is imported or
run. What is put together at run time, from a variable of the environment say, is not seen. MLflow's names are looked
up in the tracking folders of the project (`assay.fleet.tracking`).
"""

from __future__ import annotations

import ast
import json
import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from assay.errors import UsageError
from assay.facts.fleet import Use, Uses
from assay.lazy import regex
from assay.writing import reason

MOST_BYTES = 4 << 20  # of a file that is looked into
MOST_FILES = 200_000
_LONGEST = 20_000  # characters of a line: no command is longer
_LEFT = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox", "site-packages"}
)
_STORES = frozenset({"mlruns", "mlartifacts"})
_SUFFIXES = frozenset(
    {".py", ".ipynb", ".sh", ".bash", ".yml", ".yaml", ".toml", ".json", ".env", ".cfg", ".ini", ".md", ".mk", ".tf"}
    | {".service", ".txt"}
)
_NAMES = regex(r"(?:Dockerfile|Containerfile|Modelfile|Makefile|Procfile)(?:[.-].*)?\Z|.*\.dockerfile\Z|\.env")

# function or class -> what its parameter for a model is called (the libraries' own documentation)
_CALLS = {
    "from_pretrained": ("pretrained_model_name_or_path", "model_id", "repo_id"),
    "from_single_file": ("pretrained_model_link_or_path",),
    "snapshot_download": ("repo_id",),
    "hf_hub_download": ("repo_id",),
    "pipeline": ("model",),
    "LLM": ("model",),
    "AsyncEngineArgs": ("model",),
    "EngineArgs": ("model",),
    "SentenceTransformer": ("model_name_or_path",),
    "CrossEncoder": ("model_name_or_path", "model_name"),
    "InferenceClient": ("model",),
    "HuggingFaceEmbeddings": ("model_name",),
    "load_model": ("model_uri", "model_name"),
    "download_artifacts": ("artifact_uri",),
    "spark_udf": ("model_uri",),
}
_NOT_FIRST = {"pipeline": 1, "spark_udf": 1}  # where the model is not the first of the arguments
_HUB = regex(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z")
_MLFLOW = regex(r"(?:models|runs):/[\w./@-]+\Z")
_NAME = r"""["']?(?P<name>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)["']?(?![\w./:-])"""
_WORDS = (
    rf"vllm\s+serve\s+{_NAME}",
    rf"(?:huggingface-cli|hf)\s+download\s+{_NAME}",
    rf"--(?:model|model-id|model-path|hf-repo|pretrained)[\s=]+{_NAME}",
    rf"\b(?:MODEL_ID|HF_MODEL_ID|MODEL_NAME|HF_REPO|MODEL)\s*[:=]\s*{_NAME}",
    rf"^\s*(?:-\s*)?(?:modelId|model_id|modelName|hfRepo|repo_id|model)\s*:\s*{_NAME}\s*$",
)
_LINES = tuple(regex(row) for row in _WORDS)
_OLLAMA = regex(r"ollama\s+(?:run|pull)\s+([\w./-]+(?::[\w.-]+)?)")
_SERVED = regex(r"(?:-m|--model-uri)[\s=]+[\"']?((?:models|runs):/[\w./@-]+)")
_FROM = regex(r"^FROM\s+(?:hf\.co|huggingface\.co)/([\w.-]+/[\w.-]+)")
_REVISION = regex(r"--revision[\s=]+[\"']?([\w./-]+)")


def uses(project: Path) -> Uses:
    """Every place of a project that names a model.

    Raises UsageError: there is no such folder, or it has more files than are looked into.
    """
    if not project.is_dir():
        raise UsageError(f"{project} is no folder: give the folder of the project")
    found: dict[tuple[str, str, int], Use] = {}
    unread: list[str] = []
    for path in _files(project, unread):
        name = path.relative_to(project).as_posix()
        try:
            for use in _in_file(path, name, project):
                found.setdefault((use.model, use.file, use.line), use)
        except _Unread as cause:
            unread.append(f"{name}: {cause}")
    places = sorted(_tracked(list(found.values()), project), key=lambda use: (use.file, use.line, use.model))
    return Uses(tuple(places), tuple(unread))


def _tracked(found: list[Use], project: Path) -> list[Use]:
    """The uses, MLflow's by the folder or address that a tracking folder of the project has of them."""
    if not any(_MLFLOW.match(use.model) for use in found):
        return found
    from assay.fleet.tracking import Tracking

    tracking, known = Tracking(folders(project)), {}
    for use in found:
        if _MLFLOW.match(use.model) and use.model not in known:
            known[use.model] = tracking.found(use.model)
    return [
        replace(use, model=row.model, revision="" if row.moves else row.version, how=f"{use.how} {use.model}")
        if (row := known.get(use.model))
        else use
        for use in found
    ]


def folders(project: Path) -> list[Path]:
    """The project's folder, and all below it that are looked into."""
    found = []
    for folder, below, _ in os.walk(project):
        below[:] = sorted(name for name in below if name not in _LEFT and name not in _STORES)
        found.append(Path(folder))
        if len(found) > MOST_FILES:
            break
    return found


class _Unread(Exception):
    """A file that could not be looked into; the message says why."""


def _files(project: Path, unread: list[str]) -> Iterator[Path]:
    def closed(cause: OSError) -> None:
        unread.append(f"{os.path.relpath(cause.filename, project)}: {reason(cause)}")

    seen = 0
    for folder, below, names in os.walk(project, onerror=closed):
        below[:] = sorted(name for name in below if name not in _LEFT)
        for name in sorted(names):
            path = Path(folder, name)
            if (path.suffix.lower() in _SUFFIXES or _NAMES.match(name)) and path.is_file() and not path.is_symlink():
                seen += 1
                if seen > MOST_FILES:
                    raise UsageError(f"{project} has more than {MOST_FILES:,} files to look into: give a part of it")
                yield path


def _in_file(path: Path, name: str, project: Path) -> Iterator[Use]:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _Unread(f"{size:,} bytes, at most {MOST_BYTES:,} are looked into")
        text = path.read_text("utf-8", "replace")
    except OSError as cause:
        raise _Unread(reason(cause)) from None
    if path.suffix == ".py":
        yield from _in_python(text, name, project)
    elif path.suffix == ".ipynb":
        yield from _in_notebook(text, name, project)
    else:
        yield from _in_words(text, name)


def _in_notebook(text: str, name: str, project: Path) -> Iterator[Use]:
    """The code cells of a notebook; lines are those of the cell."""
    try:
        cells = json.loads(text)["cells"]
        codes = [
            (number, "".join(map(str, cell["source"])))
            for number, cell in enumerate(cells, 1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise _Unread("it is no notebook that can be read") from None
    unread = []
    for number, source in codes:
        rows = source.split("\n")
        commands = [row.lstrip()[:1] in ("!", "%") for row in rows]
        plain = "\n".join("" if command else row for row, command in zip(rows, commands, strict=True))
        shell = "\n".join(row if command else "" for row, command in zip(rows, commands, strict=True))
        yield from _in_words(shell, f"{name} cell {number}")
        try:
            yield from _in_python(plain, f"{name} cell {number}", project)
        except _Unread:
            unread.append(f"{number}")
    if unread:
        raise _Unread(f"cells that are no Python that this version parses: {', '.join(unread)}")


def _in_python(text: str, name: str, project: Path) -> Iterator[Use]:
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in texts: somebody else's
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _Unread("it is no Python that this version parses") from None
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in _CALLS:
                model = _text(_model_of(node, called), constants)
                revision = _text(_keyword(node, ("revision",)), constants)
                yield from _named(model, revision, name, node.lineno, called, project)


def _constants(tree: ast.Module) -> dict[str, str]:
    """Names that a module gives to one text, in classes and functions too: MODEL = "org/name"."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            value = node.value.value if isinstance(node.value.value, str) else ""
            for target in node.targets if isinstance(node, ast.Assign) else (node.target,):
                key = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
                found[key] = value if found.get(key, value) == value else ""
    return found


def _model_of(node: ast.Call, called: str) -> ast.expr | None:
    place = _NOT_FIRST.get(called, 0)
    named = _keyword(node, _CALLS[called])
    return named if named is not None else node.args[place] if len(node.args) > place else None


def _keyword(node: ast.Call, names: tuple[str, ...]) -> ast.expr | None:
    return next((row.value for row in node.keywords if row.arg in names), None)


def _text(node: ast.expr | None, constants: dict[str, str]) -> str:
    """The text that an expression is known to be; empty: it is not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name | ast.Attribute):
        return constants.get(node.id if isinstance(node, ast.Name) else node.attr, "")
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, constants) if node.conversion == -1 and node.format_spec is None else ""
    if isinstance(node, ast.JoinedStr):  # f"models:/{NAME}/3", where NAME is a constant
        parts = [_text(part, constants) for part in node.values]
        return "".join(parts) if all(parts) else ""
    if (
        isinstance(node, ast.Call) and len(node.args) == 2
    ):  # os.getenv("MODEL", "org/name"): what holds where it is unset
        return _text(node.args[1], constants)
    return ""


def _named(model: str, revision: str, file: str, line: int, how: str, project: Path) -> Iterator[Use]:
    """The use of a model by this name, if it can be told to be one: a folder or file of the project, or a hub's."""
    if _MLFLOW.match(model) or (model and _is_of(project, model)):
        yield Use(model, "", file, line, how)
    elif _HUB.match(model):
        yield Use(f"hf://{model}", revision, file, line, how)


def _is_of(project: Path, name: str) -> bool:
    try:
        here = (project / name).resolve()
        return here.exists() and here != project.resolve() and here.is_relative_to(project.resolve())
    except (OSError, ValueError, RuntimeError):  # longer than a name, a NUL, links in a circle
        return False


def _in_words(text: str, name: str) -> Iterator[Use]:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _LONGEST:
            raise _Unread(f"line {number:,} has {len(line):,} characters, at most {_LONGEST:,} are looked into")
        revision = _REVISION.search(line)
        for pattern in _LINES:
            for found in pattern.finditer(line):
                how = found[0].strip().split()[0].rstrip(":=").partition("=")[0]
                yield Use(f"hf://{found['name']}", revision[1] if revision else "", name, number, how)
        yield from (Use(f"ollama:{found}", "", name, number, "ollama") for found in _OLLAMA.findall(line))
        yield from (Use(found, "", name, number, "mlflow") for found in _SERVED.findall(line))
        yield from (Use(f"hf://{found}", "", name, number, "FROM") for found in _FROM.findall(line))
