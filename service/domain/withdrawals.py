"""Withdrawals: a contact was put away without a decision, or restored to the desk; by whom, why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.contacts import WithdrawalReason
from service.domain.fields import Id, plain, sensitive

STOPPED_BY = "withdrawn"
"""Why the clocks of a withdrawn contact stopped: those start again when it is restored."""


class WithdrawalAction(StrEnum):
    """What was done: withdrawn, or restored to the desk; attached to another one, or detached."""

    withdrawn = "withdrawn"
    restored = "restored"
    attached = "attached"
    detached = "detached"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That a contact was withdrawn, or restored, by whom and why. Nothing of it is ever changed."""

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    action: Annotated[WithdrawalAction, plain("withdrawn, restored, attached, detached.")]
    at: Annotated[datetime, plain("When.")]
    by: Annotated[UUID, plain("By whom.")]
    reason: Annotated[
        WithdrawalReason | None,
        plain("duplicate, in_error, not_ours, attached; none when restored."),
    ]
    words: Annotated[str, sensitive("Why, in words.")]
    repeats_id: Annotated[UUID | None, plain("The contact that it repeats or is attached to.")]
    passed_to: Annotated[str | None, sensitive("To whom it was passed on, and how.")]
    told: Annotated[str | None, sensitive("Who was told there by word of mouth.")]


@dataclass(frozen=True, slots=True)
class NewWithdrawal:
    """A withdrawal as it is asked for."""

    reason: WithdrawalReason
    words: str
    repeats_id: UUID | None = None
    passed_to: str | None = None
    told: str | None = None
