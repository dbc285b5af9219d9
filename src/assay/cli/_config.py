"""How assay runs: `assay.toml`, or `[tool.assay]` in `pyproject.toml`, from the working directory upwards.

Never from inside the audited model: what a model brings along must not decide how it is judged.
"""

from __future__ import annotations

from dataclasses import field, replace
from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.execution.cores import usable
from assay.files import known_keys, text, toml_value
from assay.lazy import dataclass

MOST = 4 << 20  # bytes of a configuration
MOST_JOBS = 64  # as for a request (pipeline/request.py), which is not imported to read a configuration


@dataclass(frozen=True, slots=True)
class Config:
    """The values that hold, and for each where it comes from ("default", or a file)."""

    policy: str = "default"
    baseline: str | None = None
    offline: bool = False
    require_isolation: bool = False
    registry: str | None = None
    jobs: int = field(default_factory=lambda: min(usable(), MOST_JOBS))  # hashing keeps one core for each file busy
    origins: dict[str, str] = field(default_factory=dict)
    ignored: str | None = None

    def without(self, **given: object) -> Config:
        """What is left of it in an audit with these options, which win; None: the option was not given."""
        names = {name for name, value in given.items() if value is not None}
        return replace(self, origins={key: value for key, value in self.origins.items() if key not in names})

    @property
    def said(self) -> str:
        """The file and what it sets that is in force; empty: nothing."""
        return f"{next(iter(self.origins.values()))}: {', '.join(sorted(self.origins))}" if self.origins else ""

    @property
    def files(self) -> tuple[Path, ...]:
        """The policy and the baseline that the file names."""
        return tuple(Path(getattr(self, key)) for key in ("policy", "baseline") if key in self.origins)

    @property
    def options(self) -> tuple[str, ...]:
        """What the file sets, as the options that say the same."""
        rows: list[str] = []
        for key in sorted(self.origins):
            value, name = getattr(self, key), f"--{key.replace('_', '-')}"
            rows += [] if value is False else [name] if value is True else [name, str(value)]
        return tuple(rows)


_KEYS = {"policy": str, "baseline": str, "offline": bool, "require_isolation": bool, "registry": str, "jobs": int}


def configured(model: Path | None, start: Path | None = None) -> Config:
    """The configuration that holds for an audit of `model`, a path or None."""
    file, table = _found(start or Path.cwd())
    if file is None:
        return Config()
    if model is not None and _inside(file, model):
        return Config(ignored=str(file))
    values: dict[str, Any] = {}
    known_keys(table, _KEYS, str(file))
    for key, value in table.items():
        if type(value) is not _KEYS[key]:
            raise UsageError(f"{file}: {key} must be a {_KEYS[key].__name__}, got {value!r}")
        values[key] = value
    for key in ("policy", "baseline"):
        if key in values and (file.parent / values[key]).is_file():
            values[key] = str(file.parent / values[key])  # relative to the file that says it
    return Config(**values, origins=dict.fromkeys(values, str(file)))


def _found(start: Path) -> tuple[Path | None, dict[str, Any]]:
    for folder in (start.resolve(), *start.resolve().parents):
        for name in ("assay.toml", "pyproject.toml"):
            file = folder / name
            if not file.is_file():
                continue
            value = _read(file)
            table = value if name == "assay.toml" else value.get("tool", {}).get("assay")
            if isinstance(table, dict):
                return file, table
    return None, {}


def _read(file: Path) -> dict[str, Any]:
    try:
        return toml_value(text(file, MOST, "configuration"))
    except (ValueError, UsageError) as cause:
        if file.name == "pyproject.toml":
            return {}  # somebody else's file; not ours to complain about
        raise cause if isinstance(cause, UsageError) else UsageError(f"{file} is not TOML: {cause}") from None


def _inside(file: Path, model: Path) -> bool:
    root = model.resolve()
    return file.resolve().is_relative_to(root if root.is_dir() else root.parent) and (
        root.is_dir() or file.resolve().parent == root.parent
    )
