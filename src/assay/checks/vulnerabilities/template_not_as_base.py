"""Does a chat template differ from that of the base model?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.comparison import Comparison
from assay.facts.finding import Answer, Evidence, Kind, informational, passed, review


@check(
    "template.not-as-base",
    title="Does a chat template differ from that of the base model?",
    severity=4.6,
    remedy="Read the lines that differ, or take the base model's template.",
    references=("CWE-506", "MITRE ATLAS AML.T0051"),
)
def template_not_as_base(comparisons: tuple[Comparison, ...]) -> Iterator[Answer]:
    """A copy of a model whose weights are the base's and whose template is not is where to look first (with `--base`).

    Compared line by line with the template of the same name. A fine-tune may have a template of its own; a quantised
    copy has no reason to.
    """
    if not comparisons:
        yield Answer(Kind.NOT_APPLICABLE, "no base was given to compare with (--base)")
        return
    (found,) = comparisons
    same = [change for change in found.templates if change.known and not change.lines]
    for change in found.templates:
        where = f"{change.artifact} {change.pointer}".strip()
        if not change.known:
            yield informational(f"{where}: {found.base!r} has no template {change.name!r} to compare with")
        elif change.lines:
            count = len(change.lines) + change.more
            yield review(
                f"{where} differs from the template of {found.base!r} "
                f"in {count:,} lines, such as {change.lines[0][:120]!r}",
                *(
                    Evidence(change.artifact, line, pointer=change.pointer or None, name=change.name)
                    for line in change.lines
                ),
            )
    if same or not found.templates:
        words = "the template is that" if len(same) == 1 else f"{len(same):,} templates are those"
        yield passed(f"{words} of {found.base!r}" if same else "there is no template to compare")
