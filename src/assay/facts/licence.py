"""Licences: which are open by whose list, and what the families of licences for models restrict.

Sources: SPDX licence list 3.29.0 (flags isOsiApproved and isFsfLibre); MOF 1.0 (which open-data licences count); the hub's
licence tags (huggingface/hub-docs, repositories-licenses, 2026-08-22); C(2025) 5045, paragraphs 76 to 84. What a family
restricts is the reader's summary of its texts, and no legal advice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# approved by the Open Source Initiative
OSI = frozenset({
    "0BSD", "AAL", "AFL-1.1", "AFL-1.2", "AFL-2.0", "AFL-2.1", "AFL-3.0", "AGPL-3.0", "AGPL-3.0-only",
    "AGPL-3.0-or-later", "ALGLIB-Documentation", "APL-1.0", "APSL-1.0", "APSL-1.1", "APSL-1.2", "APSL-2.0",
    "Apache-1.1", "Apache-2.0", "Artistic-1.0", "Artistic-1.0-Perl", "Artistic-1.0-cl8", "Artistic-2.0",
    "BSD-1-Clause", "BSD-2-Clause", "BSD-2-Clause-Patent", "BSD-3-Clause", "BSD-3-Clause-LBNL",
    "BSD-3-Clause-Open-MPI", "BSD-ask-to-endorse", "BSL-1.0", "BlueOak-1.0.0", "CAL-1.0",
    "CAL-1.0-Combined-Work-Exception", "CATOSL-1.1", "CDDL-1.0", "CDDL-1.1", "CECILL-2.1", "CERN-OHL-P-2.0",
    "CERN-OHL-S-2.0", "CERN-OHL-W-2.0", "CNRI-Python", "CNRI-Python-GPL-Compatible", "CPAL-1.0", "CPL-1.0",
    "CUA-OPL-1.0", "ECL-1.0", "ECL-2.0", "EFL-1.0", "EFL-2.0", "EPL-1.0", "EPL-2.0", "EUDatagrid", "EUPL-1.1",
    "EUPL-1.2", "Entessa", "Fair", "Frameworx-1.0", "GPL-2.0", "GPL-2.0+", "GPL-2.0-only", "GPL-2.0-or-later",
    "GPL-3.0", "GPL-3.0+", "GPL-3.0-only", "GPL-3.0-or-later", "GPL-3.0-with-GCC-exception", "HPND", "ICU", "IPA",
    "IPL-1.0", "ISC", "Intel", "Jam", "LGPL-2.0", "LGPL-2.0+", "LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1",
    "LGPL-2.1+", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0", "LGPL-3.0+", "LGPL-3.0-only",
    "LGPL-3.0-or-later", "LPL-1.0", "LPL-1.02", "LPPL-1.3c", "LiLiQ-P-1.1", "LiLiQ-R-1.1", "LiLiQ-Rplus-1.1", "MIT",
    "MIT-0", "MIT-Modern-Variant", "MPL-1.0", "MPL-1.1", "MPL-2.0", "MPL-2.0-no-copyleft-exception", "MS-PL",
    "MS-RL", "MirOS", "Motosoto", "MulanPSL-2.0", "Multics", "NASA-1.3", "NCSA", "NGPL", "NPOSL-3.0", "NTP",
    "Naumen", "Nokia", "OCLC-2.0", "OFL-1.1", "OFL-1.1-RFN", "OFL-1.1-no-RFN", "OGTSL", "OLDAP-2.8", "OLFL-1.3",
    "OSC-1.0", "OSET-PL-2.1", "OSL-1.0", "OSL-2.0", "OSL-2.1", "OSL-3.0", "PHP-3.0", "PHP-3.01", "PostgreSQL",
    "Python-2.0", "Python-2.0.1", "QPL-1.0", "RPL-1.1", "RPL-1.5", "RPSL-1.0", "RSCPL", "SISSL", "SPL-1.0",
    "SimPL-2.0", "Sleepycat", "UCL-1.0", "UPL-1.0", "Unicode-3.0", "Unicode-DFS-2016", "Unlicense", "VSL-1.0",
    "W3C", "W3C-20150513", "Watcom-1.0", "WordNet", "Xnet", "ZPL-2.0", "ZPL-2.1", "Zlib", "curl", "wxWindows",
})  # fmt: skip
# free by the Free Software Foundation, and not on OSI's list
FSF = frozenset({
    "AGPL-1.0", "Apache-1.0", "BSD-2-Clause-FreeBSD", "BSD-2-Clause-NetBSD", "BSD-3-Clause-Clear", "BSD-4-Clause",
    "BitTorrent-1.1", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "CECILL-2.0", "CECILL-B", "CECILL-C", "ClArtistic",
    "Condor-1.1", "FSFAP", "FTL", "GFDL-1.1", "GFDL-1.1-only", "GFDL-1.1-or-later", "GFDL-1.2", "GFDL-1.2-only",
    "GFDL-1.2-or-later", "GFDL-1.3", "GFDL-1.3-only", "GFDL-1.3-or-later", "IJG", "Imlib2", "LPPL-1.2", "LPPL-1.3a",
    "NOSL", "NPL-1.0", "NPL-1.1", "Nunit", "ODbL-1.0", "OFL-1.0", "OLDAP-2.3", "OLDAP-2.7", "OSL-1.1", "OpenSSL",
    "Ruby", "SGI-B-2.0", "SMLNJ", "StandardML-NJ", "Vim", "WTFPL", "X11", "XFree86-1.1", "YPL-1.1", "Zend-2.0",
    "Zimbra-1.3", "eCos-2.0", "gnuplot", "iMatix", "xinetd",
})  # fmt: skip
# open-data and open-content licences that the MOF counts, which neither list has
DATA = frozenset({
    "CC0-1.0", "CC-BY-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-1.0", "CC-BY-SA-2.0",
    "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0",
    "CDLA-Sharing-1.0", "ODC-By-1.0", "ODbL-1.0", "PDDL-1.0", "GFDL-1.1-only", "GFDL-1.2-only", "GFDL-1.3-only",
})  # fmt: skip
ALL_KINDS = frozenset(
    {"OpenMDW-1.0", "OpenMDW-1.1"}
)  # written for every part of a model; 1.1 (May 2026) is not in SPDX 3.29


class Restriction(StrEnum):
    """What a licence holds back, for people who must decide."""

    NON_COMMERCIAL = "no commercial use, or research only"
    NO_DERIVATIVES = "no derivatives, or no redistribution"
    USERS = "a threshold of users or revenue"
    USE_POLICY = "a list of uses that are not allowed"
    OUTPUTS = "outputs may not train other models"
    NAMING = "a naming or branding duty"
    TERRITORY = "some territories are left out"
    REMOTE = "the licensor may restrict use later"
    HOSTING = "offering it as a service is restricted"
    SHARE_ALIKE = "derivatives under the same terms"


@dataclass(frozen=True, slots=True)
class Family:
    """Licences that restrict the same: how their ids begin (lower case), and what they restrict."""

    id: str
    starts: tuple[str, ...]
    restrictions: tuple[Restriction, ...]


_NC, _ND, _MAU, _AUP = (
    Restriction.NON_COMMERCIAL,
    Restriction.NO_DERIVATIVES,
    Restriction.USERS,
    Restriction.USE_POLICY,
)
_LLM, _NAME, _GEO, _SA = Restriction.OUTPUTS, Restriction.NAMING, Restriction.TERRITORY, Restriction.SHARE_ALIKE
# the first that fits holds
FAMILIES = (
    Family("cc-nc-nd", ("cc-by-nc-nd",), (_NC, _ND)),
    Family("cc-nc-sa", ("cc-by-nc-sa",), (_NC, _SA)),
    Family("cc-nc", ("cc-by-nc",), (_NC,)),
    Family("cc-nd", ("cc-by-nd",), (_ND,)),
    Family("cc-sa", ("cc-by-sa", "cdla-sharing", "odbl", "gfdl"), (_SA,)),
    Family("llama-vision", ("llama3.2", "llama-3.2", "llama4", "llama-4"), (_MAU, _AUP, _NAME, _GEO)),
    Family("llama-3.1", ("llama3.1", "llama-3.1", "llama3.3", "llama-3.3"), (_MAU, _AUP, _NAME)),
    Family("llama", ("llama2", "llama-2", "llama3", "llama-3"), (_MAU, _AUP, _NAME, _LLM)),
    Family("gemma", ("gemma",), (_AUP, Restriction.REMOTE)),
    Family("rail", ("openrail", "bigscience", "bigcode", "creativeml", "open-rail"), (_AUP,)),
    Family("qwen-research", ("qwen-research",), (_NC, _MAU)),
    Family("qwen", ("qwen", "tongyi-qianwen"), (_MAU,)),
    Family("deepseek", ("deepseek",), (_AUP,)),
    Family("modified-mit", ("moonshot", "modified-mit"), (_MAU, _NAME)),
    Family("nvidia", ("nvidia-open-model",), (_AUP,)),
    Family("stability", ("stability-ai-nc",), (_NC, _AUP)),
    Family("stability-community", ("stability",), (_MAU, _AUP)),
    Family("falcon", ("falcon-llm", "falcon-180b", "falcon-2"), (_AUP, Restriction.HOSTING)),
    Family("exaone", ("exaone",), (_NC, _LLM)),
    Family("hunyuan", ("tencent-hunyuan", "hunyuan"), (_GEO, _MAU, _AUP)),
    Family(
        "research",
        (
            "apple-a",
            "h-research",
            "intel-research",
            "fair-noncommercial",
            "deepfloyd",
            "open-aleph",
            "mistral-ai-research",
            "mnpl",
            "mrl",
        ),
        (_NC,),
    ),
    Family("grok", ("grok2", "grok-2"), (_AUP, _LLM)),
    Family("copyleft", ("gpl-", "agpl-", "lgpl-", "mpl-", "eupl-", "osl-", "epl-", "ms-pl"), (_SA,)),
)
# spellings of hub tags and of people, lower case -> SPDX id
_SPELLINGS = {
    "gpl-2.0": "GPL-2.0-only", "gpl-3.0": "GPL-3.0-only", "agpl-3.0": "AGPL-3.0-only", "lgpl-2.1": "LGPL-2.1-only", "lgpl-3.0": "LGPL-3.0-only",
    "odc-by": "ODC-By-1.0", "odbl": "ODbL-1.0", "pddl": "PDDL-1.0", "odc-pddl-1.0": "PDDL-1.0", "gfdl": "GFDL-1.3-only",
    "apache 2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0", "mit license": "MIT", "bsd-3": "BSD-3-Clause", "bsd-2": "BSD-2-Clause",
}  # fmt: skip
_BY_LOWER = {id.lower(): id for id in (*OSI, *FSF, *DATA, *ALL_KINDS)}


def canonical(id: str) -> str:
    """The SPDX id that a tag or spelling means, as the list writes it; of other ids the plain lower-case form, without `LicenseRef-`."""
    plain = id.strip().lower().removeprefix("licenseref-scancode-").removeprefix("licenseref-")
    return _SPELLINGS.get(plain) or _BY_LOWER.get(plain) or plain  # the list still has the retired `GPL-3.0`


def same(tag: str, id: str) -> bool:
    """Whether a tag means the licence whose text has this id: texts of models carry a year or version that tags leave out."""
    asked, found = (_stem(canonical(text).lower()) for text in (tag, id))
    return asked == found or found.startswith(f"{asked}-")


def _stem(plain: str) -> str:
    """`gpl-3.0` for "only" and "or later", whose text is one; the hub's `llama3.1` for `llama-3.1`."""
    bare = plain.removesuffix("-only").removesuffix("-or-later").removesuffix("-license").removesuffix("-community")
    return bare.replace("llama-", "llama", 1).replace("open-rail", "openrail").replace("moonshot-ai-", "")


