"""Does a model file make its runtime read or write files outside the model?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._structure import examined
from assay.facts.artifact import Artifact
from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.structure import Contents, Hook, HookKind


@check(
    "model.touches-files",
    title="Does a model file make its runtime read or write files outside the model?",
    severity=8.1,
    remedy=(
        "Do not run it where there is anything to read or overwrite. "
        "Ask for a model that keeps its values in its own files."
    ),
    references=("CWE-22", "CWE-73", "CVE-2024-5187", "CVE-2025-51480", "CVE-2025-12058", "CVE-2026-1669"),
)
def model_touches_files(
    contents: tuple[Contents, ...], hooks: tuple[Hook, ...], artifacts: tuple[Artifact, ...]
) -> Iterator[Answer]:
    """External tensor data, HDF5 links and virtual datasets, a vocabulary by path, an operator that writes name a file each.

    A name that leaves the folder, and any operator that touches files of its own choosing, is a fail. A file beside the
    model is ordinary where the format has it; one that is not there is open, because what will lie there is not known.
    """
    paths = {artifact.path for artifact in artifacts}
    rows = [hook for hook in hooks if hook.kind in (HookKind.READ, HookKind.WRITE)]
    found = False
    for hook in rows:
        if not hook.outside and hook.path in paths:
            continue
        found = True
        where = Evidence(
            hook.artifact,
            f"{hook.runtime}: {hook.message}",
            start=hook.at,
            pointer=hook.pointer or None,
            name=hook.target,
        )
        yield Answer(
            Kind.FAIL if hook.outside else Kind.OPEN,
            f"{hook.artifact}: {hook.message}" + ("" if hook.outside else ", which is not in the model"),
            (where,),
        )
    if not found:
        yield examined(contents)
