"""OSI's Open Source AI Definition 1.0: data information, code, parameters. It can be failed, not passed, by rule.

OSI calls its checklist no operating manual: whether data information is enough for "a skilled person" is left to
people.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.openness import BY_ID, COUNTED, Answered, Component, Domain, Judgement, Lens, Support

SOURCE = "OSAID 1.0"
_CODE = ("data_preprocessing_code", "training_code", "evaluation_code", "inference_code", "model_architecture")
_DATA = ("datasets", "data_card", "technical_report", "research_paper")


def osaid(components: tuple[Component, ...]) -> Lens:
    """The elements of the preferred form, each with the answer that files can give."""
    rows = tuple(_rows({row.id: row for row in components}))
    failed = [row.question for row in rows if row.answer is Answered.NOT_MET]
    outcome = (
        f"does not meet the definition by what was found: {'; '.join(failed)}"
        if failed
        else "no obstacle found; whether the data information is enough needs a human"
        if all(row.answer in (Answered.MET, Answered.HUMAN) for row in rows)
        else "not shown: parts of the preferred form are not in the files"
    )
    return Lens("osaid-1.0", "Open Source AI Definition 1.0 (OSI)", outcome, rows)


def _rows(found: dict[str, Component]) -> Iterator[Judgement]:
    data = [found[id] for id in _DATA if found[id].support in COUNTED]
    denied = [found[id] for id in ("datasets", "data_card") if found[id].support is Support.DENIED]
    if data:
        titles = ", ".join(BY_ID[row.id].title.lower() for row in data)
        answer, because = Answered.HUMAN, f"{titles}: a person judges whether a skilled one could rebuild it"
    elif denied:
        answer, because = Answered.NOT_MET, "the publisher denies it, and nothing else describes the data"
    else:
        answer, because = Answered.UNKNOWN, "nothing in the files describes the training data"
    yield Judgement(
        "OSAID-DATA",
        f"{SOURCE}, data information",
        "the training data is described so that it can be rebuilt",
        answer,
        because,
        tuple(e for row in (data or denied) for e in row.evidence)[:3],
    )
    for id in _CODE:
        yield _part(
            f"OSAID-CODE-{id.upper().replace('_', '-')}",
            f"{SOURCE}, code",
            found[id],
            "under a licence that OSI approved",
        )
    yield _part("OSAID-PARAMETERS", f"{SOURCE}, parameters", found["parameters_final"], "under terms that OSI approves")


def _part(id: str, source: str, row: Component, terms: str) -> Judgement:
    question = f"{BY_ID[row.id].title.lower()} {terms}"
    if row.support is Support.DENIED:
        answer, because = Answered.NOT_MET, row.because
    elif row.support not in COUNTED:
        answer, because = Answered.UNKNOWN, row.because
    elif row.licence.open and (BY_ID[row.id].domain is not Domain.CODE or row.licence.fits):
        answer, because = Answered.MET, f"{row.because}; {row.licence.id}"
    elif row.licence.open:
        answer, because = Answered.HUMAN, f"{row.licence.id} is open, and not written for code"
    else:
        answer = Answered.NOT_MET if row.licence.id else Answered.UNKNOWN
        because = f"{row.because}; {row.licence.id or 'no licence'}"
    return Judgement(id, source, question, answer, because, (*row.evidence[:2], *row.licence.evidence[:1]))
