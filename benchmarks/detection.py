"""Hostile and benign files against assay and the scanners people use: who finds what, who cries wolf, at which cost.

    python -m benchmarks.detection [--envs DIR [--benign PYTHON]]

Without an environment folder only assay is asked, about hostile models.
Each scanner has an environment of its own below DIR, made when it is not there (the package index is needed once).
Every file is given to every scanner alone, in one process of the scanner per family, for a minute at most; what it says
is reduced to one word: `alert`, `unsure` (an error, "inconclusive", "skipped": it fails closed if a user reads that),
or `clean`. assay's word is the exit status of `assay audit` under the policy `default`: 1 is an alert, 3 unsure, 0
clean. Hostile models are given twice, alone and beside a sound language model, so that no answer rests on what is
missing. `--benign` is an interpreter with the libraries of `benchmarks.genuine`, made below DIR if not given.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from pathlib import Path
from typing import IO

WORDS = ("alert", "unsure", "clean")
PATIENCE = 60.0  # wall seconds for one model; a scanner that takes longer is ended and counts as unsure
LIBRARIES = (
    *("torch==2.13.0", "scikit-learn", "joblib", "numpy", "xgboost-cpu", "lightgbm", "onnx", "transformers"),
    *("accelerate", "tokenizers", "safetensors", "h5py", "keras", "dill", "cloudpickle", "skops", "flax", "trl"),
)
PEERS = {
    "modelaudit": ("modelaudit==0.2.54",),
    "modelscan": ("modelscan==0.8.8", "numpy"),
    "picklescan": ("picklescan==1.0.5", "numpy"),
    "picklescan --strict": ("picklescan==1.0.5", "numpy"),
    "fickling": ("fickling==0.1.12", "typing_extensions"),
}
# what runs in a peer's environment: read paths from standard input, print one word each
_MODELAUDIT = """
import sys, logging; logging.disable(logging.CRITICAL)
from modelaudit.core import scan_model_directory_or_file
for line in sys.stdin:
    try:
        r = scan_model_directory_or_file(line.rstrip("\\n"), cache_enabled=False, timeout=60)
        worst = {str(getattr(i.severity, "value", i.severity)).lower() for i in r.issues}
        broken = r.has_errors or not r.success or not r.files_scanned
        print("alert" if worst & {"warning", "critical"} else "unsure" if broken else "clean", flush=True)
    except BaseException as e:
        print("unsure", flush=True)
"""
_MODELSCAN = """
import sys, logging; logging.disable(logging.CRITICAL)
from modelscan.modelscan import ModelScan
from modelscan.settings import DEFAULT_SETTINGS
for line in sys.stdin:
    try:
        r = ModelScan(settings=DEFAULT_SETTINGS).scan(line.rstrip("\\n"))
        s = r["summary"]
        broken = r.get("errors") or not s["scanned"]["total_scanned"]
        print("alert" if s["total_issues"] else "unsure" if broken else "clean", flush=True)
    except BaseException as e:
        print("unsure", flush=True)
"""
_PICKLESCAN = """
import sys, os, logging; logging.disable(logging.CRITICAL)
from picklescan.scanner import scan_directory_path, scan_file_path
for line in sys.stdin:
    path = line.rstrip("\\n")
    try:
        kw = {"strict": True} if STRICT else {}
        r = (scan_directory_path if os.path.isdir(path) else scan_file_path)(path, **kw)
        print("alert" if r.issues_count or r.infected_files else "unsure" if r.scan_err else "clean", flush=True)
    except BaseException as e:
        print("unsure", flush=True)
"""
_FICKLING = """
import sys, os, zipfile, logging; logging.disable(logging.CRITICAL)
from fickling.loader import scan_file, scan_zip_archive
def files(path):
    return [os.path.join(d, f) for d, _, fs in os.walk(path) for f in fs] if os.path.isdir(path) else [path]
for line in sys.stdin:
    words = set()
    for path in files(line.rstrip("\\n")):
        try:
            if zipfile.is_zipfile(path):
                rows = list(scan_zip_archive(path, graceful=True).values())
            else:
                rows = [scan_file(path, graceful=True)]
            said = {"alert" if r.results and not r.is_safe else "unsure" if r.errors else "clean" for r in rows}
            words |= said or {"unsure"}
        except BaseException as e:
            words.add("unsure")
    print("alert" if "alert" in words else "unsure" if "unsure" in words else "clean", flush=True)
"""
_ASSAY = """
import sys, assay
words = {"FAILED": "alert", "INCOMPLETE": "unsure", "PASSED": "clean"}
for line in sys.stdin:
    print(words[assay.audit(line.rstrip("\\n"), isolation=False, offline=True).decision.verdict], flush=True)
"""
# at its end a scanner says its own peak: what wait4 gives would count the memory of the process that started it
_PEAK = """
with open("/proc/self/status") as file:
    print("peak", next(line.split()[1] for line in file if line.startswith("VmHWM")), flush=True)
