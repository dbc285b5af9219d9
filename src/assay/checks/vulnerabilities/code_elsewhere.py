"""Does loading the model run code that is not part of it?"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_packages import LIBRARIES
from assay.facts.artifact import Artifact
from assay.facts.config import CodeReference
from assay.facts.finding import Answer, Evidence, Kind, fail
from assay.facts.structure import Aspect

# whose modules a config may name for what the library itself provides
_PROVIDED = LIBRARIES | {"mlflow", "sentence_transformers"}


@check(
    "code.elsewhere",
    title="Does loading the model run code that is not part of it?",
    severity=8.5,
    remedy=(
        "Do not load it with remote code allowed. Ask the publisher to "
        "ship the code with the model, so that one digest covers both."
    ),
    references=("CWE-829", "CWE-494"),
    aspects=(Aspect.REFERENCES,),
)
def code_elsewhere(references: tuple[CodeReference, ...], artifacts: tuple[Artifact, ...]) -> Iterator[Answer]:
    """A config can name code in another repository, or a callable of an installed library.

    Code elsewhere can change after the audit and is covered by no digest of this model. A file that the config names
    and that is not here is reported too: a loader either fails on it or finds something else by that name. Hydra,
    MLflow and PEFT take any name from any installed package: a class of a known library is for review, a function and
    all of Python's own library a fail, an unknown package open.
    """
    paths = {artifact.path for artifact in artifacts}
    for reference in references:
        place = Evidence(reference.artifact, reference.target, pointer=reference.pointer, name=reference.target)
        where = f"{reference.artifact} {reference.pointer}"
        if reference.repository is not None:
            yield fail(f"{where} loads code from another repository: {reference.target}", place)
        elif reference.path in paths:
            continue  # code.remote reports code that is here
        elif reference.loader in ("hydra", "mlflow", "peft", "sentence-transformers", "diffusers"):
            kind, said = _installed(reference)
            if kind is not Kind.PASS:
                yield Answer(kind, f"{where} makes {reference.loader} {said}: {reference.target}", (place,))
        else:
            yield fail(f"{where} names code that is not in the model: {reference.target}", place)


def _installed(reference: CodeReference) -> tuple[Kind, str]:
    """What naming something of an installed package amounts to."""
    root, last = reference.target.partition(".")[0], reference.target.rpartition(".")[2]
    if root in sys.stdlib_module_names:
        return Kind.FAIL, "call a name of Python's own library"
    if root not in _PROVIDED:
        return Kind.OPEN, "import a package that assay does not know"
    if reference.loader in ("mlflow", "peft"):
        return Kind.PASS, ""
    if last[:1].isupper() or last[:2].strip("_")[:1].isupper():
        return Kind.REVIEW, "make an object of a library"
    return Kind.FAIL, "call a function of a library"
