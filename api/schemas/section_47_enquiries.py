"""Section 47 enquiries on the wire: the child seen, the outcome, the conference."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.words import (
    EXAMPLE_ID,
    ChildOnContactId,
    ContactItCameOfId,
    ETagVersion,
    PersonId,
    RecordedAt,
    RecordedBy,
    a_reference,
    an_id,
)
from service.domain.conferences import NoConference
from service.domain.section_47_enquiries import (
    ConferenceOutcome,
    DatedEnquiry,
    EnquiryAction,
    EnquiryOutcome,
    EnquiryState,
    NoConferenceBecause,
    Visit,
    WholeEnquiry,
    allowed,
)
from service.domain.strategy_meetings import EnquiryDecision
from service.strict.fields import DateOn, Flag, Id, Instant, Line, Text, Wire

_SEEN_BY = "Tom Baker, social worker"
_NOT_ALONE = (
    "She would not let go of her grandmother; a second visit is set for tomorrow at school."
)
_OUTCOME = (
    "The bruises were caused by an adult in the home, who is still there, and the mother cannot "
    "keep him away: the risk of significant harm goes on."
)
_NO_CONFERENCE = (
    "Amara came into care on Tuesday under an interim care order and lives with foster carers; a "
    "conference would add nothing to her care plan, which the court reads next week."
)
_AGREED = "I read the order and spoke with her social worker: her care plan keeps her safe."
_CONFERENCE = (
    "All agencies agreed that Amara is at risk of significant harm through physical abuse; the "
    "first core group meets on Thursday."
)

Section47EnquiryId = Annotated[UUID, Path(description="The enquiry.", examples=[EXAMPLE_ID])]
States = Annotated[
    Sequence[EnquiryState],
    Query(max_length=3, description="Only these states.", examples=[["awaiting_conference"]]),
]
ReferralFilter = Annotated[Id | None, Query(description="Only those in this referral.")]


class ChildSeenIn(Wire):
    """What came of a visit: the child was seen, when, by whom and whether alone; or why not."""

    seen: Annotated[Flag, Field(description="Whether the child was seen.", examples=[True])]
    seen_at: Annotated[
        Instant | None,
        Field(
            description=(
                "When the child was seen: from when the contact was received on, so that a visit "
                "on the morning before the strategy meeting counts. Needed when seen."
            ),
            examples=["2026-10-23T14:30:00Z"],
        ),
    ] = None
    seen_by: Annotated[
        Annotated[str, Line(200)] | None,
        Field(description="Who saw the child. Needed when seen.", examples=[_SEEN_BY]),
    ] = None
    alone: Annotated[
        Flag | None,
        Field(
            description="Whether the child was spoken to alone. Needed when seen.",
            examples=[True],
        ),
    ] = None
    not_alone_because: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(description="Why not alone. Needed when seen and not alone.", examples=[None]),
    ] = None
    not_seen_because: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="Why the child was not seen. Needed when not seen; the clock runs on.",
            examples=[None],
        ),
    ] = None

    def told(self) -> Visit:
        """As the use-case takes it."""
        return Visit(**dict(self))


class EnquiryOutcomeIn(Wire):
    """What an enquiry found."""

    outcome: Annotated[
        EnquiryOutcome,
        Field(
            description=(
                "`continuing_risk` leads to a conference; `no_continuing_risk` and "
                "`not_substantiated` end the enquiry."
            ),
            examples=["continuing_risk"],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description="What the facts are and why they mean this. Stock phrases are refused.",
            examples=[_OUTCOME],
        ),
    ]


class ConferenceIn(Wire):
    """The initial child protection conference, once it was held."""

    held_at: Annotated[
        Instant,
        Field(
            description="When it was held: not before the meeting that began the enquiry.",
            examples=["2026-11-12T10:00:00Z"],
        ),
    ]
    outcome: Annotated[
        ConferenceOutcome,
        Field(description="What it decided.", examples=["child_protection_plan"]),
    ]
    category_of_abuse_code: Annotated[
        Annotated[str, Line(8)] | None,
        Field(
            description=(
                "The category of a child protection plan, from `GET /v1/codes/category_of_abuse`; "
                "needed for one, and refused otherwise."
            ),
            examples=["PHY"],
        ),
    ] = None
    words: Annotated[
        Annotated[str, Text(20_000)],
        Field(description="Why. Stock phrases are refused.", examples=[_CONFERENCE]),
    ]


class NoConferenceIn(Wire):
    """That no initial child protection conference is needed."""

    because: Annotated[
        NoConferenceBecause,
        Field(
            description=(
                "`looked_after`, `moved_away` and `died` come with the day; `has_a_plan` is a "
                "child under a child protection plan already; `manager_decided` that the risk is "
                "met otherwise. Before the outcome of an enquiry only `moved_away` and `died`."
            ),
            examples=["looked_after"],
        ),
    ]
    since_on: Annotated[
        DateOn | None,
        Field(
            description="Since which day, in London. Needed where something happened on a day.",
            examples=["2026-11-10"],
        ),
    ] = None
    words: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description="What the facts are and why they mean this. Stock phrases are refused.",
            examples=[_NO_CONFERENCE],
        ),
    ]

    def told(self) -> NoConference:
        """As the use-case takes it."""
        return NoConference(**dict(self))


class NoConferenceSignOffIn(Wire):
    """A manager's answer to the proposal of somebody else that no conference is needed."""

    agreed: Annotated[
        Flag,
        Field(
            description="true ends the enquiry; false returns it: the conference stays owed.",
            examples=[True],
        ),
    ]
    words: Annotated[
        Annotated[str, Text(4000)],
        Field(description="Why, in own words. Stock phrases are refused.", examples=[_AGREED]),
    ]


