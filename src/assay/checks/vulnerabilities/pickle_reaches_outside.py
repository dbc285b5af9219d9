"""Would loading a pickle run something outside the libraries that models are made with?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_advice import refused
from assay.checks.vulnerabilities._pickle_names import Tier, call_of, reason, tier
from assay.facts.finding import Answer, Evidence, fail, informational
from assay.facts.program import PickleImport, PickleProgram
from assay.facts.structure import Aspect

LISTED = 20  # calls of a program that the listing shows


@check(
    "pickle.reaches-outside",
    title="Would loading a pickle run something outside the libraries that models are made with?",
    severity=9.8,
    remedy="Do not load the file. Delete it if inference does not need it, or ask for a format that holds values only.",
    references=("CWE-502", "OWASP LLM03:2025", "MITRE ATLAS AML.T0018"),
    aspects=(Aspect.PICKLES,),
)
def pickle_reaches_outside(program: PickleProgram) -> Iterator[Answer]:
    """A pickle is a program, and this one imports what no model file needs or does what no writer of values does.

    Loading runs the program: `torch.load`, `pickle.load` and `joblib.load` import every name in it and call what it
    says. assay follows the opcodes without running them and compares each imported name with an exact list of builders
    of plain values and tensors. Whatever is on no list is reported here, whether or not it looks dangerous: lists of
    dangerous names are incomplete by nature. So are steps that change an imported object, call something that is no
    imported name, or give an object a method of the file's own.
    """
    where = f"{program.artifact}{f' > {program.member}' if program.member else ''}"
    outside = [entry for entry in program.imports if tier(entry, program.loader) is Tier.OUTSIDE]
    yield from (_outside(where, program, entry) for entry in outside)
    for at, sentence in program.tampers:
        yield fail(
            f"{where} @ {at:,}: {sentence}",
            Evidence(program.artifact, sentence, start=at, stop=at + 1, pointer=program.member or None, name=sentence),
            remedy=refused(program),
        )
    if (outside or program.tampers) and program.calls:
        yield informational(
            f"{where}: what loading would do, call by call",
            *(
                Evidence(
                    program.artifact,
                    f"_{number} = {text}  @ {at:,}",
                    start=at,
                    pointer=program.member or None,
                    name=f"_{number}",
                )
                for number, (at, text) in enumerate(program.calls[:LISTED], 1)
            ),
        )


def _outside(where: str, program: PickleProgram, entry: PickleImport) -> Answer:
    call = call_of(program, entry)
    known = reason(entry)
    return fail(
        f"{where} @ {entry.at:,}: loading {entry.use} {call or entry.qualified}" + (f" ({known})" if known else ""),
        Evidence(
            program.artifact,
            call or entry.qualified,
            start=entry.at,
            pointer=program.member or None,
            name=entry.qualified,
        ),
        remedy=refused(program),
        content=program.acts,
    )
