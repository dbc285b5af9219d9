"""The route by which loading a config runs a Python file: the class that the config names, then relative imports."""

from __future__ import annotations

from dataclasses import dataclass

from assay.facts.config import CodeReference
from assay.facts.program import PythonSource

MAX_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one file: who follows it, and the stations, each with the position that leads on to the next."""

    loader: str
    stations: tuple[str, ...]

    def words(self, last: str) -> str:
        """The route as a person reads it, `last` being where it ends."""
        return " -> ".join((*self.stations, last))


def routes(references: tuple[CodeReference, ...], sources: tuple[PythonSource, ...]) -> dict[str, Route]:
    """For each Python file that a config leads to, the shortest route."""
    by_path = {source.artifact: source for source in sources}
    found: dict[str, Route] = {}
    queue: list[str] = []
    for reference in references:
        path = reference.path
        if reference.repository is None and path in by_path and path not in found:
            found[path] = Route(reference.loader, (f"{reference.artifact} {reference.pointer} = {reference.target}",))
            queue.append(path)
    for path in queue:  # grows while it is walked
        for target, line in by_path[path].imported():
            if target in by_path and target not in found and len(found) < MAX_FILES:
                found[target] = Route(found[path].loader, (*found[path].stations, f"{path}:{line}"))
                queue.append(target)
    return found
