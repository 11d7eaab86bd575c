"""Step-ups and step-downs: read, and held until the commit."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from service.domain.access import Sight
from service.domain.errors import NotFound
from service.domain.transfers import Direction, Transfer, TransferStep
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.statements import one_seen
from service.persistence.units_of_work import Work
from service.persistence.visibility import transfers_visible_to

TRANSFER_TABLE = table_of(Transfer)
STEP = table_of(TransferStep)


class TransferNotFound(NotFound):
    """No such transfer, or not one that the caller may know of."""

    code = "transfer_not_found"
    title = "No such transfer"


async def get(ask: Asking | Work, sight: Sight, transfer_id: UUID) -> Transfer:
    """One transfer. Raises TransferNotFound for what is not there and what may not be seen."""
    row = await ask.first(one_seen(sight, Transfer, transfers_visible_to), id=transfer_id)
    if row is None:
        raise TransferNotFound("There is no transfer with this id that you may see. Check the id.")
    return read(Transfer, row)


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


async def steps_of(
    ask: Asking | Work, transfer_ids: Sequence[UUID]
) -> Mapping[UUID, list[TransferStep]]:
    """Every move of several transfers, in order."""
    found: dict[UUID, list[TransferStep]] = {id_: [] for id_ in transfer_ids}
    if found:
        rows = await ask.all(
            select(*columns_of(TransferStep))
            .where(STEP.c.transfer_id.in_(found))
            .order_by(STEP.c.transfer_id, STEP.c.id)
        )
        for row in rows:
            step = read(TransferStep, row)
            found[step.transfer_id].append(step)
    return found
