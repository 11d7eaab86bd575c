"""Referrals: what children's social care holds for a child, from acceptance to closure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.calendar import months_after
from service.domain.decisions import StatutoryBasis
from service.domain.fields import Id, PersonId, Reference, Version, plain, sensitive
from service.domain.states import StateTable

SECTION_47_ALLOCATION = "section_47_allocation"
"""The clock of a referral under section 47 that no worker has, beside the one of every referral."""


class CaseState(StrEnum):
    """Where a referral or an early help episode stands."""

    awaiting_allocation = "awaiting_allocation"
    allocated = "allocated"
    handing_over = "handing_over"
    closed = "closed"


class CaseAction(StrEnum):
    """What can be done to a referral or an early help episode."""

    allocate = "allocate"
    close = "close"
    supersede = "supersede"
    step_up = "step_up"
    hand_over = "hand_over"
    take_back = "take_back"
    send_back = "send_back"
    complete_step_down = "complete_step_down"


CASE = StateTable(
    noun="case",
    start=CaseState.awaiting_allocation,
    moves={
        (CaseState.awaiting_allocation, CaseAction.allocate): CaseState.allocated,
        (CaseState.allocated, CaseAction.allocate): CaseState.allocated,
        (CaseState.allocated, CaseAction.close): CaseState.closed,
        (CaseState.awaiting_allocation, CaseAction.supersede): CaseState.closed,
        (CaseState.allocated, CaseAction.supersede): CaseState.closed,
        # An early help episode ends by a step-up, or by a step-down that came back.
        (CaseState.awaiting_allocation, CaseAction.step_up): CaseState.closed,
        (CaseState.allocated, CaseAction.step_up): CaseState.closed,
        (CaseState.awaiting_allocation, CaseAction.send_back): CaseState.closed,
        (CaseState.allocated, CaseAction.send_back): CaseState.closed,
        # A referral stays open, and answers for the child no more, until a step-down is complete.
        (CaseState.allocated, CaseAction.hand_over): CaseState.handing_over,
        (CaseState.handing_over, CaseAction.allocate): CaseState.handing_over,
        (CaseState.handing_over, CaseAction.take_back): CaseState.allocated,
        (CaseState.handing_over, CaseAction.complete_step_down): CaseState.closed,
    },
    final=frozenset({CaseState.closed}),
    by_itself=frozenset(CaseAction) - {CaseAction.allocate, CaseAction.close},
)


@dataclass(frozen=True, slots=True)
class Referral:
    """A child open to children's social care."""

    id: Id
    reference: Reference
    contact_id: Annotated[UUID, plain("The contact it came from.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    decision_id: Annotated[UUID, plain("The signed decision it rests on.")]
    transfer_id: Annotated[
        UUID | None, plain("The accepted transfer that brought the child, if one did.")
    ]
    statutory_basis: Annotated[StatutoryBasis, sensitive("section_17 or section_47.")]
    source_code: Annotated[str, plain("Referral source code.")]
    state: Annotated[CaseState, plain("awaiting_allocation, allocated, handing_over, closed.")]
    accepted_at: Annotated[datetime, plain("When the decision was signed: the clock starts here.")]
    team_id: Annotated[str, plain("The one accountable team.")]
    worker_id: Annotated[UUID | None, plain("Account of the worker.")]
    allocated_at: Annotated[datetime | None, plain("When first allocated to a worker.")]
    previous_referral_id: Annotated[UUID | None, plain("The referral before this one.")]
    re_referral: Annotated[
        bool, plain("Whether it came within the policy's months of the one before.")
    ]
    last_known_team_id: Annotated[
        str | None, plain("Team that last held the child, for reporting.")
    ]
    closed_at: Annotated[datetime | None, plain("When closed.")]
    closed_by: Annotated[UUID | None, plain("Who closed it.")]
    closure_code: Annotated[str | None, sensitive("Why it closed, coded.")]
    closure_reason: Annotated[str | None, sensitive("Why it closed, in words.")]
    version: Version


def is_re_referral(previous_at: datetime, known_at: datetime, months: int) -> bool:
    """Whether a concern known at an instant comes within so many months of an earlier referral.

    Half-open: on the very same day and time so many months later it is none any more.
    """
    return months_after(previous_at, months) > known_at
