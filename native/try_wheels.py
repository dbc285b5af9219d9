"""Try wheels that `native/wheels.py` built: run those that can run here, look into the others.

`python native/try_wheels.py DIR [--python PATH ...] [--roots ROOTS]` (pip install lief) says of each wheel whether its
summaries equal those of the numpy reference, on which interpreter; or, where nothing here can run it, that its module
exports what Python calls and asks for no library that the platform does not have. ROOTS is what `native/roots.py` made:
interpreters for aarch64, which qemu-user runs, and for musl. Exit status 1 if a wheel fails.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import lief

REPOSITORY = Path(__file__).parent.parent
MACHINE = os.uname().machine
# summaries of every type that has values, of random bytes in two widths, against the reference
COMPARED = """
import platform, sys, numpy as np, openassay_native as native
from assay.kernels import reference, types
from assay.kernels._grids import grid
random, compared = np.random.default_rng(0), 0
for kind in [types.TYPES[name] for name in sys.argv[1:] or types.TYPES]:
    for columns in (0, kind.elements * 3):
        if not kind.valued and columns:
            continue
        count = (columns or kind.elements) * 40
        size = count // kind.elements * kind.bytes if kind.valued else count
        raw = random.integers(0, 256, size, np.uint8).tobytes()
        tables = types.table(kind.name), grid(kind.number - types.GGML) if kind.number >= types.GGML else b""
        found = []
        for made in (native.Summary(kind.number, count, columns, *tables),
                     reference.Summary(kind.number, count, columns, *tables)):
            made.feed(raw)
            found.append(repr(made.finish()))
        assert found[0] == found[1], (kind.name, columns)
        compared += 1
version = ".".join(map(str, sys.version_info[:3]))
print(f"{compared} summaries equal the reference, on CPython {version}, {platform.machine()}, {native.level()}")
"""
# what each platform has without Python bringing it: prefixes of the names of libraries
ALLOWED = {
    "manylinux": ("libc.so", "libm.so", "libpthread.so", "libdl.so", "ld-linux", "libgcc_s.so"),
    "musllinux": ("libc.so",),
    "macosx": ("/usr/lib/libSystem", "/usr/lib/libc++", "@rpath/_core"),  # the last is its own name
    "win": ("python3", "api-ms-win-crt-", "KERNEL32", "ntdll", "ucrtbase"),
}


def looked_into(module: Path, platform: str) -> str:
    """What a module that cannot run here exports and needs; ValueError says what is wrong with it."""
    binary = lief.parse(str(module))
    if binary is None:
        raise ValueError("no module of a known format")
    exported = {str(getattr(row, "name", row)).lstrip("_") for row in binary.exported_functions}
    if "PyInit__core" not in exported:
        raise ValueError("PyInit__core is not exported")
    needed = [str(getattr(row, "name", row)) for row in binary.libraries]
    allowed = next(rows for name, rows in ALLOWED.items() if platform.startswith(name))
    foreign = [name for name in needed if not name.startswith(allowed)]
    if foreign:
        raise ValueError(f"asks for {', '.join(foreign)}")
    if platform.startswith("manylinux_2_17"):
        newer = [version for version in re.findall(rb"GLIBC_2\.(\d+)", module.read_bytes()) if int(version) > 17]
        if newer:
            raise ValueError(f"asks for glibc 2.{max(map(int, newer))}")
    return f"built and looked into, not run: needs {', '.join(needed) or 'no library by name'}"


def takes(python: tuple[str, ...], tag: str) -> bool:
    """Whether an interpreter takes wheels of that tag: cp311-cp311, or cp312-abi3 and later."""
    done = subprocess.run([*python, "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"{python[-1]} does not start: {done.stderr.strip().splitlines()[-1:]}")
    minor = int(done.stdout)
    return minor >= 12 if tag == "cp312-abi3" else minor == 11


def ran(python: tuple[str, ...], *types: str) -> str:
    """What comparing (some types, or all) says on an interpreter; ValueError with its last words where it fails."""
    done = subprocess.run([*python, "-c", COMPARED, *types], capture_output=True, text=True)
    if done.returncode:
        raise ValueError(done.stderr.strip().splitlines()[-1])
    return done.stdout.strip()


def interpreters(platform: str, found: str, pythons: list[str], roots: Path) -> list[tuple[str, ...]]:
    """The commands that start an interpreter of that platform here, with the modules in `found` and assay's own."""
    path = f"PYTHONPATH={found}:{REPOSITORY / 'src'}"
    if platform.startswith("manylinux") and platform.endswith(MACHINE):
        return [("env", path, python) for python in pythons]
    ways = []
    for library, kind in (("glibc", "manylinux"), ("musl", "musllinux")):
        for machine in ("x86_64", "aarch64"):
            if platform.startswith(kind) and platform.endswith(machine):
                for root in sorted(roots.resolve().glob(f"{library}-{machine}-*")):
                    python = f"{root}/usr/bin/python{root.name.rsplit('-', 1)[1]}"
                    started = (f"{root}/lib/ld-musl-{machine}.so.1",) if library == "musl" else ()
                    if machine != MACHINE:
                        started = (f"qemu-{machine}", "-L", str(root))
                    ways.append(("env", f"{path}:{root}/site", f"PYTHONHOME={root}/usr", *started, python))
    return ways


def tried(wheel: Path, pythons: list[str], roots: Path, *types: str) -> list[str]:
    """A line for each way in which a wheel was tried, with some types or all."""
    *_, python, abi, platform = wheel.stem.split("-")
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        modules = list(Path(folder).glob("openassay_native/_core.*"))
        if platform == "any":
            return ["has no kernels, as it should"] if not modules else ["FAILED: has kernels"]
        try:
            looked = looked_into(modules[0], platform)
            ways = interpreters(platform, folder, pythons, roots)
            lines = [ran(way, *types) for way in ways if takes(way, f"{python}-{abi}")]
            return lines or [looked]
        except ValueError as error:
            return [f"FAILED: {error}"]


def main() -> None:
    """Try each wheel and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheels", type=Path, metavar="DIR")
    parser.add_argument("--python", action="append", metavar="PATH", help="an interpreter with numpy")
    parser.add_argument("--roots", type=Path, default=REPOSITORY / "build" / "roots", help="what native/roots.py made")
    args = parser.parse_args()
    lief.logging.disable()
    failed = False
    for wheel in sorted(args.wheels.glob("*.whl")):
        for line in tried(wheel, args.python or [sys.executable], args.roots):
            failed |= line.startswith("FAILED")
            print(f"{wheel.name.removeprefix('openassay_native-')}: {line}", flush=True)
    raise SystemExit(int(failed))


if __name__ == "__main__":
    main()
