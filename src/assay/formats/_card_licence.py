"""The licence that the sentences of a card put the model under (a heuristic, `python -m benchmarks.cards`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.formats._card_names import LINK, plain
from assay.lazy import regex
from assay.licence.name import named

MOST_WORDS = 8  # of the name of a licence, and what may follow it
MOST_SENTENCE = 60  # words of a sentence below a heading on the licence in which a name is looked for
LONGEST = 5  # words of such a name
_RELEASED = regex(
    r"\b(?:released|licen[cs]ed|distributed|available|published|provided|shared|open[- ]?sourced)\b(?:\s+\w+){0,4}?\s+"
    r"under\s+(?:the\s+(?:terms of (?:the\s+)?)?|an?\s+)?(?P<rest>[^.;()\n]{2,80}(?:\.\d[^.;()\n]{0,40})?)"
    r"|\A\W*(?:the\s+|its\s+|model\s+)*licen[cs]e\s+(?:is|as)\s+(?:the\s+)?"
    r"(?P<is>[^.;()\n]{2,80}(?:\.\d[^.;()\n]{0,40})?)",
    re.IGNORECASE,
)
_OF_MODEL = regex(r"\b(?:models?|weights|checkpoints?|adapters?|it|this|[A-Z][\w.]*-[\w.-]+|[A-Z]\w+)\b.{0,80}\Z")
_OF_OTHER = regex(
    r"\b(?:data ?sets?|data|code|corpus|scripts?|base model|paper|images?|repository|library|texts?)\b"
    r"(?:\s+(?:(?!and\b|which\b)\S+\s+){0,3}?(?:is|are|was|were|been|be|also|itself))*\W*\Z",
    re.IGNORECASE,
)
_TITLE = regex(
    r"\W*(?:\d+\W+)?(?:(?:model\s+)?licen[cs](?:e|ing)(?:\s+(?:information|and\s+\w+))?|lizenz|licences?"
    r"|licencia|licença|licenza|licentie|许可证?|許可證?|(?:开源)?(?:协议|協議)|授权"
    r"|ライセンス|라이[선센]스|лицензия|giấy phép|lisans|الترخيص|رخصة|lisensi"
    r"|licencja)\W*\Z",
    re.IGNORECASE,
)
# what is not the model, or not so, in the languages of these titles; then the name may be that of something else
_OTHER = regex(
    r"\bcode\b|\bdata|\bdatensatz|\bdaten\b|\bdonn[ée]es|\bdatos|\bdados|\bdati\b|\bbase model|\boriginal|\bderived"
    r"|代码|代碼|数据|數據|コード|データ|코드|데이터|код|данны|kod|veri\b|الكود|البيانات"
    r"|\bnot\b|\bnicht\b|\bkein|\bpas\b|\bno\b|\bnão\b"
    r"|\bnon\b|\bniet\b|\bgeen\b|不得|不是|并非|ない|않|не\s|değil|ليس",
    re.IGNORECASE,
)
_BRIEF = regex(r"[A-Z0-9][A-Za-z0-9.+-]*(?:[ -][A-Za-z0-9(][A-Za-z0-9.+()-]*)*")


def in_sentence(text: str) -> str:
    """The words that an English sentence puts the model under, which may name a licence; empty if it does not."""
    match = _RELEASED.search(text)
    if not match:
        return ""
    before = text[: match.start()]
    if _OF_OTHER.search(before) or not (_OF_MODEL.search(before) or not before.strip()):
        return ""
    rest = re.split(r"\s+(?:like|as|which|because)\b", match["rest"] or match["is"])[0]
    return " ".join(plain(rest).split()[:MOST_WORDS])


def is_title(heading: str) -> bool:
    """Whether a heading announces the licence and nothing else."""
    return _TITLE.match(heading) is not None


def below_title(text: str) -> str:
    """The name of the known licence that a sentence in any language, below such a heading, has in it; empty if it has
    none, several, or speaks of something else as well.
    """
    if len(text.split()) > MOST_SENTENCE or _OTHER.search(LINK.sub(r"\1", text)):
        return ""
    found = dict.fromkeys(filter(None, (named(name) and name for name in _candidates(text))))
    ids = {named(name) for name in found}
    return next(iter(found)) if len(ids) == 1 else ""


def _candidates(text: str) -> Iterator[str]:
    for shown, address in (match.groups() for match in LINK.finditer(text)):
        yield plain(shown) if named(plain(shown)) else address
    for run in _BRIEF.finditer(plain(text)):
        words = run[0].split()
        spans = ((at, size) for size in range(min(LONGEST, len(words)), 0, -1) for at in range(len(words) - size + 1))
        names = (" ".join(words[at : at + size]).strip(".,()") for at, size in spans)
        if best := next((name for name in names if name[:1].isupper() and len(name) > 2 and named(name)), ""):
            yield best
