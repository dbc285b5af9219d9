"""What a site weighs over the wire: archives of what a tab runs, compressed as one, and modules compiled beforehand."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from importlib.resources import files
from importlib.util import source_from_cache
from pathlib import Path

# of Python's library what nothing here imports, by the name of the module or of its folder
UNUSED = (
    *("__hello__", "__phello__", "_pyio", "_pyrepl", "antigravity", "bdb", "cProfile", "cmd", "colorsys"),
    *("compileall", "configparser", "doctest", "filecmp", "fileinput", "getpass", "graphlib", "imaplib"),
    *("mailbox", "modulefinder", "multiprocessing", "nturl2path", "optparse", "pdb", "pickletools", "poplib"),
    *("profile", "pstats", "pty", "pyclbr", "pydoc", "pydoc_data", "rlcompleter", "sched", "shelve", "smtplib"),
    *("socketserver", "sqlite3", "symtable", "tabnanny", "timeit", "trace", "tty", "turtle", "unittest"),
    *("wave", "webbrowser", "wsgiref", "xmlrpc", "zipapp"),
)
LIBRARY, OWN = "library/", "own/"  # where compiled modules belong, as compile.py names them
ENGINE = "pyodide/pyodide.asm.mjs"  # as tab.js asks for it
PACKED = ".packed"  # no ending that a host has a compression of its own for
_TIME = (1980, 1, 1, 0, 0, 0)  # of every member, so that the same files make the same archive
_SECONDS = 300  # that Node may take


def packed(raw: bytes) -> bytes:
    """As `worker.js` unpacks it: in gzip, which every browser reads, since few hosts compress more than text."""
    return gzip.compress(raw, 9, mtime=0)


def archive(members: Mapping[str, bytes]) -> bytes:
    """A zip archive of files that are not compressed one by one: all of them together become smaller."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for path, raw in sorted(members.items()):
            made.writestr(zipfile.ZipInfo(path, _TIME), raw)
    return stream.getvalue()


def library(raw: bytes, compiled: Mapping[str, bytes]) -> bytes:
    """Python's library from its archive, without what is not used, and with what is compiled in place of its source."""
    with zipfile.ZipFile(io.BytesIO(raw)) as found:
        used = [name for name in found.namelist() if name.split("/")[0].removesuffix(".py") not in UNUSED]
        sources = {name: found.read(name) for name in used if f"{LIBRARY}{name}c" not in compiled}
    return archive(sources | _of(LIBRARY, compiled))


def own(members: Mapping[str, bytes], compiled: Mapping[str, bytes]) -> bytes:
    """assay and what it brings; of a compiled module an empty file is left of the source, by which it is found."""
    made = _of(OWN, compiled)
    sources = {source_from_cache(path) for path in made}
    return archive({path: b"" if path in sources else raw for path, raw in members.items()} | made)


def compiled(pyodide: Mapping[str, bytes], members: Mapping[str, bytes]) -> dict[str, bytes]:
    """What the modules that an audit begins with are compiled to by the Python of the site, under Node; by path.

    Compiling them is most of what a first visit would wait for. Nothing where Node is not installed, or fails.
    """
    node = shutil.which("node")
    if node is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        for name, raw in pyodide.items():
            Path(folder, name).write_bytes(raw)
        Path(folder, "assay.zip").write_bytes(archive(members))
        for name in ("compile.mjs", "compile.py"):
            Path(folder, name).write_bytes(files("assay.web").joinpath("assets", name).read_bytes())
        # Node, and a script of assay's own
        done = subprocess.run((node, "compile.mjs"), cwd=folder, capture_output=True, timeout=_SECONDS)  # noqa: S603
        made = Path(folder, "compiled.zip")
        if done.returncode or not made.exists():
            return {}
        with zipfile.ZipFile(made) as found:
            return {name: found.read(name) for name in found.namelist()}


def _of(place: str, compiled: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path.removeprefix(place): raw for path, raw in compiled.items() if path.startswith(place)}
