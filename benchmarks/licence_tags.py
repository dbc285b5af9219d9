"""Hold every licence tag of the hub against its official text, by `assay audit` of a card with the tag and the text.

Called by `python -m benchmarks.openness --data DIR --scancode WHEEL`. The texts are those that packages carry: the SPDX
list and choosealicense.com (npm, pinned), and what ScanCode collects, from which the index is made, so that of these
only the tables of names are tried. A tag that names no version is held against the text of each that it may mean.
"""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import assay
from assay.facts.finding import Kind
from assay.licence.name import named, same
from assay.licence.spelling import texts
from assay.licence.statement import says_nothing
from assay.licence.tag import TAGS

SPDX, CHOOSE = "spdx-license-list@6.12.0", "@rexxars/choosealicense-list@1.1.2"
_KEY = re.compile(r"^spdx_license_key: (\S+)$", re.MULTILINE)
FOLDER = "licensedcode/data/licenses/"
# tags of a family: the texts that it may mean are those that `assay.licence.name.same` takes for any of it
MOST = 12  # licences of a tag that are tried
FAMILIES = ("openrail", "cc", "bsd")


def packed(data: Path, package: str) -> tarfile.TarFile:
    """An npm package, fetched if it is not there."""
    archive = data / f"{package.lstrip('@').replace('/', '-').replace('@', '-')}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", package], cwd=data, check=True, stdout=subprocess.DEVNULL)
    return tarfile.open(archive)


def official(data: Path, wheel: Path) -> Iterator[tuple[str, str, str]]:
    """(id, where the text is from, the text) of every licence in the packages."""
    with packed(data, SPDX) as whole:
        for member in whole:
            if member.name.startswith("package/licenses/"):
                stream = whole.extractfile(member)
                assert stream is not None
                yield Path(member.name).stem, "SPDX", json.load(stream)["licenseText"]
    with packed(data, CHOOSE) as whole:
        stream = whole.extractfile("package/licenses.json")
        assert stream is not None
        for id, row in json.load(stream).items():
            yield id, "choosealicense", row["body"]
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith(FOLDER) and name.endswith(".LICENSE"):
                _, front, text = [*archive.read(name).decode().split("---\n", 2), ""][:3]
                id = _KEY.search(front)
                if id and text.strip():
                    yield id[1], "ScanCode", text


def meant(tag: str, ids: set[str]) -> set[str]:
    """The ids of the texts that a tag means, as they are written in `ids`."""
    id = named(tag)
    if id:
        wanted = {named(text) or text for text in (*texts(id), id)}
        return {row for row in ids if (named(row) or row) in wanted}
    return {row for row in ids if same(tag, row)} if tag in FAMILIES else set()


def kinds(tag: str, text: str) -> set[Kind]:
    """What the audit answers on whether the tag and the text agree."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "README.md").write_text(f"---\nlicense: {tag}\n---\n# A model\n")
        (Path(folder) / "LICENSE").write_text(text)
        rows = assay.audit(folder, cost="header").findings
    return {row.kind for row in rows if row.check == "licence.conflict"}


def report(data: Path, wheel: Path) -> None:
    """Print the counts, each conflict, and the tags of which no text could be had."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for id, where, text in official(data, wheel):
        rows.setdefault(id, []).append((where, text))
    naming = [tag for tag in TAGS if not says_nothing(tag)]
    counts: dict[Kind, int] = {}
    held, without, wrong = 0, [], []
    for tag in naming:
        pairs = [(id, *row) for id in sorted(meant(tag, set(rows)))[:MOST] for row in rows[id]]
        if not pairs:
            without.append(tag)
            continue
        held += 1
        for id, where, text in pairs:
            for kind in kinds(tag, text):
                counts[kind] = counts.get(kind, 0) + 1
                if kind is not Kind.PASS:
                    wrong.append(f"{tag}, {id} of {where}: {kind}")
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    print(f"{held} of the hub's {len(naming)} tags that name a licence, {sum(counts.values())} texts: {said}")
    print(*(f"  {row}" for row in wrong), sep="\n")
    print(f"no text could be had of: {', '.join(without) or 'none'}")
