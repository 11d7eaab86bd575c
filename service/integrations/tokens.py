"""Access tokens: the one strict wrapper around python-jose, and the issuers' published keys."""

import asyncio
import base64
import hashlib
import json
import logging
import ssl
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import httpx
from jose import jwk, jws
from jose.exceptions import JOSEError

from service.integrations.issuer_keys import KeyHealth, KeyShelf, KeyState
from service.integrations.token_claims import (
    Identity,
    KeysUnavailable,
    TokenFault,
    TokenRefused,
    check_header,
    check_purpose,
    check_times,
    identity_of,
)
from service.issuers import IssuerSettings
from service.strict.base64_texts import strict_base64url
from service.strict.json_texts import strict_json_object

LARGEST_TOKEN = 8 * 1024
LARGEST_KEY_SET = 256 * 1024
MOST_KEYS = 100
DEEPEST = 16
REMEMBERED_SECONDS = 60
MOST_REMEMBERED = 4096
REFRESH_SECONDS = 5 * 60
RETRY_SECONDS = 60
FIRST_LOAD_RETRY_SECONDS = 10
KEYS_KEPT_SECONDS = 24 * 60 * 60
SHELVED_SECONDS = 60 * 60
FETCH_TIMEOUT_SECONDS = 5.0
SMALLEST_RSA_BITS = 2048
LARGEST_RSA_BITS = 8192


PRIVATE_KEY_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_UNTRUSTED_FAILURES = (
    JOSEError,
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    RecursionError,
)

_MOST_CAUSES = 6

Clock = Callable[[], datetime]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class PublishedKey:
    """A key that an issuer publishes for its signatures; parsed once for each algorithm."""

    members: Mapping[str, Any]
    _prepared: dict[str, Any] = field(default_factory=dict)

    def prepared(self, algorithm: str) -> Any:
        """The key object for `algorithm`. `TokenRefused` when it is not a key for that."""
        if algorithm not in self._prepared:
            if not _fits(self.members, algorithm):
                raise TokenRefused(TokenFault.key)
            try:
                self._prepared[algorithm] = jwk.construct(dict(self.members), algorithm)
            except _UNTRUSTED_FAILURES:
                raise TokenRefused(TokenFault.key) from None
        return self._prepared[algorithm]


class KeySource(Protocol):
    """Where the keys of one issuer come from."""

    @property
    def generation(self) -> int:
        """Goes up whenever the set of keys changes, so that what was remembered is forgotten."""

    async def find(self, key_id: str) -> PublishedKey | None:
        """The key of exactly that id. `KeysUnavailable` when there are no keys to look among."""

    async def keep_fresh(self) -> None:
        """Read the keys again if that is due. Never raises; `health` tells how it went."""

    def health(self) -> KeyHealth:
        """How the keys stand now."""


class HeldKeys:
    """Keys that are at hand and never change while the process lives."""

    generation = 0

    def __init__(self, key_set: Mapping[str, Any], clock: Clock) -> None:
        self._keys = _usable_keys(key_set)
        self._loaded_at = clock()

    async def find(self, key_id: str) -> PublishedKey | None:
        """The key of exactly that id."""
        return self._keys.get(key_id)

    async def keep_fresh(self) -> None:
        """Nothing to do."""

    def health(self) -> KeyHealth:
        """Always well."""
        return KeyHealth(KeyState.ok, self._loaded_at)