def is_open(id: str) -> bool:
    """Whether the licence is on OSI's or FSF's list, or among the open-data licences of the MOF."""
    found = canonical(id)
    return found in OSI or found in FSF or found in DATA or found in ALL_KINDS


def family(id: str) -> Family | None:
    """The family whose restrictions are known; None where the licence is not known to restrict anything."""
    plain = id.lower().removeprefix("licenseref-scancode-").removeprefix("licenseref-")
    return next((row for row in FAMILIES if plain.startswith(row.starts)), None)


def restrictions(id: str) -> tuple[Restriction, ...]:
    """What the licence's family is known to restrict; empty if nothing is known."""
    found = family(id)
    return found.restrictions if found else ()


# which of the MOF's domains a licence was written for, beyond the lists: OSI's are for code
_FOR_DOCUMENTS_TOO = frozenset({"Apache-2.0", "AFL-3.0", "ECL-2.0", "CC0-1.0", "Unlicense", "0BSD", "MIT-0", "OFL-1.1"})
_DATA_ONLY = ("cdla", "od", "pddl")


def is_known(id: str) -> bool:
    """Whether anything is known of the licence: that it is open, or what its family restricts."""
    return is_open(id) or family(id) is not None


def fits(id: str, domain: str) -> bool:
    """Whether an open licence was written for this domain ("code", "data" or "document"), as the MOF sorts them."""
    found = canonical(id)
    if found in ALL_KINDS or found == "CC0-1.0":
        return True
    if domain == "code":
        return found in OSI or (found in FSF and found not in DATA)
    if domain == "data":
        return found in DATA and not found.startswith("GFDL")
    return found in _FOR_DOCUMENTS_TOO or (found in DATA and not found.lower().startswith(_DATA_ONLY))
