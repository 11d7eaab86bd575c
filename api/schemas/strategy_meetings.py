"""Strategy meetings on the wire: called, invited to, held, concluded and minuted; one story."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.strategy_invitations import Invitation, MissingOut
from api.schemas.words import (
    EXAMPLE_ID,
    ChildOnContactId,
    ContactBehindId,
    DoneBy,
    ETagVersion,
    HappenedAt,
    PersonId,
    RecordedAt,
    a_reference,
    an_id,
)
from service.domain.strategy_meetings import (
    EnquiryDecision,
    Harm,
    MedicalDecision,
    MeetingAction,
    MeetingState,
)
from service.strict.fields import Flag, Id, Instant, Text, Wire
from service.usecases.strategy_meetings import (
    ListedMeeting,
    NewMeetingChild,
    WholeMeeting,
)

_WHY = (
    "The bruises are of different ages, nobody has explained them, and the school has seen them "
    "twice: significant harm is likely."
)
_MEDICAL = "The paediatrician sees the bruises today, while they can still be told apart."
_TOLD = "That people are worried about the bruises, and that a doctor will look at them today."
_MINUTES = "Present: social care, police, health. The school's account was read out first."
_ACTION = {
    "what": "Take Amara to the paediatrician, with her mother.",
    "owner": "Jo Mensah",
    "due_at": "2026-10-23T18:00:00Z",
}
_HARMS = len(Harm)
_MOST_CHILDREN = 12
_MOST_LINES = 100

MeetingId = Annotated[UUID, Path(description="The strategy meeting.", examples=[EXAMPLE_ID])]
States = Annotated[
    Sequence[MeetingState],
    Query(max_length=5, description="Only these states.", examples=[["called"]]),
]
PersonFilter = Annotated[
    Id | None, Query(description="Only those about this child, across contacts.")
]
ReferralFilter = Annotated[Id | None, Query(description="Only those about this referral's child.")]
ContactFilter = Annotated[
    Id | None, Query(description="Only those about children referred from this contact.")
]
_Words = Annotated[str, Text(8000)]


class MeetingChildIn(Wire):
    """A child for whom a strategy meeting is called."""

    referral_id: Annotated[Id, an_id("Social care's open case of the child.")]
    alleged: Annotated[
        list[Harm],
        Field(
            min_length=1,
            max_length=_HARMS,
            description="What is alleged or suspected, coded.",
            examples=[["injury"]],
        ),
    ]
    in_hospital: Annotated[
        Flag,
        Field(
            description="Whether the child is in hospital: its clinician is then proposed.",
            examples=[False],
        ),
    ] = False


class StrategyMeetingCreate(Wire):
    """A strategy meeting as it is called. Who must be invited is proposed by the service."""

    planned_for: Annotated[
        Instant,
        Field(description="When it is to be held, or was, where it is called after the event."),
    ]
    children: Annotated[
        list[MeetingChildIn],
        Field(
            min_length=1,
            max_length=_MOST_CHILDREN,
            description="The children; siblings may be met about together.",
            examples=[[{"referral_id": EXAMPLE_ID, "alleged": ["injury"], "in_hospital": False}]],
        ),
    ]

    def told(self) -> list[NewMeetingChild]:
        """The children as the use-case takes them."""
        return [NewMeetingChild(**dict(one)) for one in self.children]


class Rearrangement(Wire):
    """Another time for a meeting. The clock goes on running."""

    planned_for: Annotated[Instant, Field(description="When it is to be held.")]
    because: Annotated[
        _Words,
        Field(
            description="Why, in one's own words.",
            examples=["The paediatrician can be there at five, and not before."],
        ),
    ]


class Cancellation(Wire):
    """Why a meeting is not held. The clock of holding one goes on running."""

    because: Annotated[
        _Words,
        Field(
            description="Why, in one's own words.",
            examples=["The child's bruises were explained by the operation of last Tuesday."],
        ),
    ]


class MeetingChild(WireOut):
    """A child whom a meeting is about, and what it decided for the child."""

    referral_id: Annotated[UUID, an_id("Social care's case.")]
    contact_id: ContactBehindId
    child_id: ChildOnContactId
    person_id: PersonId
    in_hospital: Annotated[
        bool, Field(description="Whether the child was in hospital.", examples=[False])
    ]
    alleged: Annotated[
        list[Harm],
        Field(
            max_length=_HARMS,
            description="What is alleged or suspected, coded.",
            examples=[["injury"]],
        ),
    ]
    enquiry: Annotated[
        EnquiryDecision | None,
        Field(description="The decision on an enquiry; null until concluded.", examples=["joint"]),
    ]
    enquiry_reason: Annotated[
        str | None, Field(max_length=8000, description="Why.", examples=[_WHY])
    ]
    medical: Annotated[
        MedicalDecision | None,
        Field(
            description="Whether a medical examination takes place.", examples=["will_take_place"]
        ),
    ]
    medical_reason: Annotated[
        str | None, Field(max_length=8000, description="Why, or why not.", examples=[_MEDICAL])
    ]
    told: Annotated[
        str | None,
        Field(max_length=8000, description="What the child will be told.", examples=[_TOLD]),
    ]
    enquiry_id: Annotated[
        UUID | None,
        Field(description="The enquiry that it began, or let go on.", examples=[None]),
    ]


class MeetingTaskOut(WireOut):
    """What happens next after a meeting."""

    what: Annotated[
        str,
        Field(max_length=4000, description="What is to be done.", examples=[_ACTION["what"]]),
    ]
    owner: Annotated[
        str, Field(max_length=200, description="Who does it.", examples=[_ACTION["owner"]])
    ]
    due_at: Annotated[Instant, Field(description="By when.")]


class MeetingStep(WireOut):
    """One thing that was done to a meeting, never changed."""

    action: Annotated[MeetingAction, Field(description="What was done.", examples=["call"])]
    state: Annotated[MeetingState, Field(description="What it led to.", examples=["called"])]
    at: RecordedAt
    by: DoneBy
    happened_at: HappenedAt
    planned_for: Annotated[
        Instant | None, Field(description="The time that it was called for, or moved to.")
    ]
    words: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="Why it was moved or cancelled, in their own words.",
            examples=["The paediatrician can be there at five, and not before."],
        ),
    ]


class ChildInStory(WireOut):
    """What another meeting decided for a child."""

    person_id: PersonId
    referral_id: Annotated[UUID, an_id("Social care's case.")]
    alleged: Annotated[
        list[Harm],
        Field(max_length=_HARMS, description="What was alleged.", examples=[["injury"]]),
    ]
    enquiry: Annotated[
        EnquiryDecision | None, Field(description="What it decided.", examples=["joint"])
    ]
    medical: Annotated[
        MedicalDecision | None,
        Field(description="Its decision on a medical.", examples=["will_take_place"]),
    ]
    enquiry_id: Annotated[UUID | None, an_id("The enquiry.")]


class MeetingInStory(WireOut):
    """Another meeting about a child of this one, in short."""

    id: Annotated[UUID, an_id("The meeting.")]
    reference: Annotated[str, a_reference("Human reference.", "M-7K3MA-9TQ4R")]
    state: Annotated[MeetingState, Field(description="Where it stands.", examples=["minuted"])]
    planned_for: Annotated[Instant, Field(description="When it was to be held.")]
    held_at: Annotated[Instant | None, Field(description="When it was held.")]
    quorate: Annotated[bool | None, Field(description="Whether it was quorate.", examples=[True])]
    concluded_at: Annotated[Instant | None, Field(description="When it was concluded.")]
    children: Annotated[
        list[ChildInStory],
        Field(max_length=_MOST_CHILDREN, description="The children it was about.", examples=[[]]),
    ]


class _MeetingOut(WireOut):
    """What a meeting shows in a list and by itself."""

    id: Annotated[UUID, an_id("The strategy meeting.")]
    reference: Annotated[str, a_reference("Human reference.", "M-7K3MA-9TQ4R")]
    version: ETagVersion
    contact_id: Annotated[UUID, an_id("The contact behind the first child's referral.")]
    state: Annotated[MeetingState, Field(description="Where it stands.", examples=["called"])]
    called_at: Annotated[Instant, Field(description="When it was called.")]
    planned_for: Annotated[Instant, Field(description="When it is to be held.")]
    held_at: Annotated[Instant | None, Field(description="When it was held.")]
    quorate: Annotated[
        bool | None,
        Field(
            description="Whether all came whom the policy asks for; null until held.",
            examples=[True],
        ),
    ]
    concluded_at: Annotated[Instant | None, Field(description="When it was concluded.")]
    minutes_circulated_at: Annotated[
        Instant | None, Field(description="When the minutes were circulated.")
    ]
    cancelled_at: Annotated[Instant | None, Field(description="When it was cancelled.")]


class ListedChild(WireOut):
    """A child of a meeting in a list."""

    person_id: PersonId
    referral_id: Annotated[UUID, an_id("Social care's case.")]
    child_id: Annotated[UUID, an_id("The child on its contact.")]
    enquiry: Annotated[
        EnquiryDecision | None,
        Field(description="The decision on an enquiry; null until concluded.", examples=["joint"]),
    ]
    enquiry_id: Annotated[UUID | None, an_id("The enquiry that it began, or let go on.")]


class StrategyMeetingSummary(_MeetingOut):
    """A strategy meeting in a list, with the limit that runs on it."""

    children: Annotated[
        list[ListedChild],
        Field(max_length=_MOST_CHILDREN, description="The children.", examples=[[]]),
    ]
    due_at: Annotated[
        Instant | None,
        Field(
            description=(
                "The limit that runs: of holding it, then of circulating the minutes; null when "
                "none does."
            )
        ),
    ]

    @classmethod
    def of(cls, listed: ListedMeeting) -> Self:
        """As it stands in the list."""
        return cls.taken_from(listed.meeting, children=listed.children, due_at=listed.due_at)


class StrategyMeeting(_MeetingOut):
    """A strategy meeting: its children, who was invited and came, what it decided, its clocks."""

    called_by: Annotated[UUID, an_id("Who called it.")]
    not_quorate_because: Annotated[
        str | None,
        Field(max_length=8000, description="Why it went ahead all the same.", examples=[None]),
    ]
    concluded_by: Annotated[UUID | None, Field(description="Who concluded it.", examples=[None])]
    minutes: Annotated[
        str | None, Field(max_length=60_000, description="The minutes.", examples=[_MINUTES])
    ]
    minutes_circulated_by: Annotated[
        UUID | None, Field(description="Who circulated them.", examples=[None])
    ]
    cancelled_by: Annotated[UUID | None, Field(description="Who cancelled it.", examples=[None])]
    cancelled_because: Annotated[
        str | None, Field(max_length=8000, description="Why.", examples=[None])
    ]
    children: Annotated[
        list[MeetingChild],
        Field(
            max_length=_MOST_CHILDREN,
            description="The children, each with what was decided.",
            examples=[[]],
        ),
    ]
    invitations: Annotated[
        list[Invitation],
        Field(
            max_length=_MOST_LINES,
            description="Who was proposed, invited and came.",
            examples=[[]],
        ),
    ]
    actions: Annotated[
        list[MeetingTaskOut],
        Field(max_length=50, description="What happens next.", examples=[[_ACTION]]),
    ]
    possible_actions: Annotated[
        list[MeetingAction],
        Field(
            max_length=10,
            description=what_can_be_done(MeetingAction),
            examples=[["invite", "rearrange", "cancel"]],
        ),
    ]
    missing: Annotated[
        list[MissingOut],
        Field(
            max_length=500,
            description="What has still to be recorded before it is finished.",
            examples=[[]],
        ),
    ]
    earlier: Annotated[
        list[MeetingInStory],
        Field(
            max_length=1000,
            description=(
                "The other meetings about these children, by when they were held: one story. The "
                "last that began an enquiry sets the date of its conference."
            ),
            examples=[[]],
        ),
    ]
    steps: Annotated[
        list[MeetingStep],
        Field(max_length=1000, description="Everything done to it, oldest first.", examples=[[]]),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(
            max_length=1000,
            description=(
                "Its clocks: of holding it, of the minutes, and of the enquiries that it began or "
                "let go on."
            ),
            examples=[[]],
        ),
    ]

    @classmethod
    def of(cls, whole: WholeMeeting) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(
            whole.meeting,
            children=whole.children,
            invitations=whole.invitations,
            possible_actions=whole.possible_actions,
            missing=whole.missing,
            earlier=whole.others,
            steps=whole.steps,
            deadlines=whole.deadlines,
        )
