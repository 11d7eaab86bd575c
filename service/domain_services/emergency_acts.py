"""Emergency acts: done alone out of hours, on a clock until a manager has signed them off."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Role
from service.domain.calendar import london_time
from service.domain.decisions import OwnWordsNeeded
from service.domain.emergency_acts import (
    EMERGENCY_ACT,
    EMERGENCY_CLOCK,
    EmergencyAct,
    EmergencyActAction,
    EmergencyActKind,
    OfficeState,
    WithinOfficeHours,
)
from service.domain.flags import SubjectKind
from service.domain.own_words import rationale_faults
from service.domain_services.lives import Ending, Life, Moves
from service.persistence.ids import new_id
from service.persistence.repositories import emergency_acts
from service.persistence.units_of_work import Work

_STOPS: Mapping[EmergencyActAction, str] = {
    EmergencyActAction.agree: "signed_off",
    EmergencyActAction.settle: "superseded",
}

EMERGENCY_ACTS = Life(
    emergency_acts.EMERGENCY_ACTS,
    # Sent back, its clock goes on: nobody gains time by that.
    Moves(
        EMERGENCY_ACT, ending=Ending((EMERGENCY_CLOCK,), lambda action, state: _STOPS.get(action))
    ),
    SubjectKind.emergency_act,
    says=("kind", "decision_id", "strategy_meeting_id"),
)


def refuse_within_office_hours(work: Work, at: datetime, instead: str) -> None:
    """Raises WithinOfficeHours for what was done while a manager could be asked.

    `instead` is what to do, in a sentence.
    """
    closes = work.policy.office_closes(at)
    if closes is not None:
        raise WithinOfficeHours(
            f"The office was open then, until {london_time(closes):%H:%M}: nobody acts alone in "
            f"office hours. {instead}",
            state=OfficeState.open,
            allowed=(),
        )


def stands_alone(who: Caller) -> bool:
    """Whether somebody concludes a meeting as no manager does: alone, on emergency duty."""
    return who.roles.isdisjoint((Role.mash_manager, Role.assessment_team_manager))


def require_reason(work: Work, because: str) -> None:
    """Raises OwnWordsNeeded for words that do not say why it could not wait."""
    faults = rationale_faults(
        work.policy.rationale, "/because", because, "why it cannot wait until a manager is there"
    )
    if faults:
        raise OwnWordsNeeded(
            "These words do not say why you act before a manager has agreed. Say it in your own "
            "words.",
            problems=faults,
        )


def act_alone(
    work: Work,
    who: Caller,
    kind: EmergencyActKind,
    of: tuple[UUID, UUID, UUID],
    because: str,
    acted_at: datetime,
    *,
    decision_id: UUID | None = None,
    strategy_meeting_id: UUID | None = None,
) -> EmergencyAct:
    """Keeps that somebody acted alone for a child, and starts the clock of the sign-off.

    `of` is the contact, the child on it and the child on file.
    """
    contact_id, child_id, person_id = of
    act = EmergencyAct(
        id=new_id(),
        kind=kind,
        contact_id=contact_id,
        child_id=child_id,
        person_id=person_id,
        decision_id=decision_id,
        strategy_meeting_id=strategy_meeting_id,
        state=EMERGENCY_ACT.start,
        because=because,
        acted_at=acted_at,
        acted_by=who.account_id,
        sent_back_at=None,
        sent_back_by=None,
        sent_back_because=None,
        signed_off_at=None,
        signed_off_by=None,
        signed_off_words=None,
        settled_at=None,
        version=1,
    )
    work.add(act)
    EMERGENCY_ACTS.start_clock(work, act, EMERGENCY_CLOCK, since=acted_at)
    return act


async def settle_act(work: Work, act_id: UUID) -> None:
    """Ends what waits of an act whose decision is replaced by a new signed one."""
    act = await emergency_acts.EMERGENCY_ACTS.found_before(work, act_id)
    if act.state not in EMERGENCY_ACT.final:
        await EMERGENCY_ACTS.moves.move(
            work, None, act, EmergencyActAction.settle, settled_at=work.now
        )
