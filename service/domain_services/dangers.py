"""Danger heeded: a contact is red from its receipt on, and its manager is told at once."""

from uuid import UUID

from service.domain.access import MANAGER_OF, Caller
from service.domain.accountabilities import CareService
from service.domain.contacts import Contact, ContactAction, state_after
from service.domain.dangers import RATED_CLOCK, RATING_CLOCK, RATING_IN_DANGER, DangerTold
from service.domain.deadlines import Deadline, Rating
from service.domain.events import EventType, Whom
from service.domain.flags import Severity, SubjectKind
from service.domain_services.flags import raise_flag
from service.domain_services.lives import changed_to
from service.persistence.clocks import Starting, start_clock, stop_clocks
from service.persistence.repositories import deadlines, flags
from service.persistence.units_of_work import Work

TOLD_OF_DANGER = MANAGER_OF[CareService.front_door]
"""Who is told of danger at once."""


def start_rating_clock(work: Starting, contact: Contact, rating: Rating) -> Deadline:
    """Starts the clock of a rating: from receipt, so that no rating gives time back."""
    subject = (SubjectKind.contact, contact.id, contact.id)
    return start_clock(work, RATING_CLOCK, *subject, contact.received_at, rating)


async def heed_danger(
    work: Work,
    who: Caller | None,
    contact: Contact,
    danger: DangerTold,
    *,
    once_decided: str = RATING_CLOCK,
) -> Contact:
    """Makes a contact on file red of which danger is told now, and flags it to the manager.

    Once every child is decided no rating says how soon: then the flag hangs on the clock that
    waits for somebody meanwhile, `once_decided`. The contact is held by the caller.
    """
    if contact.decided_at is None and contact.rating is not RATING_IN_DANGER:
        contact = await _made_red(work, who, contact, danger)
    elif contact.danger is not danger:
        contact = await changed_to(work, contact, danger=danger)
    await flag_danger(work, contact, RATING_CLOCK if contact.decided_at is None else once_decided)
    return contact


async def give_rating(
    work: Work, who: Caller, contact: Contact, rating: Rating, rationale: str | None
) -> Contact:
    """Rates a contact that is held: its clock, its event. Returns it as it is then."""
    rated = await _rated(work, contact, rating, contact.danger, who.account_id, rationale)
    if rated.danger is not None and rating is RATING_IN_DANGER:
        await flag_danger(work, rated, RATING_CLOCK)
    _tell(work, who, contact, rated)
    return rated


async def flag_danger(work: Work, contact: Contact, kind: str) -> None:
    """Flags danger to the manager on a clock of the contact that runs, unless that was done."""
    clocks = await deadlines.of_subject(work, contact.id, contact.id)
    for clock in clocks:
        if clock.kind != kind or clock.stopped_at is not None:
            continue
        if await flags.was_raised(work, clock, Severity.danger):
            continue
        about = Whom.every_child_on_the_contact
        raise_flag(work, clock, Severity.danger, about, owner=TOLD_OF_DANGER)


async def _made_red(
    work: Work, who: Caller | None, contact: Contact, danger: DangerTold
) -> Contact:
    red = await _rated(work, contact, RATING_IN_DANGER, danger, None, None)
    _tell(work, who, contact, red)
    return red


async def _rated(
    work: Work,
    contact: Contact,
    rating: Rating,
    danger: DangerTold | None,
    by: UUID | None,
    rationale: str | None,
) -> Contact:
    """The contact with its rating and the clock of that; the clocks before it have stopped."""
    because = "rated" if contact.rating is None else "rated_again"
    await stop_clocks(work, contact.id, contact.id, [RATED_CLOCK, RATING_CLOCK], because)
    rated = await changed_to(
        work,
        contact,
        state=state_after(contact, ContactAction.triage),
        danger=danger,
        rating=rating,
        first_rated_at=contact.first_rated_at or work.now,
        rated_at=work.now,
        rated_by=by,
        rating_rationale=rationale,
    )
    start_rating_clock(work, rated, rating)
    return rated


def _tell(work: Work, who: Caller | None, was: Contact, rated: Contact) -> None:
    work.record(
        EventType.contact_triaged,
        who,
        rated.id,
        contact_id=rated.id,
        about=Whom.every_child_on_the_contact,
        rating=rated.rating,
        was=was.rating,
        danger=rated.danger,
    )
