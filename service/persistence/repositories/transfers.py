"""Step-ups and step-downs: read, held, moved with a line of history each, and settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from service.domain.access import Caller
from service.domain.accountabilities import Accountability
from service.domain.errors import NotFound, Stale
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.transfers import (
    ANSWERER,
    CLOCKS,
    MANNERS,
    OF_STEP_DOWNS,
    TRANSFER,
    Direction,
    FamilyAgreement,
    NotForThisDirection,
    Transfer,
    TransferAction,
    TransferStep,
    after,
    allowed,
)
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import accountabilities, challenges, contacts, deadlines
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
    work: Work, who: Caller | None, person_id: UUID, because: str, *, but: UUID | None = None
) -> list[UUID]:
    """Ends a child's open transfers, all but one, because something else moves or closes the child.

    Rule 12, "No second door". What was said against the refusal of one ends with it. `because`
    stays in its history, coded. Returns which.
    """
    settled: list[UUID] = []
    for one in await open_of_person(work, person_id):
        if one.id != but:
            await move(work, who, one, TransferAction.supersede, code=because)
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


def start_waiting(work: Work, transfer: Transfer) -> None:
    """Starts what runs from the request on: until it is opened, answered, agreed by the family."""
    manners = MANNERS[transfer.direction, transfer.asked_by]
    owner = ANSWERER[transfer.direction, transfer.asked_by]
    start_clock(work, transfer, manners.opened_clock, owner)
    start_clock(work, transfer, manners.answered_clock, owner)
    if (
        transfer.direction is Direction.step_down
        and transfer.family_agreement is not FamilyAgreement.given
    ):
        start_clock(work, transfer, "step_down_family_agreement")


@dataclass(frozen=True, slots=True)
class Held:
    """A transfer that is held until the commit, with the child's accountability."""

    transfer: Transfer
    answers: Accountability | None


async def hold(
    work: Work, who: Caller, transfer_id: UUID, version: int, action: TransferAction
) -> Held:
    """A transfer on which somebody is about to act, with its contact and its child held.

    Raises TransferNotFound; NotForThisDirection for what only step-downs have; WrongState with the
    state and what is possible in it; and only then Stale: who comes second is told why.
    """
    found = await get(work, who, transfer_id)
    await contacts.renew_with_others(work, found.contact_id, found.person_id)
    answers = await accountabilities.held(work, found.person_id)
    transfer = await get(work, who, transfer_id)
    if action in OF_STEP_DOWNS and transfer.direction is Direction.step_up:
        raise NotForThisDirection(
            "Only a step-down has the family's agreement, a first visit, a return and a "
            "completion of its own.",
            state=transfer.state,
            allowed=allowed(transfer),
        )
    after(transfer, action)
    if transfer.version != version:
        raise Stale(transfer.version)
    return Held(transfer, answers)


def record(
    work: Work, who: Caller | None, type_: EventType, transfer: Transfer, **data: Any
) -> None:
    """Keeps the one event of a move of a transfer."""
    work.record(
        type_,
        who,
        transfer.id,
        contact_id=transfer.contact_id,
        person_id=transfer.person_id,
        direction=transfer.direction,
        state=transfer.state,
        **data,
    )
