"""The front door as its people use it over HTTP: who asks, where, and with what."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from service.bootstrap import DatabaseAway, House
from service.domain.access import Role
from tests.support.builders import (
    READ_AS_A_WHOLE,
    Body,
    contact_body,
    decision_body,
    headers,
    sign_off_body,
    unread,
    with_the_rest,
)
from tests.support.clocks import FixedClock
from tests.support.days import AUTUMN_FRIDAY
from tests.support.houses import client_of, open_house, token
from tests.support.matches import others_named
from tests.support.named import unnamed
from tests.support.plain_statements import select_from
from tests.support.tampering import tamper

# A Friday afternoon in British Summer Time: 16:00 in London.
POLICE = "riverbourne-police"
HOSPITAL = "riverbourne-hospital"


@dataclass
class Desk:
    """A house, a client of it and its clock; `who` goes to the token: name, organisation."""

    house: House
    client: httpx.AsyncClient
    clock: FixedClock
    tampered: bool = False

    async def post(
        self,
        role: Role,
        path: str,
        body: object = None,
        *,
        version: int | None = None,
        key: str | UUID | None = None,
        **who: Any,
    ) -> httpx.Response:
        """Sends a body as a caller of a role, under a new Idempotency-Key when none is given."""
        sent = self.headers(role, version=version, key=key, **who)
        return await self.client.post(path, json=body, headers=sent)

    async def patch(
        self, role: Role, path: str, body: object, *, version: int, **who: Any
    ) -> httpx.Response:
        """Changes what was read in a version, as a caller of a role."""
        sent = self.headers(role, version=version, **who)
        return await self.client.patch(path, json=body, headers=sent)

    async def get(
        self, role: Role, path: str, *, params: Mapping[str, Any] | None = None, **who: Any
    ) -> httpx.Response:
        """Reads as a caller of a role."""
        bearer = {"Authorization": f"Bearer {token(self.house, role, **who)}"}
        return await self.client.get(path, params=params, headers=bearer)

    async def made(self, role: Role, path: str, body: object = None, **sent: Any) -> Body:
        """What a POST made, which must go well."""
        return done(await self.post(role, path, body, **sent), 201)

    async def read(self, role: Role, path: str, **sent: Any) -> Body:
        """What a GET reads, which must go well."""
        return done(await self.get(role, path, **sent))

    def headers(self, role: Role, **sent: Any) -> dict[str, str]:
        """What a caller of a role sends with a change; for what is sent twice, or oddly."""
        return headers(self.house, role, **sent)

    async def account_of(self, role: Role, **who: Any) -> UUID:
        """The account of a caller of a role."""
        return (await self.house.caller(token(self.house, role, **who))).account_id

    async def contact(self, **changes: Any) -> Body:
        """A contact as a worker logs it."""
        return await self.made(Role.mash_worker, "/v1/contacts", contact_body(**changes))

    async def draft(self, contact: Body, place: int, outcome: str, **changes: Any) -> Body:
        """A decision that a worker drafts for the child at a place on the contact."""
        return await self.draft_for(
            contact["id"], contact["children"][place]["id"], outcome, **changes
        )

    async def draft_for(self, contact_id: str, child_id: str, outcome: str, **changes: Any) -> Body:
        """A decision that a worker drafts for a child on a contact."""
        path = f"/v1/contacts/{contact_id}/decisions"
        if "agencies" in changes:
            changes["agencies"] = with_the_rest(changes["agencies"])
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
        """The same, where it may be refused; who agrees has read the whole where it is asked."""
        if outcome == "agreed" and unread(decision):
            changes = {"whole_read": READ_AS_A_WHOLE, **changes}
        return await self.post(
            Role.mash_manager,
            f"/v1/decisions/{decision['id']}/sign-off",
            sign_off_body(outcome, **changes),
            version=decision["version"],
            **({} if name is None else {"name": name}),
        )

    async def decide_for(
        self, contact_id: str, child_id: str, outcome: str, **changes: Any
    ) -> Body:
        """The decision for a child on a contact, drafted and signed."""
        return await self.sign(await self.draft_for(contact_id, child_id, outcome, **changes))

    async def decided(self, outcome: str, **changes: Any) -> tuple[Body, Body]:
        """A contact about one child, and its decision, drafted and signed."""
        contact = await self.contact()
        return contact, await self.sign(await self.draft(contact, 0, outcome, **changes))

    async def tamper(self, statement: str) -> None:
        """Changes what no use-case would; the events then name whom they named before."""
        self.tampered = True
        await tamper(self.house.database, statement)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement finds in the database."""
        async with self.house.database.reading() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def count(self, table: str) -> int:
        """How many rows a table holds."""
        return int((await self.rows(select_from(table, "count(*)")))[0][0])


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


def faults(problem: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where the faults of a problem are, and of which kind, in their order."""
    return [(fault["pointer"], fault["code"]) for fault in problem.get("errors", [])]


def pointers(answer: httpx.Response) -> set[str]:
    """Where the faults are that a refusal names."""
    return {pointer for pointer, _ in faults(answer.json())}


def codes(answer: httpx.Response) -> set[str]:
    """What kinds of fault a refusal names."""
    return {code for _, code in faults(answer.json())}


@asynccontextmanager
async def open_desk(
    database_url: str, folder: Path, clock: FixedClock | None = None, **given: Any
) -> AsyncIterator[Desk]:
    """A front door on a Friday at 16:00, or by another clock; `given` are settings of the house."""
    clock = clock or FixedClock(AUTUMN_FRIDAY)
    async with (
        open_house(database_url, clock, folder, **given) as house,
        client_of(house) as client,
    ):
        desk = Desk(house, client, clock)
        yield desk
        # A test may have taken its database away.
        with suppress(DatabaseAway):
            assert desk.tampered or await unnamed(house) == [], (
                "events do not name the children whom they concern"
            )
