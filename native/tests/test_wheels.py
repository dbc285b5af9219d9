"""Wheels for other machines run: those of `make wheels`, on the interpreters that it made for aarch64 and for musl."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

NATIVE = Path(__file__).resolve().parents[1]
ROOTS, WHEELS = NATIVE.parent / "build" / "roots", NATIVE.parent / "dist"
TYPES = ("BF16", "F32", "Q4_K")  # each in two widths; make wheels tries all of them
sys.path.append(str(NATIVE))


@pytest.mark.parametrize("platform", ["manylinux_2_17_aarch64", "musllinux_1_2_x86_64", "musllinux_1_2_aarch64"])
def test_a_wheel_for_another_machine_computes_what_the_reference_does(platform: str) -> None:
    pytest.importorskip("lief", reason="make wheels has not run here: no lief")
    from try_wheels import tried

    if "aarch64" in platform and not shutil.which("qemu-aarch64"):
        pytest.skip("qemu-aarch64 is not here: on Debian, apt-get install qemu-user")
    library, machine = "musl" if platform.startswith("musl") else "glibc", platform.split("_", 3)[3]
    roots = [path.name.rsplit("-", 1)[1] for path in sorted(ROOTS.glob(f"{library}-{machine}-*"))]
    tags = {"cp311-cp311" if version == "3.11" else "cp312-abi3" for version in roots}
    wheels = [path for tag in sorted(tags) for path in WHEELS.glob(f"openassay_native-*-{tag}-*{platform}*.whl")]
    newest = max(path.stat().st_mtime for path in (NATIVE / "src").iterdir())
    if not wheels or min(path.stat().st_mtime for path in wheels) < newest:
        pytest.skip("make wheels has not run here, or before the sources changed")
    for wheel in wheels:
        lines = tried(wheel, [], ROOTS, *TYPES)
        assert lines and all("6 summaries equal the reference" in line and machine in line for line in lines), lines
