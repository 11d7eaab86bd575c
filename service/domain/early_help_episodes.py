"""Early help episodes: what early help holds for a child, from acceptance to closure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.decisions import LevelOfNeed
from service.domain.fields import Id, PersonId, Reference, Version, plain, sensitive
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

    id: Id
    reference: Reference
    contact_id: Annotated[UUID, plain("The contact it came from.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    decision_id: Annotated[UUID, plain("The signed decision it rests on.")]
    transfer_id: Annotated[
        UUID | None, plain("The accepted transfer that brought the child, if one did.")
    ]
    level_of_need: Annotated[LevelOfNeed, sensitive("2 additional or 3 targeted.")]
    source_code: Annotated[str, plain("Referral source code.")]
    state: Annotated[CaseState, plain("awaiting_allocation, allocated, closed.")]
    accepted_at: Annotated[datetime, plain("When the decision was signed: the clock starts here.")]
    team_id: Annotated[str, plain("The one accountable team.")]
    worker_id: Annotated[UUID | None, plain("Account of the worker.")]
    allocated_at: Annotated[datetime | None, plain("When first allocated to a worker.")]
    closed_at: Annotated[datetime | None, plain("When closed.")]
    closed_by: Annotated[UUID | None, plain("Who closed it.")]
    closure_code: Annotated[EpisodeClosure | None, sensitive("Why it closed, coded.")]
    closure_reason: Annotated[str | None, sensitive("Why it closed, in words.")]
    version: Version
