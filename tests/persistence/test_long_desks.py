"""A queue costs what its page costs, however many lines wait behind it.

What a statement costs is counted and not timed: SQLite's own steps, PostgreSQL's pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Role, Scope
from service.domain.accounts import Account
from service.domain.contacts import Contact
from service.domain.deadlines import Deadline, Rating
from service.domain.flags import SubjectKind
from service.domain.queues import BEFORE_ALL_ELSE, IN_ITS_TURN, NEVER, Queue, QueueFilters
from service.persistence.asking import Reading
from service.persistence.engines import Database
from service.persistence.ids import new_id
from service.persistence.prepared import Question, Shelf
from service.persistence.repositories.queue_places import FEW
from service.usecases.queues import PERMISSION_OF, read_queue
from tests.persistence.conftest import NOW, Bench
from tests.support.years import SAMPLE, SOMEBODY, counted, fill

SHORT, LONG = 60, 700
STEPS_AT_A_TIME = 10


def somebody(*roles: Role, account_id: UUID = SOMEBODY) -> Caller:
    """Who asks."""
    return Caller(
        account_id=account_id,
        issuer="https://issuer.test/",
        subject=str(account_id),
        name="Ann Archer",
        client_id=None,
        organisation_id=None,
        team_id=None,
        roles=frozenset(roles),
        scopes=frozenset(Scope),
    )


@dataclass
class Weighing:
    """Asks a statement, and counts what it cost the database."""

    database: Database
    cost: int = 0
    lines: int = 0

    async def all(self, question: Question, **values: Any) -> Sequence[Sequence[Any]]:
        """No row: what is asked of the lines of a page afterwards grows with the page alone."""
        ready, own = Shelf(1).take(question, self.database.dialect)
        sql, given = ready.asked({**own, **values})
        if self.database.is_sqlite:
            await self._weigh_on_sqlite(sql, given)
        else:
            await self._weigh_on_postgresql(sql, given)
        return []

    async def _weigh_on_sqlite(self, sql: str, given: list[Any]) -> None:
        async with self.database.reading() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection

            def step() -> int:
                self.cost += STEPS_AT_A_TIME
                return 0

            raw.straight.set_progress_handler(step, STEPS_AT_A_TIME)
            try:
                self.lines = len(await raw.fetch(sql, *given))
            finally:
                raw.straight.set_progress_handler(None, 0)

    async def _weigh_on_postgresql(self, sql: str, given: list[Any]) -> None:
        async with self.database.reading() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "
            plan = (await raw.fetch(explain + sql, *given))[0][0][0]["Plan"]
            self.cost = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            self.lines = plan["Actual Rows"]


MANAGER = somebody(Role.mash_manager)
# Where nothing is written out here, the queue is asked for by a MASH manager, from its beginning.
ASKED: dict[str, tuple[Queue, Caller, QueueFilters]] = {
    **{str(queue): (queue, MANAGER, QueueFilters()) for queue in Queue},
    "allocation": (Queue.allocation, somebody(Role.assessment_team_manager), QueueFilters()),
    "allocation of early help": (
        Queue.allocation,
        somebody(Role.early_help_spoc_manager),
        QueueFilters(),
    ),
    "red contacts": (Queue.contacts, MANAGER, QueueFilters(ratings=[Rating.red])),
    "green contacts": (Queue.contacts, MANAGER, QueueFilters(ratings=[Rating.green])),
    "contacts of nowhere": (Queue.contacts, MANAGER, QueueFilters(town="Nowhere")),
    "contacts of a worker": (Queue.contacts, MANAGER, QueueFilters(assignee_id=SOMEBODY)),
    "contacts of nobody": (Queue.contacts, MANAGER, QueueFilters(unassigned=True)),
    "mine, of somebody without work": (
        Queue.mine,
        somebody(Role.mash_worker, account_id=UUID(int=7)),
        QueueFilters(),
    ),
}
# Lines that people make one by one, each put in its place: a decision by the contact's clocks too,
# a meeting by those of several children, an unborn child by the expected date; and the work of one
# person. They grow with what waits in that queue, and not with the desk.
BY_HAND = {"sign-off", "strategy", "pre-birth", "mine"}
# Few or none of many are asked for: each is looked at where it stands in a narrow index.
SEARCHED = {
    "step-down",
    "contacts of nowhere",
    "contacts of nobody",
    "mine, of somebody without work",
}
# A full page is put together from those of both kinds of case, of nobody and of the suspended.
OF_FOUR_LEGS = {"allocation", "allocation of early help"}
# Ten or so of SQLite's steps, or less than one of PostgreSQL's pages.
GLANCE = 16


async def _weighed(database: Database) -> dict[str, Weighing]:
    found = {}
    for name, (queue, who, filters) in ASKED.items():
        if not who.may(PERMISSION_OF[queue]):
            continue
        found[name] = Weighing(database)
        await read_queue(found[name], who, queue, filters, limit=51)
    return found


async def test_a_long_desk_costs_what_a_short_one_costs(bench: Bench) -> None:
    on_sqlite = bench.database.is_sqlite
    await fill(bench.database, bench.policy, range(SHORT), open_every=1)
    short = await _weighed(bench.database)
    await fill(bench.database, bench.policy, range(SHORT, LONG), open_every=1)
    # SQLite is never asked to count what there is, and PostgreSQL has not yet, after an import.
    uncounted = await _weighed(bench.database)
    await counted(bench.database)
    long = await _weighed(bench.database)
    assert {Queue(name) for name in short if name in list(Queue)} == set(Queue)
    told = {
        name: (short[name].cost, uncounted[name].cost, long[name].cost, long[name].lines)
        for name in sorted(long)
    }
    dear = {}
    for name in told.keys() - BY_HAND:
        fuller = long[name].lines > short[name].lines
        times = 2.5 if name in OF_FOUR_LEGS else 2
        most = times * short["contacts" if fuller else name].cost + 500
        if name in SEARCHED:
            most += GLANCE * (LONG - SHORT)
        found = max(uncounted[name].cost, long[name].cost) if on_sqlite else long[name].cost
        if found > most:
            dear[name] = told[name]
    assert not dear


async def test_the_pages_of_a_long_desk_are_in_order_and_miss_nobody(bench: Bench) -> None:
    """By several clocks each, many of one limit, some stopped, some contacts without any."""
    order: list[tuple[int, datetime, UUID]] = []
    async with bench.work() as work:
        work.add(SAMPLE[Account])
        for number in range(FEW + 60):
            contact = replace(
                SAMPLE[Contact],
                id=new_id(),
                reference=str(number),
                possible_duplicate_of=None,
                repeats_id=None,
                decided_at=NOW if number % 11 == 0 else None,
                rating=(Rating.red, Rating.amber, None)[min(number % 5, 2)],
            )
            work.add(contact)
            # Three limits for all, the later one first; every seventh has none that runs.
            limits = [NOW + timedelta(hours=number % 3 + 1), NOW + timedelta(hours=number % 3)]
            for limit in limits:
                work.add(
                    replace(
                        SAMPLE[Deadline],
                        id=new_id(),
                        kind=f"of {limit}",
                        contact_id=contact.id,
                        subject_kind=SubjectKind.contact,
                        subject_id=contact.id,
                        due_at=limit,
                        stopped_at=NOW if number % 7 == 0 else None,
                    )
                )
            if contact.decided_at is None:
                # What is red comes first, whatever else is due.
                rank = BEFORE_ALL_ELSE if contact.rating is Rating.red else IN_ITS_TURN
                order.append((rank, NEVER if number % 7 == 0 else limits[1], contact.id))
        await work.commit()
    order.sort()
    assert len(order) > FEW
    for limit in (7, 100):
        found: list[tuple[int, datetime, UUID]] = []
        while True:
            async with bench.database.reading() as connection:
                page = await read_queue(
                    Reading(connection),
                    MANAGER,
                    Queue.contacts,
                    QueueFilters(),
                    limit=limit,
                    after=found[-1] if found else None,
                )
            found += [one.place for one in page]
            if len(page) < limit:
                break
        assert found == order, limit
