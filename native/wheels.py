"""Build the wheels of the native kernels for every platform on this one, with zig as the compiler for all of them.

`python native/wheels.py DIR` (pip install ziglang nanobind scikit-build-core wheel; or `make wheels`) writes for each
platform a wheel for CPython 3.11 and one for 3.12 and later (the stable ABI begins with what nanobind needs of 3.12),
and one for any platform that has no kernels: pip takes the most fitting, so that where none fits assay still installs.

The headers are those of CPython 3.11 and of 3.12 or later, of interpreters that are installed here (`--python`, else
those on PATH and of pyenv). What differs by platform is in `pyconfig.h`, of which this writes the few lines that
headers ask for.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path

import nanobind
import wasm
from pythons import installed
from wheel.wheelfile import WheelFile

HERE = Path(__file__).parent
ZIG = (sys.executable, "-m", "ziglang")
NANOBIND = Path(nanobind.__file__).parent
# as in CMakeLists.txt, which says why
KERNELS = ("-fno-math-errno",)  # beside those of all
COMMON = (
    "-std=gnu++17",
    "-O3",
    "-ffp-contract=off",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-strict-aliasing",
    "-DNDEBUG",
)
LEVELS = {
    "x86_64_v2": ("-mcpu=x86_64_v2",),
    "x86_64_v3": ("-mcpu=x86_64_v3", "-mprefer-vector-width=256"),
    "x86_64_v4": ("-mcpu=x86_64_v4", "-mprefer-vector-width=512"),
}
SOURCES = ("module", "summary", "related", "sha256", "corpus", "suffixes", "words", "shard")


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform as zig and as pip name it, and how an extension module for CPython 3.11 ends there."""

    target: str
    tag: str
    ending: str

    @property
    def windows(self) -> bool:
        return "windows" in self.target

    @property
    def macos(self) -> bool:
        return "macos" in self.target


PLATFORMS = (
    Platform("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64.manylinux2014_x86_64", "cpython-311-x86_64-linux-gnu.so"),
    Platform(
        "aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64.manylinux2014_aarch64", "cpython-311-aarch64-linux-gnu.so"
    ),
    Platform("x86_64-linux-musl", "musllinux_1_2_x86_64", "cpython-311-x86_64-linux-musl.so"),
    Platform("aarch64-linux-musl", "musllinux_1_2_aarch64", "cpython-311-aarch64-linux-musl.so"),
    Platform("x86_64-macos.11.0", "macosx_11_0_x86_64", "cpython-311-darwin.so"),
    Platform("aarch64-macos.11.0", "macosx_11_0_arm64", "cpython-311-darwin.so"),
    Platform("x86_64-windows-gnu", "win_amd64", "cp311-win_amd64.pyd"),
)


@dataclass(frozen=True, slots=True)
class Abi:
    """CPython 3.11, or the stable ABI of 3.12, with the folder of its headers."""

    python: str
    abi: str
    headers: Path

    @property
    def defines(self) -> tuple[str, ...]:
        # nanobind prints to stderr and leaves it to Python.h to include stdio.h, which the stable ABI's does not
        return ("-DPy_LIMITED_API=0x030C0000", "-include", "cstdio") if self.abi == "abi3" else ()

    def ending(self, platform: Platform) -> str:
        if self.abi != "abi3":
            return platform.ending
        return "pyd" if platform.windows else "abi3.so"


# what CPython's headers ask of pyconfig.h, on platforms of 64 bits
_ANY = """
SIZEOF_SHORT 2
SIZEOF_INT 4
SIZEOF_LONG_LONG 8
SIZEOF_FLOAT 4
SIZEOF_DOUBLE 8
SIZEOF_VOID_P 8
SIZEOF_SIZE_T 8
SIZEOF_TIME_T 8
SIZEOF_PID_T 4
ALIGNOF_SIZE_T 8
ALIGNOF_LONG 8
WITH_THREAD 1
WITH_DOC_STRINGS 1
HAVE_WCHAR_H 1
HAVE_STDDEF_H 1
HAVE_STDARG_PROTOTYPES 1
HAVE_DYNAMIC_LOADING 1
"""
_UNIX = """
SIZEOF_LONG 8
SIZEOF_WCHAR_T 4
HAVE_UNISTD_H 1
HAVE_SYS_TYPES_H 1
HAVE_SYS_STAT_H 1
HAVE_SYS_TIME_H 1
HAVE_PTHREAD_H 1
HAVE_SSIZE_T 1
"""
_WINDOWS = """
SIZEOF_LONG 4
SIZEOF_WCHAR_T 2
MS_WIN64
MS_WIN32
MS_WINDOWS
NT_THREADS
Py_ENABLE_SHARED
HAVE_DECLSPEC_DLL
HAVE_PY_SSIZE_T 1
PY_SSIZE_T_MAX 0x7fffffffffffffffLL
COMPILER "[zig]"
"""  # as PC/pyconfig.h of CPython has them


