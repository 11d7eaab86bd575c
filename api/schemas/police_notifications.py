"""Police notifications on the wire: sent singly or as a file, and what the force may follow."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.contacts import Warning
from api.schemas.fields import WireOut
from api.schemas.new_contacts import Basis, SenderPersonIn, new_contact
from api.schemas.people import AdultIn, ChildIn, TellsOfChildren
from api.schemas.words import EXAMPLE_ID, a_reference, an_id
from service.domain.authority import ReceiptWords
from service.domain.contact_warnings import warnings_about
from service.domain.contacts import AgreementState, Channel
from service.domain.multi_agency_referrals import Progress
from service.domain.people import YesNo
from service.domain.police_notifications import (
    NewNotification,
    Risk,
)
from service.domain.police_updates import UpdateKind, risk_now, withdrawn_at
from service.strict.fields import (
    LARGEST,
    DateOn,
    Flag,
    Instant,
    Line,
    Text,
    Wire,
    what_cannot_be_read_is_kept,
)
from service.strict.numbers import Postcode
from service.usecases.police_notifications import TakenNotification

NotificationId = Annotated[
    UUID, Path(description="The police notification.", examples=[EXAMPLE_ID])
]
ForceId = Annotated[str, Line(64)]

_INCIDENT_NUMBER = Annotated[
    Annotated[str, Line(64)],
    Field(description="The force's own number of the incident.", examples=["RVB-2026-104417"]),
]
_INCIDENT_AT = Annotated[
    Instant,
    Field(
        description="When the incident happened, with its zone.", examples=["2026-10-22T21:40:00Z"]
    ),
]
_RISK = Annotated[
    Risk, Field(description="How the police graded it: standard, medium, high.", examples=["high"])
]
_CHILDREN_PRESENT = Annotated[
    YesNo, Field(description="Whether a child was there when it happened.", examples=["yes"])
]
_AGREEMENT_STATE = Annotated[
    AgreementState,
    Field(
        description=(
            "Whether the parent's agreement was sought, and given. It has to be said, if only that "
            "it is `not_known`; it is not the lawful basis for sharing."
        ),
        examples=["not_sought"],
    ),
]


class SoughtAgreement(Wire):
    """Whether the parent's agreement was sought: always said, never taken for granted."""

    state: _AGREEMENT_STATE
    note: Annotated[
        Annotated[str, Text(2000)] | None,
        Field(
            description="What was said, and by whom.",
            examples=["The mother could not be spoken to alone."],
        ),
    ] = None


@what_cannot_be_read_is_kept("address", "town", "postcode")
class PoliceNotificationCreate(TellsOfChildren):
    """A police domestic abuse notification.

    The same incident sent again by the same force is on file already: that one comes back. What
    is told otherwise than before is kept beside it, and somebody reads it.
    """

    incident_number: _INCIDENT_NUMBER
    incident_at: _INCIDENT_AT
    risk: _RISK
    children_present: _CHILDREN_PRESENT
    agreement: Annotated[
        SoughtAgreement,
        Field(
            description="Whether the parent's agreement was sought.",
            examples=[{"state": "not_sought", "note": "The mother could not be spoken to alone."}],
        ),
    ]
    concern: Annotated[
        Annotated[str, Text(20_000)],
        Field(
            description="What happened, and what the worry is for the children.",
            examples=["Officers were called to shouting; both children had been woken by it."],
        ),
    ]
    received_at: Annotated[
        Instant | None,
        Field(
            description=(
                "When it reached the front door, with its zone: every clock starts here. Now, when "
                "left out."
            ),
            examples=["2026-10-23T07:30:00Z"],
        ),
    ] = None
    immediate_danger: Annotated[
        Flag,
        Field(
            description="Whether a child is said to be in immediate danger.",
            examples=[False],
        ),
    ] = False
    lawful_basis: Annotated[
        Basis,
        Field(
            description="Lawful basis for sharing; not the same as agreement.",
            examples=[{"basis": "public_task"}],
        ),
    ] = Field(default_factory=lambda: Basis())
    address: Annotated[
        Annotated[str, Text(500)] | None,
        Field(description="Where the children live.", examples=["12 Weir Street"]),
    ] = None
    town: Annotated[
        Annotated[str, Line(100)] | None, Field(description="Town.", examples=["Riverbourne"])
    ] = None
    postcode: Annotated[
        Postcode | None, Field(description="Postcode of where they live.", examples=["ZZ99 3CZ"])
    ] = None
    children: Annotated[
        Annotated[list[ChildIn], Field(min_length=1, max_length=20)],
        Field(
            description="The children of the household: one or more.",
            examples=[
                [
                    {
                        "given_name": "Amara",
                        "family_name": "Okafor",
                        "birth_knowledge": "known",
                        "date_of_birth": "2018-04-09",
                        "sex": "F",
                    }
                ]
            ],
        ),
    ]
    adults: Annotated[
        Annotated[list[AdultIn], Field(max_length=20)],
        Field(
            description="The adults: parents above all, known by name or not.",
            examples=[[{"relationship": "father", "name_known": False}]],
        ),
    ] = Field(default_factory=list)
    officer: Annotated[
        SenderPersonIn,
        Field(
            description="The officer who told, or whoever answers for it.",
            examples=[{"name": "PC Jo Lindqvist", "role": "Domestic abuse unit"}],
        ),
    ] = Field(default_factory=lambda: SenderPersonIn())
    organisation_id: Annotated[
        ForceId | None,
        Field(
            description=(
                "For staff: the police force, where the policy has several. A force's own system "
                "leaves it out."
            ),
            examples=["riverbourne-police"],
        ),
    ] = None
    channel: Annotated[
        Channel | None,
        Field(
            description=(
                "For staff: how it arrived, e-mail when left out. A force's own system leaves it "
                "out."
            ),
            examples=["email"],
        ),
    ] = None

    def told(self) -> NewNotification:
        """As the use-case takes it."""
        contact = new_contact(
            self, self.officer, channel=self.channel or Channel.email, source_code=""
        )
        return NewNotification(
            contact=contact,
            incident_number=self.incident_number,
            incident_at=self.incident_at,
            risk=self.risk,
            children_present=self.children_present,
            organisation_id=self.organisation_id,
        )