class FetchedKeys:
    """The keys that an issuer publishes at its JWKS address, read when needed and kept.

    Read again every five minutes, and once (at most each minute) for a key id not seen before.
    When the issuer cannot be reached, the last good keys serve for up to a day; those on the
    `shelf` too, so that a process may start while the issuer is away.
    """

    def __init__(
        self,
        issuer: str,
        url: str,
        clock: Clock,
        http: httpx.AsyncClient,
        shelf: KeyShelf | None = None,
    ) -> None:
        self._issuer = issuer
        self._url = url
        self._clock = clock
        self._http = http
        self._shelf = shelf
        self._shelved: str | None = None
        self._shelved_at: datetime | None = None
        self._keys: dict[str, PublishedKey] = {}
        self._loaded_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._failed = False
        self._flight: asyncio.Task[None] | None = None
        self._generation = 0

    @property
    def generation(self) -> int:
        """Goes up whenever the published set changes."""
        return self._generation

    async def find(self, key_id: str) -> PublishedKey | None:
        """The key of exactly that id, reading the published set again when that is due."""
        await self.keep_fresh()
        if not self._within(self._loaded_at, KEYS_KEPT_SECONDS):
            raise KeysUnavailable
        if key_id not in self._keys and not self._within(self._tried_at, RETRY_SECONDS):
            await self._fetch()
        elif key_id not in self._keys and self._flight is not None:
            await asyncio.shield(self._flight)
        return self._keys.get(key_id)

    async def keep_fresh(self) -> None:
        """Read the published set again if it was never read or is older than five minutes.

        While the issuer is known to be out of reach, those with good keys do not wait for it.
        """
        if self._within(self._loaded_at, REFRESH_SECONDS):
            return
        has_keys = self._within(self._loaded_at, KEYS_KEPT_SECONDS)
        gap = RETRY_SECONDS if has_keys else FIRST_LOAD_RETRY_SECONDS
        if self._flight is None and self._within(self._tried_at, gap):
            return
        flight = self._fetch()
        if not (has_keys and self._failed):
            await flight

    def health(self) -> KeyHealth:
        """`degraded` while the last good keys serve because newer ones cannot be read."""
        if self._loaded_at is None:
            return KeyHealth(KeyState.never_loaded, None)
        if not self._within(self._loaded_at, KEYS_KEPT_SECONDS):
            return KeyHealth(KeyState.expired, self._loaded_at)
        if self._failed or not self._keys:
            return KeyHealth(KeyState.degraded, self._loaded_at)
        return KeyHealth(KeyState.ok, self._loaded_at)

    def _within(self, moment: datetime | None, seconds: float) -> bool:
        # A moment in the future means that the clock was set back: treat it as long ago.
        return moment is not None and 0 <= (self._clock() - moment).total_seconds() < seconds

    def _fetch(self) -> asyncio.Future[None]:
        """The reading under way, or a new one: never two, and none dies with one who waits."""
        if self._flight is None:
            self._tried_at = self._clock()
            self._flight = asyncio.create_task(self._read())
            self._flight.add_done_callback(self._landed)
        return asyncio.shield(self._flight)

    def _landed(self, _: asyncio.Task[None]) -> None:
        self._flight = None

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
                published = await self._download()
                found = _usable_keys(strict_json_object(published, deepest=DEEPEST))
        except Exception as error:
            # Whatever went wrong out there, the last good keys serve; `health` and the log tell.
            _log.warning("keys of %s could not be read: %s", self._url, _why(error))
            self._failed = True
            if self._loaded_at is None:
                await self._recall()
            return
        self._take(found, self._clock())
        self._failed = False
        await self._put_away(published.decode("utf-8"))

    def _take(self, found: dict[str, PublishedKey], read_at: datetime) -> None:
        kept = {
            key_id: old
            for key_id, old in self._keys.items()
            if key_id in found and found[key_id].members == old.members
        }
        if kept.keys() != found.keys() or kept.keys() != self._keys.keys():
            self._generation += 1
        self._keys = {**found, **kept}
        self._loaded_at = read_at

    async def _recall(self) -> None:
        """Takes what is on the shelf: old keys are better than a shut door, for a day."""
        if self._shelf is None:
            return
        try:
            kept = await self._shelf.recall(self._issuer)
            if kept is not None and self._within(kept[1], KEYS_KEPT_SECONDS):
                published = strict_json_object(kept[0].encode("utf-8"), deepest=DEEPEST)
                self._take(_usable_keys(published), kept[1])
        except Exception as error:
            _log.warning("kept keys of %s could not be read: %s", self._url, _why(error))

    async def _put_away(self, key_set: str) -> None:
        """Keeps the set when it is another, and hourly so that its age stays true enough."""
        if self._shelf is None or (
            key_set == self._shelved and self._within(self._shelved_at, SHELVED_SECONDS)
        ):
            return
        now = self._clock()
        try:
            await self._shelf.keep(self._issuer, key_set, now)
        except Exception as error:
            _log.warning("keys of %s could not be kept: %s", self._url, _why(error))
            return
        self._shelved, self._shelved_at = key_set, now

    async def _download(self) -> bytes:
        # Compressed answers are not asked for and not taken: a small one can unfold to gigabytes.
        headers = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": ""}
        content = bytearray()
        async with self._http.stream(
            "GET", self._url, headers=headers, follow_redirects=False
        ) as answer:
            if answer.status_code != httpx.codes.OK or "content-encoding" in answer.headers:
                raise ValueError("not a plain answer with keys")
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > LARGEST_KEY_SET:
                    raise ValueError("more than a key set ever needs")
        return bytes(content)


