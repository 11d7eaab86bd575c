"""The strip of repeat concern beside a contact, as far as the reader may see."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from service.domain.access import THE_RECORD, Sight
from service.domain.calendar import days_before
from service.domain.concern_strips import ChildConcern, ConcernStrip, as_shown, concern_of_child
from service.domain.concerns import (
    MOST_LISTED,
    Windows,
    concerns_of_others,
    contacts_about,
    count,
    cumulative_concern,
    each_once,
    related_to,
    teller_of,
    windows,
)
from service.domain.contacts import Adult, Child, Contact
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.referrals import Referral
from service.domain_services.concerns import concerns_as_of_now
from service.persistence.asking import Asking
from service.persistence.repositories import concern_strips, on_file
from service.policy import Policy


async def strip_of(
    ask: Asking,
    policy: Policy,
    sight: Sight,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> ConcernStrip:
    """The strip of a contact as of now, as far as the caller may see, and what is not shown of it.

    Nothing that is hidden goes back: the record is read beside it only to say that it is there.
    """
    about = (now, contact, children, adults)
    seen = await _strip(ask, policy, sight, *about)
    if sight.sees_all:
        return seen
    return as_shown(seen, await _strip(ask, policy, THE_RECORD, *about))


async def _strip(
    ask: Asking,
    policy: Policy,
    sight: Sight,
    now: datetime,
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
) -> ConcernStrip:
    rules = policy.repeat_concern
    within = windows(rules, now)
    found = await concerns_as_of_now(
        on_file.asking(ask),
        policy,
        sight,
        now,
        contact,
        children,
        adults,
        since=_earliest(within, contact, policy),
    )
    related = {one.child_id: related_to(one, found.together, found.heard) for one in found.together}
    raised_by = concerns_of_others(
        teller_of(contact), contact.received_at, rules, each_once(related)
    )
    listed = {
        child_id: [one for one in those if one.received_at > within.earliest][:MOST_LISTED]
        for child_id, those in related.items()
    }
    outcomes = await concern_strips.outcomes_on(
        ask, sight, sorted({one.contact_id for those in listed.values() for one in those})
    )
    people = sorted({child.person_id for child in children})
    referrals, episodes = [
        await concern_strips.cases_of(ask, sight, record, people, contact.id)
        for record in (Referral, EarlyHelpEpisode)
    ]
    open_cases = await concern_strips.open_cases_of(ask, sight, people)

    def of_child(child: Child) -> ChildConcern:
        heard_of = contacts_about({child.person_id}, found.heard, found.adding_up_since)
        one = concern_of_child(
            child,
            count(rules, within, related[child.id]),
            listed[child.id],
            outcomes,
            [one for one in referrals if one.person_id == child.person_id],
            [one for one in episodes if one.person_id == child.person_id],
            open_cases.get(child.person_id),
            policy.re_referral_within_months,
            contact.received_at,
        )
        return replace(one, cumulative_concern=cumulative_concern(rules, heard_of))

    return ConcernStrip(
        contact_id=contact.id,
        within_days=rules.flag_within_days,
        children=[of_child(child) for child in children],
        raised_by=raised_by,
    )


def _earliest(within: Windows, contact: Contact, policy: Policy) -> datetime:
    first = days_before(contact.received_at, policy.repeat_concern.flag_within_days)
    return min(within.earliest, first)
