"""How the kernels were compiled: the hot loops in vector registers, at every level that this compiler can build."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import openassay_native
import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "kernels.cpp"
LEVELS = {
    "x86_64_v3": ("-march=x86-64-v3", "-mprefer-vector-width=256", "ymm"),
    "x86_64_v4": ("-march=x86-64-v4", "-mprefer-vector-width=512", "zmm"),
}


def test_a_level_is_named_and_an_unknown_one_refused() -> None:
    assert openassay_native.level() in ("x86_64_v2", "x86_64_v3", "x86_64_v4", "portable")
    with pytest.raises(ValueError, match="no instruction-set level vax"):
        openassay_native.use("vax")


@pytest.mark.parametrize("level", sorted(LEVELS))
def test_hot_loops_are_vectorised(level: str, tmp_path: Path) -> None:
    """Loops marked VECTORISED by the compiler's own report, those in vector types by the registers in the assembly."""
    compiler = shutil.which("g++")
    if compiler is None or "x86_64" not in openassay_native.level():
        pytest.skip("needs g++ on x86-64")
    arch, width, register = LEVELS[level]
    report, assembly = tmp_path / "report", tmp_path / "kernels.s"
    flags = ["-std=gnu++17", "-O3", "-ffp-contract=off", "-fno-math-errno", f"-DLEVEL={level}", arch, width]
    subprocess.run(
        [compiler, *flags, f"-fopt-info-vec-optimized={report}", "-S", str(SOURCE), "-o", str(assembly)], check=True
    )
    reported = {
        int(line) for line in re.findall(r"kernels\.cpp:(\d+):\d+: optimized: loop vectorized", report.read_text())
    }
    lines = SOURCE.read_text().splitlines()
    marked = [number for number, line in enumerate(lines, 1) if "// VECTORISED" in line]
    assert len(marked) >= 3
    for number in marked:  # the mark stands on the loop's line or on its last
        assert any(number - 9 <= line <= number for line in reported), lines[number - 1]
    text = assembly.read_text()
    for function in ("pass_bf16", "difference", "moments", "row"):
        body = re.search(
            rf"^(_ZN\S*{level}L{len(function)}{function}E\S*):\n(.*?)\n\t\.size\t\1", text, re.DOTALL | re.MULTILINE
        )
        assert body is not None and body[2].count(register) >= 8, function
