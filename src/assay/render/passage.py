"""The lines around what was found, with their numbers, for every format that shows them."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.finding import Evidence, Finding, Passage
from assay.lazy import dataclass
from assay.render.visible import visible

_TAB = 4  # columns, as editors show source code


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number in the file, whether it is the one that is meant, and its text made visible."""

    number: int
    meant: bool
    text: str

    @property
    def plain(self) -> str:
        """The line for a terminal or a block of code, the one that is meant with an arrow."""
        return f"{self.number:>5} {'>' if self.meant else ' '} {self.text}".rstrip()


def lines(passage: Passage) -> Iterator[Line]:
    """Each line of a passage."""
    for number, text in enumerate(passage.lines, passage.first):
        yield Line(number, number == passage.marked, visible(text.expandtabs(_TAB)))


def shown(finding: Finding) -> list[tuple[Evidence, Passage]]:
    """The passages of a finding, each once: two pieces of evidence may stand in one line."""
    found: dict[tuple[str, Passage], Evidence] = {}
    for evidence in finding.evidence:
        if evidence.passage is not None:
            found.setdefault((evidence.artifact, evidence.passage), evidence)
    return [(evidence, passage) for (_, passage), evidence in found.items()]
