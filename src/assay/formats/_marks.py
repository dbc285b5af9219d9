"""Credentials and network addresses in text, by the fixed beginnings that their issuers publish, not by entropy.

Patterns with a fixed prefix and length have next to no false alarms, which a gate needs (docs/decisions/0013).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from assay.errors import LimitExceeded
from assay.facts.text import TextMark, TextMarkKind
from assay.formats.window import Window
from assay.lazy import regex

MAX_MARKS = 200  # of each kind
MAX_TRIES = 300_000  # positions at which a pattern is tried, some 10 microseconds each
_BLOCK = 1 << 20
_OVERLAP = 512  # longer than any match but a JWT, whose beginning is enough

# what it is -> texts one of which is in every match, and the whole pattern; a text is found a hundred times faster
_SECRETS: dict[str, tuple[tuple[str, ...], str]] = {
    "AWS access key": (("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    "GitHub token": (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        r"\bgh[pousr]_[A-Za-z0-9]{36,251}\b|\bgithub_pat_[A-Za-z0-9_]{22,255}\b",
    ),
    "GitLab token": (("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,64}\b"),
    "Hugging Face token": (("hf_", "api_org_"), r"\bhf_[A-Za-z]{30,40}\b|\bapi_org_[A-Za-z]{30,40}\b"),
    "OpenAI key": (("T3BlbkFJ",), r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}"),
    "Anthropic key": (("sk-ant-",), r"\bsk-ant-[A-Za-z0-9]{3,10}-[A-Za-z0-9_-]{40,120}"),
    "Google API key": (("AIza",), r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "Slack token": (("xoxa-", "xoxb-", "xoxe-", "xoxp-", "xoxr-", "xoxs-"), r"\bxox[abeprs]-[0-9A-Za-z-]{20,100}\b"),
    "Stripe key": (("k_live_",), r"\b[rs]k_live_[0-9A-Za-z]{24,99}\b"),
    "SendGrid key": (("SG.",), r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
    "npm token": (("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    "PyPI token": (("pypi-AgEIcHlwaS5vcmc",), r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,200}"),
    "private key": (
        ("PRIVATE KEY",),
        r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |PGP |ENCRYPTED )?PRIVATE KEY(?: BLOCK)?-----",
    ),
    "JSON web token": ((".eyJ",), r"\beyJ[A-Za-z0-9_-]{10,200}\.eyJ[A-Za-z0-9_-]{10,200}\.[A-Za-z0-9_-]{10,200}"),
    "address with a password": (
        ("://",),
        r"\b[a-z][a-z0-9+.-]{1,15}://[^\s:/@'\"<>{}]{1,64}:[^\s:/@'\"<>{}$]{3,64}@[A-Za-z0-9.-]{3,100}",
    ),
}
_NETWORK: dict[str, tuple[tuple[str, ...], str]] = {
    "chat webhook": (
        ("hooks.slack.com", "/api/webhooks/", "api.telegram.org/bot"),
        r"https://hooks\.slack\.com/services/[A-Z0-9/]{10,200}"
        r"|https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/webhooks/\d+"
        r"|https://api\.telegram\.org/bot\d+",
    ),
    "host that collects requests": (
        (
            *("webhook.site", "requestbin.", "pipedream.net", "interact.sh", "oast."),
            *("burpcollaborator.net", "canarytokens.com", "dnslog.cn"),
        ),
        r"\b[\w.-]{0,60}(?:webhook\.site|requestbin\.(?:com|net)|pipedream\.net|interact\.sh"
        r"|oast\.(?:fun|live|me|online|pro|site)|burpcollaborator\.net|canarytokens\.com|dnslog\.cn)\b",
    ),
    "tunnel to a private machine": (
        (".ngrok", ".trycloudflare.com", ".loca.lt", ".serveo.net", ".localhost.run"),
        r"\b[\w-]{1,60}\.(?:ngrok(?:-free)?\.(?:io|app|dev)|trycloudflare\.com|loca\.lt|serveo\.net|localhost\.run)\b",
    ),
    "paste of raw text": (
        ("pastebin.com/raw/", "paste.ee/r/", "transfer.sh/"),
        r"\bpastebin\.com/raw/\w+|\bpaste\.ee/r/\w+|\btransfer\.sh/\w+",
    ),
    "hidden service": ((".onion",), r"\b[a-z2-7]{16,56}\.onion\b"),
    "address by number": (
        ("://",),
        r"\b(?:https?|ftp|tcp|wss?)://(?!(?:127|10|0)\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.)"
        r"\d{1,3}(?:\.\d{1,3}){3}\b(?::\d+)?",
    ),
}
_PLACEHOLDER = regex(r"x{6}|X{6}|\.\.\.|example|EXAMPLE|your[_-]|<|(.)\1{7}|user(?:name)?:pass")
_BEFORE = 256  # characters in front of the text that is looked for


@cache
def _table() -> tuple[tuple[str, tuple[tuple[TextMarkKind, str, re.Pattern[str]], ...]], ...]:
    """(text, what may be around it) for every text that is looked for."""
    rows: dict[str, list[tuple[TextMarkKind, str, re.Pattern[str]]]] = {}
    for kind, table in ((TextMarkKind.SECRET, _SECRETS), (TextMarkKind.NETWORK, _NETWORK)):
        for name, (texts, pattern) in table.items():
            compiled = regex(pattern)
            for text in texts:
                rows.setdefault(text, []).append((kind, name, compiled))
    return tuple((text, tuple(found)) for text, found in rows.items())


def marks(artifact: str, window: Window) -> Iterator[TextMark]:
    """Each credential or address in the bytes, in order; placeholders of documentation are left out."""
    line, at, tries = 1, 0, [MAX_TRIES]
    found = dict.fromkeys(TextMarkKind, 0)
    while at < window.size and min(found.values()) < MAX_MARKS:
        before = min(at, _OVERLAP)
        text = window.rest(at - before, before + _BLOCK + _OVERLAP).decode("latin-1")
        for start, kind, name, seen in sorted(set(_matches(text, before, before + _BLOCK, tries))):
            found[kind] += 1
            if found[kind] <= MAX_MARKS:
                yield TextMark(artifact, kind, name, line + text.count("\n", before, start), _shown(kind, seen))
        line += text.count("\n", before, before + _BLOCK)
        at += _BLOCK


def _matches(text: str, first: int, last: int, tries: list[int]) -> Iterator[tuple[int, TextMarkKind, str, str]]:
    """(start, kind, name, text) of each match that begins in [first, last)."""
    for wanted, rows in _table():
        at = text.find(wanted)
        while at >= 0:
            tries[0] -= 1
            if tries[0] < 0:
                raise LimitExceeded("text with more beginnings of credentials or addresses than assay looks at", at=at)
            for kind, name, pattern in rows:
                for match in pattern.finditer(text, max(0, at - _BEFORE), at + _OVERLAP):
                    if (
                        match.start() <= at < match.end()
                        and first <= match.start() < last
                        and not _PLACEHOLDER.search(match[0])
                    ):
                        yield match.start(), kind, name, match[0]
            at = text.find(wanted, at + 1)


def _shown(kind: TextMarkKind, text: str) -> str:
    return text[:120] if kind is TextMarkKind.NETWORK else f"{text[:8]}... ({len(text)} characters)"
