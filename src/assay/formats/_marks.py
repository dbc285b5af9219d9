"""Credentials and addresses in text, by the fixed beginnings that their issuers publish; nothing is guessed from entropy.

Patterns with a fixed prefix and length have next to no false alarms, which a gate needs (docs/decisions/0013).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.facts.text import TextMark, TextMarkKind
from assay.formats.window import Window

MAX_MARKS = 200
_BLOCK = 1 << 20
_OVERLAP = 512  # longer than any match but a JWT, whose beginning is enough

_SECRETS = {
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36,251}\b|\bgithub_pat_[A-Za-z0-9_]{22,255}\b",
    "GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,64}\b",
    "Hugging Face token": r"\bhf_[A-Za-z]{30,40}\b|\bapi_org_[A-Za-z]{30,40}\b",
    "OpenAI key": r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}",
    "Anthropic key": r"\bsk-ant-[A-Za-z0-9]{3,10}-[A-Za-z0-9_-]{40,120}",
    "Google API key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "Slack token": r"\bxox[abeprs]-[0-9A-Za-z-]{20,100}\b",
    "Stripe key": r"\b[rs]k_live_[0-9A-Za-z]{24,99}\b",
    "SendGrid key": r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b",
    "npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "PyPI token": r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,200}",
    "private key": r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{10,200}\.eyJ[A-Za-z0-9_-]{10,200}\.[A-Za-z0-9_-]{10,200}",
    "address with a password": r"\b[a-z][a-z0-9+.-]{1,15}://[^\s:/@'\"<>{}]{1,64}:[^\s:/@'\"<>{}$]{3,64}@[A-Za-z0-9.-]{3,100}",
}
_NETWORK = {
    "chat webhook": r"https://hooks\.slack\.com/services/[A-Z0-9/]{10,}|https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/\d+|https://api\.telegram\.org/bot\d+",
    "host that collects requests": r"\b[\w.-]*(?:webhook\.site|requestbin\.(?:com|net)|pipedream\.net|interact\.sh|oast\.(?:fun|live|me|online|pro|site)|burpcollaborator\.net|canarytokens\.com|dnslog\.cn)\b",
    "tunnel to a private machine": r"\b[\w-]+\.(?:ngrok(?:-free)?\.(?:io|app|dev)|trycloudflare\.com|loca\.lt|serveo\.net|localhost\.run)\b",
    "paste of raw text": r"\bpastebin\.com/raw/\w+|\bpaste\.ee/r/\w+|\btransfer\.sh/\w+",
    "hidden service": r"\b[a-z2-7]{16,56}\.onion\b",
    "address by number": r"\b(?:https?|ftp|tcp|wss?)://(?!(?:127|10|0)\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.)\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?",
}
_ALL = {
    **{name: (TextMarkKind.SECRET, pattern) for name, pattern in _SECRETS.items()},
    **{name: (TextMarkKind.NETWORK, pattern) for name, pattern in _NETWORK.items()},
}
_NAMES = tuple(_ALL)
_ANY = re.compile("|".join(f"(?P<k{number}>{pattern})" for number, (_, pattern) in enumerate(_ALL.values())))
_PLACEHOLDER = re.compile(r"x{6}|X{6}|\.\.\.|example|EXAMPLE|your[_-]|<|(.)\1{7}|user(?:name)?:pass")


def marks(artifact: str, window: Window) -> Iterator[TextMark]:
    """Each credential or address in the bytes, in order; placeholders of documentation are left out."""
    line, at, found = 1, 0, 0
    while at < window.size and found < MAX_MARKS:
        raw = window.rest(at, _BLOCK + _OVERLAP)
        text = raw.decode("latin-1")
        for match in _ANY.finditer(text):
            if match.start() >= _BLOCK or _PLACEHOLDER.search(match[0]):
                continue
            found += 1
            name = _NAMES[int((match.lastgroup or "k0")[1:])]
            kind = _ALL[name][0]
            yield TextMark(artifact, kind, name, line + text.count("\n", 0, match.start()), _shown(kind, match[0]))
        line += text.count("\n", 0, _BLOCK)
        at += _BLOCK


def _shown(kind: TextMarkKind, text: str) -> str:
    return text[:120] if kind is TextMarkKind.NETWORK else f"{text[:8]}... ({len(text)} characters)"
