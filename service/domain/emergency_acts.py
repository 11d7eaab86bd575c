"""Emergency acts: what one person did alone out of hours, until a manager has signed it off."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Final
from uuid import UUID

from service.domain.errors import Conflict, NotAllowed
from service.domain.fields import Id, PersonId, Version, plain, sensitive
from service.domain.measure_cases import CountedFilters
from service.domain.measures import Counted
from service.domain.states import StateTable

EMERGENCY_CLOCK: Final = "emergency_act_signed_off"
"""The clock of its sign-off. It stops when a manager agrees, or what replaces it is signed."""


class EmergencyActKind(StrEnum):
    """What was done alone."""

    decision = "decision"
    strategy_meeting = "strategy_meeting"


class EmergencyActState(StrEnum):
    """Where an emergency act stands. It has had effect in each of them."""

    awaiting_sign_off = "awaiting_sign_off"
    sent_back = "sent_back"
    signed_off = "signed_off"
    settled = "settled"


class EmergencyActAction(StrEnum):
    """What can be done to an emergency act."""

    agree = "agree"
    send_back = "send_back"
    settle = "settle"


_S, _A = EmergencyActState, EmergencyActAction
EMERGENCY_ACT = StateTable(
    noun="emergency act",
    start=_S.awaiting_sign_off,
    moves={
        (_S.awaiting_sign_off, _A.agree): _S.signed_off,
        (_S.awaiting_sign_off, _A.send_back): _S.sent_back,
        # Sent back, nothing is undone: a manager agrees after all, or a new decision replaces it.
        (_S.sent_back, _A.agree): _S.signed_off,
        (_S.awaiting_sign_off, _A.settle): _S.settled,
        (_S.sent_back, _A.settle): _S.settled,
    },
    final=frozenset({_S.signed_off, _S.settled}),
    by_itself=frozenset({_A.settle}),
)


@dataclass(frozen=True, slots=True)
class EmergencyAct:
    """One thing that was done for one child out of hours and had effect at once (rule 27).

    What was done stands where it always does, in the decision or the meeting; this is who did it
    alone and why it could not wait, and what a manager made of it.
    """

    id: Id
    kind: Annotated[EmergencyActKind, plain("decision or strategy_meeting.")]
    contact_id: Annotated[UUID, plain("The contact behind it.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    person_id: PersonId
    decision_id: Annotated[UUID | None, plain("The decision that had effect at once.")]
    strategy_meeting_id: Annotated[UUID | None, plain("The strategy meeting that was concluded.")]
    state: Annotated[
        EmergencyActState, plain("awaiting_sign_off, sent_back, signed_off or settled.")
    ]
    because: Annotated[str, sensitive("Why it could not wait.")]
    acted_at: Annotated[datetime, plain("When it was done: the clock starts here.")]
    acted_by: Annotated[UUID, plain("Who did it, alone.")]
    sent_back_at: Annotated[datetime | None, plain("When a manager sent it back.")]
    sent_back_by: Annotated[UUID | None, plain("Which manager.")]
    sent_back_because: Annotated[str | None, sensitive("What is to be put right.")]
    signed_off_at: Annotated[datetime | None, plain("When a manager agreed to it.")]
    signed_off_by: Annotated[UUID | None, plain("Which manager.")]
    signed_off_words: Annotated[str | None, sensitive("The manager's own words.")]
    settled_at: Annotated[
        datetime | None, plain("Since when a new signed decision stands in its place.")
    ]
    version: Version


@dataclass(frozen=True, slots=True)
class EmergencyActFilters(CountedFilters):
    """What the list of emergency acts can be narrowed by."""

    counted: ClassVar[Counted] = Counted.emergency_acts

    states: Sequence[EmergencyActState] = ()
    person_id: UUID | None = None
    contact_id: UUID | None = None


class OfficeState(StrEnum):
    """Whether managers are there to be asked."""

    open = "open"
    closed = "closed"


class WithinOfficeHours(Conflict):
    """In office hours there are managers, and nobody acts alone."""

    code = "within_office_hours"
    title = "The office is open"


class OwnEmergencyAct(NotAllowed):
    """What was done out of hours is signed off by somebody else (rule 6)."""

    code = "own_emergency_act"
    title = "Sign-off is by somebody else"


def refuse_own_act(doers: Collection[UUID], account_id: UUID) -> None:
    """Raises OwnEmergencyAct when whoever signs off took part in what was done."""
    if account_id in doers:
        raise OwnEmergencyAct(
            "You took part in what was done here, so somebody else must sign it off. It stays in "
            "the handover queue; ask another manager."
        )
