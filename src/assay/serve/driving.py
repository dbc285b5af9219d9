"""Serve a model while garak asks it: garak runs in an environment of its own, which assay starts, and writes a report.

Nothing of garak is imported, and it is given neither the environment's variables nor its keys: only where to ask, a
token that holds for this run, and a folder. Its report lies there afterwards.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assay.errors import UsageError
from assay.lazy import dataclass
from assay.network import serving
from assay.runtime import Runtime
from assay.serve.model import application

PROBES = ("ansiescape.AnsiRaw", "dan.Dan_11_0", "encoding.InjectBase64", "latentinjection.LatentWhois")
_HOST, _PREFIX, _ENDED = "127.0.0.1", "assay", 15.0
_LEFT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SYSTEMROOT", "HF_HOME", "SSL_CERT_FILE")  # of the variables
_VERSION = "import importlib.metadata as m; print(m.version('garak'))"


@dataclass(frozen=True, slots=True)
class Driven:
    """What garak is to do: its probes by its names, prompts a probe at most, answers to each, tokens of an answer.

    `seconds` is how long it may take; `quiet` keeps what it prints away.
    """

    probes: tuple[str, ...] = PROBES
    prompts: int = 32
    generations: int = 1
    tokens: int = 64
    seconds: int = 3600
    offline: bool = False
    quiet: bool = False


def python_of(environment: Path) -> Path:
    """The Python of an environment, or the one that is named itself.

    Raises UsageError: there is none, or garak is not installed in it.
    """
    root = environment.absolute()  # the working directory of garak is another; a link to a Python stays one
    places = (root / "bin" / "python", root / "Scripts" / "python.exe", root)
    found = next((row for row in places if row.is_file()), None)
    if found is None:
        raise UsageError(
            f"{environment}: neither a Python nor an environment with one; make it with --install, or  "
            f"uv venv {environment} && uv pip install --python {environment} garak"
        )
    try:
        done = subprocess.run([found, "-I", "-c", _VERSION], capture_output=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as cause:
        raise UsageError(f"{found} cannot be run: {cause}") from None
    if done.returncode:
        raise UsageError(f"{found} has no garak: install it there with --install, or  {found} -m pip install garak")
    return found


def install(environment: Path) -> None:
    """Make an environment with garak, by uv where that is installed, else by venv and pip.

    Raises UsageError: it could not be made; what the tool said last stands in the message.
    """
    uv = shutil.which("uv")
    target = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    make = [uv, "venv", "--quiet", environment] if uv else [sys.executable, "-m", "venv", environment]
    fill = (
        [uv, "pip", "install", "--quiet", "--python", target, "garak"]
        if uv
        else [target, "-m", "pip", "install", "--quiet", "garak"]
    )
    for command in (*(() if target.is_file() else (make,)), fill):
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - of the user's own tools
        if done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise UsageError(f"{environment}: {' '.join(map(str, command[:4]))} failed: {''.join(last)[:300]}")


def garak(runtime: Runtime, python: Path, asked: Driven, folder: Path) -> Path:
    """The report that garak writes of a model, which is served to it meanwhile.

    Args:
        folder: an empty folder, for what garak writes.

    Raises UsageError: it ended with an error, took too long, or wrote no report.
    """
    token = secrets.token_urlsafe(24)
    with _served(runtime, token) as address:
        settings = folder / "settings.yaml"
        settings.write_text(json.dumps(_settings(asked, address)))  # JSON is YAML, too
        command: list[str | Path] = [
            python, "-m", "garak", "--config", settings, "--target_type", "openai.OpenAICompatible",
            "--target_name", runtime.model, "--probes", ",".join(asked.probes), "--report_prefix", _PREFIX,
        ]  # fmt: skip
        _finished(command, folder, token, asked)
    found = sorted(folder.rglob(f"{_PREFIX}*.report.jsonl"))
    if not found:
        raise UsageError(f"garak ended and wrote no report; what it logged lies in {folder}")
    return found[0]


def _settings(asked: Driven, address: str) -> dict[str, object]:
    own = {"uri": f"{address}/v1/", "max_tokens": asked.tokens, "temperature": 0.0, "stop": []}
    return {
        "system": {"parallel_attempts": 8, "narrow_output": True},
        "run": {"generations": asked.generations, "soft_probe_prompt_cap": asked.prompts, "seed": 0},
        "plugins": {"generators": {"openai": {"OpenAICompatible": own}}},
    }


def _finished(command: list[str | Path], folder: Path, token: str, asked: Driven) -> None:
    variables = {name: os.environ[name] for name in _LEFT if name in os.environ}
    homes = {"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"}
    variables |= {**dict.fromkeys(homes, str(folder)), "OPENAICOMPATIBLE_API_KEY": token}
    if asked.offline:
        variables |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    said = folder / "said.txt"
    with said.open("wb") as out:
        stream = out if asked.quiet else sys.stderr.fileno()
        started = subprocess.Popen(  # noqa: S603 - the Python that the user named
            command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        )
        try:
            code = started.wait(asked.seconds)
        except subprocess.TimeoutExpired:
            raise UsageError(f"garak did not end in {asked.seconds:,} s: ask for fewer probes, or more time") from None
        finally:
            if started.poll() is None:
                started.terminate()
                started.wait(_ENDED)
    if code:
        last = said.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise UsageError(f"garak ended with status {code}{': ' if last else ''}{''.join(last)[:300]}")


@contextmanager
def _served(runtime: Runtime, token: str) -> Iterator[str]:
    """The address at which a model answers whoever has the token, while this lasts."""
    door = replace(serving.door(_HOST, (), None), token=token)
    with serving.listening(_HOST, 0) as socket:
        server = serving.server(application(runtime, door, runtime.model), wait=60)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, daemon=True)
        thread.start()
        try:
            yield serving.address(_HOST, socket.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(_ENDED)
