"""Step-ups and step-downs: read, held, moved with a line of history each, and settled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from service.domain.access import Caller
from service.domain.errors import NotFound
from service.domain.flags import SubjectKind
from service.domain.transfers import (
    CLOCKS,
    TRANSFER,
    Direction,
    Transfer,
    TransferAction,
    TransferStep,
)
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import challenges, deadlines
from service.persistence.units_of_work import Work, new_id
from service.persistence.visibility import transfers_visible_to

TRANSFER_TABLE = table_of(Transfer)
STEP = table_of(TransferStep)


class TransferNotFound(NotFound):
    """No such transfer, or not one that the caller may know of."""

    code = "transfer_not_found"
    title = "No such transfer"


async def get(ask: Asking | Work, who: Caller, transfer_id: UUID) -> Transfer:
    """One transfer. Raises TransferNotFound for what is not there and what may not be seen."""
    row = await ask.first(
        select(*columns_of(Transfer)).where(
            TRANSFER_TABLE.c.id == transfer_id, transfers_visible_to(who)
        )
    )
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


def keep_step(
    work: Work,
    who: Caller | None,
    transfer: Transfer,
    action: TransferAction,
    *,
    code: str | None = None,
    words: str | None = None,
) -> None:
    """Keeps a line of a transfer's history, with the state that it has now."""
    work.add(
        TransferStep(
            id=new_id(),
            transfer_id=transfer.id,
            action=action,
            state=transfer.state,
            at=work.now,
            by=None if who is None else who.account_id,
            code=code,
            words=words,
        )
    )


async def move(
    work: Work,
    who: Caller | None,
    transfer: Transfer,
    action: TransferAction,
    *,
    code: str | None = None,
    words: str | None = None,
    **changed: Any,
) -> Transfer:
    """Takes a transfer one step on, with its line of history; its clocks stop when it ends.

    Raises WrongState with what is possible now, and Stale when somebody was quicker.
    """
    state = TRANSFER.after(transfer.state, action)
    if state in TRANSFER.final:
        changed["ended_at"] = work.now
        await deadlines.stop(work, transfer.contact_id, transfer.id, CLOCKS, state)
    version = await work.change(Transfer, transfer.id, transfer.version, state=state, **changed)
    moved = replace(transfer, state=state, version=version, **changed)
    keep_step(work, who, moved, action, code=code, words=words)
    return moved


async def settle(
    work: Work, who: Caller | None, person_id: UUID, *, but: UUID | None = None
) -> list[UUID]:
    """Ends a child's open transfers, all but one, because something else moves or closes the child.

    Rule 12, "No second door". What was said against the refusal of one ends with it. Returns which.
    """
    settled: list[UUID] = []
    for one in await open_of_person(work, person_id):
        if one.id != but:
            await move(work, who, one, TransferAction.supersede)
            await challenges.overtake_of_transfer(work, who, one.id)
            settled.append(one.id)
    return settled


def start_clock(work: Work, transfer: Transfer, kind: str, owner: str | None = None) -> None:
    """Starts a clock of a transfer now."""
    deadlines.start(
        work,
        kind,
        SubjectKind.transfer,
        transfer.id,
        transfer.contact_id,
        work.now,
        owner=owner,
    )


async def stop_clocks(work: Work, transfer: Transfer, because: str, *kinds: str) -> None:
    """Stops clocks of a transfer that run."""
    await deadlines.stop(work, transfer.contact_id, transfer.id, kinds, because)
