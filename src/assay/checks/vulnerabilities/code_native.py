"""Does the model bring native code, scripts or byte code along?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, review
from assay.facts.structure import Hook, HookKind


@check(
    "code.native",
    title="Does the model bring native code, scripts or byte code along?",
    severity=7.0,
    remedy=(
        "Delete it if inference does not need it; otherwise build it "
        "from source that you have read, and accept it with a waiver."
    ),
    references=("CWE-829", "CWE-506"),
)
def code_native(hooks: tuple[Hook, ...]) -> Iterator[Answer]:
    """Shared libraries, programs, shell scripts, Python byte code: they can do whatever the user can.

    assay names them and does not analyse them. Weights need none.
    """
    for hook in hooks:
        if hook.kind is HookKind.NATIVE:
            yield review(
                f"{hook.artifact} is {hook.message}" if not hook.pointer else f"{hook.artifact}: {hook.message}",
                Evidence(hook.artifact, hook.target, start=hook.at, name=hook.target),
            )
