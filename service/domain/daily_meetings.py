"""Daily meetings: each child on a police notification is heard, and decided or carried over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.accountabilities import CareService
from service.domain.contacts import AgreementState, ChildState, ContactState
from service.domain.dangers import DangerTold
from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Invalid
from service.domain.fields import Id, Version, plain, sensitive
from service.domain.people import BirthKnowledge, Sex, YesNo
from service.domain.police_notifications import Risk
from service.domain.police_updates import PoliceUpdate
from service.domain.school_notices import NoticeOutcome
from service.domain.states import StateTable

MEETING_CLOCK = "daily_meeting"


class ItemState(StrEnum):
    """Where one child on an agenda stands."""

    waiting = "waiting"
    decided = "decided"
    carried_over = "carried_over"


class ItemAction(StrEnum):
    """What can be done about one child on an agenda."""

    decide = "decide"
    carry_over = "carry_over"


ITEM = StateTable(
    noun="item of the daily meeting",
    start=ItemState.waiting,
    moves={
        (ItemState.waiting, ItemAction.decide): ItemState.decided,
        (ItemState.waiting, ItemAction.carry_over): ItemState.carried_over,
    },
    final=frozenset({ItemState.decided, ItemState.carried_over}),
)


class DailyMeetingState(StrEnum):
    """Where a daily meeting stands."""

    open = "open"
    concluded = "concluded"


class DailyMeetingAction(StrEnum):
    """What can be done to a daily meeting."""

    conclude = "conclude"


DAILY_MEETING = StateTable(
    noun="daily meeting",
    start=DailyMeetingState.open,
    moves={(DailyMeetingState.open, DailyMeetingAction.conclude): DailyMeetingState.concluded},
    final=frozenset({DailyMeetingState.concluded}),
)


@dataclass(frozen=True, slots=True)
class DailyMeeting:
    """The meeting of one London day; there from the first item on, or from its conclusion."""

    id: Id
    meeting_on: Annotated[date, plain("The London day.")]
    state: Annotated[DailyMeetingState, plain("open, concluded.")]
    concluded_at: Annotated[datetime | None, plain("When it was concluded.")]
    concluded_by: Annotated[UUID | None, plain("Who concluded it.")]
    version: Version


@dataclass(frozen=True, slots=True)
class MeetingItem:
    """One child on the agenda of one day.

    `decision_id` is the decision that settled it. Carried over, it says why; `carried_from_id` is
    the item before it, and `times_carried` how often the child was carried over by then.
    """

    id: Id
    notification_id: Annotated[UUID, plain("The notification.")]
    contact_id: Annotated[UUID, plain("The contact that it is.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    meeting_on: Annotated[date, plain("London day of the meeting.")]
    state: Annotated[ItemState, plain("waiting, decided, carried_over.")]
    decision_id: Annotated[UUID | None, plain("The decision that settled it.")]
    settled_at: Annotated[datetime | None, plain("When it was decided or carried over.")]
    settled_by: Annotated[UUID | None, plain("Who did.")]
    carried_over_because: Annotated[str | None, sensitive("Why it was carried over.")]
    carried_from_id: Annotated[UUID | None, plain("The item that it was carried over from.")]
    times_carried: Annotated[int, plain("How often the child was carried over.")]
    version: Version


class ItemsWaiting(Conflict):
    """Nothing on an agenda is left undecided without a reason and a carried-over mark."""

    code = "daily_meeting_items_waiting"
    title = "Not every child on the agenda has been dealt with"


class MeetingAhead(Conflict):
    """The meeting has not been held yet."""

    code = "daily_meeting_ahead"
    title = "This meeting is still to come"


class NoMeetingThatDay(Conflict):
    """Nobody meets on a day on which nobody works."""

    code = "no_daily_meeting_that_day"
    title = "No daily meeting on that day"


class CarryingOverIncomplete(Invalid):
    """An item is carried over with the reason, in own words."""

    code = "carrying_over_incomplete"
    title = "Say why it is carried over"


class ItemOfAnotherChild(Invalid):
    """The outcome names another child than the item is about."""

    code = "item_of_another_child"
    title = "This item is about another child"


@dataclass(frozen=True, slots=True)
class ContactBefore:
    """Another contact of a child in the months before: what came of it, and why it closed.

    `risk` is set for a police notification. `closed_at` and the reason are those of the referral
    or early help episode that its decision opened.
    """

    person_id: UUID
    contact_id: UUID
    reference: str
    received_at: datetime
    source_code: str
    organisation_id: str | None
    risk: Risk | None
    outcome: str | None
    decided_at: datetime | None
    closed_at: datetime | None
    closure_code: str | None
    closure_reason: str | None


@dataclass(frozen=True, slots=True)
class EarlierCounts:
    """How many other contacts lie within a time before this one, and how many notifications."""

    contacts: int
    notifications: int


@dataclass(frozen=True, slots=True)
class CaseOnAgenda:
    """The case that answers for a child now, its team and its worker."""

    service: CareService
    case_id: UUID
    reference: str
    team_id: str
    worker_id: UUID | None
    worker_name: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class CarriedBefore:
    """The item that this one was carried over from."""

    item_id: UUID
    meeting_on: date
    because: str | None


@dataclass(frozen=True, slots=True)
class CarriedTo:
    """The item that this one was carried over to."""

    item_id: UUID
    meeting_on: date


@dataclass(frozen=True, slots=True)
class AgendaNotification:
    """As much of a police notification as an agenda shows."""

    id: UUID
    incident_number: str
    incident_at: datetime
    risk: Risk
    children_present: YesNo


@dataclass(frozen=True, slots=True)
class AgendaContact:
    """As much of a contact as an agenda shows."""

    id: UUID
    reference: str
    received_at: datetime
    agreement: AgreementState
    agreement_note: str | None
    concern: str
    danger: DangerTold | None
    rating: Rating | None
    state: ContactState
    version: int


@dataclass(frozen=True, slots=True)
class AgendaChild:
    """As much of a child on a contact as an agenda shows."""

    id: UUID
    contact_id: UUID
    person_id: UUID
    given_name: str | None
    family_name: str | None
    description: str | None
    date_of_birth: date | None
    birth_knowledge: BirthKnowledge
    expected_delivery_on: date | None
    sex: Sex
    school: str | None
    state: ChildState
    unanswered_matches: int


@dataclass(frozen=True, slots=True)
class WhyDiscussed:
    """Why a child is for the meeting to discuss, and is not recorded without it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One child on an agenda with all that the meeting needs beside it.

    `told_before`: whether anything else was ever told of the child, however long ago;
    `others_on_file` are those of the other children of whom that is so, or whose case is open;
    `school_notice` is how it stands with the child's school; `discussed_because` is why it is not
    recorded without a discussion.
    """

    item: MeetingItem
    notification: AgendaNotification
    contact: AgendaContact
    child: AgendaChild
    others: Sequence[AgendaChild]
    short: EarlierCounts
    long: EarlierCounts
    months: EarlierCounts
    earlier: Sequence[ContactBefore]
    open_case: CaseOnAgenda | None
    agencies: Sequence[str]
    carried_from: CarriedBefore | None
    carried_to: CarriedTo | None
    overdue_from: date | None
    police_updates: Sequence[PoliceUpdate] = ()
    told_before: bool = False
    others_on_file: frozenset[UUID] = frozenset()
    school_notice: NoticeOutcome | None = None
    discussed_because: Sequence[WhyDiscussed] = ()

    @property
    def place(self) -> tuple[int, date, UUID, UUID]:
        """Where it stands: danger first, then those left from earlier days, siblings together."""
        rank = 1 if self.contact.danger is None else 0
        return rank, self.item.meeting_on, self.item.contact_id, self.item.id


@dataclass(frozen=True, slots=True)
class Agenda:
    """A page of the agenda of one day, with how the meeting stands.

    The numbers count all items of the day; `waiting` also those left from earlier days.
    """

    meeting_on: date
    is_working_day: bool
    meeting: DailyMeeting | None
    waiting: int
    decided: int
    carried_over: int
    items: Sequence[AgendaItem]
    more: bool
