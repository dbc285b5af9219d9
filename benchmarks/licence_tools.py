"""What ScanCode and licensee name in licence texts, for `benchmarks.openness` to print beside assay.

ScanCode (`scancode-toolkit`, in a virtual environment of its own: 32.5.0 needs `pluggy==1.0.0`) scans all texts in one
run; licensee (Debian's `ruby-licensee`, or the gem) looks at a folder for each, with a file LICENSE. Both with their
default thresholds.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

Named = list[tuple[str, ...]]  # for each text, the SPDX ids that were named


def scancode(command: str, texts: list[str]) -> Named:
    """What ScanCode names: the ids of its expression for each file, an exception apart from its licence."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "texts"
        for number, text in enumerate(texts):
            (folder / f"{number:04}").mkdir(parents=True)
            (folder / f"{number:04}" / "LICENSE").write_text(text, "utf-8")
        out = Path(name) / "found.json"
        subprocess.run(
            [command, "--license", "--quiet", "--timeout", "600", "--json", str(out), str(folder)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found: dict[str, tuple[str, ...]] = {}
        for row in json.loads(out.read_bytes())["files"]:
            if row["type"] == "file":
                said = row["detected_license_expression_spdx"] or ""
                found[Path(row["path"]).parent.name] = tuple(
                    dict.fromkeys(id for id in re.findall(r"[\w.+-]+", said) if id not in ("AND", "OR", "WITH"))
                )
    return [found[f"{number:04}"] for number in range(len(texts))]


def licensee(command: str, texts: list[str]) -> Named:
    """What licensee names, without "other", by which it says that it knows none."""
    rows: Named = []
    for text in texts:
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "LICENSE").write_text(text, "utf-8")
            done = subprocess.run(
                [command, "detect", "--json", "--no-packages", "--no-readme", name], check=False, capture_output=True
            )
            found = json.loads(done.stdout or b'{"licenses": []}')["licenses"]
            rows.append(tuple(row["spdx_id"] for row in found if row["spdx_id"] not in ("NOASSERTION", "NONE")))
    return rows


TOOLS: dict[str, Callable[[str, list[str]], Named]] = {"scancode": scancode, "licensee": licensee}
