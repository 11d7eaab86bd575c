"""Daily meetings on the wire: the agenda with history beside each child, and what came of it."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field, WithJsonSchema

from api.actions import what_can_be_done
from api.schemas.fields import WireOut
from api.schemas.words import (
    EXAMPLE_ID,
    BornOn,
    CaseId,
    CodedSex,
    ContactReference,
    ETagVersion,
    FamilyName,
    GivenNames,
    ItsContactId,
    ItsNotificationId,
    PersonId,
    ReceivedAt,
    a_reference,
    an_id,
)
from service.domain import daily_meetings
from service.domain.accountabilities import CareService
from service.domain.contacts import AgreementState, ChildState
from service.domain.daily_meetings import (
    ITEM,
    DailyMeetingState,
    ItemAction,
    ItemState,
)
from service.domain.people import BirthKnowledge, YesNo, age_in_years
from service.domain.police_notifications import Risk
from service.domain.police_updates import risk_now, withdrawn_at
from service.domain.school_notices import NoticeOutcome
from service.strict.fields import LARGEST, DateOn, Instant, Text, Wire

# A day in a path is said by its format alone: with a pattern beside it tools find hardly any day.
MeetingDate = Annotated[
    DateOn,
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-10-26"]}),
    Path(description="The London day of the meeting.", examples=["2026-10-26"]),
]
ItemId = Annotated[UUID, Path(description="The item of the agenda.", examples=[EXAMPLE_ID])]

_COUNT = Annotated[int, Field(ge=0, le=LARGEST)]
_MEETING_ON = Annotated[
    DateOn, Field(description="The London day of the meeting.", examples=["2026-10-23"])
]


class CarryingOverIn(Wire):
    """Why a child is carried over to the next daily meeting."""

    because: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="The reason, in own words. Stock phrases are refused.",
            examples=["The school is closed until Monday, and only it knows where the child is."],
        ),
    ]


class ChildOnAgenda(WireOut):
    """A child as the notification tells of them."""

    child_id: Annotated[UUID, an_id("The child on this contact: what a decision names.")]
    person_id: PersonId
    given_name: GivenNames
    family_name: FamilyName
    description: Annotated[
        str | None,
        Field(
            max_length=500,
            description="What identifies a child whose name is not known.",
            examples=["About four, red coat"],
        ),
    ]
    date_of_birth: BornOn
    birth_knowledge: Annotated[
        BirthKnowledge,
        Field(
            description="How the date of birth is known; `unborn` for an unborn child.",
            examples=["known"],
        ),
    ]
    expected_delivery_on: Annotated[
        DateOn | None, Field(description="Expected date of delivery of an unborn child.")
    ]
    age: Annotated[
        Annotated[int, Field(ge=0, le=150)] | None,
        Field(
            description="Age in years on the day of the meeting; null when not known, or unborn.",
            examples=[8],
        ),
    ]
    sex: CodedSex
    school: Annotated[
        str | None,
        Field(max_length=200, description="School or setting.", examples=["Mill Lane Primary"]),
    ]
    state: Annotated[
        ChildState,
        Field(description="undecided, awaiting_sign_off, decided.", examples=["undecided"]),
    ]


def _child(child: daily_meetings.AgendaChild, item: daily_meetings.MeetingItem) -> ChildOnAgenda:
    age = age_in_years(child.date_of_birth, item.meeting_on)
    return ChildOnAgenda.taken_from(child, child_id=child.id, age=age)


class MeetingCounts(WireOut):
    """How many other contacts of the child there are within a time before this one, or after it."""

    contacts: Annotated[
        _COUNT, Field(description="Other contacts of the child, notifications too.", examples=[2])
    ]
    notifications: Annotated[
        _COUNT, Field(description="Of them police notifications.", examples=[1])
    ]


class MeetingHistory(WireOut):
    """How often the child came up before, counted back from the time of this notification."""

    short: Annotated[MeetingCounts, Field(description="Within the policy's short time: 7 days.")]
    long: Annotated[MeetingCounts, Field(description="Within the policy's longer time: 30 days.")]
    months: Annotated[MeetingCounts, Field(description="Within the policy's months: 12.")]


class MeetingEarlierContact(WireOut):
    """Another contact of the child within those months, its outcome, and why it closed."""

    contact_id: ItsContactId
    reference: ContactReference
    received_at: ReceivedAt
    source_code: Annotated[
        str, Field(max_length=4, description="Its referral source code.", examples=["6"])
    ]
    organisation_id: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The agency whose system sent it; null for others.",
            examples=["riverbourne-police"],
        ),
    ]
    risk: Annotated[
        Risk | None,
        Field(description="For a police notification, its grade; else null.", examples=["medium"]),
    ]
    outcome: Annotated[
        str | None,
        Field(
            max_length=32,
            description="What was decided for this child; null while undecided.",
            examples=["early_help"],
        ),
    ]
    decided_at: Annotated[Instant | None, Field(description="When that was signed.")]
    closed_at: Annotated[
        Instant | None,
        Field(description="When the case that it opened closed; null while open, or without one."),
    ]
    closure_code: Annotated[
        str | None,
        Field(max_length=32, description="Why that closed, coded.", examples=["outcomes_met"]),
    ]
    closure_reason: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="Why that closed, in words.",
            examples=["The plan's outcomes were met."],
        ),
    ]


class MeetingOpenCase(WireOut):
    """The case that answers for the child now."""

    service: Annotated[
        CareService, Field(description="social_care or early_help.", examples=["early_help"])
    ]
    case_id: CaseId
    reference: Annotated[str, a_reference("Its reference.", "E-7K3MA-9TQ4R")]
    team_id: Annotated[
        str,
        Field(max_length=64, description="The accountable team.", examples=["early-help-north"]),
    ]
    worker_id: Annotated[UUID | None, an_id("The worker; null until allocated.")]
    worker_name: Annotated[
        str | None, Field(max_length=200, description="The worker's name.", examples=["Kim Ash"])
    ]
    since: Annotated[Instant, Field(description="Since when this case answers.")]


class WhyDiscussed(WireOut):
    """Why an item is for the meeting to discuss, and is not recorded without it."""

    code: Annotated[
        str, Field(max_length=64, description="The reason, for programs.", examples=["harm_told"])
    ]
    message: Annotated[
        str,
        Field(
            max_length=500,
            description="The reason, in a sentence.",
            examples=["Danger was told: the meeting decides."],
        ),
    ]


class ItemCarriedFrom(WireOut):
    """The item before, which was carried over to this one."""

    item_id: Annotated[UUID, an_id("The item before.")]
    meeting_on: _MEETING_ON
    because: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="Why it was carried over.",
            examples=["The school is closed until Monday."],
        ),
    ]


class ItemCarriedTo(WireOut):
    """The item that this one was carried over to."""

    item_id: Annotated[UUID, an_id("The next item.")]
    meeting_on: _MEETING_ON


class DailyMeetingItem(WireOut):
    """One child on the agenda of a daily meeting, with what the meeting needs to know."""

    id: Annotated[UUID, an_id("The item.")]
    version: ETagVersion
    meeting_on: _MEETING_ON
    state: Annotated[
        ItemState, Field(description="waiting, decided, carried_over.", examples=["waiting"])
    ]
    possible_actions: Annotated[
        Annotated[list[ItemAction], Field(max_length=5)],
        Field(description=what_can_be_done(ItemAction), examples=[["decide", "carry_over"]]),
    ]
    overdue_from: Annotated[
        DateOn | None,
        Field(
            description="The earlier day whose meeting left it undecided; null when none did.",
            examples=[None],
        ),
    ]
    notification_id: ItsNotificationId
    contact_id: Annotated[UUID, an_id("The contact that it is.")]
    contact_version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(
            description="The contact's version: what an act over many items names as seen.",
            examples=[1],
        ),
    ]
    reference: Annotated[str, a_reference("The contact's reference.", "C-7K3MA-9TQ4R")]
    received_at: ReceivedAt
    incident_number: Annotated[
        str, Field(max_length=64, description="The force's number.", examples=["RVB-2026-104417"])
    ]
    incident_at: Annotated[Instant, Field(description="When the incident happened.")]
    risk: Annotated[
        Risk, Field(description="How the police graded it, told last.", examples=["high"])
    ]
    unread_updates: Annotated[
        _COUNT,
        Field(
            description="How often the police told it otherwise, or took it back, unread so far.",
            examples=[0],
        ),
    ]
    withdrawn_at: Annotated[
        Instant | None,
        Field(description="Since when the police have taken it back; null when they have not."),
    ]
    children_present: Annotated[
        YesNo, Field(description="Whether a child was there.", examples=["yes"])
    ]
    agreement: Annotated[
        AgreementState,
        Field(
            description="Whether the parent's agreement was sought, and given.",
            examples=["not_sought"],
        ),
    ]
    agreement_note: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="What was said about it.",
            examples=["The mother could not be spoken to alone."],
        ),
    ]
    concern: Annotated[
        str,
        Field(
            max_length=20_000,
            description="What happened, and what the worry is.",
            examples=["Officers were called to shouting; both children had been woken by it."],
        ),
    ]
    child: Annotated[ChildOnAgenda, Field(description="The child whom this item is about.")]
    others: Annotated[
        list[ChildOnAgenda],
        Field(max_length=100, description="The other children on the notification.", examples=[[]]),
    ]
    history: Annotated[MeetingHistory, Field(description="How often the child came up before.")]
    earlier_contacts: Annotated[
        list[MeetingEarlierContact],
        Field(
            max_length=20,
            description="The newest of those contacts, and what came of each.",
            examples=[[]],
        ),
    ]
    open_case: Annotated[
        MeetingOpenCase | None,
        Field(description="The case that answers for the child now; null when none is open."),
    ]
    agencies: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(
            max_length=100,
            description="The agencies whose systems sent those contacts.",
            examples=[["riverbourne-hospital", "riverbourne-police"]],
        ),
    ]
    school_notice: Annotated[
        NoticeOutcome | None,
        Field(
            description=(
                "Whether the child's school was told of the incident, or why not; null while "
                "nobody has said so."
            ),
            examples=["told"],
        ),
    ]
    discussed_because: Annotated[
        list[WhyDiscussed],
        Field(
            max_length=20,
            description=(
                "Why it cannot be recorded without a discussion under the policy; empty when it "
                "can, which `POST /v1/daily-meetings/{date}/recording` does."
            ),
            examples=[[]],
        ),
    ]
    times_carried: Annotated[
        _COUNT, Field(description="How often the child was carried over to here.", examples=[0])
    ]
    carried_from: Annotated[
        ItemCarriedFrom | None, Field(description="Where it was carried over from, and why.")
    ]
    carried_over_because: Annotated[
        str | None,
        Field(
            max_length=4000, description="Why it is carried over; null when not.", examples=[None]
        ),
    ]
    carried_to: Annotated[
        ItemCarriedTo | None, Field(description="Where it was carried over to; null when not.")
    ]
    decision_id: Annotated[
        UUID | None, an_id("The decision that settled it; null until there is one.")
    ]
    settled_at: Annotated[
        Instant | None, Field(description="When it was decided or carried over; null until then.")
    ]
    settled_by: Annotated[UUID | None, an_id("Who did; null until then.")]

    @classmethod
    def of(cls, found: daily_meetings.AgendaItem) -> Self:
        """As it is seen by staff."""
        item, notification, contact = found.item, found.notification, found.contact
        return cls.taken_from(
            item,
            incident_number=notification.incident_number,
            incident_at=notification.incident_at,
            children_present=notification.children_present,
            contact_version=contact.version,
            reference=contact.reference,
            received_at=contact.received_at,
            agreement=contact.agreement,
            agreement_note=contact.agreement_note,
            concern=contact.concern,
            possible_actions=ITEM.allowed(item.state),
            risk=risk_now(notification.risk, found.police_updates),
            unread_updates=sum(one.unread_since is not None for one in found.police_updates),
            withdrawn_at=withdrawn_at(found.police_updates),
            overdue_from=found.overdue_from,
            child=_child(found.child, item),
            others=[_child(one, item) for one in found.others],
            history=MeetingHistory.taken_from(found),
            earlier_contacts=found.earlier,
            open_case=found.open_case,
            agencies=found.agencies,
            school_notice=found.school_notice,
            discussed_because=found.discussed_because,
            carried_from=found.carried_from,
            carried_to=found.carried_to,
        )


class DailyMeetingAgenda(WireOut):
    """The agenda of a day, page by page, and how the meeting stands."""

    meeting_on: _MEETING_ON
    is_working_day: Annotated[
        bool, Field(description="Whether anybody meets on that day.", examples=[True])
    ]
    state: Annotated[DailyMeetingState, Field(description="open or concluded.", examples=["open"])]
    concluded_at: Annotated[
        Instant | None, Field(description="When it was concluded; null until then.")
    ]
    concluded_by: Annotated[UUID | None, an_id("Who concluded it; null until then.")]
    waiting: Annotated[
        _COUNT,
        Field(
            description="How many children wait, those left from earlier days too.", examples=[12]
        ),
    ]
    decided: Annotated[_COUNT, Field(description="How many were decided.", examples=[30])]
    carried_over: Annotated[_COUNT, Field(description="How many were carried over.", examples=[1])]
    items: Annotated[
        list[DailyMeetingItem],
        Field(
            max_length=100,
            description=(
                "The children: those left from earlier days first, the children of a notification "
                "together."
            ),
        ),
    ]
    next: Annotated[
        str | None,
        Field(
            max_length=2048,
            description="The path of the next page (also in `Link`); null on the last.",
            examples=[None],
        ),
    ]

    @classmethod
    def of(cls, found: daily_meetings.Agenda, following: str | None) -> Self:
        """As it is seen by staff."""
        meeting = found.meeting
        return cls.made_of(
            {
                "meeting_on": found.meeting_on,
                "is_working_day": found.is_working_day,
                "state": DailyMeetingState.open if meeting is None else meeting.state,
                "concluded_at": None if meeting is None else meeting.concluded_at,
                "concluded_by": None if meeting is None else meeting.concluded_by,
                "waiting": found.waiting,
                "decided": found.decided,
                "carried_over": found.carried_over,
                "items": [DailyMeetingItem.of(one) for one in found.items],
                "next": following,
            }
        )


class DailyMeetingConclusion(WireOut):
    """A daily meeting at which every child was decided or carried over."""

    meeting_on: _MEETING_ON
    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(description="The version, as in the ETag.", examples=[2]),
    ]
    state: Annotated[DailyMeetingState, Field(description="concluded.", examples=["concluded"])]
    concluded_at: Annotated[Instant, Field(description="When it was concluded.")]
    concluded_by: Annotated[UUID, an_id("Who concluded it.")]
