"""Build the kernels for a browser tab, values and digests in one WebAssembly module, with zig as the compiler.

`python native/wasm.py FILE` (pip install ziglang; `make web`). `assay web build --kernels FILE` puts it into a site.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
# as in CMakeLists.txt, which says why; vectors of 128 bits are in every browser since 2023 (WebAssembly 2.0)
FLAGS = (
    *("-target", "wasm32-wasi", "-mexec-model=reactor", "-mcpu=generic+simd128", "-std=gnu++17", "-O3"),
    *("-ffp-contract=off", "-fno-math-errno", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden"),
    *("-fno-strict-aliasing", "-DNDEBUG", "-DLEVEL=portable", "-s"),
)
SOURCES = ("digest", "kernels", "summary", "web")


def build(out: Path) -> None:
    """Write the module; CalledProcessError, with the compiler's messages above, where that fails."""
    sources = [str(HERE / "src" / f"{name}.cpp") for name in SOURCES]
    subprocess.run([sys.executable, "-m", "ziglang", "c++", *FLAGS, "-o", str(out), *sources], check=True)


def main() -> None:
    """Build it and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="FILE")
    out = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    build(out)
    print(f"{out}: {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
