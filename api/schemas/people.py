"""Children and adults on the wire: as told, as changed, and as seen."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field, field_validator, model_validator

from api.schemas.fields import KeptAsTold, WireOut
from api.schemas.words import an_id
from service.domain.contact_kinds import ContactKind
from service.domain.contacts import ChildState
from service.domain.kept_as_told import with_unread_aside
from service.domain.new_contacts import CHILD_FACTS, NewAdult, NewChild
from service.domain.people import AdultRelationship, BirthKnowledge, Sex, YesNo
from service.strict.fields import (
    DateOn,
    Flag,
    Id,
    Instant,
    Line,
    Text,
    UnreadIsKept,
    Wire,
    what_cannot_be_read_is_kept,
    what_is_sent_is_changed,
)
from service.strict.findings import finding
from service.strict.numbers import NhsNumber, PupilNumber

ChildId = Annotated[
    UUID,
    Path(
        description="The child on this contact.", examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"]
    ),
]


class ChildDetails(BaseModel):
    """What may be said of a child, by whoever tells or reads it."""

    given_name: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="Given names. Leave out when not known.", examples=["Amara"]),
    ] = None
    family_name: Annotated[
        Annotated[str, Line(100)] | None,
        Field(description="Family name. Leave out when not known.", examples=["Okafor"]),
    ] = None
    description: Annotated[
        Annotated[str, Text(500)] | None,
        Field(
            description="What identifies a child whose name is not known.",
            examples=["About four, red coat, called Mo by the older girl"],
        ),
    ] = None
    date_of_birth: Annotated[
        DateOn | None,
        Field(
            description="Date of birth; say in birth_knowledge how it is known.",
            examples=["2018-04-09"],
        ),
    ] = None
    birth_knowledge: Annotated[
        BirthKnowledge | None,
        Field(
            description=(
                "How the date of birth is known; `unborn` for an unborn child. Left out, it "
                "follows from the dates given."
            ),
            examples=["known"],
        ),
    ] = None
    expected_delivery_on: Annotated[
        DateOn | None,
        Field(
            description="Expected date of delivery, for an unborn child.", examples=["2027-02-14"]
        ),
    ] = None
    sex: Annotated[
        Sex,
        Field(
            description="M male, F female, U unknown; always U for an unborn child.", examples=["F"]
        ),
    ] = Sex.unknown
    nhs_number: Annotated[
        NhsNumber | None,
        Field(description="NHS number: ten digits with a check digit.", examples=["9434765919"]),
    ] = None
    unique_pupil_number: Annotated[
        PupilNumber | None,
        Field(description="Unique pupil number of the school census.", examples=["H801200001001"]),
    ] = None
    ethnicity_code: Annotated[
        Annotated[str, Line(8)] | None,
        Field(description="Ethnicity code of the children in need census.", examples=["BAFR"]),
    ] = None
    disability_codes: Annotated[
        Annotated[list[Annotated[str, Line(8)]], Field(max_length=13)],
        Field(description="Disability codes of the children in need census.", examples=[["COMM"]]),
    ] = Field(default_factory=list)
    first_language: Annotated[
        Annotated[str, Line(60)] | None, Field(description="First language.", examples=["English"])
    ] = None
    school: Annotated[
        Annotated[str, Line(200)] | None,
        Field(description="School, nursery or other setting.", examples=["Mill Lane Primary"]),
    ] = None


@what_cannot_be_read_is_kept(*(name for name in CHILD_FACTS if name != "disability_codes"))
class ChildIn(ChildDetails, Wire):
    """A child as told. What cannot be read of it is kept as it was told, with a warning."""

    disability_codes: Annotated[
        Annotated[list[Annotated[str, Line(8), UnreadIsKept()]], Field(max_length=13)],
        Field(description="Disability codes of the children in need census.", examples=[["COMM"]]),
    ] = Field(default_factory=list)

    def told(self) -> NewChild:
        """As the use-cases take it."""
        return NewChild(**with_unread_aside(self.__dict__))


class LinkedChildIn(ChildIn):
    """A child as told to a worker, who may know the child from before."""

    person_id: Annotated[
        Id | None,
        an_id(
            "The child already on file whom this is; from `possible_matches` of `GET "
            "/v1/contacts/{contact_id}/history`."
        ),
    ] = None


_NO_CHILD = (
    "Name at least one child. A worry about an adult alone is for adult social care's own front "
    "door: pass it on there. If a child lives with the adult, depends on them or is expected, name "
    "or describe that child."
)


def _is_no_concern(tells: type[Wire], told: Mapping[str, Any]) -> bool:
    kind = told.get("kind", ContactKind.concern)
    return "kind" in tells.model_fields and kind != ContactKind.concern


class TellsOfChildren(Wire):
    """What cannot be sent without a child: whoever leaves them out is told where it belongs.

    Of immediate danger that is enough: there is a child, and nothing is known of it yet. What is no
    concern may be about no child at all: then the policy says what its kind needs.
    """

    @model_validator(mode="before")
    @classmethod
    def _left_out(cls, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        if _is_no_concern(cls, told) and told.get("children", []) == []:
            return {name: value for name, value in told.items() if name != "children"}
        if told.get("immediate_danger") is True and not told.get("children"):
            return {**told, "children": [{}]}
        if "children" not in told:
            return {**told, "children": None}
        return told

    @field_validator("children", mode="before", check_fields=False)
    @classmethod
    def _at_least_one(cls, told: Any) -> Any:
        if told is None:
            raise finding("missing", _NO_CHILD)
        if told == []:
            raise finding("too_short", _NO_CHILD)
        return told


class AdultDetails(BaseModel):
    """What may be said of an adult, by whoever tells or reads it."""

    relationship: Annotated[
        AdultRelationship,
        Field(description="Who this adult is to the children.", examples=["father"]),
    ] = AdultRelationship.not_known
    name_known: Annotated[
        Flag,
        Field(
            description="False for an adult whose name nobody knows: he is recorded all the same.",
            examples=[False],
        ),
    ] = True
    given_name: Annotated[
        Annotated[str, Line(100)] | None, Field(description="Given names.", examples=["Sam"])
    ] = None
    family_name: Annotated[
        Annotated[str, Line(100)] | None, Field(description="Family name.", examples=["Okafor"])
    ] = None
    date_of_birth: Annotated[
        DateOn | None, Field(description="Date of birth.", examples=["1990-01-31"])
    ] = None
    parental_responsibility: Annotated[
        YesNo,
        Field(
            description="Whether this adult has parental responsibility.", examples=["not_known"]
        ),
    ] = YesNo.not_known
    in_household: Annotated[
        YesNo, Field(description="Whether this adult lives in the household.", examples=["no"])
    ] = YesNo.not_known
    telephone: Annotated[
        Annotated[str, Line(40)] | None,
        Field(description="Telephone number.", examples=["01632 960123"]),
    ] = None
    note: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(description="Anything else about this adult.", examples=["Works nights"]),
    ] = None


@what_cannot_be_read_is_kept(
    "relationship",
    "given_name",
    "family_name",
    "date_of_birth",
    "parental_responsibility",
    "in_household",
    "telephone",
)
class AdultIn(AdultDetails, Wire):
    """An adult as told. What cannot be read is kept as it was told, with a warning."""

    def told(self) -> NewAdult:
        """As the use-cases take it."""
        return NewAdult(**with_unread_aside(self.__dict__))


@what_is_sent_is_changed
class ChildChange(ChildDetails, Wire):
    """A change to a child on the contact, or another child when `id` is left out.

    Only what is sent is changed.
    """

    id: Annotated[Id | None, an_id("The child on this contact; left out to add one.")] = None
    person_id: Annotated[
        Id | None,
        Field(
            description=(
                "The child already on file whom this is; null takes a link back, and the child "
                "gets a record of its own."
            ),
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"],
        ),
    ] = None


@what_is_sent_is_changed
class AdultChange(AdultDetails, Wire):
    """A change to an adult on the contact, or another adult when `id` is left out.

    Only what is sent is changed.
    """

    id: Annotated[Id | None, an_id("The adult on this contact; left out to add one.")] = None


class _ChildOnContact(WireOut):
    """Which child on which contact."""

    id: Annotated[UUID, an_id("The child on this contact; decisions name it.")]
    person_id: Annotated[
        UUID,
        Field(
            description="The child, across contacts.",
            examples=["01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a12"],
        ),
    ]
    state: Annotated[
        ChildState,
        Field(description="undecided, awaiting_sign_off, decided.", examples=["undecided"]),
    ]


class Child(ChildDetails, _ChildOnContact):
    """A child on this contact, and where the decision for this child stands."""

    birth_knowledge: Annotated[
        BirthKnowledge,
        Field(
            description="How the date of birth is known; `unborn` for an unborn child.",
            examples=["known"],
        ),
    ]
    decided_at: Annotated[
        Instant | None,
        Field(
            description="When the decision for this child was signed.",
            examples=["2026-10-23T15:00:00Z"],
        ),
    ]
    set_aside: Annotated[
        list[Annotated[str, Field(max_length=32)]],
        Field(
            max_length=2,
            description=(
                "Numbers, by name, that another child on file bears of whom something else is "
                "known: kept as told, and set aside."
            ),
            examples=[["nhs_number"]],
        ),
    ]
    unanswered_matches: Annotated[
        int,
        Field(
            ge=0,
            le=20,
            description="How many on file may be this child, and nobody has said so or not.",
            examples=[0],
        ),
    ]
    kept_as_told: KeptAsTold


class _AdultOnContact(WireOut):
    """Which adult on which contact."""

    id: Annotated[UUID, an_id("The adult on this contact.")]


class Adult(AdultDetails, _AdultOnContact):
    """An adult on this contact."""

    kept_as_told: KeptAsTold
