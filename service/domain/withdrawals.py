"""Withdrawals: a contact was put away without a decision, or restored to the desk; by whom, why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.contacts import WithdrawalReason

STOPPED_BY = "withdrawn"
"""Why the clocks of a withdrawn contact stopped: those start again when it is restored."""


class WithdrawalAction(StrEnum):
    """What was done: withdrawn, or restored to the desk."""

    withdrawn = "withdrawn"
    restored = "restored"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That a contact was withdrawn, or restored, by whom and why. Nothing of it is ever changed."""

    id: UUID
    contact_id: UUID
    action: WithdrawalAction
    at: datetime
    by: UUID
    reason: WithdrawalReason | None
    words: str
    repeats_id: UUID | None
    passed_to: str | None
    told: str | None


@dataclass(frozen=True, slots=True)
class NewWithdrawal:
    """A withdrawal as it is asked for."""

    reason: WithdrawalReason
    words: str
    repeats_id: UUID | None = None
    passed_to: str | None = None
    told: str | None = None
