"""Early help episodes: what early help holds for a child, from acceptance to closure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.contacts import AgreementState
from service.domain.decisions import LevelOfNeed, Outcome
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.family_agreements import NEXT, faults_in_answer
from service.domain.fields import Id, PersonId, Reference, Version, plain, sensitive
from service.domain.referrals import CaseState
from service.domain.transfers import FamilyAgreement

AGREEMENT_CLOCK = "early_help_family_agreement"
"""Runs on an episode while nobody has the family's answer (rule 15)."""

REFUSED_CLOCK = "early_help_family_refused"
"""Runs on an episode whose family does not agree, until it is settled what becomes of the child."""

EPISODE_CLOCKS = (AGREEMENT_CLOCK, REFUSED_CLOCK)


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
    family_agreement: Annotated[
        FamilyAgreement | None,
        sensitive(
            "Whether the family agrees to early help; empty where a step-down brought the child, "
            "and where the episode is older than this."
        ),
    ] = None
    family_agreement_at: Annotated[datetime | None, plain("When that was recorded last.")] = None
    family_agreement_words: Annotated[str | None, sensitive("What the family said, in words.")] = (
        None
    )


class FamilyRefused(Conflict):
    """The family does not agree to early help, so it is no possible outcome (rule 15)."""

    code = "family_refused"
    title = "The family does not agree to early help"


class AgreementNotPossible(Invalid):
    """What the family is said to answer does not follow from what it answered before."""

    code = "agreement_not_possible"
    title = "This does not follow from what the family said before"


class EpisodeEnded(Conflict):
    """The early help episode is closed."""

    code = "early_help_episode_closed"
    title = "This early help has ended"


REFUSING = (AgreementState.refused, AgreementState.withdrawn)
"""What a family said on a contact that makes early help no possible outcome."""

NO_EARLY_HELP = (
    "The family does not agree to early help, and early help needs its agreement: decide "
    "otherwise. Where the family agrees now, amend the agreement of the contact first."
)


def faults_in_agreement(told: AgreementState, outcome: Outcome) -> list[Problem]:
    """The fault of deciding for early help where a contact tells that the family refused it."""
    if outcome is not Outcome.early_help or told not in REFUSING:
        return []
    return [Problem("/outcome", NO_EARLY_HELP, "family_refused")]


def agreement_at_opening(told: AgreementState) -> FamilyAgreement:
    """Where the family's agreement stands as early help begins, by what a contact tells."""
    given = told is AgreementState.given
    return FamilyAgreement.given if given else FamilyAgreement.not_yet_asked


_NEXT = {
    **NEXT,
    # A refusal ends nothing here: the family may think better of it.
    FamilyAgreement.refused: (FamilyAgreement.given,),
    FamilyAgreement.withdrawn: (FamilyAgreement.given,),
}


def require_possible_agreement(episode: EarlyHelpEpisode, agreement: FamilyAgreement) -> None:
    """Raises EpisodeEnded, or AgreementNotPossible with what the family can answer next.

    A step-down that is complete has the family's agreement; of an episode that is older than this
    nothing is known.
    """
    if episode.closed_at is not None:
        raise EpisodeEnded(
            "This early help episode is closed: nothing is recorded on it any more.",
            state=episode.state,
            allowed=(),
        )
    before = episode.family_agreement or FamilyAgreement.not_yet_asked
    if episode.family_agreement is None and episode.transfer_id is not None:
        before = FamilyAgreement.given
    problems = faults_in_answer(before, agreement, _NEXT)
    if problems:
        raise AgreementNotPossible("Put right the agreement and send it again.", problems=problems)
