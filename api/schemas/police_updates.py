"""What the police told beyond the contact, and what they sent later, on the wire."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.fields import KeptAsTold, WireOut
from api.schemas.people import AdultDetails, ChildDetails
from api.schemas.school_notices import SchoolNotice
from api.schemas.words import HappenedAt, ItsNotificationId, ReadBy, an_id
from service.domain.contacts import AgreementState, LawfulBasis
from service.domain.people import YesNo
from service.domain.police_notifications import PoliceNotification, Risk
from service.domain.police_updates import (
    UpdateKind,
    risk_now,
    withdrawn_at,
)
from service.domain.school_notices import may_be_told
from service.domain.whole_contacts import WholeContact
from service.strict.fields import LARGEST, Instant, Text, Wire


class PoliceNotificationWithdrawal(Wire):
    """Why a police notification is taken back."""

    because: Annotated[
        Annotated[str, Text(4000)],
        Field(
            description="Why it is taken back, in your own words.",
            examples=["It was meant for the neighbouring authority: the address is theirs."],
        ),
    ]


class ToldChild(ChildDetails, WireOut):
    """A child as the police told of one later: nobody on the contact is changed by it."""

    kept_as_told: KeptAsTold = None


class ToldAdult(AdultDetails, WireOut):
    """An adult as the police told of one later."""

    kept_as_told: KeptAsTold = None


class ToldAgreement(WireOut):
    """What the police told of agreement."""

    state: Annotated[
        AgreementState,
        Field(description="Whether it was sought, and given.", examples=["not_sought"]),
    ]
    note: Annotated[
        str | None,
        Field(max_length=2000, description="What was said.", examples=["Could not be asked."]),
    ]


class ToldBasis(WireOut):
    """What the police told of the lawful basis for sharing."""

    basis: Annotated[
        LawfulBasis | None, Field(description="The lawful basis.", examples=["public_task"])
    ]
    sharing_reason: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="Why it is shared without agreement.",
            examples=["A child may be at risk of serious harm."],
        ),
    ]


class ToldOfficer(WireOut):
    """The officer who told of it later."""

    name: Annotated[
        str | None, Field(max_length=200, description="Name.", examples=["PC Jo Lindqvist"])
    ]
    role: Annotated[
        str | None, Field(max_length=200, description="Role.", examples=["Domestic abuse unit"])
    ]
    telephone: Annotated[
        str | None, Field(max_length=50, description="Telephone.", examples=["01632 960101"])
    ]
    email: Annotated[
        str | None, Field(max_length=320, description="E-mail.", examples=["jo@police.example"])
    ]


class ToldLater(WireOut):
    """All that the police told when they sent an incident again."""

    incident_at: HappenedAt
    risk: Annotated[Risk, Field(description="How the police graded it.", examples=["high"])]
    children_present: Annotated[
        YesNo, Field(description="Whether a child was there.", examples=["yes"])
    ]
    concern: Annotated[
        str,
        Field(
            max_length=20_000,
            description="What happened, and what the worry is.",
            examples=["He came back with a knife."],
        ),
    ]
    immediate_danger: Annotated[
        bool, Field(description="Whether a child is in immediate danger.", examples=[True])
    ]
    agreement: Annotated[ToldAgreement, Field(description="What was told of agreement.")]
    lawful_basis: Annotated[
        ToldBasis, Field(description="What was told of the lawful basis for sharing.")
    ]
    officer: Annotated[ToldOfficer, Field(description="The officer who told of it then.")]
    address: Annotated[
        str | None,
        Field(max_length=500, description="Where the children live.", examples=["12 Weir Street"]),
    ]
    town: Annotated[str | None, Field(max_length=100, description="Town.", examples=["Alderford"])]
    postcode: Annotated[
        str | None, Field(max_length=10, description="Postcode.", examples=["ZZ99 3CZ"])
    ]
    children: Annotated[
        list[ToldChild], Field(max_length=100, description="The children.", examples=[[]])
    ]
    adults: Annotated[
        list[ToldAdult], Field(max_length=100, description="The adults.", examples=[[]])
    ]
    kept_as_told: KeptAsTold = None


class PoliceUpdateSeen(WireOut):
    """What the police sent later of an incident, and whether somebody has read it."""

    id: Annotated[UUID, an_id("What was sent.")]
    kind: Annotated[
        UpdateKind,
        Field(
            description="Told otherwise than before, or taken back as sent in error.",
            examples=["sent_again"],
        ),
    ]
    received_at: Annotated[Instant, Field(description="When it was sent.")]
    changed: Annotated[
        list[Annotated[str, Field(max_length=64)]],
        Field(
            max_length=50,
            description="The names of what differs from what was told before.",
            examples=[["risk", "concern", "children"]],
        ),
    ]
    told: Annotated[
        ToldLater | None, Field(description="All that was told then; null when it was taken back.")
    ]
    because: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="Why it was taken back; else null.",
            examples=["The address is another authority's."],
        ),
    ]
    unread_since: Annotated[
        Instant | None, Field(description="Since when it waits to be read; null once it was.")
    ]
    read_at: Annotated[Instant | None, Field(description="When it was read; null until then.")]
    read_by: ReadBy
    reading_words: Annotated[
        str | None,
        Field(
            max_length=4000,
            description="What follows from it.",
            examples=["Rated red, and the youngest is added."],
        ),
    ]


class PolicePart(WireOut):
    """What the police told beyond the contact that their notification is."""

    id: ItsNotificationId
    incident_number: Annotated[
        str, Field(max_length=100, description="The force's number.", examples=["RVB-2026-1"])
    ]
    incident_at: Annotated[Instant, Field(description="When it happened, as told at first.")]
    risk: Annotated[
        Risk, Field(description="The risk that the police saw last.", examples=["high"])
    ]
    children_present: Annotated[
        YesNo,
        Field(description="Whether children were present, told at first.", examples=["yes"]),
    ]
    withdrawn_at: Annotated[
        Instant | None,
        Field(description="Since when it is taken back as sent in error; null when it is not."),
    ]
    updates: Annotated[
        Annotated[list[PoliceUpdateSeen], Field(max_length=LARGEST)],
        Field(description="What the police sent later of it, in order.", examples=[[]]),
    ]
    school_may_be_told: Annotated[
        str,
        Field(
            max_length=1000,
            description=(
                "All that the school of a child may be told of the incident before the next school "
                "day (Operation Encompass); nothing else of this contact."
            ),
            examples=["On 22 October 2026 the police attended an incident of domestic abuse."],
        ),
    ]
    school_notices: Annotated[
        Annotated[list[SchoolNotice], Field(max_length=LARGEST)],
        Field(
            description="Which schools were told, and of which children none was; in order.",
            examples=[[]],
        ),
    ]

    @classmethod
    def of(
        cls,
        first: PoliceNotification,
        whole: WholeContact,
    ) -> Self:
        """That of a contact which is a notification, with what was told of it later."""
        return cls.taken_from(
            first,
            risk=risk_now(first.risk, whole.police_updates),
            withdrawn_at=withdrawn_at(whole.police_updates),
            updates=whole.police_updates,
            school_may_be_told=may_be_told(first),
            school_notices=whole.school_notices,
        )
