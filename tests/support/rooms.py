"""The real application, spoken to as somebody of a role; and what is behind it in the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from service.bootstrap import DatabaseAway, House
from service.domain.access import Role
from tests.support.builders import Body, decision_body, headers, sign_off_body
from tests.support.clocks import FixedClock
from tests.support.houses import client_of, open_house
from tests.support.matches import others_named
from tests.support.named import unnamed
from tests.support.plain_statements import select_from

POLICE = "riverbourne-police"
HOSPITAL = "riverbourne-hospital"


@dataclass(slots=True)
class Room:
    """A house, a client of its application, and the clock of both."""

    house: House
    client: httpx.AsyncClient
    clock: FixedClock

    async def post(
        self,
        path: str,
        body: object = None,
        role: Role = Role.mash_worker,
        *,
        version: int | None = None,
        key: str | UUID | None = None,
        **who: Any,
    ) -> httpx.Response:
        """A POST with a good token, a new key, and If-Match when a version is given."""
        sent = headers(self.house, role, version=version, key=key, **who)
        return await self.client.post(path, json=body, headers=sent)

    async def patch(
        self, path: str, body: Body, version: int, role: Role = Role.mash_worker
    ) -> httpx.Response:
        """A PATCH of a version."""
        sent = headers(self.house, role, version=version)
        return await self.client.patch(path, json=body, headers=sent)

    async def get(
        self, path: str, role: Role = Role.mash_worker, *, params: Any = None, **who: Any
    ) -> httpx.Response:
        """A GET with a good token."""
        sent = headers(self.house, role, **who)
        return await self.client.get(path, params=params, headers=sent)

    async def made(self, path: str, body: object, role: Role = Role.mash_worker, **who: Any) -> Any:
        """What a POST made, which must go well."""
        answer = await self.post(path, body, role, **who)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def read(self, path: str, role: Role = Role.mash_worker, **who: Any) -> Any:
        """What a GET reads, which must go well."""
        answer = await self.get(path, role, **who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def decided(self, contact_id: str, child_id: str, outcome: str, **changes: Any) -> Any:
        """The decision for a child, drafted by a worker and agreed by a manager."""
        path = f"/v1/contacts/{contact_id}/decisions"
        body = decision_body(child_id, outcome, **changes)
        drafted = await self.post(path, body)
        if others := others_named(drafted):
            # A test that needs several contacts about its one child means several children.
            drafted = await self.post(path, {**body, "matches": others})
        assert drafted.status_code == 201, drafted.text
        draft = drafted.json()
        answer = await self.post(
            f"/v1/decisions/{draft['id']}/sign-off",
            sign_off_body(),
            Role.mash_manager,
            version=draft["version"],
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement finds in the database."""
        async with self.house.database.reading() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def count(self, table: str) -> int:
        """How many rows a table holds."""
        return int((await self.rows(select_from(table, "count(*)")))[0][0])


@asynccontextmanager
async def open_room(
    database_url: str, clock: FixedClock, folder: Path, **given: Any
) -> AsyncIterator[Room]:
    """A house with its application around it."""
    async with (
        open_house(database_url, clock, folder, **given) as house,
        client_of(house) as client,
    ):
        yield Room(house, client, clock)
        # A test may have taken its database away.
        with suppress(DatabaseAway):
            assert await unnamed(house) == [], "events do not name the children whom they concern"


def pointers(answer: httpx.Response) -> set[str]:
    """Where the faults are that a refusal names."""
    return {error["pointer"] for error in answer.json().get("errors", [])}


def codes(answer: httpx.Response) -> set[str]:
    """What kinds of fault a refusal names."""
    return {error["code"] for error in answer.json().get("errors", [])}