class MeetingBehind(WireOut):
    """A strategy meeting that initiated an enquiry, or made it joint."""

    meeting_id: Annotated[UUID, an_id("The meeting.")]
    reference: Annotated[str, a_reference("Human reference.", "M-7K3MA-9TQ4R")]
    held_at: Annotated[Instant, Field(description="When it was held.")]
    kind: Annotated[
        EnquiryDecision, Field(description="single_agency or joint.", examples=["joint"])
    ]


class EnquiryStep(WireOut):
    """One thing that happened in an enquiry, never changed."""

    action: Annotated[
        EnquiryAction, Field(description="What was done.", examples=["record_child_seen"])
    ]
    state: Annotated[
        EnquiryState, Field(description="The state that it led to.", examples=["under_way"])
    ]
    at: RecordedAt
    by: RecordedBy
    happened_at: Annotated[
        Instant,
        Field(
            description="When the meeting or the conference was held, or the child was seen; else "
            "when it was recorded."
        ),
    ]
    seen_by: Annotated[
        str | None, Field(max_length=200, description="Who saw the child.", examples=[_SEEN_BY])
    ]
    meeting_id: Annotated[
        UUID | None, Field(description="The strategy meeting behind it.", examples=[None])
    ]
    code: Annotated[
        str | None,
        Field(
            max_length=64,
            description=(
                "What came of it: seen_alone, seen_not_alone or not_seen; the outcome; what the "
                "conference decided, or why none is needed; single_agency or joint."
            ),
            examples=["seen_alone"],
        ),
    ]
    words: Annotated[
        str | None,
        Field(max_length=20_000, description="In their own words.", examples=[_NOT_ALONE]),
    ]


class Section47EnquirySummary(WireOut):
    """An enquiry in a list."""

    id: Annotated[UUID, an_id("The enquiry.")]
    reference: Annotated[str, a_reference("Human reference.", "Q-7K3MA-9TQ4R")]
    version: ETagVersion
    referral_id: Annotated[UUID, an_id("Social care's case.")]
    assessment_id: Annotated[UUID, an_id("Its single assessment.")]
    contact_id: ContactItCameOfId
    child_id: ChildOnContactId
    person_id: PersonId
    meeting_id: Annotated[UUID, an_id("The strategy meeting that initiated it.")]
    kind: Annotated[
        EnquiryDecision,
        Field(description="single_agency, or joint with the police.", examples=["joint"]),
    ]
    state: Annotated[
        EnquiryState,
        Field(
            description="under_way, awaiting_conference, ended.", examples=["awaiting_conference"]
        ),
    ]
    opened_at: Annotated[Instant, Field(description="When it was first opened.")]
    began_at: Annotated[
        Instant,
        Field(
            description="When the meeting that initiated it was held: the conference is due from "
            "here, whatever later meetings say."
        ),
    ]
    seen_at: Annotated[
        Instant | None, Field(description="When the child was first seen; null until then.")
    ]
    seen_alone: Annotated[
        bool | None,
        Field(description="Whether the child was spoken to alone by now.", examples=[True]),
    ]
    outcome: Annotated[
        EnquiryOutcome | None, Field(description="What it found.", examples=["continuing_risk"])
    ]
    conference_held_at: Annotated[
        Instant | None, Field(description="When the conference was held.")
    ]
    conference_outcome: Annotated[
        ConferenceOutcome | None, Field(description="What the conference decided.", examples=[None])
    ]
    no_conference_because: Annotated[
        NoConferenceBecause | None,
        Field(
            description="Why no conference is needed, as proposed, or agreed to.", examples=[None]
        ),
    ]
    no_conference_proposed_at: Annotated[
        Instant | None, Field(description="When it was proposed that no conference is needed.")
    ]
    no_conference_agreed_at: Annotated[
        Instant | None, Field(description="When another manager agreed to that; the enquiry ended.")
    ]
    ended_at: Annotated[Instant | None, Field(description="When it ended; null while open.")]


