"""What licences allow: which are open by whose list, what they restrict, and what a corpus must do for them.

Sources: SPDX licence list 3.29.0 (flags isOsiApproved and isFsfLibre); MOF 1.0 (which open-data licences count);
ScanCode's categories; C(2025) 5045, paragraphs 76 to 84. What a family restricts is the reader's summary of its texts,
and no legal advice.
"""

from __future__ import annotations

from collections.abc import Iterable

from assay.facts.corpus import LicenceClass
from assay.facts.licence import Family, Restriction
from assay.lazy import regex
from assay.licence._series import creative
from assay.licence.expression import fold
from assay.licence.name import named
from assay.licence.spdx import listed
from assay.licence.spelling import REF, SCANCODE, key, texts

# open-data and open-content licences that the MOF counts, beside those of OSI and the FSF
DATA = frozenset(
    """
    CC0-1.0 CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-1.0 CC-BY-SA-2.0 CC-BY-SA-2.5 CC-BY-SA-3.0
    CC-BY-SA-4.0 CDLA-Permissive-1.0 CDLA-Permissive-2.0 CDLA-Sharing-1.0 ODC-By-1.0 ODbL-1.0 PDDL-1.0 GFDL-1.1-only
    GFDL-1.2-only GFDL-1.3-only GFDL-1.1-or-later
    """.split()  # noqa: SIM905 - one id a line would be a page
)
# what is on opendefinition.org's list besides: the open government licences, and ports of the licences above
_GOVERNMENT = frozenset({"OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "OGL-Canada-2.0"})
_PORT = regex(r"(CC-BY(?:-SA)?-\d\.\d)-[A-Z]{2,3}\Z")
# written for every part of a model; 1.1 (May 2026) is not in SPDX 3.29
ALL_KINDS = frozenset({"OpenMDW-1.0", "LicenseRef-OpenMDW-1.1"})
# which of the MOF's domains a licence was written for, beyond the lists: OSI's are for code
_FOR_DOCUMENTS_TOO = frozenset({"Apache-2.0", "AFL-3.0", "ECL-2.0", "CC0-1.0", "Unlicense", "0BSD", "MIT-0", "OFL-1.1"})
_DATA_ONLY = ("cdla", "od", "pddl")

_NC, _ND, _SA = Restriction.NON_COMMERCIAL, Restriction.NO_DERIVATIVES, Restriction.SHARE_ALIKE
_MAU, _AUP, _LLM = Restriction.USERS, Restriction.USE_POLICY, Restriction.OUTPUTS
_NAME, _GEO = Restriction.NAMING, Restriction.TERRITORY
# by the terms in a Creative Commons name, whatever its version
_COMMONS = {
    ("BY", "NC", "ND"): Family("cc-nc-nd", (), (_NC, _ND)),
    ("BY", "NC", "SA"): Family("cc-nc-sa", (), (_NC, _SA)),
    ("BY", "NC"): Family("cc-nc", (), (_NC,)),
    ("BY", "ND"): Family("cc-nd", (), (_ND,)),
    ("BY", "SA"): Family("cc-sa", (), (_SA,)),
}
_POLICIES = ("llama 2", "llama 3", "llama 3.1", "llama 3.2", "llama 3.3", "seamless", "chameleon", "alphafold 3")
# the first that fits holds
FAMILIES = (
    Family("sa", ("cdla sharing", "odbl", "gfdl"), (_SA,)),
    Family("use-policy", tuple(f"{name} use policy" for name in _POLICIES), (_AUP,)),
    Family("llama-4", ("llama 4",), (_MAU, _AUP, _NAME, _GEO)),
    Family("llama-3.2", ("llama 3.2",), (_MAU, _AUP, _NAME, Restriction.TERRITORY_MULTIMODAL)),
    Family("llama-3.1", ("llama 3.1", "llama 3.3"), (_MAU, _AUP, _NAME)),
    Family("llama", ("llama 2", "llama 3"), (_MAU, _AUP, _NAME, _LLM)),
    Family("gemma", ("gemma",), (_AUP, Restriction.REMOTE)),
    Family("rail", ("openrail", "bigscience", "bigcode", "creativeml", "stable diffusion"), (_AUP,)),
    Family("tongyi-research", ("tongyi qianwen research",), (_NC, _LLM)),
    Family("tongyi", ("tongyi qianwen",), (_MAU, _LLM)),
    Family("qwen-research", ("qwen research",), (_NC, _NAME)),
    Family("qwen", ("qwen",), (_MAU, _NAME)),
    Family("deepseek", ("deepseek",), (_AUP, Restriction.REMOTE)),
    Family("modified-mit", ("moonshot",), (_MAU, _NAME)),
    Family("nvidia", ("nvidia open model",), (_NAME,)),
    Family("stability", ("stability ai nc",), (_NC, _AUP)),
    Family("stability-community", ("stability",), (_MAU, _AUP, _NAME, _LLM)),
    Family("falcon", ("falcon",), (_AUP, Restriction.HOSTING)),
    Family("exaone", ("exaone",), (_NC, _LLM)),
    Family("hunyuan", ("tencent hunyuan",), (_GEO, _MAU, _AUP, _LLM)),
    Family("hyperclova", ("hyperclova",), (_MAU, _NAME)),
    Family("playground", ("playground v2",), (_MAU, _LLM)),
    Family("bilibili", ("bilibili",), (_MAU, _LLM, _AUP)),
    Family("ltx", ("ltxv", "ltx video"), (_AUP, Restriction.REMOTE)),
    Family("flux", ("flux",), (_NC, _LLM)),
    Family(
        "research",
        (
            "apple amlr",
            "h research",
            "intel research",
            "fair noncommercial research",
            "deepfloyd if",
            "open aleph",
            "mistral ai research",
            "mnpl",
            "llama 2023",
            "opt 175b",
            "sdxl 0.9 research",
            "chameleon research",
            "stable video diffusion nc",
            "esm cambrian non commercial",
            "facebook examples",
            "nvidia source code",
            "nvidia non commercial",
            "fish audio research",
            "coqui public model",
            "microsoft research",
        ),
        (_NC,),
    ),
    Family("apple-ascl", ("apple ascl", "apple excl", "apple ml ferret"), ()),
    Family("grok", ("grok 2",), (_AUP, _LLM)),
    Family("copyleft", ("gpl", "agpl", "lgpl", "mpl", "eupl", "osl", "epl", "ms pl"), (_SA,)),
)
# names that leave the licence open, and of which each licence restricts what this family does
_UNVERSIONED = {
    "openrail": "rail",
    "openrail m": "rail",
    "open rail": "rail",
    "open rail m": "rail",
    "stabilityai community": "stability-community",
    "hunyuan": "hunyuan",
    "modified mit": "modified-mit",
}
# what the categories of ScanCode ask for
CATEGORY = {
    "Permissive": LicenceClass.PERMISSIVE,
    "Public Domain": LicenceClass.PERMISSIVE,
    "Copyleft": LicenceClass.SHARE_ALIKE,
    "Copyleft Limited": LicenceClass.SHARE_ALIKE,
    "Proprietary Free": LicenceClass.RESTRICTED,
    "Free Restricted": LicenceClass.RESTRICTED,
    "Source-available": LicenceClass.RESTRICTED,
    "Commercial": LicenceClass.RESTRICTED,
}
# where parts of an AND differ, the one that asks for most holds
_MOST_FIRST = (
    LicenceClass.UNKNOWN,
    LicenceClass.RESTRICTED,
    LicenceClass.NON_COMMERCIAL,
    LicenceClass.NO_DERIVATIVES,
    LicenceClass.SHARE_ALIKE,
    LicenceClass.ATTRIBUTION,
    LicenceClass.PERMISSIVE,
)


def is_open(text: str) -> bool:
    """Whether the licence is on OSI's or the FSF's list or counts in the MOF: all parts of an AND, one part of an
    OR.
    """
    return fold(named(text), _open, all, any)


def fits(text: str, domain: str) -> bool:
    """Whether a licence, or one in an expression, was written for "code", "data" or "document", as the MOF sorts
    them.
    """
    return fold(named(text), lambda id: _fits(id, domain), any, any)


def family(text: str) -> Family | None:
    """The family whose restrictions are known; None where the licence is not known to restrict anything."""
    found = named(text)
    words = key(_bare(found or text))
    commons = _COMMONS.get(creative(words).terms)
    if commons:
        return commons
    if not found:
        words = _UNVERSIONED.get(words, "")
        return next((row for row in FAMILIES if row.id == words), None)
    return next((row for row in FAMILIES if any(f"{words} ".startswith(f"{start} ") for start in row.starts)), None)


def restrictions(text: str) -> tuple[Restriction, ...]:
    """What a licence is known to restrict: of an AND what each part does, of an OR what all of them do; empty: nothing
    is known.
    """
    found = named(text)
    return fold(found, _restrictions, _union, _common) if found else _restrictions(text)


def is_known(text: str) -> bool:
    """Whether anything is known of the licence: that it is open, or what it restricts."""
    return is_open(text) or bool(restrictions(text))


def asks(text: str) -> LicenceClass:
    """What a licence asks for: the most of what an AND joins, the least of what an OR leaves to choose."""
    found = named(text)
    return fold(found, _asks, _most, _least) if found else _asks(text)


def _open(id: str) -> bool:
    row = listed().get(id)
    if _is_data(id) or id in ALL_KINDS or (row is not None and (row.osi or row.fsf)):
        return True
    return any(map(_open, texts(id)))  # any of the versions may be chosen


def _is_data(id: str) -> bool:
    """Whether a licence is an open one for data and content, in any of its ports."""
    port = _PORT.match(id)
    return id in DATA or id in _GOVERNMENT or (port is not None and port[1] in DATA)


def _fits(id: str, domain: str) -> bool:
    if id in ALL_KINDS or id == "CC0-1.0":
        return True
    if domain == "code":
        row = listed().get(id)
        fit = row is not None and (row.osi or (row.fsf and not _is_data(id)))
    elif domain == "data":
        fit = _is_data(id) and not id.startswith("GFDL")
    else:
        fit = id in _FOR_DOCUMENTS_TOO or (_is_data(id) and not id.lower().startswith(_DATA_ONLY))
    return fit or any(_fits(text, domain) for text in texts(id))


def _restrictions(text: str) -> tuple[Restriction, ...]:
    found = family(text)
    return found.restrictions if found else ()


def _union(rows: Iterable[tuple[Restriction, ...]]) -> tuple[Restriction, ...]:
    return tuple(dict.fromkeys(code for row in rows for code in row))


def _common(rows: Iterable[tuple[Restriction, ...]]) -> tuple[Restriction, ...]:
    first, *rest = rows
    return tuple(code for code in first if all(code in row for row in rest))


def _most(rows: Iterable[LicenceClass]) -> LicenceClass:
    return min(rows, key=_MOST_FIRST.index)


def _least(rows: Iterable[LicenceClass]) -> LicenceClass:
    return max(rows, key=_MOST_FIRST.index)


def _asks(text: str) -> LicenceClass:
    if text in ALL_KINDS:
        return LicenceClass.PERMISSIVE
    row = listed().get(text)
    if row is not None:
        return row.kind
    held = _restrictions(text)
    words = _bare(text).split("-") if text.lower().startswith(SCANCODE) else ()
    if _NC in held or "nc" in words:
        return LicenceClass.NON_COMMERCIAL
    if _ND in held or "nd" in words:
        return LicenceClass.NO_DERIVATIVES
    if held:
        return LicenceClass.SHARE_ALIKE if held == (_SA,) else LicenceClass.RESTRICTED
    return CATEGORY.get(_category(text), LicenceClass.UNKNOWN)


def _category(id: str) -> str:
    """ScanCode's category of one of its ids that are not on the SPDX list; empty for others."""
    if not id.lower().startswith(REF):
        return ""
    import license_expression

    rows = license_expression.get_license_index()
    return next((str(row["category"]) for row in rows if row.get("spdx_license_key") == id), "")


def _bare(id: str) -> str:
    lower = id.lower()
    return lower.removeprefix(SCANCODE).removeprefix(REF)
