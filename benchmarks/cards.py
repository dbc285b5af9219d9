"""What assay reads in 62 model cards, against what a person says that they state.

    python -m benchmarks.cards [--half odd|even]

The cards in `benchmarks/cards` were written for this benchmark in the styles found on hubs: templates of the Hub and of
the Trainer, HTML, tables, twelve languages, with front matter and without. They are nobody's. Of the first 30 the odd
ones were in sight while the readers were written, the even ones were not: 85 of their 90 cells were right when first
read. Cards 31 to 50 and then 51 to 62 were written with their truth before they were read once: 98 of 120 and, after
the kinds of error in the former were corrected, 62 of 72. Six cells each: licence, base model, data sets, results,
languages, limitations; a cell is right if exactly what is stated was read. Beside it: the front matter alone.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.interval import wilson
from assay.licence.name import named
from assay.licence.tag import short

CARDS = Path(__file__).with_name("cards")
COLUMNS = ("licence", "base", "data", "results", "languages", "limits")


def plain(name: str) -> str:
    """The last part of a name, without case and marks."""
    return re.sub(r"[^\w]", "", name.rpartition("/")[2].lower())


def licences(texts: list[str]) -> set[str]:
    """Names of licences as one writes them."""
    return {plain(named(text) or text) for text in texts if text}


def read(path: Path) -> Dossier:
    """The audit of a folder with this card alone."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, Path(folder) / "README.md")
        return assay.audit(folder, cost="header")


def seen(dossier: Dossier) -> dict[str, Any]:
    """What the audit read, in the columns."""

    def texts(key: str) -> list[str]:
        return [row.text for row in dossier.stated(key)]

    def silent(check: str) -> bool:
        return any(row.check == check and row.kind is Kind.OPEN for row in dossier.findings)

    tag = dossier.openness.component("model_card").licence.id
    return {
        "licence": licences([short(named(tag)) or tag]),
        "base": {plain(text) for text in texts("base_model")} or ({"scratch"} if texts("from_scratch") else set()),
        "data": {plain(text) for text in texts("datasets")},
        "results": not silent("evaluation.undeclared"),
        "languages": set(texts("language")),
        "limits": not silent("limitation.undeclared"),
    }


def expected(row: dict[str, Any]) -> dict[str, Any]:
    """The truth in the same form."""
    return {
        "licence": licences(row["licence"]),
        "base": {plain(text) for text in row["base"]} or ({"scratch"} if row.get("scratch") else set()),
        "data": {plain(text) for text in row["data"]},
        "results": row["results"],
        "languages": set(row["languages"]),
        "limits": row["limits"],
    }


def front_matter(path: Path) -> dict[str, Any]:
    """What the front matter alone says."""
    parts = path.read_text().split("---\n")
    front = yaml.safe_load(parts[1]) if path.read_text().startswith("---") else {}

    def texts(key: str) -> set[str]:
        value = (front or {}).get(key) or []
        return {plain(str(text)) for text in (value if isinstance(value, list) else [value])}

    told = (front or {}).get("license_name") or (front or {}).get("license") or ""
    results = any(row.get("results") for row in (front or {}).get("model-index", []))
    value = (front or {}).get("language") or []
    return {
        "licence": licences([told]),
        "base": texts("base_model"),
        "data": texts("datasets"),
        "results": results,
        "languages": set(value if isinstance(value, list) else [value]),
        "limits": False,
    }


def main() -> None:
    """Print the table, and each cell that is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("odd", "even"))
    half = parser.parse_args().half
    truth = yaml.safe_load((CARDS / "truth.yaml").read_text())
    right, alone, count = dict.fromkeys(COLUMNS, 0), dict.fromkeys(COLUMNS, 0), 0
    for name, row in truth.items():
        if half and int(name[:2]) % 2 != (half == "odd"):
            continue
        wanted, found, front = expected(row), seen(read(CARDS / f"{name}.md")), front_matter(CARDS / f"{name}.md")
        count += 1
        for column in COLUMNS:
            right[column] += found[column] == wanted[column]
            alone[column] += front[column] == wanted[column]
            if found[column] != wanted[column]:
                print(f"{name} {column}: read {found[column]}, stated {wanted[column]}")
    for column in COLUMNS:
        print(f"{column:<10} {right[column]} of {count}; front matter alone {alone[column]}")
    cells, total = count * len(COLUMNS), sum(right.values())
    low, high = wilson(total, cells)
    front_total = sum(alone.values())
    print(f"{total} of {cells} cells right ({100 * low:.0f} to {100 * high:.0f} %); front matter alone {front_total}")


if __name__ == "__main__":
    main()
