"""Is a file named so that people or systems take it for another?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import Artifact
from assay.facts.finding import Answer, Evidence, fail


@check(
    "artifact.deceptive-name",
    title="Is a file named so that people or systems take it for another?",
    severity=5.5,
    remedy="Rename the file with plain letters, or do not use the model on systems where the two names collide.",
    references=("CWE-178", "CWE-1007"),
)
def artifact_deceptive_name(artifacts: tuple[Artifact, ...]) -> Iterator[Answer]:
    """Two names that differ only in case or in invisible characters are one file on some systems and two on others.

    On a case-insensitive file system `Config.json` replaces `config.json`, so that the model that is loaded is not the
    one that was audited. Control and bidirectional characters make a name display as another. Names that are no
    valid UTF-8 cannot be carried by a manifest unchanged; they are shown with escapes.
    """
    folded: dict[str, str] = {}
    for artifact in artifacts:
        strange = sorted(
            {
                f"U+{ord(letter):04X}"
                for letter in artifact.path
                if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co")
            }
        )
        if strange:
            yield fail(
                f"the name {artifact.path!a} holds characters that do not show ({', '.join(strange)})",
                Evidence(artifact.path, " ".join(strange)),
            )
        if "\\x" in artifact.path:
            yield fail(
                f"the name {artifact.path!a} is not valid UTF-8 on disk; it is shown with escapes",
                Evidence(artifact.path),
            )
        key = unicodedata.normalize("NFKC", artifact.path).casefold()
        other = folded.setdefault(key, artifact.path)
        if other != artifact.path:
            yield fail(
                f"the names {other!a} and {artifact.path!a} are one on some file systems",
                Evidence(artifact.path),
                Evidence(other),
            )
