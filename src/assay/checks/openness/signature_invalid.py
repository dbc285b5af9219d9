"""Is the model not signed by those who are expected to have signed it?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, Kind, fail, passed, unknown
from assay.facts.signature import ExpectedSignature, Trust, Verification

MOST = 20  # files that a finding shows


@check(
    "signature.invalid",
    title="Is the model not signed by those who are expected to have signed it?",
    severity=8.0,
    remedy="Do not use the model: get it again from its publisher, and ask them who signs.",
    references=("OpenSSF model signing v1.0", "CWE-345", "CWE-347"),
)
def signature_invalid(expected: tuple[ExpectedSignature, ...], verified: tuple[Verification, ...]) -> Iterator[Answer]:
    """A trust file says whose signature a model must have. Anything else is not that model.

    Asked only with `--trust FILE`. A model without a signature, one by somebody who is not in the file, one that does
    not hold, and files that differ from what was signed or that it does not cover are defects, each with the files.
    What signers leave out (`.git`, `.github`) is named, and a defect where another file of the model names it for a
    loader.
    Signatures through Sigstore are not verified, which leaves the question open.
    """
    if not expected:
        yield Answer(Kind.NOT_APPLICABLE, "no trust file was given, so nobody is expected")
    for row in expected:
        if not row.signature:
            yield fail(f"there is no signature, and {row.trust} expects one")
        elif row.broken:
            yield fail(f"{row.signature} is no signature that can be read: {row.broken}")
    for found in verified:
        yield from _said(found)


def _said(found: Verification) -> Iterator[Answer]:
    if found.trust is Trust.UNKNOWN:
        yield unknown(f"{found.signer} signed, and that was not verified: {found.why}")
    elif found.trust is not Trust.VERIFIED:
        yield fail(f"{found.trust}: {found.signer} ({found.why})")
    for names, said in (
        (found.changed, "is not what was signed"),
        (found.absent, "was signed and is not there"),
        (found.uncovered, "is not covered by the signature"),
    ):
        for name in names[:MOST]:
            yield fail(f"{name} {said}", Evidence(name))
        if len(names) > MOST:
            yield fail(f"{len(names) - MOST:,} more: each {said}")
    for row in found.reached[:MOST]:
        yield fail(f"{row.artifact} is not covered by the signature, and {row.why}", Evidence(row.artifact))
    if len(found.reached) > MOST:
        yield fail(f"{len(found.reached) - MOST:,} more files are not covered by the signature, and loaders open them")
    if found.holds:
        outside = f"; not covered by the signature: {_listed(found.outside)}" if found.outside else ""
        said = f"signed by {found.signer}, who is expected; {found.covered:,} files are as they were signed{outside}"
        yield passed(said)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
