"""Do two files of one model hold different chat templates?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, Kind, passed, review
from assay.facts.structure import Aspect
from assay.facts.text import ChatTemplate

MOST_LINES, MOST_LENGTH = 5, 200


@check(
    "template.contradicts",
    title="Do two files of one model hold different chat templates?",
    severity=4.0,
    remedy="Ask which one the model was trained with, and ship that one only.",
    references=("CWE-1286",),
    aspects=(Aspect.TEMPLATES,),
)
def template_contradicts(templates: tuple[ChatTemplate, ...]) -> Iterator[Answer]:
    """Which template is rendered depends on the loader, so that two of one name are two models.

    transformers takes `chat_template.jinja` before the entry in `tokenizer_config.json`, older versions know only the
    entry, processors take `chat_template.json`, llama.cpp takes the one inside the GGUF. A reviewer who reads one has
    not read the other. Compared are templates of one name in one folder, line by line, without space at the ends.
    """
    groups: dict[tuple[str, str], list[ChatTemplate]] = defaultdict(list)
    for row in templates:
        groups[row.artifact.rpartition("/")[0], row.name].append(row)
    several = {key: rows for key, rows in groups.items() if len({(row.artifact, row.pointer) for row in rows}) > 1}
    if not several:
        yield Answer(Kind.NOT_APPLICABLE, "no two files hold a chat template of one name")
        return
    odd = False
    for (_, name), rows in sorted(several.items()):
        first, *others = sorted(rows, key=lambda row: (not row.artifact.endswith(".jinja"), row.artifact, row.pointer))
        for other in others:
            left, right = _lines(first), _lines(other)
            if left == right:
                continue
            odd = True
            apart = [line for line in left if line not in set(right)], [line for line in right if line not in set(left)]
            count = max(1, len(apart[0]) + len(apart[1]))
            yield review(
                f"{first.artifact} and {other.artifact} hold different templates {name!r}: "
                f"{count:,} line{'s differ' if count > 1 else ' differs'}, and loaders differ in which they take",
                *(
                    Evidence(row.artifact, line[:MOST_LENGTH], pointer=row.pointer or None, name=name)
                    for row, lines in ((first, apart[0]), (other, apart[1]))
                    for line in lines[:MOST_LINES] or ["the order of the lines"]
                ),
            )
    if not odd:
        count = sum(map(len, several.values()))
        yield passed(f"{count:,} templates are the same wherever one name has several")


def _lines(template: ChatTemplate) -> list[str]:
    return [line.rstrip() for line in template.source.strip().splitlines()]
