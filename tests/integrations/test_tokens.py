"""Which access tokens open the door, which do not, and how issuers' keys come and go."""

import asyncio
import base64
import gzip
import hashlib
import hmac
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service.domain.access import Role, Scope
from service.integrations.issuer_keys import KeyState
from service.integrations.token_claims import KeysUnavailable, TokenFault, TokenRefused
from service.integrations.tokens import LARGEST_KEY_SET, LARGEST_TOKEN, TokenVerifier
from service.issuers import IssuerSettings
from tests.support.patience import PATIENCE
from tests.support.providers import (
    AUDIENCE,
    ISSUER,
    NOW,
    OTHER_ISSUER,
    START,
    Door,
    MovedByHand,
    Provider,
    Ring,
    encoded,
    jwk_of,
    number,
    private_members,
)


@pytest.fixture
def council_settings() -> IssuerSettings:
    return IssuerSettings(
        issuer=ISSUER,
        audience=AUDIENCE,
        jwks_url=f"{ISSUER}/keys",
        algorithms=("RS256", "RS512", "ES256"),
        may_assert_roles=frozenset(Role) - {Role.partner_system},
    )


@pytest.fixture
def police_settings() -> IssuerSettings:
    return IssuerSettings(
        issuer=OTHER_ISSUER,
        audience=AUDIENCE,
        jwks_url=f"{OTHER_ISSUER}/keys",
        algorithms=("RS256",),
        may_assert_roles=frozenset({Role.partner_system}),
        organisations=frozenset({"hillshire-police"}),
    )


@pytest.fixture
async def door(
    ring: Ring, council_settings: IssuerSettings, police_settings: IssuerSettings
) -> AsyncIterator[Door]:
    council = Provider(
        [
            jwk_of(ring.council, "council-1"),
            jwk_of(ring.curve, "council-ec"),
            jwk_of(ring.small, "council-small"),
            jwk_of(ring.police, "council-enc", use="enc"),
            jwk_of(ring.police, "council-ops", key_ops=["encrypt"]),
            jwk_of(ring.council, "council-512", alg="RS512"),
            jwk_of(ring.long_curve, "council-p384"),
            jwk_of(ring.council, "council-private", **private_members(ring.council)),
            jwk_of(ring.council, "council-twice"),
            jwk_of(ring.police, "council-twice"),
            {"kty": "oct", "kid": "council-oct", "k": encoded(b"secret" * 8)},
            {"kty": "RSA", "kid": "council-broken", "n": "!", "e": "AQAB"},
            {"kty": "EC", "kid": "council-off-curve", "crv": "P-256"}
            | {"x": number(1, 32), "y": number(1, 32)},
            {"kty": "RSA", "n": "AQAB"},
            "not a key",
        ]
    )
    police = Provider([jwk_of(ring.police, "police-1")])
    hosts = {"login.example.gov.uk": council, "login.example.police.uk": police}
    clock = MovedByHand()
    transport = httpx.MockTransport(lambda request: hosts[request.url.host](request))
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as http:
        verifier = TokenVerifier([council_settings, police_settings], clock, http)
        yield Door(verifier, clock, council, police, ring)


async def test_a_good_token_says_who_its_bearer_is(door: Door) -> None:
    identity = await door.verifier.verify(door.token(organisation="hillshire"))
    assert (identity.issuer, identity.subject) == (ISSUER, "u-1042")
    assert identity.name == "Ada Okafor"
    assert identity.client_id == "duty-desk"
    assert identity.roles == {Role.mash_worker}
    assert identity.scopes == {Scope.contacts_read, Scope.contacts_write}
    assert identity.organisation_id == "hillshire"
    assert identity.team_id == "mash-a"
    assert identity.expires_at == START + timedelta(seconds=600)


ACCEPTED: dict[str, Callable[[Door], str]] = {
    "RS256": lambda d: d.token(),
    "RS512": lambda d: d.token(header={"alg": "RS512"}),
    "RS512 with a key for that alone": lambda d: d.token(
        header={"alg": "RS512", "kid": "council-512"}
    ),
    "ES256": lambda d: d.token(header={"alg": "ES256", "kid": "council-ec"}, key=d.ring.curve),
    "aud as a list": lambda d: d.token(aud=["someone-else", AUDIENCE]),
    "no nbf": lambda d: d.token(nbf=None),
    "typ JWT": lambda d: d.token(header={"typ": "JWT"}),
    "typ in full": lambda d: d.token(header={"typ": "application/at+jwt"}),
    "typ in capitals": lambda d: d.token(header={"typ": "AT+JWT"}),
    "exp just passed, within the leeway": lambda d: d.token(iat=NOW - 600, exp=NOW - 29),
    "iat and nbf ahead, within the leeway": lambda d: d.token(iat=NOW + 30, nbf=NOW + 30),
    "a lifetime of exactly an hour": lambda d: d.token(exp=NOW + 3600),
    "times with a fraction": lambda d: d.token(iat=NOW + 0.25, exp=NOW + 600.5),
    "a header member that changes nothing": lambda d: d.token(header={"x5t": "abc"}),
    "scopes as a list": lambda d: d.token(scope=["contacts.read"]),
    "no role at all": lambda d: d.token(roles=None),
}


