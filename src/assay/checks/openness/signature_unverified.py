"""Is nobody shown to have signed for the model?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact
from assay.facts.finding import Answer, Evidence, informational, unknown

_SIGNATURES = (".sig", ".sigstore", ".sigstore.json", ".asc", ".intoto.jsonl")


@check(
    "signature.unverified",
    title="Is nobody shown to have signed for the model?",
    severity=2.0,
    remedy="Note the subject digest of this audit and compare it on the next download; verify a signature with `assay verify MODEL --key PEM`.",
    references=("OpenSSF model signing v1.0",),
)
def signature_unverified(artifacts: tuple[Artifact, ...]) -> Iterator[Answer]:
    """A signature ties the bytes to somebody. Most models have none.

    Signature files are named here and not verified, because an audit is not told whom to expect: `assay verify` is. The subject digest of the dossier is the
    one that a model-signing signature covers, so the two can be compared.
    """
    found = [artifact for artifact in artifacts if artifact.path.lower().endswith(_SIGNATURES)]
    for artifact in found:
        yield unknown(f"{artifact.path} looks like a signature and was not verified", Evidence(artifact.path))
    if not found and artifacts:
        yield informational("the model is not signed; its origin rests on where it was downloaded from")