"""
_PROGRAMS = {
    "modelaudit": _MODELAUDIT, "modelscan": _MODELSCAN, "picklescan": "STRICT = False\n" + _PICKLESCAN,
    "picklescan --strict": "STRICT = True\n" + _PICKLESCAN, "fickling": _FICKLING,
}  # fmt: skip


def environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """The interpreter of an environment with these packages, made if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def answers(python: Path | str, program: str, paths: list[Path]) -> tuple[list[str], float, float]:
    """(a word for each path, CPU seconds, peak MiB) of one scanner over some paths; a path that kills it is unsure."""
    words: list[str] = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = 0.0
    surroundings = {**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
    while len(words) < len(paths):
        rest = paths[len(words) :]
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                [str(python), "-c", program + _PEAK],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=subprocess.DEVNULL,
                env=surroundings,
                text=True,
            )
            assert process.stdin is not None
            process.stdin.write("".join(f"{path}\n" for path in rest))
            process.stdin.close()
            _wait(process, said)
            said.seek(0)
            rows = [line.split() for line in said]
            got = [row[0] for row in rows if len(row) == 1 and row[0] in WORDS]
            peak = max([peak, *(int(row[1]) / 1024 for row in rows if len(row) == 2 and row[0] == "peak")])
        words += got[: len(rest)]
        if len(got) < len(rest):
            words.append("unsure")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return words, spent, peak


def _wait(process: subprocess.Popen[str], said: IO[str]) -> None:
    """Wait for a scanner; one that says nothing for PATIENCE seconds is ended."""
    size, since = -1, time.monotonic()
    while process.poll() is None:
        now = os.fstat(said.fileno()).st_size
        if now != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            process.kill()
        time.sleep(0.05)


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=Path, help="folder for the scanners' environments; without it assay alone")
    parser.add_argument("--benign", type=Path, help="an interpreter that has the libraries of benchmarks.benign")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    scanners: dict[str, tuple[Path | str, str]] = {"assay": (sys.executable, _ASSAY)}
    for name, packages in PEERS.items() if options.envs else ():
        folder = options.envs / name.partition(" ")[0]
        scanners[name] = (environment(folder, packages), _PROGRAMS[name])
    with tempfile.TemporaryDirectory(prefix="assay-detection-") as folder_name:
        folder = Path(folder_name)
        _hostile(folder / "hostile", scanners)
        if not options.envs:
            return
        benign = options.benign or environment(options.envs / "libraries", LIBRARIES)
        made = subprocess.run(
            [str(benign), "-m", "benchmarks.genuine", str(folder / "benign")],
            capture_output=True,
            text=True,
            check=True,
        )
        _benign(folder / "benign", scanners, made.stdout)


def _hostile(folder: Path, scanners: dict[str, tuple[Path | str, str]]) -> None:
    from tests.hostile import cases

    for beside in (False, True):
        families: dict[str, list[Path]] = {}
        place = folder / ("beside" if beside else "alone")
        for case in cases():
            families.setdefault(case.family, []).append(case.beside(place) if beside else case.written(place))
        total = sum(map(len, families.values()))
        where = "beside a sound model" if beside else "alone"
        print(f"{total} hostile models {where}: alert / unsure / clean")
        _table(families, {"assay": scanners["assay"]} if beside else scanners)


def _table(families: dict[str, list[Path]], scanners: dict[str, tuple[Path | str, str]]) -> None:
    print(f"{'family':14}" + "".join(f"{name:>22}" for name in scanners))
    sums: dict[str, Counter[str]] = {name: Counter() for name in scanners}
    cost: dict[str, list[float]] = {name: [0.0, 0.0] for name in scanners}
    for family, paths in families.items():
        row = ""
        for name, (python, program) in scanners.items():
            words, spent, peak = answers(python, program, paths)
            found = Counter(words)
            sums[name] += found
            cost[name] = [cost[name][0] + spent, max(cost[name][1], peak)]
            row += f"{found['alert']:>10} /{found['unsure']:>4} /{found['clean']:>4}"
        print(f"{family:14}{row}", flush=True)
    print(f"{'all':14}" + "".join(f"{s['alert']:>10} /{s['unsure']:>4} /{s['clean']:>4}" for s in sums.values()))
    print(f"{'CPU s':14}" + "".join(f"{cost[name][0]:>22.1f}" for name in scanners))
    print(f"{'peak MiB':14}" + "".join(f"{cost[name][1]:>22.0f}" for name in scanners))


def _benign(folder: Path, scanners: dict[str, tuple[Path | str, str]], made: str) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    absent = json.loads(made[made.index("{") :])["absent"]
    weights = [path for path in files if "weights" in path.relative_to(folder).parts]
    others = [path for path in files if path not in weights]
    print(f"\n{len(files)} benign files of real libraries" + (f"; absent: {', '.join(absent)}" if absent else ""))
    print(f"{'scanner':22}{'weights':>40}{'objects, graphs, code':>44}{'CPU s':>10}{'peak MiB':>10}")
    for name, (python, program) in scanners.items():
        cells, spent, peak = "", 0.0, 0.0
        for paths in (weights, others):
            words, cpu, most = answers(python, program, paths)
            found = Counter(words)
            spent, peak = spent + cpu, max(peak, most)
            shown = ", ".join(f"{found[word]} {word}" for word in ("clean", "unsure", "alert") if found[word])
            cells += f"{shown:>40}" if paths is weights else f"{shown:>44}"
        print(f"{name:22}{cells}{spent:>10.1f}{peak:>10.0f}", flush=True)


if __name__ == "__main__":
    main()
