"""Does a model file make its runtime read or write files outside the model?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact
from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.structure import Aspect, Hook, HookKind


@check(
    "model.touches-files",
    title="Does a model file make its runtime read or write files outside the model?",
    severity=8.1,
    remedy=(
        "Do not run it where there is anything to read or overwrite. "
        "Ask for a model that keeps its values in its own files."
    ),
    references=(
        "CWE-22",
        "CWE-73",
        "CVE-2024-5187",
        "CVE-2025-51480",
        "CVE-2025-12058",
        "CVE-2026-1669",
        "CVE-2026-34445",
    ),
    aspects=(Aspect.FILES,),
)
def model_touches_files(hooks: tuple[Hook, ...], artifacts: tuple[Artifact, ...]) -> Iterator[Answer]:
    """Tensor data, links and virtual datasets of HDF5, a vocabulary, an operator that writes: each names a file.

    A name that leaves the folder, and any operator that touches files of its own choosing, is a fail. A file beside the
    model is ordinary where the format has it; one that is not there is open, because what will lie there is not known,
    and one that is shorter than what is to be read of it is a fail.
    """
    sizes = {artifact.path: artifact.size for artifact in artifacts}
    rows = [hook for hook in hooks if hook.kind in (HookKind.READ, HookKind.WRITE)]
    for hook in rows:
        size = sizes.get(hook.path)
        short = not hook.outside and size is not None and hook.until is not None and hook.until > size
        if not hook.outside and size is not None and not short:
            continue
        message = f"{hook.artifact}: {hook.message}"
        if short:
            message += f" as far as byte {hook.until:,}, and the file has {size:,}"
        elif not hook.outside:
            message += ", which is not in the model"
        where = Evidence(
            hook.artifact,
            f"{hook.runtime}: {hook.message}",
            start=hook.at,
            pointer=hook.pointer or None,
            name=hook.target,
        )
        yield Answer(Kind.FAIL if hook.outside or short else Kind.OPEN, message, (where,))
