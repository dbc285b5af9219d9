"""What a site runs on: Pyodide, which is CPython for WebAssembly, checked by digest; and assay's kernels for it."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from base64 import b64encode
from importlib.resources import files
from pathlib import Path

from assay.errors import UsageError
from assay.writing import reason

VERSION = "314.0.7"  # CPython 3.14.2
PACKAGE = f"pyodide@{VERSION}"
# `npm view pyodide@314.0.7 dist.integrity`, and SHA-256 of what is taken from it
INTEGRITY = "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
FILES = {
    "pyodide.mjs": "6f1d60f7bf529beb300f0f47983c921d3982363640ba20af0e38efdddbc66109",
    "pyodide.asm.mjs": "f7cdc8ece80678ceb712f8e65ebe6d3a83203a180c399865f49612a051693635",
    "pyodide.asm.wasm": "cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6",
    "python_stdlib.zip": "fa1957e5777068fc4f7437f96d860ae2fbe9c19732ba06c84e004ec16dd7dd7a",
    "pyodide-lock.json": "5dc2fc119108bc148c7457dc86e7675b5c87e1cafd420b9c34c1eaef7b36c010",
}


def taken(source: Path | None, *, offline: bool = False) -> dict[str, bytes]:
    """The files of Pyodide by name.

    Args:
        source: a folder that holds them, or the package as a file (`npm pack`); without it npm fetches it,
            as it is configured.
        offline: ask nobody.

    Raises UsageError: they are not there, npm is not, or they are not those that this version of assay was made with.
    """
    if source is None:
        if offline or not shutil.which("npm"):
            why = "--offline was given" if offline else "npm is not installed"
            raise UsageError(
                f"Pyodide would be fetched by npm, and {why}: give --pyodide with the folder or file that "
                f" npm pack {PACKAGE}  makes elsewhere"
            )
        return _unpacked(_packed(), PACKAGE)
    try:
        if source.is_dir():
            inside = source / "package" if (source / "package").is_dir() else source
            return _checked({name: (inside / name).read_bytes() for name in FILES}, str(source))
        return _unpacked(source.read_bytes(), str(source))
    except OSError as cause:
        raise UsageError(f"cannot read Pyodide from {cause.filename or source}: {reason(cause)}") from None


def kernels(source: Path | None) -> bytes | None:
    """The kernels for a browser: from a file, else those that openassay-native carries, if it does.

    Raises UsageError: the file cannot be read, or is no WebAssembly.
    """
    try:
        if source is None:
            found = files("openassay_native").joinpath("kernels.wasm")
            return found.read_bytes() if found.is_file() else None
        raw = source.read_bytes()
    except ModuleNotFoundError:
        return None
    except OSError as cause:
        raise UsageError(f"cannot read kernels from {source}: {reason(cause)}") from None
    if not raw.startswith(b"\0asm"):
        raise UsageError(f"{source} is no WebAssembly: give what  python native/wasm.py FILE  writes")
    return raw


def _packed() -> bytes:
    """The package as npm fetches it; no script of a package is run."""
    with tempfile.TemporaryDirectory() as folder:
        command = ("npm", "pack", PACKAGE, "--pack-destination", folder, "--ignore-scripts", "--silent")
        # npm, and nothing given
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)  # noqa: S603
        found = list(Path(folder).glob("*.tgz"))
        if done.returncode or not found:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise UsageError(f"npm could not fetch {PACKAGE} ({last}): give its file with --pyodide")
        return found[0].read_bytes()


def _unpacked(raw: bytes, where: str) -> dict[str, bytes]:
    """The files in a package, which has to be the very one that is recorded here."""
    if f"sha512-{b64encode(hashlib.sha512(raw).digest()).decode()}" != INTEGRITY:
        raise UsageError(f"{where} is not {PACKAGE} as it was published: its digest is not {INTEGRITY}")
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz") as package:
        for name in FILES:
            file = package.extractfile(f"package/{name}")
            assert file is not None  # the digest is that of a package that has it
            found[name] = file.read()
    return _checked(found, where)


def _checked(found: dict[str, bytes], where: str) -> dict[str, bytes]:
    for name, raw in found.items():
        if hashlib.sha256(raw).hexdigest() != FILES[name]:
            raise UsageError(f"{name} in {where} is not that of {PACKAGE}: take the folder that  npm pack  fetches")
    return found
