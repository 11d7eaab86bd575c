"""Providers as councils have them: Microsoft Entra ID as it comes, one for staff and partners."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from service.domain.access import Role, Scope
from service.integrations.issuer_keys import KeyShelf, KeyState
from service.integrations.token_claims import KeysUnavailable, TokenFault
from service.integrations.tokens import TokenVerifier
from service.issuers import IssuerSettings
from tests.support.providers import NOW, START, Door, MovedByHand, Provider, Ring, jwk_of

TENANT = "6b1f3b1e-0d4c-4a58-9a39-6f0f5f2f7c11"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
API = "0f9d2c8a-7a1e-4a6b-8a55-3f6d1f0f8e42"
DESK = "a4c1f0de-1111-4f6e-9d20-5d0c6b8f2b01"
POLICE_CLIENT = "c7e1d2aa-2222-4c1b-8f11-0a9b8c7d6e5f"
MANAGERS = "1f0e9d8c-3333-4b2a-9c8d-7e6f5a4b3c2d"
NORTH = "2f0e9d8c-4444-4b2a-9c8d-7e6f5a4b3c2d"
SOUTH = "3f0e9d8c-5555-4b2a-9c8d-7e6f5a4b3c2d"

COUNCIL_ON_ENTRA = IssuerSettings(
    issuer=ENTRA,
    audience=API,
    jwks_url=f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys",
    algorithms=("RS256",),
    longest_lifetime_minutes=90,
    back_dated_minutes=5,
    scope_claim="scp",
    application_scope_claim="roles",
    required_claims={"tid": (TENANT,), "azp": (DESK, POLICE_CLIENT)},
    role_names={"FrontDoor.Manager": Role.mash_manager},
    team_claim="groups",
    team_names={NORTH: "mash", SOUTH: "assessment-south"},
    clients={POLICE_CLIENT: "hillshire-police"},
    organisations=frozenset({"hillshire-police"}),
    may_assert_roles=frozenset(Role),
)


@asynccontextmanager
async def opened(
    ring: Ring, settings: IssuerSettings, shelf: KeyShelf | None = None
) -> AsyncIterator[Door]:
    provider = Provider([jwk_of(ring.council, "council-1")])
    clock = MovedByHand()
    async with httpx.AsyncClient(transport=httpx.MockTransport(provider)) as http:
        verifier = TokenVerifier([settings], clock, http, shelf=shelf)
        yield Door(verifier, clock, provider, provider, ring)


@pytest.fixture
async def entra(ring: Ring) -> AsyncIterator[Door]:
    async with opened(ring, COUNCIL_ON_ENTRA) as door:
        yield door


def staff(door: Door, *, minutes: float = 75, **changes: Any) -> str:
    """A delegated token as Entra makes it: version 2.0, `scp`, `iat` five minutes back."""
    issued = int(door.clock.now.timestamp()) - 300
    claims: dict[str, Any] = {
        "iss": ENTRA,
        "aud": API,
        "iat": issued,
        "nbf": issued,
        "exp": issued + int((minutes + 5) * 60),
        "scope": None,
        "scp": "contacts.read contacts.write",
        "roles": ["FrontDoor.Manager"],
        "team": None,
        "groups": [SOUTH],
        "azp": DESK,
        "azpacr": "1",
        "oid": "8d1c3a52-0000-4c39-8e9c-0d0f5a0b1c2d",
        "tid": TENANT,
        "uti": "x_Yz",
        "ver": "2.0",
        "preferred_username": "ada.okafor@riverbourne.example",
        **changes,
    }
    return door.token(header={"typ": "JWT"}, **claims)


def system(door: Door, **changes: Any) -> str:
    """A token of an application alone, by client credentials: no scopes, no person."""
    return staff(
        door,
        **{
            "minutes": 60,
            "name": None,
            "preferred_username": None,
            "scp": None,
            "groups": None,
            "azp": POLICE_CLIENT,
            "azpacr": "2",
            "idtyp": "app",
            "roles": ["partner_system", "multi_agency_referrals.submit"],
            **changes,
        },
    )


@pytest.mark.parametrize("minutes", [10, 55, 56, 60, 61, 65, 75, 89, 90])
async def test_a_token_of_microsoft_entra_id_is_accepted_with_its_own_life(
    entra: Door, minutes: int
) -> None:
    identity = await entra.verifier.verify(staff(entra, minutes=minutes))
    assert identity.roles == {Role.mash_manager}
    assert identity.scopes == {Scope.contacts_read, Scope.contacts_write}
    assert (identity.team_id, identity.organisation_id) == ("assessment-south", None)


@pytest.mark.parametrize("minutes", [91, 24 * 60, 28 * 60])
async def test_a_longer_life_is_refused_whoever_asks_for_it(entra: Door, minutes: int) -> None:
    assert await entra.refusal(staff(entra, minutes=minutes)) is TokenFault.lifetime


async def test_each_issuer_has_a_greatest_life_of_its_own(ring: Ring) -> None:
    shorter = {"longest_lifetime_minutes": 15, "back_dated_minutes": 0}
    async with opened(ring, COUNCIL_ON_ENTRA.model_copy(update=shorter)) as door:
        good = {"iat": NOW, "nbf": NOW}
        await door.verifier.verify(staff(door, **good, exp=NOW + 15 * 60))
        assert await door.refusal(staff(door, **good, exp=NOW + 15 * 60 + 1)) is TokenFault.lifetime


async def test_a_partners_system_goes_by_its_client_and_its_application_roles(entra: Door) -> None:
    identity = await entra.verifier.verify(system(entra))
    assert identity.roles == {Role.partner_system}
    assert identity.organisation_id == "hillshire-police"
    assert identity.scopes == {Scope.multi_agency_referrals_submit}
    assert (identity.client_id, identity.name) == (POLICE_CLIENT, POLICE_CLIENT)


REFUSED: dict[str, tuple[dict[str, Any], TokenFault]] = {
    "another tenant": ({"tid": "someone-else"}, TokenFault.required_claim),
    "no tenant": ({"tid": None}, TokenFault.required_claim),
    "a tenant among others": ({"tid": ["a", 1]}, TokenFault.claims),
    "another application": ({"azp": "a-game"}, TokenFault.required_claim),
    "an ID token without a nonce": ({"scp": None}, TokenFault.not_an_access_token),
    "an ID token of somebody at a partner's desk": (
        {"scp": None, "azp": POLICE_CLIENT},
        TokenFault.not_an_access_token,
    ),
    "staff of an organisation it may not speak for": (
        {"organisation": "oakwood-school"},
        TokenFault.organisation,
    ),
    "a client that says it is of another organisation": (
        {"azp": POLICE_CLIENT, "organisation": "oakwood-school"},
        TokenFault.organisation,
    ),
    "too many groups to be told (interactive)": (
        {"groups": None, "_claim_names": {"groups": "src1"}},
        TokenFault.groups_left_out,
    ),
    "too many groups to be told (implicit)": (
        {"groups": None, "hasgroups": True},
        TokenFault.groups_left_out,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_the_council_did_not_agree_to_is_refused_for_its_own_fault(
    entra: Door, case: str
) -> None:
    changes, reason = REFUSED[case]
    assert await entra.refusal(staff(entra, **changes)) is reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"azp": DESK}, TokenFault.organisation),
        ({"roles": ["partner_system", "mash_manager"]}, TokenFault.not_an_access_token),
        ({"roles": ["multi_agency_referrals.submit"]}, TokenFault.not_an_access_token),
        ({"roles": []}, TokenFault.not_an_access_token),
    ],
    ids=["a client not listed", "with a person's role", "without the role", "without any"],
)
async def test_only_a_listed_system_with_that_role_alone_has_its_scopes_among_its_roles(
    entra: Door, changes: dict[str, Any], reason: TokenFault
) -> None:
    assert await entra.refusal(system(entra, **changes)) is reason


async def test_one_provider_serves_staff_and_fenced_partners(entra: Door) -> None:
    person = await entra.verifier.verify(staff(entra))
    partner = await entra.verifier.verify(system(entra))
    assert person.organisation_id is None
    assert partner.organisation_id == "hillshire-police"
    elsewhere = {"role_names": {}, "clients": {}, "application_scope_claim": None}
    async with opened(entra.ring, COUNCIL_ON_ENTRA.model_copy(update=elsewhere)) as door:
        said = {"scp": "contacts.read", "organisation": "hillshire-police"}
        assert (await door.verifier.verify(system(door, **said))).organisation_id is not None
        other = {"scp": "contacts.read", "organisation": "oakwood-school"}
        assert await door.refusal(system(door, **other)) is TokenFault.organisation


@pytest.mark.parametrize(
    ("groups", "team"),
    [
        ([SOUTH], "assessment-south"),
        ([SOUTH, NORTH], "mash"),
        (["of-no-team"], None),
        ([], None),
        (NORTH, "mash"),
    ],
)
async def test_of_several_groups_the_first_in_our_list_is_the_team(
    entra: Door, groups: object, team: str | None
) -> None:
    assert (await entra.verifier.verify(staff(entra, groups=groups))).team_id == team


async def test_roles_come_from_groups_under_the_councils_names_for_them(ring: Ring) -> None:
    by_group = {"roles_claim": "groups", "role_names": {MANAGERS: Role.mash_manager}}
    async with opened(ring, COUNCIL_ON_ENTRA.model_copy(update=by_group)) as door:
        identity = await door.verifier.verify(staff(door, groups=[MANAGERS, NORTH]))
        assert (identity.roles, identity.team_id) == ({Role.mash_manager}, "mash")
        nobody = await door.verifier.verify(staff(door, groups=[NORTH]))
        assert nobody.roles == frozenset()


async def test_a_name_of_ours_that_the_council_uses_for_another_role_means_what_it_says(
    ring: Ring,
) -> None:
    renamed = {"role_names": {"mash_manager": Role.mash_worker}}
    async with opened(ring, COUNCIL_ON_ENTRA.model_copy(update=renamed)) as door:
        identity = await door.verifier.verify(staff(door, roles=["mash_manager"]))
        assert identity.roles == {Role.mash_worker}


class Shelf:
    """A shelf that remembers, and fails when told to."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, datetime]] = {}
        self.times = 0
        self.broken = False

    async def keep(self, issuer: str, key_set: str, read_at: datetime) -> None:
        if self.broken:
            raise OSError("the disk is gone")
        self.times += 1
        self.kept[issuer] = (key_set, read_at)

    async def recall(self, issuer: str) -> tuple[str, datetime] | None:
        if self.broken:
            raise OSError("the disk is gone")
        return self.kept.get(issuer)


