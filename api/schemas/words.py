"""The words that many shapes of the wire share: ids, versions, references, names, instants.

A field that means the same in several files has its type here, and is described once.
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from service.domain.contacts import Channel
from service.domain.people import Sex
from service.strict.fields import LARGEST, DateOn, Instant

EXAMPLE_ID = "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"


def an_id(description: str) -> Any:
    """What a field with an id says of itself."""
    return Field(description=description, examples=[EXAMPLE_ID])


def a_reference(description: str, example: str) -> Any:
    """What a field with a human reference says of itself."""
    return Field(max_length=16, description=description, examples=[example])


# ---- Which one -----------------------------------------------------------------------------------

PersonId = Annotated[UUID, an_id("The child, across contacts.")]
ChildOnContactId = Annotated[UUID, an_id("The child on that contact.")]
ChildOnThisContactId = Annotated[UUID, an_id("The child on this contact.")]
ItsContactId = Annotated[UUID, an_id("The contact.")]
ContactBehindId = Annotated[UUID, an_id("The contact behind it.")]
ContactItCameOfId = Annotated[UUID, an_id("The contact it came of.")]
SubjectId = Annotated[UUID, an_id("Which one.")]
CaseId = Annotated[UUID, an_id("The referral or episode.")]
ItsChallengeId = Annotated[UUID, an_id("The challenge.")]
ItsNotificationId = Annotated[UUID, an_id("The notification.")]

ContactReference = Annotated[str, a_reference("Its reference.", "C-7K3MA-9TQ4R")]
ChallengeReference = Annotated[str, a_reference("Human reference.", "H-7K3MA-9TQ4R")]

Version = Annotated[int, Field(ge=1, le=LARGEST, description="The version.", examples=[1])]
ETagVersion = Annotated[
    int, Field(ge=1, le=LARGEST, description="The version, as in the ETag.", examples=[1])
]

# ---- When, and by whom ---------------------------------------------------------------------------

DoneAt = Annotated[Instant, Field(description="When.")]
HappenedAt = Annotated[Instant, Field(description="When it happened.")]
ReceivedAt = Annotated[Instant, Field(description="When it was received.")]
RecordedAt = Annotated[Instant, Field(description="When it was recorded.")]
RecordedBy = Annotated[UUID, an_id("Who recorded it.")]
ReadBy = Annotated[UUID | None, an_id("Who read it.")]
DoneBy = Annotated[UUID, an_id("Who.")]
AskedBy = Annotated[UUID, an_id("Who asked.")]
ArrivedBy = Annotated[Channel, Field(description="How it arrived.", examples=["telephone"])]
TimescaleName = Annotated[
    str,
    Field(
        max_length=64,
        description="The timescale, by its name in the policy.",
        examples=["contact_to_referral"],
    ),
]

# ---- Who somebody is -----------------------------------------------------------------------------

GivenNames = Annotated[
    str | None, Field(max_length=100, description="Given names.", examples=["Amara"])
]
FamilyName = Annotated[
    str | None, Field(max_length=100, description="Family name.", examples=["Okafor"])
]
BornOn = Annotated[DateOn | None, Field(description="Date of birth.")]
CodedSex = Annotated[Sex, Field(description="M male, F female, U unknown.", examples=["F"])]
