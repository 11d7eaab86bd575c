"""Transfers as managers list them: what a list is narrowed by, and what each row tells of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from service.domain.challenges import ChallengedThing, ChallengeOutcome, ChallengeState
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.transfer_waits import WaitsFor, waits_for
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    Party,
    TransferAction,
    TransferState,
)


@dataclass(frozen=True, slots=True)
class TransferFilters(CountedFilters):
    """What a list of transfers can be narrowed by; times are half-open: from, up to, not with.

    `refused_from`, `refused_to` and `refusal_codes` are of one and the same refusal, whatever
    became of it. `raised_by` is who challenged a refusal.
    """

    counted: ClassVar[Counted] = Counted.transfers

    direction: Direction | None = None
    states: Sequence[TransferState] = ()
    open: bool | None = None
    waits_for: Sequence[WaitsFor] = ()
    waiting_over_working_days: int | None = None
    stuck: bool | None = None
    town: str | None = None
    reason_codes: Sequence[str] = ()
    refusal_codes: Sequence[str] = ()
    sender_team_ids: Sequence[str] = ()
    receiver_team_ids: Sequence[str] = ()
    person_id: UUID | None = None
    contact_id: UUID | None = None
    requested_from: datetime | None = None
    requested_to: datetime | None = None
    refused_from: datetime | None = None
    refused_to: datetime | None = None
    challenged: bool | None = None
    challenge_outcomes: Sequence[ChallengeOutcome] = ()
    raised_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class TransferInShort:
    """A transfer without what was said: no evidence, no plan."""

    id: UUID
    reference: str
    direction: Direction
    asked_by: Party
    contact_id: UUID
    child_id: UUID
    person_id: UUID
    referral_id: UUID | None
    early_help_episode_id: UUID | None
    state: TransferState
    reason_code: str
    sender_team_id: str
    receiver_team_id: str
    receiver_worker_id: UUID | None
    family_agreement: FamilyAgreement
    requested_at: datetime
    requested_by: UUID
    opened_at: datetime | None
    answered_at: datetime | None
    refusal_code: str | None
    refusal_agreed_at: datetime | None
    accepted_at: datetime | None
    family_agreed_at: datetime | None
    first_visit_at: datetime | None
    returned_at: datetime | None
    completed_at: datetime | None
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class StepInShort:
    """One move of a transfer without its words."""

    transfer_id: UUID
    action: TransferAction
    state: TransferState
    at: datetime
    by: UUID | None
    code: str | None


@dataclass(frozen=True, slots=True)
class ChallengeInShort:
    """A challenge without what was said: by whom, where it stands, how it ended."""

    id: UUID
    reference: str
    thing: ChallengedThing
    transfer_id: UUID | None
    state: ChallengeState
    stage: int
    answering_role: str
    raised_at: datetime
    raised_by: UUID
    raised_by_organisation_id: str | None
    outcome: ChallengeOutcome | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepTimes:
    """How long each finished step took, in whole minutes; None while it is not finished.

    Counted as the clocks of the policy run: opening, answer and the family's agreement from the
    (last) request, the first visit from the acceptance, the completion from the first visit. A
    step-up has no first visit and no completion of its own.
    """

    opening_minutes: int | None
    answer_minutes: int | None
    family_agreement_minutes: int | None
    first_visit_minutes: int | None
    completion_minutes: int | None


@dataclass(frozen=True, slots=True)
class ListedTransfer:
    """A row of a list: the transfer in short, its history, its challenges, and who answers now.

    `accountable_team_id` is the team of the case that answers for the child, None when the child
    is open no more. `stuck_at` is the soonest limit that runs on the transfer, None when none does.
    """

    transfer: TransferInShort
    town: str | None
    accountable_team_id: str | None
    stuck_at: datetime | None
    steps: Sequence[StepInShort]
    challenges: Sequence[ChallengeInShort]

    @property
    def waits_for(self) -> WaitsFor | None:
        """What it waits for next; None when it has ended."""
        return waits_for(self.transfer)

    @property
    def open_challenge(self) -> ChallengeInShort | None:
        """The challenge of its refusal that has not ended."""
        return next((one for one in self.challenges if one.ended_at is None), None)

    @property
    def waiting_since(self) -> datetime | None:
        """Since when it waits for what it waits for; None when it has ended."""
        if self.waits_for is None:
            return None
        began = self.transfer.requested_at
        before: TransferState | None = None
        for step in self.steps:
            if step.state is not before:
                before, began = step.state, step.at
        if self.transfer.state is not TransferState.accepted:
            return began
        since = [began]
        if self.waits_for is not WaitsFor.family_agreement:
            since += [at for at in (self.transfer.family_agreed_at,) if at is not None]
        if self.waits_for is WaitsFor.completion:
            since += [s.at for s in self.steps if s.action is TransferAction.record_first_visit]
        return max(since)

    @property
    def refused(self) -> StepInShort | None:
        """Its last refusal, whatever became of it."""
        found = [step for step in self.steps if step.action is TransferAction.refuse]
        return found[-1] if found else None

    @property
    def times(self) -> StepTimes:
        """How long each finished step took."""
        one = self.transfer
        step_down = one.direction is Direction.step_down
        asking = (TransferAction.request, TransferAction.request_again)
        asked = max(
            (step.at for step in self.steps if step.action in asking), default=one.requested_at
        )
        visited = one.first_visit_at
        began = max((at for at in (one.accepted_at, visited) if at is not None), default=None)
        return StepTimes(
            opening_minutes=minutes_between(asked, one.opened_at),
            answer_minutes=minutes_between(asked, one.answered_at),
            family_agreement_minutes=minutes_between(asked, one.family_agreed_at),
            first_visit_minutes=minutes_between(one.accepted_at, visited),
            completion_minutes=minutes_between(began, one.completed_at) if step_down else None,
        )

    def age_minutes(self, now: datetime) -> int:
        """How old it is at `now`, or how old it became, in whole minutes."""
        return minutes_between(self.transfer.requested_at, self.transfer.ended_at or now) or 0

    def stuck(self, now: datetime) -> bool:
        """Whether a limit that runs on it has passed at `now`."""
        return self.stuck_at is not None and self.stuck_at < now


def minutes_between(began: datetime | None, ended: datetime | None) -> int | None:
    """Whole minutes from one instant to another, none below nought; None unless both are known."""
    if began is None or ended is None:
        return None
    return max((ended - began) // timedelta(minutes=1), 0)
