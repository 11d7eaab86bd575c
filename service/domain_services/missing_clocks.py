"""Referrals that were open before assessments had clocks are given theirs."""

from service.domain.flags import SubjectKind
from service.domain.referrals import Referral
from service.domain_services.pre_birth import start_pre_birth_clocks
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.repositories import missing_clocks
from service.persistence.units_of_work import Work


async def start_clocks_never_started(work: Work, referral: Referral) -> None:
    """Starts the clocks of a referral's assessment that never were, from when it was accepted.

    What has been done meanwhile is not waited for. The caller holds the child and has renewed the
    contact.
    """
    if await missing_clocks.has_no_clock(work, referral.id):
        start_clock(
            work,
            "single_assessment",
            SubjectKind.referral,
            referral.id,
            referral.contact_id,
            referral.accepted_at,
        )
    if not await missing_clocks.has_no_clock_before_birth(work, referral.id):
        return
    await start_pre_birth_clocks(work, referral)
    begun_at = await missing_clocks.first_begun_at(work, referral.id)
    if begun_at is not None:
        await stop_clocks(
            work,
            referral.contact_id,
            referral.id,
            ["pre_birth_assessment_begun"],
            "begun",
            happened_at=begun_at,
        )
