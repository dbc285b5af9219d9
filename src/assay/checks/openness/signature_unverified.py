"""Is nobody shown to have signed for the model?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact
from assay.facts.finding import Answer, Evidence, informational, passed, review, unknown
from assay.facts.signature import ExpectedSignature, Verification
from assay.facts.structure import Reached

_SIGNATURES = (".sig", ".sigstore", ".sigstore.json", ".asc", ".intoto.jsonl")


@check(
    "signature.unverified",
    title="Is nobody shown to have signed for the model?",
    severity=2.0,
    remedy=(
        "Note the subject digest of this audit and compare it on the next download; "
        "verify a signature with --trust FILE, or `assay verify MODEL --key PEM`."
    ),
    references=("OpenSSF model signing v1.0",),
)
def signature_unverified(
    artifacts: tuple[Artifact, ...],
    expected: tuple[ExpectedSignature, ...],
    verified: tuple[Verification, ...],
    reached: tuple[Reached, ...],
) -> Iterator[Answer]:
    """A signature ties the bytes to somebody. Most models have none.

    With a trust file (`--trust`) the signature of the model is verified against those whom it names. Without one,
    signature files are named and not verified, because an audit is not told whom to expect. The subject digest of the
    dossier is the one that a model-signing signature covers, so the two can be compared. What such signatures leave out
    (`.git`, `.gitattributes`, `.github`, `.gitignore`) no loader of a model should need.
    """
    found = [artifact for artifact in artifacts if artifact.path.lower().endswith(_SIGNATURES)]
    for row in verified:
        if row.holds:
            yield passed(f"{row.signer}, who is expected, signed exactly these {row.covered:,} files, by {row.method}")
    if expected:
        if not any(row.holds for row in verified):
            yield informational("signers are expected; what is wrong is said by signature.invalid")
        return
    for way in reached:
        said = f"{way.artifact} lies where no model signature covers it, and {way.why}"
        yield review(said, Evidence(way.artifact))
    for artifact in found:
        yield unknown(f"{artifact.path} looks like a signature and was not verified", Evidence(artifact.path))
    if not found and artifacts:
        yield informational("the model is not signed; its origin rests on where it was downloaded from")
