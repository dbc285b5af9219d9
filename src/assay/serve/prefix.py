"""The workbench below a path, as a proxy before it shows it: `/assay/findings` for what is `/findings` here.

Pages, redirects and the guard know addresses from `/` on. What comes in loses the prefix once, before anything looks
at it, and what goes out is given it: redirects, and the links and forms of pages. A page is escaped wherever text of a
file stands in it (`render/page.py`), so that an attribute with an unescaped quote is one of assay's own.
"""

from __future__ import annotations

from typing import Any

from assay.errors import UsageError
from assay.lazy import regex

PREFIX = "assay.prefix"  # in the scope of a request
_PATH = regex(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+){1,8}\Z")
_LINK = regex(rb'(?<=\s)((?:href|action|src)=")/(?!/)')
_MOST = 200  # characters


def checked(text: str) -> str:
    """A prefix without the slash at its end (UsageError: it is none); empty for `/`."""
    found = text.rstrip("/")
    if found and (len(found) > _MOST or not _PATH.match(found)):
        raise UsageError(f"--prefix {text[:80]!r} is no path such as /assay, of letters, digits and ._~- alone")
    return found


def below(scope: dict[str, Any], prefix: str) -> dict[str, Any] | None:
    """The request as the workbench knows it, its path without the prefix; None: it is of another place."""
    path = scope["path"]
    if path != prefix and not path.startswith(f"{prefix}/"):
        return None
    return {**scope, PREFIX: prefix, "path": path[len(prefix) :] or "/"}


def outward(send: Any, scope: dict[str, Any], prefix: str) -> Any:
    """`send`, with the prefix before each address of the workbench that goes out."""
    held: dict[str, Any] = {}
    body = bytearray()

    async def sent(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, _address(name, value, scope, prefix)) for name, value in message["headers"]]
            message = {**message, "headers": headers}
            if any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in headers):
                held.update(message)
                return
        elif held:
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            whole = _LINK.sub(rb"\1%s/" % prefix.encode(), bytes(body))
            rest = [row for row in held["headers"] if row[0].lower() != b"content-length"]
            await send({**held, "headers": [*rest, (b"content-length", str(len(whole)).encode())]})
            held.clear()
            message = {**message, "body": whole}
        await send(message)

    return sent if prefix else send


def _address(name: bytes, value: bytes, scope: dict[str, Any], prefix: str) -> bytes:
    """The value of a header; where it leads to an address of the workbench, with the prefix."""
    if name.lower() != b"location":
        return value
    host = next((row for key, row in scope["headers"] if key == b"host"), b"")
    own = b"%s://%s" % (scope.get("scheme", "http").encode(), host)
    rest = value.removeprefix(own)
    if not rest.startswith(b"/") or rest.startswith(b"//"):
        return value
    return (own if rest != value else b"") + prefix.encode() + rest
