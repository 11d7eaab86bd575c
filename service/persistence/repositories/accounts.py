"""Accounts and suspensions: who has called, and who may not call any more."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite

from service.domain.accounts import Account, Suspension, SuspensionKind
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


class WorkerSuspended(Invalid):
    """The worker's access is suspended, so nothing can be given to them."""

    code = "worker_suspended"
    title = "This worker has no access"


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


async def refuse_suspended_worker(ask: Asking, worker_id: UUID, pointer: str) -> None:
    """Raises WorkerSuspended for a worker who may not call any more, so can work nothing."""
    if await suspension_of(ask, SuspensionKind.account, str(worker_id)) is not None:
        raise WorkerSuspended(
            "This worker's access is suspended. Choose another, or have the suspension lifted.",
            problems=[Problem(pointer, "Choose a worker who has access.", "worker_suspended")],
        )


async def list_staff(
    ask: Asking, *, team_id: str | None = None, limit: int, after: UUID | None = None
) -> list[Account]:
    """Members of staff who have signed in, in the order in which they first did."""
    statement = select(*columns_of(Account)).where(_staff()).order_by(ACCOUNT.c.id).limit(limit)
    if team_id is not None:
        statement = statement.where(ACCOUNT.c.team_id == team_id)
    if after is not None:
        statement = statement.where(ACCOUNT.c.id > after)
    return [read(Account, row) for row in await ask.all(statement)]


async def get(ask: Asking, account_id: UUID) -> Account | None:
    """One account, if there is one."""
    row = await ask.first(select(*columns_of(Account)).where(ACCOUNT.c.id == account_id))
    return None if row is None else read(Account, row)


async def count_of(ask: Asking, kind: SuspensionKind, target: str) -> int:
    """How many accounts that have called a suspension of this target stops."""
    column = ACCOUNT.c.client_id if kind is SuspensionKind.client else ACCOUNT.c.organisation_id
    row = await ask.first(select(func.count()).select_from(ACCOUNT).where(column == target))
    return 0 if row is None else int(row[0])


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
    ask: Asking, *, in_force: bool | None = None, limit: int, before: UUID | None = None
) -> list[Suspension]:
    """Suspensions, newest first."""
    statement = select(*columns_of(Suspension)).order_by(SUSPENSION.c.id.desc()).limit(limit)
    if in_force is not None:
        lifted = SUSPENSION.c.lifted_at
        statement = statement.where(lifted.is_(None) if in_force else lifted.is_not(None))
    if before is not None:
        statement = statement.where(SUSPENSION.c.id < before)
    return [read(Suspension, row) for row in await ask.all(statement)]
