"""Hostile models by the hundred, made byte by byte and never loaded: what scanners should stop, and assay must.

Each case is a small model: files by path. `family` groups cases for the table of `benchmarks.detection`. Payloads are
inert: if one ever ran, it would print a line. Names of gadgets are those of public advisories; no code of them is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile model: its family, a name, and its files."""

    family: str
    name: str
    files: dict[str, bytes]

    def written(self, folder: Path) -> Path:
        """Write the files below `folder` and give the path to audit."""
        return self._written(folder / f"{self.family}-{self.name}")

    def beside(self, folder: Path) -> Path:
        """The same in a folder with a sound language model, so that no verdict rests on what is missing."""
        from tests.builders import hub_model

        return self._written(hub_model(folder / f"{self.family}-{self.name}"))

    def _written(self, root: Path) -> Path:
        for path, content in self.files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        return root


def cases() -> Iterator[Case]:
    """Every case, in a fixed order."""
    from tests.hostile import archives, code, graphs, pickles, texts, weights

    for module in (pickles, archives, weights, texts, code, graphs):
        yield from module.cases()
