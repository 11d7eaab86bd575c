"""Information requests on the wire: as staff see them, and as the agency asked sees them."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.deadlines import Deadline
from api.schemas.fields import LARGEST, DateOn, Id, Instant, Line, Text, Wire, WireOut
from service.domain.contacts import LawfulBasis
from service.domain.information_requests import (
    AnswerKind,
    InformationRequestState,
    InformationScope,
)
from service.domain.people import BirthKnowledge
from service.domain.whole_contacts import DatedRequest, WholeRequest
from service.usecases.information_requests import NewAnswer, NewInformationRequest

_ID = "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"
_PURPOSE = "To decide whether the children are at risk of harm."
_QUESTIONS = "How is attendance, and what have the children said at school?"
_INFORMATION = "Attendance fell from 96 to 71 per cent since September."

InformationRequestId = Annotated[UUID, Path(description="The information request.", examples=[_ID])]


class InformationRequestCreate(Wire):
    """A question to one agency about children on the contact."""

    organisation_id: Annotated[
        Annotated[str, Line(64)],
        Field(description="The agency, from the policy.", examples=["mill-lane-primary"]),
    ]
    purpose: Annotated[
        Annotated[str, Text(2000)],
        Field(description="Why it is asked; the agency reads this.", examples=[_PURPOSE]),
    ]
    lawful_basis: Annotated[
        LawfulBasis,
        Field(description="The lawful basis for sharing.", examples=["public_task"]),
    ]
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
            examples=[[_ID]],
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
                "Nothing known, known and not relevant, information, or declined with the reason."
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


class InformationRequest(WireOut):
    """What an agency was asked, and what it answered, as staff see it."""

    id: Annotated[UUID, Field(description="The information request.", examples=[_ID])]
    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(description="The version, as in the ETag.", examples=[1]),
    ]
    contact_id: Annotated[UUID, Field(description="The contact.", examples=[_ID])]
    organisation_id: Annotated[
        str, Field(max_length=64, description="The agency asked.", examples=["mill-lane-primary"])
    ]
    child_ids: Annotated[
        list[UUID],
        Field(max_length=100, description="The children it is asked about.", examples=[[_ID]]),
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
        InformationRequestState, Field(description="asked or answered.", examples=["asked"])
    ]
    asked_at: Annotated[Instant, Field(description="When it was asked: the clock starts here.")]
    asked_by: Annotated[UUID, Field(description="Who asked.", examples=[_ID])]
    answer: Annotated[
        AnswerKind | None,
        Field(description="The kind of answer; null while there is none.", examples=[None]),
    ]
    information: Annotated[
        str | None,
        Field(max_length=20_000, description="What the agency said.", examples=[_INFORMATION]),
    ]
    answered_at: Annotated[Instant | None, Field(description="When the answer was recorded.")]
    answered_by: Annotated[
        UUID | None, Field(description="The account that recorded it.", examples=[_ID])
    ]
    answered_by_name: Annotated[
        str | None,
        Field(max_length=200, description="Who answered at the agency.", examples=["Priya Shah"]),
    ]
    late: Annotated[
        bool | None, Field(description="Whether the answer came after its limit.", examples=[False])
    ]
    deadlines: Annotated[
        list[Deadline], Field(max_length=100, description="The clock of the answer.", examples=[[]])
    ]

    @classmethod
    def of(cls, whole: WholeRequest) -> Self:
        """As it is seen by staff."""
        return cls.model_validate(
            {
                **{
                    name: getattr(whole.request, name)
                    for name in cls.model_fields
                    if name != "deadlines"
                },
                "deadlines": whole.deadlines,
            }
        )


class ChildAskedAbout(WireOut):
    """What identifies a child, as told to the front door: what an agency needs to look it up."""

    given_name: Annotated[
        str | None, Field(max_length=100, description="Given names.", examples=["Amara"])
    ]
    family_name: Annotated[
        str | None, Field(max_length=100, description="Family name.", examples=["Okafor"])
    ]
    date_of_birth: Annotated[DateOn | None, Field(description="Date of birth.")]
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

    id: Annotated[UUID, Field(description="The information request.", examples=[_ID])]
    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(description="The version, as in the ETag.", examples=[1]),
    ]
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
        InformationRequestState, Field(description="asked or answered.", examples=["asked"])
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

    @classmethod
    def of(cls, whole: WholeRequest) -> Self:
        """As it is seen by the agency that was asked."""
        return cls.model_validate(
            {
                **{
                    name: getattr(whole.request, name)
                    for name in cls.model_fields
                    if name not in ("children", "due_at")
                },
                "children": whole.children,
                "due_at": next((clock.due_at for clock in whole.deadlines), None),
            }
        )


class AgencyInformationRequestSummary(WireOut):
    """An information request in a list, as the agency asked sees it."""

    id: Annotated[UUID, Field(description="The information request.", examples=[_ID])]
    organisation_id: Annotated[
        str, Field(max_length=64, description="The agency asked.", examples=["mill-lane-primary"])
    ]
    scope: Annotated[
        InformationScope,
        Field(description="existence_only or content.", examples=["content"]),
    ]
    state: Annotated[
        InformationRequestState, Field(description="asked or answered.", examples=["asked"])
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
    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)], Field(description="The version.", examples=[1])
    ]

    @classmethod
    def of(cls, dated: DatedRequest) -> Self:
        """As it stands in the list."""
        names = (name for name in cls.model_fields if name != "due_at")
        return cls.model_validate(
            {**{name: getattr(dated.request, name) for name in names}, "due_at": dated.due_at}
        )


class InformationRequestSummary(AgencyInformationRequestSummary):
    """An information request in a list, as staff see it."""

    contact_id: Annotated[UUID, Field(description="The contact.", examples=[_ID])]