def _why(error: BaseException) -> str:
    """The kinds of a failure from its own to its first cause, and the words of TLS and the system.

    These tell an operator what to do (a certificate that is not trusted, a name not found), and
    come from this machine, never from what the other side sent.
    """
    told: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(told) < _MOST_CAUSES:
        said = seen.verify_message if isinstance(seen, ssl.SSLCertVerificationError) else None
        if said is None and isinstance(seen, OSError):
            said = seen.strerror
        told.append(f"{type(seen).__name__} ({said})" if said else type(seen).__name__)
        seen = seen.__cause__ or seen.__context__
    return " from ".join(told)


@dataclass(frozen=True, slots=True)
class _Remembered:
    identity: Identity
    source: KeySource
    generation: int
    verified: float
    until: float


@dataclass(frozen=True, slots=True)
class _Believed:
    settings: IssuerSettings
    keys: KeySource


class TokenVerifier:
    """Says whose an access token is, or refuses it.

    `clock` gives the present as an aware instant. `http` is the client by which published keys
    are read; the caller owns and closes it. `key_sources` (by issuer) replaces that reading for an
    issuer whose keys are at hand. `shelf` keeps what was read for later processes.
    `most_remembered` bounds the memory of verified tokens (about a kilobyte each).
    `ValueError` when an issuer is not safe to believe.
    """

    def __init__(
        self,
        issuers: Sequence[IssuerSettings],
        clock: Clock,
        http: httpx.AsyncClient,
        *,
        key_sources: Mapping[str, KeySource] | None = None,
        shelf: KeyShelf | None = None,
        most_remembered: int = MOST_REMEMBERED,
    ) -> None:
        at_hand = key_sources or {}
        self._clock = clock
        self._believed: dict[str, _Believed] = {}
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._most_remembered = most_remembered
        for one in issuers:
            faults = one.faults(needs_jwks_url=one.issuer not in at_hand)
            if faults or one.issuer in self._believed:
                raise ValueError("; ".join(faults) or "the same issuer is named twice")
            keys = at_hand.get(one.issuer) or FetchedKeys(
                one.issuer, one.jwks_url, clock, http, shelf
            )
            self._believed[one.issuer] = _Believed(one, keys)

    async def verify(self, token: str) -> Identity:
        """Whose token this is. `TokenRefused` for every fault; `KeysUnavailable` among them.

        A verified token is remembered for up to a minute, so a suspension of the bearer's access
        must be looked up by the caller on each request and never be left to this.
        """
        if len(token) > LARGEST_TOKEN:
            raise TokenRefused(TokenFault.too_large)
        if not token.isascii():
            raise TokenRefused(TokenFault.malformed)
        now = self._clock().timestamp()
        digest = hashlib.sha256(token.encode("ascii")).digest()
        known = self._remembered.get(digest)
        if known is not None:
            if known.verified <= now < known.until and (
                known.generation == known.source.generation
            ):
                self._remembered.move_to_end(digest)
                return known.identity
            del self._remembered[digest]
        try:
            identity, keys = await self._verify(token, now)
        except TokenRefused:
            raise
        except _UNTRUSTED_FAILURES:
            raise TokenRefused(TokenFault.malformed) from None
        until = min(identity.expires_at.timestamp(), now + REMEMBERED_SECONDS)
        self._remembered[digest] = _Remembered(identity, keys, keys.generation, now, until)
        if len(self._remembered) > self._most_remembered:
            self._remembered.popitem(last=False)
        return identity

    @property
    def remembered(self) -> int:
        """How many verified tokens are remembered now."""
        return len(self._remembered)

    async def keep_fresh(self) -> None:
        """Read each issuer's keys if that is due: at start, and when asked for readiness."""
        await asyncio.gather(*(one.keys.keep_fresh() for one in self._believed.values()))

    def health(self) -> Mapping[str, KeyHealth]:
        """How the keys of each issuer stand."""
        return {issuer: one.keys.health() for issuer, one in self._believed.items()}

    async def _verify(self, token: str, now: float) -> tuple[Identity, KeySource]:
        segments = token.split(".")
        if len(segments) != 3:
            raise TokenRefused(TokenFault.malformed)
        header_bytes, claims_bytes, _ = (strict_base64url(segment) for segment in segments)
        header = strict_json_object(header_bytes, deepest=DEEPEST)
        claims = strict_json_object(claims_bytes, deepest=DEEPEST)
        # The issuer is chosen before the key: only its own keys are ever tried.
        name = claims.get("iss")
        believed = self._believed.get(name) if isinstance(name, str) else None
        if believed is None:
            raise TokenRefused(TokenFault.issuer)
        issuer = believed.settings
        algorithm, key_id = check_header(header, issuer)
        expires = check_times(claims, issuer, now)
        check_purpose(claims, issuer)
        identity = identity_of(claims, issuer, expires)
        key = await believed.keys.find(key_id)
        if key is None:
            raise TokenRefused(TokenFault.key)
        _check_signature(token, key.prepared(algorithm), algorithm, claims_bytes)
        return identity, believed.keys


