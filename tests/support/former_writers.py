"""Stand-ins for the release before: its statements, sent while the new one migrates the database.

What a statement names is what the tables had at the step that the writers were made for, as it is
in the code of the release that still runs. They go through the tables in the order of that code.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any
from uuid import UUID

from sqlalchemy import insert, inspect, select, text, update

from service.domain.accounts import Account
from service.domain.contacts import Child, Contact
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision
from service.domain.events import Event
from service.domain.people import Person
from service.persistence.engines import Database
from service.persistence.failures import DatabaseAway
from service.persistence.ids import new_id
from service.persistence.records import table_of
from tests.support.records import one_of_each

CONTACT, CHILD, DEADLINE, EVENT = map(table_of, (Contact, Child, Deadline, Event))


@dataclass
class FormerWriters:
    """Writers of the release before, and what they were told."""

    database: Database
    known: Mapping[str, set[str]]
    samples: Mapping[type, Any]
    acknowledged: set[UUID] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    stopping: bool = False

    async def write_until_stopped(self) -> None:
        """Logs, rates and decides contact after contact; what was refused is sent again."""
        while not self.stopping:
            contact_id, child_id = new_id(), new_id()
            await self._insist(self._receive, contact_id, child_id)
            await self._insist(self._rate, contact_id)
            await self._insist(self._decide, contact_id, child_id)
            self.acknowledged.add(contact_id)

    async def _insist(self, act: Any, *about: UUID) -> None:
        while True:
            try:
                await act(*about)
                return
            except DatabaseAway as away:
                # 503 in the words of HTTP, with which the sender sends again.
                self.refused[str(away)] += 1
                await asyncio.sleep(0.05)

    def _row(self, kind: type, **changes: Any) -> dict[str, Any]:
        record = replace(self.samples[kind], id=new_id(), **changes)
        names = self.known[table_of(kind).name]
        return {one.name: getattr(record, one.name) for one in fields(record) if one.name in names}

    async def _put(self, connection: Any, kind: type, **changes: Any) -> None:
        await connection.execute(insert(table_of(kind)).values(**self._row(kind, **changes)))

    async def _receive(self, contact_id: UUID, child_id: UUID) -> None:
        async with self.database.writing() as connection:
            if await self._is_there(connection, contact_id):
                return
            row = self._row(Contact, reference=f"F-{contact_id}", content_digest=None)
            await connection.execute(insert(CONTACT).values(**row | {"id": contact_id}))
            child = self._row(Child, contact_id=contact_id)
            await connection.execute(insert(CHILD).values(**child | {"id": child_id}))
            about = {"contact_id": contact_id, "subject_id": contact_id}
            await self._put(connection, Deadline, **about)
            await self._put(connection, Event, **about)
            await connection.commit()

    async def _is_there(self, connection: Any, contact_id: UUID) -> bool:
        found = await connection.execute(select(CONTACT.c.id).where(CONTACT.c.id == contact_id))
        return found.first() is not None

    async def _rate(self, contact_id: UUID) -> None:
        async with self.database.writing() as connection:
            await self._is_there(connection, contact_id)
            await self._renew(connection, contact_id)
            await connection.execute(
                update(DEADLINE)
                .where(DEADLINE.c.contact_id == contact_id)
                .values(stopped_because="rated")
            )
            await self._put(connection, Event, contact_id=contact_id, subject_id=contact_id)
            await connection.commit()
        async with self.database.reading() as connection:
            await connection.execute(
                select(CONTACT.c.id, DEADLINE.c.due_at)
                .join(DEADLINE, DEADLINE.c.contact_id == CONTACT.c.id)
                .limit(20)
            )

    async def _renew(self, connection: Any, contact_id: UUID) -> None:
        await connection.execute(
            update(CONTACT).where(CONTACT.c.id == contact_id).values(version=CONTACT.c.version + 1)
        )

    async def _decide(self, contact_id: UUID, child_id: UUID) -> None:
        async with self.database.writing() as connection:
            await self._renew(connection, contact_id)
            apart = {"supersedes_id": None, "joined_case_id": None}
            await self._put(connection, Decision, contact_id=contact_id, child_id=child_id, **apart)
            await connection.execute(
                update(CHILD).where(CHILD.c.id == child_id).values(decided_at=None)
            )
            await self._put(connection, Event, contact_id=contact_id, subject_id=contact_id)
            await connection.commit()

    async def lost(self) -> set[UUID]:
        """Acknowledged contacts that are not on file, with a decision and three events."""
        async with self.database.reading() as connection:
            found = await connection.execute(
                text(
                    "SELECT contact.id FROM contact "
                    "JOIN decision ON decision.contact_id = contact.id "
                    "WHERE (SELECT count(*) FROM event WHERE event.contact_id = contact.id) >= 3"
                ).columns(CONTACT.c.id)
            )
            return self.acknowledged - set(found.scalars())


async def former_writers(database: Database) -> FormerWriters:
    """Writers for the schema step at which a database stands now."""
    parents: Sequence[type] = (Account, Person, Contact, Child)
    samples = {type(record): record for record in one_of_each(full=True)}
    async with database.writing() as connection:
        known = await connection.run_sync(
            lambda given: {
                table: {column["name"] for column in inspect(given).get_columns(table)}
                for table in inspect(given).get_table_names()
            }
        )
        for kind in parents:
            record = samples[kind]
            names = known[table_of(kind).name]
            values = {
                one.name: getattr(record, one.name) for one in fields(record) if one.name in names
            }
            await connection.execute(insert(table_of(kind)).values(**values))
        await connection.commit()
    return FormerWriters(database, known, samples)
