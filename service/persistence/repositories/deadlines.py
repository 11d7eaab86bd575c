"""Clocks as they are read."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from service.domain.access import Sight
from service.domain.deadlines import Deadline
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, Question, any_of, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.statements import all_of, all_of_seen
from service.persistence.visibility import deadlines_visible_to, there_is

DEADLINE = table_of(Deadline)
ON_CONTACT = all_of(Deadline, "contact_id", "due_at", "id")


def on_contact_as_seen_by(sight: Sight) -> Question:
    """The clocks of a contact whose subject the caller may see, soonest due first."""
    return all_of_seen(sight, Deadline, "contact_id", deadlines_visible_to, "due_at", "id")


async def of_contact(ask: Asking, contact_id: UUID) -> list[Deadline]:
    """Every clock that ran or runs on a contact and what came of it, soonest due first."""
    return [read(Deadline, row) for row in await ask.all(ON_CONTACT, of=contact_id)]


def some_hidden_from(sight: Sight, contact_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a clock runs or ran on a contact of which the caller may not know."""
    return there_is(DEADLINE, DEADLINE.c.contact_id == contact_id, ~deadlines_visible_to(sight))


async def of_subject(ask: Asking, contact_id: UUID, subject_id: UUID) -> list[Deadline]:
    """The clocks of one subject, soonest due first."""
    return [one for one in await of_contact(ask, contact_id) if one.subject_id == subject_id]


@made_once
def _of_subjects() -> Makeable:
    return (
        select(*columns_of(Deadline))
        .where(any_of(DEADLINE.c.contact_id, "contacts"), any_of(DEADLINE.c.subject_id, "subjects"))
        .order_by(DEADLINE.c.due_at, DEADLINE.c.id)
    )


async def of_subjects(
    ask: Asking, subjects: Sequence[tuple[UUID, UUID]]
) -> dict[UUID, list[Deadline]]:
    """The clocks of several subjects, each given with its contact; by subject, soonest first."""
    found: dict[UUID, list[Deadline]] = {subject_id: [] for _, subject_id in subjects}
    if found:
        contacts = {contact_id for contact_id, _ in subjects}
        rows = await ask.all(_of_subjects(), contacts=contacts, subjects=list(found))
        for row in rows:
            deadline = read(Deadline, row)
            found[deadline.subject_id].append(deadline)
    return found


async def soonest(
    ask: Asking,
    subjects: Sequence[tuple[UUID, UUID]],
    kinds: Collection[str] | None = None,
) -> dict[UUID, datetime | None]:
    """Of several subjects, each given with its contact, the limit that runs out first; by subject.

    None where no clock runs, of `kinds` where those are given.
    """
    return {
        subject_id: next(
            (
                clock.due_at
                for clock in clocks
                if clock.stopped_at is None and (kinds is None or clock.kind in kinds)
            ),
            None,
        )
        for subject_id, clocks in (await of_subjects(ask, subjects)).items()
    }
