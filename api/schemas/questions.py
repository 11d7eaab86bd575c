"""Several agencies asked in one act on the wire, with what they said on the telephone."""

from typing import Annotated, Self

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.information_requests import InformationRequest
from api.schemas.words import EXAMPLE_ID, ETagVersion, ItsContactId
from service.domain.contacts import ContactState, LawfulBasis
from service.domain.drafts import Where
from service.domain.information_requests import AnswerKind, InformationScope
from service.domain.questions import NewAnswer, NewInformationRequest
from service.domain.whole_contacts import AskedTogether
from service.strict.fields import Id, Line, Text, Wire

_PURPOSE = "To decide whether the children are at risk of harm."
_QUESTIONS = "Is the family known, and what was seen of the children?"
_INFORMATION = "Seen on Monday with a cut lip; the mother said that he fell from his bicycle."


class TelephonedAnswer(Wire):
    """What an agency said on the telephone as it was asked, if it was."""

    answer: Annotated[
        AnswerKind | None,
        Field(
            description=(
                "What kind of answer it was; `information`, when left out and words are given. "
                "Null while the agency is waited for."
            ),
            examples=["information"],
        ),
    ] = None
    information: Annotated[
        Annotated[str, Text(20_000)] | None,
        Field(description="What the agency said, or why it declined.", examples=[_INFORMATION]),
    ] = None
    answered_by_name: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="Who answered at the agency.", examples=["Priya Shah"]),
    ] = None

    def answered(self) -> NewAnswer | None:
        """As the use-case takes it; None where the agency is waited for."""
        kind = self.answer
        if kind is None and self.information is not None:
            kind = AnswerKind.information
        if kind is None:
            return None
        return NewAnswer(kind, self.information, self.answered_by_name)


class AgencyQuestionIn(TelephonedAnswer):
    """One of several agencies that are asked, with what it said where it was asked by telephone."""

    organisation_id: Annotated[
        Annotated[str, Line(64)],
        Field(description="The agency, from the policy.", examples=["riverbourne-police"]),
    ]
    questions: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(
            description="What it is asked, where that differs from the others.",
            examples=[_QUESTIONS],
        ),
    ] = None


class InformationRequestsTogetherCreate(Wire):
    """Several agencies asked in one act: what is asked of all once, and each agency."""

    agencies: Annotated[
        Annotated[list[AgencyQuestionIn], Field(min_length=1, max_length=20)],
        Field(
            description="The agencies, each once.",
            examples=[
                [
                    {"organisation_id": "riverbourne-police", "answer": "nothing_known"},
                    {"organisation_id": "riverbourne-hospital", "information": _INFORMATION},
                ]
            ],
        ),
    ]
    purpose: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(
            description="Why they are asked; as the policy has it, when left out.",
            examples=[_PURPOSE],
        ),
    ] = None
    lawful_basis: Annotated[
        LawfulBasis | None,
        Field(
            description=(
                "The lawful basis for sharing; as the contact or the policy has it, when left out."
            ),
            examples=["public_task"],
        ),
    ] = None
    scope: Annotated[
        InformationScope,
        Field(
            description="Whether they are asked only if they know the family, or what they know.",
            examples=["content"],
        ),
    ] = InformationScope.content
    questions: Annotated[
        Annotated[str, Text(4000)] | None,
        Field(description="What they are asked.", examples=[_QUESTIONS]),
    ] = None
    child_ids: Annotated[
        Annotated[list[Id], Field(max_length=100)],
        Field(
            description="The children whom they are asked about; all, when left out.",
            examples=[[EXAMPLE_ID]],
        ),
    ] = Field(default_factory=list)

    def told(self) -> list[NewInformationRequest]:
        """As the use-case takes them."""
        said_once = {
            f"/{name}": f"/{name}" for name in ("purpose", "lawful_basis", "scope", "child_ids")
        }
        return [
            NewInformationRequest(
                organisation_id=one.organisation_id,
                purpose=self.purpose,
                lawful_basis=self.lawful_basis,
                scope=self.scope,
                questions=one.questions or self.questions,
                child_ids=self.child_ids,
                answer=one.answered(),
                where=Where(f"/agencies/{place}", said_once),
            )
            for place, one in enumerate(self.agencies)
        ]


class InformationRequestsTogether(WireOut):
    """What was asked in one act on a contact, with what was answered on the telephone."""

    contact_id: ItsContactId
    contact_version: ETagVersion
    contact_state: Annotated[
        ContactState,
        Field(description="State of the contact from then on.", examples=["in_triage"]),
    ]
    information_requests: Annotated[
        list[InformationRequest],
        Field(max_length=20, description="The requests, in the order in which they were sent."),
    ]

    @classmethod
    def of(cls, asked: AskedTogether) -> Self:
        """As it is seen by staff."""
        contact = asked.contact
        return cls.taken_from(
            asked,
            contact_id=contact.id,
            contact_version=contact.version,
            contact_state=contact.state,
            information_requests=asked.requests,
        )
