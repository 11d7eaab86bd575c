"""Strategy meetings: read, changed line by line, and told as one story."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update

from service.domain.access import Sight
from service.domain.accounts import Account
from service.domain.contacts import Child, Contact
from service.domain.deadlines import Deadline
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import NotFound
from service.domain.people import Person
from service.domain.referrals import Referral
from service.domain.section_47_enquiries import Section47Enquiry
from service.domain.strategy_meetings import (
    Invitation,
    MeetingChild,
    MeetingFilters,
    MeetingInStory,
    MeetingState,
    MeetingStep,
    StrategyMeeting,
)
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.prepared import Makeable, any_of, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import deadlines
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Steps, Things
from service.persistence.statements import all_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import protection_visible_to

MEETING = table_of(StrategyMeeting)
MEETING_CHILD = table_of(MeetingChild)
INVITATION = table_of(Invitation)
STEP = table_of(MeetingStep)
ENQUIRY = table_of(Section47Enquiry)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
CONTACT = table_of(Contact)
CHILD = table_of(Child)
PERSON = table_of(Person)
ACCOUNT = table_of(Account)

_STORY = [MEETING.c[field.name] for field in fields(MeetingInStory) if field.name != "children"]


class MeetingNotFound(NotFound):
    """No such strategy meeting, or not one that the caller may know of."""

    code = "strategy_meeting_not_found"
    title = "No such strategy meeting"


MEETINGS = Things(StrategyMeeting, "strategy meeting", protection_visible_to, MeetingNotFound)
STEPS = Steps(MeetingStep, "meeting_id")
get = MEETINGS.get
steps_of = STEPS.all


@made_once
def _children() -> Makeable:
    return (
        select(*columns_of(MeetingChild))
        .where(any_of(MEETING_CHILD.c.meeting_id, "ids"))
        .order_by(MEETING_CHILD.c.meeting_id, MEETING_CHILD.c.position)
    )


async def children_of(
    ask: Asking | Work, meeting_ids: Collection[UUID]
) -> Mapping[UUID, list[MeetingChild]]:
    """The children whom several meetings are about, in order."""
    found: dict[UUID, list[MeetingChild]] = {id_: [] for id_ in meeting_ids}
    if found:
        rows = await ask.all(_children(), ids=list(found))
        for row in rows:
            child = read(MeetingChild, row)
            found[child.meeting_id].append(child)
    return found


async def invitations_of(ask: Asking | Work, meeting_id: UUID) -> list[Invitation]:
    """Who was proposed, invited and came, in order."""
    rows = await ask.all(all_of(Invitation, "meeting_id", "position"), of=meeting_id)
    return [read(Invitation, row) for row in rows]


async def story(
    ask: Asking | Work, meeting_id: UUID, person_ids: Collection[UUID]
) -> list[MeetingInStory]:
    """The other meetings about these children, by when they were held or are to be held."""
    about = select(MEETING_CHILD.c.meeting_id).where(MEETING_CHILD.c.person_id.in_(person_ids))
    rows = await ask.all(
        select(*_STORY)
        .where(MEETING.c.id.in_(about), MEETING.c.id != meeting_id)
        .order_by(func.coalesce(MEETING.c.held_at, MEETING.c.planned_for), MEETING.c.id)
    )
    # Whose children these are is not told by the row.
    found = [read(MeetingInStory, [*row, ()]) for row in rows]
    children = await children_of(ask, [one.id for one in found])
    return [replace(one, children=children[one.id]) for one in found]


async def clocks_of(
    ask: Asking, meeting: StrategyMeeting, children: Sequence[MeetingChild]
) -> list[Deadline]:
    """The clocks of a meeting: of its minutes, of being held, and of the enquiries it began."""
    subjects = [(meeting.contact_id, meeting.id)]
    subjects += [(one.contact_id, one.referral_id) for one in children]
    subjects += [(one.contact_id, one.enquiry_id) for one in children if one.enquiry_id is not None]
    referrals = {one.referral_id for one in children}
    by_subject = await deadlines.of_subjects(ask, subjects)
    found = [
        clock
        for subject_id, clocks in by_subject.items()
        for clock in clocks
        if subject_id not in referrals or clock.kind == "strategy_meeting"
    ]
    return sorted(found, key=lambda clock: (clock.due_at, clock.id))


async def under_way(ask: Asking | Work, person_id: UUID) -> tuple[str, MeetingState] | None:
    """The reference and state of a meeting about a child that is not concluded, or None."""
    row = await ask.first(
        select(MEETING.c.reference, MEETING.c.state)
        .join(MEETING_CHILD, MEETING_CHILD.c.meeting_id == MEETING.c.id)
        .where(
            MEETING_CHILD.c.person_id == person_id,
            MEETING.c.state.in_([MeetingState.called, MeetingState.held]),
        )
        .limit(1)
    )
    return None if row is None else (row.reference, MeetingState(row.state))


async def change_invitation(work: Work, invitation: Invitation, **changed: Any) -> None:
    """Changes one line of a meeting that is held."""
    if changed:
        await work.execute(
            update(INVITATION).where(INVITATION.c.id == invitation.id).values(**changed)
        )


async def change_child(work: Work, child: MeetingChild, **changed: Any) -> None:
    """Writes down what was decided for one child of a meeting that is held."""
    await work.execute(
        update(MEETING_CHILD).where(MEETING_CHILD.c.id == child.id).values(**changed)
    )


async def last_begun_at(work: Work, person_id: UUID) -> datetime | None:
    """When the meeting was held that last began an enquiry about a child, be it open or ended."""
    row = await work.first(
        select(ENQUIRY.c.began_at)
        .where(ENQUIRY.c.person_id == person_id)
        .order_by(ENQUIRY.c.began_at.desc())
        .limit(1)
    )
    return None if row is None else row.began_at


# ---- Who must be invited: what is on file --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChildAndContact:
    """What is on file of one child: the contact, the child on it, and who the child is."""

    contact: Contact
    child: Child
    person: Person
    worker_name: str | None


async def filed(work: Work, referral: Referral) -> ChildAndContact:
    """What says who must come for the child of a referral."""
    row = await work.first(
        select(*columns_of(Contact), ACCOUNT.c.name)
        .select_from(CONTACT)
        .outerjoin(ACCOUNT, ACCOUNT.c.id == referral.worker_id)
        .where(CONTACT.c.id == referral.contact_id)
    )
    child = await work.first(select(*columns_of(Child)).where(CHILD.c.id == referral.child_id))
    person = await work.first(select(*columns_of(Person)).where(PERSON.c.id == referral.person_id))
    if row is None or child is None or person is None:
        raise LookupError("a referral without its contact, its child or its person")
    return ChildAndContact(
        read(Contact, row[:-1]), read(Child, child), read(Person, person), row[-1]
    )


async def early_help_of(work: Work, referral: Referral) -> tuple[str, str | None] | None:
    """The team, and the name of the worker, of the early help that is or was open for the child.

    Early help that ended when the referral was accepted, or since, knows the child still.
    """
    row = await work.first(
        select(EPISODE.c.team_id, ACCOUNT.c.name)
        .select_from(EPISODE)
        .outerjoin(ACCOUNT, ACCOUNT.c.id == EPISODE.c.worker_id)
        .where(
            EPISODE.c.person_id == referral.person_id,
            or_(EPISODE.c.closed_at.is_(None), EPISODE.c.closed_at >= referral.accepted_at),
        )
        .order_by(EPISODE.c.accepted_at.desc(), EPISODE.c.id.desc())
        .limit(1)
    )
    return None if row is None else (row.team_id, row.name)


# ---- Lists ---------------------------------------------------------------------------------------


async def list_newest_first(
    ask: Asking,
    sight: Sight,
    filters: MeetingFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[StrategyMeeting]:
    """Meetings by when they were called, newest first, from after a place on."""
    return await _LISTED.newest_first(
        ask, sight, filters, limit=limit, after=after, also=_about(filters)
    )


_LISTED = Listed(
    StrategyMeeting,
    "called_at",
    protection_visible_to,
    elsewhere=("person_id", "referral_id", "contact_id"),
)


def _about(filters: MeetingFilters) -> list[ColumnElement[bool]]:
    """Of one and the same child of a meeting."""
    about: list[ColumnElement[bool]] = []
    if filters.person_id is not None:
        about.append(MEETING_CHILD.c.person_id == filters.person_id)
    if filters.referral_id is not None:
        about.append(MEETING_CHILD.c.referral_id == filters.referral_id)
    if filters.contact_id is not None:
        of_contact = select(REFERRAL.c.id).where(REFERRAL.c.contact_id == filters.contact_id)
        about.append(MEETING_CHILD.c.referral_id.in_(of_contact))
    if not about:
        return []
    return [MEETING.c.id.in_(select(MEETING_CHILD.c.meeting_id).where(*about))]
