"""The sides of a transfer: who holds, who answers, which teams take, and who may do what to it."""

from typing import Any
from uuid import UUID

from service.domain.acceptances import held_by_receiver
from service.domain.access import Caller
from service.domain.authority import TeamWork
from service.domain.transfers import (
    ANSWERER,
    MANNERS,
    Direction,
    Manners,
    OwnTransfer,
    Transfer,
    permissions_to,
)
from service.persistence.repositories import transfers
from service.persistence.repositories.cases import EPISODES, REFERRALS, Cases
from service.persistence.units_of_work import Work


def sending_cases(direction: Direction) -> Cases[Any]:
    """The kind of case that a transfer comes from."""
    return EPISODES if direction is Direction.step_up else REFERRALS


def answerer_of(transfer: Transfer) -> str:
    """The role that answers a transfer."""
    return ANSWERER[transfer.direction, transfer.asked_by].value


async def require_manners(work: Work, who: Caller, transfer_id: UUID, do: str) -> Manners:
    """The manners of a transfer, once the caller may do the thing to this sort of transfer.

    Who may do it to none is told so before the transfer is looked for.
    """
    who.require_one_of(permissions_to(do))
    found = await transfers.get(work, who.sight, transfer_id)
    manners = MANNERS[found.direction, found.asked_by]
    who.require(getattr(manners, do))
    return manners


def teams_that_take(work: Work, direction: Direction) -> list[str]:
    """The teams that take what a receiver will hold."""
    held = TeamWork(held_by_receiver(direction).value)
    return [team.id for team in work.policy.teams_for(held)]


def refuse_ones_own(who: Caller, transfer: Transfer) -> None:
    """Raises OwnTransfer for who asked for the transfer that they would answer."""
    if transfer.requested_by == who.account_id:
        raise OwnTransfer(
            "You asked for this transfer, so somebody else must answer it. It stays in the queue; "
            "ask another manager."
        )
