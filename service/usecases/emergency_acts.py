"""Emergency acts: decisions that have effect at once out of hours, and their sign-off (rule 27)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.deadlines import Deadline
from service.domain.decisions import DECISION, Decision, DecisionAction, OwnWordsNeeded
from service.domain.emergency_acts import (
    EMERGENCY_ACT,
    EmergencyAct,
    EmergencyActAction,
    EmergencyActFilters,
    EmergencyActKind,
    refuse_own_act,
)
from service.domain.events import EventType
from service.domain.own_words import rationale_faults
from service.domain.sign_offs import waiting_on
from service.domain_services.emergency_acts import (
    EMERGENCY_ACTS,
    act_alone,
    refuse_within_office_hours,
    require_reason,
)
from service.domain_services.lives import refuse_stale
from service.domain_services.signed_decisions import carry_out_answers, record_answers
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.repositories import contacts, deadlines, decisions, emergency_acts
from service.persistence.units_of_work import Work

# Refusals from below that routes name in the contract.
EmergencyActNotFound = emergency_acts.EmergencyActNotFound

_WANTED = {
    True: "what you read, and why you agree to what was done",
    False: "what is to be put right, and by whom",
}
_INSTEAD = (
    "Have a manager sign the decision: it stands in the sign-off queue, and the contact says who "
    "holds it. Out of hours it can have effect at once."
)


@dataclass(frozen=True, slots=True)
class WholeEmergencyAct:
    """An emergency act with the clock of its sign-off."""

    act: EmergencyAct
    deadlines: Sequence[Deadline]


async def whole_emergency_act(ask: Asking | Work, act: EmergencyAct) -> WholeEmergencyAct:
    """All that hangs on an emergency act that the caller may see."""
    return WholeEmergencyAct(act, await deadlines.of_subject(ask, act.contact_id, act.id))


async def list_emergency_acts(
    ask: Asking,
    who: Caller,
    filters: EmergencyActFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[EmergencyAct]:
    """Acts that the caller may see, newest first; those behind a figure when one is named."""
    who.require(Permission.read_emergency_acts)
    return await emergency_acts.LISTED.newest_first(
        ask, who.sight, filters, limit=limit, after=after
    )


async def read_emergency_act(ask: Asking, who: Caller, act_id: UUID) -> WholeEmergencyAct:
    """One emergency act with its clock. Raises EmergencyActNotFound."""
    who.require(Permission.read_emergency_acts)
    found = await emergency_acts.EMERGENCY_ACTS.get(ask, who.sight, act_id)
    return await whole_emergency_act(ask, found)


async def act_out_of_hours(
    work: Work, who: Caller, contact_id: UUID, version: int, because: str
) -> list[Decision]:
    """Lets every decision that waits on a contact have effect at once, before any manager signs.

    For the emergency duty worker, out of hours alone. Each is marked as made out of hours, and a
    manager signs off by the policy's limit that it was. Raises WithinOfficeHours, OwnWordsNeeded,
    WrongState when no decision waits, Stale, and what signing a decision raises.
    """
    who.require(Permission.act_out_of_hours)
    contact = await contacts.get(work, who.sight, contact_id)
    refuse_stale(contact, version)
    waiting = waiting_on(contact, (await contacts.whole(work, contact)).decisions)
    refuse_within_office_hours(work, work.now, _INSTEAD)
    require_reason(work, because)
    await contacts.renew_with_others(work, contact.id, *(one.person_id for one in waiting))
    contact = await contacts.held(work, who.sight, contact.id, version + 1)
    given: list[tuple[Decision, Decision]] = []
    for decision in waiting:
        act = act_alone(
            work,
            who,
            EmergencyActKind.decision,
            (contact.id, decision.child_id, decision.person_id),
            because,
            work.now,
            decision_id=decision.id,
        )
        given.append((decision, _in_effect(work, who, decision, act)))
    done = await carry_out_answers(work, who, contact, given)
    record_answers(
        work,
        who,
        EventType.emergency_act_done,
        done.contact_state,
        done.answers,
        given[0][1].emergency_act_id,
    )
    return [decision for decision, _ in done.answers]


def _in_effect(work: Work, who: Caller, decision: Decision, act: EmergencyAct) -> Decision:
    """The decision as it stands once it has effect: answered by who acted, and marked so."""
    return replace(
        decision,
        state=DECISION.after(decision.state, DecisionAction.act_out_of_hours),
        answered_at=work.now,
        answered_by=who.account_id,
        answer_words=act.because,
        emergency_act_id=act.id,
        version=decision.version + 1,
    )


async def sign_off_emergency_act(
    work: Work, who: Caller, act_id: UUID, version: int, *, agreed: bool, words: str
) -> EmergencyAct:
    """A manager agrees to what somebody else did out of hours, or sends it back, in own words.

    After the limit too: it stays counted as late. Sent back nothing is undone and the clock goes
    on: a decision is replaced by a new one that supersedes it and says why, or a manager agrees
    after all. Raises EmergencyActNotFound, WrongState, OwnEmergencyAct, OwnWordsNeeded, Stale.
    """
    who.require(Permission.sign_off_emergency_act)
    action = EmergencyActAction.agree if agreed else EmergencyActAction.send_back

    async def can(act: EmergencyAct) -> None:
        EMERGENCY_ACT.after(act.state, action)
        refuse_own_act(await _doers(work, who, act), who.account_id)

    held = await EMERGENCY_ACTS.hold(work, who, act_id, version, can)
    faults = rationale_faults(work.policy.rationale, "/words", words, _WANTED[agreed])
    if faults:
        raise OwnWordsNeeded(
            "These words do not tell what you looked at. Say it in your own words.",
            problems=faults,
        )
    said: dict[str, Any] = (
        {"signed_off_at": work.now, "signed_off_by": who.account_id, "signed_off_words": words}
        if agreed
        else {"sent_back_at": work.now, "sent_back_by": who.account_id, "sent_back_because": words}
    )
    answered = await EMERGENCY_ACTS.moves.move(work, who, held.thing, action, **said)
    EMERGENCY_ACTS.record(
        work,
        who,
        EventType.emergency_act_signed_off if agreed else EventType.emergency_act_sent_back,
        answered,
    )
    return answered


async def _doers(work: Work, who: Caller, act: EmergencyAct) -> set[UUID]:
    """Who did it, and who had drafted what it let have effect."""
    doers = {act.acted_by}
    if act.decision_id is not None:
        doers.add((await decisions.get(work, who.sight, act.decision_id)).drafted_by)
    return doers
