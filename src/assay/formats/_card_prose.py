"""What a model card states outside its front matter: in lists and tables of labels, and in sentences.

A heuristic, measured by `python -m benchmarks.cards`. Labels are those of the templates of the Hugging Face Hub and
their usual translations; of sentences "a fine-tuned version of X on the Y dataset", "trained from scratch", "trained on
Y", "released under Z", and results with a number. Each is a claim of the publisher, with its line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain

from assay.facts.heading import Topic, topics
from assay.facts.language import languages_in
from assay.facts.text import Section, Stated
from assay.formats._few import few
from assay.formats._mentions import fence
from assay.lazy import regex

MOST, MOST_LINE, MOST_NAMES, EXCERPT = 300, 2000, 20, 240  # MOST: of one key
MOST_LICENCE = 8  # words of the name of a licence, and what may follow it

# label in lower case, without marks -> what it states
_LABELS = {
    "license": r"licen[cs]es?|model licen[cs]e|lizenz|licencia|licença|licenza|许可证?|許可證?|协议|ライセンス"
    r"|라이[선센]스|лицензия|giấy phép|lisans|الترخيص",
    "base_model": r"base(?: model)?|(?:fine-?tuned|quanti[sz]ed|distilled|adapted) from(?: model)?|parent model"
    r"|basismodell|modèle de base|modelo base|modello (?:di )?base|(?:基座|基础|底座)模型|ベースモデル|기반 ?모델"
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
_MARKS = regex(r"\*\*|__|`|<[^<>]{0,300}>")
_LINK = regex(r"!?\[([^\[\]]{0,200})\]\(([^()\s]{0,500})[^()]{0,100}\)")
_HUB = regex(r"https?://(?:huggingface\.co|hf\.co)/+(?!datasets/|spaces/|docs|papers/)([\w.-]+/[\w.-]+)")
_DATA_LINK = regex(r"https?://(?:huggingface\.co|hf\.co)/+datasets/([\w.-]+(?:/[\w.-]+)?)")

# how a model is called in prose: a link, code, or a word that looks like the name of one
_NAME = (
    r"(?P<name>\[[^\[\]]{1,200}\]\([^()\s]{1,500}\)|`[^`]{2,120}`|[\w.-]+/[\w.-]+"
    r"|(?:[A-Z][\w.]*-[\w.-]+|[A-Za-z]+\d[\w.-]*))"
)
_OTHER = _NAME.replace("name", "other")
_MADE_FROM = regex(
    r"\b(?:fine-?tuned|finetuned|quanti[sz]ed|distilled|pruned|adapted|tuned|instruct(?:ion)?(?:-tuned)?|converted)\s+"
    rf"(?:(?:version|variant|checkpoint|model|copy|form)\s+)?(?:of|from)\s+(?:the\s+|a\s+)?(?:\w+\s+)?{_NAME}"
    rf"|\b(?:lora|adapters?|adapter weights|adaption weights)\s+(?:for|of|on)\s+(?:the\s+)?{_OTHER}",
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
_TRAINED = regex(r"\b(?:pre-?|re-?)?train(?:ed|ing)\b|\b(?:fine-?)?tun(?:ed|ing)\b|\bfinetuned\b", re.IGNORECASE)
_SET = r"(?:data ?sets?|corp(?:us|ora)|treebanks?|collections?)"
_ONE = r"(?:`[^`]{2,80}`|[\w.-]+/[\w.-]+|[A-Za-z][\w'’.+-]*(?:\s[A-Z0-9][\w'’.+-]*){0,3})"
_ON = regex(
    r"(?:\b(?:pre-?)?(?:trained|tuned|finetuned|training|tuning)|\)|`)\s+"
    r"(?:(?:\w+ly|only|first|further|from scratch)\s+){0,3}(?:by [^.]{1,60}?\s+)?on\s+"
    rf"(?P<list>(?:the\s+)?{_ONE}(?:(?:,\s+and|,|\s+and)\s+(?:the\s+)?{_ONE}){{0,20}})(?P<set>\s+{_SET}\b)?",
)
_VERSION_ON = regex(
    r"\b(?:version|variant|checkpoint|finetuned|fine-tuned) (?:of|from) .{1,400}? on (?:the |an? )?"
    rf"(?P<list>\S+(?: \S+){{0,3}}?) {_SET}\b"
)
# words before "dataset" that name none
_COMMON = frozenset(
    """
    an a the unknown none custom private proprietary own our its following same large small different public internal
    synthetic this that these those mixed new various many several curated filtered combined high quality diverse german
    english french multilingual single two three more other such all any text texts images data web
    """.split()  # noqa: SIM905 - one word a line would be a page
)
_HARDWARE = regex(
    r"\b(?:[ABHVLT]\d{1,4}\w*|TPUs?|GPUs?|CPUs?|NVIDIA|RTX|GTX|AWS|GCP|Azure|Google|Colab|Kaggle|Apple|Mac\w*|AMD"
    r"|MI\d+\w*|Gaudi\w*|Trainium|Jean|LUMI|Leonardo|Frontier|Snellius|JUWELS|Isambard|x)\b"
)
_RELEASED = regex(
    r"\b(?:released|licen[cs]ed|distributed|available|published|provided|shared)\b(?:\s+\w+){0,4}?\s+under\s+"
    r"(?:the\s+(?:terms of (?:the\s+)?)?|an?\s+)?(?P<rest>[^.;()\n]{2,80}(?:\.\d[^.;()\n]{0,40})?)",
    re.IGNORECASE,
)
_OF_MODEL = regex(r"\b(?:models?|weights|checkpoints?|adapters?|it|this|[A-Z][\w.]*-[\w.-]+|[A-Z]\w+)\b.{0,80}\Z")
_OF_OTHER = regex(
    r"\b(?:data ?sets?|data|code|corpus|scripts?|base model|paper|images?|repository|library|texts?)\b"
    r"(?:\s+(?:(?!and\b|which\b)\S+\s+){0,3}?(?:is|are|was|were|been|be|also|itself))*\W*\Z",
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
_ITEM = regex(r"\s*[-*+]\s+\W{0,3}([^:|]{1,60}?)\W{0,3}:\W{0,4}(-?\d[\d.,]*\s?%?)\W*\Z")
_SPOKEN_LIST = r"[A-Z]\w+(?:(?:,|,? and)\s+[A-Z]\w+){0,20}"
_SPOKEN = regex(
    r"\b(?:works?|working|usable|available|trained|tested)\s+(?:only\s+)?(?:in|on|with|for)\s+"
    rf"(?P<list>{_SPOKEN_LIST})(?:\s+only|\s+texts?|[.,]|\Z)|\bsupports?\s+(?P<more>{_SPOKEN_LIST})"
)


def stated_in_prose(
    body: list[str], start: int, said: tuple[tuple[int, str], ...], found: tuple[Section, ...], known: frozenset[str]
) -> Iterator[Stated]:
    """What the text below the front matter states of the keys that are not `known` from there, each name once.

    `body` begins at line `start` + 1; `said` are its sentences with their lines, `found` its sections.
    """
    labelled = tuple(_labelled(body, start))
    once: dict[tuple[str, str], Stated] = {}
    for row in chain(labelled, _sentenced(said, found, frozenset(row.key for row in labelled))):
        if row.key not in known:
            once.setdefault((row.key, row.text.lower()), row)
    yield from few(once.values(), lambda row: row.key, MOST)


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
        return (_MARKS.sub("", cells[0]), _MARKS.sub("", cells[1])) if len(cells) == 2 and all(cells) else None
    match = _ENTRY.match(_MARKS.sub("", text))
    return (match[1], match[2].strip()) if match else None


def _values(key: str, text: str) -> Iterator[str]:
    """What the value of a label names: codes of languages, names of models and data sets, or the text itself."""
    if key == "language":
        yield from languages_in(_plain(text))
    elif key == "base_model":
        name = _model_name(text)
        if name and len(name.split()) <= 4:
            yield name
    elif key == "datasets":
        links = [match[1] for match in _DATA_LINK.finditer(text)]
        names = links or [part.strip() for part in re.split(r",|;| and ", _plain(text))]
        if links or all(0 < len(name.split()) <= 4 for name in names):
            yield from (name for name in names[:MOST_NAMES] if name.lower() not in _COMMON)
    elif key == "license":
        if len((plain := _plain(text)).split()) <= MOST_LICENCE:
            yield plain
    else:
        yield _plain(text)


def _plain(text: str) -> str:
    return _LINK.sub(r"\1", _MARKS.sub("", text)).strip(" *_.")


def _model_name(text: str) -> str:
    """The id on the hub that a link leads to, else the text of the link or of the code."""
    hub = _HUB.search(text)
    return hub[1] if hub else _plain(text)


def _sentenced(
    said: tuple[tuple[int, str], ...], found: tuple[Section, ...], labelled: frozenset[str]
) -> Iterator[Stated]:
    """What sentences state; what a label states already is not looked for again."""
    following, begins = False, [row.line for row in found]
    for line, sentence in said:
        text = sentence[:MOST_LINE]
        above = bisect_right(begins, line)
        about = topics(found[above - 1].title) if above else topics("")
        if "base_model" not in labelled:
            yield from _origin(text, line)
        if "datasets" not in labelled:
            yield from (Stated("datasets", name, line) for name in _data(text, about))
        if "license" not in labelled:
            yield from _licence(text, line)
        if "language" not in labelled and (match := _SPOKEN.search(text)):
            yield from (Stated("language", code, line) for code in languages_in(match["list"] or match["more"]))
        item = _ITEM.match(text)
        if item and (following or Topic.EVALUATION in about):
            yield Stated("result_in_prose", f"{item[1].strip()} = {item[2]}", line)
        elif _RESULT.search(_MARKS.sub("", text)) and Topic.TRAINING not in about:
            yield Stated("result_in_prose", text[:EXCERPT], line)
        following = "following results" in text.lower() or (following and item is not None)


def _origin(text: str, line: int) -> Iterator[Stated]:
    match = _MADE_FROM.search(text)
    if match:
        name = _model_name(match["name"] or match["other"])
        if not _HARDWARE.fullmatch(name):
            yield Stated("base_model", name.strip("`").rstrip(".")[:EXCERPT], line)
    if _SCRATCH.search(text) and not _NO_SCRATCH.search(text):
        yield Stated("from_scratch", text[:EXCERPT], line)


def _data(text: str, about: frozenset[Topic]) -> list[str]:
    """Data sets that a sentence says the model was trained on: links to them, else names."""
    trained = _TRAINED.search(text) is not None
    of_data = Topic.DATA in about and Topic.EVALUATION not in about
    links = [match[1] for match in _DATA_LINK.finditer(text)] if trained or of_data or Topic.TRAINING in about else []
    if links or not trained:
        return links[:MOST_NAMES]
    plain = _plain(_LINK.sub(r"\1", text))
    names: list[str] = []
    if match := _VERSION_ON.search(plain):
        names = [match["list"]]
    else:
        for match in _ON.finditer(plain):
            rows = [
                row.removeprefix("the ").strip("` ") for row in re.split(r",\s+and\s+|,\s+|\s+and\s+", match["list"])
            ]
            names += [row for row in rows if _is_name(row, bare=match["set"] is None)]
    return [name.strip("`") for name in names if name.split()[0].lower() not in _COMMON][:MOST_NAMES]


def _is_name(text: str, *, bare: bool) -> bool:
    """Whether words name a data set; without "dataset" behind them they must look like a name and like no machine."""
    if not text or _HARDWARE.search(text):
        return False
    shaped = re.search(r"[a-z][A-Z]|\d|[A-Z]{3,}|/|[A-Za-z]-[A-Z]", text) is not None
    return shaped if bare else shaped or text[0].isupper()


def _licence(text: str, line: int) -> Iterator[Stated]:
    match = _RELEASED.search(text)
    if not match:
        return
    before = text[: match.start()]
    if _OF_OTHER.search(before) or not (_OF_MODEL.search(before) or not before.strip()):
        return
    yield Stated("license_in_prose", " ".join(_plain(match["rest"]).split()[:MOST_LICENCE]), line)
