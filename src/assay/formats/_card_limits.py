"""Sentences of a card that say what the model cannot do (a heuristic, `python -m benchmarks.cards`).

English only: a section below a heading on limits counts by its heading, in sixteen languages.
"""

from __future__ import annotations

import re

from assay.lazy import regex

_FAULT = (
    r"(?:hallucinat\w*|inaccura\w+|incorrect\w*|wrong(?:ly)?|bias(?:ed|es)?|offensive|harmful|toxic|objectionable"
    r"|fail\w*|struggl\w+|mis(?:classif|recogni|translat|label|interpret|read|understand|spell)\w*|stereotyp\w+"
    r"|degrad\w+|nonsens\w*|mistakes?|false\s+(?:positives?|negatives?|alarms?|claims?|information)|repeat\s+itself"
    r"|untrue|made[- ]up)"
)
_LIMITS = regex(
    # what it is not for, and what it does not do
    r"\b(?:not|never|n['’]t|dont|doesnt|cannot|cant|isnt)\s+(?:\w+\s+){0,2}?(?:(?:be\s+)?"
    r"(?:used?|relied?|rely)\s+(?:\w+\s+)?"
    r"(?:for|as|in|up?on|on|to)\b|suit(?:able|ed)\b|intended\b|designed\b|meant\b|ready\b|appropriate\b|reliabl[ey]\b"
    r"|generali[sz]e\b|robust\b|perform\s+well|work\s+(?:well|on|with|for)\b|guarantee\w*|understand\b|handle\b"
    r"|cover(?:ed)?\b|tested\s+(?:on|for|with|in)\b|aligned\b|moderated\b)"
    r"|\b(?:is|are)\s+(?:not|n['’]t)\s+supported\b"
    # what goes wrong
    rf"|\b(?:may|might|can|could|will|often|sometimes|occasionally|tends?\s+to|likely(?:\s+to)?)\b"
    rf"[^.;]{{0,60}}?\b{_FAULT}\b"
    r"|\bhallucinat(?:es?|ions?)\b|\bmak(?:es?|ing)\s+(?:stuff|things|facts|it)\s+up\b"
    r"|\bstruggles?\s+(?:with|to|on|when)\b"
    r"|\bperforms?\s+(?:\w+\s+)?(?:poorly|badly|worse)\b|\bgets?\s+stuck\b"
    r"|\bgo(?:es)?\s+off\s+the\s+rails\b"
    r"|\b(?:model|it|this|detector|classifier|system)\b[^.;]{0,60}?\bfails?\s+(?:to|on|for|with|when|at)\b"
    # where it ends
    r"|\b(?:can|could|will)\s+only\b"
    r"|\b(?:model|it|this|and)\s+(?:\w+\s+)?only\s+(?:works?|supports?|handles?|understands?|knows?|covers?)\b"
    r"|\b(?:only|exclusively)\s+(?:trained|tested|evaluated|works?)\b"
    r"|\b(?:is|are|be|gets?)\s+(?:truncated|cut\s+off)\b"
    r"|\btruncated\s+(?:to|at|after)\b"
    r"|\blimited\s+(?:to|knowledge|understanding|ability|capabilit\w+)\b"
    r"|\b(?:poor|worse|lower|reduced|unpredictable|degraded)\s+(?:quality|performance|accuracy|results?|outputs?)\b",
    re.IGNORECASE,
)
# terms of use, and help with installing, which say nothing about the model
_NOT_LIMITS = regex(
    r"\A\s*\||\bnot limited to\b"
    r"|\bcommercial|\blicen[cs]e|\bpermission|\bpip\b|\binstall|\btransformers\b|\bversions?\b|\bflash[- _]?attention"
    r"|\bif\s+you\s+(?:do|don|are|have|get|want|need)\b|\bcompliance\b|\bcompared\b|\bother\s+models\b|\bbaselines?\b",
    re.IGNORECASE,
)
# in a section that announces use and limits in one heading: words without which a sentence can hardly limit anything
_TAKES_BACK = regex(
    r"\b(?:not|never|no|only|cannot|can['’]?t|n['’]t|may|might|could|should|must|avoid\w*|limit\w*|bias\w*|risks?"
    r"|fail\w*|errors?|mistakes?|wrong|inaccura\w*|incorrect\w*|harm\w*|out[- ]of[- ]scope|however|unless"
    r"|except\w*|although|worse|poor\w*|lower|weak\w*|lacks?|beyond|caution|careful\w*|hallucinat\w*)\b|n['’]t\b",
    re.IGNORECASE,
)


def limits(text: str) -> bool:
    """Whether a sentence says what the model cannot do or must not be used for."""
    return _LIMITS.search(text) is not None and _NOT_LIMITS.search(text) is None


def takes_back(text: str) -> bool:
    """Whether a sentence in a section on use may limit what it speaks of."""
    return _TAKES_BACK.search(text) is not None
