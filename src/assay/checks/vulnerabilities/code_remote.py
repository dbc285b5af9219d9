"""Does loading the model run Python code that ships with it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.checks import check
from assay.checks.vulnerabilities._routes import by_name, named, routes
from assay.facts.config import ANY, CodeReference
from assay.facts.finding import Answer, Evidence, review
from assay.facts.program import PythonSource
from assay.facts.structure import Aspect

NOTHING = "no network, process or execution calls seen"


@check(
    "code.remote",
    title="Does loading the model run Python code that ships with it?",
    severity=6.5,
    remedy=(
        "Load without trust_remote_code if the library has the architecture; "
        "else read the files named, pin this revision, and accept them with a waiver."
    ),
    references=("CWE-829", "OWASP LLM03:2025"),
    aspects=(Aspect.REFERENCES,),
)
def code_remote(references: tuple[CodeReference, ...], sources: tuple[PythonSource, ...]) -> Iterator[Answer]:
    """`auto_map` and its kin make a loader import a Python file of the model, with all rights of the user.

    transformers does so with trust_remote_code=True, other libraries by themselves. The answer names the files,
    those that they import in turn, their length, what they reach, and packages that they need and assay does not know.
    """
    by_path = {source.artifact: source for source in sources}
    known = routes(references, sources)
    modules: dict[str, list[CodeReference]] = {}
    for reference in references:
        for path in named(reference, by_path):
            modules.setdefault(path, []).append(reference)
    for module, rows in sorted(modules.items()):
        also = sorted(path for path, route in known.items() if path not in modules and _through(module, route.stations))
        files = [by_path[path] for path in (module, *also)]
        seen = sorted({reach.capability for source in files for reach in source.reaches})
        summary = ", ".join(seen) if seen else NOTHING
        if unknown := _unvetted(files, by_path):
            summary += f"; imports {', '.join(unknown[:5])}, which assay does not know"
        more = f" and {len(also):,} that it imports" if also else ""
        lines = sum(source.lines for source in files)
        sure = any(row.loader != ANY for row in rows)
        does = "makes a loader run" if sure else "names a file of code, which a loader that follows it would run:"
        yield review(
            f"{rows[0].artifact} {does} {module}{more} ({lines:,} lines; {summary})",
            *(Evidence(row.artifact, row.target, pointer=row.pointer, name=row.target) for row in rows[:20]),
            Evidence(module, summary),
            *(Evidence(path, f"imported by way of {known[path].stations[-1]}") for path in also[:20]),
        )

    yield from _by_name(sources, by_path, modules)


def _by_name(
    sources: tuple[PythonSource, ...], by_path: dict[str, PythonSource], named: Iterable[str]
) -> Iterator[Answer]:
    """Files that somebody runs because of their names."""
    for path, loader in by_name(sources):
        if path not in named:
            seen = ", ".join(sorted({reach.capability for reach in by_path[path].reaches})) or NOTHING
            lines = by_path[path].lines
            yield review(
                f"{loader} runs {path}, which it takes by its name ({lines:,} lines; {seen})",
                Evidence(path, seen, name=loader),
            )


def _unvetted(files: list[PythonSource], by_path: dict[str, PythonSource]) -> list[str]:
    """Packages that are neither known nor files of the model."""
    return sorted(
        {
            name
            for source in files
            for name in source.unvetted
            if not any(path in by_path for path in source.beside(name))
        }
    )


def _through(module: str, stations: tuple[str, ...]) -> bool:
    return any(station.rpartition(":")[0] == module for station in stations[1:])
