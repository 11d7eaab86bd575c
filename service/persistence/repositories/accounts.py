"""Accounts and suspensions: who has called, and who may not call any more."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Uuid,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from service.domain.access import Role
from service.domain.accounts import Account, Suspension, SuspensionFilters, SuspensionKind, Worker
from service.domain.errors import NotFound, Stale
from service.domain.holders import WorkerFilters
from service.persistence.asking import Asking
from service.persistence.keysets import Order, Place, narrowed, soonest_first
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work

ACCOUNT = table_of(Account)
SUSPENSION = table_of(Suspension)


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
    """Keeps an account when its identity is new, and what a newer token says of it otherwise.

    Two first calls at once make one account.
    """
    insert = postgresql.insert if on_postgresql else sqlite.insert
    statement = insert(ACCOUNT).values(
        **{column.name: getattr(account, column.name) for column in ACCOUNT.c}
    )
    new = statement.excluded
    same_team = ACCOUNT.c.team_id.is_not_distinct_from(new.team_id)
    await work.execute(
        statement.on_conflict_do_update(
            index_elements=["issuer", "subject"],
            set_={
                **{name: new[name] for name in _TOLD_AT_SIGN_IN},
                "roles_since": case(
                    (ACCOUNT.c.role_names == new.role_names, ACCOUNT.c.roles_since),
                    else_=new.roles_since,
                ),
                "team_since": case((same_team, ACCOUNT.c.team_since), else_=new.roles_since),
            },
            where=or_(ACCOUNT.c.signed_in_at.is_(None), ACCOUNT.c.signed_in_at <= new.signed_in_at),
        )
    )


_TOLD_AT_SIGN_IN = (
    "name",
    "client_id",
    "organisation_id",
    "team_id",
    "role_names",
    "signed_in_at",
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


def is_suspended(account_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the access of an account is suspended, in a statement that has the account's id.

    A suspension names its target in words, and the databases keep an id in different ways.
    """
    return exists().where(
        SUSPENSION.c.kind == SuspensionKind.account,
        SUSPENSION.c.lifted_at.is_(None),
        func.replace(SUSPENSION.c.target, "-", "")
        == func.replace(cast(account_id, String), "-", ""),
    )


def suspended_ids() -> Select[Any]:
    """The accounts whose access is suspended, read from the suspensions: these are few."""
    of_an_account = SUSPENSION.c.kind == SuspensionKind.account
    # A target of another kind is no id: PostgreSQL must never come to read it as one.
    return select(
        case((of_an_account, cast(func.replace(SUSPENSION.c.target, "-", ""), Uuid)))
    ).where(of_an_account, SUSPENSION.c.lifted_at.is_(None))


async def staff(ask: Asking, worker_id: UUID) -> Worker | None:
    """A member of staff by id, and whether their access is suspended; None when there is none."""
    row = await ask.first(
        select(*columns_of(Account), is_suspended(ACCOUNT.c.id)).where(
            ACCOUNT.c.id == worker_id, _staff()
        )
    )
    return None if row is None else _worker(row)


async def staff_by_id(ask: Asking, ids: Collection[UUID]) -> dict[UUID, Worker]:
    """Members of staff by their ids; who is none is left out."""
    if not ids:
        return {}
    rows = await ask.all(
        select(*columns_of(Account), is_suspended(ACCOUNT.c.id)).where(
            ACCOUNT.c.id.in_(ids), _staff()
        )
    )
    return {found.account.id: found for found in map(_worker, rows)}


def _worker(row: Sequence[Any]) -> Worker:
    *account, suspended = row
    return Worker(read(Account, account), bool(suspended))


async def list_staff(
    ask: Asking,
    filters: WorkerFilters,
    roles: Collection[Role] | None = None,
    *,
    limit: int,
    after: Place | None = None,
) -> list[Worker]:
    """Members of staff who have signed in, in the order in which they first did.

    `roles`: only who was last seen with one of them.
    """
    away = is_suspended(ACCOUNT.c.id)
    statement = select(*columns_of(Account), away).where(
        _staff(), *narrowed(ACCOUNT, filters, but=("may_hold", "suspended"))
    )
    if roles is not None:
        words = literal(" ") + ACCOUNT.c.role_names + literal(" ")
        statement = statement.where(
            or_(*(words.contains(f" {role} ", autoescape=True) for role in sorted(roles)))
        )
    if filters.suspended is not None:
        statement = statement.where(away if filters.suspended else ~away)
    as_they_came = soonest_first(ACCOUNT.c.id)
    return [_worker(row) for row in await ask.all(as_they_came.page(statement, limit, after))]


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
    ask: Asking,
    filters: SuspensionFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[Suspension]:
    """Suspensions, newest first."""
    statement = select(*columns_of(Suspension))
    if filters.in_force is not None:
        lifted = SUSPENSION.c.lifted_at
        statement = statement.where(lifted.is_(None) if filters.in_force else lifted.is_not(None))
    falling = Order((SUSPENSION.c.id,), falling=True)
    rows = await ask.all(falling.page(statement, limit, after))
    return [read(Suspension, row) for row in rows]
