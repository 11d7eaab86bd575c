"""Step-ups and step-downs: read, and held until the commit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from service.domain.errors import NotFound
from service.domain.transfers import Direction, Transfer, TransferStep
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.things import Steps, Things
from service.persistence.units_of_work import Work
from service.persistence.visibility import transfers_visible_to

TRANSFER_TABLE = table_of(Transfer)


class TransferNotFound(NotFound):
    """No such transfer, or not one that the caller may know of."""

    code = "transfer_not_found"
    title = "No such transfer"


TRANSFERS = Things(Transfer, "transfer", transfers_visible_to, TransferNotFound)
STEPS = Steps(TransferStep, "transfer_id")
get = TRANSFERS.get
steps_of = STEPS.all


async def open_of_person(work: Work, person_id: UUID) -> list[Transfer]:
    """The transfers of a child that have not ended, held until the commit."""
    rows = await work.all(
        select(*columns_of(Transfer))
        .where(TRANSFER_TABLE.c.person_id == person_id, TRANSFER_TABLE.c.ended_at.is_(None))
        .order_by(TRANSFER_TABLE.c.id)
        .with_for_update(of=TRANSFER_TABLE)
    )
    return [read(Transfer, row) for row in rows]


async def open_step_down(work: Work, person_id: UUID) -> Transfer | None:
    """The step-down of a child that has not ended."""
    found = await open_of_person(work, person_id)
    return next((one for one in found if one.direction is Direction.step_down), None)


async def take_over_owed_meetings(work: Work, person_id: UUID) -> list[tuple[UUID, UUID, datetime]]:
    """Settles the strategy meetings that a child's step-ups owe: another record owes them now.

    Of each the transfer, its contact, and since when the meeting is owed.
    """
    rows = await work.all(
        update(TRANSFER_TABLE)
        .where(
            TRANSFER_TABLE.c.person_id == person_id,
            TRANSFER_TABLE.c.meeting_owed_since.is_not(None),
            TRANSFER_TABLE.c.meeting_settled_at.is_(None),
        )
        .values(meeting_settled_at=work.now)
        .returning(
            TRANSFER_TABLE.c.id, TRANSFER_TABLE.c.contact_id, TRANSFER_TABLE.c.meeting_owed_since
        )
    )
    return [(id_, contact_id, since) for id_, contact_id, since in rows]
