"""What every line of a queue is made of: who asks for which part, its columns, its rank."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    bindparam,
    exists,
    false,
    func,
    literal,
    literal_column,
    null,
    select,
)

from service.domain.access import Sight
from service.domain.contacts import Contact
from service.domain.deadlines import Rating
from service.domain.flags import SubjectKind
from service.domain.queues import BEFORE_ALL_ELSE, IN_ITS_TURN, OwnDesk, QueueFilters
from service.persistence.records import table_of
from service.persistence.repositories import accounts
from service.persistence.repositories.queue_places import Span, or_never, own_clocks, written

CONTACT = table_of(Contact)
ASSIGNEE = bindparam("assignee", None, CONTACT.c.assignee_id.type)
TOWN = bindparam("town", None, CONTACT.c.town.type)
TEAM = bindparam("team", None, CONTACT.c.team_id.type)


@dataclass(frozen=True, slots=True)
class PartAsked:
    """Who asks for which part of a queue, as far as it makes a statement differ."""

    sight: Sight
    page: Span
    filters: QueueFilters
    desk: OwnDesk

    @property
    def _of_contact(self) -> list[ColumnElement[bool]]:
        """What the filters ask of the contact."""
        found: list[ColumnElement[bool]] = []
        if self.filters.source_codes:
            found.append(CONTACT.c.source_code.in_(self.filters.source_codes))
        if self.filters.ratings:
            found.append(CONTACT.c.rating.in_(self.filters.ratings))
        if self.filters.kinds:
            found.append(CONTACT.c.kind.in_(self.filters.kinds))
        if self.filters.town is not None:
            found.append(func.lower(CONTACT.c.town) == TOWN)
        return found

    def of_worker(self, worker_id: Any) -> list[ColumnElement[bool]]:
        """What the filters ask of who works a line."""
        found: list[ColumnElement[bool]] = []
        if self.filters.assignee_id is not None:
            found.append(worker_id == ASSIGNEE)
        if self.filters.unassigned:
            found.append(worker_id.is_(None))
        if self.filters.worker_suspended:
            found.append(worker_id.in_(accounts.suspended_ids()))
        return found

    def on_desk(self) -> list[ColumnElement[bool]]:
        """What the filters ask of a contact itself."""
        return [*self._of_contact, *self.of_worker(CONTACT.c.assignee_id)]

    def behind(self, contact_id: Any, worker_id: Any) -> list[ColumnElement[bool]]:
        """What the filters ask of a line with a contact behind it."""
        asked, worked = self._of_contact, self.of_worker(worker_id)
        if worker_id is CONTACT.c.assignee_id:
            asked, worked = [*asked, *worked], []
        if not asked:
            return worked
        return [exists().where(CONTACT.c.id == contact_id, *asked), *worked]

    def of_line(self, line: Any) -> list[ColumnElement[bool]]:
        """What the filters ask of a line, where it was not asked before."""
        found = self.of_worker(line.c.worker_id)
        if self.filters.source_codes:
            found.append(line.c.source_code.in_(self.filters.source_codes))
        if self.filters.ratings:
            found.append(line.c.rating.in_(self.filters.ratings))
        if self.filters.kinds:
            found.append(line.c.contact_kind.in_(self.filters.kinds))
        if self.filters.town is not None:
            found.append(func.lower(line.c.town) == TOWN)
        return found


@dataclass(frozen=True, slots=True)
class At:
    """Where a line stands: by its limit among those of its rank; and whether it came back."""

    due_at: Any
    rank: int = IN_ITS_TURN
    returned: ColumnElement[bool] | None = None


# Red, and not every child decided: what it waits for stands before all else.
RED = (
    CONTACT.c.decided_at.is_(None),
    CONTACT.c.rating == literal_column(f"'{Rating.red}'"),
)
RED_CONTACTS = select(CONTACT.c.id).where(*RED)
# What is not rated is not red either.
NOT_RED = (
    CONTACT.c.decided_at.is_(None),
    CONTACT.c.rating.is_distinct_from(literal_column(f"'{Rating.red}'")),
)


def by_rank(contact_id: Any) -> Sequence[tuple[int, ColumnElement[bool]]]:
    """What of a thing behind a contact says its rank."""
    red = contact_id.in_(RED_CONTACTS)
    return ((BEFORE_ALL_ELSE, red), (IN_ITS_TURN, ~red))


def a_line(
    kind: SubjectKind,
    subject: Any,
    at: At,
    *,
    reference: Any = None,
    team_id: Any = None,
    worker_id: Any = None,
    organisation_id: Any = None,
    child_id: Any = None,
) -> list[ColumnElement[Any]]:
    """The columns of `Waiting`, but for the worker's name, in one order for every queue."""
    own = CONTACT.c
    return [
        written(kind).label("subject_kind"),
        subject.label("subject_id"),
        literal_column(str(at.rank), Integer()).label("rank"),
        or_never(at.due_at).label("due_at"),
        (false() if at.returned is None else at.returned).label("returned"),
        (own.reference if reference is None else reference).label("reference"),
        own.id.label("contact_id"),
        (literal(None, own.id.type) if child_id is None else child_id).label("child_id"),
        own.state.label("contact_state"),
        own.kind.label("contact_kind"),
        own.channel,
        own.received_at,
        own.source_code,
        own.rating,
        own.town,
        own.immediate_danger,
        own.danger,
        (own.team_id if team_id is None else team_id).label("team_id"),
        (own.assignee_id if worker_id is None else worker_id).label("worker_id"),
        (null() if organisation_id is None else organisation_id).label("organisation_id"),
    ]


def with_contact(first: Any, table: Any) -> Any:
    """The first places, each with its row and the contact behind it.

    Outer joins, though there always is one: so no planner begins with all the rows there are.
    """
    return first.outerjoin(table, table.c.id == first.c.id).outerjoin(
        CONTACT, CONTACT.c.id == table.c.contact_id
    )


CONTACT_CLOCKS = own_clocks(CONTACT, CONTACT.c.id)
