"""The front door as its people use it over HTTP: who sends what, and what comes back."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from service.bootstrap import DatabaseAway, House
from service.domain.access import Role
from tests.support.builders import Body, contact_body, decision_body, headers, sign_off_body
from tests.support.clocks import FixedClock
from tests.support.houses import client_of, open_house, token
from tests.support.matches import others_named
from tests.support.named import unnamed

# A Friday afternoon in British Summer Time: 16:00 in London.
FRIDAY = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A house, a client of it and its clock; `who` goes to the token: name, organisation."""

    house: House
    client: httpx.AsyncClient
    clock: FixedClock

    async def post(
        self, role: Role, path: str, body: Body, *, version: int | None = None, **who: Any
    ) -> httpx.Response:
        """Sends a body as a caller of a role, under a new Idempotency-Key."""
        return await self.client.post(
            path, json=body, headers=headers(self.house, role, version=version, **who)
        )

    def headers(self, role: Role, *, version: int | None = None) -> dict[str, str]:
        """What a caller of a role sends with a change."""
        return headers(self.house, role, version=version)

    async def get(self, role: Role, path: str, **who: Any) -> httpx.Response:
        """Reads as a caller of a role."""
        bearer = {"Authorization": f"Bearer {token(self.house, role, **who)}"}
        return await self.client.get(path, headers=bearer)

    async def account_of(self, role: Role, **who: Any) -> UUID:
        """The account of a caller of a role."""
        return (await self.house.caller(token(self.house, role, **who))).account_id

    async def contact(self, **changes: Any) -> Body:
        """A contact as a worker logs it."""
        return done(await self.post(Role.mash_worker, "/v1/contacts", contact_body(**changes)), 201)

    async def draft(self, contact: Body, place: int, outcome: str, **changes: Any) -> Body:
        """A decision that a worker drafts for the child at a place on the contact."""
        child_id = contact["children"][place]["id"]
        path = f"/v1/contacts/{contact['id']}/decisions"
        body = decision_body(child_id, outcome, **changes)
        answer = await self.post(Role.mash_worker, path, body)
        if others := others_named(answer):
            # A test that needs several contacts about its one child means several children.
            answer = await self.post(Role.mash_worker, path, {**body, "matches": others})
        return done(answer, 201)

    async def sign(self, decision: Body, outcome: str = "agreed", **changes: Any) -> Body:
        """A manager's answer to a decision as it was read."""
        return done(await self.try_to_sign(decision, outcome, **changes))

    async def try_to_sign(
        self, decision: Body, outcome: str = "agreed", *, name: str | None = None, **changes: Any
    ) -> httpx.Response:
        """The same, where it may be refused."""
        return await self.post(
            Role.mash_manager,
            f"/v1/decisions/{decision['id']}/sign-off",
            sign_off_body(outcome, **changes),
            version=decision["version"],
            **({} if name is None else {"name": name}),
        )

    async def decided(self, outcome: str, **changes: Any) -> tuple[Body, Body]:
        """A contact about one child, and its decision, drafted and signed."""
        contact = await self.contact()
        return contact, await self.sign(await self.draft(contact, 0, outcome, **changes))


def done(answer: httpx.Response, status: int = 200) -> Body:
    """What was answered, having gone well."""
    assert answer.status_code == status, answer.text
    found: Body = answer.json()
    return found


def expect_refusal(answer: httpx.Response, status: int, code: str) -> Body:
    """The problem document of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: Body = answer.json()
    assert found["code"] == code, answer.text
    return found


def pointers(problem: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where the faults are, and of which kind."""
    return [(fault["pointer"], fault["code"]) for fault in problem["errors"]]


@asynccontextmanager
async def open_desk(database_url: str, folder: Path) -> AsyncIterator[Desk]:
    """A front door on a Friday at 16:00."""
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, folder) as house, client_of(house) as client:
        yield Desk(house, client, clock)
        # A test may have taken its database away.
        with suppress(DatabaseAway):
            assert await unnamed(house) == [], "events do not name the children whom they concern"
