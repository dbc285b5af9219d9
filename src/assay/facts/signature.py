"""What a signature of a model covers, who made it, and whether it holds."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from assay.facts.section import SectionKind
from assay.facts.structure import Reached
from assay.lazy import dataclass


class Method(StrEnum):
    """How a bundle says who signed (model-signing specification v1.0, section on signing methods)."""

    KEY = "key"
    CERTIFICATE = "certificate"
    SIGSTORE = "sigstore"


@dataclass(frozen=True, slots=True)
class Covered:
    """One line of a signed manifest: a file, or the bytes from `start` to `stop` of one, with its digest in hex."""

    name: str
    digest: str
    algorithm: str
    start: int | None = None
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """The statement inside a bundle: subject name and root digest, the lines, and how they were made."""

    name: str
    sha256: str
    lines: tuple[Covered, ...]
    algorithm: str
    shard_size: int | None
    ignored: tuple[str, ...]


class Trust(StrEnum):
    """What is known of the signer."""

    VERIFIED = "the signature was made by the expected signer"
    UNEXPECTED = "the signature was made by somebody who is not expected"
    BROKEN = "the signature does not hold"
    UNKNOWN = "nobody said whom to expect, so the signature was not checked"


@dataclass(frozen=True, slots=True)
class Verification:
    """A model beside a signature: who signed, how, what is covered, what is not, and what differs.

    `changed` and `absent` are covered files that differ or are not there, `uncovered` files that the signature says
    nothing about, `ignored` the paths that the signer left out, `outside` the files there but those that are Git's own,
    and `reached` those that loaders open all the same.
    """

    SECTION: ClassVar[SectionKind] = SectionKind("signature", 2)

    method: Method
    trust: Trust
    signer: str
    why: str
    subject: str
    sha256: str
    covered: int
    changed: tuple[str, ...]
    absent: tuple[str, ...]
    uncovered: tuple[str, ...]
    ignored: tuple[str, ...]
    outside: tuple[str, ...]
    reached: tuple[Reached, ...]

    @property
    def differs(self) -> bool:
        """Whether what a loader opens is anything else than the files that were signed."""
        return bool(self.changed or self.absent or self.uncovered or self.reached)

    @property
    def holds(self) -> bool:
        """Whether an expected signer signed exactly these files."""
        return self.trust is Trust.VERIFIED and not self.differs


@dataclass(frozen=True, slots=True)
class ExpectedSignature:
    """That signers are expected: by which trust file, in which signature, and what is wrong with that as a file.

    `signature` is empty where there is none, `broken` where nothing is wrong.
    """

    trust: str
    signature: str
    broken: str
