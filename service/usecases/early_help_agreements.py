"""Early help agreements: what the family says to early help, for as long as it is given."""

from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.early_help_episodes import (
    AGREEMENT_CLOCK,
    REFUSED_CLOCK,
    AgreementNotPossible,
    EarlyHelpEpisode,
    require_possible_agreement,
)
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.own_words import require_own_words
from service.domain.transfers import NO_AGREEMENT, FamilyAgreement
from service.domain_services.cases import hold_case
from service.domain_services.lives import changed_to
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.repositories.cases import EPISODES
from service.persistence.units_of_work import Work


async def record_early_help_agreement(
    work: Work,
    who: Caller,
    episode_id: UUID,
    version: int,
    agreement: FamilyAgreement,
    words: str,
) -> EarlyHelpEpisode:
    """Records whether the family agrees to early help, in words (rule 15).

    Given, the clock of asking stops. Refused or withdrawn, it stops too, and another one runs until
    the family agrees after all, or the child goes on: closed, or stepped up. Raises
    EpisodeNotFound, Stale, EpisodeEnded, AgreementNotPossible.
    """
    who.require(Permission.record_early_help_agreement)
    episode = await hold_case(work, who, EPISODES, episode_id, version)
    require_possible_agreement(episode, agreement)
    require_own_words(
        work.policy.rationale,
        "/words",
        words,
        AgreementNotPossible,
        "Say what the family said, in your own words.",
    )
    refused = agreement in NO_AGREEMENT
    if agreement is not FamilyAgreement.asked:
        clocks = [AGREEMENT_CLOCK] if refused else [AGREEMENT_CLOCK, REFUSED_CLOCK]
        await stop_clocks(work, episode.contact_id, episode.id, clocks, agreement)
    if refused:
        start_clock(
            work,
            REFUSED_CLOCK,
            SubjectKind.early_help_episode,
            episode.id,
            episode.contact_id,
            work.now,
        )
    changed = await changed_to(
        work,
        episode,
        family_agreement=agreement,
        family_agreement_at=work.now,
        family_agreement_words=words,
    )
    work.record(
        EventType.early_help_agreement_recorded,
        who,
        episode.id,
        contact_id=episode.contact_id,
        about=[episode.person_id],
        family_agreement=agreement,
    )
    return changed
