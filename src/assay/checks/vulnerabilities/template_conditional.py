"""Does a chat template change the prompt depending on what was said, on the date, or by invisible text?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail, informational, review
from assay.facts.structure import Aspect
from assay.facts.text import ChatTemplate, Construct
from assay.lazy import regex

# a marker of a chat format, such as '<tool_response>', '</think>' or '[/INST]', is no word that a user would say
_MARKER = regex(r"""['"](?:\\n)*[<\[|{/].*[>\]|}](?:\\n)*['"]\Z""")

# the kinds of parts that multimodal messages consist of: `'image' in content` asks for a key, not for a word
_PARTS = frozenset({"'image'", "'image_url'", "'video'", "'video_url'", "'audio'", "'audio_url'", "'text'", "'type'"})


@check(
    "template.conditional",
    title="Does a chat template change the prompt depending on what was said, on the date, or by invisible text?",
    severity=6.0,
    remedy=(
        "Read the lines named: a template should carry every message as it was written. "
        "Compare with the template of the base model."
    ),
    references=("CWE-506", "MITRE ATLAS AML.T0051"),
    aspects=(Aspect.TEMPLATES,),
)
def template_conditional(template: ChatTemplate) -> Iterator[Answer]:
    """A template that looks for words in a message can answer differently when they occur: a backdoor without weights.

    Conditions that look for a format's own markers (`</think>`, `[INST]`) or for kinds of parts (`image`) are ordinary
    and not reported. Invisible characters in a template have no use and are a fail. The date makes prompts
    irreproducible. Heuristic, from the syntax tree alone: a condition built from pieces can escape it.
    """

    def place(marks: list[tuple[int, str]]) -> tuple[Evidence, ...]:
        return tuple(
            Evidence(template.artifact, seen, line=line, pointer=template.pointer or None, name=seen)
            for line, seen in marks[:20]
        )

    where = f"{template.artifact} {template.pointer}".strip()
    marks = {kind: [(mark.line, mark.seen) for mark in template.marks if mark.construct is kind] for kind in Construct}
    if hidden := marks[Construct.INVISIBLE]:
        yield fail(f"{where} line {hidden[0][0]} holds invisible characters ({hidden[0][1]})", *place(hidden))
    if gates := [
        (line, seen) for line, seen in marks[Construct.CONTENT_GATE] if not _MARKER.match(seen) and seen not in _PARTS
    ]:
        yield review(
            f"{where} line {gates[0][0]} changes the prompt when a message contains {gates[0][1]}", *place(gates)
        )
    if clock := marks[Construct.CLOCK]:
        yield informational(
            f"{where} line {clock[0][0]} puts today's date into the prompt: pass a fixed one where prompts have to be "
            "the same tomorrow",
            *place(clock),
        )