@pytest.mark.parametrize("case", ACCEPTED)
async def test_a_legitimate_token_is_accepted(door: Door, case: str) -> None:
    assert (await door.verifier.verify(ACCEPTED[case](door))).subject == "u-1042"


def unsigned(door: Door, algorithm: str) -> str:
    first = encoded(json.dumps({"alg": algorithm, "typ": "JWT", "kid": "council-1"}).encode())
    return f"{first}.{encoded(json.dumps(door.claims()).encode())}."


def forged_with_public_key(door: Door, form: str) -> str:
    public = door.ring.council.public_key()
    if form == "JWK":
        secret = json.dumps(jwk_of(door.ring.council, "council-1")).encode()
    else:
        encoding = getattr(serialization.Encoding, form)
        secret = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    first = encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "council-1"}).encode())
    message = f"{first}.{encoded(json.dumps(door.claims()).encode())}"
    return f"{message}.{encoded(hmac.new(secret, message.encode(), hashlib.sha256).digest())}"


def with_claims_text(door: Door, before: str, after: str) -> str:
    text = json.dumps(door.claims())
    assert before in text
    return door.token(raw_claims=text.replace(before, after, 1).encode())


def altered(door: Door, place: int) -> str:
    segments = door.token().split(".")
    content = base64.urlsafe_b64decode(segments[place] + "==")
    swapped = (
        content.replace(b"mash_worker", b"mash_manage")
        if place == 1
        else bytes([content[0] ^ 1]) + content[1:]
    )
    assert swapped != content
    segments[place] = encoded(swapped)
    return ".".join(segments)


def loosely_encoded(door: Door) -> str:
    """The same bytes under other letters: the bits that a decoder throws away are set."""
    token = door.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = token[:-1] + alphabet[alphabet.index(token[-1]) | 1]
    assert other != token
    assert base64.urlsafe_b64decode(other.split(".")[2] + "==") == base64.urlsafe_b64decode(
        token.split(".")[2] + "=="
    )
    return other


def ec_signature_in_der(door: Door) -> str:
    token = door.token(header={"alg": "ES256", "kid": "council-ec"}, key=door.ring.curve)
    message = token.rpartition(".")[0]
    return f"{message}.{encoded(door.ring.curve.sign(message.encode(), ec.ECDSA(hashes.SHA256())))}"


def ec_signature_of_zeroes(door: Door) -> str:
    token = door.token(header={"alg": "ES256", "kid": "council-ec"}, key=door.ring.curve)
    return f"{token.rpartition('.')[0]}.{encoded(bytes(64))}"


def deep(levels: int) -> bytes:
    return b'{"a":' + b"[" * levels + b"]" * levels + b"}"


