"""Information requests on the wire: as staff see them, and as the agency asked sees them."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.words import (
    EXAMPLE_ID,
    AskedBy,
    BornOn,
    DoneAt,
    ETagVersion,
    FamilyName,
    GivenNames,
    ItsContactId,
    ReadBy,
    Version,
    an_id,
)
from service.domain.contacts import LawfulBasis
from service.domain.information_requests import (
    AnswerKind,
    ChaserMeans,
    InformationRequestState,
    InformationScope,
)
from service.domain.people import BirthKnowledge
from service.domain.questions import NewAnswer, NewInformationRequest
from service.domain.whole_contacts import DatedRequest, WholeRequest, limit_of
from service.strict.fields import LARGEST, DateOn, Id, Instant, Line, Text, Wire
from service.usecases.information_requests import NewChaser

_PURPOSE = "To decide whether the children are at risk of harm."
_QUESTIONS = "How is attendance, and what have the children said at school?"
_INFORMATION = "Attendance fell from 96 to 71 per cent since September."

InformationRequestId = Annotated[
    UUID, Path(description="The information request.", examples=[EXAMPLE_ID])
]


class InformationRequestCreate(Wire):
    """A question to one agency about children on the contact."""

    organisation_id: Annotated[
        Annotated[str, Line(64)],
        Field(description="The agency, from the policy.", examples=["mill-lane-primary"]),
    ]
    purpose: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(
            description=(
                "Why it is asked; the agency reads this. As the authority's policy has it, when "
                "left out."
            ),
            examples=[_PURPOSE],
        ),
    ] = None
    lawful_basis: Annotated[
        LawfulBasis | None,
        Field(
            description=(
                "The lawful basis for sharing. As the contact or the authority's policy has it, "
                "when left out."
            ),
            examples=["public_task"],
        ),
    ] = None
    scope: Annotated[
        InformationScope,
        Field(
            description="Whether it is asked only if it knows the family, or what it knows.",
            examples=["content"],
        ),
    ] = InformationScope.content
    questions: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description=(
                "What is asked; the agency reads this, and nothing of the contact beyond it."
            ),
            examples=[_QUESTIONS],
        ),
    ] = None
    child_ids: Annotated[
        Annotated[list[Id], Field(max_length=100)],
        Field(
            description="The children on this contact whom it is asked about; all, when left out.",
            examples=[[EXAMPLE_ID]],
        ),
    ] = Field(default_factory=list)

    def told(self) -> NewInformationRequest:
        """As the use-case takes it."""
        return NewInformationRequest(
            organisation_id=self.organisation_id,
            purpose=self.purpose,
            lawful_basis=self.lawful_basis,
            scope=self.scope,
            questions=self.questions,
            child_ids=self.child_ids,
        )


class InformationResponseIn(Wire):
    """What the agency says."""

    answer: Annotated[
        AnswerKind,
        Field(
            description=(
                "Nothing known, known and not relevant, information, or declined with the reason. "
                "Where it is asked only whether the family is known (`existence_only`), "
                "`information` says that it is, with or without words."
            ),
            examples=["information"],
        ),
    ]
    information: Annotated[
        Annotated[str, Text(20_000)] | None,
        Field(
            description="What the agency knows, or why it declines.",
            examples=[_INFORMATION],
        ),
    ] = None
    answered_by_name: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="Who answered at the agency.", examples=["Priya Shah"]),
    ] = None

    def told(self) -> NewAnswer:
        """As the use-case takes it."""
        return NewAnswer(
            answer=self.answer,
            information=self.information,
            answered_by_name=self.answered_by_name,
        )


class ChaserCreate(Wire):
    """How an agency that has not answered was chased."""

    how: Annotated[ChaserMeans, Field(description="How it was chased.", examples=["telephone"])]
    spoken_to: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="Whom one spoke to at the agency.", examples=["Priya Shah"]),
    ] = None
    note: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(
            description="What was said; staff alone read this.",
            examples=["She will look at the file before noon."],
        ),
    ] = None

    def told(self) -> NewChaser:
        """As the use-case takes it."""
        return NewChaser(how=self.how, spoken_to=self.spoken_to, note=self.note)


class InformationRequestWithdrawalIn(Wire):
    """Why nobody waits for this answer any more."""

    because: Annotated[
        Annotated[str, Text(2000, least=5)],
        Field(
            description="Why it is withdrawn; staff alone read this.",
            examples=["The child moved school in June, and the new school was asked instead."],
        ),
    ]


class LateAnswerReadingIn(Wire):
    """That an answer which came after the decision was read."""

    words: Annotated[
        Annotated[str, Text(4000, least=5)],
        Field(
            description="What follows from it. Where minds change, draft a new decision as well.",
            examples=["It adds nothing to what the health visitor said; the decision stands."],
        ),
    ]


class Chaser(WireOut):
    """That the agency was chased."""

    id: Annotated[UUID, an_id("The chaser.")]
    chased_at: DoneAt
    chased_by: Annotated[UUID, an_id("Who chased.")]
    how: Annotated[ChaserMeans, Field(description="How.", examples=["telephone"])]
    spoken_to: Annotated[
        str | None,
        Field(max_length=100, description="Whom one spoke to.", examples=["Priya Shah"]),
    ]
    note: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="What was said.",
            examples=["She will look at the file before noon."],
        ),
    ]


class InformationRequest(WireOut):
    """What an agency was asked, and what it answered, as staff see it."""

    id: Annotated[UUID, an_id("The information request.")]
    version: ETagVersion
    contact_id: ItsContactId
    organisation_id: Annotated[
        str, Field(max_length=64, description="The agency asked.", examples=["mill-lane-primary"])
    ]
    child_ids: Annotated[
        list[UUID],
        Field(
            max_length=100, description="The children it is asked about.", examples=[[EXAMPLE_ID]]
        ),
    ]
    purpose: Annotated[
        str, Field(max_length=2000, description="Why it is asked.", examples=[_PURPOSE])
    ]
    lawful_basis: Annotated[
        LawfulBasis, Field(description="The lawful basis for sharing.", examples=["public_task"])
    ]
    scope: Annotated[
        InformationScope,
        Field(description="existence_only or content.", examples=["content"]),
    ]
    questions: Annotated[
        str | None,
        Field(max_length=4000, description="What is asked.", examples=[_QUESTIONS]),
    ]
    state: Annotated[
        InformationRequestState,
        Field(description="asked, withdrawn or answered.", examples=["asked"]),
    ]
    asked_at: Annotated[Instant, Field(description="When it was asked: the clock starts here.")]
    asked_by: AskedBy
    answer: Annotated[
        AnswerKind | None,
        Field(description="The kind of answer; null while there is none.", examples=[None]),
    ]
    information: Annotated[
        str | None,
        Field(max_length=20_000, description="What the agency said.", examples=[_INFORMATION]),
    ]
    answered_at: Annotated[Instant | None, Field(description="When the answer was recorded.")]
    answered_by: Annotated[UUID | None, an_id("The account that recorded it.")]
    answered_by_name: Annotated[
        str | None,
        Field(max_length=200, description="Who answered at the agency.", examples=["Priya Shah"]),
    ]
    late: Annotated[
        bool | None, Field(description="Whether the answer came after its limit.", examples=[False])
    ]
    after_withdrawal: Annotated[
        bool | None,
        Field(description="Whether the answer came after it was withdrawn.", examples=[False]),
    ]
    after_decision: Annotated[
        bool | None,
        Field(
            description=(
                "Whether the answer came when every child it is about was decided: then somebody "
                "has to read it."
            ),
            examples=[False],
        ),
    ]
    withdrawn_at: Annotated[Instant | None, Field(description="When it was withdrawn.")]
    withdrawn_by: Annotated[UUID | None, an_id("Who withdrew it.")]
    withdrawn_because: Annotated[
        str | None,
        Field(
            max_length=2000,
            description="Why it was withdrawn.",
            examples=["The child moved school in June."],
        ),
    ]
    unread_since: Annotated[
        Instant | None,
        Field(description="Since when an answer after the decision waits to be read."),
    ]
    read_at: Annotated[Instant | None, Field(description="When that was read.")]
    read_by: ReadBy
    reading_words: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="What follows from it.",
            examples=["It adds nothing; the decision stands."],
        ),
    ]
    chasers: Annotated[
        list[Chaser],
        Field(max_length=1000, description="How the agency was chased, in order.", examples=[[]]),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(
            max_length=100,
            description="The clock of the answer, and of reading one that came late.",
            examples=[[]],
        ),
    ]

    @classmethod
    def of(cls, whole: WholeRequest) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(whole.request, chasers=whole.chasers, deadlines=whole.deadlines)


class ChildAskedAbout(WireOut):
    """What identifies a child, as told to the front door: what an agency needs to look it up."""

    given_name: GivenNames
    family_name: FamilyName
    date_of_birth: BornOn
    birth_knowledge: Annotated[
        BirthKnowledge,
        Field(description="How the date of birth is known.", examples=["known"]),
    ]
    expected_delivery_on: Annotated[
        DateOn | None, Field(description="Expected date of delivery, for an unborn child.")
    ]
    nhs_number: Annotated[
        str | None, Field(max_length=10, description="NHS number.", examples=["9434765919"])
    ]
    unique_pupil_number: Annotated[
        str | None,
        Field(max_length=13, description="Unique pupil number.", examples=["H801200001001"]),
    ]


class AgencyInformationRequest(WireOut):
    """What an agency was asked, as the agency sees it: nothing of the contact beyond that."""

    id: Annotated[UUID, an_id("The information request.")]
    version: ETagVersion
    organisation_id: Annotated[
        str, Field(max_length=64, description="The agency asked.", examples=["mill-lane-primary"])
    ]
    purpose: Annotated[
        str, Field(max_length=2000, description="Why it is asked.", examples=[_PURPOSE])
    ]
    lawful_basis: Annotated[
        LawfulBasis, Field(description="The lawful basis for sharing.", examples=["public_task"])
    ]
    scope: Annotated[
        InformationScope,
        Field(
            description="Whether it is asked only if it knows the family, or what it knows.",
            examples=["content"],
        ),
    ]
    questions: Annotated[
        str | None,
        Field(max_length=4000, description="What is asked.", examples=[_QUESTIONS]),
    ]
    children: Annotated[
        list[ChildAskedAbout],
        Field(max_length=100, description="The children it is asked about."),
    ]
    state: Annotated[
        InformationRequestState,
        Field(description="asked, withdrawn or answered.", examples=["asked"]),
    ]
    asked_at: Annotated[Instant, Field(description="When it was asked.")]
    due_at: Annotated[Instant | None, Field(description="By when an answer is needed.")]
    answer: Annotated[
        AnswerKind | None,
        Field(description="The kind of answer; null while there is none.", examples=[None]),
    ]
    information: Annotated[
        str | None,
        Field(max_length=20_000, description="What the agency said.", examples=[_INFORMATION]),
    ]
    answered_at: Annotated[Instant | None, Field(description="When the answer was recorded.")]
    answered_by_name: Annotated[
        str | None,
        Field(max_length=200, description="Who answered at the agency.", examples=["Priya Shah"]),
    ]
    late: Annotated[
        bool | None, Field(description="Whether the answer came after its limit.", examples=[False])
    ]
    withdrawn_at: Annotated[
        Instant | None,
        Field(
            description="Since when nobody waits for the answer; what is known may still be said."
        ),
    ]
    chasers: Annotated[
        int, Field(ge=0, le=LARGEST, description="How often you were chased.", examples=[0])
    ]

    @classmethod
    def of(cls, whole: WholeRequest) -> Self:
        """As it is seen by the agency that was asked."""
        return cls.taken_from(
            whole.request,
            children=whole.children,
            due_at=limit_of(whole.deadlines),
            chasers=len(whole.chasers),
        )


class AgencyInformationRequestSummary(WireOut):
    """An information request in a list, as the agency asked sees it."""

    id: Annotated[UUID, an_id("The information request.")]
    organisation_id: Annotated[
        str, Field(max_length=64, description="The agency asked.", examples=["mill-lane-primary"])
    ]
    scope: Annotated[
        InformationScope,
        Field(description="existence_only or content.", examples=["content"]),
    ]
    state: Annotated[
        InformationRequestState,
        Field(description="asked, withdrawn or answered.", examples=["asked"]),
    ]
    asked_at: Annotated[Instant, Field(description="When it was asked.")]
    due_at: Annotated[Instant | None, Field(description="By when an answer is needed.")]
    answer: Annotated[
        AnswerKind | None,
        Field(description="The kind of answer; null while there is none.", examples=[None]),
    ]
    answered_at: Annotated[Instant | None, Field(description="When the answer was recorded.")]
    late: Annotated[
        bool | None, Field(description="Whether the answer came after its limit.", examples=[False])
    ]
    chasers: Annotated[
        int,
        Field(ge=0, le=LARGEST, description="How often the agency was chased.", examples=[0]),
    ]
    version: Version

    @classmethod
    def of(cls, dated: DatedRequest) -> Self:
        """As it stands in the list."""
        return cls.taken_from(dated.request, due_at=dated.due_at, chasers=dated.chasers)


class InformationRequestSummary(AgencyInformationRequestSummary):
    """An information request in a list, as staff see it."""

    contact_id: ItsContactId
    after_decision: Annotated[
        bool | None,
        Field(description="Whether the answer came after the decision.", examples=[False]),
    ]
    unread_since: Annotated[
        Instant | None,
        Field(description="Since when an answer after the decision waits to be read."),
    ]
