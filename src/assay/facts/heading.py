"""What the headings of a model card announce: evaluation, limitations, training data and others, in the languages
of the hub.

A heuristic over the words of a heading (from Mitchell et al. 2019, the templates of the Hugging Face Hub, and public
cards); a heading may announce several things, or none of these. The one table that checks, measures and readers use.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from assay.lazy import regex


class Topic(StrEnum):
    """What a section is about; the values are the words that users see."""

    DESCRIPTION = "description"
    USE = "use"
    EVALUATION = "evaluation"
    LIMITATION = "limitations"
    RISK = "risks"
    SAFETY = "safety"
    DATA = "data"  # what the model was trained on
    TRAINING = "training"  # how it was trained


# one row for each language, where its words differ from those above it: en, de, fr, es, pt, it, nl, zh, ja, ko, ru,
# vi, tr, ar, id and pl
_WORDS: dict[Topic, tuple[str, ...]] = {
    Topic.DESCRIPTION: (
        r"\bmodel (?:details|description|summary|architecture|information|info|overview|specifications?)\b",
        r"introduction|overview|^about\b|^description$|^summary$|^abstract$|^architecture$|\bhighlights\b|key features",
        r"technical (?:details|specifications?)",
        r"modellbeschreibung|überblick|einführung|^beschreibung",
        r"présentation|aperçu|description du modèle",
        r"descripci[oó]n|introducci[oó]n|^resumen",
        r"descrição|introdução|visão geral|^o modelo$",
        r"descrizione|introduzione|panoramica",
        r"beschrijving|overzicht|inleiding",
        r"模型(?:介绍|介紹|描述|简介|簡介|概述|架构|架構|信息)|^(?:简介|簡介|介绍|介紹|概述)",
        r"モデル(?:の)?(?:概要|詳細|説明)|^概要|はじめに",
        r"모델 ?(?:설명|개요|소개|정보)|^(?:개요|소개)",
        r"описание|введение|^о модели|обзор",
        r"giới thiệu|mô tả|tổng quan",
        r"açıklama|^giriş|genel bakış|model hakkında",
        r"وصف|مقدمة|نظرة عامة|عن النموذج",
        r"deskripsi|pendahuluan|^opis\b|wprowadzenie",
    ),
    Topic.USE: (
        r"intended|\buses?\b|usage|how to|\bapplications?\b|getting started|quick ?start|(?<!language )\binference\b",
        r"\bdeployment\b|\bload(?:ing)? (?:the|this) model|example (?:code|usage)|code (?:examples?|snippets?)",
        r"prompt(?:ing)? (?:format|template)",
        r"verwendung|nutzung(?!sbeding)|einsatz|anwendung",
        r"utilisation",
        r"\busos?\b|\bc[oó]mo usar",
        r"utilização",
        r"utilizzo|\bcome (?:si )?usa",
        r"gebruik",
        r"用途|使用|用法|快速开始|快速開始|应用|應用",
        r"使い方|利用方法",
        r"사용|용도|활용",
        r"использовани|применени|назначение",
        r"cách (?:sử )?dùng|sử dụng|mục đích",
        r"kullanım|kullanma|amaç",
        r"استخدام|الاستعمال",
        r"penggunaan|cara (?:pakai|menggunakan)|zastosowani|użyci",
    ),
    Topic.EVALUATION: (
        r"\beval(?!uated uses?\b)|benchmark|\bresults?\b|performance|\bmetrics?\b|\baccuracy\b|\bscores\b|leaderboard",
        r"quantitative anal|^validation$|\bcomparisons?\b",
        r"auswertung|bewertung|ergebnis|evaluierung|\bleistung",
        r"évaluation|résultat",
        r"resultados?\b|rendimiento|métricas",
        r"avaliaç|desempenho",
        r"valutazion|risultati|prestazioni|metriche",
        r"resultaten|prestaties",
        r"评测|評測|评估|評估|评价|評價|测评|測評|性能|结果|結果|指标|指標|基准|基準",
        r"評価|ベンチマーク|精度",
        r"평가|성능|결과|벤치마크",
        r"результат|оценка|качество|метрик|бенчмарк|точность",
        r"kết quả|đánh giá|hiệu (?:năng|suất)|độ chính xác",
        r"sonuç|değerlendirme|performans|başarım|doğruluk",
        r"النتائج|نتائج|التقييم|تقييم|الأداء",
        r"\bhasil\b|evaluasi|kinerja|wyniki|ewaluacj",
    ),
    Topic.LIMITATION: (
        r"limitation|out[- ]of[- ](?:scope|domain)|caveat|hallucinat|\bfactual|unintended|weakness|shortcoming",
        r"known (?:issues?|problems?|failures?|limits?)|failure (?:modes?|cases?)",
        r"einschränkung|\bgrenzen\b|limitierung|schwächen|halluzin",
        r"\blimites\b",
        r"limitaci[oó]n|alucinaci",
        r"limitaç|alucinaç",
        r"limitazion|\blimiti\b|allucinazion",
        r"beperking",
        r"局限|侷限|限制|幻觉|幻覺",
        r"制限|限界|制約|ハルシネーション|幻覚",
        r"한계|제한|환각",
        r"ограничени|недостатк|известные проблемы|галлюцинац",
        r"hạn chế|giới hạn|nhược điểm",
        r"sınırlama|sınırlılık|kısıt|bilinen sorunlar",
        r"القيود|قيود|حدود|محدودية",
        r"keterbatasan|ograniczenia",
    ),
    Topic.RISK: (
        r"\bbias|\brisks?\b|\bharm(?:s|ful)?\b|\bethic|fairness|toxicity|\bmisuse|dual[- ]use|responsible ai\b",
        r"broader (?:impacts?|implications?)|soci(?:al|etal) impacts?",
        r"verzerrung|voreingenommen|risik|ethisch",
        r"\bbiais\b|\brisques?\b|éthique",
        r"\bsesgos?\b|\briesgos?\b|\béti[ck]",
        r"\bvi[eé]s(?:es)?\b|\briscos?\b",
        r"\brischio?\b|\betic[aoh]",
        r"vooroorde|risico",
        r"偏见|偏見|偏差|风险|風險|伦理|倫理|危害",
        r"バイアス|偏り|リスク",
        r"편향|위험|윤리",
        r"предвзятост|смещени|риск|этическ",
        r"thiên (?:lệch|kiến)|rủi ro|đạo đức",
        r"önyargı|yanlılık|\briskler|etik\b",
        r"التحيز|تحيز|المخاطر|مخاطر|أخلاق",
        r"\brisiko\b|uprzedzenia|ryzyk",
    ),
    Topic.SAFETY: (
        r"\bsafety\b|\bsafeguards?\b|guardrails?|red[- ]team|responsibility",
        r"sicherheit",
        r"sécurité",
        r"seguridad",
        r"segurança",
        r"sicurezza",
        r"veiligheid",
        r"安全",
        r"안전",
        r"безопасност",
        r"an toàn",
        r"güvenlik",
        r"السلامة|الأمان",
    ),
    Topic.DATA: (
        r"(?:training|tuning|instruction|training (?:and|&) (?:evaluation|testing|test|validation))[\s-]+"
        r"(?:data|corp(?:us|ora)|mix(?:es|ture|tures)?\b|sets?\b|sources)",
        r"\bdata\s+(?:sources?|mix|collection|composition|overview|card)|\b(?:trained|tuned) on\b|data ?sets? used",
        r"^(?:the )?(?:data|data ?sets?|corpus|corpora)(?: (?:details|description|summary|\(.*))?$",
        r"trainings?daten|^daten(?:sätze|satz|quellen)?$",
        r"données d['’]entra[iî]nement|données utilisées|^(?:jeux? de )?données$",
        r"datos de entrenamiento|datos utilizados|^(?:conjuntos? de )?datos$",
        r"dados de trein|dados utilizados|^(?:conjuntos? de )?dados$",
        r"dati di (?:addestramento|training)|^dati$",
        r"trainings?data\b|trainingsgegevens|^gegevens$",
        r"(?:训练|訓練|预训练|微调)(?:数据|數據|资料|資料|语料|集)|^(?:数据|數據|资料|資料)(?:集|来源)?$",
        r"(?:学習|訓練)(?:用)?データ|^データ(?:セット)?$",
        r"(?:학습|훈련) ?(?:데이터|말뭉치)|^데이터 ?(?:셋|세트)?$",
        r"обучающ\w+ данн|данные (?:для )?обучени|^данные$|^датасет|обучающ\w+ (?:выборк|корпус)",
        r"dữ liệu (?:huấn luyện|đào tạo)|^dữ liệu$|^tập dữ liệu",
        r"eğitim veri|^veri(?: seti| kümesi)?$",
        r"بيانات التدريب|^البيانات$|مجموعة البيانات",
        r"data pelatihan|dane treningowe",
    ),
    Topic.TRAINING: (
        r"hyper-?param|(?:training|tuning) (?:procedure|details?|information|regime|setup|process|recipe|strategy)",
        r"training (?:config\w*|arguments)|(?:^|^model |^pre-?|^post-?|\band )training$|^fine-?tuning$",
        r"how (?:it|we|this model|the model) (?:was |is )?train",
        r"trainings(?:verfahren|prozess|details|ablauf|procedure)",
        r"procédure d['’]entra[iî]nement|^entra[iî]nement$",
        r"(?:procedimiento|proceso|detalles) de(?:l)? entrenamiento|^entrenamiento$|hiperpar",
        r"(?:procedimento|processo|detalhes) d[eo] trein|^trein(?:o|amento)$|^como foi treinad",
        r"procedura di addestramento|^addestramento$",
        r"(?:训练|訓練)(?:过程|過程|细节|細節|方法|流程|程序|参数|參數)|超参数|超參數",
        r"(?:学習|訓練)(?:方法|手順|設定|の詳細)|ハイパーパラメータ",
        r"(?:학습|훈련) ?(?:방법|과정|설정|절차)|하이퍼 ?파라미터",
        r"^обучение$|(?:процесс|процедура|детали|параметры) обучени|гиперпараметр",
        r"(?:quá trình|quy trình|chi tiết) huấn luyện|^huấn luyện$|siêu tham số",
        r"eğitim (?:süreci|detayları|prosedürü|ayarları)|^eğitim$|hiperparametre",
        r"(?:عملية|تفاصيل|إجراءات) التدريب|^التدريب$",
    ),
}
# no results, though the words look like it: what a model is measured with, and what it puts out for an example
_NO_RESULTS = regex(
    r"\b(?:evaluation|test(?:ing)?|validation|benchmark)\s+(?:data(?: ?sets?)?|sets?|splits?|code|scripts?)\b"
    r"|\binference results?\b",
    re.IGNORECASE,
)
_ANY = {topic: regex("|".join(words), re.IGNORECASE) for topic, words in _WORDS.items()}
_MARKUP = regex(r"<[^<>]*>|\]\([^()]*\)|\[optional\]", re.IGNORECASE)
_EDGES = regex(r"^[\W\d_]+|[\W_]+$")


@lru_cache(maxsize=4096)
def topics(title: str) -> frozenset[Topic]:
    """What a heading announces; nothing for one that announces none of the topics."""
    plain = _EDGES.sub("", _MARKUP.sub("", unicodedata.normalize("NFKC", title)))
    results = _NO_RESULTS.sub("", plain)
    return frozenset(
        topic for topic, words in _ANY.items() if words.search(results if topic is Topic.EVALUATION else plain)
    )
