"""What must not be repeated: the keys that a user's environment holds, and passwords in addresses.

A server may send back what it was sent, and libraries quote addresses in their errors. What leaves assay goes through
here; what goes into a dossier did so before.
"""

from __future__ import annotations

import base64
import os

from assay.lazy import regex

KEY = "ASSAY_API_KEY"  # goes to an endpoint as a bearer token, and no other variable does
CORPUS_KEY = "ASSAY_CORPUS_KEY"  # goes to servers of corpora as a bearer token
OIDC_KEY = "ASSAY_OIDC_SECRET"  # goes to the OpenID provider of `assay serve`
HUB = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN")  # huggingface_hub, "Environment variables"
_STORES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN")  # of fsspec
LEAST = 6  # characters of a value that is looked for: a shorter one is in too many words
MARK = "***"
_USER = regex(r"(?<=://)[^\s/?#'\"<>@]+@(?:[^\s/?#'\"<>@]*@)*")
# what signs an address, or is a password in one: libpq, "Parameter Key Words"; S3, "Authenticating Requests"; Azure SAS
_QUERY = regex(
    r"(?i)(?<=[?&;])"
    r"((?:[\w.~-]*(?:password|passwd|secret|token|signature|credential|api[_-]?key|access[_-]?key)|sig|key))"
    r"=[^\s&;#'\"<>]+"
)
_BEARER = regex(r"(?i)\b(authorization\W{1,4}(?:bearer|basic|token)?\s*)(?!\*\*\*)[^\s'\",;)}\]]+")


def secrets() -> tuple[str, ...]:
    """The keys in the environment, longest first."""
    found = {os.environ.get(name, "").strip() for name in (KEY, CORPUS_KEY, OIDC_KEY, *HUB, *_STORES)}
    return tuple(sorted((value for value in found if len(value) >= LEAST), key=len, reverse=True))


def concealed(text: str) -> str:
    """`text` without the keys of the environment, what stands before the host in an address, or a header with a key."""
    for value in secrets():
        text = text.replace(value, MARK)
    if "://" in text:
        text = without_user(text)
    return _BEARER.sub(rf"\1{MARK}", text) if "uthorization" in text.lower() else text


def without_user(text: str) -> str:
    """`text`, each address in it without the name and password of a user, and without what signs it."""
    text = _USER.sub(f"{MARK}@", text)
    return _QUERY.sub(rf"\1={MARK}", text) if "=" in text else text


def of_user(url: str) -> tuple[str, ...]:
    """What of an address is secret: its password as it stands there, as it is meant, and in a header (RFC 7617)."""
    from urllib.parse import unquote, urlsplit

    user, found, _ = urlsplit(url).netloc.rpartition("@")
    if not found:
        return ()
    name, _, password = user.partition(":")
    plain = f"{unquote(name)}:{unquote(password)}".encode("utf-8", "surrogateescape")
    return password or name, unquote(password or name), base64.b64encode(plain).decode()


def host_alone(url: str) -> str:
    """Scheme, host and port of an address that is itself a secret (empty: it is no http or https address)."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        found = bool(parts.hostname) and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if found else ""


def behind_host(url: str) -> tuple[str, ...]:
    """What stands behind the host of an address, whole and in its parts, as it stands there and as it is meant."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    rows = {parts.path, parts.query, *parts.path.split("/"), *parts.query.replace("=", "&").split("&"), parts.fragment}
    return tuple(sorted({*rows, *map(unquote, rows)}, key=len, reverse=True))


def kept_out(raw: bytes) -> bytes:
    """A report without the keys of the environment, should one have come into it."""
    for value in secrets():
        raw = raw.replace(value.encode("utf-8", "surrogateescape"), MARK.encode())
    return raw
