"""How a contact comes in the demonstration data, and what is done with it at the desk."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from frontdoor.demonstration.cases import look_for_cases
from frontdoor.demonstration.children import MissingTime, be_born, expected, is_teenager
from frontdoor.demonstration.desk import between
from frontdoor.demonstration.drafts import draft_all, draft_and_have_returned
from frontdoor.demonstration.families import FamilyChild
from frontdoor.demonstration.narratives import WORDS
from frontdoor.demonstration.police import carry_over, notify
from frontdoor.demonstration.questions import ask_at
from frontdoor.demonstration.stories import Story
from frontdoor.demonstration.tellings import tell
from service.bootstrap import Work
from service.domain.authority import Organisation
from service.domain.calendar import london_date, london_midnight
from service.domain.contact_acts import AtOnce
from service.domain.contacts import ANONYMOUS, Channel, Child, WithdrawalReason
from service.domain.deadlines import Rating
from service.domain.decisions import Outcome, StatutoryBasis
from service.domain.withdrawals import NewWithdrawal
from service.persistence.repositories import contacts
from service.usecases.contacts import (
    acknowledge_referrer,
    assign_contact,
    log_contact,
    triage_contact,
)
from service.usecases.multi_agency_referrals import submit_multi_agency_referral
from service.usecases.withdrawals import withdraw_contact


def schedule(story: Story) -> None:
    """Puts the whole story on the desk."""
    plan, chance = story.plan, story.chance
    span = plan.ends_at - plan.received_at
    logging = min(timedelta(minutes=chance.randint(1, 25)), span * 0.05)
    logged_at = plan.received_at + logging
    story.desk.at(logged_at, partial(_log, story))
    if story.twice:
        story.desk.at(logged_at + timedelta(minutes=40), partial(_type_in_again, story))
    _done_at_once(story)
    told = story.at_once is not None and story.at_once.acknowledgement is not None
    if plan.acknowledged and plan.source_code != ANONYMOUS and not told:
        story.desk.at(_acknowledged_at(story, logged_at), partial(_acknowledge, story))
    if plan.assigned or plan.mine:
        story.desk.at(logged_at + span * 0.02, partial(_assign, story))
    if plan.rated and story.at_once is None:
        story.desk.at(_rated_at(story, logged_at), partial(_rate, story))
    usual = (82, 13, 5) if plan.rating is Rating.green else (55, 33, 12)
    asks = chance.choices((0, 1, 2), usual)[0] if plan.asks is None else plan.asks
    for number, agency in enumerate(_agencies(story, asks)):
        ask_at(story, plan.received_at + span * (0.2 + 0.02 * number), agency)
    if plan.drafted:
        returned = chance.random() < 0.06 if plan.returned is None else plan.returned
        if returned:
            story.desk.at(plan.received_at + span * 0.6, partial(draft_and_have_returned, story))
        if plan.signed or not returned:
            story.desk.at(
                plan.received_at + span * chance.uniform(0.8, 0.9),
                partial(draft_all, story, partial(look_for_cases, story)),
            )


def _done_at_once(story: Story) -> None:
    """Has a contact of the year rated, taken and mostly acknowledged in the act of logging it.

    So it goes with whoever rings; what a partner's system sends is rated minutes later.
    """
    plan, chance = story.plan, story.chance
    if plan.notified or story.agency is None:
        story.by_partner = False
    elif plan.by_partner is None:
        story.by_partner = chance.random() < 0.3
    else:
        story.by_partner = plan.by_partner
    if story.year is None or story.by_partner or plan.notified:
        return
    rating = _rating_of(story)
    tells = plan.source_code != ANONYMOUS and chance.random() < 0.7
    story.at_once = AtOnce(rating, WORDS.rated[rating])
    if tells:
        said = chance.choice(WORDS.acknowledged)
        story.at_once = replace(story.at_once, acknowledgement=said)


def _rated_at(story: Story, logged_at: datetime) -> datetime:
    """Within minutes for the most part; one in twelve that is not red waits for over an hour."""
    plan, chance = story.plan, story.chance
    span = plan.ends_at - plan.received_at
    if story.year is None:
        return plan.received_at + min(span * chance.uniform(0.08, 0.15), timedelta(minutes=50))
    minutes = chance.uniform(2, 30)
    if plan.rating is not Rating.red and chance.random() < 0.08:
        minutes = chance.uniform(70, 160)
    return logged_at + min(timedelta(minutes=minutes), span * 0.3)


def _acknowledged_at(story: Story, logged_at: datetime) -> datetime:
    received_at = story.plan.received_at
    if story.chance.random() < 0.87:
        return between(story.chance, logged_at, received_at + timedelta(hours=20))
    return between(story.chance, received_at + timedelta(days=2), received_at + timedelta(days=5))


def _agencies(story: Story, count: int) -> list[Organisation]:
    others = [one for one in story.desk.policy.organisations if one is not story.agency]
    return story.chance.sample(others, min(count, len(others)))


async def _log(story: Story, work: Work) -> None:
    await story.begin(work)
    new = story.told_as = tell(story)
    if story.plan.notified and story.agency is not None:
        rating = story.plan.rating
        file: Any = await notify(work, story.desk, story.chance, story.agency.id, new, rating)
    elif story.agency is not None and story.by_partner:
        partner = story.desk.people.partners[story.agency.id]
        file = await submit_multi_agency_referral(work, partner, new)
    else:
        file = await log_contact(work, story.worker, new, story.at_once)
    story.contact_id = file.contact.id
    story.children = list(file.children)
    story.family.contacts += 1
    for member, child in zip(story.family.children, story.children, strict=True):
        member.person_id = child.person_id
        member.known_as.add(child.person_id)
        _await_birth(story, member, child.person_id)
    if story.year is not None:
        story.year.missing.hear_of(work.now, story.children)
    if story.plan.absence is not None:
        gone = max(story.children, key=lambda one: _may_go_missing(one, work.now))
        missing = MissingTime(story.desk, story.chance)
        missing.follow(story.contact_id, gone.id, story.plan.absence)
    for instant in story.plan.carried_over_at:
        story.desk.at(instant, partial(_carry_over, story))
    story.outcomes = [_outcome_of(story, position) for position in range(len(story.children))]
    story.desk.logged += 1


async def _type_in_again(story: Story, work: Work) -> None:
    """A colleague types in what is on file; it is withdrawn, for the first keeps the worry."""
    if story.told_as is None:
        raise LookupError("nothing was told yet")
    others = [one for one in story.desk.people.workers if one is not story.worker]
    children = await contacts.children(work, story.contact_id)
    new = replace(
        story.told_as,
        channel=Channel.telephone,
        sender_reference=None,
        children=[
            replace(told, person_id=child.person_id)
            for told, child in zip(story.told_as.children, children, strict=True)
        ],
    )
    again = (await log_contact(work, others[0], new)).contact
    withdrawal = NewWithdrawal(
        WithdrawalReason.duplicate, WORDS.typed_in_twice, repeats_id=story.contact_id
    )
    await withdraw_contact(work, others[0], again.id, again.version, withdrawal)
    story.desk.logged += 1


def _await_birth(story: Story, member: FamilyChild, person_id: UUID) -> None:
    """Has the birth recorded of a child who is expected in the year."""
    expected_on = expected(member)
    if expected_on is None or story.year is None:
        return
    born_at = london_midnight(expected_on) + timedelta(days=story.chance.uniform(-4, 6))

    async def birth(work: Work) -> None:
        await be_born(work, story.desk, story.chance, member, person_id)

    story.desk.at(born_at, birth)


async def _carry_over(story: Story, work: Work) -> None:
    await carry_over(work, story.desk, story.children)


def _outcome_of(story: Story, position: int) -> Outcome:
    """Siblings may part ways; the first child goes the way of the contact.

    None is left alone where one of them may be at risk of significant harm.
    """
    grave = story.plan.basis is StatutoryBasis.section_47
    if position == 0 or grave or story.chance.random() < 0.88:
        return story.plan.outcome
    if story.plan.outcome is Outcome.referral:
        return Outcome.early_help
    return Outcome.information_and_advice


async def _acknowledge(story: Story, work: Work) -> None:
    words = story.words(WORDS.acknowledged)
    await acknowledge_referrer(
        work, story.worker, story.contact_id, await story.version(work), words
    )


async def _assign(story: Story, work: Work) -> None:
    await assign_contact(
        work, story.worker, story.contact_id, await story.version(work), story.worker.account_id
    )


async def _rate(story: Story, work: Work) -> None:
    contact = await contacts.get(work, story.worker.sight, story.contact_id)
    if contact.danger is not None:
        # Red as it was received.
        return
    rating = _rating_of(story)
    words = WORDS.rated[rating]
    await triage_contact(
        work, story.worker, story.contact_id, await story.version(work), rating, words
    )


def _rating_of(story: Story) -> Rating:
    if story.plan.rating is not None:
        return story.plan.rating
    grave = story.plan.outcome is Outcome.referral
    return story.chance.choices(list(Rating), (25, 60, 15) if grave else (4, 41, 55))[0]


def _may_go_missing(child: Child, at: datetime) -> bool:
    born_on = child.date_of_birth
    return born_on is not None and is_teenager(born_on, london_date(at))
