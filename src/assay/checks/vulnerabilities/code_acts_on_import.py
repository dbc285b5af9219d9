"""Would code act when it is imported, in an archive or under a name that loaders import, if no config leads there?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._routes import routes
from assay.checks.vulnerabilities.code_reaches_outside import STRONG
from assay.facts.config import CodeReference
from assay.facts.finding import Answer, Evidence, review
from assay.facts.program import PythonSource
from assay.facts.structure import Aspect
from assay.lazy import regex

MOST = 20  # lines that one answer shows
# names of the modules that transformers 5.24 keeps with a model (dynamic_module_utils)
_NAMES = regex(r"(?:modeling|configuration|tokenization|processing|image_processing|feature_extraction)_\w+")


@check(
    "code.acts-on-import",
    title="Would code that stands where loaders look for some act as soon as it is imported?",
    severity=7.5,
    remedy="Read the lines named; delete the file if nothing needs it, else accept it with a waiver.",
    references=("CWE-829", "CWE-506"),
    aspects=(Aspect.SOURCE,),
)
def code_acts_on_import(sources: tuple[PythonSource, ...], references: tuple[CodeReference, ...]) -> Iterator[Answer]:
    """No config leads to it, and still it is one step from being run.

    A Python file inside an archive, or called as the code of models is (`modeling_x.py`, `configuration_x.py`), starts
    processes, opens connections or runs other code when it is imported. Programs for training and evaluation are not
    meant: they act when a person starts them.
    """
    known = routes(references, sources)
    for source in sources:
        stem = source.artifact.rpartition("/")[2].removesuffix(".py")
        if source.artifact in known or not (" > " in source.artifact or _NAMES.fullmatch(stem)):
            continue
        acts = [reach for reach in source.reaches if reach.at_import and reach.capability in STRONG]
        if acts:
            kinds = ", ".join(sorted({reach.capability for reach in acts}))
            places = (Evidence(source.artifact, row.seen, line=row.line, name=row.capability) for row in acts[:MOST])
            yield review(f"{source.artifact}:{acts[0].line} {kinds} when imported: {acts[0].seen}", *places)
