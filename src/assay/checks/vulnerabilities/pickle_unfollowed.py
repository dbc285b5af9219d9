"""Does a pickle do something that cannot be followed from its bytes alone?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_names import Tier, call_of, makes_code, tier
from assay.facts.finding import Answer, Evidence, unknown
from assay.facts.program import PickleProgram
from assay.facts.structure import Aspect


@check(
    "pickle.unfollowed",
    title="Does a pickle do something that cannot be followed from its bytes alone?",
    severity=8.0,
    remedy="Do not load the file unless its publisher explains it; use the same weights as safetensors.",
    references=("CWE-502",),
    aspects=(Aspect.PICKLES,),
)
def pickle_unfollowed(program: PickleProgram) -> Iterator[Answer]:
    """The extension registry, buffers from elsewhere, byte code and unvetted constructors hide what loading would do.

    A pickle that breaks half-way is listed here as well, because what stands before the break has run by the time a
    loader notices. A class of a known library whose constructor the pickle calls with arguments of its own choosing,
    and a function of such a library that it names, are open until somebody has read what they do.
    """
    where = f"{program.artifact}{f' > {program.member}' if program.member else ''}"
    for sentence in program.unfollowed:
        yield unknown(f"{where}: {sentence}", Evidence(program.artifact, sentence, pointer=program.member or None))
    unvetted = [entry for entry in program.imports if tier(entry, program.loader) is Tier.UNVETTED]
    for code, said in (
        (True, "carries Python functions as byte code, made by"),
        (False, "uses names that assay has not vetted:"),
    ):
        rows = [entry for entry in unvetted if makes_code(entry) is code]
        if rows:
            names = ", ".join(entry.qualified for entry in rows[:4]) + (
                f" and {len(rows) - 4:,} more" if len(rows) > 4 else ""
            )
            yield unknown(
                f"{where} {said} {names}",
                *(
                    Evidence(
                        program.artifact,
                        call_of(program, entry) or f"{entry.use} {entry.qualified}",
                        start=entry.at,
                        stop=entry.at + 1,
                        pointer=program.member or None,
                        name=entry.qualified,
                    )
                    for entry in rows[:50]
                ),
            )