def pyconfig(platform: Platform) -> str:
    """The pyconfig.h of a platform."""
    rows = (_ANY + (_WINDOWS if platform.windows else _UNIX)).split("\n")
    typed = ["#include <basetsd.h>", "typedef __int64 Py_ssize_t;"] if platform.windows else []
    return "\n".join([f"#define {row}" for row in rows if row] + typed) + "\n"


def headers(abi: Abi, platform: Platform, work: Path) -> Path:
    """A copy of CPython's headers with the pyconfig.h of that platform."""
    folder = work / f"include-{platform.target}-{abi.abi}"
    shutil.copytree(abi.headers, folder, ignore=shutil.ignore_patterns("pyconfig*.h", "greenlet"))
    (folder / "pyconfig.h").write_text(pyconfig(platform))
    return folder


def run(*command: str | Path) -> None:
    """Run a compiler; CalledProcessError, with its messages above, where it fails."""
    subprocess.run([str(word) for word in command], check=True)


def objects(platform: Platform, abi: Abi, work: Path, pool: ThreadPoolExecutor) -> list[Path]:
    """Every object of the module, compiled."""
    include = headers(abi, platform, work)
    out = work / f"{platform.target}-{abi.abi}"
    out.mkdir()
    levels = LEVELS if platform.target.startswith("x86_64") else {"portable": ()}
    compiler = (*ZIG, "c++", "-target", platform.target, *COMMON, *abi.defines)
    python = [f"-I{folder}" for folder in (include, NANOBIND / "include", NANOBIND / "ext" / "robin_map" / "include")]
    jobs = [
        (*compiler, *KERNELS, *flags, f"-DLEVEL={name}", "-c", HERE / "src" / "kernels.cpp", "-o", out / f"{name}.o")
        for name, flags in levels.items()
    ]
    dispatch = f"-DASSAY_X86={int(len(levels) > 1)}"
    jobs += [
        (*compiler, *python, dispatch, "-c", HERE / "src" / f"{name}.cpp", "-o", out / f"{name}.o") for name in SOURCES
    ]
    combined = NANOBIND / "src" / "nb_combined.cpp"
    jobs.append((*compiler, *python, "-DNB_BUILD", "-DNB_COMPACT_ASSERTIONS", "-c", combined, "-o", out / "nanobind.o"))
    list(pool.map(lambda job: run(*job), jobs))
    return [Path(job[-1]) for job in jobs]


def module(platform: Platform, abi: Abi, work: Path, pool: ThreadPoolExecutor) -> Path:
    """The extension module, linked."""
    found = objects(platform, abi, work, pool)
    out = found[0].parent / f"_core.{abi.ending(platform)}"
    link = [*ZIG, "c++", "-target", platform.target, "-shared", "-s", "-o", out, *found]
    if platform.macos:
        link += ["-Wl,-undefined,dynamic_lookup", f"-Wl,-install_name,@rpath/{out.name}"]
    elif platform.windows:
        link.append(import_library(found, abi, out.parent))
    else:
        link.append("-Wl,--gc-sections")
    run(*link)
    return out


def import_library(found: list[Path], abi: Abi, folder: Path) -> Path:
    """What lets objects for Windows be linked without Python's library: the names that they ask of it."""
    names = sorted({name for path in found for name in undefined(path.read_bytes())})
    library = "python3" if abi.abi == "abi3" else "python311"
    rows = [f"{name} DATA" if name.endswith("_Type") or name.startswith(("PyExc_", "_Py_")) else name for name in names]
    (folder / "python.def").write_text("\n".join([f"LIBRARY {library}.dll", "EXPORTS", *rows, ""]))
    out = folder / f"{library}.lib"
    run(*ZIG, "dlltool", "-m", "i386:x86-64", "-d", folder / "python.def", "-l", out)
    return out