R = TokenFault
REFUSED: dict[str, tuple[Callable[[Door], str], TokenFault]] = {
    # The signature and who made it
    "alg none": (lambda d: unsigned(d, "none"), R.malformed),
    "alg none with a signature": (lambda d: unsigned(d, "none") + "AAAA", R.algorithm),
    "alg None": (lambda d: unsigned(d, "None") + "AAAA", R.algorithm),
    "signature stripped": (lambda d: d.token().rpartition(".")[0] + ".", R.malformed),
    "signature segment missing": (lambda d: d.token().rpartition(".")[0], R.malformed),
    "HS256 by the public key in PEM": (lambda d: forged_with_public_key(d, "PEM"), R.algorithm),
    "HS256 by the public key in DER": (lambda d: forged_with_public_key(d, "DER"), R.algorithm),
    "HS256 by the public key as JWK": (lambda d: forged_with_public_key(d, "JWK"), R.algorithm),
    "RS384, not allowed here": (lambda d: d.token(header={"alg": "RS384"}), R.algorithm),
    "PS256, not known here": (lambda d: d.token(header={"alg": "PS256"}), R.algorithm),
    "alg missing": (lambda d: d.token(header={"alg": None}), R.algorithm),
    "alg a list": (lambda d: d.token(header={"alg": ["RS256"]}), R.algorithm),
    "claims tampered with": (lambda d: altered(d, 1), R.signature),
    "signature tampered with": (lambda d: altered(d, 2), R.signature),
    "signature loosely encoded": (loosely_encoded, R.malformed),
    "ES256 signature in DER": (ec_signature_in_der, R.signature),
    "ES256 signature of zeroes": (ec_signature_of_zeroes, R.signature),
    "signed by another's key": (lambda d: d.token(key=d.ring.police), R.signature),
    "RS256 said, ES256 key named": (lambda d: d.token(header={"kid": "council-ec"}), R.key),
    "ES256 said, RSA key named": (
        lambda d: d.token(header={"alg": "ES256"}, key=d.ring.curve),
        R.key,
    ),
    # The key
    "kid unknown": (lambda d: d.token(header={"kid": "nobody"}), R.key),
    "kid missing": (lambda d: d.token(header={"kid": None}), R.key),
    "kid empty": (lambda d: d.token(header={"kid": ""}), R.key),
    "kid a number": (lambda d: d.token(header={"kid": 1}), R.key),
    "kid in other case": (lambda d: d.token(header={"kid": "COUNCIL-1"}), R.key),
    "kid a path": (lambda d: d.token(header={"kid": "../../dev/null"}), R.key),
    "key is for encryption": (
        lambda d: d.token(header={"kid": "council-enc"}, key=d.ring.police),
        R.key,
    ),
    "key may not verify": (
        lambda d: d.token(header={"kid": "council-ops"}, key=d.ring.police),
        R.key,
    ),
    "key is for another algorithm": (lambda d: d.token(header={"kid": "council-512"}), R.key),
    "RSA of 1024 bits": (
        lambda d: d.token(header={"kid": "council-small"}, key=d.ring.small),
        R.key,
    ),
    "ES256 on P-384": (
        lambda d: d.token(header={"alg": "ES256", "kid": "council-p384"}, key=d.ring.long_curve),
        R.key,
    ),
    "EC point off its curve": (
        lambda d: d.token(header={"alg": "ES256", "kid": "council-off-curve"}, key=d.ring.curve),
        R.key,
    ),
    "published private key": (lambda d: d.token(header={"kid": "council-private"}), R.key),
    "one kid, two keys": (lambda d: d.token(header={"kid": "council-twice"}), R.key),
    "symmetric key published": (lambda d: d.token(header={"kid": "council-oct"}), R.key),
    "key that cannot be read": (lambda d: d.token(header={"kid": "council-broken"}), R.malformed),
    # The header
    "crit": (lambda d: d.token(header={"crit": ["exp"]}), R.header),
    "jku": (lambda d: d.token(header={"jku": "https://evil.example/keys"}), R.header),
    "jwk": (lambda d: d.token(header={"jwk": jwk_of(d.ring.police, "x")}), R.header),
    "x5u": (lambda d: d.token(header={"x5u": "https://evil.example/c"}), R.header),
    "x5c": (lambda d: d.token(header={"x5c": ["MIIB"]}), R.header),
    "b64": (lambda d: d.token(header={"b64": False}), R.header),
    "typ logout+jwt": (lambda d: d.token(header={"typ": "logout+jwt"}), R.type),
    "typ dpop+jwt": (lambda d: d.token(header={"typ": "dpop+jwt"}), R.type),
    "typ missing": (lambda d: d.token(header={"typ": None}), R.type),
    "typ a list": (lambda d: d.token(header={"typ": ["JWT"]}), R.type),
    "header member twice": (
        lambda d: d.token(
            raw_header=b'{"alg":"RS256","typ":"JWT","kid":"nobody","kid":"council-1"}'
        ),
        R.malformed,
    ),
    "header a list": (lambda d: d.token(raw_header=b'["RS256"]'), R.malformed),
    # Who issued it, and for whom
    "iss unknown": (lambda d: d.token(iss="https://evil.example"), R.issuer),
    "iss with a slash more": (lambda d: d.token(iss=ISSUER + "/"), R.issuer),
    "iss missing": (lambda d: d.token(iss=None), R.issuer),
    "iss a list": (lambda d: d.token(iss=[ISSUER]), R.issuer),
    "another issuer's key": (
        lambda d: d.token(header={"kid": "police-1"}, key=d.ring.police),
        R.key,
    ),
    "another issuer's name": (
        lambda d: d.token(iss=OTHER_ISSUER, organisation="hillshire-police"),
        R.key,
    ),
    "another issuer's algorithm": (
        lambda d: d.token(
            header={"alg": "RS512", "kid": "police-1"}, key=d.ring.police, iss=OTHER_ISSUER
        ),
        R.algorithm,
    ),
    "aud missing": (lambda d: d.token(aud=None), R.audience),
    "aud another's": (lambda d: d.token(aud="someone-else"), R.audience),
    "aud empty": (lambda d: d.token(aud=[]), R.audience),
    "aud contains ours in its text": (lambda d: d.token(aud=AUDIENCE + ".evil"), R.audience),
    "aud an object": (lambda d: d.token(aud={AUDIENCE: 1}), R.audience),
    "aud list with a number": (lambda d: d.token(aud=[AUDIENCE, 1]), R.audience),
    # When
    "exp missing": (lambda d: d.token(exp=None), R.claims),
    "iat missing": (lambda d: d.token(iat=None), R.claims),
    "exp a string": (lambda d: d.token(exp=str(NOW + 600)), R.claims),
    "exp true": (lambda d: d.token(exp=True), R.claims),
    "iat false": (lambda d: d.token(iat=False), R.claims),
    "exp 1e400": (
        lambda d: with_claims_text(d, f'"exp": {NOW + 600}', '"exp": 1e400'),
        R.malformed,
    ),
    "exp Infinity": (
        lambda d: with_claims_text(d, f'"exp": {NOW + 600}', '"exp": Infinity'),
        R.malformed,
    ),
    "exp NaN": (lambda d: with_claims_text(d, f'"exp": {NOW + 600}', '"exp": NaN'), R.malformed),
    "exp of a thousand digits": (
        lambda d: with_claims_text(d, f'"exp": {NOW + 600}', '"exp": ' + "9" * 1000),
        R.malformed,
    ),
    "exp in the year 9999": (lambda d: d.token(exp=253402300799), R.lifetime),
    "lifetime over an hour": (lambda d: d.token(exp=NOW + 3601), R.lifetime),
    "exp before iat": (lambda d: d.token(exp=NOW - 1), R.lifetime),
    "expired beyond the leeway": (lambda d: d.token(iat=NOW - 600, exp=NOW - 30), R.expired),
    "issued before the epoch": (lambda d: d.token(iat=-1e300, exp=-1e299), R.lifetime),
    "iat an hour ahead": (lambda d: d.token(iat=NOW + 3600, exp=NOW + 4200), R.not_yet_valid),
    "iat just beyond the leeway": (lambda d: d.token(iat=NOW + 31), R.not_yet_valid),
    "nbf ahead": (lambda d: d.token(nbf=NOW + 31), R.not_yet_valid),
    "nbf a string": (lambda d: d.token(nbf="now"), R.claims),
    # What it is for
    "nonce: an ID token": (lambda d: d.token(nonce="n-1"), R.not_an_access_token),
    "at_hash: an ID token": (lambda d: d.token(at_hash="h"), R.not_an_access_token),
    "c_hash: an ID token": (lambda d: d.token(c_hash="h"), R.not_an_access_token),
    "no scope: an ID token": (lambda d: d.token(scope=None), R.not_an_access_token),
    "scope a number": (lambda d: d.token(scope=7), R.claims),
    "roles an object": (lambda d: d.token(roles={"mash_worker": True}), R.claims),
    "sub missing": (lambda d: d.token(sub=None), R.claims),
    "sub empty": (lambda d: d.token(sub=""), R.claims),
    "sub a number": (lambda d: d.token(sub=1042), R.claims),
    "sub with a lone surrogate": (lambda d: d.token(sub="\ud800"), R.claims),
    "sub with a NUL": (lambda d: d.token(sub="u-1042\0"), R.claims),
    "sub with a line break": (lambda d: d.token(sub="u-1042\nadmin"), R.claims),
    "sub very long": (lambda d: d.token(sub="u" * 256), R.claims),
    # What it is made of
    "claim twice": (
        lambda d: with_claims_text(d, '"sub": "u-1042"', '"sub": "u-1", "sub": "u-1042"'),
        R.malformed,
    ),
    "inner member twice": (
        lambda d: with_claims_text(d, '"sub"', '"x": {"a": 1, "a": 2}, "sub"'),
        R.malformed,
    ),
    "claims not an object": (lambda d: d.token(raw_claims=b'"u-1042"'), R.malformed),
    "claims not JSON": (lambda d: d.token(raw_claims=b"{"), R.malformed),
    "claims not UTF-8": (lambda d: d.token(raw_claims=b'{"sub": "\xff"}'), R.malformed),
    "claims too deep": (lambda d: d.token(raw_claims=deep(20)), R.malformed),
    "claims deeper than the parser": (lambda d: d.token(raw_claims=deep(2500)), R.malformed),
    "5 MB": (lambda d: d.token(pad="x" * 5_000_000), R.too_large),
    "a byte too long": (lambda d: "a" * (LARGEST_TOKEN + 1), R.too_large),
    "empty": (lambda d: "", R.malformed),
    "garbage": (lambda d: "not-a-token", R.malformed),
    "dots": (lambda d: "..", R.malformed),
    "five segments": (lambda d: d.token() + ".AA.AA", R.malformed),
    "not ASCII": (lambda d: d.token() + "é", R.malformed),
    "a lone surrogate": (lambda d: d.token() + "\ud800", R.malformed),
    "with padding": (lambda d: d.token() + "==", R.malformed),
    "with a line break": (lambda d: d.token() + "\n", R.malformed),
    "with a blank inside": (lambda d: d.token().replace(".", ". ", 1), R.malformed),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_an_unsound_token_is_refused_for_its_own_fault(door: Door, case: str) -> None:
    make, reason = REFUSED[case]
    assert await door.refusal(make(door)) is reason


def test_the_table_covers_what_the_library_alone_lets_through() -> None:
    assert len(ACCEPTED) + len(REFUSED) >= 41


async def test_a_refused_token_stays_refused_when_sent_again(door: Door) -> None:
    token = door.token(aud=None)
    assert await door.refusal(token) is TokenFault.audience
    assert await door.refusal(token) is TokenFault.audience


async def test_a_token_of_exactly_the_largest_size_is_still_read(door: Door) -> None:
    room = LARGEST_TOKEN - len(door.token(pad=""))
    token = door.token(pad="x" * (room * 3 // 4))
    assert LARGEST_TOKEN - 4 <= len(token) <= LARGEST_TOKEN
    assert (await door.verifier.verify(token)).subject == "u-1042"


async def test_roles_the_issuer_may_not_assert_and_roles_unknown_are_ignored(door: Door) -> None:
    token = door.token(roles=["mash_worker", "partner_system", "emperor"])
    assert (await door.verifier.verify(token)).roles == {Role.mash_worker}


async def test_an_issuer_speaks_only_for_the_organisations_it_was_given(door: Door) -> None:
    async def as_police(organisation: str | None) -> str:
        return door.token(
            header={"kid": "police-1"},
            key=door.ring.police,
            iss=OTHER_ISSUER,
            roles=["partner_system"],
            organisation=organisation,
        )

    identity = await door.verifier.verify(await as_police("hillshire-police"))
    assert identity.organisation_id == "hillshire-police"
    assert await door.refusal(await as_police("oakwood-school")) is TokenFault.organisation
    assert await door.refusal(await as_police(None)) is TokenFault.organisation


async def test_a_partner_system_without_an_organisation_is_refused(
    ring: Ring, police_settings: IssuerSettings
) -> None:
    anyone = police_settings.model_copy(update={"organisations": frozenset()})
    provider = Provider([jwk_of(ring.police, "police-1")])
    clock = MovedByHand()
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as http:
        door = Door(TokenVerifier([anyone], clock, http), clock, provider, provider, ring)
        made: dict[str, Any] = {
            "header": {"kid": "police-1"},
            "key": ring.police,
            "iss": OTHER_ISSUER,
            "roles": ["partner_system"],
        }
        assert await door.refusal(door.token(**made)) is TokenFault.organisation
        token = door.token(**made, organisation="oakwood-school")
        assert (await door.verifier.verify(token)).organisation_id == "oakwood-school"


async def test_the_same_subject_from_two_issuers_is_two_people(door: Door) -> None:
    ours = await door.verifier.verify(door.token())
    theirs = await door.verifier.verify(
        door.token(
            header={"kid": "police-1"},
            key=door.ring.police,
            iss=OTHER_ISSUER,
            roles=["mash_manager"],
            organisation="hillshire-police",
        )
    )
    assert ours.subject == theirs.subject
    assert (ours.issuer, ours.subject) != (theirs.issuer, theirs.subject)
    assert theirs.roles == frozenset()


async def test_claims_are_found_where_the_issuer_keeps_them(
    ring: Ring, council_settings: IssuerSettings
) -> None:
    elsewhere = council_settings.model_copy(
        update={
            "roles_claim": "realm_access.roles",
            "scope_claim": "https://example.gov.uk/scp",
            "organisation_claim": "org.code",
        }
    )
    provider = Provider([jwk_of(ring.council, "council-1")])
    clock = MovedByHand()
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as http:
        door = Door(TokenVerifier([elsewhere], clock, http), clock, provider, provider, ring)
        token = door.token(
            scope=None,
            roles=["mash_manager"],
            realm_access={"roles": ["qa_auditor"]},
            org={"code": "hillshire"},
            **{"https://example.gov.uk/scp": ["contacts.read"]},
        )
        identity = await door.verifier.verify(token)
    assert identity.roles == {Role.qa_auditor}
    assert identity.scopes == {Scope.contacts_read}
    assert identity.organisation_id == "hillshire"


async def test_a_client_without_a_person_goes_by_its_client_id(door: Door) -> None:
    identity = await door.verifier.verify(door.token(name=None, azp=None, client_id="records"))
    assert (identity.name, identity.client_id) == ("records", "records")
    identity = await door.verifier.verify(door.token(name=None, azp=None))
    assert (identity.name, identity.client_id) == ("u-1042", None)


async def test_an_odd_name_is_made_fit_to_show_and_keeps_nobody_out(door: Door) -> None:
    identity = await door.verifier.verify(door.token(name=" Ada\n\0\ud800 Okafor " + "x" * 300))
    assert identity.name.startswith("Ada Okafor x")
    assert len(identity.name) == 255


# Keys that come and go


async def test_keys_are_read_once_and_kept(door: Door) -> None:
    for number_ in range(20):
        await door.verifier.verify(door.token(jti=str(number_)))
    assert door.council.asked == 1
    assert door.police.asked == 0


async def test_many_at_once_share_one_reading(door: Door) -> None:
    async def verify(number_: int) -> str:
        return (await door.verifier.verify(door.token(jti=str(number_)))).subject

    assert await asyncio.gather(*(verify(one) for one in range(50))) == ["u-1042"] * 50
    assert door.council.asked == 1


async def test_a_thousand_made_up_key_ids_cause_at_most_one_reading(door: Door) -> None:
    await door.verifier.verify(door.token())
    door.clock.forward(seconds=61)
    claims = door.token().split(".")[1:]
    for number_ in range(1000):
        header = {"alg": "RS256", "typ": "JWT", "kid": f"made-up-{number_}"}
        token = ".".join([encoded(json.dumps(header).encode()), *claims])
        assert await door.refusal(token) is TokenFault.key
    assert door.council.asked == 2
    door.clock.forward(seconds=60)
    assert await door.refusal(door.token(header={"kid": "made-up"})) is TokenFault.key
    assert door.council.asked == 3


async def test_a_new_key_is_found_at_once_and_the_old_one_stays_while_published(door: Door) -> None:
    old = door.token()
    await door.verifier.verify(old)
    door.council.keys.append(jwk_of(door.ring.police, "council-2"))
    door.clock.forward(seconds=61)
    new = door.token(header={"kid": "council-2"}, key=door.ring.police)
    assert (await door.verifier.verify(new)).subject == "u-1042"
    assert (await door.verifier.verify(old)).subject == "u-1042"
    assert door.council.asked == 2


async def test_a_removed_key_is_refused_once_the_cache_is_read_again(door: Door) -> None:
    token = door.token(exp=NOW + 3600)
    await door.verifier.verify(token)
    del door.council.keys[0]
    door.clock.forward(minutes=4, seconds=59)
    await door.verifier.verify(token)
    door.clock.forward(seconds=1)
    # The token is still remembered, for less than a minute; any other makes the keys be read.
    assert await door.refusal(door.token()) is TokenFault.key
    assert await door.refusal(token) is TokenFault.key


async def test_a_remembered_token_outlives_its_key_by_no_more_than_a_minute(door: Door) -> None:
    token = door.token(exp=NOW + 3600)
    await door.verifier.verify(token)
    del door.council.keys[0]
    refused_after = 0
    while not refused_after:
        door.clock.forward(seconds=20)
        try:
            await door.verifier.verify(token)
        except TokenRefused:
            refused_after = int((door.clock.now - START).total_seconds())
    assert 300 <= refused_after <= 360


async def test_a_key_that_changes_under_its_id_is_taken_as_published_now(door: Door) -> None:
    old = door.token(exp=NOW + 3600)
    await door.verifier.verify(old)
    door.council.keys[0] = jwk_of(door.ring.police, "council-1")
    door.clock.forward(minutes=5)
    assert (await door.verifier.verify(door.token(key=door.ring.police))).subject == "u-1042"
    assert await door.refusal(old) is TokenFault.signature


def out_of_reach(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route", request=request)


GOOD_KEYS = b'{"keys": []}'
FAILURES: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "out of reach": out_of_reach,
    "500": lambda _: httpx.Response(500),
    "a redirect": lambda _: httpx.Response(302, headers={"Location": "http://169.254.169.254/"}),
    "not JSON": lambda _: httpx.Response(200, text="<html>"),
    "not an object": lambda _: httpx.Response(200, json=[]),
    "no keys member": lambda _: httpx.Response(200, json={}),
    "a member twice": lambda _: httpx.Response(200, text='{"keys": [], "keys": []}'),
    "too many keys": lambda _: httpx.Response(200, json={"keys": [{}] * 101}),
    "too large": lambda _: httpx.Response(200, content=GOOD_KEYS + b" " * LARGEST_KEY_SET),
    "compressed": lambda _: httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, content=gzip.compress(GOOD_KEYS)
    ),
    "too deep": lambda _: httpx.Response(200, content=deep(100_000)),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_reading_keeps_the_last_good_keys_and_is_told(
    door: Door, failure: str
) -> None:
    await door.verifier.verify(door.token())
    assert door.verifier.health()[ISSUER].state is KeyState.ok
    door.council.answer = FAILURES[failure]
    door.clock.forward(minutes=6)
    assert (await door.verifier.verify(door.token())).subject == "u-1042"
    health = door.verifier.health()
    assert (health[ISSUER].state, health[ISSUER].loaded_at) == (KeyState.degraded, START)
    assert door.council.asked == 2


@pytest.mark.parametrize("failure", FAILURES)
async def test_without_any_keys_nothing_is_said_of_a_token(door: Door, failure: str) -> None:
    door.council.answer = FAILURES[failure]
    with pytest.raises(KeysUnavailable):
        await door.verifier.verify(door.token())
    assert door.verifier.health()[ISSUER].state is KeyState.never_loaded
    with pytest.raises(KeysUnavailable):
        await door.verifier.verify(door.token())
    assert door.council.asked == 1
    door.council.answer = None
    door.clock.forward(seconds=10)
    assert (await door.verifier.verify(door.token())).subject == "u-1042"


async def test_people_keep_working_while_the_issuer_is_down_for_an_hour(door: Door) -> None:
    await door.verifier.verify(door.token())
    door.council.answer = out_of_reach
    for _ in range(60):
        door.clock.forward(minutes=1)
        assert (await door.verifier.verify(door.token())).subject == "u-1042"
        await asyncio.sleep(0)
    assert door.verifier.health()[ISSUER].state is KeyState.degraded
    assert door.council.asked <= 60
    door.council.answer = None
    door.clock.forward(minutes=1)
    await door.verifier.keep_fresh()
    for _ in range(10):
        await asyncio.sleep(0)
    assert door.verifier.health()[ISSUER].state is KeyState.ok


async def test_while_the_issuer_hangs_people_with_good_keys_do_not_wait_for_it(
    door: Door, council_settings: IssuerSettings
) -> None:
    released = asyncio.Event()
    hanging = False

    async def answer(request: httpx.Request) -> httpx.Response:
        if hanging:
            await released.wait()
        return door.council(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        verifier = TokenVerifier([council_settings], door.clock, http)
        await verifier.verify(door.token())
        door.council.answer = out_of_reach
        door.clock.forward(minutes=6)
        await verifier.verify(door.token())
        hanging = True
        door.clock.forward(minutes=2)
        async with asyncio.timeout(PATIENCE):
            assert (await verifier.verify(door.token())).subject == "u-1042"
        door.council.keys.append(jwk_of(door.ring.police, "council-2"))
        new = door.token(header={"kid": "council-2"}, key=door.ring.police)
        waiting = asyncio.create_task(verifier.verify(new))
        await asyncio.sleep(0)
        assert not waiting.done()
        door.council.answer = None
        released.set()
        assert (await waiting).subject == "u-1042"
        assert verifier.health()[ISSUER].state is KeyState.ok


async def test_one_who_gives_up_waiting_does_not_take_the_reading_with_him(
    door: Door, council_settings: IssuerSettings
) -> None:
    asked, released = asyncio.Event(), asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.set()
        await released.wait()
        return door.council(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        verifier = TokenVerifier([council_settings], door.clock, http)
        first = asyncio.create_task(verifier.verify(door.token()))
        await asked.wait()
        second = asyncio.create_task(verifier.verify(door.token(jti="2")))
        await asyncio.sleep(0)
        first.cancel()
        released.set()
        assert (await second).subject == "u-1042"
        with pytest.raises(asyncio.CancelledError):
            await first
    assert door.council.asked == 1


async def test_keys_older_than_a_day_are_not_trusted_any_more(door: Door) -> None:
    await door.verifier.verify(door.token())
    door.council.answer = out_of_reach
    door.clock.forward(hours=23, minutes=59)
    assert (await door.verifier.verify(door.token())).subject == "u-1042"
    door.clock.forward(minutes=1)
    with pytest.raises(KeysUnavailable):
        await door.verifier.verify(door.token(jti="a day later"))
    assert door.verifier.health()[ISSUER].state is KeyState.expired


async def test_an_issuer_that_withdraws_every_key_lets_nobody_in(door: Door) -> None:
    await door.verifier.verify(door.token())
    door.council.keys.clear()
    door.clock.forward(minutes=5)
    assert await door.refusal(door.token()) is TokenFault.key
    assert door.verifier.health()[ISSUER].state is KeyState.degraded


async def test_a_clock_set_back_does_not_stop_keys_from_being_read(door: Door) -> None:
    await door.verifier.verify(door.token())
    door.clock.forward(hours=-3)
    door.council.keys.append(jwk_of(door.ring.police, "council-2"))
    new = door.token(header={"kid": "council-2"}, key=door.ring.police)
    assert (await door.verifier.verify(new)).subject == "u-1042"


async def test_keys_are_asked_for_plainly_and_no_redirect_is_followed(door: Door) -> None:
    def redirect(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/keys"):
            return httpx.Response(302, headers={"Location": f"{ISSUER}/elsewhere"})
        return httpx.Response(200, json={"keys": door.council.keys})

    door.council.answer = redirect
    with pytest.raises(KeysUnavailable):
        await door.verifier.verify(door.token())
    assert [str(request.url) for request in door.council.requests] == [f"{ISSUER}/keys"]
    assert door.council.requests[0].headers["accept-encoding"] == ""


async def test_an_issuer_that_never_answers_is_given_up_on(
    door: Door, council_settings: IssuerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.integrations.tokens.FETCH_TIMEOUT_SECONDS", 0.02)

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(never)) as http:
        verifier = TokenVerifier([council_settings], door.clock, http)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(KeysUnavailable):
                await verifier.verify(door.token())


async def test_keys_can_be_read_before_the_first_caller_comes(door: Door) -> None:
    assert {one.state for one in door.verifier.health().values()} == {KeyState.never_loaded}
    await door.verifier.keep_fresh()
    assert {one.state for one in door.verifier.health().values()} == {KeyState.ok}
    await door.verifier.verify(door.token())
    assert door.council.asked == 1


# What is remembered


async def test_a_remembered_token_ends_with_its_own_end(door: Door) -> None:
    token = door.token(exp=NOW + 20)
    await door.verifier.verify(token)
    door.clock.forward(seconds=49)
    await door.verifier.verify(token)
    door.clock.forward(seconds=1)
    assert await door.refusal(token) is TokenFault.expired


async def test_a_remembered_token_is_not_valid_before_it_was_seen(door: Door) -> None:
    token = door.token()
    await door.verifier.verify(token)
    door.clock.forward(seconds=-31)
    assert await door.refusal(token) is TokenFault.not_yet_valid


async def test_only_so_many_tokens_are_remembered(
    door: Door, council_settings: IssuerSettings
) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(door.council)) as http:
        verifier = TokenVerifier([council_settings], door.clock, http, most_remembered=3)
        for number_ in range(10):
            await verifier.verify(door.token(jti=str(number_)))
        assert verifier.remembered == 3
        with pytest.raises(TokenRefused):
            await verifier.verify("garbage")
        assert verifier.remembered == 3


# The seam


def test_no_other_module_calls_the_library() -> None:
    root = Path(__file__).parents[2]
    calls = re.compile(r"^\s*(from|import)\s+jose\b", re.MULTILINE)
    callers = {
        file.relative_to(root).as_posix()
        for folder in ("service", "api", "workers", "frontdoor")
        for file in (root / folder).rglob("*.py")
        if calls.search(file.read_text(encoding="utf-8"))
    }
    assert callers == {"service/integrations/tokens.py"}


def test_the_pure_python_curves_with_a_timing_flaw_are_not_even_loaded() -> None:
    assert "service.integrations.tokens" in sys.modules
    assert "jose" in sys.modules
    assert "ecdsa" not in sys.modules
    assert "jose.backends.ecdsa_backend" not in sys.modules


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": ""},
        {"audience": ""},
        {"algorithms": ()},
        {"algorithms": ("RS256", "HS256")},
        {"algorithms": ("none",)},
        {"may_assert_roles": frozenset()},
        {"jwks_url": ""},
        {"jwks_url": "http://login.example.gov.uk/keys"},
    ],
)
async def test_an_issuer_that_is_not_safe_to_believe_is_not_believed(
    council_settings: IssuerSettings, change: dict[str, Any]
) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(ValueError, match=next(iter(change))):
            TokenVerifier([council_settings.model_copy(update=change)], MovedByHand(), http)


async def test_an_issuer_is_believed_once(council_settings: IssuerSettings) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(ValueError, match="twice"):
            TokenVerifier([council_settings] * 2, MovedByHand(), http)
