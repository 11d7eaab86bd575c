"""One use-case, one transaction: all of it is kept or nothing, whatever the order of its steps."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, text, update

from service.domain.accounts import Account
from service.domain.errors import Invalid, Stale
from service.domain.events import EventType, Whom
from service.persistence.engines import Database
from service.persistence.failures import AlreadyThere
from service.persistence.ids import new_id
from service.persistence.records import table_of
from service.persistence.units_of_work import Work
from tests.persistence.conftest import NOW, Bench
from tests.support.patience import PATIENCE
from tests.support.processes import until

ACCOUNT = table_of(Account)
# The steps that a use-case is made of; each says what it left behind.
STEPS = ["add", "execute", "read", "change", "record"]


async def take(bench: Bench, work: Work, step: str, known: Account) -> UUID | None:
    """One step of a use-case; the id of the row that it makes, if any."""
    if step == "add":
        account = bench.account()
        work.add(account)
        return account.id
    if step == "execute":
        account = bench.account()
        await work.execute(
            insert(ACCOUNT).values(
                id=account.id, issuer="i", subject=account.subject, name="x", first_seen_at=NOW
            )
        )
        return account.id
    if step == "read":
        assert await work.first(select(ACCOUNT.c.id).where(ACCOUNT.c.id == known.id)) is not None
    if step == "change":
        await work.rows_changed(
            update(ACCOUNT)
            .where(ACCOUNT.c.id == known.id)
            .values(client_id=(ACCOUNT.c.client_id + "x"))
        )
    if step == "record":
        work.record(EventType.access_suspended, None, known.id, about=Whom.nobody, step="record")
    return None


async def seen(bench: Bench) -> tuple[set[UUID], int, int]:
    """What another connection sees: accounts, changes to the known one, events."""
    async with bench.database.reading() as connection:
        rows = (await connection.execute(select(ACCOUNT.c.id, ACCOUNT.c.client_id))).all()
        events = (await connection.execute(text("SELECT count(*) FROM event"))).scalar_one()
    return {row[0] for row in rows}, sum(len(row[1] or "") for row in rows), events


async def nothing_is_left_open(database: Database) -> None:
    """No transaction and no lock outlives a unit of work."""
    if not database.is_sqlite:
        async with database.reading() as connection:

            async def none_is_open() -> bool:
                found = await connection.execute(
                    text(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND pid <> pg_backend_pid() "
                        "AND (state <> 'idle' OR xact_start IS NOT NULL) "
                        "AND backend_type = 'client backend'"
                    )
                )
                return bool(found.scalar_one() == 0)

            await until(none_is_open, what="the end of a transaction")
    async with asyncio.timeout(PATIENCE), database.writing() as connection:
        await connection.execute(text("UPDATE account SET name = name"))

    async def all_given_back() -> bool:
        return bool(database.engine.pool.checkedout() == 0)

    await until(all_given_back, what="a connection's way back")


async def settle(bench: Bench) -> Account:
    known = Account(new_id(), "i", "known", "Known", "", None, None, NOW)
    async with bench.work() as work:
        work.add(known)
        await work.commit()
    return known


ORDERS = [order for length in (1, 2, 3) for order in itertools.product(STEPS, repeat=length)]


async def test_with_a_commit_all_is_kept_in_whatever_order_it_was_done(bench: Bench) -> None:
    known = await settle(bench)
    accounts, changes, events = await seen(bench)
    for order in ORDERS:
        made = set()
        async with bench.work() as work:
            for step in order:
                made.add(await take(bench, work, step, known))
            await work.commit()
        accounts |= made - {None}
        changes += order.count("change")
        events += order.count("record")
        assert await seen(bench) == (accounts, changes, events), order
    await nothing_is_left_open(bench.database)


@pytest.mark.parametrize("how", ["left", "raised", "refused by the database"])
async def test_without_a_commit_nothing_is_kept(bench: Bench, how: str) -> None:
    known = await settle(bench)
    before = await seen(bench)
    for order in ORDERS:
        try:
            async with bench.work() as work:
                for step in order:
                    await take(bench, work, step, known)
                if how == "raised":
                    raise LookupError
                if how == "refused by the database":
                    work.add(known)
                    await work.commit()
        except LookupError:
            assert how == "raised"
        except AlreadyThere:
            assert how == "refused by the database"
        else:
            assert how == "left"
        assert await seen(bench) == before, order
    await nothing_is_left_open(bench.database)


async def test_what_is_done_after_a_commit_needs_a_commit_of_its_own(bench: Bench) -> None:
    known = await settle(bench)
    for first, *then in itertools.product(("add", "execute", "read"), STEPS, STEPS):
        accounts, changes, events = await seen(bench)
        async with bench.work() as work:
            kept = await take(bench, work, first, known)
            await work.commit()
            for step in then:
                await take(bench, work, step, known)
        assert await seen(bench) == (accounts | ({kept} - {None}), changes, events), (first, then)


async def test_of_a_part_that_is_refused_nothing_stays_and_the_rest_is_kept(bench: Bench) -> None:
    known = await settle(bench)
    accounts, changes, events = await seen(bench)
    for order in ORDERS:
        made: set[UUID | None] = set()
        async with bench.work() as work:
            made |= {await take(bench, work, step, known) for step in order}
            for refused in (True, False, True):
                with suppress(Invalid):
                    async with work.part():
                        done = {await take(bench, work, step, known) for step in order}
                        if refused:
                            raise Invalid("No.")
                        made |= done
            await work.commit()
        accounts |= made - {None}
        changes += 2 * order.count("change")
        events += 2 * order.count("record")
        assert await seen(bench) == (accounts, changes, events), order
    await nothing_is_left_open(bench.database)


async def test_what_fails_otherwise_in_a_part_is_no_refusal_and_nothing_is_kept(
    bench: Bench,
) -> None:
    with pytest.raises(AlreadyThere):
        async with bench.work() as work:
            work.add(bench.account())
            async with work.part():
                twice = bench.account()
                work.add(twice, twice)
            await work.commit()
    assert (await seen(bench))[0] == set()
    await nothing_is_left_open(bench.database)


async def test_a_read_sees_what_the_same_work_added_and_a_stranger_does_not(bench: Bench) -> None:
    account = bench.account()
    async with bench.work() as work:
        work.add(account)
        assert await work.first(select(ACCOUNT.c.id).where(ACCOUNT.c.id == account.id))
        assert account.id not in (await seen(bench))[0]
        await work.commit()
    assert account.id in (await seen(bench))[0]


async def test_a_work_that_only_adds_much_is_kept_whole(bench: Bench) -> None:
    """PostgreSQL takes 32,767 values in one statement; a large work has more."""
    accounts = [bench.account() for _ in range(5000)]
    async with bench.work() as work:
        work.add(*accounts)
        await work.commit()
    assert {one.id for one in accounts} <= (await seen(bench))[0]
    async with bench.work() as work:
        await work.first(select(ACCOUNT.c.id).limit(1))
        work.add(*(bench.account() for _ in range(5000)))
    assert len((await seen(bench))[0]) == 5000
    clash = accounts[-1]
    with pytest.raises(AlreadyThere):
        async with bench.work() as work:
            work.add(*(bench.account() for _ in range(5000)), clash)
            await work.commit()
    assert len((await seen(bench))[0]) == 5000


async def test_events_of_one_work_keep_the_order_in_which_they_were_recorded(bench: Bench) -> None:
    subject = new_id()
    async with bench.work() as work:
        for place in range(200):
            work.record(EventType.flag_raised, None, subject, about=[subject], place=place)
        await work.commit()
    async with bench.work() as work:
        rows = await work.all(text("SELECT data FROM event ORDER BY sequence"))
    told = [str(row[0]) for row in rows]
    assert len(told) == 200
    assert [f": {place}" in line or f":{place}" in line for place, line in enumerate(told)]


async def test_a_change_is_made_to_the_version_that_was_read_or_not_at_all(bench: Bench) -> None:
    from tests.support.records import one_of_each

    given = one_of_each(full=False)
    flag = next(one for one in given if type(one).__name__ == "Flag")
    async with bench.work() as work:
        work.add(*given)
        await work.commit()
    async with bench.work() as work:
        assert await work.change(type(flag), flag.id, flag.version, escalation_level=1) == (
            flag.version + 1
        )
        await work.commit()
    async with bench.work() as work:
        with pytest.raises(Stale):
            await work.change(type(flag), flag.id, flag.version, escalation_level=2)
    table = table_of(type(flag))
    async with bench.work() as work:
        [row] = await work.all(select(table.c.escalation_level, table.c.version))
    assert tuple(row) == (1, flag.version + 1)


async def test_of_many_who_change_one_version_one_succeeds_and_none_is_overwritten(
    bench: Bench,
) -> None:
    from tests.support.records import one_of_each

    given = one_of_each(full=False)
    flag = next(one for one in given if type(one).__name__ == "Flag")
    async with bench.work() as work:
        work.add(*given)
        await work.commit()
    table = table_of(type(flag))
    succeeded = 0

    async def increment() -> None:
        nonlocal succeeded
        async with bench.work() as work:
            row = await work.first(select(table.c.version, table.c.escalation_level))
            assert row is not None
            await asyncio.sleep(0)
            try:
                await work.change(type(flag), flag.id, row[0], escalation_level=row[1] + 1)
            except Stale:
                return
            await work.commit()
            succeeded += 1

    start = given[[type(one).__name__ for one in given].index("Flag")].escalation_level
    await asyncio.gather(*(increment() for _ in range(50)))
    async with bench.work() as work:
        row = await work.first(select(table.c.escalation_level))
    assert row is not None
    assert succeeded >= 1
    assert row[0] == start + succeeded
    await nothing_is_left_open(bench.database)


async def test_many_works_at_once_are_all_kept_although_connections_are_few(bench: Bench) -> None:
    known = await settle(bench)
    made: set[UUID | None] = set()

    async def one(order: tuple[str, ...]) -> None:
        async with bench.work() as work:
            for step in order:
                made.add(await take(bench, work, step, known))
                await asyncio.sleep(0)
            await work.commit()

    orders = list(itertools.product(STEPS, STEPS, ("add", "change")))
    await asyncio.gather(*(one(order) for order in orders))
    accounts, changes, events = await seen(bench)
    assert accounts == (made - {None}) | {known.id}
    assert changes == sum(order.count("change") for order in orders)
    assert events == sum(order.count("record") for order in orders)
    await nothing_is_left_open(bench.database)


@asynccontextmanager
async def stopped_short(
    doing: Callable[[], Awaitable[object]], after: float
) -> AsyncIterator[None]:
    """Cancels a task some time after it began, as a client that hangs up or a shutdown does."""
    task = asyncio.ensure_future(doing())
    await asyncio.sleep(after)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    yield


@pytest.mark.parametrize("order", [("add",), ("execute",), ("add", "read"), ("change", "add")])
async def test_a_work_cancelled_in_its_middle_leaves_nothing(
    bench: Bench, order: tuple[str, ...]
) -> None:
    known = await settle(bench)
    before = await seen(bench)

    async def doing() -> None:
        async with bench.work() as work:
            for step in order:
                await take(bench, work, step, known)
            await asyncio.sleep(PATIENCE)
            await work.commit()

    async with stopped_short(doing, 0.05):
        assert await seen(bench) == before
    await nothing_is_left_open(bench.database)
    async with bench.work() as work:
        await take(bench, work, "add", known)
        await work.commit()


async def test_works_cancelled_while_they_wait_for_their_turn_leave_nothing(bench: Bench) -> None:
    """One holds the lock, others wait for it; all that wait are cancelled, and then the one."""
    known = await settle(bench)
    before = await seen(bench)

    holds = asyncio.Event()

    async def holding() -> None:
        async with bench.work() as work:
            await take(bench, work, "change", known)
            holds.set()
            await asyncio.sleep(PATIENCE)

    async def waiting(step: str) -> None:
        async with bench.work() as work:
            await take(bench, work, step, known)
            await work.commit()

    holder = asyncio.ensure_future(holding())
    await asyncio.wait_for(holds.wait(), PATIENCE)
    waiters = [asyncio.ensure_future(waiting("change")) for _ in range(3)]
    await asyncio.sleep(0.05)
    for task in waiters:
        task.cancel()
    found = await asyncio.gather(*waiters, return_exceptions=True)
    assert [type(one) for one in found] == [asyncio.CancelledError] * 3
    holder.cancel()
    assert [type(one) for one in await asyncio.gather(holder, return_exceptions=True)] == [
        asyncio.CancelledError
    ]
    await nothing_is_left_open(bench.database)
    assert await seen(bench) == before


async def test_works_cancelled_at_any_moment_are_kept_whole_or_not_at_all(bench: Bench) -> None:
    """Cancelled after 0, 1, 2 ... turns of the loop: somewhere in each of its waits."""
    known = await settle(bench)
    for order in (("add", "add"), ("add", "read", "add"), ("execute", "add", "record")):
        for turns in range(60):
            accounts, changes, events = await seen(bench)
            made: set[UUID | None] = set()
            done = False

            async def doing(order: tuple[str, ...] = order, made: set[UUID | None] = made) -> None:
                nonlocal done
                async with bench.work() as work:
                    for step in order:
                        made.add(await take(bench, work, step, known))
                    await work.commit()
                done = True

            task = asyncio.ensure_future(doing())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                assert not done
            now, now_changes, now_events = await seen(bench)
            made.discard(None)
            whole = accounts | {one for one in made if one is not None}
            assert now in (accounts, whole), (order, turns)
            assert not done or now == whole
            assert now_events - events in (0, order.count("record"))
            assert now_changes == changes
            if (now_events > events) and order.count("record"):
                assert now == whole
    await nothing_is_left_open(bench.database)


async def test_a_failed_statement_does_not_poison_the_next_work(bench: Bench) -> None:
    known = await settle(bench)
    for _ in range(8):
        with pytest.raises(AlreadyThere):
            async with bench.work() as work:
                await take(bench, work, "change", known)
                work.add(known)
                await work.commit()
        with pytest.raises(AlreadyThere):
            async with bench.work() as work:
                work.add(known)
                await work.commit()
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            async with bench.work() as work:
                work.add(*_orphan(bench))
                await work.commit()
    assert await seen(bench) == ({known.id}, 0, 0)
    await nothing_is_left_open(bench.database)


def _orphan(bench: Bench) -> list[object]:
    from tests.support.records import one_of_each

    return [one for one in one_of_each(full=False) if type(one).__name__ == "Child"]


async def test_a_reader_between_two_writers_leaves_each_its_own_transaction(
    database_url: str, bench: Bench
) -> None:
    """With a single connection: reads without a transaction must not switch it off for writers."""
    database = Database(database_url, pool_size=1)
    alone = Bench(database, bench.policy)
    known = await settle(alone)
    for _ in range(3):
        await seen(alone)
        async with alone.work() as work:
            await take(alone, work, "execute", known)
            await take(alone, work, "add", known)
    assert (await seen(alone))[0] == {known.id}
    await database.dispose()


async def test_deleting_needs_a_commit_too(bench: Bench) -> None:
    known = await settle(bench)
    async with bench.work() as work:
        assert await work.rows_changed(delete(ACCOUNT).where(ACCOUNT.c.id == known.id)) == 1
    assert known.id in (await seen(bench))[0]
