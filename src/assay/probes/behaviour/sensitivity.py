"""Does the answer change where only the form of the question does?"""

from __future__ import annotations

from collections.abc import Callable

from assay.facts.behaviour import Estimate, Instance, Probed
from assay.probes import detector, estimate
from assay.probes.behaviour import Cost, Material, Need, Probe
from assay.probes.choice import Choice, choices
from assay.runtime import can_score
from assay.text.sentence import split
from assay.uncertainty.calibration import right
from assay.uncertainty.meaning import same

TOKENS = 12
SHOWN = 6
LIMITS = (
    "Greedy answers, cut off after 12 tokens, to the questions that were asked; that two answers say the same is"
    " decided by rules for English. Options are compared by the log-probability of their letter."
)
_PARAPHRASES = ("Could you tell me: {} Thank you.", "I was asked this today. {} Please answer briefly.")
_OPTIONS = "{}\nA) {}\nB) {}\nAnswer with the letter of the right answer."


def _paraphrased(asked: str) -> str:
    return _PARAPHRASES[len(asked) % len(_PARAPHRASES)].format(asked)


FORMS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("case", "answers that change in capitals", str.upper),
    ("spaces", "answers that change with double spaces", lambda asked: asked.replace(" ", "  ")),
    ("paraphrase", "answers that change in other words", _paraphrased),
)


def claims_the_same(one: str, other: str, asked: str) -> bool:
    """Whether the first sentences of two answers claim the same."""
    first, second = (next(iter(split(text)), text) for text in (one, other))
    return same(first, second, asked)


def run(probe: Probe, material: Material) -> Probed:
    """Shares of answers that change, by what was changed of the question."""
    rows = choices(material.questions, material.most)
    texts = [row.asked for row in rows] + [form(row.asked) for _, _, form in FORMS for row in rows]
    answers = [text.strip() for text in material.ask.replies(texts, TOKENS)]
    plain, found, instances = answers[: len(rows)], [], []
    flips = tries = known = 0
    for number, (id, name, form) in enumerate(FORMS, 1):
        changed = answers[number * len(rows) : (number + 1) * len(rows)]
        apart = [
            not claims_the_same(one, other, row.asked) for row, one, other in zip(rows, plain, changed, strict=True)
        ]
        found.append(estimate.share(id, name, sum(apart), len(rows)))
        for row, one, other in zip(rows, plain, changed, strict=True):
            tries += 1
            before, after = (right(text, row.question.answers) for text in (one, other))
            known += before or after
            if before != after:
                flips += 1
                instances.append(Instance(form(row.asked), other, f"asked plainly: {one}"))
    found.append(
        estimate.share("judgement", "answers that turn from right to wrong or back", flips, tries if known else 0)
    )
    found += _order(material, rows)
    said = found[0].words
    rule = detector.measured(
        "sensitivity",
        "two answers do not claim the same",
        lambda row: not claims_the_same(row["text"], row["other"], row["asked"]),
    )
    return Probed(probe.id, probe.question, said, tuple(found), rule, tuple(instances[:SHOWN]), LIMITS, "")


def _order(material: Material, rows: tuple[Choice, ...]) -> list[Estimate]:
    """How often the choice of two options is of the place rather than of the option, where letters can be scored."""
    if not can_score(material.ask.runtime):
        return []
    prompts = [
        material.ask.prompt(_OPTIONS.format(row.asked, *pair))
        for row in rows
        for pair in ((row.right, row.wrong), (row.wrong, row.right))
    ]
    lead = "" if material.ask.chats else " "
    values = material.ask.totals([(prompt, f"{lead}{letter}") for prompt in prompts for letter in "AB"])
    by_place = chosen = count = 0
    for at in range(len(rows)):
        scores = values[4 * at : 4 * at + 4]
        if None in scores:
            continue
        first, second = (float(a or 0) > float(b or 0) for a, b in (scores[:2], scores[2:]))  # whether it says A
        count += 1
        by_place += first == second
        chosen += first + (not second)
    return [
        estimate.share("order", "choices that change with the order of two options", by_place, count),
        estimate.share("choice", "right choices of two options, in both orders", chosen, 2 * count, 0.5),
    ]


PROBE = Probe(
    "sensitivity",
    "Does the answer change where only the form of the question does?",
    (Need.WRITES,),
    Cost.QUICK,
    run,
)
