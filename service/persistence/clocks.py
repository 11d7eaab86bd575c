"""Clocks: started and stopped here alone, by a use-case or by an event that the policy names."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Executable, bindparam, select, update

from service.domain.deadlines import ClockEvents, Deadline, Rating
from service.domain.escalations import runs_on
from service.domain.events import Event
from service.domain.flags import Flag, SubjectKind
from service.persistence.asking import AnyRow
from service.persistence.ids import new_id
from service.persistence.prepared import Makeable, Question, any_of, made_once
from service.persistence.records import table_of
from service.policy import Policy

DEADLINE = table_of(Deadline)
FLAG = table_of(Flag)


class Starting(Protocol):
    """What starting a clock takes: a policy, and somebody who takes the clock."""

    policy: Policy

    def add(self, *records: Deadline) -> None:
        """Takes clocks that have started."""
        ...


class Moving(Starting, Protocol):
    """What a unit of work offers to whoever starts and stops clocks in it."""

    now: datetime

    async def rows_changed(self, statement: Executable | Question, **values: Any) -> int:
        """Runs a statement that changes rows in the transaction."""
        ...

    async def all(self, statement: Executable | Question, **values: Any) -> Sequence[AnyRow]:
        """All rows of a statement."""
        ...


def start_clock(
    work: Starting,
    kind: str,
    subject_kind: SubjectKind,
    subject_id: UUID,
    contact_id: UUID,
    started_at: datetime,
    rating: Rating | None = None,
    owner: str | None = None,
    *,
    expected_delivery_on: date | None = None,
) -> Deadline:
    """Starts a clock by the rule in force at `started_at`, with the sum that explains it.

    `owner` is the role that must act, where it is not always the one that the policy names;
    `expected_delivery_on` is what weeks of pregnancy are counted from.
    """
    timescale = work.policy.timescale(kind, rating, at=started_at)
    times = work.policy.due_times_by(
        timescale, started_at, expected_delivery_on=expected_delivery_on
    )
    deadline = Deadline(
        id=new_id(),
        kind=kind,
        variant=rating,
        subject_kind=subject_kind,
        subject_id=subject_id,
        contact_id=contact_id,
        owner_role=owner or timescale.owner,
        started_at=started_at,
        due_at=times.due_at,
        warn_at=times.warn_at,
        warned_at=None,
        breached_at=None,
        stopped_at=None,
        stopped_because=None,
        happened_at=None,
        policy_version=work.policy.stamp,
        explanation=times.explanation.as_json(),
    )
    work.add(deadline)
    return deadline


async def stop_clocks(
    work: Moving,
    contact_id: UUID,
    subject_id: UUID,
    kinds: Sequence[str],
    because: str,
    *,
    happened_at: datetime | None = None,
) -> None:
    """Stops running clocks of one subject and clears the flags that hung on them.

    `happened_at` is when that happened which the clock waited for, where it is recorded later.
    """
    # The clock before its flags, as the sweep does: neither waits for the other in a circle, and
    # a flag that the sweep raised a moment ago is seen here.
    stopped = await work.all(
        _stopping(),
        contact=contact_id,
        subject=subject_id,
        kinds=kinds,
        at=work.now,
        because=because,
        happened=happened_at,
    )
    if stopped:
        clocks = [id_ for (id_,) in stopped]
        await work.rows_changed(_clearing(), clocks=clocks, at=work.now, because=because)


@made_once
def _stopping() -> Makeable:
    return (
        update(DEADLINE)
        .where(
            DEADLINE.c.contact_id == bindparam("contact"),
            DEADLINE.c.subject_id == bindparam("subject"),
            any_of(DEADLINE.c.kind, "kinds"),
            DEADLINE.c.stopped_at.is_(None),
        )
        .values(
            stopped_at=bindparam("at"),
            stopped_because=bindparam("because"),
            happened_at=bindparam("happened"),
        )
        .returning(DEADLINE.c.id)
    )


@made_once
def _clearing() -> Makeable:
    return (
        update(FLAG)
        .where(any_of(FLAG.c.deadline_id, "clocks"), FLAG.c.cleared_at.is_(None))
        .values(
            cleared_at=bindparam("at"),
            cleared_because=bindparam("because"),
            version=FLAG.c.version + 1,
        )
    )


async def is_running(work: Moving, contact_id: UUID, subject_id: UUID, kind: str) -> bool:
    """Whether a clock of this kind runs on the subject."""
    return bool(await work.all(_running(), contact=contact_id, subject=subject_id, kind=kind))


@made_once
def _running() -> Makeable:
    return select(DEADLINE.c.id).where(
        DEADLINE.c.contact_id == bindparam("contact"),
        DEADLINE.c.subject_id == bindparam("subject"),
        DEADLINE.c.kind == bindparam("kind"),
        DEADLINE.c.stopped_at.is_(None),
    )


# ---- Clocks of the authority's own --------------------------------------------------------------


def start_on_new(work: Moving, event: Event, contact_id: UUID, at: datetime) -> None:
    """Starts the authority's own clocks for the receipt of a contact, on which none can run yet."""
    for timescale in work.policy.started_by(event.type, at=at):
        subject_kind, subject_id = _runs_on(timescale.events, event, contact_id)
        start_clock(work, timescale.kind, subject_kind, subject_id, contact_id, at)


async def follow(work: Moving, event: Event, contact_id: UUID, at: datetime) -> None:
    """Starts and stops the authority's own clocks as an event asks for; one that runs goes on."""
    stopping = work.policy.stopped_by(event.type)
    if stopping:
        for subject_id in {event.subject_id, contact_id}:
            await stop_clocks(work, contact_id, subject_id, stopping, event.type, happened_at=at)
    for timescale in work.policy.started_by(event.type, at=at):
        subject_kind, subject_id = _runs_on(timescale.events, event, contact_id)
        if not await is_running(work, contact_id, subject_id, timescale.kind):
            start_clock(work, timescale.kind, subject_kind, subject_id, contact_id, at)


def _runs_on(
    events: ClockEvents | None, event: Event, contact_id: UUID
) -> tuple[SubjectKind, UUID]:
    """The thing that starts the clock, when that alone can stop it; else the contact behind it."""
    subject = SubjectKind.contact if events is None else runs_on(events)
    return subject, contact_id if subject is SubjectKind.contact else event.subject_id
