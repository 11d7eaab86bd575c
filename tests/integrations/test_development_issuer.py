"""The development issuer makes tokens that open the door, and exists nowhere but at home."""

import base64
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.domain.access import DUTIES, Role, Scope, scopes_for
from service.integrations.development_issuer import DevelopmentIssuer
from service.integrations.issuer_keys import KeyState
from service.integrations.token_claims import Identity, TokenFault, TokenRefused
from service.integrations.tokens import TokenVerifier
from service.settings import Settings, SettingsFaulty

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def clock() -> datetime:
    return START


def settings(folder: Path, **changes: Any) -> Settings:
    given = {
        "environment": "development",
        "development_issuer": True,
        "host": "127.0.0.1",
        "var_folder": folder,
        **changes,
    }
    return Settings(**given)


@pytest.fixture
def issuer(tmp_path: Path) -> DevelopmentIssuer:
    return DevelopmentIssuer(settings(tmp_path), clock)


async def verified(issuer: DevelopmentIssuer, token: str, at: datetime = START) -> Identity:
    async with httpx.AsyncClient(transport=httpx.MockTransport(no_network)) as http:
        believed = issuer.issuer_settings
        sources = {believed.issuer: issuer.key_source()}
        verifier = TokenVerifier([believed], lambda: at, http, key_sources=sources)
        await verifier.keep_fresh()
        assert verifier.health()[believed.issuer].state is KeyState.ok
        return await verifier.verify(token)


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()]


def no_network(request: httpx.Request) -> httpx.Response:
    raise AssertionError("the development issuer needs no network")


@pytest.mark.parametrize("role", Role)
async def test_a_token_for_each_role_opens_the_door_with_all_that_role_can_use(
    issuer: DevelopmentIssuer, role: Role
) -> None:
    organisation = "hillshire-police" if role is Role.partner_system else None
    identity = await verified(issuer, issuer.mint(role, organisation=organisation))
    assert identity.roles == {role}
    assert identity.scopes == scopes_for(role)
    assert identity.organisation_id == organisation
    assert identity.name == f"Development {DUTIES[role].title}"
    assert identity.expires_at == START + timedelta(hours=1)


async def test_a_token_says_what_it_was_asked_to_say(issuer: DevelopmentIssuer) -> None:
    token = issuer.mint(
        Role.assessment_team_manager,
        name="Ada Okafor",
        organisation="hillshire",
        team="saat-north",
        lifetime=timedelta(minutes=5),
        scopes={Scope.cases_read},
    )
    identity = await verified(issuer, token)
    assert identity.name == "Ada Okafor"
    assert identity.organisation_id == "hillshire"
    assert identity.team_id == "saat-north"
    assert identity.scopes == {Scope.cases_read}
    assert identity.client_id == "frontdoor-token"
    assert identity.expires_at == START + timedelta(minutes=5)


async def test_a_token_ends(issuer: DevelopmentIssuer) -> None:
    token = issuer.mint(Role.mash_worker, lifetime=timedelta(minutes=5))
    with pytest.raises(TokenRefused) as refused:
        await verified(issuer, token, START + timedelta(minutes=6))
    assert refused.value.reason is TokenFault.expired


async def test_the_same_name_in_the_same_role_is_the_same_person(
    issuer: DevelopmentIssuer,
) -> None:
    async def subject(role: Role, name: str, organisation: str | None = None) -> str:
        token = issuer.mint(role, name=name, organisation=organisation)
        return (await verified(issuer, token)).subject

    ada = await subject(Role.mash_worker, "Ada")
    assert await subject(Role.mash_worker, "Ada") == ada
    others = {
        await subject(Role.mash_worker, "Ben"),
        await subject(Role.mash_manager, "Ada"),
        await subject(Role.mash_worker, "Ada", "hillshire"),
    }
    assert len(others | {ada}) == 4


@pytest.mark.parametrize("minutes", [0, -1, 61])
def test_a_lifetime_that_the_door_would_refuse_is_not_minted(
    issuer: DevelopmentIssuer, minutes: int
) -> None:
    with pytest.raises(ValueError, match="at most 60 minutes"):
        issuer.mint(Role.mash_worker, lifetime=timedelta(minutes=minutes))


@pytest.mark.parametrize("organisation", [None, ""])
def test_a_partner_system_must_say_for_whom_it_speaks(
    issuer: DevelopmentIssuer, organisation: str | None
) -> None:
    with pytest.raises(ValueError, match="organisation"):
        issuer.mint(Role.partner_system, organisation=organisation)


async def test_its_key_is_kept_to_its_owner_and_shared_by_file(tmp_path: Path) -> None:
    first = DevelopmentIssuer(settings(tmp_path), clock)
    second = DevelopmentIssuer(settings(tmp_path), clock)
    assert (await verified(first, second.mint(Role.qa_auditor))).roles == {Role.qa_auditor}
    assert modes(tmp_path) == [0o600]


async def test_a_token_of_another_machine_is_refused(tmp_path: Path) -> None:
    ours = DevelopmentIssuer(settings(tmp_path / "ours"), clock)
    theirs = DevelopmentIssuer(settings(tmp_path / "theirs"), clock)
    with pytest.raises(TokenRefused) as refused:
        await verified(ours, theirs.mint(Role.mash_manager))
    assert refused.value.reason is TokenFault.key


async def test_it_hands_over_nothing_private(issuer: DevelopmentIssuer) -> None:
    header = issuer.mint(Role.mash_worker).split(".")[0]
    key_id = json.loads(base64.urlsafe_b64decode(header + "=="))["kid"]
    key = await issuer.key_source().find(key_id)
    assert key is not None
    assert key.members.keys() == {"kty", "crv", "x", "y", "alg", "kid", "use"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"environment": "production"}, "ENVIRONMENT=development"),
        ({"host": "0.0.0.0"}, "loopback"),  # noqa: S104 - refused on purpose
        ({"development_issuer": False}, "DEVELOPMENT_ISSUER=true"),
    ],
)
def test_it_refuses_to_exist_elsewhere_and_leaves_no_key(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsFaulty, match=said):
        DevelopmentIssuer(settings(tmp_path, **changes), clock)
    assert not list(tmp_path.iterdir())


def test_it_names_every_reason_at_once(tmp_path: Path) -> None:
    elsewhere = settings(
        tmp_path, environment="production", host="10.0.0.7", development_issuer=False
    )
    with pytest.raises(SettingsFaulty) as refused:
        DevelopmentIssuer(elsewhere, clock)
    assert len(refused.value.faults) == 3
