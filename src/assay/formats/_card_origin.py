"""What the sentences of a card say that a model was made from: its base, the models of a merge, or nothing before it.

A heuristic, measured by `python -m benchmarks.cards`. English is read by what was done ("fine-tuned from", "converted
to MLX format from", "merge of"); in other languages a word such as "based on" has to stand beside an id or a link of
the hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assay.facts.heading import Topic
from assay.facts.text import Stated
from assay.formats._card_names import HARDWARE, LINK_OR_ID, NAME, model_name
from assay.lazy import regex

EXCERPT = 240
MOST_MERGED = 50
_NO_NAMES = frozenset({"", "none", "none/none", "unknown", "this", "null"})  # templates that nobody filled in
Said = tuple[int, str, frozenset[Topic]]  # line, sentence, what its section is about

_A = r"\s+(?:the\s+|an?\s+)?(?:\w+\s+)?"
_DONE = (
    r"(?:fine-?tuned|finetuned|(?:re-?)?quanti[sz](?:ed|ations?)|pruned|adapted|tuned|instruct(?:ion)?(?:-tuned)?"
    r"|abliterated|converted)\s+(?:to\s+(?:the\s+)?[\w.-]+(?:\s+format)?\s+)?"
    r"(?:(?:version|variant|checkpoint|model|copy|form)\s+)?(?:of|from)"
)
_BEGUN = (
    r"(?:continu(?:e[ds]?|ing|al|ally)(?:\s+(?:pre-?)?train(?:ed|ing))?|initiali[sz](?:ed?|ing)|start(?:ed|s|ing)?"
    r"|warm-?start(?:ed|ing)?|boot-?strapped|further\s+(?:pre-?)?train(?:ed|ing)|built)"
    r"\s+(?:\w+\s+)?(?:from|of|on\s+top\s+of|upon|with)"
)
_MADE_FROM = regex(
    rf"\b(?i:(?:{_DONE}){_A})(?P<made>{NAME})"
    rf"|\b(?i:(?:lora|adapters?|adapter\s+weights|adaption\s+weights)\s+(?:for|of|on)\s+(?:the\s+)?)(?P<adapted>{NAME})"
    rf"|\b(?i:(?:conversion|port|export|re-?upload|mirror|quants?)\s+(?:of|from){_A})(?P<copied>{LINK_OR_ID})"
    rf"|\b(?i:{_BEGUN}{_A})(?P<begun>{LINK_OR_ID}|`(?=[\w./]*-)[\w./-]{{3,120}}`)"
    rf"|\b(?i:(?:based\s+(?:up)?on|trained\s+(?:on\s+top\s+of|from)){_A})(?P<based>{LINK_OR_ID})"
    r"|\b(?i:(?:fine-?tun(?:e[ds]?|ing)|finetun(?:e[ds]?|ing)|quanti[sz](?:ed?|ing)|took|abliterated)\s+(?:the\s+)?)"
    rf"(?P<object>{LINK_OR_ID})"
    rf"|\b(?i:us(?:e[ds]?|ing)\s+(?:the|a)\s+(?:publicly\s+available\s+)?"
    rf"(?:pre-?trained|original|base)\s+(?:model\s+)?)"
    rf"(?P<used>{LINK_OR_ID})"
)
# a teacher, or a family: the base only where nothing else is said to be one
_TAUGHT = regex(rf"\b(?i:(?:distill?(?:ed|ation)|derived)\s+(?:\w+\s+){{0,2}}?(?:of|from){_A})(?P<name>{NAME})")
_MERGED = regex(
    r"\b(?:models?|loras?|adapters?)\s+(?:were|was|are|is|have\s+been)\s+"
    r"(?:(?:included|used)\s+in\s+(?:the|this)\s+merge|merged)"
    r"|\b(?:merge|blend)\s+of\s+(?:the\s+)?(?:following|these|those)",
    re.IGNORECASE,
)
_MERGE_OF = regex(r"\b(?:merge|blend|frankenmerge|mix)\s+(?:of|between)\b(?P<rest>.{3,600})", re.IGNORECASE)
_ITEM = regex(r"\s*(?:[-*+•]|\d+[.)])\s")
_LINKED = regex(LINK_OR_ID)
# what stands before the name of a base, and what stands behind it
_BEFORE = regex(
    r"\b(?:basiert auf|auf (?:der )?basis von|aufbauend auf|abgeleitet von|basés? sur|basées? sur|à partir d[eu]"
    r"|affin(?:é\w*|age) (?:de|du|d['’])|version affinée|basad[oa]s? en|a partir de|afinad[oa] de|ajustad[oa] de"
    r"|basead[oa]s? (?:em|n[oa])|basat[oa] su"
    r"|a partire d[ae]|gebaseerd op|(?:training|finetuning|verfijning|afgeleid|uitgaande) van|på grundval af|baserad på"
    r"|на основе|на базе|дообуч\w+|dựa trên|tinh chỉnh (?:từ|trên)|dari model|berdasarkan|na (?:podstawie|bazie))(?!\w)"
    r"|基于|基於|在(?=.{0,200}(?:基础上|基礎上))|بناءً? على|مبني على|استناد\w* إلى",
    re.IGNORECASE,
)
_BEHIND = regex(
    r"(?:的)?(?:基础|基礎)上|を?ベースに|をもとに|を基に|から(?:の)?(?:ファインチューニング|追加学習|継続)"
    r"|に(?:対して|対する)"
    r"|를 ?기반|을 ?기반|기반으로|에서 (?:파인튜닝|미세)|를 (?:파인튜닝|미세)|을 (?:파인튜닝|미세)"
    r"|temel al|üzerin(?:e|den)"
    r"|modelinin ince ayar",
    re.IGNORECASE,
)
_SCRATCH = regex(
    r"\b(?:pre-?)?trained (?:entirely |completely |purely )?from (?:scratch|random)|entraîn\w+ (?:à partir de|de) zéro"
    r"|trein\w+ do zero|entrenad\w+ (?:desde|de) cero|addestrat\w+ da zero|von grund auf (?:neu )?(?:vor)?trainiert"
    r"|从(?:头|零)(?:开始)?(?:预)?训练|從(?:頭|零)(?:開始)?訓練|(?:ゼロ|スクラッチ)から(?:事前)?(?:学習|訓練)"
    r"|처음부터 (?:사전 ?)?(?:학습|훈련)|обучен\w* с нуля|sıfırdan eğitil|huấn luyện từ đầu|تدريبه? من الصفر",
    re.IGNORECASE,
)
_NO_SCRATCH = regex(r"\b(?:not|never|instead|rather|unlike|without|expensive|base model|baseline)\b", re.IGNORECASE)


def origins(said: Iterable[Said]) -> Iterator[Stated]:
    """The base models that sentences name, each with its line, and those sentences that say there is none."""
    taught: list[Stated] = []
    named = following = False
    for line, text, about in said:
        if _SCRATCH.search(text) and not _NO_SCRATCH.search(text):
            yield Stated("from_scratch", text[:EXCERPT], line)
        item = _ITEM.match(text) is not None
        following = (following and item) or (not item and _MERGED.search(text) is not None)
        names = _merged(text, item=following and item) or _made(text, about)
        for name in names:
            named = True
            yield Stated("base_model", name[:EXCERPT], line)
        if not names and (match := _TAUGHT.search(text)):
            taught.append(Stated("base_model", model_name(match["name"])[:EXCERPT], line))
    if not named:
        yield from taught


def _merged(text: str, *, item: bool) -> list[str]:
    """The models of a merge that a sentence names, or one item of the list below such a sentence."""
    rest = text if item else match["rest"] if (match := _MERGE_OF.search(text)) else ""
    names = dict.fromkeys(model_name(found[0]) for found in _LINKED.finditer(rest))
    return list(names)[: 1 if item else MOST_MERGED]


def _made(text: str, about: frozenset[Topic]) -> list[str]:
    """The model that a sentence says this one was made from, at most one."""
    if match := _MADE_FROM.search(text):
        name = model_name(next(part for part in match.groups() if part))
        return [name] if name.lower() not in _NO_NAMES and not HARDWARE.fullmatch(name) else []
    if Topic.EVALUATION in about:
        return []
    if (match := _BEFORE.search(text)) and (found := _LINKED.search(text, match.end())):
        return [model_name(found[0])]
    if match := _BEHIND.search(text):
        before = [found[0] for found in _LINKED.finditer(text, 0, match.start())]
        return [model_name(row) for row in before[-1:]]
    return []
