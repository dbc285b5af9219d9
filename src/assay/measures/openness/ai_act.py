"""The open-source exemption for general-purpose models in the EU AI Act, rule by rule. No legal advice.

Silence meets no rule: what nothing speaks of is unknown.

Sources: Regulation (EU) 2024/1689, Articles 3(63), 51 to 54, recitals 102 to 107; Commission guidelines C(2025) 5045
final of 2025-07-18, by paragraph. Each rule is asked so that "met" is what the exemption needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.artifact import Artifact
from assay.facts.finding import Evidence
from assay.facts.heading import Topic
from assay.facts.licence import Restriction
from assay.facts.model import Model, stated_at
from assay.facts.openness import BY_ID, COUNTED, Answered, Component, ComponentLicence, Compute, Judgement, Lens
from assay.licence.term import restrictions
from assay.measures.openness._licence import ASKED, CHANGED, distribution
from assay.measures.openness.compute import GPAI, SYSTEMIC

# ten times the most tokens in the Commission's own examples (36e12, Annex A.3): where even that would not cross a
# threshold, no claim is needed
BEYOND_ALL_CLAIMS = 10 * 36 * 10**12
_NO_BUSINESS = (Restriction.NON_COMMERCIAL, Restriction.RESEARCH)
_KEPT = (*_NO_BUSINESS, Restriction.NO_DERIVATIVES, Restriction.USERS)
_OF_USES = (Restriction.USE_POLICY, Restriction.FIELD, *_NO_BUSINESS)
_LICENCE_RULES = (
    ("AIA-OSS-LIC-2", "no limit to non-commercial use or research", _NO_BUSINESS),
    ("AIA-OSS-LIC-3", "no ban on distributing the model or its parts", (Restriction.NO_DERIVATIVES,)),
    ("AIA-OSS-LIC-4", "no threshold of users or revenue", (Restriction.USERS,)),
    ("AIA-OSS-LIC-5", "no separate commercial licence for particular uses", (Restriction.USERS, Restriction.HOSTING)),
)


def ai_act(model: Model, components: tuple[Component, ...], compute: Compute | None) -> Lens:
    """The rules, and what follows for the exemption from Articles 53(1)(a), 53(1)(b) and 54."""
    rows = (
        *_scope(model, compute),
        *_licence(model, components),
        *_money(model),
        *_public(model, components),
        *_duties(model),
        _modifier(model),
    )
    barred = [row.id for row in rows if row.id.startswith(("AIA-OSS", "AIA-SR")) and row.answer is Answered.NOT_MET]
    open_ = [
        row.id
        for row in rows
        if row.id.startswith(("AIA-OSS", "AIA-SR")) and row.answer in (Answered.UNKNOWN, Answered.HUMAN)
    ]
    if barred:
        outcome = f"what was found speaks against the open-source exemption: {', '.join(barred)}"
    elif open_:
        outcome = f"the open-source exemption is possible; {len(open_)} rules need a human or are unknown"
    else:
        outcome = "nothing was found that speaks against the open-source exemption"
    return Lens(
        "eu-ai-act", "EU AI Act, open-source exemption (Regulation (EU) 2024/1689, C(2025) 5045)", outcome, rows
    )


def _row(id: str, source: str, question: str, answer: Answered, because: str, *evidence: Evidence) -> Judgement:
    return Judgement(id, source, question, answer, because, evidence[:3])


def _scope(model: Model, compute: Compute | None) -> Iterator[Judgement]:
    yield _threshold(
        "AIA-GPAI-1",
        "Article 3(63); paragraphs 17 to 20",
        "trained with at most 1e23 FLOP, so that it is indicatively no general-purpose model",
        compute,
        GPAI,
    )
    yield _threshold(
        "AIA-SR-1",
        "Article 51(1)(a), 51(2)",
        "trained with at most 1e25 FLOP, so that no systemic risk is presumed",
        compute,
        SYSTEMIC,
    )
    yield _row(
        "AIA-SR-2",
        "Article 51(1)(b), Annex XIII",
        "not designated by the Commission as of systemic risk",
        Answered.HUMAN,
        "the Commission's list is not part of assay",
    )
    yield _row(
        "AIA-SR-3",
        "Article 52(1)",
        "notified within two weeks, where the threshold is or will be met",
        *_notified(compute),
    )


def _notified(compute: Compute | None) -> tuple[Answered, str]:
    below = _threshold("", "", "", compute, SYSTEMIC).answer is Answered.MET
    return (
        (Answered.NOT_APPLICABLE, "the threshold is not met")
        if below
        else (Answered.HUMAN, "a notification is not part of a model's files")
    )


def _threshold(id: str, source: str, question: str, compute: Compute | None, limit: int) -> Judgement:
    if compute is None:
        return _row(id, source, question, Answered.UNKNOWN, "there are no weights to count")
    crossed = compute.gpai_tokens if limit == GPAI else compute.systemic_tokens
    at = f"{compute.parameters:,} parameters reach {limit:.0e} FLOP at {crossed:.2e} tokens"
    if crossed > BEYOND_ALL_CLAIMS:
        return _row(
            id,
            source,
            question,
            Answered.MET,
            f"{at}, more than ten times the most in the Commission's examples (3.6e13)",
        )
    if compute.flop is None or compute.low is None or compute.high is None:
        return _row(id, source, question, Answered.UNKNOWN, f"the tokens of the training are not known; {at}")
    said = f"{compute.flop:.2e} FLOP by the tokens that are claimed ({compute.low:.1e} to {compute.high:.1e})"
    sure = compute.high <= limit or compute.low > limit
    answer = Answered.MET if compute.flop <= limit else Answered.NOT_MET
    return _row(
        id,
        source,
        question,
        answer if sure else Answered.UNKNOWN,
        said if sure else f"{said}: the limit lies within",
        *compute.evidence,
    )


def _licence(model: Model, components: tuple[Component, ...]) -> Iterator[Judgement]:
    own = next(row.licence for row in components if row.id == "parameters_final")
    found = own if own.id and ASKED not in own.id else distribution(model, BY_ID["parameters_final"])
    withheld = frozenset() if found.open else frozenset(restrictions(found.id.removesuffix(CHANGED)))
    name, asked = found.id or "no licence", _asked(model)
    answer, because, places = _granted(found, withheld, asked)
    general = (
        ("AIA-OSS-LIC-1", "Articles 53(2), 54(6); recital 102; paragraphs 76 to 78"),
        ("AIA-OSS-LIC-8", "paragraph 82"),
    )
    questions = (
        "access, use, modification and distribution are granted",
        "derivatives may be licensed by whoever makes them, but for attribution and same terms",
    )
    for (id, source), question in zip(general, questions, strict=True):
        yield _row(id, source, question, answer, because, *places)
    for id, question, codes in _LICENCE_RULES:
        held = [code for code in codes if code in withheld]
        said = [asked[code] for code in (*codes, *_NO_BUSINESS) if code in asked]
        if held:
            yield _row(id, "paragraph 83", question, Answered.NOT_MET, f"{name}: {held[0]}", *found.evidence)
        elif said:
            because = f"{name}; {said[0].artifact} seems to ask for it: {said[0].name}"
            yield _row(id, "paragraph 83", question, Answered.HUMAN, because, *said)
        elif found.open:
            because = f"{name} is on a list of open licences, none of which has one"
            yield _row(id, "paragraph 83", question, Answered.MET, because, *found.evidence)
        else:
            yield _row(id, "paragraph 83", question, Answered.UNKNOWN, _not_known(name), *found.evidence)
    yield _uses(found, withheld, asked)
    yield _access(model, name, found.evidence if Restriction.TERRITORY in withheld else ())


def _uses(found: ComponentLicence, withheld: frozenset[Restriction], asked: dict[Restriction, Evidence]) -> Judgement:
    """Whether what may not be done with the model is a matter of safety."""
    places = found.evidence
    if Restriction.USE_POLICY in withheld:
        answer, because = Answered.HUMAN, f"{found.id} has a list of uses that are not allowed"
    elif said := next((asked[code] for code in _OF_USES if code in asked), None):
        answer, because, places = Answered.HUMAN, f"{said.artifact} seems to restrict uses: {said.name}", (said,)
    elif found.open:
        answer, because = Answered.MET, f"{found.id} is on a list of open licences, none of which restricts uses"
    else:
        answer, because = Answered.UNKNOWN, _not_known(found.id)
    question = "restrictions of use, if any, are safety terms: proportionate, objective, without discrimination"
    return _row("AIA-OSS-LIC-6", "paragraph 84", question, answer, because, *places)


def _not_known(name: str) -> str:
    """Why nothing is met where no list calls the licence open: what is not known of it may be there."""
    return "no licence is stated" if name in ("", "no licence") else f"nothing of the kind is known of {name}"


def _asked(model: Model) -> dict[Restriction, Evidence]:
    """What the prose of the card and the clauses of unknown or changed texts seem to ask, the first place of each."""
    rows = [(model.card.artifact, row) for row in model.card.terms] if model.card else []
    rows += [(text.artifact, row) for text in model.licence_texts for row in text.clauses]
    found: dict[Restriction, Evidence] = {}
    for artifact, row in rows:
        found.setdefault(row.kind, Evidence(artifact, row.text, line=row.line, name=row.kind))
    return found


def _granted(
    found: ComponentLicence, withheld: frozenset[Restriction], asked: dict[Restriction, Evidence]
) -> tuple[Answered, str, tuple[Evidence, ...]]:
    """Whether the licence grants everything, why, and where that is seen."""
    said = tuple(asked[code] for code in _KEPT if code in asked)
    if not found.id:
        return Answered.NOT_MET, "no licence is stated", said
    listed = f"{found.id} is on a list of open licences"
    if found.open:
        return (
            (Answered.HUMAN, f"{listed}, and {said[0].artifact} seems to ask for more", said)
            if said
            else (Answered.MET, listed, found.evidence)
        )
    barred = withheld & {Restriction.NON_COMMERCIAL, Restriction.NO_DERIVATIVES}
    answer = Answered.NOT_MET if barred else Answered.UNKNOWN
    return answer, f"{found.id} is on no list of open licences", found.evidence


def _access(model: Model, name: str, territory: tuple[Evidence, ...]) -> Judgement:
    """Who may have the files; `territory` is where a licence that leaves out territories is stated."""
    gates = [stated_at(artifact, claim) for artifact, claim in (*model.stated("gated"), *model.stated("gated_field"))]
    if territory:
        answer, because = Answered.NOT_MET, f"{name} leaves out territories"
    elif gates:
        answer, because = Answered.HUMAN, "the card asks for something before access"
    else:
        answer, because = Answered.UNKNOWN, "the files declare no gate; a hub or a form may still ask"
    question = "access is at most tied to verifying users, and excludes no country"
    return _row("AIA-OSS-LIC-7", "paragraph 79", question, answer, because, *(territory or gates))


def _money(model: Model) -> Iterator[Judgement]:
    fields = [stated_at(artifact, claim) for artifact, claim in model.stated("gated_field")]
    asked = _asked(model)
    reserved = [asked[code] for code in (*_NO_BUSINESS, Restriction.USERS) if code in asked]
    yield _row(
        "AIA-OSS-MON-1",
        "recital 103; paragraphs 85, 86",
        "no price, no dual licence, no tied support, not only on a paid platform",
        Answered.HUMAN,
        f"{reserved[0].artifact} keeps some uses back; whether those are sold is not in the files"
        if reserved
        else "prices are not part of a model's files",
        *reserved,
    )
    if fields:
        answer, because = Answered.HUMAN, "the card's gate asks for data"
    else:
        answer, because = Answered.UNKNOWN, "the files declare no form; a hub or a site may still ask"
    question = "access does not ask for personal data, except strictly for security"
    yield _row("AIA-OSS-MON-2", "paragraph 87", question, answer, because, *fields)
    yield _row(
        "AIA-OSS-MON-3",
        "paragraphs 88, 89",
        "paid extras, if any, are optional, or between micro-enterprises",
        Answered.HUMAN,
        "offers are not part of a model's files",
    )


def _public(model: Model, components: tuple[Component, ...]) -> Iterator[Judgement]:
    found = {row.id: row for row in components}
    weights, architecture = found["parameters_final"], found["model_architecture"]
    yield _row("AIA-OSS-PUB-1", "Article 53(2); paragraphs 90, 91", "the weights are public", *_there(weights))
    config = tuple(Evidence(row.artifact, row.family) for row in model.configs[:1])
    here = bool(config) or architecture.support in COUNTED
    yield _row(
        "AIA-OSS-PUB-2",
        "Article 53(2); paragraphs 90, 91",
        "information on the architecture is public",
        Answered.MET if here else Answered.UNKNOWN,
        "the configuration states it" if config else architecture.because,
        *(config or architecture.evidence),
    )
    uses, limits = model.section_places(model.sections(Topic.USE)), model.limits()
    said = " and ".join(word for word, rows in (("uses", uses), ("limitations", limits)) if rows)
    yield _row(
        "AIA-OSS-PUB-3",
        "paragraphs 91, 92",
        "information on use is public: modalities, capabilities, limitations",
        Answered.HUMAN if uses and limits else Answered.UNKNOWN,
        f"the card speaks of {said}; a person reads whether it says enough" if said else "no card says it",
        *limits[:1],
        *uses[:1],
    )
    means = [row for row in (found["inference_code"], found["supporting_libraries"]) if row.support in COUNTED]
    yield _row(
        "AIA-OSS-PUB-4",
        "paragraph 92",
        "the technical means to integrate it are public",
        Answered.MET if means else Answered.UNKNOWN,
        means[0].because if means else "no code, configuration or list of libraries shows how to run it",
        *(means[0].evidence if means else ()),
    )


def _there(row: Component) -> tuple[Answered, str, Evidence] | tuple[Answered, str]:
    answer = Answered.MET if row.support in COUNTED else Answered.UNKNOWN
    return (answer, row.because, row.evidence[0]) if row.evidence else (answer, row.because)


def _duties(model: Model) -> Iterator[Judgement]:
    texts = [row for row in model.artifacts if "copyright" in row.path.lower() and "policy" in row.path.lower()]
    summaries = [row for row in model.artifacts if "training" in row.path.lower() and "summary" in row.path.lower()]
    yield _duty("AIA-DUTY-C", "Article 53(1)(c); paragraph 75", "a copyright policy (never exempt)", texts)
    yield _duty(
        "AIA-DUTY-D",
        "Article 53(1)(d); recital 107; C(2025) 8311",
        "a public summary of the training content (never exempt)",
        summaries,
    )
    for id, source, question in (
        (
            "AIA-DUTY-A",
            "Article 53(1)(a), Annex XI",
            "technical documentation for the AI Office (exempt if every rule above holds)",
        ),
        (
            "AIA-DUTY-B",
            "Article 53(1)(b), Annex XII",
            "documentation for those who build on it (exempt if every rule above holds)",
        ),
        (
            "AIA-DUTY-REP",
            "Article 54",
            "an authorised representative of a provider outside the Union (exempt if every rule above holds)",
        ),
    ):
        yield _row(id, source, question, Answered.HUMAN, "what the provider keeps is not part of a model's files")


def _duty(id: str, source: str, question: str, rows: list[Artifact]) -> Judgement:
    places = [Evidence(row.path, f"{row.size:,} bytes") for row in rows]
    return _row(
        id,
        source,
        question,
        Answered.HUMAN if places else Answered.UNKNOWN,
        "a file of that name; a person reads it" if places else "no such file in the folder",
        *places,
    )


def _modifier(model: Model) -> Judgement:
    bases = [stated_at(artifact, claim) for artifact, claim in model.stated("base_model")]
    question = "whoever modified it used at most a third of the original's compute, and so is no provider by that"
    if not bases:
        return _row("AIA-MOD-1", "guidelines, section 3.2", question, Answered.NOT_APPLICABLE, "no base model is named")
    return _row(
        "AIA-MOD-1",
        "guidelines, section 3.2",
        question,
        Answered.UNKNOWN,
        "the compute of the change is not stated",
        *bases,
    )
