"""Clocks: started and stopped here, and nowhere else."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from service.domain.deadlines import Rating
from service.domain.flags import Deadline, Flag, SubjectKind
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work, new_id

DEADLINE = table_of(Deadline)
FLAG = table_of(Flag)


def start(
    work: Work,
    kind: str,
    subject_kind: SubjectKind,
    subject_id: UUID,
    contact_id: UUID,
    started_at: datetime,
    rating: Rating | None = None,
    owner: str | None = None,
) -> Deadline:
    """Starts a clock by the rule in force at `started_at`, with the sum that explains it.

    `owner` is the role that must act, where it is not always the one that the policy names.
    """
    timescale = work.policy.timescale(kind, rating, at=started_at)
    times = work.policy.due_times(kind, started_at, rating)
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
        policy_version=work.policy.stamp,
        explanation=times.explanation.as_json(),
    )
    work.add(deadline)
    return deadline


async def stop(
    work: Work, contact_id: UUID, subject_id: UUID, kinds: Sequence[str], because: str
) -> None:
    """Stops running clocks of one subject and clears the flags that hung on them."""
    # The clock before its flags, as the sweep does: neither waits for the other in a circle, and
    # a flag that the sweep raised a moment ago is seen here.
    stopped = await work.all(
        update(DEADLINE)
        .where(
            DEADLINE.c.contact_id == contact_id,
            DEADLINE.c.subject_id == subject_id,
            DEADLINE.c.kind.in_(kinds),
            DEADLINE.c.stopped_at.is_(None),
        )
        .values(stopped_at=work.now, stopped_because=because)
        .returning(DEADLINE.c.id)
    )
    if stopped:
        await work.execute(
            update(FLAG)
            .where(FLAG.c.deadline_id.in_([id_ for (id_,) in stopped]), FLAG.c.cleared_at.is_(None))
            .values(cleared_at=work.now, cleared_because=because, version=FLAG.c.version + 1)
        )


async def of_contact(ask: Asking, contact_id: UUID) -> list[Deadline]:
    """Every clock that ran or runs on a contact and what came of it, soonest due first."""
    rows = await ask.all(
        select(*columns_of(Deadline))
        .where(DEADLINE.c.contact_id == contact_id)
        .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
    )
    return [read(Deadline, row) for row in rows]


async def of_subject(ask: Asking, contact_id: UUID, subject_id: UUID) -> list[Deadline]:
    """The clocks of one subject, soonest due first."""
    return [one for one in await of_contact(ask, contact_id) if one.subject_id == subject_id]


async def of_subjects(
    ask: Asking, subjects: Sequence[tuple[UUID, UUID]]
) -> dict[UUID, list[Deadline]]:
    """The clocks of several subjects, each given with its contact; by subject, soonest first."""
    found: dict[UUID, list[Deadline]] = {subject_id: [] for _, subject_id in subjects}
    if found:
        rows = await ask.all(
            select(*columns_of(Deadline))
            .where(
                DEADLINE.c.contact_id.in_({contact_id for contact_id, _ in subjects}),
                DEADLINE.c.subject_id.in_(found),
            )
            .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
        )
        for row in rows:
            deadline = read(Deadline, row)
            found[deadline.subject_id].append(deadline)
    return found
