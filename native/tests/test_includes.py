"""Every native source includes what it uses: what another compiler's headers bring along is not to be relied on.

GCC 12 lets `std::system_error` through with `<mutex>`, GCC 13 does not; include-what-you-use says so on either.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[1] / "src"
# include-what-you-use 0.18 aborts on GCC's vector types; kernels.cpp uses the C library and intrinsics only
CHECKED = sorted(source.name for source in SOURCES.glob("*.cpp") if source.name != "kernels.cpp")
# the library's own inner headers (libstdc++, glibc), and Python's, which nanobind includes by contract
# and the parts of immintrin.h, which are not to be included by themselves
_INNER = re.compile(r"#include <(bits/|ext/|sys/types|py\w+\.h|abstract\.h|object\.h|\w+intrin\.h)")
_MINE = "allocator_traits"  # what a vector's element type is made from: used by no line of ours
_C = {"stddef.h": "cstddef", "stdint.h": "cstdint", "string.h": "cstring"}


def missing(source: Path, *, headers: tuple[Path, ...]) -> list[str]:
    """The `#include` lines that include-what-you-use would add, for `source` and the headers beside it."""
    command = ["iwyu", "-std=gnu++17", "-DASSAY_X86=1", "-Xiwyu", "--cxx17ns", f"-I{SOURCES}"]
    command += [part for header in headers for part in ("-isystem", str(header))]
    report = subprocess.run([*command, str(source)], capture_output=True, text=True, timeout=120).stderr
    assert "fatal error" not in report, report
    found = []
    for name, lines in re.findall(r"^(\S+) should add these lines:\n((?:#.*\n)*)", report, re.MULTILINE):
        text = Path(name).read_text()
        for line in filter(None, lines.split("\n")):
            wanted = re.sub(r"<(\w+\.h)>", lambda c: f"<{_C.get(c[1], c[1])}>", line.partition("//")[0].strip())
            if wanted not in text and not _INNER.match(wanted) and _MINE not in line:
                found.append(f"{Path(name).name}: {wanted}")
    return found


@pytest.mark.parametrize("source", CHECKED)
def test_a_source_includes_what_it_uses(source: str) -> None:
    if shutil.which("iwyu") is None:
        pytest.skip("needs include-what-you-use; on Debian: apt-get install iwyu")
    nanobind = pytest.importorskip("nanobind")
    headers = (Path(nanobind.include_dir()), Path(sysconfig.get_paths()["include"]))
    assert missing(SOURCES / source, headers=headers) == []


def test_the_check_sees_what_is_missing(tmp_path: Path) -> None:
    """The fault that kept Ubuntu 24.04 from compiling, made again."""
    if shutil.which("iwyu") is None:
        pytest.skip("needs include-what-you-use; on Debian: apt-get install iwyu")
    source = tmp_path / "fault.cpp"
    source.write_text("#include <mutex>\nint main() { try { throw 1; } catch (const std::system_error&) {} }\n")
    assert missing(source, headers=()) == ["fault.cpp: #include <system_error>"]
