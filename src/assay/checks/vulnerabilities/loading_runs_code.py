"""Would loading the model run code that is not the loader's own?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._pickle_names import Tier, tier
from assay.facts.finding import Answer, Evidence, informational, passed, review
from assay.facts.loading import LoadingPath, Runs, Step
from assay.facts.program import PickleProgram, PythonSource
from assay.facts.structure import Aspect, Hook, HookKind

_RUN = (Runs.PYTHON, Runs.INSTALLED)
MAX_SHOWN = 20


@check(
    "loading.runs-code",
    title="Would loading the model run code that is not the loader's own?",
    severity=7.0,
    remedy=(
        "Load it the way that runs nothing (safetensors, no trust_remote_code, "
        "weights_only=True), or read the code named first."
    ),
    references=("CWE-829", "CWE-502", "MITRE ATLAS AML.T0010", "OWASP LLM03:2025"),
    aspects=(Aspect.CODE, Aspect.PICKLES, Aspect.SOURCE, Aspect.REFERENCES),
)
def loading_runs_code(
    paths: tuple[LoadingPath, ...],
    programs: tuple[PickleProgram, ...],
    sources: tuple[PythonSource, ...],
    hooks: tuple[Hook, ...],
) -> Iterator[Answer]:
    """For each loader that the files fit: which are opened, in which order, and what runs.

    Nothing is loaded to find out. The answer gives the call as a user writes it. Files with code that no known way of
    loading reaches are told as well: they do harm only to who loads them by hand, or by a loader that assay does not
    model.
    """
    if not paths:
        yield informational("no loader that assay models fits these files")
        return
    acting = [path for path in paths if any(_runs(step, programs) for step in path.steps)]
    for path in acting[:MAX_SHOWN]:
        steps = [step for step in path.steps if _runs(step, programs)]
        more = f" and {len(steps) - 1:,} more" if len(steps) > 1 else ""
        yield review(
            f"{path.call} runs {steps[0].artifact} ({steps[0].why}){more}",
            *(
                Evidence(
                    step.artifact,
                    f"{step.runs}: {step.why}",
                    pointer=path.call,
                    name=f"{path.loader} {step.artifact}",
                )
                for step in path.steps[:50]
            ),
            remedy=_remedy(path, steps),
        )
    reached = {step.artifact for path in paths for step in path.steps}
    idle = sorted(
        {source.artifact for source in sources if source.artifact not in reached}
        | {hook.artifact for hook in hooks if hook.kind is HookKind.NATIVE and hook.artifact not in reached}
    )
    if idle:
        yield informational(
            f"{len(idle):,} files hold code that no way of loading modelled here reaches: {', '.join(idle[:4])}",
            *(Evidence(path, "not reached") for path in idle[:50]),
        )
    if not acting:
        yield passed(
            f"{len(paths):,} ways to load it, such as {paths[0].call}, read values and run no code of the model"
        )


def _remedy(path: LoadingPath, steps: list[Step]) -> str:
    """What avoids that these steps run."""
    if all(step.runs is Runs.PICKLE for step in steps):
        if path.optin == "weights_only=False":
            return "Leave weights_only=True, which reads tensors only; what else the file holds is under pickle.*."
        if path.optin:
            return f"Leave {path.optin} out, or decide about the names that pickle.* lists first."
        return "Decide about the names that pickle.* lists before loading; this loader has no way to leave them out."
    if path.optin.startswith("trust_remote_code"):
        return "Load it without trust_remote_code, or read the code named first and pin this revision."
    return "" if path.optin else "Read what is named first; this way of loading runs it without being asked."


def _runs(step: Step, programs: tuple[PickleProgram, ...]) -> bool:
    """Whether a step runs more than its loader: a pickle does if anything in it is no plain value."""
    if step.runs is Runs.PICKLE:
        return any(
            not _only_values(program)
            for program in programs
            if program.artifact == step.artifact or program.artifact.startswith(f"{step.artifact} > ")
        )
    return step.runs in _RUN or step.runs is Runs.GRAPH


def _only_values(program: PickleProgram) -> bool:
    if program.tampers or program.unfollowed:
        return False
    return all(tier(entry, program.loader) is Tier.VALUE for entry in program.imports)
