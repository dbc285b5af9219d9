"""How cards write the names of models and data sets: as links, code, ids of the hub, or words that look like one."""

from __future__ import annotations

from assay.lazy import regex

MARKS = regex(r"\*\*|__|`|<[^<>]{0,300}>")
LINK = regex(r"!?\[([^\[\]]{0,200})\]\(([^()\s]{0,500})[^()]{0,100}\)")
_OF_MODEL = r"https?://(?:huggingface\.co|hf\.co)/+(?!datasets/|spaces/|docs|papers/|collections/|models\?)"
HUB = regex(rf"{_OF_MODEL}([\w.-]+/[\w.-]+)")
DATA_LINK = regex(r"https?://(?:huggingface\.co|hf\.co)/+datasets/([\w.-]+(?:/[\w.-]+)?)")
# an id of the hub without its address; "and/or", "text/image" and parts of addresses and paths are none
ID = r"(?<![\w./:-])[A-Za-z0-9][\w.-]{0,60}/(?=[\w.]*[-_\d])(?=[\w.-]*[A-Za-z])[\w.-]{2,90}(?![\w/])"
LINK_OR_ID = rf"(?:\[[^\[\]]{{1,200}}\]\({_OF_MODEL}[^()\s]{{1,300}}\)|{_OF_MODEL}[\w.-]+/[\w.-]+|`?{ID}`?)"
# how a model is called in prose: a link, code, or a word that looks like the name of one
NAME = (
    r"\[[^\[\]]{1,200}\]\([^()\s]{1,500}\)|`[^`]{2,120}`|https?://[^\s<>()]{4,300}|[\w.-]+/[\w.-]+"
    r"|(?:[A-Z][\w.]*-[\w.-]+|(?!(?:b?f|fp|int|u?int|v|q|iq|python|epoch|step)\d)[A-Za-z]+\d[\w.-]*)"
    r"|[a-z][a-z.]*-(?:[\w.]+-)*(?:base|large|small|mini|tiny|medium|x+l|(?:un)?cased|instruct|chat|hf|v\d\w*)\b"
)
HARDWARE = regex(
    r"\b(?:[ABHVLT]\d{1,4}\w*|TPUs?|GPUs?|CPUs?|NVIDIA|RTX|GTX|AWS|GCP|Azure|Google|Colab|Kaggle|Apple|Mac\w*|AMD"
    r"|MI\d+\w*|Gaudi\w*|Trainium|Jean|LUMI|Leonardo|Frontier|Snellius|JUWELS|Isambard|x)\b"
)


def plain(text: str) -> str:
    """The text without marks, of links what is shown."""
    return LINK.sub(r"\1", MARKS.sub("", text)).strip(" *_.")


def model_name(text: str) -> str:
    """The id on the hub that a link leads to, else the text of the link or of the code."""
    hub = HUB.search(text)
    return (hub[1] if hub else plain(text)).strip("`").rstrip(".")
