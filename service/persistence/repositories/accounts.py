"""Accounts and suspensions: who has called, and who may not call any more."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from service.domain.accounts import Account, Suspension
from service.domain.errors import Invalid, NotFound, Problem, Stale
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work

ACCOUNT = table_of(Account)
SUSPENSION = table_of(Suspension)


class WorkerUnknown(Invalid):
    """Nobody of this id has ever signed in, or they are no member of staff."""

    code = "worker_unknown"
    title = "No such worker"


class SuspensionNotFound(NotFound):
    """No such suspension."""

    code = "suspension_not_found"
    title = "No such suspension"


async def find(ask: Asking, issuer: str, subject: str) -> Account | None:
    """The account of an identity, if it has called before."""
    row = await ask.first(
        select(*columns_of(Account)).where(ACCOUNT.c.issuer == issuer, ACCOUNT.c.subject == subject)
    )
    return None if row is None else read(Account, row)


async def keep(work: Work, account: Account, *, on_postgresql: bool) -> None:
    """Keeps an account when its identity is new; two first calls at once make one account."""
    insert = postgresql.insert if on_postgresql else sqlite.insert
    values = {column.name: getattr(account, column.name) for column in ACCOUNT.c}
    await work.execute(
        insert(ACCOUNT)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["issuer", "subject"],
            set_={
                "name": account.name,
                "client_id": account.client_id,
                "organisation_id": account.organisation_id,
                "team_id": account.team_id,
            },
        )
    )


def _staff() -> ColumnElement[bool]:
    return ACCOUNT.c.organisation_id.is_(None)


async def names(ask: Asking, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of several accounts, to show beside their ids."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = await ask.all(select(ACCOUNT.c.id, ACCOUNT.c.name).where(ACCOUNT.c.id.in_(wanted)))
    return {row[0]: row[1] for row in rows}


async def require_staff(ask: Asking, worker_id: UUID, pointer: str) -> Account:
    """A member of staff by id. Raises WorkerUnknown, pointing at what was sent."""
    row = await ask.first(select(*columns_of(Account)).where(ACCOUNT.c.id == worker_id, _staff()))
    if row is None:
        raise WorkerUnknown(
            "No worker has this id. GET /v1/workers lists everybody who has signed in.",
            problems=[
                Problem(pointer, "Use the id of a worker from GET /v1/workers.", "worker_unknown")
            ],
        )
    return read(Account, row)


async def list_staff(
    ask: Asking, *, limit: int, after: tuple[str, UUID] | None = None
) -> list[Account]:
    """Members of staff who have signed in, by name."""
    statement = (
        select(*columns_of(Account)).where(_staff()).order_by(ACCOUNT.c.name, ACCOUNT.c.id)
    ).limit(limit)
    if after is not None:
        name, account_id = after
        statement = statement.where(
            tuple_(ACCOUNT.c.name, ACCOUNT.c.id)
            > tuple_(literal(name, ACCOUNT.c.name.type), literal(account_id, ACCOUNT.c.id.type))
        )
    return [read(Account, row) for row in await ask.all(statement)]


async def suspensions_in_force(ask: Asking) -> frozenset[tuple[str, str]]:
    """Kind and target of every suspension in force: few, and read often."""
    rows = await ask.all(
        select(SUSPENSION.c.kind, SUSPENSION.c.target).where(SUSPENSION.c.lifted_at.is_(None))
    )
    return frozenset((row[0], row[1]) for row in rows)


async def suspension(ask: Asking, suspension_id: UUID) -> Suspension:
    """One suspension. Raises SuspensionNotFound."""
    row = await ask.first(select(*columns_of(Suspension)).where(SUSPENSION.c.id == suspension_id))
    if row is None:
        raise SuspensionNotFound("There is no suspension with this id. Check the id.")
    return read(Suspension, row)


async def suspension_held(work: Work, suspension_id: UUID, version: int) -> Suspension:
    """One suspension, for a change. Raises Stale when `version` is not the current one."""
    found = await suspension(work, suspension_id)
    if found.version != version:
        raise Stale(found.version)
    return found


async def suspension_of(ask: Asking, kind: str, target: str) -> Suspension | None:
    """The suspension in force on a target, if any."""
    row = await ask.first(
        select(*columns_of(Suspension)).where(
            SUSPENSION.c.kind == kind,
            SUSPENSION.c.target == target,
            SUSPENSION.c.lifted_at.is_(None),
        )
    )
    return None if row is None else read(Suspension, row)


async def list_suspensions(
    ask: Asking, *, limit: int, before: UUID | None = None
) -> list[Suspension]:
    """Suspensions, newest first."""
    statement = select(*columns_of(Suspension)).order_by(SUSPENSION.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(SUSPENSION.c.id < before)
    return [read(Suspension, row) for row in await ask.all(statement)]