class DatedSection47Enquiry(Section47EnquirySummary):
    """An enquiry in a list, with its next limit."""

    due_at: Annotated[
        Instant | None,
        Field(description="The limit of the clock that runs out first; null when none runs."),
    ]

    @classmethod
    def of(cls, dated: DatedEnquiry) -> Self:
        """As it stands in the list."""
        return cls.taken_from(dated.enquiry, due_at=dated.due_at)


class Section47Enquiry(Section47EnquirySummary):
    """An enquiry about one child: the meetings that began it, every step, its clocks."""

    unborn: Annotated[
        bool,
        Field(description="Whether the child is not born yet, and so not seen.", examples=[False]),
    ]
    possible_actions: Annotated[
        list[EnquiryAction],
        Field(
            max_length=9,
            description=what_can_be_done(EnquiryAction),
            examples=[["record_child_seen"]],
        ),
    ]
    seen_by: Annotated[
        str | None,
        Field(max_length=200, description="Who saw the child first.", examples=[_SEEN_BY]),
    ]
    not_alone_because: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="Why the child was not spoken to alone by now.",
            examples=[None],
        ),
    ]
    not_seen_because: Annotated[
        str | None,
        Field(max_length=4000, description="Why the child was not seen by now.", examples=[None]),
    ]
    outcome_words: Annotated[
        str | None,
        Field(max_length=20_000, description="What it found, in words.", examples=[_OUTCOME]),
    ]
    outcome_at: Annotated[Instant | None, Field(description="When the outcome was recorded.")]
    outcome_by: Annotated[UUID | None, an_id("Who recorded the outcome.")]
    category_of_abuse_code: Annotated[
        str | None,
        Field(max_length=8, description="Category of the child protection plan.", examples=[None]),
    ]
    conference_words: Annotated[
        str | None,
        Field(
            max_length=20_000, description="Why the conference decided so.", examples=[_CONFERENCE]
        ),
    ]
    no_conference_since_on: Annotated[
        DateOn | None,
        Field(
            description="Since which day the child is looked after, away or dead.", examples=[None]
        ),
    ]
    no_conference_words: Annotated[
        str | None,
        Field(
            max_length=20_000,
            description="Why no conference is needed, in words.",
            examples=[_NO_CONFERENCE],
        ),
    ]
    no_conference_proposed_by: Annotated[UUID | None, an_id("Who proposed it.")]
    no_conference_agreed_by: Annotated[UUID | None, an_id("Which manager agreed to it.")]
    no_conference_agreed_words: Annotated[
        str | None, Field(max_length=4000, description="The manager's words.", examples=[_AGREED])
    ]
    meetings: Annotated[
        list[MeetingBehind],
        Field(
            max_length=100,
            description="The meeting that initiated it, and one that made it joint.",
            examples=[[]],
        ),
    ]
    steps: Annotated[
        list[EnquiryStep],
        Field(max_length=1000, description="Every step, oldest first.", examples=[[]]),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(max_length=1000, description="Every clock that runs or ran on it.", examples=[[]]),
    ]

    @classmethod
    def of(cls, whole: WholeEnquiry) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(
            whole.enquiry,
            unborn=whole.unborn,
            possible_actions=allowed(whole.enquiry, unborn=whole.unborn),
            meetings=whole.meetings,
            steps=whole.steps,
            deadlines=whole.deadlines,
        )