def undefined(raw: bytes) -> set[str]:
    """Names of Python that an object file asks for (Microsoft's PE format, 3.3 file header, 5.4 symbol table)."""
    table, count = struct.unpack_from("<II", raw, 8)
    texts, found, at = raw[table + 18 * count :], set(), 0
    while at < count:
        entry = raw[table + 18 * at : table + 18 * (at + 1)]
        _, section, _, storage, further = struct.unpack("<IhHBB", entry[8:])
        (place,) = struct.unpack("<I", entry[4:8])
        short = entry[:8].rstrip(b"\0")
        name = (short if entry[:4] != b"\0\0\0\0" else texts[place : texts.index(b"\0", place)]).decode()
        name = name.removeprefix("__imp_")
        if section == 0 and storage == 2 and name.startswith(("Py", "_Py")):
            found.add(name)
        at += 1 + further
    return found


def base(out: Path) -> Path:
    """The wheel for any platform; it gives the others their Python files, metadata, and the kernels for a browser."""
    settings = ("--config-settings", "wheel.cmake=false", "--config-settings", "wheel.py-api=py3")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *settings, "--wheel-dir", out, HERE)
    (found,) = out.glob("openassay_native-*-py3-none-any.whl")
    with WheelFile(found) as source:
        members = {name: source.read(name) for name in source.namelist() if not name.endswith(".dist-info/RECORD")}
    with tempfile.TemporaryDirectory() as folder, WheelFile(found, "w") as target:
        wasm.build(browser := Path(folder) / "kernels.wasm")
        for name, raw in members.items():
            target.writestr(name, raw)
        target.write(browser, f"openassay_native/{browser.name}")
    return found


def wheel(pure: Path, built: Path, tag: str, out: Path) -> Path:
    """A wheel of the Python files of `pure` and the module."""
    version = pure.name.split("-")[1]
    made = out / f"openassay_native-{version}-{tag}.whl"
    info = f"openassay_native-{version}.dist-info"
    python, abi, platforms = tag.split("-")
    lines = [f"Tag: {python}-{abi}-{name}" for name in platforms.split(".")]
    with WheelFile(pure) as source, WheelFile(made, "w") as target:
        for name in source.namelist():
            if name == f"{info}/WHEEL":
                kept = [
                    row
                    for row in source.read(name).decode().splitlines()
                    if row and not row.startswith(("Tag:", "Root"))
                ]
                target.writestr(name, "\n".join([*kept, "Root-Is-Purelib: false", *lines, ""]))
            elif name != f"{info}/RECORD":
                target.writestr(name, source.read(name))
        target.write(built, f"openassay_native/{built.name}")
    return made


def abis(pythons: list[str]) -> list[Abi]:
    """Of these interpreters CPython 3.11 and the oldest later one."""
    asked = "import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_path('include'))"
    found: dict[int, Path] = {}
    for python in pythons:
        done = subprocess.run([python, "-c", asked], capture_output=True, text=True)
        if done.returncode == 0:
            major, minor, include = done.stdout.strip().split(" ", 2)
            if major == "3" and (Path(include) / "Python.h").exists():
                found.setdefault(int(minor), Path(include))
    later = min((minor for minor in found if minor >= 12), default=None)
    rows = [Abi("cp311", "cp311", found[11])] if 11 in found else []
    return rows + ([Abi("cp312", "abi3", found[later])] if later else [])


def main() -> None:
    """Build what was asked for and print each wheel."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="DIR")
    parser.add_argument("--platform", action="append", metavar="NAME", help="those whose name has this in it")
    parser.add_argument("--python", action="append", metavar="PATH", help="an interpreter that has headers")
    args = parser.parse_args()
    there = abis(args.python or [sys.executable, *installed()])
    for missing in {"cp311", "cp312"} - {row.python for row in there}:
        print(f"no wheel for {missing}: no interpreter with its headers is here (--python names one)", file=sys.stderr)
    args.out.mkdir(parents=True, exist_ok=True)
    pure = base(args.out)
    print(pure.name)
    wanted = [row for row in PLATFORMS if not args.platform or any(name in row.tag for name in args.platform)]
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(cpu_count()) as pool:
        for platform in wanted:
            for abi in there:
                built = module(platform, abi, Path(work), pool)
                print(wheel(pure, built, f"{abi.python}-{abi.abi}-{platform.tag}", args.out).name, flush=True)


if __name__ == "__main__":
    main()
