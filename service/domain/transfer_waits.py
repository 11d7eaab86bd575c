"""What an open transfer waits for, and so whose turn it is."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.domain.transfers import FamilyAgreement, TransferState


class WaitsFor(StrEnum):
    """What an open transfer waits for."""

    opening = "opening"
    answer = "answer"
    refusal_agreement = "refusal_agreement"
    challenge = "challenge"
    acceptance = "acceptance"
    family_agreement = "family_agreement"
    first_visit = "first_visit"
    completion = "completion"
    return_decision = "return_decision"


class AwaitsSomebody(Protocol):
    """What `waits_for` reads of a transfer: any record that has these fields will do."""

    @property
    def state(self) -> TransferState:
        """Where it stands."""
        ...

    @property
    def family_agreement(self) -> FamilyAgreement:
        """Whether the family agrees."""
        ...

    @property
    def first_visit_at(self) -> datetime | None:
        """When early help first visited."""
        ...


def waits_for(transfer: AwaitsSomebody) -> WaitsFor | None:
    """What an open transfer waits for next; None when it has ended."""
    match transfer.state:
        case TransferState.requested:
            return WaitsFor.opening
        case TransferState.opened:
            return WaitsFor.answer
        case TransferState.refusal_pending:
            return WaitsFor.refusal_agreement
        case TransferState.refusal_challenged:
            return WaitsFor.challenge
        case TransferState.refusal_overturned:
            return WaitsFor.acceptance
        case TransferState.returned:
            return WaitsFor.return_decision
        case TransferState.accepted:
            if transfer.family_agreement is not FamilyAgreement.given:
                return WaitsFor.family_agreement
            return WaitsFor.first_visit if transfer.first_visit_at is None else WaitsFor.completion
        case _:
            return None