def sign_token(
    claims: Mapping[str, Any], private_key_pem: bytes, *, algorithm: str, key_id: str
) -> str:
    """A signed access token (type `at+jwt`) with these claims."""
    key = jwk.construct(private_key_pem, algorithm)
    signed: str = jws.sign(
        dict(claims), key, headers={"kid": key_id, "typ": "at+jwt"}, algorithm=algorithm
    )
    return signed


def public_members(private_key_pem: bytes, *, algorithm: str) -> dict[str, str]:
    """The public half of a private key as a JWK, with its thumbprint (RFC 7638) as `kid`."""
    members: dict[str, str] = jwk.construct(private_key_pem, algorithm).public_key().to_dict()
    needed = ("crv", "kty", "x", "y") if members["kty"] == "EC" else ("e", "kty", "n")
    canonical = json.dumps({name: members[name] for name in needed}, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode("ascii")).digest()
    key_id = base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    return {**members, "kid": key_id, "use": "sig"}


def _check_signature(token: str, key: Any, algorithm: str, claims_bytes: bytes) -> None:
    try:
        signed: bytes = jws.verify(token, key, algorithms=[algorithm])
    except _UNTRUSTED_FAILURES:
        raise TokenRefused(TokenFault.signature) from None
    # What was read above must be what was signed, whatever either parser thinks of the text.
    if signed != claims_bytes:
        raise TokenRefused(TokenFault.signature)


def _fits(members: Mapping[str, Any], algorithm: str) -> bool:
    """Whether the key's type, size and stated purpose suit the algorithm."""
    if members.get("alg", algorithm) != algorithm:
        return False
    if algorithm == "ES256":
        return members.get("kty") == "EC" and members.get("crv") == "P-256"
    if algorithm not in ("RS256", "RS512") or members.get("kty") != "RSA":
        return False
    modulus = int.from_bytes(strict_base64url(members.get("n")), "big")
    return SMALLEST_RSA_BITS <= modulus.bit_length() <= LARGEST_RSA_BITS


def _usable_keys(key_set: Mapping[str, Any]) -> dict[str, PublishedKey]:
    """The signature keys of a JWK set by their ids; an id used twice names neither key."""
    keys = key_set.get("keys")
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise ValueError("not a set of keys")
    found: dict[str, PublishedKey] = {}
    twice: set[str] = set()
    for members in keys:
        if not isinstance(members, dict) or not _is_for_signatures(members):
            continue
        key_id = members.get("kid")
        if not isinstance(key_id, str) or not key_id:
            continue
        if key_id in found:
            twice.add(key_id)
        found[key_id] = PublishedKey(members)
    return {key_id: key for key_id, key in found.items() if key_id not in twice}


def _is_for_signatures(members: Mapping[str, Any]) -> bool:
    operations = members.get("key_ops", ["verify"])
    return (
        members.get("kty") in ("RSA", "EC")
        and members.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        # A private key that was published is anybody's key.
        and PRIVATE_KEY_MEMBERS.isdisjoint(members)
    )
