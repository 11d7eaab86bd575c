"""Early help episodes: what early help holds for a child, from acceptance to closure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from service.domain.decisions import LevelOfNeed
from service.domain.referrals import CaseState


class EpisodeClosure(StrEnum):
    """Why early help ended. Moving to social care is a step-up, never a closure."""

    outcomes_met = "outcomes_met"
    family_declined = "family_declined"
    moved_away = "moved_away"
    universal_services = "universal_services"
    died = "died"
    decision_superseded = "decision_superseded"
    stepped_up = "stepped_up"
    returned_to_social_care = "returned_to_social_care"


SETTLED_BY_THE_SERVICE = frozenset(
    {
        EpisodeClosure.decision_superseded,
        EpisodeClosure.stepped_up,
        EpisodeClosure.returned_to_social_care,
    }
)
"""Closures that follow from something else, and that nobody can give as a reason."""


@dataclass(frozen=True, slots=True)
class EarlyHelpEpisode:
    """A child open to early help."""

    id: UUID
    reference: str
    contact_id: UUID
    child_id: UUID
    person_id: UUID
    decision_id: UUID
    transfer_id: UUID | None
    level_of_need: LevelOfNeed
    source_code: str
    state: CaseState
    accepted_at: datetime
    team_id: str
    worker_id: UUID | None
    allocated_at: datetime | None
    closed_at: datetime | None
    closed_by: UUID | None
    closure_code: EpisodeClosure | None
    closure_reason: str | None
    version: int
