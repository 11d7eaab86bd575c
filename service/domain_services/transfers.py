"""Step-ups and step-downs: held for an answer, moved with a line of history each, and settled."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.accountabilities import Accountability
from service.domain.flags import SubjectKind
from service.domain.transfers import (
    ANSWERER,
    CLOCKS,
    MANNERS,
    OF_STEP_DOWNS,
    STRATEGY_CLOCK,
    TRANSFER,
    Direction,
    FamilyAgreement,
    NotForThisDirection,
    Transfer,
    TransferAction,
    after,
    allowed,
)
from service.domain_services.challenges import overtake_challenge_of_transfer
from service.domain_services.lives import Ending, Life, Moves, changed_to
from service.persistence.repositories import transfers
from service.persistence.units_of_work import Work

TRANSFERS = Life(
    transfers.TRANSFERS,
    Moves(
        TRANSFER,
        transfers.STEPS,
        Ending(
            CLOCKS,
            lambda action, state: state if state in TRANSFER.final else None,
            dated=True,
        ),
    ),
    SubjectKind.transfer,
    says=("direction",),
    moves_the_child=True,
)
keep_transfer_step = TRANSFERS.moves.keep_step
start_transfer_clock = TRANSFERS.start_clock
stop_transfer_clocks = TRANSFERS.stop_clocks
record_transfer_event = TRANSFERS.record


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
    line = {"code": code, "words": words}
    return await TRANSFERS.moves.move(work, who, transfer, action, line=line, **changed)


async def note_on_transfer(
    work: Work,
    who: Caller,
    transfer: Transfer,
    action: TransferAction,
    *,
    code: str,
    words: str,
    **changed: Any,
) -> Transfer:
    """Keeps a line of a transfer's history that moves it nowhere, in any state, ended or not."""
    noted = await changed_to(work, transfer, **changed)
    keep_transfer_step(work, who, noted, action, code=code, words=words)
    return noted


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


def start_waiting_for_answer(work: Work, transfer: Transfer) -> None:
    """Starts what runs from the request on: until it is opened, answered, agreed by the family."""
    manners = MANNERS[transfer.direction, transfer.asked_by]
    owner = ANSWERER[transfer.direction, transfer.asked_by]
    start_transfer_clock(work, transfer, manners.opened_clock, owner)
    start_transfer_clock(work, transfer, manners.answered_clock, owner)
    if transfer.owes_meeting:
        start_transfer_clock(work, transfer, STRATEGY_CLOCK)
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

    async def can(transfer: Transfer) -> None:
        if action in OF_STEP_DOWNS and transfer.direction is Direction.step_up:
            raise NotForThisDirection(
                "Only a step-down has the family's agreement, a first visit, a return and a "
                "completion of its own.",
                state=transfer.state,
                allowed=allowed(transfer),
            )
        after(transfer, action)

    held = await TRANSFERS.hold(work, who, transfer_id, version, can)
    return HeldTransfer(held.thing, held.answers)
