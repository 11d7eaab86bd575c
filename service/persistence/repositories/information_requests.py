"""Information requests: what agencies were asked, read by who asked and by who must answer."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update

from service.domain.access import Sight
from service.domain.contacts import Child
from service.domain.deadlines import Deadline
from service.domain.errors import NotFound
from service.domain.information_requests import (
    THE_ANSWER,
    Chaser,
    InformationRequest,
    InformationRequestState,
    StillInSight,
)
from service.domain.whole_contacts import RequestFilters
from service.persistence.asking import Asking
from service.persistence.keysets import Place, soonest_first
from service.persistence.prepared import Makeable, any_of, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.lists import Listed
from service.persistence.statements import all_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import requests_visible_to

REQUEST = table_of(InformationRequest)
CHASER = table_of(Chaser)
DEADLINE = table_of(Deadline)
CHILD = table_of(Child)


class InformationRequestNotFound(NotFound):
    """No such request, or not one that the caller may know of."""

    code = "information_request_not_found"
    title = "No such information request"


async def get(
    ask: Asking, sight: Sight, request_id: UUID, in_sight: StillInSight
) -> InformationRequest:
    """One request. Raises InformationRequestNotFound, for one that its agency lost sight of too."""
    row = await ask.first(
        select(*columns_of(InformationRequest)).where(
            REQUEST.c.id == request_id, requests_visible_to(sight, in_sight)
        )
    )
    if row is None:
        raise InformationRequestNotFound(
            "There is no information request with this id that you may see. Check the id."
        )
    return read(InformationRequest, row)


async def list_newest_first(
    ask: Asking,
    sight: Sight,
    in_sight: StillInSight,
    filters: RequestFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[InformationRequest]:
    """Requests by when they were asked, newest first, from after a place on."""
    listed = _listed(in_sight)
    return await listed.newest_first(ask, sight, filters, limit=limit, after=after)


def _listed(in_sight: StillInSight) -> Listed[InformationRequest]:
    seen = partial(requests_visible_to, in_sight=in_sight)
    return Listed(InformationRequest, "asked_at", seen, elsewhere=("sort",))


async def list_soonest_first(
    ask: Asking,
    sight: Sight,
    in_sight: StillInSight,
    filters: RequestFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[InformationRequest]:
    """Requests by when an answer is due, soonest first and overdue on top, from a place on."""
    which: list[ColumnElement[bool]] = []
    if list(filters.states) == [InformationRequestState.asked]:
        # As the small index of the open ones says it.
        filters = replace(filters, states=())
        which = [REQUEST.c.answered_at.is_(None), REQUEST.c.withdrawn_at.is_(None)]
    lines = (
        select(*columns_of(InformationRequest), DEADLINE.c.due_at)
        .join(
            DEADLINE,
            and_(
                DEADLINE.c.contact_id == REQUEST.c.contact_id,
                DEADLINE.c.subject_id == REQUEST.c.id,
                DEADLINE.c.kind == THE_ANSWER,
            ),
        )
        .where(requests_visible_to(sight, in_sight), *which, *_listed(in_sight).which(filters))
    )
    by_limit = soonest_first(DEADLINE.c.due_at, REQUEST.c.id)
    rows = await ask.all(by_limit.page(lines, limit, after))
    return [read(InformationRequest, row[:-1]) for row in rows]


async def chasers_of(ask: Asking, request_id: UUID) -> list[Chaser]:
    """How often an agency was chased, in order."""
    rows = await ask.all(all_of(Chaser, "request_id", "chased_at", "id"), of=request_id)
    return [read(Chaser, row) for row in rows]


@made_once
def _chasers() -> Makeable:
    return (
        select(CHASER.c.request_id, func.count())
        .where(any_of(CHASER.c.request_id, "ids"))
        .group_by(CHASER.c.request_id)
    )


async def chasers_counted(ask: Asking, request_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How often the agency was chased for each of several requests; those never chased are out."""
    if not request_ids:
        return {}
    rows = await ask.all(_chasers(), ids=request_ids)
    return {row[0]: row[1] for row in rows}


async def children_of(ask: Asking, request: InformationRequest) -> list[Child]:
    """The children whom a request that the caller may see is about, in order; and no others."""
    rows = await ask.all(
        select(*columns_of(Child))
        .where(
            CHILD.c.contact_id == request.contact_id,
            CHILD.c.id.in_(request.child_ids),
        )
        .order_by(CHILD.c.position)
    )
    return [read(Child, row) for row in rows]


async def renew_open(work: Work, contact_id: UUID) -> None:
    """Gives the open requests on a contact a new version: what is told of its children changed."""
    await work.execute(
        update(REQUEST)
        .where(REQUEST.c.contact_id == contact_id, REQUEST.c.answered_at.is_(None))
        .values(version=REQUEST.c.version + 1)
    )


async def unanswered(ask: Asking, contact_id: UUID) -> int:
    """How many requests on a contact still wait for an answer."""
    rows = await ask.all(
        select(REQUEST.c.id).where(
            REQUEST.c.contact_id == contact_id,
            REQUEST.c.answered_at.is_(None),
            REQUEST.c.withdrawn_at.is_(None),
        )
    )
    return len(rows)


async def open_on(ask: Asking | Work, contact_id: UUID) -> list[InformationRequest]:
    """What agencies were asked on a contact and have not answered, the oldest first."""
    rows = await ask.all(
        select(*columns_of(InformationRequest))
        .where(
            REQUEST.c.contact_id == contact_id,
            REQUEST.c.answered_at.is_(None),
            REQUEST.c.withdrawn_at.is_(None),
        )
        .order_by(REQUEST.c.id)
    )
    return [read(InformationRequest, row) for row in rows]


async def open_to(ask: Asking, contact_id: UUID, organisation_id: str) -> list[InformationRequest]:
    """What an agency was asked on a contact and has not answered, the oldest first."""
    rows = await ask.all(
        select(*columns_of(InformationRequest))
        .where(
            REQUEST.c.contact_id == contact_id,
            REQUEST.c.organisation_id == organisation_id,
            REQUEST.c.answered_at.is_(None),
            REQUEST.c.withdrawn_at.is_(None),
        )
        .order_by(REQUEST.c.id)
    )
    return [read(InformationRequest, row) for row in rows]
