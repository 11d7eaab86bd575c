"""The identity providers: whose access tokens are accepted, and how far they are believed."""

import ipaddress
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.domain.access import Role
from service.strict.json_texts import NotStrict, strict_json

ALGORITHMS = ("RS256", "RS512", "ES256")
LONGEST_LIFETIME_MINUTES = 90
FURTHEST_BACK_MINUTES = 5


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_one_or_several), Field(min_length=1)]


class IssuerSettings(BaseModel):
    """An OpenID issuer whose access tokens are accepted, and how far it is believed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str = Field(default="", description="The exact `iss` of its tokens.")
    audience: str = Field(default="", description="The `aud` by which its tokens name us.")
    jwks_url: str = Field(default="", description="Where it publishes its signing keys (https).")
    algorithms: tuple[str, ...] = Field(
        default=(), description="The signatures it may use: RS256, RS512, ES256."
    )
    longest_lifetime_minutes: int = Field(
        default=60,
        ge=1,
        le=LONGEST_LIFETIME_MINUTES,
        description=(
            "The longest life of a token that is accepted, from `iat` to `exp`; at most "
            f"{LONGEST_LIFETIME_MINUTES}."
        ),
    )
    back_dated_minutes: int = Field(
        default=0,
        ge=0,
        le=FURTHEST_BACK_MINUTES,
        description=(
            "How far the provider dates `iat` back (Microsoft Entra ID: 5); added to the life."
        ),
    )
    roles_claim: str = Field(
        default="roles",
        description="The claim that lists roles; a dotted path reaches into nested claims.",
    )
    role_names: Mapping[str, Role] = Field(
        default={},
        description=(
            "The provider's word (a role, or the id of a group) for each of our roles, where it "
            'is not our own: `{"FrontDoor-MASH-Managers": "mash_manager"}`.'
        ),
    )
    scope_claim: str = Field(
        default="scope", description="The claim with the granted scopes: a string or a list."
    )
    application_scope_claim: str | None = Field(
        default=None,
        description=(
            "Where the scopes of a partner's system stand when its tokens have no `scope_claim` "
            "(Microsoft Entra ID: `roles`). Needs `clients`; never used for people."
        ),
    )
    organisation_claim: str = Field(
        default="organisation", description="The claim with the caller's organisation."
    )
    clients: Mapping[str, str] = Field(
        default={},
        description=(
            "The organisation for which each client system speaks, by its client id (`azp`, "
            "`client_id` or `appid`): where the provider cannot put it into the token."
        ),
    )
    team_claim: str = Field(default="team", description="The claim with the caller's team.")
    team_names: Mapping[str, str] = Field(
        default={},
        description=(
            "The provider's word (a text, or the id of a group) for each team of the policy, where "
            "it is not the policy's own. Of several that fit, the first in this list counts."
        ),
    )
    required_claims: Mapping[str, Words] = Field(
        default={},
        description=(
            "Claims that a token must have, each with the values of which it must have one: the "
            "tenant, the client applications. Other tokens are refused."
        ),
    )
    may_assert_roles: frozenset[Role] = Field(
        default=frozenset(), description="The roles it is believed about; others are ignored."
    )
    organisations: frozenset[str] = Field(
        default=frozenset(),
        description=(
            "The organisations it may speak for; empty means any. Staff whose tokens name none "
            "are not concerned."
        ),
    )

    def faults(self, *, needs_jwks_url: bool = True) -> tuple[str, ...]:
        """What makes this issuer unsafe to believe, in sentences."""
        found = []
        if not self.issuer:
            found.append("issuer is missing")
        if not self.audience:
            found.append("audience is missing: without it, tokens meant for others would be taken")
        if not self.algorithms:
            found.append(f"algorithms are missing: choose from {', '.join(ALGORITHMS)}")
        elif not set(self.algorithms) <= set(ALGORITHMS):
            found.append(f"algorithms may only be {', '.join(ALGORITHMS)}")
        if not self.may_assert_roles:
            found.append("may_assert_roles is missing: name the roles it is believed about")
        if self.application_scope_claim is not None and not self.clients:
            found.append("application_scope_claim needs clients: name the systems and whom each is")
        beyond = {one for one in self.role_names.values() if one not in self.may_assert_roles}
        if beyond:
            found.append(
                f"role_names gives {', '.join(sorted(beyond))}, which may_assert_roles leaves out"
            )
        if self.organisations and not set(self.clients.values()) <= self.organisations:
            found.append("clients names an organisation that organisations leaves out")
        if needs_jwks_url:
            found += _url_faults(self.jwks_url)
        return tuple(found)


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine and no other."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def read_issuers(text: str) -> object:
    """What `text`, JSON or the path of a TOML or JSON file, says of issuers; not yet checked.

    Raises ValueError with a sentence that repeats nothing of the text.
    """
    text = text.strip()
    if not text:
        return ()
    if text[0] in "[{":
        try:
            found = strict_json(text)
        except NotStrict as fault:
            raise ValueError(f"is not valid JSON: {fault}") from None
        except (ValueError, RecursionError):
            raise ValueError("is not valid JSON") from None
        return _issuer_list(found)
    path = Path(text)
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        raise ValueError(
            "is neither a JSON list nor a file that can be read; a path that does not begin with / "
            "is looked for from the folder in which the command is run"
        ) from None
    try:
        found = tomllib.loads(content) if path.suffix == ".toml" else strict_json(content)
    except NotStrict as fault:
        raise ValueError(f"names a file that is not valid JSON: {fault}") from None
    except (ValueError, RecursionError):
        raise ValueError("names a file that is neither valid TOML nor valid JSON") from None
    return _issuer_list(found)


def _issuer_list(found: object) -> object:
    if isinstance(found, dict):
        if set(found) != {"issuers"}:
            raise ValueError("must hold one member, `issuers`")
        found = found["issuers"]
    if not isinstance(found, list):
        raise ValueError("must be a list of issuers")
    return found


def _url_faults(url: str) -> list[str]:
    if not url:
        return ["jwks_url is missing"]
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ["jwks_url is not a URL"]
    if parts.scheme not in ("https", "http") or not host:
        return ["jwks_url must be an https URL"]
    if parts.username or parts.password:
        return ["jwks_url must not carry a user name or a password"]
    if parts.scheme == "http" and not is_loopback(host):
        return ["jwks_url must be https: over http anyone on the way could plant a key"]
    return []
