"""Accounts: who works here, whose access is suspended, and taking it away or giving it back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.accounts import (
    AccountUnknown,
    AlreadyLifted,
    AlreadySuspended,
    OwnAccess,
    Suspension,
    SuspensionFilters,
    SuspensionKind,
    SuspensionState,
    Worker,
)
from service.domain.errors import Problem
from service.domain.events import EventType, Whom
from service.domain.holders import HOLDERS, WorkerFilters
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.keysets import Place
from service.persistence.repositories import accounts
from service.persistence.units_of_work import Work


@dataclass(frozen=True, slots=True)
class SuspensionMade:
    """A suspension, and how many accounts that have called before it stops."""

    suspension: Suspension
    accounts_stopped: int


async def suspend_access(
    work: Work, who: Caller, kind: SuspensionKind, target: str, reason: str
) -> SuspensionMade:
    """Takes access away from a person, a client system or an organisation, from the next call on.

    A client or an organisation that never called may be suspended beforehand, and the number of
    accounts stopped is then nought: so a misspelling shows. Raises OwnAccess, AccountUnknown,
    AlreadySuspended.
    """
    who.require(Permission.suspend_access)
    target = await _known_target(work, kind, target)
    if target == _own(who)[kind]:
        raise OwnAccess(
            "You would suspend yourself, and could not undo it. Ask another system administrator "
            "or information governance officer."
        )
    if await accounts.suspension_of(work, kind, target) is not None:
        raise AlreadySuspended(
            "This access is suspended already. GET /v1/access-suspensions?in_force=true lists "
            "what is.",
            state=SuspensionState.in_force,
            allowed=("lift_suspension",),
        )
    made = Suspension(
        id=new_id(),
        kind=kind,
        target=target,
        reason=reason,
        suspended_at=work.now,
        suspended_by=who.account_id,
        lifted_at=None,
        lifted_by=None,
        lifted_because=None,
        version=1,
    )
    stopped = 1 if kind is SuspensionKind.account else await accounts.count_of(work, kind, target)
    work.add(made)
    # Not the target: it is free text, and the suspension itself tells it to those who may know.
    work.record(EventType.access_suspended, who, made.id, about=Whom.nobody, kind=kind)
    return SuspensionMade(made, stopped)


async def _known_target(work: Work, kind: SuspensionKind, target: str) -> str:
    if kind is not SuspensionKind.account:
        return target
    try:
        account_id = UUID(target)
    except ValueError:
        account = None
    else:
        account = await accounts.get(work, account_id)
    if account is None:
        raise AccountUnknown(
            "Nobody with this account has called. GET /v1/workers lists the staff who have.",
            problems=[
                Problem("/target", "Send the id of an account that has called.", "account_unknown")
            ],
        )
    return str(account.id)


def _own(who: Caller) -> dict[SuspensionKind, str | None]:
    return {
        SuspensionKind.account: str(who.account_id),
        SuspensionKind.client: who.client_id,
        SuspensionKind.organisation: who.organisation_id,
    }


async def lift_suspension(
    work: Work, who: Caller, suspension_id: UUID, version: int, reason: str
) -> Suspension:
    """Gives access back, from the next call on. Raises SuspensionNotFound, Stale, AlreadyLifted."""
    who.require(Permission.suspend_access)
    held = await accounts.suspension_held(work, suspension_id, version)
    if held.lifted_at is not None:
        raise AlreadyLifted(
            "This suspension was lifted. To take access away again, suspend it anew.",
            state=SuspensionState.lifted,
            allowed=(),
        )
    await work.change(
        Suspension,
        held.id,
        held.version,
        lifted_at=work.now,
        lifted_by=who.account_id,
        lifted_because=reason,
    )
    work.record(EventType.access_restored, who, held.id, about=Whom.nobody, kind=held.kind)
    return replace(
        held,
        lifted_at=work.now,
        lifted_by=who.account_id,
        lifted_because=reason,
        version=held.version + 1,
    )


async def read_suspension(ask: Asking, who: Caller, suspension_id: UUID) -> Suspension:
    """One suspension. Raises SuspensionNotFound."""
    who.require(Permission.read_access_suspensions)
    return await accounts.suspension(ask, suspension_id)


async def list_suspensions(
    ask: Asking,
    who: Caller,
    filters: SuspensionFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> Sequence[Suspension]:
    """Suspensions, newest first."""
    who.require(Permission.read_access_suspensions)
    return await accounts.list_suspensions(ask, filters, limit=limit, after=after)


async def list_workers(
    ask: Asking,
    who: Caller,
    filters: WorkerFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> Sequence[Worker]:
    """Members of staff who have signed in, in the order in which they first did.

    `may_hold`: only those to whom such work can be given now.
    """
    who.require(Permission.read_workers)
    roles = None
    if filters.may_hold is not None:
        if filters.suspended:
            return ()
        roles = HOLDERS[filters.may_hold]
        filters = replace(filters, suspended=False)
    return await accounts.list_staff(ask, filters, roles, limit=limit, after=after)
