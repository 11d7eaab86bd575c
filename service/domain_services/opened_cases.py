"""The referral or early help episode that a signed decision opens."""

from service.domain.accountabilities import Accountability
from service.domain.authority import TeamWork
from service.domain.decisions import Decision, DecisionAction, StatutoryBasis
from service.domain.early_help_episodes import (
    NO_EARLY_HELP,
    REFUSING,
    EarlyHelpEpisode,
    FamilyRefused,
    agreement_at_opening,
)
from service.domain.referrals import Referral
from service.domain.whole_contacts import WholeContact
from service.domain_services.cases import Origin, open_episode, open_referral
from service.persistence.units_of_work import Work


def _origin(file: WholeContact, decision: Decision) -> Origin:
    return Origin(
        contact_id=file.contact.id,
        child_id=decision.child_id,
        person_id=decision.person_id,
        decision_id=decision.id,
        transfer_id=None,
        source_code=file.contact.source_code,
        known_at=file.contact.received_at,
    )


async def open_referral_decided(
    work: Work, file: WholeContact, decision: Decision, answered: Accountability | None
) -> Referral:
    """Opens the referral that a signed decision decides; the team named is accountable for it."""
    return await open_referral(
        work,
        _origin(file, decision),
        team_id=decision.receiving_team_id or work.policy.teams_for(TeamWork.referral)[0].id,
        worker_id=None,
        statutory_basis=decision.statutory_basis or StatutoryBasis.section_17,
        answered=answered,
    )


async def open_episode_decided(
    work: Work, file: WholeContact, decision: Decision, answered: Accountability | None
) -> EarlyHelpEpisode:
    """Opens the episode that a signed decision decides; the team named is accountable for it."""
    told = file.contact.agreement
    if told in REFUSING:
        raise FamilyRefused(
            NO_EARLY_HELP, state=decision.state, allowed=(DecisionAction.return_to_decider,)
        )
    teams = work.policy.teams_for(TeamWork.early_help_episode)
    return await open_episode(
        work,
        _origin(file, decision),
        team_id=decision.receiving_team_id or teams[0].id,
        worker_id=None,
        level_of_need=decision.level_of_need,
        answered=answered,
        family_agreement=agreement_at_opening(told),
    )
