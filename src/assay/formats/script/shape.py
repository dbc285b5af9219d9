"""Commands that have the shape of an attack: a shell given to a remote host, a download or a decoded text that is run.

A heuristic over one command line. What it names has few other uses; what it does not name may still do harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.facts.program import Shape
from assay.lazy import regex

MOST = 20_000  # characters of one command that are looked at
_RUNS = r"(?:sudo\s+(?:-\w+\s+)*)?(?:/\w+/)*(?:(?:ba|z|da|k|a)?sh|python[\d.]*|perl|ruby|node|php)\b"
_FETCHES = r"\b(?:curl|wget|fetch|aria2c)\b"
_DECODES = (
    r"\b(?:base64\s+(?:-d|-D|--decode)|openssl\s+(?:enc\s+)?(?:-d|base64\s+-d)|xxd\s+-r|gunzip|gzip\s+-d|zcat"
    r"|tr\s+['\"]?A-Za-z)\b"
)
_PATTERNS = (
    (Shape.REMOTE_SHELL, regex(r"/dev/(?:tcp|udp)/[\w.$\{\}-]+/")),
    (Shape.REMOTE_SHELL, regex(
        r"(?<![-\w.])(?:nc|ncat|netcat)(?:\s[^|;&\n]{0,200})?\s(?:-\w*e\w*|-c|--exec|--sh-exec)\s")),
    (Shape.REMOTE_SHELL, regex(r"\bmkfifo\b.{0,300}\|\s*(?:nc|ncat|netcat|telnet|openssl)\b")),
    (Shape.REMOTE_SHELL, regex(r"\bsocat\b.{0,200}\bexec:", re.IGNORECASE)),
    (Shape.DOWNLOADS_AND_RUNS, regex(rf"{_FETCHES}[^|;\n]{{0,400}}\|\s*{_RUNS}")),
    (Shape.DOWNLOADS_AND_RUNS, regex(
        rf"(?:{_RUNS}[^|;\n]{{0,40}}|\beval\s+|\bsource\s+|\.\s+)[<\"'\s]*[$<]?[(`]\s*{_FETCHES}")),
    (Shape.DOWNLOADS_AND_RUNS, regex(
        r"\b(?:iex|invoke-expression)\b.{0,200}\b(?:downloadstring|iwr|invoke-webrequest)\b", re.IGNORECASE)),
    (Shape.DECODES_AND_RUNS, regex(rf"{_DECODES}[^|;\n]{{0,200}}\|\s*{_RUNS}")),
    (Shape.DECODES_AND_RUNS, regex(rf"\beval\s+[\"']?[$`]\(?[^)`\n]{{0,400}}{_DECODES}")),
    (Shape.DECODES_AND_RUNS, regex(
        r"\bpowershell\b.{0,100}\s-e(?:nc|ncodedcommand)?\s+[A-Za-z0-9+/=]{20}", re.IGNORECASE)),
    (Shape.SENDS_SECRETS, regex(
        rf"{_FETCHES}[^|;\n]{{0,300}}(?:-d|--data\S*|-F|--form|-T|--upload-file|--post-data|--post-file)\b"
        r"[^|;\n]{0,200}"
        r"(?:\.ssh/|\.aws/|\.netrc|huggingface/token|\$\(env\)|`env`|\$\(printenv|/etc/shadow|id_rsa)")),
    (Shape.SENDS_SECRETS, regex(
        rf"(?:\benv\b|\bprintenv\b|(?:\.ssh|\.aws)/\S+)[^\n;]{{0,100}}\|[^\n;]{{0,200}}"
        rf"(?:{_FETCHES}[^|;\n]{{0,200}}(?:-d|--data\S*|-T|-F)\b|\bnc\b)")),
    (Shape.PERSISTS, regex(
        r">>?\s*\S*(?:\.ssh/authorized_keys|/etc/cron\S*|/etc/sudoers\S*|/etc/ld\.so\.preload)")),
    (Shape.PERSISTS, regex(r"\|\s*crontab\s+-")),
)  # fmt: skip


def in_command(text: str) -> Iterator[Shape]:
    """Each kind of attack whose shape a command has, once."""
    if len(text) < 8:
        return
    found = {kind: None for kind, pattern in _PATTERNS if pattern.search(text[:MOST])}
    yield from found
