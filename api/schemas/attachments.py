"""Attachments of contacts on the wire: asked for, taken back, and read from both sides."""

from typing import Annotated, Self

from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import ArrivedBy, ContactReference, DoneBy, ItsContactId, ReceivedAt, an_id
from service.domain import whole_contacts
from service.domain.attachments import NewAttachment
from service.domain.contacts import ContactState
from service.strict.fields import Flag, Id, Instant, Text, Wire

_WHY = "The ambulance crew tell of the same fall on Friday night, and of nobody else."


class ContactAttachmentIn(Wire):
    """That a contact tells of the same incident as one that is open, and is decided with it."""

    to_contact_id: Annotated[Id, an_id("The open contact of the same incident.")]
    words: Annotated[
        Annotated[str, Text(4000, least=10)],
        Field(description="Why it is the same incident, in your own words.", examples=[_WHY]),
    ]
    add_children: Annotated[
        Flag,
        Field(
            description=(
                "Whether children who stand here alone are added there, to be decided. Where one "
                "does, and this is false, nothing is attached."
            ),
            examples=[True],
        ),
    ] = False

    def told(self) -> NewAttachment:
        """As the use-case takes it."""
        return NewAttachment(self.to_contact_id, self.words, self.add_children)


class DetachmentIn(Wire):
    """That an attached contact is put back on the desk."""

    because: Annotated[
        Annotated[str, Text(4000, least=5)],
        Field(
            description="Why, in your own words.",
            examples=["It was another night: the crew came on Saturday as well."],
        ),
    ]


class AttachedContact(WireOut):
    """What another person told of the same incident, and why it stands with this contact."""

    contact_id: ItsContactId
    reference: ContactReference
    received_at: ReceivedAt
    channel: ArrivedBy
    source_code: Annotated[
        str, Field(max_length=4, description="Referral source code.", examples=["3A"])
    ]
    referrer_name: Annotated[
        str | None,
        Field(max_length=200, description="Name of who told.", examples=["Jo Mensah"]),
    ]
    referrer_role: Annotated[
        str | None,
        Field(max_length=200, description="Role of who told.", examples=["Paramedic"]),
    ]
    referrer_agency: Annotated[
        str | None,
        Field(max_length=200, description="Agency of who told.", examples=["Ambulance service"]),
    ]
    concern: Annotated[
        str,
        Field(
            max_length=20_000,
            description="What they told, in their words.",
            examples=["She fell from the window; nobody says who was in the room."],
        ),
    ]
    immediate_danger: Annotated[
        bool, Field(description="Whether they told of immediate danger.", examples=[False])
    ]
    attached_at: Annotated[Instant, Field(description="When it was attached.")]
    attached_by: DoneBy
    because: Annotated[str, Field(max_length=4000, description="Why, in words.", examples=[_WHY])]

    @classmethod
    def of(cls, attached: whole_contacts.AttachedContact) -> Self:
        """As it is seen by staff."""
        contact = attached.contact
        return cls.made_of(
            {
                "contact_id": contact.id,
                "reference": contact.reference,
                "received_at": contact.received_at,
                "channel": contact.channel,
                "source_code": contact.source_code,
                "referrer_name": contact.referrer_name,
                "referrer_role": contact.referrer_role,
                "referrer_agency": contact.referrer_agency,
                "concern": contact.concern,
                "immediate_danger": contact.immediate_danger,
                "attached_at": attached.at,
                "attached_by": attached.by,
                "because": attached.words,
            }
        )


class AttachedTo(WireOut):
    """The contact to which this one is attached, and with which it is decided."""

    contact_id: ItsContactId
    reference: ContactReference
    state: Annotated[ContactState, Field(description="Where that stands.", examples=["in_triage"])]
    decided_at: Annotated[
        Instant | None, Field(description="When every child on that one was decided.")
    ]

    @classmethod
    def of(cls, found: whole_contacts.AttachedTo) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(found)
