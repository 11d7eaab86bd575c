"""Emergency acts on the wire: what was done alone out of hours, and its sign-off."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.actions import what_can_be_done
from api.schemas.deadlines import Deadline
from api.schemas.fields import WireOut
from api.schemas.words import (
    EXAMPLE_ID,
    ChildOnContactId,
    ContactBehindId,
    ETagVersion,
    PersonId,
    an_id,
)
from service.domain.emergency_acts import (
    EMERGENCY_ACT,
    EmergencyActAction,
    EmergencyActKind,
    EmergencyActState,
)
from service.strict.fields import Instant, Text, Wire
from service.usecases.emergency_acts import WholeEmergencyAct

_BECAUSE = (
    "It is three in the morning, the child is at the hospital with a broken arm, and the parents "
    "want to take her home. There is no manager whom I could ask before that."
)
_WORDS = "I read the file and spoke to the hospital: the child could not go home that night."
_SENT_BACK = "The rationale does not say whether the brother was seen: decide for him anew."

EmergencyActId = Annotated[UUID, Path(description="The emergency act.", examples=[EXAMPLE_ID])]


class EmergencyActIn(Wire):
    """That the decisions which wait on a contact have effect at once, out of hours."""

    because: Annotated[
        Annotated[str, Text(8000)],
        Field(
            description="Why it cannot wait until a manager is there, in your own words.",
            examples=[_BECAUSE],
        ),
    ]


class EmergencyActSummary(WireOut):
    """An emergency act in a list. What was done stands in the decision or the meeting itself."""

    id: Annotated[UUID, an_id("The emergency act.")]
    version: ETagVersion
    kind: Annotated[
        EmergencyActKind,
        Field(description="What was done alone.", examples=["decision"]),
    ]
    state: Annotated[
        EmergencyActState,
        Field(
            description=(
                "It has had effect in each of them. `sent_back`: a manager wants something put "
                "right, and nothing is undone by that; `settled`: a new signed decision stands "
                "in its place."
            ),
            examples=["awaiting_sign_off"],
        ),
    ]
    contact_id: ContactBehindId
    child_id: ChildOnContactId
    person_id: PersonId
    decision_id: Annotated[UUID | None, an_id("The decision that had effect at once.")]
    strategy_meeting_id: Annotated[UUID | None, an_id("The strategy meeting that was concluded.")]
    because: Annotated[
        str, Field(max_length=8000, description="Why it could not wait.", examples=[_BECAUSE])
    ]
    acted_at: Annotated[Instant, Field(description="When it was done: the clock starts here.")]
    acted_by: Annotated[UUID, an_id("Who did it, alone.")]
    sent_back_at: Annotated[Instant | None, Field(description="When a manager sent it back.")]
    sent_back_by: Annotated[UUID | None, an_id("The manager who sent it back.")]
    sent_back_because: Annotated[
        str | None,
        Field(max_length=8000, description="What is to be put right.", examples=[_SENT_BACK]),
    ]
    signed_off_at: Annotated[Instant | None, Field(description="When a manager agreed to it.")]
    signed_off_by: Annotated[UUID | None, an_id("The manager who agreed.")]
    signed_off_words: Annotated[
        str | None,
        Field(max_length=8000, description="The manager's own words.", examples=[_WORDS]),
    ]
    settled_at: Annotated[
        Instant | None,
        Field(description="Since when a new signed decision stands in its place."),
    ]


class EmergencyAct(EmergencyActSummary):
    """An emergency act with what can be done about it, and its clock."""

    possible_actions: Annotated[
        list[EmergencyActAction],
        Field(
            max_length=5,
            description=what_can_be_done(EmergencyActAction),
            examples=[["agree", "send_back"]],
        ),
    ]
    deadlines: Annotated[
        list[Deadline],
        Field(
            max_length=100,
            description="The clock of its sign-off; what stopped it late stays late.",
            examples=[[]],
        ),
    ]

    @classmethod
    def of(cls, whole: WholeEmergencyAct) -> Self:
        """As it is seen by staff."""
        return cls.taken_from(
            whole.act,
            possible_actions=EMERGENCY_ACT.allowed(whole.act.state),
            deadlines=whole.deadlines,
        )
