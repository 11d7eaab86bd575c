"""What an access token says of who calls, how far its issuer is believed, and why it is refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from service.domain.access import Role, Scope
from service.issuers import IssuerSettings

# Each of these lets the bearer, not the issuer, say how or with which key the token is checked.
REFUSED_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip"})
ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt"})
LEEWAY_SECONDS = 30
# Only an ID token carries these: it tells a client who signed in and gives leave to do nothing.
ID_TOKEN_CLAIMS = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})


class TokenFault(StrEnum):
    """Why a token was refused: for the log alone, never for the one who sent it."""

    too_large = "too_large"
    malformed = "malformed"
    header = "header"
    type = "type"
    algorithm = "algorithm"
    issuer = "issuer"
    audience = "audience"
    claims = "claims"
    expired = "expired"
    not_yet_valid = "not_yet_valid"
    lifetime = "lifetime"
    not_an_access_token = "not_an_access_token"  # noqa: S105 - a code, not a secret
    key = "key"
    signature = "signature"
    organisation = "organisation"
    required_claim = "required_claim"
    groups_left_out = "groups_left_out"
    keys_unavailable = "keys_unavailable"


class TokenRefused(Exception):
    """The token is not accepted. Its text is always the same; `reason` is for the log alone."""

    def __init__(self, reason: TokenFault) -> None:
        super().__init__("The access token was refused.")
        self.reason = reason


class KeysUnavailable(TokenRefused):
    """The issuer's keys cannot be had, so nothing can be said of the token: try again later."""

    def __init__(self) -> None:
        super().__init__(TokenFault.keys_unavailable)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a verified token says of its bearer. (`issuer`, `subject`) is who it is.

    `roles` holds only those that the issuer may assert. `issued_at` and `expires_at` are the
    token's own beginning and end.
    """

    issuer: str
    subject: str
    name: str
    client_id: str | None
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    organisation_id: str | None
    team_id: str | None
    issued_at: datetime
    expires_at: datetime


def check_header(header: Mapping[str, Any], issuer: IssuerSettings) -> tuple[str, str]:
    """The algorithm and the id of the key by which a token is checked. Raises TokenRefused."""
    if not REFUSED_HEADERS.isdisjoint(header):
        raise TokenRefused(TokenFault.header)
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.lower() not in ACCESS_TOKEN_TYPES:
        raise TokenRefused(TokenFault.type)
    algorithm = header.get("alg")
    if algorithm not in issuer.algorithms:
        raise TokenRefused(TokenFault.algorithm)
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise TokenRefused(TokenFault.key)
    return algorithm, key_id


def check_times(claims: Mapping[str, Any], issuer: IssuerSettings, now: float) -> float:
    """Until when a token is good, in seconds of the epoch. Raises TokenRefused out of its time."""
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    longest = 60 * (issuer.longest_lifetime_minutes + issuer.back_dated_minutes)
    if expires <= issued or expires - issued > longest:
        raise TokenRefused(TokenFault.lifetime)
    if now >= expires + LEEWAY_SECONDS:
        raise TokenRefused(TokenFault.expired)
    if issued > now + LEEWAY_SECONDS:
        raise TokenRefused(TokenFault.not_yet_valid)
    if "nbf" in claims and _seconds(claims, "nbf") > now + LEEWAY_SECONDS:
        raise TokenRefused(TokenFault.not_yet_valid)
    return expires


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # bool is an int to Python: `exp: true` would be one second after the epoch.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(TokenFault.claims)
    seconds = float(value)
    if not math.isfinite(seconds):
        raise TokenRefused(TokenFault.claims)
    return seconds


def check_purpose(claims: Mapping[str, Any], issuer: IssuerSettings) -> None:
    """Raises TokenRefused for a token that was made for somebody or something else."""
    audience = claims.get("aud")
    audiences = [audience] if isinstance(audience, str) else audience
    if not isinstance(audiences, list) or not all(isinstance(one, str) for one in audiences):
        raise TokenRefused(TokenFault.audience)
    if issuer.audience not in audiences:
        raise TokenRefused(TokenFault.audience)
    if not ID_TOKEN_CLAIMS.isdisjoint(claims):
        raise TokenRefused(TokenFault.not_an_access_token)
    for name, values in issuer.required_claims.items():
        if values and set(values).isdisjoint(_words_of_a_claim(_claim(claims, name))):
            raise TokenRefused(TokenFault.required_claim)


def identity_of(claims: Mapping[str, Any], issuer: IssuerSettings, expires: float) -> Identity:
    """Who calls, as far as the issuer is believed. Raises TokenRefused where it says too much."""
    subject = text_of_claim(claims.get("sub"))
    if subject is None:
        raise TokenRefused(TokenFault.claims)
    clients = (text_of_claim(claims.get(name)) for name in ("azp", "client_id", "appid"))
    client_id = next((one for one in clients if one is not None), None)
    roles = _roles(claims, issuer)
    organisation = _organisation(claims, issuer, client_id)
    if organisation is None and Role.partner_system in roles:
        raise TokenRefused(TokenFault.organisation)
    granted = _granted(claims, issuer, roles, client_id)
    return Identity(
        issuer=issuer.issuer,
        subject=subject,
        name=_shown(claims.get("name")) or client_id or subject,
        client_id=client_id,
        roles=roles,
        scopes=frozenset(Scope(one) for one in granted if one in _SCOPES),
        organisation_id=organisation,
        team_id=_team(claims, issuer),
        issued_at=datetime.fromtimestamp(_seconds(claims, "iat"), UTC),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def _roles(claims: Mapping[str, Any], issuer: IssuerSettings) -> frozenset[Role]:
    """Those that the provider says in its words or ours, and may say."""
    found = _claim(claims, issuer.roles_claim)
    if found is None:
        _refuse_groups_left_out(claims, issuer.roles_claim)
    words = _words(found)
    said = {issuer.role_names[one] for one in words if one in issuer.role_names}
    said |= {Role(one) for one in words if one in _ROLES and one not in issuer.role_names}
    return frozenset(said & issuer.may_assert_roles)


def _refuse_groups_left_out(claims: Mapping[str, Any], name: str) -> None:
    """A person of too many groups has a token that names none of them, but where to ask for them.

    To take that for "no group" would let them in as nobody, and nobody would know why.
    """
    elsewhere = claims.get("_claim_names")
    if (isinstance(elsewhere, dict) and name in elsewhere) or (
        name == "groups" and "hasgroups" in claims
    ):
        raise TokenRefused(TokenFault.groups_left_out)


def _organisation(
    claims: Mapping[str, Any], issuer: IssuerSettings, client_id: str | None
) -> str | None:
    """Which organisation the caller speaks for: by its client, else by the claim.

    Staff whose tokens name none belong to the authority itself; whoever names one that the issuer
    may not speak for, or another than its client's, is refused.
    """
    said = text_of_claim(_claim(claims, issuer.organisation_claim))
    listed = issuer.clients.get(client_id) if client_id is not None else None
    if listed is not None and said is not None and said != listed:
        raise TokenRefused(TokenFault.organisation)
    organisation = said if listed is None else listed
    if (
        issuer.organisations
        and organisation is not None
        and (organisation not in issuer.organisations)
    ):
        raise TokenRefused(TokenFault.organisation)
    return organisation


def _granted(
    claims: Mapping[str, Any], issuer: IssuerSettings, roles: frozenset[Role], client_id: str | None
) -> list[str]:
    """The scopes, from the claim without which this is no access token.

    A listed partner's system may keep them elsewhere. Its token has no role of a person, so that
    a person's ID token, which has no scopes either, is never taken for an access token.
    """
    granted = _claim(claims, issuer.scope_claim)
    a_listed_system = roles == {Role.partner_system} and client_id in issuer.clients
    if granted is None and a_listed_system and issuer.application_scope_claim is not None:
        granted = _claim(claims, issuer.application_scope_claim)
    if granted is None:
        raise TokenRefused(TokenFault.not_an_access_token)
    return _words(granted)


def _team(claims: Mapping[str, Any], issuer: IssuerSettings) -> str | None:
    """The caller's team: by the list of names, where there is one, else the claim's own text."""
    found = _claim(claims, issuer.team_claim)
    if not issuer.team_names:
        return text_of_claim(found)
    if found is None:
        _refuse_groups_left_out(claims, issuer.team_claim)
    said = set(_words_of_a_claim(found))
    return next((team for name, team in issuer.team_names.items() if name in said), None)


_ROLES = frozenset(role.value for role in Role)
_SCOPES = frozenset(scope.value for scope in Scope)
_LONGEST_TEXT = 255


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that very name, else the one that the dotted path leads to."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return found


def text_of_claim(value: Any) -> str | None:
    """A claim that is absent, or a short and printable text; else the token is refused."""
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
        raise TokenRefused(TokenFault.claims)
    # Surrogates, NUL and control characters break databases and forge lines in logs.
    if not value.isprintable() or value != value.strip():
        raise TokenRefused(TokenFault.claims)
    return value


def _shown(value: Any) -> str:
    """A name made fit to show: odd characters become spaces; nobody is kept out by one."""
    text = value if isinstance(value, str) else ""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:_LONGEST_TEXT]


def _words_of_a_claim(value: Any) -> list[str]:
    """A claim's texts: itself, or each of its list. Unlike words, a text may hold spaces."""
    return [value] if isinstance(value, str) else _words(value)


def _words(value: Any) -> list[str]:
    if value is None:
        return []
    words = value.split(" ") if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
        raise TokenRefused(TokenFault.claims)
    return words
