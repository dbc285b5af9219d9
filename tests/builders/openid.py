"""An OpenID provider on this machine: discovery, keys, codes bound by PKCE, and ID tokens that are really signed.

`claims` are laid over those of a token, `forge` makes the token of them, and `faults` make it a provider that fails.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

CLIENT, SUBJECT, EMAIL = "workbench", "248289761001", "Ada@example.org"
Claims = dict[str, Any]


@cache
def keys() -> dict[str, Any]:
    """The provider's own, by the algorithm that each signs with, and one that is not its own."""
    return {
        "RS256": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
        "ES256": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
        "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"}),
        "foreign": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
    }


def signed(claims: Claims, alg: str = "RS256", key: str = "") -> str:
    """An ID token, signed by one of the keys."""
    found = keys()[key or alg]
    return jwt.encode({"alg": alg, "kid": found.kid}, claims, found, algorithms=[alg])


class Server(ThreadingHTTPServer):
    """One issuer with one client and one person, who is always willing."""

    daemon_threads = True

    def __init__(self, secret: str = "", host: str = "127.0.0.1") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issuer, self.secret = f"http://{host}:{self.server_port}", secret
        self.claims: Claims = {}
        self.forge: Callable[[Claims], str] = signed
        self.faults: dict[str, str] = {}  # of a path: what goes wrong
        self.described: Claims = {}  # laid over the description
        self.userinfo: Claims = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []  # path, and what was sent
        self.over = threading.Event()

    def server_close(self) -> None:
        self.over.set()
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asks may hang up."""

    def description(self) -> Claims:
        """Of the discovery document."""
        own = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "Ed25519", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        }
        return {name: value for name, value in {**own, **self.described}.items() if value is not None}

    def token(self, given: dict[str, str], authorization: str) -> tuple[int, Claims]:
        """What is given for a code, once, to whom it was made out."""
        code = self.codes.pop(given.get("code", ""), {})
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{self.secret}".encode()).decode()
        posted = (given.get("client_id"), given.get("client_secret"))
        known = (
            posted == (CLIENT, None) if not self.secret else authorization == basic or posted == (CLIENT, self.secret)
        )
        right = (
            base64.urlsafe_b64encode(digest).decode().rstrip("=") == code.get("code_challenge")
            and given.get("redirect_uri") == code["redirect_uri"]
            and given.get("grant_type") == "authorization_code"
        )
        if not known or not right:
            return 400, {"error": "invalid_grant" if known else "invalid_client"}
        now = int(time.time())
        own = {
            "iss": self.issuer, "aud": CLIENT, "sub": SUBJECT, "exp": now + 300, "iat": now, "nonce": code["nonce"],
            "email": EMAIL, "email_verified": True,
        }  # fmt: skip
        claims = {name: value for name, value in {**own, **self.claims}.items() if value is not None}
        return 200, {"access_token": "of-ada", "token_type": "Bearer", "expires_in": 60, "id_token": self.forge(claims)}


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        given = {name: rows[0] for name, rows in parse_qs(parts.query).items()}
        self.server.asked.append((parts.path, given))
        if self._failed(parts.path):
            return
        if parts.path == "/authorize":
            right = given["client_id"] == CLIENT and given["response_type"] == "code" and "openid" in given["scope"]
            assert right and given["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe()
            self.server.codes[code] = given
            back = {"code": code, "state": given["state"], "iss": self.server.issuer}
            url = f"{given['redirect_uri']}?{urlencode(back)}"
            page = f'<a id="yes" href="{url.replace("&", "&amp;")}">Yes, it is me</a>'.encode()
            self._answer(200, page, "text/html", X_Back=url)
        elif parts.path == "/jwks":
            own = [row for name, row in keys().items() if name != "foreign"]
            more = [{"kty": "AKP", "kid": "later"}, {"kty": "oct", "kid": "rsa", "k": "c2VjcmV0"}]
            self._json(200, {"keys": [*more, *KeySet(own).as_dict()["keys"]]})
        elif parts.path == "/userinfo":
            assert self.headers["Authorization"] == "Bearer of-ada"
            self._json(200, {"sub": SUBJECT, "email": EMAIL, "email_verified": True, **self.server.userinfo})
        elif parts.path == "/.well-known/openid-configuration":
            self._json(200, self.server.description())
        else:
            self._json(404, {})  # what a browser asks for by itself

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: rows[0] for name, rows in parse_qs(raw).items()}
        self.server.asked.append((self.path, given))
        if not self._failed(self.path):
            self._json(*self.server.token(given, self.headers.get("Authorization", "")))

    def _failed(self, path: str) -> bool:
        fault = self.server.faults.get(path, "")
        if fault == "slow":
            self._head(200, 1000)
            while not self.server.over.wait(0.05):
                self.wfile.write(b" ")
        elif fault == "silent":
            self.server.over.wait(60)
        elif fault == "long":
            self._head(200, 100 << 20)
            for _ in range(1600):
                self.wfile.write(b" " * (1 << 16))
        elif fault == "broken off":
            self._head(200, 1000)
            self.wfile.write(b'{"issuer"')
        elif fault == "moved":
            self._answer(302, b"", "text/plain", Location="http://192.0.2.1/")
        elif fault:
            self._answer(500 if fault == "500" else 200, fault.encode(), "application/json")
        return bool(fault)

    def _json(self, status: int, value: object) -> None:
        self._answer(status, json.dumps(value).encode(), "application/json")

    def _answer(self, status: int, raw: bytes, kind: str, **headers: str) -> None:
        self._head(status, len(raw), **{"Content-Type": kind, **headers})
        self.wfile.write(raw)

    def _head(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
