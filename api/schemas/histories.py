"""What is on file for the children of a contact, on the wire."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from api.schemas.contact_kinds import ItsKind
from api.schemas.fields import NotShown, WireOut
from api.schemas.possible_matches import PossibleMatch
from api.schemas.words import (
    CaseId,
    ChildOnThisContactId,
    ContactReference,
    ItsContactId,
    PersonId,
    ReceivedAt,
    a_reference,
    an_id,
)
from service.domain.contacts import WithdrawalReason
from service.domain.whole_contacts import ChildHistory
from service.strict.fields import Instant


class EarlierContact(WireOut):
    """An earlier contact of a child, and what was decided for that child."""

    contact_id: Annotated[UUID, an_id("The earlier contact.")]
    reference: ContactReference
    received_at: ReceivedAt
    source_code: Annotated[
        str, Field(max_length=4, description="Its referral source code.", examples=["2A"])
    ]
    outcome: Annotated[
        str | None,
        Field(
            max_length=32,
            description="What was decided for this child; null while undecided, or not shown.",
            examples=["no_further_action"],
        ),
    ]
    decided_at: Annotated[Instant | None, Field(description="When that was signed.")]
    withdrawn_as: Annotated[
        WithdrawalReason | None,
        Field(
            description="Why the contact was withdrawn without a decision; null when it was not.",
            examples=[None],
        ),
    ]
    kind: ItsKind
    not_shown: NotShown


class EarlierCase(WireOut):
    """An earlier referral or early help episode of a child."""

    id: CaseId
    reference: Annotated[str, a_reference("Its reference.", "R-7K3MA-9TQ4R")]
    accepted_at: Annotated[Instant, Field(description="When it began.")]
    team_id: Annotated[
        str,
        Field(max_length=64, description="The team that held it.", examples=["assessment-north"]),
    ]
    closed_at: Annotated[Instant | None, Field(description="When it closed; null while open.")]
    closure_code: Annotated[
        str | None, Field(max_length=32, description="Why it closed, coded.", examples=["RC8"])
    ]
    closure_reason: Annotated[
        str | None,
        Field(
            max_length=8000,
            description="Why it closed, in words.",
            examples=["Assessment found no unmet need."],
        ),
    ]
    not_shown: NotShown


class ChildOnFile(WireOut):
    """One child of the contact, with what is on file."""

    child_id: ChildOnThisContactId
    person_id: PersonId
    contacts: Annotated[
        list[EarlierContact], Field(max_length=50, description="Earlier contacts, newest first.")
    ]
    referrals: Annotated[
        list[EarlierCase], Field(max_length=50, description="Earlier referrals, newest first.")
    ]
    early_help_episodes: Annotated[
        list[EarlierCase], Field(max_length=50, description="Earlier early help, newest first.")
    ]
    possible_matches: Annotated[
        list[PossibleMatch],
        Field(max_length=20, description="Others on file who may be the same child."),
    ]
    not_shown: NotShown


class ContactHistory(WireOut):
    """What is on file for each child of a contact."""

    contact_id: ItsContactId
    children: Annotated[
        list[ChildOnFile], Field(max_length=100, description="The children, in order.")
    ]

    @classmethod
    def of(cls, contact_id: UUID, found: Sequence[ChildHistory]) -> Self:
        """As it is seen by staff."""
        return cls.made_of(
            {
                "contact_id": contact_id,
                "children": [
                    ChildOnFile.taken_from(
                        one.history,
                        child_id=one.child.id,
                        person_id=one.child.person_id,
                        early_help_episodes=one.history.episodes,
                        possible_matches=one.possible_matches,
                        not_shown=one.not_shown,
                    )
                    for one in found
                ],
            }
        )
