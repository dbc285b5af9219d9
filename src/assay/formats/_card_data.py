"""Data sets that a sentence of a card says the model was trained on (a heuristic, `python -m benchmarks.cards`)."""

from __future__ import annotations

import re

from assay.facts.heading import Topic
from assay.formats._card_names import DATA_LINK, HARDWARE, ID, LINK, plain
from assay.lazy import regex

MOST_NAMES = 20
_TRAINED = regex(
    r"\b(?:pre-?|re-?)?train(?:ed|ing|s)?\b|\b(?:fine-?)?tun(?:ed?|es|ing)\b|\bfinetun(?:ed?|ing)\b", re.IGNORECASE
)
# the same in other languages, where only links count
_TAUGHT = regex(
    r"entra[iî]n|affin[eé]|entrenad|ajustad|afinad|trein|addestr|affinat|trainiert|feinabgestimmt|getraind"
    r"|trénov|训练|訓練|微调"
    r"|学習|ファインチューニング|학습|훈련|미세 ?조정|обуч|huấn luyện|tinh chỉnh|eğit|تدريب",
    re.IGNORECASE,
)
_SET = r"(?:data ?sets?|corp(?:us|ora)|treebanks?|collections?)"
_ONE = r"(?:`[^`]{2,80}`|[\w.-]+/[\w.-]+|[A-Za-z][\w'’.+-]*(?:\s[A-Z0-9][\w'’.+-]*){0,3})"
_LIST = rf"(?:the\s+)?{_ONE}(?:(?:,\s+and|,|\s+and)\s+(?:the\s+)?{_ONE}){{0,20}}"
_ON = regex(
    r"(?:\b(?:pre-?)?(?:train(?:ed|s|ing)?|tun(?:ed?|es|ing)|finetun(?:ed?|ing))|\)|`)\s+"
    r"(?:(?:\w+ly|only|first|further|from scratch|end-to-end)\s+){0,3}(?:by [^.]{1,60}?\s+)?on\s+"
    rf"(?P<list>{_LIST})(?P<set>\s+{_SET}\b)?",
)
_VERSION_ON = regex(
    r"\b(?:version|variant|checkpoint|finetuned|fine-tuned) (?:of|from) .{1,400}? on (?:the |an? )?"
    rf"(?P<list>\S+(?: \S+){{0,3}}?) {_SET}\b"
)
_EPOCHS = regex(rf"\bepochs?\s+(?:\w+\s+)?(?:with|on|over|of)\s+(?:the\s+)?`?(?P<name>{ID})")
_SMALL = regex(r"\btrained\s+(?:\w+ly\s+)?on\s+(?:the\s+)?(?P<name>[a-z][\w-]*(?:\s[a-z][\w-]*){0,2})\s+data ?set\b")
_USED = regex(
    r"(?:\bThe\s+)?(?P<list>(?:[A-Z][\w'’.+-]*\s?){1,4})[^.]{0,60}?\b(?:was|were|is|are|being)\s+used\s+"
    r"(?:for|to|as|in)\s+(?:pre-?|the\s+)?(?:fine-?)?(?:train|tun)"
)
_IS_SET = regex(
    rf"\s*(?P<name>(?:The\s+)?[A-Z][\w'’.+-]*(?:\s[A-Z0-9][\w'’.+-]*){{0,3}})\s+is\s+an?\s[^.]{{0,60}}?{_SET}\b"
)
# words before "dataset" that name none
_COMMON = frozenset(
    """
    an a the unknown none custom private proprietary own our its following same large small different public internal
    synthetic this that these those mixed new various many several curated filtered combined high quality diverse german
    english french multilingual single two three more other such all any text texts images data web
    training evaluation validation test testing instruction instructions chat conversation conversational final full
    entire whole original given labeled labelled annotated balanced huge massive big publicly available open source
    in-house cleaned deduplicated parallel monolingual bilingual domain-specific domain task specific preference mixture
    """.split()  # noqa: SIM905 - one word a line would be a page
)


def data_sets(text: str, about: frozenset[Topic]) -> list[str]:
    """Data sets that a sentence says the model was trained on: links to them, else names."""
    trained = _TRAINED.search(text) is not None
    of_data = Topic.DATA in about and Topic.EVALUATION not in about
    linked = trained or of_data or Topic.TRAINING in about or _TAUGHT.search(text) is not None
    links = [match[1] for match in DATA_LINK.finditer(text)] if linked else []
    if links:
        return links[:MOST_NAMES]
    bare = plain(LINK.sub(r"\1", text))
    if of_data and (match := _IS_SET.match(bare)):
        return [match["name"]]
    return _named(bare)[:MOST_NAMES] if trained else []


def _named(text: str) -> list[str]:
    """The names of data sets in a sentence that speaks of training."""
    if match := _VERSION_ON.search(text):
        rows = [match["list"]]
    else:
        rows = [
            row
            for match in _ON.finditer(text)
            for row in _parted(match["list"])
            if _is_name(row, bare=match["set"] is None)
        ]
        rows += [match["name"] for match in _EPOCHS.finditer(text)]
    if not rows and (match := _USED.search(text)):
        named = re.search(_SET, text) is not None
        rows = [row for row in _parted(match["list"]) if _is_name(row, bare=not named)]
    if not rows and (match := _SMALL.search(text)) and _COMMON.isdisjoint(match["name"].lower().split()):
        rows = [match["name"]]
    return [row.strip("`") for row in rows if not is_common(row.split()[0])]


def _parted(text: str) -> list[str]:
    rows = (row.removeprefix("the ").strip("` ") for row in re.split(r",\s+and\s+|,\s+|\s+and\s+", text))
    return [row for row in rows if row]


def _is_name(text: str, *, bare: bool) -> bool:
    """Whether words name a data set; without "dataset" behind them they must look like a name and like no machine."""
    if HARDWARE.search(text):
        return False
    shaped = re.search(r"[a-z][A-Z]|\d|[A-Z]{3,}|/|[A-Za-z]-[A-Z]", text) is not None
    return shaped if bare else shaped or text[0].isupper()


def is_common(name: str) -> bool:
    """Whether a word before "data set" names none."""
    return name.lower() in _COMMON