def away(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody there")


async def test_a_process_that_starts_while_the_provider_is_away_opens_the_door(
    ring: Ring,
) -> None:
    shelf = Shelf()
    async with opened(ring, COUNCIL_ON_ENTRA, shelf) as before:
        await before.verifier.verify(staff(before))
    async with opened(ring, COUNCIL_ON_ENTRA, shelf) as door:
        door.council.answer = away
        door.clock.forward(hours=2)
        assert (await door.verifier.verify(staff(door))).subject == "u-1042"
        health = door.verifier.health()[ENTRA]
        assert (health.state, health.loaded_at) == (KeyState.degraded, START)
        # Back again, what it publishes now is what counts.
        door.council.answer = None
        door.council.keys = [jwk_of(ring.police, "council-1")]
        door.clock.forward(minutes=6)
        await door.verifier.keep_fresh()
        assert await door.refusal(staff(door)) is TokenFault.signature
        assert door.verifier.health()[ENTRA].state is KeyState.ok


async def test_kept_keys_are_trusted_for_a_day_from_when_they_were_read(ring: Ring) -> None:
    shelf = Shelf()
    async with opened(ring, COUNCIL_ON_ENTRA, shelf) as before:
        await before.verifier.verify(staff(before))
    for age, opens in ((timedelta(hours=23, minutes=59), True), (timedelta(hours=24), False)):
        async with opened(ring, COUNCIL_ON_ENTRA, shelf) as door:
            door.council.answer = away
            door.clock.now += age
            if opens:
                await door.verifier.verify(staff(door))
            else:
                with pytest.raises(KeysUnavailable):
                    await door.verifier.verify(staff(door))


@pytest.mark.parametrize("kept", ["not JSON", "{}", '{"keys": 1}', '{"keys": []}'])
async def test_a_kept_set_that_is_none_lets_nobody_in(ring: Ring, kept: str) -> None:
    shelf = Shelf()
    shelf.kept[ENTRA] = (kept, START)
    async with opened(ring, COUNCIL_ON_ENTRA, shelf) as door:
        door.council.answer = away
        refused = await _refused(door)
    assert refused in (TokenFault.keys_unavailable, TokenFault.key)


async def _refused(door: Door) -> TokenFault:
    return await door.refusal(staff(door))


async def test_a_broken_shelf_is_no_reason_to_turn_anybody_away(
    ring: Ring, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = Shelf()
    shelf.broken = True
    async with opened(ring, COUNCIL_ON_ENTRA, shelf) as door:
        assert (await door.verifier.verify(staff(door))).subject == "u-1042"
        assert "could not be kept: OSError" in caplog.text
    async with opened(ring, COUNCIL_ON_ENTRA, shelf) as door:
        door.council.answer = away
        assert await _refused(door) is TokenFault.keys_unavailable
        assert "kept keys of" in caplog.text


async def test_keys_are_put_away_when_they_change_and_once_an_hour(ring: Ring) -> None:
    shelf = Shelf()
    async with opened(ring, COUNCIL_ON_ENTRA, shelf) as door:
        for _ in range(11):
            await door.verifier.verify(staff(door))
            door.clock.forward(minutes=6)
        assert (shelf.times, door.council.asked) == (2, 11)
        door.council.keys = [*door.council.keys, jwk_of(ring.police, "council-2")]
        await door.verifier.verify(staff(door))
        assert shelf.times == 3
