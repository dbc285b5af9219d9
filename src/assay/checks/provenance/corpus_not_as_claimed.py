"""Does the training data that was given differ from what the card says about it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.checks import check
from assay.facts.corpus import CorpusRecord, LicenceClass
from assay.facts.finding import Answer, Evidence, Kind, informational, passed, review, unknown
from assay.facts.model import Model
from assay.facts.text import Stated

_UNITS = {"T": 1e12, "B": 1e9, "M": 1e6}
# words of prose in a token of a usual vocabulary: a range wide enough for code and other scripts
WORDS_PER_TOKEN = (0.4, 1.0)
_ASKING = (
    LicenceClass.NON_COMMERCIAL,
    LicenceClass.NO_DERIVATIVES,
    LicenceClass.SHARE_ALIKE,
    LicenceClass.RESTRICTED,
    LicenceClass.CONFLICTING,
)
MOST = 20


@check(
    "corpus.not-as-claimed",
    title="Does the training data that was given differ from what the card says about it?",
    severity=4.5,
    remedy="Ask the publisher which is right: the card, or the data. Index the data sets that the card names, with "
    "their names (`--dataset`).",
    references=("EU AI Act Article 53(1)(d)", "MOF 1.0: datasets, data card"),
)
def corpus_not_as_claimed(model: Model, corpora: tuple[CorpusRecord, ...]) -> Iterator[Answer]:
    """A corpus that is not the one that was used answers nothing about the model.

    Names of data sets, licences, dates and size are compared between the card (or GGUF metadata) and the corpora given
    with `--corpus`. That they agree does not show that the model was trained on this data. Names are compared without
    owner, case and punctuation; sizes with 0.4 to 1 word in a token.
    """
    if not corpora:
        yield Answer(Kind.NOT_APPLICABLE, "no corpus was given (--corpus)")
        return
    answers = [*_names(model, corpora), *_licences(model, corpora), *_dates(model, corpora), *_size(model, corpora)]
    yield from answers or [
        unknown("neither card nor metadata say anything about the data that could be compared with the corpus")
    ]


def _evidence(artifact: str, claim: Stated) -> Evidence:
    return Evidence(artifact, claim.text, line=claim.line or None, name=f"{claim.key} {claim.text}")


def _named(corpora: tuple[CorpusRecord, ...], dataset: str) -> Evidence:
    corpus = next(row for row in corpora if any(share.dataset == dataset for share in row.datasets))
    return Evidence(f"corpus:{corpus.name}", dataset, name=dataset)


def _names(model: Model, corpora: tuple[CorpusRecord, ...]) -> Iterator[Answer]:
    claimed = model.stated("datasets")
    held = list(dict.fromkeys(share.dataset for corpus in corpora for share in corpus.datasets))
    if not claimed:
        return
    known = {_plain(claim.text) for _, claim in claimed}
    absent = [(artifact, claim) for artifact, claim in claimed if _plain(claim.text) not in map(_plain, held)]
    extra = [dataset for dataset in held if _plain(dataset) not in known]
    if absent:
        names = ", ".join(claim.text for _, claim in absent[:5])
        yield review(
            f"the card names {len(absent):,} data sets that the corpus does not hold: {names}",
            *(_evidence(artifact, claim) for artifact, claim in absent[:MOST]),
        )
    if extra:
        yield review(
            f"the corpus holds {len(extra):,} data sets that the card does not name: {', '.join(extra[:5])}",
            *(_named(corpora, dataset) for dataset in extra[:MOST]),
        )
    if not absent and not extra:
        yield passed(
            f"the corpus holds the {len(held):,} data sets that the card names, and no other",
            *(_evidence(artifact, claim) for artifact, claim in claimed[:MOST]),
        )


def _licences(model: Model, corpora: tuple[CorpusRecord, ...]) -> Iterator[Answer]:
    shares = [share for corpus in corpora for share in corpus.datasets]
    total = max(1, sum(share.words for share in shares))
    offered = next((claim.text for _, claim in model.stated("license")), "")
    for kind in _ASKING:
        rows = [share for share in shares if share.licence.kind is kind]
        if rows:
            part = sum(share.words for share in rows) / total
            under = f"; the model is offered under {offered}" if offered else ""
            names = ", ".join(dict.fromkeys(share.dataset for share in rows[:5]))
            yield review(
                f"{part:.1%} of the corpus has a licence of class {kind}: {names}{under}",
                *(_named(corpora, share.dataset) for share in rows[:MOST]),
            )
    silent = sum(share.words for share in shares if share.licence.kind is LicenceClass.UNKNOWN) / total
    if silent:
        yield unknown(f"the licence of {silent:.1%} of the corpus is not known")


def _dates(model: Model, corpora: tuple[CorpusRecord, ...]) -> Iterator[Answer]:
    last = max((share.last_date for corpus in corpora for share in corpus.datasets), default="")
    for artifact, claim in model.stated("data_cutoff")[:1]:
        if last and last[: len(claim.text)] > claim.text:
            yield review(
                f"the card says that data ends in {claim.text}; the corpus has documents of {last[:10]}",
                _evidence(artifact, claim),
            )
        elif last:
            yield passed(
                f"no document of the corpus is dated after {claim.text}, where the card says that data ends",
                _evidence(artifact, claim),
            )


def _size(model: Model, corpora: tuple[CorpusRecord, ...]) -> Iterator[Answer]:
    words = sum(corpus.words for corpus in corpora)
    for artifact, claim in sorted(model.stated("tokens"), key=lambda row: -_number(row[1].text))[:1]:
        tokens = _number(claim.text)
        low, high = tokens * WORDS_PER_TOKEN[0], tokens * WORDS_PER_TOKEN[1]
        if words < low:
            yield unknown(
                f"the corpus has {words:,} words, at most {words / low:.2%} of the {claim.text} tokens that the card "
                "states: a miss in it says little",
                _evidence(artifact, claim),
            )
        elif words > high:
            yield review(
                f"the corpus has {words:,} words, more than the {claim.text} tokens that the card states",
                _evidence(artifact, claim),
            )
        else:
            yield informational(
                f"the corpus has {words:,} words; the card states {claim.text} tokens", _evidence(artifact, claim)
            )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.rstrip("/").rpartition("/")[2].casefold())


def _number(text: str) -> float:
    return float(text[:-1]) * _UNITS[text[-1]]
