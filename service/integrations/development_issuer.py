"""The development issuer: makes tokens for trying things out, and refuses to exist elsewhere."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service.domain.access import DUTIES, Role, Scope, scopes_for
from service.integrations.tokens import (
    Clock,
    HeldKeys,
    KeySource,
    public_members,
    sign_token,
)
from service.issuers import IssuerSettings
from service.settings import (
    DEVELOPMENT_ISSUER,
    PREFIX,
    Settings,
    SettingsFaulty,
    kept_secret,
)

AUDIENCE = "frontdoor"
CLIENT = "frontdoor-token"
ALGORITHM = "ES256"
KEY_FILE = "development_issuer_key.pem"
SHORTEST_LIFETIME = timedelta(seconds=1)
LONGEST_LIFETIME = timedelta(hours=1)


class DevelopmentIssuer:
    """Makes tokens for any role with a key kept in `var_folder`, on a developer's own machine.

    `SettingsFaulty` unless the environment is development, the service listens on loopback alone
    and the settings ask for it. The API and the command line share the key by its file;
    `key_is_new` when there was none, so that no service that runs already knows it.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        faults = []
        if not settings.is_development:
            faults.append(f"the development issuer needs {PREFIX}ENVIRONMENT=development")
        if not settings.listens_on_loopback:
            faults.append(f"the development issuer needs {PREFIX}HOST to be a loopback address")
        if not settings.development_issuer:
            faults.append(f"the development issuer needs {PREFIX}DEVELOPMENT_ISSUER=true")
        if faults:
            raise SettingsFaulty(tuple(faults))
        self._clock = clock
        self.key_file = (settings.var_folder / KEY_FILE).resolve()
        self.key_is_new = not self.key_file.exists()
        self._key = kept_secret(self.key_file, _new_key)
        self._members = public_members(self._key, algorithm=ALGORITHM)

    @property
    def issuer_settings(self) -> IssuerSettings:
        """How the verifier is to believe it: every role, any organisation."""
        return IssuerSettings(
            issuer=DEVELOPMENT_ISSUER,
            audience=AUDIENCE,
            algorithms=(ALGORITHM,),
            may_assert_roles=frozenset(Role),
        )

    def key_source(self) -> KeySource:
        """Its public key, handed over without a network."""
        return HeldKeys({"keys": [self._members]}, self._clock)

    def mint(
        self,
        role: Role,
        *,
        name: str | None = None,
        organisation: str | None = None,
        team: str | None = None,
        lifetime: timedelta = LONGEST_LIFETIME,
        scopes: Iterable[Scope] | None = None,
        also: Iterable[Role] = (),
    ) -> str:
        """A token for one role; the same role, name and organisation are always the same person.

        `scopes` left out means every scope that the role can use; `also` are roles that the same
        person has besides. `ValueError` when a partner
        system has no organisation, or the lifetime is not between a second and an hour.
        """
        if role is Role.partner_system and not organisation:
            raise ValueError("A partner system speaks for an organisation: say which.")
        if not SHORTEST_LIFETIME <= lifetime <= LONGEST_LIFETIME:
            raise ValueError("A token lives for at least a second and at most 60 minutes.")
        shown = name or f"Development {DUTIES[role].title}"
        person = uuid.uuid5(
            uuid.NAMESPACE_URL, f"{DEVELOPMENT_ISSUER}{role}/{shown}/{organisation}"
        )
        issued = int(self._clock().timestamp())
        roles = (role, *also)
        every = frozenset().union(*(scopes_for(one) for one in roles))
        granted = every if scopes is None else frozenset(scopes)
        claims: dict[str, object] = {
            "iss": DEVELOPMENT_ISSUER,
            "aud": AUDIENCE,
            "sub": str(person),
            "name": shown,
            "azp": CLIENT,
            "jti": str(uuid.uuid4()),
            "iat": issued,
            "exp": issued + int(lifetime.total_seconds()),
            "scope": " ".join(sorted(granted)),
            "roles": [one.value for one in roles],
        }
        if organisation:
            claims["organisation"] = organisation
        if team:
            claims["team"] = team
        return sign_token(claims, self._key, algorithm=ALGORITHM, key_id=self._members["kid"])


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
