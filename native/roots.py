"""Make what runs wheels of other platforms on this machine: CPython with numpy for aarch64, and for musl.

`python native/roots.py DIR` (Debian, pip install ziglang; or `make wheels`) writes into DIR a folder for each, named by
library, machine and version, which holds numpy in its `site`. Those for glibc on aarch64 are of Debian's packages. A
CPython for musl is in no package: it is compiled by zig from Debian's source, for the loader of Debian's musl, by an
interpreter of the same version. That takes some minutes of CPU for each; what is there is kept. Nothing of it is
installed on this machine, and qemu-user runs what is for aarch64.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from pythons import installed

NUMPY = "numpy==2.4.6"
RELEASES = {"3.11": "bookworm", "3.13": "trixie"}  # of Debian, with the CPython that it has
DEBIAN = {"x86_64": "amd64", "aarch64": "arm64"}  # its names of machines
UNUSED = ("test", "idlelib", "tkinter", "lib2to3", "ensurepip", "__pycache__")
# what configure asks of a machine that it cannot run anything on, and what it must not find on this one
ASSUMED = {
    "PKG_CONFIG": "false",
    "READELF": "/usr/bin/readelf",
    "ac_cv_file__dev_ptmx": "yes",
    "ac_cv_file__dev_ptc": "no",
    "OPT": "-O1 -DNDEBUG",
}


@dataclass(frozen=True, slots=True)
class Root:
    """A folder with an interpreter: its C library, machine and version."""

    library: str
    machine: str
    version: str

    @property
    def name(self) -> str:
        return f"{self.library}-{self.machine}-{self.version}"


ROOTS = tuple(
    Root(library, machine, version)
    for library, machine in (("glibc", "aarch64"), ("musl", "x86_64"), ("musl", "aarch64"))
    for version in RELEASES
)


def run(*command: str | Path, cwd: Path | None = None, **env: str) -> None:
    """Run a command; CalledProcessError after its last words where it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=os.environ | env, capture_output=True, text=True)
    if done.returncode:
        print(*(done.stdout + done.stderr).splitlines()[-15:], sep="\n", file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, words)


def interpreters(given: list[str] | None) -> dict[str, str]:
    """Version -> the command, of those given, else of this one and those that are installed, that start."""
    found: dict[str, str] = {}
    for path in given or [sys.executable, *installed()]:
        asked = "import sys; print(*sys.version_info[:2], sep='.')"
        done = subprocess.run([path, "-c", asked], capture_output=True, text=True)
        if not done.returncode:
            found.setdefault(done.stdout.strip(), path)
    return found


@cache
def _debian() -> str:
    """Where this machine has Debian's packages from; their signatures are checked by the keys that it trusts."""
    asked = ["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages"]
    for row in subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines():
        origin, label, place = row.rsplit(" ", 2)
        if (origin, label) == ("Debian", "Debian"):
            return place
    raise SystemExit("no archive of Debian is among the sources of apt-get here, or  apt-get update  was never run")


class Archive:
    """Debian's packages of a release for a machine, apart from those of this one."""

    def __init__(self, release: str, machine: str, work: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=work))
        for name in ("lists/partial", "archives/partial"):
            (self._folder / name).mkdir(parents=True)
        (self._folder / "status").touch()
        sources = self._folder / "sources.list"
        kinds = ("deb", "deb-src")
        sources.write_text("".join(f"{kind} {_debian()} {release} main\n" for kind in kinds))
        values = {
            "APT::Architecture": DEBIAN[machine],
            "APT::Architectures": DEBIAN[machine],
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Debug::NoLocking": "1",
            "Dir::State": self._folder,
            "Dir::State::status": self._folder / "status",
            "Dir::Cache": self._folder,
            "Dir::Etc::sourcelist": sources,
            "Dir::Etc::sourceparts": "-",
        }
        self._apt = ["apt-get", *(word for name, value in values.items() for word in ("-o", f"{name}={value}"))]
        run(*self._apt, "update")

    def unpack(self, root: Path, *names: str) -> None:
        """Unpack packages, and what they depend on, into a folder; nothing in them is run."""
        run(*self._apt, "install", "--yes", "--download-only", "--no-install-recommends", *names)
        for package in sorted((self._folder / "archives").glob("*.deb")):
            run("dpkg", "-x", package, root)
        if not (root / "lib").exists():  # since trixie this link is in a package that is not among these
            (root / "lib").symlink_to("usr/lib")

    def source(self, name: str) -> Path:
        """The folder of a package's source as its authors wrote it."""
        run(*self._apt, "source", "--download-only", name, cwd=self._folder)
        (packed,) = (row for row in self._folder.glob("*.orig.tar.*") if row.suffix != ".asc")  # its signature
        (out := self._folder / "source").mkdir()
        run("tar", "-xf", packed, "-C", out)
        (found,) = out.iterdir()
        return found


