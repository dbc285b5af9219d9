"""Does a pickle do something that cannot be followed from its bytes alone?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_advice import instead
from assay.checks.vulnerabilities._pickle_names import Tier, call_of, makes_code, tier, unknown_package
from assay.facts.finding import Answer, Evidence, unknown
from assay.facts.program import PickleImport, PickleProgram
from assay.facts.structure import Aspect


@check(
    "pickle.unfollowed",
    title="Does a pickle do something that cannot be followed from its bytes alone?",
    severity=8.0,
    remedy="Do not load the file unless its publisher explains it, or ask for a format that holds values only.",
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
        yield unknown(
            f"{where}: {sentence}",
            Evidence(program.artifact, sentence, pointer=program.member or None),
            remedy=f"Do not load the file unless its publisher explains it; ask for {instead(program)}.",
        )
    unvetted = [entry for entry in program.imports if tier(entry, program.loader) is Tier.UNVETTED]
    code = [entry for entry in unvetted if makes_code(entry)]
    others = [entry for entry in unvetted if not makes_code(entry)]
    foreign = [entry for entry in others if unknown_package(entry)]
    known = [entry for entry in others if not unknown_package(entry)]
    if code:
        yield _open(
            program,
            code,
            f"{where} carries Python functions as byte code, made by {_listed(code)}",
            f"Read the functions in their publisher's source, build the object from it, or ask for {instead(program)}.",
        )
    if foreign:
        packages = sorted({unknown_package(entry) for entry in foreign})
        yield _open(
            program,
            foreign,
            f"{where} needs code that assay knows nothing of, of {', '.join(map(repr, packages[:4]))}"
            f"{f' and {len(packages) - 4:,} more packages' if len(packages) > 4 else ''}: {_listed(foreign)}",
            f"Whatever is installed under {'that name' if len(packages) == 1 else 'those names'} decides what loading "
            f"does: read it at the version that wrote the file, or ask for {instead(program)}.",
        )
    if known:
        yield _open(
            program,
            known,
            f"{where} uses names of known libraries that assay has not vetted: {_listed(known)}",
            f"Read what they do with what the file hands them (-v shows it), or ask for {instead(program)}.",
        )


def _open(program: PickleProgram, rows: list[PickleImport], message: str, remedy: str) -> Answer:
    places = (
        Evidence(
            program.artifact,
            call_of(program, entry) or f"{entry.use} {entry.qualified}",
            start=entry.at,
            stop=entry.at + 1,
            pointer=program.member or None,
            name=entry.qualified,
        )
        for entry in rows[:50]
    )
    return unknown(message, *places, remedy=remedy)


def _listed(rows: list[PickleImport]) -> str:
    names = ", ".join(entry.qualified for entry in rows[:4])
    return names + (f" and {len(rows) - 4:,} more" if len(rows) > 4 else "")
