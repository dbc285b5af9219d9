"""What the subject consists of: its artifacts, what is absent, and the manifest that names it."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable
from enum import StrEnum

from assay.errors import Changed, InputError, LimitExceeded, OutOfTime, Unreachable
from assay.lazy import dataclass, regex


class Standing(StrEnum):
    """What the audit could do with an artifact; each artifact has exactly one."""

    EXAMINED = "examined"
    INERT = "inert"
    UNEXAMINED = "not examined"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of the subject: its path inside the model, size in bytes and SHA-256 (lower-case hex).

    There is no SHA-256 of a file that the audit's limits kept from being read in full.
    """

    path: str
    size: int
    sha256: str
    format: str
    standing: Standing


class Trouble(StrEnum):
    """Why something in the subject could not be examined, or not in full."""

    ABSENT = "absent"
    CHANGED = "changed"
    DENIED = "denied"
    LINK = "link"
    SPECIAL = "special"
    MALFORMED = "malformed"
    UNREAD = "unread"
    STOPPED = "stopped"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that kept the audit from examining `artifact`: why, in one sentence, and at which byte."""

    artifact: str
    trouble: Trouble
    reason: str
    at: int | None = None


_TROUBLES = ((LimitExceeded, Trouble.LIMIT), (Changed, Trouble.CHANGED), (Unreachable, Trouble.DENIED))


def obstacle(artifact: str, broken: InputError) -> Obstacle:
    """What an error of the input amounts to for the artifact that has it."""
    if isinstance(broken, OutOfTime):
        return Obstacle(artifact, Trouble.STOPPED, broken.what)
    trouble = next((trouble for kind, trouble in _TROUBLES if isinstance(broken, kind)), Trouble.MALFORMED)
    nowhere = trouble in (Trouble.CHANGED, Trouble.DENIED)
    return Obstacle(artifact, trouble, str(broken), None if nowhere else broken.at)


@dataclass(frozen=True, slots=True)
class Resource:
    """One line of a manifest: a name (POSIX path relative to the model) and a SHA-256 in hex."""

    name: str
    sha256: str


# what the OpenSSF model-signing reference tool leaves out of a signature (model_signing/hashing.py, ignore_git_paths)
EXCLUDED = frozenset({".git", ".gitattributes", ".github", ".gitignore"})


def lies_in(path: str, names: Iterable[str]) -> bool:
    """Whether a path is one of these, or lies in a folder that is."""
    return any(path == name.strip("/") or path.startswith(f"{name.strip('/')}/") for name in names)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a model in name order, and those at its top that signatures leave out.

    Of a model whose files nobody sees (`closed`: where it was asked for) there are none.
    """

    files: tuple[Resource, ...]
    excluded: tuple[str, ...] = ()
    closed: str = ""

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The files that a signature is about."""
        return tuple(row for row in self.files if not lies_in(row.name, self.excluded))

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the concatenated raw digests of the resources in name order.

        The OpenSSF model-signing specification v1.0 has it so (method `files`, hash SHA-256), and its test vectors.
        """
        whole = hashlib.sha256()
        for resource in self.resources:
            whole.update(bytes.fromhex(resource.sha256))
        return whole.hexdigest()

    @property
    def named(self) -> str:
        """SHA-256 in hex over names and digests: of what `sha256sum -z` writes for all files in this order.

        The digest that signatures are about changes neither where files are renamed and keep their order, nor with
        what signatures leave out. Of a closed model it is that of where it was asked for: no files are anybody's.
        """
        lines = f"{self.closed}\0" if self.closed else "".join(f"{row.sha256}  {row.name}\0" for row in self.files)
        return hashlib.sha256(lines.encode("utf-8", "backslashreplace")).hexdigest()


def manifest(artifacts: tuple[Artifact, ...], excluded: tuple[str, ...] = (), closed: str = "") -> Manifest:
    """The manifest of `artifacts`, in name order; signatures leave `excluded` out.

    Names are compared folder by folder, as the reference tool compares paths (model_signing/manifest.py): `a/b` comes
    before `a-b`, although the character `-` is less than `/`.
    """
    rows = sorted(((a.path, a.sha256) for a in artifacts), key=lambda row: row[0].split("/"))
    return Manifest(tuple(Resource(name, digest) for name, digest in rows), excluded, closed)


INSIDE = " > "  # between a container and what lies in it
_SEPARATOR = regex(f"(?={INSIDE})")
_AMBIGUOUS = regex(r"(?<![^ ])>|>(?![^ ])")  # beside a space, or at an end


def inside(artifact: str, name: str) -> str:
    """The place of a member of a container; what stands in its name cannot be taken for a container."""
    return artifact + INSIDE + _AMBIGUOUS.sub(lambda _: "\\>", name)


def files_of(place: str, paths: Container[str]) -> list[str]:
    """The files in which a place may lie, shortest first: of `a > b` the file `a`, and a file that is called so."""
    ends = [*(match.start() for match in _SEPARATOR.finditer(place)), len(place)]
    return [place[:end] for end in ends if place[:end] in paths]


@dataclass(frozen=True, slots=True)
class ListedDigest:
    """What a list of checksums says that the digest of the file at `path` is; `line` counts from 1.

    `algorithm` is sha1, sha256, sha512, md5 or git (SHA-1 of a git blob).
    """

    artifact: str
    path: str
    algorithm: str
    digest: str
    line: int


@dataclass(frozen=True, slots=True)
class CachedDigest:
    """What the name under which a hub cache keeps a file says that its digest is: sha256, or git."""

    artifact: str
    algorithm: str
    digest: str


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest of a file by another algorithm than SHA-256, which every artifact has."""

    artifact: str
    algorithm: str
    digest: str
