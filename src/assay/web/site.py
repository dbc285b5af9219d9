"""The static site that audits models in a browser tab: every file of it, as bytes."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
from collections.abc import Iterator, Mapping
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from assay.errors import UsageError
from assay.policy import BUILTIN
from assay.render.output.html import SCRIPTS, STYLES
from assay.render.page import page, sources
from assay.version import VERSION
from assay.web import packing, runtime

MARK = "site.json"  # the list of what belongs to the site
QUICK = 256 * 10**6  # bytes that are read in full at once; of more the headers come first
# what assay imports to read files and write reports: distribution -> package; pure Python, also where they have C parts
CARRIED = {
    "boolean.py": "boolean",
    "jinja2": "jinja2",
    "license-expression": "license_expression",
    "markupsafe": "markupsafe",
    "pyyaml": "yaml",
}
_LEFT_OUT = (
    *("assay/cli/", "assay/serve/", "assay/fleet/", "assay/registry/", "assay/execution/"),
    *("assay/corpus/", "assay/runtime/", "assay/inside/", "assay/uncertainty/"),  # nothing is asked of a model there
    *("assay/render/assets/workbench", "assay/web/assets/"),
    *("assay/web/site.py", "assay/web/packing.py", "assay/web/runtime.py"),
)
_SCRIPTS = ("tab.js", "worker.js", "digests.js", "hasher.js", "kernels.js")
_LICENCE = ("licen", "copying", "notice", "authors")
_NONE: Mapping[str, bytes] = MappingProxyType({})


def site(
    pyodide: Mapping[str, bytes],
    members: Mapping[str, bytes],
    kernels: bytes | None = None,
    compiled: Mapping[str, bytes] = _NONE,
) -> dict[str, bytes]:
    """Path inside the site -> bytes.

    Args:
        pyodide: its files, from `runtime.taken`.
        members: assay and what it needs, from `carried`.
        kernels: what computes values, from `runtime.kernels`.
        compiled: modules that need not be compiled in the tab, from `packing.compiled`.
    """
    found = {"pyodide/pyodide.mjs": pyodide["pyodide.mjs"]}
    found["pyodide/pyodide-lock.json"] = _without_packages(pyodide["pyodide-lock.json"])
    archives = {
        packing.ENGINE: pyodide["pyodide.asm.mjs"],
        "pyodide/pyodide.asm.wasm": pyodide["pyodide.asm.wasm"],
        "pyodide/python_stdlib.zip": packing.library(pyodide["python_stdlib.zip"], compiled),
        "assay.zip": packing.own(members, compiled),
    }
    found |= {f"{path}{packing.PACKED}": packing.packed(raw) for path, raw in archives.items()}
    found |= {name: _script(name) for name in _SCRIPTS}
    if kernels is not None:
        found["kernels.wasm"] = kernels
    policy = _policy()
    found["index.html"] = page(
        "tab.html.j2", b"", "", styles=("tab.css",), policy=policy, policies=BUILTIN, quick=QUICK, values=bool(kernels)
    )
    found["notice.txt"] = _notice().encode()
    listed = {path: _integrity(raw) for path, raw in sorted(found.items())}
    build = hashlib.sha256(json.dumps(listed).encode()).hexdigest()
    worker = _script("offline.js").decode()
    found["offline.js"] = worker.replace("@BUILD@", build).replace("@FILES@", json.dumps(listed, indent=1)).encode()
    rows = {path: hashlib.sha256(raw).hexdigest() for path, raw in sorted(found.items())}
    about = {"assay": VERSION, "pyodide": runtime.VERSION, "files": rows}
    return found | {MARK: json.dumps(about, indent=1).encode() + b"\n"}


def _policy() -> dict[str, str]:
    """What the page may do besides what every page of assay may, which is nothing: it talks to its own site only.

    A report is shown in a frame that inherits this policy, so that its style and script are named here too.
    """
    style, script = sources(STYLES, SCRIPTS)
    return {
        "script-src": f"'self' 'wasm-unsafe-eval' {script}",
        "style-src": style,
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "frame-src": "blob:",
    }


def _script(name: str) -> bytes:
    return files("assay.web").joinpath("assets", name).read_bytes()


def _without_packages(lock: bytes) -> bytes:
    """Pyodide's list of the packages that it could fetch, with none in it."""
    return json.dumps({**json.loads(lock), "packages": {}}, separators=(",", ":")).encode()


def carried() -> dict[str, bytes]:
    """assay as it runs here, the packages that it needs and their licences: path -> bytes.

    Raises UsageError where a package that assay needs is not installed.
    """
    found = {path: raw for name in ("assay", *CARRIED.values()) for path, raw in _package(name)}
    return found | {path: raw for name in CARRIED for path, raw in _licences(name)}


def _package(name: str) -> Iterator[tuple[str, bytes]]:
    """Every file of an installed package that is for any platform, without its tests."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(f"the package {name!r} is not installed:  pip install openassay  brings it")
    root = Path(next(iter(spec.submodule_search_locations)))
    for path in sorted(root.rglob("*")):
        inside = f"{name}/{path.relative_to(root).as_posix()}"
        compiled = path.suffix in (".so", ".pyd", ".pyc", ".c", ".pyx", ".pyi") or "__pycache__" in path.parts
        if path.is_file() and not compiled and not path.name.startswith("test_") and not inside.startswith(_LEFT_OUT):
            yield inside, path.read_bytes()


def _licences(distribution: str) -> Iterator[tuple[str, bytes]]:
    """The licence texts that an installed distribution brings."""
    for path in metadata.files(distribution) or ():
        if any(word in path.name.lower() for word in _LICENCE) and ".dist-info" in path.parts[0]:
            yield f"licences/{distribution}/{path.name}", path.read_binary()


def _notice() -> str:
    """What the site is made of, under which licences, and where each comes from."""
    rows = [
        (
            "assay",
            VERSION,
            "Apache-2.0",
            f"this site's own code is in assay.zip.packed, {', '.join(_SCRIPTS)}, kernels.wasm, offline.js",
        ),
        (
            "Pyodide",
            runtime.VERSION,
            "MPL-2.0",
            "files of its npm package, three in gzip, its list of packages emptied; source: github.com/pyodide/pyodide",
        ),
        (
            "CPython",
            "3.14.2",
            "PSF-2.0",
            "compiled into pyodide.asm.wasm; its library in python_stdlib.zip, without modules that are not used, and"
            " with others compiled; source: python.org",
        ),
    ]
    for name in CARRIED:
        about = metadata.metadata(name)
        stated = [about[key] for key in ("License-Expression", "License") if key in about]
        licence = stated[0].splitlines()[0] if stated else "see its licence text"
        rows.append((name, metadata.version(name), licence, f"its licence is in assay.zip.packed, licences/{name}/"))
    return "".join(f"{name} {version}\n  {licence}\n  {where}\n\n" for name, version, licence, where in rows)


def _integrity(raw: bytes) -> str:
    """As the W3C's Subresource Integrity writes a digest."""
    return f"sha256-{base64.b64encode(hashlib.sha256(raw).digest()).decode()}"
