"""The audit in a browser tab beside the command line: the same dossiers, and how long it takes.

    python -m benchmarks.browser --site DIR same [MODEL...]
    python -m benchmarks.browser --site DIR speed

DIR is what `assay web build DIR` wrote. `same` audits every hostile model of `tests/hostile` and each MODEL under Node
at `--cost pass`, and compares each dossier with the command line's, but for isolation and kernels. A model that brings
Python down is counted and left out. `speed` opens the page in Chromium: the first load, a visit from the kept copy, the
headers of a sparse file of 10 GB, and hashing 250 MB in one file and in 16 beside the browser's own digest of as much.
Memory is the most that the page's process has of its own at any time (Linux).
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.builders.browser import CHROMIUM
from tests.builders.visit import LONG, Visit, serving
from tests.hostile import cases

import assay
from assay.facts.codec import canonical, decode
from assay.facts.dossier import Dossier

SCRIPT = Path(__file__).resolve().parents[1] / "tests" / "web" / "node.mjs"
BATCH = 60  # models for one start of Python
HASHED = 25 * 10**7
_DIGEST = """async () => {
  const bytes = new Uint8Array(25e7);
  await crypto.subtle.digest("SHA-256", bytes);
  const begun = performance.now();
  await crypto.subtle.digest("SHA-256", bytes);
  return 25e7 / (performance.now() - begun) * 1000;
}"""


def same(site: Path, models: list[Path]) -> int:
    """Print how many dossiers are equal; how many differ."""
    equal, differing, fallen, tab, line = 0, list[str](), list[str](), 0.0, 0.0
    while models:
        with tempfile.TemporaryDirectory() as out:
            part = models[:BATCH]
            command = ["node", str(SCRIPT), str(site), out, '{"cost": "pass"}', *map(str, part)]
            done = subprocess.run(command, capture_output=True, text=True)
            told = [json.loads(row)["seconds"] for row in done.stdout.splitlines() if row.startswith("{")]
            for number, model in enumerate(part[: len(told)]):
                found = decode(Dossier, json.loads((Path(out) / f"{number}.json").read_bytes()))
                begun = time.perf_counter()
                here = assay.audit(model, cost="pass", isolation=False)
                line += time.perf_counter() - begun
                if canonical(replace(found, isolation=(), kernels=here.kernels)) == canonical(here):
                    equal += 1
                else:
                    differing.append(str(model))
        tab += sum(told)
        if len(told) < len(part):
            fallen.append(part[len(told)].name)
        models = models[len(told) + (len(told) < len(part)) :]
    print(f"{equal:,} dossiers equal, {len(differing)} differ, {len(fallen)} brought Python down")
    print(f"audits and JSON in Node {tab:.1f} s, audits by the command line's Python {line:.1f} s")
    for title, rows in (("differ", differing), ("brought Python down", fallen)):
        for row in rows:
            print(f"  {title}: {row}")
    return len(differing)


def sparse(path: Path, size: int) -> Path:
    """A safetensors file of one tensor of zeros, of so many bytes."""
    header = json.dumps({"w": {"dtype": "BF16", "shape": [size // 2], "data_offsets": [0, size // 2 * 2]}}).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + size // 2 * 2)
    return path


def speed(site: Path, folder: Path) -> None:
    """Print the times of a visit."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play, serving(site) as (address, _):
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        visit = Visit(browser, address)
        print(f"first load             {_told(visit, 'ready') / 1000:6.2f} s until the page says that it is ready")
        visit.page.locator("html[data-kept]").wait_for(timeout=LONG)
        visit.opened()
        print(f"from the kept copy     {_told(visit, 'ready') / 1000:6.2f} s")
        for size, name in ((10**10, "10 GB"), (10**10, "10 GB, again")):
            visit.shown(sparse(folder / "ten.safetensors", size))
            heap = _told(visit, "heap") / 1e6
            print(f"headers of {name:<12}{_told(visit, 'seconds'):6.2f} s, memory of Python {heap:.0f} MB")
        nothing = folder / "small.dat"
        nothing.write_bytes(b"words")
        print(f"memory, loaded         {_most(visit, nothing):6.0f} MB")
        least = _told(visit, "seconds")
        for count in (1, 16):
            held = _most(visit, _zeros(folder / f"in{count}", count))
            rate = HASHED / max(1e-3, _told(visit, "seconds") - least) / 1e6
            own = visit.page.evaluate(_DIGEST) / 1e6
            print(
                f"hashing 250 MB in {count:2}   {rate:6.0f} MB/s, memory {held:.0f} MB; crypto.subtle {own:.0f} MB/s:"
                f" {rate / own:.2f} of it"
            )
        held = _most(visit, sparse(folder / "values.safetensors", HASHED))
        rate = HASHED / max(1e-3, _told(visit, "seconds") - least) / 1e6
        print(f"with every value       {rate:6.0f} MB/s, BF16, memory {held:.0f} MB")
        browser.close()


def _zeros(folder: Path, count: int) -> Path:
    """So many files of zeros, HASHED bytes together and a few more: no two are equal."""
    folder.mkdir()
    for number in range(count):
        with (folder / f"{number}.dat").open("wb") as file:
            file.truncate(HASHED // count + number)
    return folder


def _most(visit: Visit, model: Path) -> float:
    """MB of its own that the largest process of a page anywhere on the machine has while the page audits a model."""
    most, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            most.extend(_own(path) for path in Path("/proc").glob("[0-9]*"))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        visit.shown(model)
    finally:
        over.set()
        looking.join()
    return max(most)


def _own(process: Path) -> float:
    """MB that a process of a page shares with no file: anonymous and shared memory; 0 for other processes."""
    try:
        if b"--type=renderer" not in (process / "cmdline").read_bytes():
            return 0.0
        rows = dict(row.split(":", 1) for row in (process / "status").read_text().splitlines())
        return sum(int(rows.get(name, "0 kB").split()[0]) for name in ("RssAnon", "RssShmem")) / 1024
    except OSError:
        return 0.0


def _told(visit: Visit, name: str) -> float:
    """A number that the page notes down on its root element."""
    found: Any = visit.page.evaluate(f"document.documentElement.dataset.{name}")
    return float(found)


def main() -> int:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, required=True, metavar="DIR")
    parser.add_argument("part", choices=("same", "speed"))
    parser.add_argument("models", type=Path, nargs="*", metavar="MODEL")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if args.part == "speed":
            speed(args.site, Path(folder))
            return 0
        return same(args.site, [case.written(Path(folder)) for case in cases()] + args.models)


if __name__ == "__main__":
    raise SystemExit(main())
