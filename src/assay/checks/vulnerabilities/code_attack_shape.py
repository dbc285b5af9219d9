"""Does code of the model have the shape of an attack, whether or not anything runs it?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._routes import routes
from assay.facts.config import CodeReference
from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.program import AttackShape, PythonSource
from assay.facts.structure import Aspect

MOST = 20  # lines that one answer shows


@check(
    "code.attack-shape",
    title="Does code of the model have the shape of an attack?",
    severity=9.0,
    remedy="Read the lines named; do not run the file before you know why it does this; delete it if it is not needed.",
    references=("CWE-506", "CWE-494", "MITRE ATT&CK T1059", "MITRE ATT&CK T1552"),
    aspects=(Aspect.SOURCE,),
)
def code_attack_shape(
    shapes: tuple[AttackShape, ...], references: tuple[CodeReference, ...], sources: tuple[PythonSource, ...]
) -> Iterator[Answer]:
    """Code to train or evaluate may download data and start processes; a few things have hardly any use but an attack.

    These are: a shell that is given to a remote host, a text that is decoded or downloaded and then run, credentials
    that are read and sent away, a file from which programs are started. They are looked for in Python by where values
    go, in shell scripts, notebooks, Dockerfiles and Makefiles by their commands, and in commands that Python starts. In
    a file to which a config leads a loader it is a fail, elsewhere it is for review: somebody may run the file by hand.
    """
    known, files = routes(references, sources), dict[str, list[AttackShape]]()
    for shape in shapes:
        files.setdefault(shape.artifact, []).append(shape)
    for path, rows in files.items():
        route = known.get(path)
        kinds = ", ".join(sorted({row.shape for row in rows}))
        more = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
        yield Answer(
            Kind.FAIL if route and route.certain else Kind.REVIEW,
            f"{path}:{rows[0].line} {kinds}: {rows[0].seen}{more}",
            tuple(Evidence(path, row.seen, line=row.line, name=row.shape) for row in rows[:MOST]),
        )