class Maker:
    """Makes roots, and loads for them what several need once."""

    def __init__(self, work: Path, pythons: dict[str, str]) -> None:
        self._work, self._pythons = work, pythons
        self._sources: dict[str, Path] = {}

    def make(self, root: Root, out: Path) -> str:
        """Make a root in `out` and say so, or why it cannot be."""
        if (out / root.name).exists():
            return "is there"
        if root.library == "musl" and root.version not in self._pythons:
            return f"left out: no CPython {root.version} is here to compile it with (--python names one)"
        made = Path(tempfile.mkdtemp(dir=self._work))
        made.chmod(0o755)
        tags = self._glibc(root, made) if root.library == "glibc" else self._musl(root, made)
        platforms = [word for tag in tags for word in ("--platform", f"{tag}_{root.machine}")]
        wanted = ("--only-binary", ":all:", "--no-deps", "--python-version", root.version, "--target", made / "site")
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, *wanted, *platforms, NUMPY)
        shutil.move(made, out / root.name)
        return "made"

    def _glibc(self, root: Root, made: Path) -> tuple[str, ...]:
        names = (f"python{root.version}-minimal", f"libpython{root.version}-stdlib", "libstdc++6")
        Archive(RELEASES[root.version], root.machine, self._work).unpack(made, *names)
        return "manylinux_2_28", "manylinux_2_27", "manylinux2014"

    @cached_property
    def _tools(self) -> Path:
        folder = self._work / "tools"
        folder.mkdir()
        import ziglang

        zig = Path(ziglang.__file__).parent / "zig"
        for machine in DEBIAN:
            flags = f"-target {machine}-linux-musl -dynamic -g0 -fno-sanitize=all -Wno-date-time"
            for name, words in (("CC", f"cc {flags}"), ("CXX", f"c++ {flags}"), ("AR", "ar"), ("RANLIB", "ranlib")):
                tool = folder / f"{machine}-{name}"  # one word: configure takes no more in some places
                # CPython's setup.py would take this machine's folders of headers for the target's
                tool.write_text(f'#!/bin/sh\n[ "$*" = "-E -v -" ] && exit 1\nexec "{zig}" {words} "$@"\n')
                tool.chmod(0o755)
        return folder

    def _source(self, version: str, name: str) -> Path:
        if name not in self._sources:
            self._sources[name] = Archive(RELEASES[version], "x86_64", self._work).source(name)
        return self._sources[name]

    def _musl(self, root: Root, made: Path) -> tuple[str, ...]:
        Archive("trixie", root.machine, self._work).unpack(made, "musl")
        source, zlib = self._source(root.version, f"python{root.version}"), self._source("3.11", "zlib")
        build = Path(tempfile.mkdtemp(dir=self._work))
        env = ASSUMED | {name: str(self._tools / f"{root.machine}-{name}") for name in ("CC", "CXX", "AR", "RANLIB")}
        across = (f"--host={root.machine}-linux-musl", f"--build={os.uname().machine}-linux-gnu")
        without = ("--disable-test-modules", "--without-ensurepip", "--without-doc-strings", "--disable-ipv6")
        python = f"--with-build-python={self._pythons[root.version]}"
        run(source / "configure", "-q", "--prefix=/python", *across, *without, python, cwd=build, **env)
        makefile = build / "Makefile"
        # CPython names its modules as for glibc (3.11), or for no platform (3.13); numpy and pip for what it is
        abi = f"cpython-{root.version.replace('.', '')}-{root.machine}-linux-musl"
        named = {"SOABI=": f"SOABI= {abi}", "EXT_SUFFIX=": f"EXT_SUFFIX= .{abi}.so"}
        rows = [
            row.replace("-linux-gnu", "-linux-musl")
            if row.startswith("MULTIARCH")
            else next((said for name, said in named.items() if row.startswith(name)), row)
            for row in makefile.read_text().splitlines()
        ]
        makefile.write_text("\n".join([*rows, ""]))
        run("make", f"-j{os.cpu_count() or 1}", "python", "sharedmods", cwd=build, **env)
        library = made / "usr" / "lib" / f"python{root.version}"
        shutil.copytree(source / "Lib", library, ignore=shutil.ignore_patterns(*UNUSED))
        (library / "lib-dynload").mkdir()
        (made / "usr" / "bin").mkdir(exist_ok=True)
        shutil.copy(build / "python", made / "usr" / "bin" / f"python{root.version}")
        modules = list(build.glob("build/lib.*/*"))
        if not any(path.name.startswith("_datetime.") for path in modules):  # make goes on where modules fail
            raise SystemExit(f"{root.name}: CPython was compiled without modules that numpy needs")
        for path in modules:
            shutil.copy(path, library / "lib-dynload" if path.suffix == ".so" else library)
        # there is no zlib for musl either: its sources go into the module that is Python's
        headers = [f"-I{folder}" for folder in (zlib, source / "Include", source / "Include" / "internal", build)]
        flags = ("-O1", "-shared", "-fPIC", "-DHAVE_UNISTD_H", *headers)
        sources = (source / "Modules" / "zlibmodule.c", *sorted(zlib.glob("*.c")))
        run(env["CC"], *flags, *sources, "-o", library / "lib-dynload" / "zlib.so")
        return ("musllinux_1_2",)


def main() -> None:
    """Make what is not there and print each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="DIR")
    parser.add_argument("--only", default="", metavar="NAME", help="those whose name has this in it")
    parser.add_argument("--python", action="append", metavar="PATH", help="an interpreter that compiles others")
    args = parser.parse_args()
    missing = [name for name in ("apt-get", "dpkg", "make", "qemu-aarch64") if not shutil.which(name)]
    if missing:
        raise SystemExit(f"{', '.join(missing)} not here: on Debian, apt-get install make qemu-user")
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.out.resolve()) as work:
        maker = Maker(Path(work), interpreters(args.python))
        for root in ROOTS:
            if args.only in root.name:
                print(f"{root.name}: {maker.make(root, args.out)}", flush=True)


if __name__ == "__main__":
    main()
