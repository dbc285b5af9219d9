"""An OpenID provider, asked who somebody is: the authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1).

Authlib writes the requests and checks the claims, joserfc the signature. What the provider answers is bounded in
length and, however slowly it comes, in time; its addresses are https, or on this machine where the issuer is.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from assay.errors import UsageError
from assay.lazy import dataclass
from assay.network import Cut, loopback, proxy
from assay.network.serving import Refusal
from assay.render.visible import visible
from assay.secret import concealed

MOST = 1 << 20  # bytes of an answer
BYTE, WHOLE = 5.0, 15.0  # seconds without a byte, and for an answer whole
FRESH = 300.0  # seconds for which the provider's description is taken as it was read
LEEWAY = 60  # seconds by which two clocks may differ
SCOPE = "openid email"
# by a key that only the provider has: none of `none` and HS256, which whoever knows the public key could make
SIGNATURES = (
    *(f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in (256, 384, 512)),
    *("Ed25519", "EdDSA"),
)
_KEYS = ("RSA", "EC", "OKP")
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_USERINFO = "userinfo_endpoint"
_SAID = 120  # characters of what a provider says that a message repeats


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that somebody began: what its end is held against, and the address to which it comes back."""

    state: str
    nonce: str
    verifier: str
    back: str
    description: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is to the provider; `email` is empty unless the provider says that it verified it."""

    subject: str
    email: str


class Provider:
    """One issuer, and the client that it knows this workbench as."""

    def __init__(self, issuer: str, client: str, secret: str = "") -> None:
        """Nothing is sent yet (UsageError: the issuer is no address that can be trusted).

        Args:
            secret: of the client; empty: it is a public one, and PKCE alone binds the code to it.
        """
        self.issuer, self._client, self._secret = issuer, client, secret
        self._read: tuple[float, Mapping[str, Any]] | None = None
        self._lock = threading.Lock()
        if not _address(issuer, here=True) or any(mark in issuer for mark in "?#@"):
            raise UsageError(
                f"--oidc {issuer[:80]!r} is no issuer: expected its https address, as its description has it"
            )

    def begin(self, back: str) -> tuple[str, Begun]:
        """Where to send a browser, and what to keep until it comes back to the address `back` (Refusal: it cannot)."""
        with self._said():
            told = self._description()
            state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
            begun = Begun(state, nonce, verifier, back, told)
            with self._asking(begun) as client:
                url, _ = client.create_authorization_url(
                    told["authorization_endpoint"],
                    state=begun.state,
                    code_verifier=begun.verifier,
                    nonce=begun.nonce,
                )
            return str(url), begun

    def end(self, begun: Begun, answer: Mapping[str, str], *, emails: bool) -> Identity:
        """Who came back with this answer (Refusal: nobody whom the provider vouches for).

        Args:
            emails: whether to ask for an email where the ID token has none.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise Refusal(403, "This is not the end of the sign-in that this browser began: sign in again.")
        if answer.get("iss", self.issuer) != self.issuer:  # RFC 9207
            raise Refusal(403, "This sign-in was ended by another provider: sign in again.")
        if "error" in answer or not answer.get("code"):
            raise Refusal(403, f"{self.issuer} let nobody in: {_short(answer.get('error', 'it sent no code'))}.")
        with self._said(), self._asking(begun) as client:
            token = client.fetch_token(
                begun.description["token_endpoint"],
                grant_type="authorization_code",
                code=answer["code"],
                redirect_uri=begun.back,
                code_verifier=begun.verifier,
            )
            claims = self._claims(begun, token, _json(client, begun.description["jwks_uri"]))
            email = claims
            if emails and "email" not in claims and begun.description.get(_USERINFO):
                email = _json(client, begun.description[_USERINFO], bearer=True)
                if email.get("sub") != claims["sub"]:  # Core, 5.3.2
                    raise ValueError("its userinfo is of somebody else")
            verified = email.get("email_verified") is True and isinstance(email.get("email"), str)
            return Identity(claims["sub"], email["email"] if verified else "")

    def _claims(self, begun: Begun, token: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
        """The claims of the ID token, once all that Core 3.1.3.7 asks for holds."""
        if not isinstance(token.get("id_token"), str):
            raise ValueError("it sent no ID token")
        listed = begun.description.get("id_token_signing_alg_values_supported", ["RS256"])
        allowed = [name for name in SIGNATURES if name in listed]
        public = [row for row in keys["keys"] if row.get("kty") in _KEYS and row.get("use", "sig") == "sig"]
        read = jwt.decode(token["id_token"], KeySet.import_key_set({"keys": public}), algorithms=allowed)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "sub": {"essential": True},
                "aud": {"essential": True, "value": self._client},
            },
            {"nonce": begun.nonce, "client_id": self._client, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=LEEWAY)
        if not isinstance(claims["sub"], str):
            raise ValueError("the subject of its ID token is no text")
        return dict(claims)

    def _description(self) -> Mapping[str, Any]:
        """What the provider says of itself (Discovery 1.0, 4), at most FRESH seconds ago."""
        with self._lock:
            read = self._read
        if read and time.monotonic() - read[0] < FRESH:
            return read[1]
        with self._client_of({}) as client:
            told = _json(client, get_well_known_url(self.issuer, external=True))
        if told.get("issuer") != self.issuer:
            raise ValueError(f"it calls itself {_short(told.get('issuer'))}")
        here = loopback(self.issuer)
        for name in (*_ENDPOINTS, *([_USERINFO] if _USERINFO in told else [])):
            if not _address(told.get(name), here=here):
                raise ValueError(f"its {name} is {_short(told.get(name))}, which is no https address")
        with self._lock:
            self._read = time.monotonic(), told
        return told

    def _asking(self, begun: Begun) -> Any:
        return self._client_of(begun.description, redirect_uri=begun.back)

    def _client_of(self, told: Mapping[str, Any], **more: Any) -> Any:
        """A client of Authlib, which proves itself as the provider takes it."""
        ways = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic" in ways or "client_secret_post" not in ways
        return OAuth2Client(
            self._client,
            self._secret or None,
            token_endpoint_auth_method=("client_secret_basic" if basic else "client_secret_post")
            if self._secret
            else "none",
            scope=SCOPE,
            code_challenge_method="S256",
            transport=_Bounded(),
            timeout=httpx2.Timeout(BYTE),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            trust_env=False,  # no .netrc; a proxy is taken by `_Bounded`
            follow_redirects=False,
            leeway=0,  # of the access token, which is used at once
            **more,
        )

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Refusal, with a sentence, for whatever goes wrong with a provider."""
        try:
            yield
        except httpx2.HTTPStatusError as cause:
            why = f"it answered {cause.response.status_code}"
        except httpx2.TimeoutException:
            why = f"it did not answer within {BYTE:g} s"
        except (httpx2.HTTPError, httpx2.InvalidURL) as cause:
            why = f"it cannot be reached ({_short(cause)})"
        except (AuthlibBaseError, JoseError) as cause:
            why = f"its answer does not hold ({_short(cause)})"
        except RecursionError:
            why = "its answer is nested too deep"
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as cause:
            why = f"its answer makes no sense ({_short(cause)})"
        else:
            return
        raise Refusal(502, f"Nobody can sign in with {self.issuer} now: {why}. A token of your own still lets you in.")


class _Bounded(httpx2.BaseTransport):
    """Each request over a connection of its own, its answer read whole, and cut off where it is too long or slow."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        cut, way = Cut(), proxy(str(request.url))
        request.extensions = {**request.extensions, "trace": cut.trace}
        try:
            raw = bytearray()
            with cut.after(WHOLE), httpx2.HTTPTransport(proxy=way.url if way else None) as transport:
                answer = transport.handle_request(request)
                for part in answer.iter_raw():
                    raw += part
                    if len(raw) > MOST:
                        raise httpx2.ReadError(f"its answer has more than {MOST >> 20} MiB")
                if cut.over:  # an answer without a length ends well where it is cut
                    raise httpx2.ReadError("it was cut")
        except httpx2.HTTPError:
            if cut.over:
                raise httpx2.ReadError(f"it was still answering after {WHOLE:g} s") from None
            raise
        headers = [(name, value) for name, value in answer.headers.multi_items() if name.startswith("content-type")]
        return httpx2.Response(answer.status_code, headers=headers, content=bytes(raw), request=request)


def _json(client: Any, url: str, *, bearer: bool = False) -> dict[str, Any]:
    """The JSON object at an address; ValueError: it is none."""
    answer = client.request("GET", url, withhold_token=not bearer)
    if answer.status_code != 200:
        raise ValueError(f"{url} answered {answer.status_code}")
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError(f"{url} is no JSON object")
    return found


def _address(url: object, *, here: bool) -> bool:
    """Whether a request may go there: by https to another machine, or in any way to this one where `here`."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        return False
    try:
        known = httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    if not known.host or known.userinfo:
        return False
    return here and known.scheme in ("http", "https") if loopback(url) else known.scheme == "https"


def _short(said: object) -> str:
    return visible(" ".join(concealed(str(said)).split())[:_SAID]) or "nothing"
