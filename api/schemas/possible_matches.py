"""Who on file may be a child of a contact, on the wire: why, what is open, what was answered."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import (
    BornOn,
    CaseId,
    ChildOnThisContactId,
    CodedSex,
    FamilyName,
    GivenNames,
    a_reference,
    an_id,
)
from service.domain.accountabilities import CareService
from service.domain.identities import Fact, Reason
from service.domain.possible_matches import MatchAnswer, MatchOnFile, MatchSaid
from service.strict.fields import DateOn, Flag, Id, Instant, Text, Wire


class OpenCase(WireOut):
    """The referral or early help episode that answers for the child now."""

    service: Annotated[
        CareService, Field(description="Which side it is on.", examples=["social_care"])
    ]
    case_id: CaseId
    reference: Annotated[str, a_reference("Its reference.", "R-7K3MA-9TQ4R")]
    team_id: Annotated[
        str, Field(max_length=64, description="The team.", examples=["assessment-north"])
    ]
    worker_id: Annotated[UUID | None, an_id("Who works it; null when nobody does.")]


class PossibleMatch(WireOut):
    """Somebody on file who may be a child of the contact, as a person has to say."""

    child_id: ChildOnThisContactId
    person_id: Annotated[UUID, an_id("The child on file; answer with it.")]
    given_name: GivenNames
    family_name: FamilyName
    date_of_birth: BornOn
    expected_delivery_on: Annotated[
        DateOn | None, Field(description="Expected date of delivery of an unborn child.")
    ]
    sex: CodedSex
    reasons: Annotated[
        list[Reason],
        Field(
            max_length=11,
            description="What speaks for it. `number`: bears a number that was told of the child.",
            examples=[["name", "birth_date"]],
        ),
    ]
    contradicts: Annotated[
        list[Fact],
        Field(
            max_length=5,
            description="What speaks against it: never joined without a person having looked.",
            examples=[[]],
        ),
    ]
    open_case: Annotated[
        OpenCase | None,
        Field(description="What the child on file is open to now; null when to nothing."),
    ]
    open_in_words: Annotated[
        str | None,
        Field(
            max_length=200,
            description="The same as a sentence; null when open to nothing.",
            examples=["Open to early help with family-centres (E-7K3MA-9TQ4R)."],
        ),
    ]
    answer: Annotated[
        MatchAnswer | None,
        Field(description="What somebody said; null until then.", examples=["another_child"]),
    ]
    because: Annotated[
        str | None,
        Field(max_length=2000, description="Why, in words.", examples=["The cousin of the name."]),
    ]
    answered_at: Annotated[Instant | None, Field(description="When that was said.")]
    answered_by: Annotated[UUID | None, an_id("Who said it.")]

    @classmethod
    def of(cls, found: MatchOnFile) -> Self:
        """As it is seen by staff."""
        person, match, case = found.person, found.match, found.open_case
        values: dict[str, Any] = {
            "child_id": match.child_id,
            "person_id": person.id,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "date_of_birth": person.date_of_birth,
            "expected_delivery_on": person.expected_delivery_on,
            "sex": person.sex,
            "reasons": [Reason(one) for one in match.reasons],
            "contradicts": [Fact(one) for one in match.contradicts],
            "open_case": None if case is None else OpenCase.of(case),
            "open_in_words": None
            if case is None
            else f"Open to {case.service.replace('_', ' ')} with {case.team_id} "
            f"({case.reference}).",
            "answer": match.answer,
            "because": match.because,
            "answered_at": match.answered_at,
            "answered_by": match.answered_by,
        }
        return cls.made_of(values)


class MatchLine(Wire):
    """Whether a child on file is this child."""

    person_id: Annotated[
        Id,
        an_id(
            "The child on file: one of `possible_matches`, or the one to whom the child was "
            "linked by mistake."
        ),
    ]
    same_child: Annotated[
        Flag,
        Field(
            description=(
                "True: it is the same child, and the child is linked. False: it is another one."
            ),
            examples=[False],
        ),
    ]
    because: Annotated[
        Annotated[str, Text(2000, least=5)] | None,
        Field(
            description="What shows it, in own words. Needed for another child.",
            examples=["The cousin of the same name: the school knows both."],
        ),
    ] = None

    def told(self) -> MatchSaid:
        """As the use-case takes it."""
        return MatchSaid(self.person_id, self.same_child, self.because)


class MatchIn(MatchLine):
    """What a person who looked says of a child and a record on file."""
