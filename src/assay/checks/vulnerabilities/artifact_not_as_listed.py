"""Is a file another one than a list of checksums, or the cache that keeps it, says?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact, CachedDigest, Digest, ListedDigest
from assay.facts.finding import Answer, Evidence, Kind, fail, informational, passed, unknown

MOST = 50
_NAMES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512", "git": "git blob id"}


@check(
    "artifact.not-as-listed",
    title="Is a file another one than a list of checksums, or the cache that keeps it, says?",
    severity=7.0,
    remedy="Fetch the file again from where the list comes from; if it differs again, ask who changed it.",
    references=("CWE-354",),
)
def artifact_not_as_listed(
    lists: tuple[ListedDigest, ...],
    cached: tuple[CachedDigest, ...],
    digests: tuple[Digest, ...],
    artifacts: tuple[Artifact, ...],
) -> Iterator[Answer]:
    """A checksum that ships with a model is a promise about its bytes that can be kept, or not.

    Compared are lists as `sha256sum`, `md5sum` and the like write them, for SHA-256, SHA-512, SHA-1 and MD5; what the
    hub's client notes beside a download; and in a hub cache the names of the blobs, which are SHA-256 of large files
    and git blob ids of small ones. A list that somebody changed together with the file agrees with it: only a
    signature says who wrote it.
    """
    listed = [*lists, *(ListedDigest(row.artifact, row.artifact, row.algorithm, row.digest, 0) for row in cached)]
    if not listed:
        yield Answer(Kind.NOT_APPLICABLE, "no checksums ship with the model, and no cache names its files")
        return
    held = {(row.path, "sha256"): row.sha256 for row in artifacts if row.sha256}
    held |= {(row.artifact, row.algorithm): row.digest for row in digests}
    there = {row.path for row in artifacts}
    wrong = [
        row for row in listed if row.path in there and held.get((row.path, row.algorithm), row.digest) != row.digest
    ]
    absent = [row for row in listed if row.path not in there]
    unseen = [row for row in listed if row.path in there and (row.path, row.algorithm) not in held]
    for row in wrong[:MOST]:
        found = held[row.path, row.algorithm]
        name = _NAMES[row.algorithm]
        if row.line:
            words = f"{row.artifact} gives {row.path} the {name} {_short(row.digest)}, it is {_short(found)}"
        else:
            words = f"{row.path}: its cache keeps it as {name} {_short(row.digest)}, it is {_short(found)}"
        yield fail(
            f"{words}: the file was changed or damaged after it was listed",
            Evidence(row.artifact, row.digest, line=row.line or None, name=row.path),
            Evidence(row.path, found, name=name),
        )
    if absent:
        yield informational(
            f"{len(absent):,} files that checksums are given for are not here, the first is {absent[0].path}",
            *(Evidence(row.artifact, row.path, line=row.line or None, name=row.path) for row in absent[:MOST]),
        )
    if unseen:
        yield unknown(f"{len(unseen):,} checksums were not compared, the first is that of {unseen[0].path}")
    if not wrong and not unseen and len(absent) < len(listed):
        yield passed(f"{len(listed) - len(absent):,} checksums agree with the files")


def _short(digest: str) -> str:
    return digest if len(digest) <= 16 else f"{digest[:16]}..."
