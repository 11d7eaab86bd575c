"""Identity providers for tests: keys, what they publish, and tokens of every shape."""

import base64
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from service.integrations.token_claims import TokenFault, TokenRefused
from service.integrations.tokens import TokenVerifier

ISSUER = "https://login.example.gov.uk/council"
OTHER_ISSUER = "https://login.example.police.uk"
AUDIENCE = "https://frontdoor.example.gov.uk"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOW = int(START.timestamp())

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class MovedByHand:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return encoded(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def jwk_of(key: Key, key_id: str, **more: Any) -> dict[str, Any]:
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        members = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    else:
        point = public.public_numbers()
        size = (point.curve.key_size + 7) // 8
        crv = {256: "P-256", 384: "P-384"}[point.curve.key_size]
        x, y = number(point.x, size), number(point.y, size)
        members = {"kty": "EC", "crv": crv, "x": x, "y": y}
    return {**members, "kid": key_id, "use": "sig", **more}


def private_members(key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.private_numbers()
    values = {
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    return {name: number(value) for name, value in values.items()}


def signature(message: bytes, key: Key, algorithm: str) -> bytes:
    digest = hashes.SHA512() if algorithm.endswith("512") else hashes.SHA256()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), digest)
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(digest)))
    size = (key.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


@dataclass(frozen=True)
class Ring:
    """Every key that the tests sign with, made once."""

    council: rsa.RSAPrivateKey
    police: rsa.RSAPrivateKey
    small: rsa.RSAPrivateKey
    curve: ec.EllipticCurvePrivateKey
    long_curve: ec.EllipticCurvePrivateKey


def new_ring() -> Ring:
    """A ring of new keys: make it once, it takes a second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Ring(
            council=rsa.generate_private_key(65537, 2048),
            police=rsa.generate_private_key(65537, 2048),
            small=rsa.generate_private_key(65537, 1024),  # noqa: S505 - weak on purpose
            curve=ec.generate_private_key(ec.SECP256R1()),
            long_curve=ec.generate_private_key(ec.SECP384R1()),
        )


@dataclass
class Provider:
    """An identity provider: what it publishes, how it answers, and how often it was asked."""

    keys: list[Any]
    answer: Callable[[httpx.Request], httpx.Response] | None = None
    asked: int = 0
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.requests.append(request)
        if self.answer is not None:
            return self.answer(request)
        return httpx.Response(200, json={"keys": self.keys})


@dataclass
class Door:
    """A verifier, its clock, and the providers behind it."""

    verifier: TokenVerifier
    clock: MovedByHand
    council: Provider
    police: Provider
    ring: Ring

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good token issued now; a change to `None` leaves the claim out."""
        now = int(self.clock.now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "u-1042",
            "name": "Ada Okafor",
            "azp": "duty-desk",
            "iat": now,
            "nbf": now,
            "exp": now + 600,
            "scope": "openid contacts.read contacts.write",
            "roles": ["mash_worker"],
            "team": "mash-a",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self,
        *,
        header: dict[str, Any] | None = None,
        raw_header: bytes | None = None,
        raw_claims: bytes | None = None,
        key: Key | None = None,
        **changes: Any,
    ) -> str:
        """A token signed by the council's key unless told otherwise."""
        members = {"alg": "RS256", "typ": "at+jwt", "kid": "council-1", **(header or {})}
        members = {name: value for name, value in members.items() if value is not None}
        first = encoded(raw_header or json.dumps(members).encode())
        second = encoded(raw_claims or json.dumps(self.claims(**changes)).encode())
        message = f"{first}.{second}".encode()
        signed = signature(message, key or self.ring.council, str(members.get("alg")))
        return f"{first}.{second}.{encoded(signed)}"

    async def refusal(self, token: str) -> TokenFault:
        """Why the token is refused; fails the test when it is not, or when the text tells why."""
        with pytest.raises(TokenRefused) as refused:
            await self.verifier.verify(token)
        assert str(refused.value) == "The access token was refused."
        assert refused.value.__cause__ is None
        return refused.value.reason
