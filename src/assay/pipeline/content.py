"""What accepting a finding accepts: the digest of the bytes that it is about."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from assay.checks import Check
from assay.facts.artifact import files_of
from assay.facts.finding import Answer, Kind
from assay.pipeline.fact import Facts

_ACCEPTED = (Kind.FAIL, Kind.REVIEW)  # what can be accepted without having been examined is accepted by a waiver alone


class Contents:
    """The digests of the files of one audit, and which of them are code that reads other code."""

    def __init__(self, facts: Facts) -> None:
        self._digests = {row.path: row.sha256 for row in facts.all("Artifact")}
        self._code = {row.artifact for row in facts.all("PythonSource")}

    def bound(self, check: Check, answer: Answer) -> Answer:
        """The answer with the content that it is about, where it is about bytes and does not say so itself.

        That is every file of its evidence; with a Python file all Python files, since what one does hangs on what the
        others hand it; without evidence, all files.
        """
        if answer.content or answer.kind not in _ACCEPTED or not check.of_bytes:
            return answer
        named = {evidence.artifact for evidence in answer.evidence}
        if not named.isdisjoint(self._code):
            named |= self._code
        paths = sorted({path for name in named for path in files_of(name, self._digests)} if named else self._digests)
        lines = (f"{path}\0{self._digests[path]}\n" for path in paths)
        return replace(answer, content=hashlib.sha256("".join(lines).encode("utf-8", "backslashreplace")).hexdigest())
