"""Which lines of a queue come first: found by what waits or by the clocks, whichever is fewer."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from service.domain.deadlines import Deadline
from service.domain.flags import SubjectKind
from service.domain.queues import IN_ITS_TURN, NEVER, QueueFilters
from service.persistence.keysets import soonest_first
from service.persistence.records import table_of

DEADLINE = table_of(Deadline)
# Made once: an alias is a copy of all its columns.
CLOCK = DEADLINE.alias("clock")
EARLIER = DEADLINE.alias("earlier")
# Up to so many waiting things are put in order one by one; of more, the clocks are read in theirs.
FEW: Final = 200
# Limits and other constants are written out in the statement: PostgreSQL then makes its plan for
# so many lines, and once. Rounded up, so that there are few statements to be made ready.
_LIMITS: Final = (11, 51, 101)
AFTER_AT: Final = bindparam("after_at", None, DEADLINE.c.due_at.type)
AFTER_ID: Final = bindparam("after_id", None, DEADLINE.c.id.type)
NEVER_DUE: Final = cast(
    bindparam("never", NEVER, DEADLINE.c.due_at.type, literal_execute=True), DEADLINE.c.due_at.type
)
_NONE: Final = literal_column("0", Integer())

ClocksOf = Callable[[Any], Sequence[ColumnElement[bool]]]
"""Of a table of clocks, those of a waiting row."""


def written(word: SubjectKind) -> ColumnElement[str]:
    """One of our own words, as it stands in a statement."""
    return literal_column(f"'{word.value}'", String())


def rounded(lines: int) -> int:
    """So many lines, or a few more."""
    return next((one for one in _LIMITS if one >= lines), lines)


@dataclass(frozen=True, slots=True)
class Span:
    """So many lines of a queue, from its beginning, or from after the place that is given.

    `after_rank` is the rank of that place; None where the page begins the queue.
    """

    lines: int
    after_rank: int | None

    def beyond(
        self, due_at: Any, subject_id: Any, rank: int = IN_ITS_TURN
    ) -> list[ColumnElement[bool]]:
        """What stands after the place, of the lines of one rank."""
        if self.after_rank is None or rank > self.after_rank:
            return []
        if rank < self.after_rank:
            return [false()]
        return soonest_first(due_at, subject_id).beyond((AFTER_AT, AFTER_ID))

    def beyond_in_all(self, rank: Any, due_at: Any, subject_id: Any) -> list[ColumnElement[bool]]:
        """What stands after the place, of lines of every rank."""
        if self.after_rank is None:
            return []
        here = literal_column(str(self.after_rank), Integer())
        within = and_(rank == here, *self.beyond(due_at, subject_id, self.after_rank))
        return [or_(rank > here, within)]

    @property
    def limit(self) -> ColumnElement[int]:
        """So many, as it stands in a statement."""
        return literal_column(str(self.lines))


def own_clocks(subject: Any, contact_id: Any) -> ClocksOf:
    """The running clocks of a waiting thing itself."""
    return lambda clock: (
        clock.c.stopped_at.is_(None),
        clock.c.contact_id == contact_id,
        clock.c.subject_id == subject.c.id,
    )


def soonest(clocks: ClocksOf, subject: Any) -> Any:
    """The soonest limit among the running clocks of a waiting row."""
    return (
        select(func.min(DEADLINE.c.due_at))
        .where(*clocks(DEADLINE))
        .correlate(subject)
        .scalar_subquery()
    )


def or_never(due_at: Any) -> Any:
    """A limit, or the end of all days where no clock runs."""
    return func.coalesce(due_at, NEVER_DUE)


def first_by_subject(
    subject: Any,
    due_at: Any,
    which: Sequence[ColumnElement[bool]],
    page: Span,
    rank: int = IN_ITS_TURN,
) -> FromClause:
    """The first places among a few waiting things of one rank: each is looked at."""
    due_at = or_never(due_at).label("due_at")
    return (
        select(subject.c.id.label("id"), due_at)
        .where(*which, *page.beyond(due_at.element, subject.c.id, rank))
        .order_by(due_at, subject.c.id)
        .limit(page.limit)
        .subquery("first")
    )


def first_by_clocks(
    subject: Any,
    contact_id: Any,
    kind: SubjectKind,
    which: Sequence[ColumnElement[bool]],
    page: Span,
    rank: int = IN_ITS_TURN,
) -> FromClause:
    """The first places among things of one rank that may be very many, each with its own clocks.

    Of more than a few, the running clocks of their kind are read from the soonest on, until the
    page is full: what it costs does not grow with what waits behind. Things without a running
    clock come last, and are looked for only when the clocks did not fill the page. Each part is
    asked for no line at all where another serves.
    """
    clocks = own_clocks(subject, contact_id)
    limit = page.limit
    counted = (
        select(_NONE)
        .select_from(subject)
        .where(*which)
        .limit(literal_column(str(FEW + 1)))
        .subquery("counted")
    )
    waiting = select(func.count().label("many")).select_from(counted).cte()
    many = select(waiting.c.many).scalar_subquery() > literal_column(str(FEW))
    walk = _walk(subject, kind, which, page, rank).cte()
    walked = select(walk.c.id, walk.c.due_at).limit(case((many, limit), else_=_NONE))
    full = select(func.count()).select_from(walk).scalar_subquery() >= limit
    clockless = (
        select(subject.c.id.label("id"), NEVER_DUE.label("due_at"))
        .where(
            *which,
            ~exists().where(*clocks(DEADLINE)).correlate(subject),
            *page.beyond(NEVER_DUE, subject.c.id, rank),
        )
        .order_by(subject.c.id)
        .limit(case((many & ~full, limit), else_=_NONE))
    )
    due_at = or_never(soonest(clocks, subject)).label("due_at")
    by_subject = (
        select(subject.c.id.label("id"), due_at)
        .where(*which, *page.beyond(due_at.element, subject.c.id, rank))
        .order_by(due_at, subject.c.id)
        .limit(case((many, _NONE), else_=limit))
    )
    parts = [part.subquery() for part in (walked, clockless, by_subject)]
    both = union_all(*(select(part.c.id, part.c.due_at) for part in parts)).subquery("both")
    return (
        select(both.c.id, both.c.due_at)
        .order_by(both.c.due_at, both.c.id)
        .limit(limit)
        .subquery("first")
    )


def _walk(
    subject: Any,
    kind: SubjectKind,
    which: Sequence[ColumnElement[bool]],
    page: Span,
    rank: int,
) -> Any:
    """The soonest running clock of each waiting thing, in order.

    The questions put to each clock are subqueries that give one value: a planner takes them as
    they are, and does not turn the walk into a join of everything.
    """
    waits = (
        select(true())
        .select_from(subject)
        .where(subject.c.id == CLOCK.c.subject_id, *which)
        .correlate(CLOCK)
        .scalar_subquery()
    )
    not_the_soonest = exists().where(
        EARLIER.c.contact_id == CLOCK.c.contact_id,
        EARLIER.c.subject_id == CLOCK.c.subject_id,
        EARLIER.c.stopped_at.is_(None),
        tuple_(EARLIER.c.due_at, EARLIER.c.id) < tuple_(CLOCK.c.due_at, CLOCK.c.id),
    )
    return (
        select(CLOCK.c.subject_id.label("id"), CLOCK.c.due_at.label("due_at"))
        .where(
            CLOCK.c.stopped_at.is_(None),
            CLOCK.c.subject_kind == written(kind),
            *page.beyond(CLOCK.c.due_at, CLOCK.c.subject_id, rank),
            waits,
            ~select(not_the_soonest.correlate(CLOCK)).scalar_subquery(),
        )
        .order_by(CLOCK.c.due_at, CLOCK.c.subject_id)
        .limit(page.limit)
    )


def shape_of(filters: QueueFilters) -> Hashable:
    """What of the filters makes a statement differ: the others are values in it."""
    return (
        tuple(filters.source_codes),
        tuple(filters.ratings),
        filters.assignee_id is not None,
        filters.unassigned,
        filters.worker_suspended,
        filters.town is not None,
        tuple(filters.kinds),
    )
