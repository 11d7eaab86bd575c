"""Referrals: what children's social care holds for a child, from acceptance to closure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.decisions import StatutoryBasis
from service.domain.states import StateTable


class CaseState(StrEnum):
    """Where a referral or an early help episode stands."""

    awaiting_allocation = "awaiting_allocation"
    allocated = "allocated"
    closed = "closed"


class CaseAction(StrEnum):
    """What can be done to a referral or an early help episode."""

    allocate = "allocate"
    close = "close"
    supersede = "supersede"


CASE = StateTable(
    noun="case",
    start=CaseState.awaiting_allocation,
    moves={
        (CaseState.awaiting_allocation, CaseAction.allocate): CaseState.allocated,
        (CaseState.allocated, CaseAction.allocate): CaseState.allocated,
        (CaseState.allocated, CaseAction.close): CaseState.closed,
        (CaseState.awaiting_allocation, CaseAction.supersede): CaseState.closed,
        (CaseState.allocated, CaseAction.supersede): CaseState.closed,
    },
    final=frozenset({CaseState.closed}),
)


@dataclass(frozen=True, slots=True)
class Referral:
    """A child open to children's social care."""

    id: UUID
    reference: str
    contact_id: UUID
    child_id: UUID
    person_id: UUID
    decision_id: UUID
    statutory_basis: StatutoryBasis
    source_code: str
    state: CaseState
    accepted_at: datetime
    team_id: str
    worker_id: UUID | None
    allocated_at: datetime | None
    previous_referral_id: UUID | None
    re_referral: bool
    last_known_team_id: str | None
    closed_at: datetime | None
    closed_by: UUID | None
    closure_code: str | None
    closure_reason: str | None
    version: int
