"""What a model card states outside its front matter: in lists and tables of labels, and in sentences.

A heuristic, measured by `python -m benchmarks.cards`. Labels are those of the templates of the Hugging Face Hub and
their usual translations; of sentences "a fine-tuned version of X on the Y dataset", "trained from scratch", "trained on
Y", "released under Z", and results with a number. Each is a claim of the publisher, with its line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from assay.facts.heading import Topic, topics
from assay.facts.language import languages_in, spoken
from assay.facts.text import Stated
from assay.formats._card_data import MOST_NAMES, data_sets, is_common
from assay.formats._card_licence import MOST_WORDS, below_title, in_sentence, is_title
from assay.formats._card_limits import limits, takes_back
from assay.formats._card_names import DATA_LINK, MARKS, model_name, plain
from assay.formats._card_origin import origins
from assay.formats._card_sections import Part
from assay.formats._mentions import fence
from assay.lazy import regex

MOST_LINE, EXCERPT = 2000, 240

# label in lower case, without marks -> what it states
_LABELS = {
    "license": r"licen[cs]es?|model licen[cs]e|lizenz|licencia|licença|licenza|许可证?|許可證?|协议|ライセンス"
    r"|라이[선센]스|лицензия|giấy phép|lisans|الترخيص",
    "base_model": r"base(?: model)?|(?:original|source) model|(?:fine-?tuned|quanti[sz]ed|distilled|adapted) from"
    r"(?: model)?|parent model|basismodell|modèle de base|modelo base|modello (?:di )?base"
    r"|(?:基座|基础|底座)模型|ベースモデル|(?:기반|베이스|기본|원본) ?모델|元モデル"
    r"|базовая модель|mô hình (?:gốc|cơ sở)|temel model|النموذج الأساسي",
    "datasets": r"(?:(?:pre-?)?train(?:ing)? |fine-?tuning )?(?:data ?sets?|data|corp(?:us|ora))(?: used)?|trained on"
    r"|trainingsdaten|données d['’]entraînement|datos de entrenamiento|dados de treinamento|训练数据集?|学習データ"
    r"|학습 ?데이터|обучающие данные",
    "language": r"(?:supported )?languages?(?: supported)?|sprachen?|langues?|idiomas?|línguas?|lingu[ae]|语言|語言"
    r"|言語|언어|языки?|ngôn ngữ|dil(?:ler)?|اللغات?|اللغة",
    "organization": r"developed by|(?:model )?developers?|provider|creators?|created by|publisher|organi[sz]ation"
    r"|entwickelt von|développé par|desarrollado por|desenvolvido por|sviluppato da|开发者|開発者|개발자?|разработчик",
    "hardware": r"(?:training )?hardware(?: type| used)?|gpus?(?: used)?|accelerators?|compute infrastructure",
    "training_time": r"(?:gpu |training )?hours(?: used)?|training (?:time|duration)",
    "emissions": r"carbon emitted|(?:carbon|co2|co2eq)(?: emissions?| footprint)",
    "energy": r"energy(?: (?:consumption|used|use))?|power (?:consumption|used)",
    "released": r"release date|released(?: on)?|model (?:release )?date|date of release|publication date",
    "input_modality": r"inputs?(?: modalit(?:y|ies)| types?)?",
    "output_modality": r"outputs?(?: modalit(?:y|ies)| types?)?",
}
_LABEL = {key: regex(rf"(?:{words})\Z") for key, words in _LABELS.items()}
_OPTIONAL = regex(r"\[optional\]|\(nlp\)|\(s\)", re.IGNORECASE)
_ENTRY = regex(r"\s*(?:[-*+•]\s+)?([^:：|<>]{2,60}?)\s*[:：]\s*(\S.*)")
_NOTHING = regex(
    r"\W*(?:(?:more )?information needed|n/?a|none|unknown|tb[ad]|not (?:known|stated|disclosed|available|specified).*"
    r"|undisclosed|proprietary|private|see (?:below|above).*|various|-+)?\W*\Z",
    re.IGNORECASE,
)
_METRIC = (
    r"(?:accuracy|f1(?:[- ]score)?|bleu|chrf|rouge(?:-?[l12])?|wer|(?:word|character) error rate|perplexity|exact match"
    r"|m?ap|auc|auroc|pass@\d+|precision|recall|spearman\w*|pearson\w*|mse|rmse|mcc|iou|ndcg(?:@\d+)?|mrr)"
)
_NUMBER = r"[-~≈]?\d{1,3}(?:[.,]\d+)?\s?%?"
_RESULT = regex(
    rf"\b{_METRIC}\b[^.\d]{{0,40}}?\b{_NUMBER}(?![\w.,]*\d)|\b\d{{1,3}}[.,]\d+\s?%?\s+{_METRIC}\b", re.IGNORECASE
)
# in a section on evaluation, in any language
_SCORE = regex(
    r"(?<![\w.,/-])\d{1,3}[.,]\d{1,4}(?![\w.,/-]*\d)(?!\s?[kKMGTB]i?B?\b)"
    r"|(?<![\w.,])\d{1,3}\s?(?:%|％|percent\b|Prozent\b)"
    r"|\b\d+\s+(?:out\s+)?of\s+(?:the\s+)?\d+\b"
)
_ITEM = regex(r"\s*[-*+]\s+\W{0,3}([^:|]{1,60}?)\W{0,3}:\W{0,4}(-?\d[\d.,]*\s?%?)\W*\Z")


def stated_in_prose(
    body: list[str], start: int, said: tuple[tuple[int, str], ...], found: tuple[Part, ...], known: frozenset[str]
) -> Iterator[Stated]:
    """What the text below the front matter states of the keys that are not `known` from there, each name once.

    `body` begins at line `start` + 1; `said` are its sentences with their lines, `found` its sections. A licence is
    told also where the front matter has one, as one in prose: it may be another.
    """
    labelled = tuple(_labelled(body, start))
    once: dict[tuple[str, str], Stated] = {}
    for row in chain(labelled, _sentenced(said, found, frozenset(row.key for row in labelled))):
        key = "license_in_prose" if row.key == "license" and "license" in known else row.key
        if key not in known:
            once.setdefault((key, row.text.lower()), replace(row, key=key))
    yield from once.values()


def _labelled(body: list[str], start: int) -> Iterator[Stated]:
    """What lines such as "- **License:** MIT" and rows of two cells state."""
    fenced = False
    for number, line in enumerate(body, start + 1):
        fenced ^= fence(line)
        parts = None if fenced else _parts(line[:MOST_LINE])
        if parts is None or _NOTHING.match(parts[1]):
            continue
        label = _OPTIONAL.sub("", parts[0]).strip(" *_:#").lower()
        for key, words in _LABEL.items():
            if words.match(label):
                yield from (Stated(key, text[:EXCERPT], number) for text in _values(key, parts[1]))
                break


def _parts(line: str) -> tuple[str, str] | None:
    """Label and value of a line, without marks."""
    text = line.strip()
    if text.startswith("|"):
        cells = [cell.strip() for cell in text.strip("|").split("|")]
        return (MARKS.sub("", cells[0]), MARKS.sub("", cells[1])) if len(cells) == 2 and all(cells) else None
    match = _ENTRY.match(MARKS.sub("", text))
    return (match[1], match[2].strip()) if match else None


def _values(key: str, text: str) -> Iterator[str]:
    """What the value of a label names: codes of languages, names of models and data sets, or the text itself."""
    if key == "language":
        yield from languages_in(plain(text))
    elif key == "base_model":
        name = model_name(text)
        if name and len(name.split()) <= 4:
            yield name
    elif key == "datasets":
        links = [match[1] for match in DATA_LINK.finditer(text)]
        names = links or [part.strip() for part in re.split(r",|;| and ", plain(text))]
        if links or all(0 < len(name.split()) <= 4 for name in names):
            yield from (name for name in names[:MOST_NAMES] if not is_common(name))
    elif key == "license":
        if len((name := plain(text)).split()) <= MOST_WORDS:
            yield name
    else:
        yield plain(text)


def _sentenced(
    said: tuple[tuple[int, str], ...], found: tuple[Part, ...], labelled: frozenset[str]
) -> Iterator[Stated]:
    """What sentences state; what a label states already is not looked for again."""
    placed = tuple(_placed(said, found))
    if "base_model" not in labelled:
        yield from origins((line, text, topics(about)) for line, text, about, _ in placed)
    following = False
    for line, text, title, own in placed:
        about = topics(title)
        if "datasets" not in labelled:
            yield from (Stated("datasets", name, line) for name in data_sets(text, about))
        if "license" not in labelled and (name := in_sentence(text) or (is_title(own) and below_title(text)) or ""):
            yield Stated("license_in_prose", name, line)
        if "language" not in labelled:
            yield from (Stated("language", code, line) for code in spoken(MARKS.sub("", text)))
        rest = text.replace(own, "", 1) if own else text  # a heading may begin the sentence
        if limits(rest) or ({Topic.LIMITATION, Topic.USE} <= about and takes_back(rest)):
            yield Stated("limit_in_prose", text[:EXCERPT], line)
        item = _ITEM.match(text)
        if item and (following or Topic.EVALUATION in about):
            yield Stated("result_in_prose", f"{item[1].strip()} = {item[2]}", line)
        elif Topic.TRAINING not in about and _is_result(MARKS.sub("", text), about):
            yield Stated("result_in_prose", text[:EXCERPT], line)
        following = "following results" in text.lower() or (following and item is not None)


def _placed(said: tuple[tuple[int, str], ...], found: tuple[Part, ...]) -> Iterator[tuple[int, str, str, str]]:
    """(line, sentence, the title that says what it is about, the title above it) of each sentence but headings."""
    begins = [row.section.line for row in found]
    for line, sentence in said:
        above = bisect_right(begins, line)
        row = found[above - 1] if above else None
        yield line, sentence[:MOST_LINE], row.about if row else "", row.section.title if row else ""


def _is_result(text: str, about: frozenset[Topic]) -> bool:
    """Whether a sentence states a result: a metric with a number, or a score of any kind in a section on evaluation."""
    return _RESULT.search(text) is not None or (Topic.EVALUATION in about and _SCORE.search(text) is not None)
