"""Step-ups and step-downs: held for an answer, moved with a line of history each, and settled."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.accountabilities import Accountability
from service.domain.errors import Stale
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
from service.domain_services.challenges import overtake_challenge_of_transfer
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import accountabilities, contacts, transfers
from service.persistence.units_of_work import Work


def keep_transfer_step(
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


async def move_transfer(
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
        await stop_clocks(work, transfer.contact_id, transfer.id, CLOCKS, state)
    version = await work.change(Transfer, transfer.id, transfer.version, state=state, **changed)
    moved = replace(transfer, state=state, version=version, **changed)
    keep_transfer_step(work, who, moved, action, code=code, words=words)
    return moved


async def settle_transfers(
    work: Work, who: Caller | None, person_id: UUID, because: str, *, but: UUID | None = None
) -> list[UUID]:
    """Ends a child's open transfers, all but one, because something else moves or closes the child.

    Rule 12, "No second door". What was said against the refusal of one ends with it. `because`
    stays in its history, coded. Returns which.
    """
    settled: list[UUID] = []
    for one in await transfers.open_of_person(work, person_id):
        if one.id != but:
            await move_transfer(work, who, one, TransferAction.supersede, code=because)
            await overtake_challenge_of_transfer(work, who, one.id)
            settled.append(one.id)
    return settled


def start_transfer_clock(
    work: Work, transfer: Transfer, kind: str, owner: str | None = None
) -> None:
    """Starts a clock of a transfer now."""
    start_clock(
        work,
        kind,
        SubjectKind.transfer,
        transfer.id,
        transfer.contact_id,
        work.now,
        owner=owner,
    )


async def stop_transfer_clocks(work: Work, transfer: Transfer, because: str, *kinds: str) -> None:
    """Stops clocks of a transfer that run."""
    await stop_clocks(work, transfer.contact_id, transfer.id, kinds, because)


def start_waiting_for_answer(work: Work, transfer: Transfer) -> None:
    """Starts what runs from the request on: until it is opened, answered, agreed by the family."""
    manners = MANNERS[transfer.direction, transfer.asked_by]
    owner = ANSWERER[transfer.direction, transfer.asked_by]
    start_transfer_clock(work, transfer, manners.opened_clock, owner)
    start_transfer_clock(work, transfer, manners.answered_clock, owner)
    if (
        transfer.direction is Direction.step_down
        and transfer.family_agreement is not FamilyAgreement.given
    ):
        start_transfer_clock(work, transfer, "step_down_family_agreement")


@dataclass(frozen=True, slots=True)
class HeldTransfer:
    """A transfer that is held until the commit, with the child's accountability."""

    transfer: Transfer
    answers: Accountability | None


async def hold_transfer(
    work: Work, who: Caller, transfer_id: UUID, version: int, action: TransferAction
) -> HeldTransfer:
    """A transfer on which somebody is about to act, with its contact and its child held.

    Raises TransferNotFound; NotForThisDirection for what only step-downs have; WrongState with the
    state and what is possible in it; and only then Stale: who comes second is told why.
    """
    found = await transfers.get(work, who.sight, transfer_id)
    await contacts.renew_with_others(work, found.contact_id, found.person_id)
    answers = await accountabilities.held(work, found.person_id)
    transfer = await transfers.get(work, who.sight, transfer_id)
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
    return HeldTransfer(transfer, answers)


def record_transfer_event(
    work: Work, who: Caller | None, type_: EventType, transfer: Transfer, **data: Any
) -> None:
    """Keeps the one event of a move of a transfer."""
    work.record(
        type_,
        who,
        transfer.id,
        contact_id=transfer.contact_id,
        about=[transfer.person_id],
        direction=transfer.direction,
        state=transfer.state,
        **data,
    )
