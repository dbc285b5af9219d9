"""Name the licence texts of models as their publishers have them, beside other tools: `python -m
benchmarks.model_licences --data DIR`.

DIR gets the files of `model-licences.txt` (repositories of GitHub, pinned commits, fetched with git). A text is right
if what it holds is named, by its text or by its title; wrong if another licence is; else it is not known. `scancode`
(scancode-toolkit-mini) and `licensee` are asked as well where they are installed; their names are counted as right if
they stand for the same licence.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from assay.licence.index import KNOWN
from assay.licence.match import identified
from assay.licence.name import same

LIST = Path(__file__).with_name("model-licences.txt")


def texts(data: Path) -> Iterator[tuple[str, Path, set[str]]]:
    """(name, file, licences that it holds) of each row of the list."""
    for line in LIST.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        repository, commit, path, ids = line.split("\t")
        file = data / "models" / f"{repository}/{path}".replace("/", "+")
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(fetched(repository, commit, path))
        yield f"{repository} {path}", file, set(ids.split(","))


def fetched(repository: str, commit: str, path: str) -> bytes:
    """One file of one commit."""
    with tempfile.TemporaryDirectory() as folder:
        git = ["git", "-C", folder]
        subprocess.run([*git, "init", "-q"], check=True)
        source = f"https://github.com/{repository}"
        subprocess.run([*git, "fetch", "-q", "--depth", "1", "--filter=blob:none", source, commit], check=True)
        return subprocess.run([*git, "show", f"{commit}:{path}"], check=True, capture_output=True).stdout


def by_scancode(files: list[Path]) -> dict[Path, set[str]]:
    """What scancode-toolkit names, as SPDX ids."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        command = ["scancode", "--quiet", "--license", "--json", str(out), str(files[0].parent)]
        subprocess.run(command, check=False, capture_output=True)
        rows = json.loads(out.read_text("utf-8"))["files"]
    by_name = {Path(row["path"]).name: row for row in rows if row["type"] == "file"}
    return {
        file: {
            match["license_expression_spdx"]
            for found in by_name[file.name]["license_detections"]
            for match in found["matches"]
        }
        for file in files
    }


def by_licensee(files: list[Path]) -> dict[Path, set[str]]:
    """What licensee names, each file alone in a folder as LICENSE."""
    found = {}
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(file, Path(folder) / "LICENSE")
            done = subprocess.run(["licensee", "detect", "--json", folder], check=False, capture_output=True)
        said = json.loads(done.stdout or b"{}").get("licenses", [])
        found[file] = {row["spdx_id"] for row in said if row["spdx_id"] not in ("NOASSERTION", "NONE")}
    return found


def by_assay(files: list[Path]) -> dict[Path, set[str]]:
    """What assay names."""
    return {file: set(identified(file.read_text("utf-8", "replace")).ids) for file in files}


def right(ids: set[str], held: set[str]) -> bool:
    """Whether each licence that is held is among those that were named."""
    return all(any(same(id, one) or same(one, id) for id in ids) for one in held)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    rows = list(texts(parser.parse_args().data))
    known = {row.id for row in KNOWN}
    outside = [row for row in rows if not row[2] & known]
    print(f"{len(rows)} texts, {len(outside)} of licences that are not in the index\n")
    tools = {"assay": by_assay, "scancode": by_scancode, "licensee": by_licensee}
    for tool, ask in tools.items():
        if tool != "assay" and shutil.which(tool) is None:
            print(f"{tool} is not installed")
            continue
        start = time.perf_counter()
        said = ask([file for _, file, _ in rows])
        spent = time.perf_counter() - start
        for what, some in (("all", rows), ("not in the index", outside)):
            good = sum(right(said[file], held) for _, file, held in some)
            none = [name for name, file, held in some if not said[file]]
            other = [name for name, file, held in some if said[file] and not right(said[file], held)]
            print(f"{tool:<9} {what:<17} {good} of {len(some)} right, {len(other)} as another, {len(none)} not named")
            if tool == "assay":
                print(f"          not named: {', '.join(none) or 'none'}; as another: {', '.join(other) or 'none'}")
        print(f"          {spent:.1f} s in all")


if __name__ == "__main__":
    main()
