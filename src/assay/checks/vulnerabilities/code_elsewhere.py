"""Does loading the model run code that is not part of it?"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_packages import LIBRARIES
from assay.checks.vulnerabilities._routes import named
from assay.facts.artifact import Artifact
from assay.facts.config import ANY, RAG, TRUST, AdapterConfig, CodeReference
from assay.facts.finding import Answer, Evidence, Kind, fail, review, unknown
from assay.facts.program import PythonSource
from assay.facts.structure import Aspect

# whose modules a config may name for what the library itself provides
_PROVIDED = LIBRARIES | {"mlflow", "sentence_transformers", "torchtune"}
# who takes names of modules that may be installed, rather than files of the model
_BY_MODULE = frozenset(
    {"hydra", "mlflow", "peft", "sentence-transformers", "diffusers", "torchtune", "lightning", "target", "BentoML"}
)


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
def code_elsewhere(
    references: tuple[CodeReference, ...],
    adapters: tuple[AdapterConfig, ...],
    artifacts: tuple[Artifact, ...],
    sources: tuple[PythonSource, ...],
) -> Iterator[Answer]:
    """A config can name code in another repository, or a callable of an installed library.

    Code elsewhere can change after the audit and is covered by no digest of this model. A file that the config names
    and that is not here is reported too: a loader either fails on it or finds something else by that name. Hydra,
    MLflow and PEFT take any name from any installed package: a class of a known library is for review, a function and
    all of Python's own library a fail, an unknown package open. So is a file that itself allows remote code of a
    repository that it names. RAG's retriever unpickles an index that its config names. spaCy looks functions up by
    name: one that it does not register itself comes from code that is imported first. Whoever loads an adapter loads
    the base that it names too, with whatever code and pickles that brings: where that is a folder elsewhere, it is for
    review, and to be audited as well.
    """
    paths = {artifact.path for artifact in artifacts} | {source.artifact for source in sources}  # in archives too
    for reference in references:
        place = Evidence(reference.artifact, reference.target, pointer=reference.pointer, name=reference.target)
        where = f"{reference.artifact} {reference.pointer}"
        if reference.loader in (ANY, "vLLM"):
            continue  # it is a name of code of the model only if the file is here
        if reference.loader == TRUST:
            yield _trusting(reference, where, place)
        elif reference.loader == RAG:
            if not any(path.startswith(f"{reference.target.rstrip('/')}/") for path in paths):
                yield fail(f"{where} makes {RAG} unpickle an index from another repository: {reference.target}", place)
        elif reference.repository is not None:
            yield fail(f"{where} loads code from another repository: {reference.target}", place)
        elif reference.loader == "spaCy":
            yield unknown(
                f"{where} makes spaCy look up {reference.target}, which neither it nor thinc registers", place
            )
        elif reference.path in paths or named(reference, paths):
            continue  # code.remote reports code that is here
        elif reference.loader in _BY_MODULE:
            kind, said = _installed(reference)
            if kind is not Kind.PASS:
                who = "NeMo" if reference.loader == "target" else reference.loader
                yield Answer(kind, f"{where} makes {who} {said}: {reference.target}", (place,))
        else:
            yield fail(f"{where} names code that is not in the model: {reference.target}", place)

    for adapter in adapters:
        base = adapter.base_model or ""
        if _leads_out(base):
            yield review(
                f"{adapter.artifact} makes PEFT load a folder elsewhere too, which this audit did not read: {base}",
                Evidence(adapter.artifact, base, pointer="/base_model_name_or_path"),
                remedy="Audit that model as well.",
            )


def _leads_out(base: str) -> bool:
    """Whether a base is a path out of the folder: not a name on a hub, which `weights.absent` tells as it is usual."""
    return base.replace("\\", "/").startswith(("../", "/", "~")) or base == ".." or base[1:3] in (":\\", ":/")


def _trusting(reference: CodeReference, where: str, place: Evidence) -> Answer:
    """A file that itself allows code of another repository: which, if it says so."""
    if reference.repository is None:
        return review(f"{where} allows remote code, whatever the caller wants", place)
    return unknown(f"{where} allows code from another repository to run: {reference.repository}", place)


def _installed(reference: CodeReference) -> tuple[Kind, str]:
    """What naming something of an installed package amounts to."""
    root, last = reference.target.partition(".")[0], reference.target.rpartition(".")[2]
    if root in sys.stdlib_module_names:
        return Kind.FAIL, "call a name of Python's own library"
    if reference.loader == "target" and (root in _PROVIDED or last[:1].isupper()):
        return (Kind.PASS, "") if root in _PROVIDED else (Kind.REVIEW, "or latent diffusion make an object")
    if root not in _PROVIDED:
        return Kind.OPEN, "import a package that assay does not know"
    if reference.loader in ("mlflow", "peft"):
        return Kind.PASS, ""
    if last[:1].isupper() or last[:2].strip("_")[:1].isupper():
        return Kind.REVIEW, "make an object of a library"
    return Kind.FAIL, "call a function of a library"