class PoliceNotificationReceipt(WireOut):
    """A police notification as its sender sees it: taken, and heard at which daily meeting.

    Nothing in it tells what else is on file.
    """

    id: Annotated[UUID, an_id("The police notification.")]
    contact_id: Annotated[
        UUID,
        an_id(
            "The contact that it is. The force follows it, and learns the outcome for each "
            "child, as the multi-agency referral of this id."
        ),
    ]
    reference: Annotated[
        str, a_reference("Human reference, to be read out over the telephone.", "C-7K3MA-9TQ4R")
    ]
    organisation_id: Annotated[
        str,
        Field(max_length=64, description="The police force.", examples=["riverbourne-police"]),
    ]
    incident_number: Annotated[
        str,
        Field(
            max_length=64,
            description="The force's own number of the incident.",
            examples=["RVB-2026-104417"],
        ),
    ]
    incident_at: _INCIDENT_AT
    risk: _RISK
    children_present: _CHILDREN_PRESENT
    agreement: _AGREEMENT_STATE
    progress: Annotated[Progress, Field(description="How far it has come.", examples=["received"])]
    received_at: Annotated[
        Instant,
        Field(
            description="When it was received: every time limit counts from here.",
            examples=["2026-10-23T07:30:00Z"],
        ),
    ]
    logged_at: Annotated[
        Instant,
        Field(description="When it reached the front door.", examples=["2026-10-23T07:30:04Z"]),
    ]
    meeting_on: Annotated[
        DateOn,
        Field(
            description="The daily meeting that hears it first, a London day.",
            examples=["2026-10-23"],
        ),
    ]
    waits_for: Annotated[
        DateOn | None,
        Field(
            description=(
                "The daily meeting that a child on it waits for now; null when every child has "
                "been dealt with."
            ),
            examples=["2026-10-23"],
        ),
    ]
    updates: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(
            description=(
                "How often you told it otherwise afterwards: each is kept beside it, and read by "
                "somebody at the front door."
            ),
            examples=[0],
        ),
    ]
    withdrawn_at: Annotated[
        Instant | None,
        Field(description="Since when it is taken back as sent in error; null when it is not."),
    ]
    decision_due_at: Annotated[
        Instant | None,
        Field(description="By when a decision is expected.", examples=["2026-10-26T23:59:59Z"]),
    ]
    immediate_danger: Annotated[
        str,
        Field(
            max_length=1000,
            description="What to do when a child is in immediate danger.",
            examples=["If a child is in immediate danger, do not wait for an answer: call 999."],
        ),
    ]
    questions: Annotated[
        str,
        Field(
            max_length=1000,
            description="Whom to call to add to it or to ask about it.",
            examples=["Call the front door on 01632 960100 and give the reference."],
        ),
    ]
    warnings: Annotated[
        Annotated[list[Warning], Field(max_length=200)],
        Field(
            description="What is missing and would help: said once, when it is sent, and taken.",
            examples=[[]],
        ),
    ]

    @classmethod
    def of(cls, taken: TakenNotification, words: ReceiptWords) -> Self:
        """As its sender sees it."""
        own, contact = taken.notification, taken.contact
        due = [one for one in taken.deadlines if one.kind == "statutory_decision"]
        found = () if taken.before else warnings_about(contact, taken.children, taken.adults)
        return cls(
            id=own.id,
            contact_id=contact.id,
            reference=contact.reference,
            organisation_id=own.organisation_id,
            incident_number=own.incident_number,
            incident_at=own.incident_at,
            risk=risk_now(own.risk, taken.updates),
            children_present=own.children_present,
            agreement=contact.agreement,
            progress=taken.progress,
            received_at=contact.received_at,
            logged_at=contact.logged_at,
            meeting_on=own.meeting_on,
            waits_for=taken.waits_for,
            updates=sum(one.kind is UpdateKind.sent_again for one in taken.updates),
            withdrawn_at=withdrawn_at(taken.updates),
            decision_due_at=max(due, key=lambda one: one.id).due_at if due else None,
            immediate_danger=words.immediate_danger,
            questions=words.questions,
            warnings=[Warning.of(one) for one in found],
        )
