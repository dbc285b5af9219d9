"""Does a model file make its runtime run code that the file brings along or names?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._structure import hook_answers
from assay.facts.finding import Answer
from assay.facts.structure import Aspect, Hook, HookKind


@check(
    "model.runs-code",
    title="Does a model file make its runtime run code that the file brings along or names?",
    severity=9.8,
    remedy="Do not load it. Ask for the weights alone (safetensors), or for a model without such layers.",
    references=("CWE-502", "CWE-94", "CVE-2024-3660", "CVE-2025-1550", "CVE-2025-8747", "CVE-2025-49655"),
    aspects=(Aspect.CODE,),
)
def model_runs_code(hooks: tuple[Hook, ...]) -> Iterator[Answer]:
    """A Keras Lambda layer, a function named by module, a TensorFlow PyFunc, a YAML tag: the runtime obeys.

    Keras imports the module and takes the name that the configuration gives, in versions and modes that differ on how
    much they refuse. assay lists what would be taken, without importing it; a name outside Keras's own layers,
    activations and losses is a fail.
    """
    yield from hook_answers(hooks, HookKind.CODE)
