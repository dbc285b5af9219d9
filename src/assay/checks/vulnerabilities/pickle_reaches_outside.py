"""Would loading a pickle run something outside the libraries that models are made with?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_names import builds_values, library_class
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.program import PickleProgram


@check(
    "pickle.reaches-outside",
    title="Would loading a pickle run something outside the libraries that models are made with?",
    severity=9.8,
    remedy="Do not load the file. Delete it if inference does not need it, or use the same weights as safetensors.",
    references=("CWE-502", "OWASP LLM03:2025", "MITRE ATLAS AML.T0018"),
)
def pickle_reaches_outside(program: PickleProgram) -> Iterator[Answer]:
    """A pickle is a program. This one imports something that no model file needs.

    Loading runs the program: `torch.load`, `pickle.load` and `joblib.load` import every name in it and call what it
    says. assay follows the opcodes without running them and compares each imported name with an exact list
    of builders of plain values and tensors. Whatever is on no list is reported here, whether or not it looks
    dangerous: lists of dangerous names are incomplete by nature.
    """
    where = f" > {program.member}" if program.member else ""
    for entry in program.imports:
        if builds_values(entry.module, entry.name) or library_class(entry.module, entry.name):
            continue
        call = next((text for at, text in program.calls if text.startswith(f"{entry.qualified}(")), "")
        verb = "calls" if entry.called else "imports"
        shown = f": {call}" if call else ""
        yield fail(
            f"{program.artifact}{where} @ {entry.at:,}: loading {verb} {entry.qualified}{shown}",
            Evidence(
                program.artifact,
                call or entry.qualified,
                start=entry.at,
                stop=entry.at + 1,
                pointer=program.member or None,
                name=entry.qualified,
            ),
        )
