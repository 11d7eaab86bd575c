"""Sign-off: a decision is agreed and carried out, or returned to who drafted it (rule 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import (
    Contact,
)
from service.domain.cumulative_concerns import read_as_a_whole
from service.domain.decisions import (
    DECISION,
    Decision,
    DecisionAction,
    DecisionState,
    OwnWordsNeeded,
)
from service.domain.drafts import Refusals
from service.domain.events import EventType
from service.domain.own_words import rationale_faults
from service.domain.sign_offs import SaidOfAll, SignOffSaid, answers_to, refuse_own, waiting_on
from service.domain_services.lives import refuse_stale
from service.domain_services.signed_decisions import carry_out_answers, record_answers
from service.persistence.repositories import (
    contacts,
    decisions,
)
from service.persistence.units_of_work import Work

_WANTED = {
    True: "what you read, and why you agree",
    False: "what is missing, and from whom",
}


async def sign_off(
    work: Work,
    who: Caller,
    decision_id: UUID,
    version: int,
    *,
    agreed: bool,
    words: str,
    whole_read: str | None = None,
) -> Decision:
    """A manager other than the decider agrees a decision or returns it, in their own words.

    Agreed, its outcome exists at once: a referral, an early help episode, or the end of the matter
    for this child; the clocks that run on the contact stop when every child on it is signed.
    Returned, both versions stay. Of a child who is told of again and again the whole is read before
    it is agreed: `whole_read` says what the contacts show together (rule 26). Raises OwnDecision,
    OwnWordsNeeded, WholeNotRead, WrongState, Stale.
    """
    who.require(Permission.sign_off)
    found = await decisions.get(work, who.sight, decision_id)
    if agreed:
        await contacts.renew_with_others(work, found.contact_id, found.person_id)
    contact = await contacts.held(work, who.sight, found.contact_id)
    decision = await decisions.get(work, who.sight, decision_id)
    refuse_stale(decision, version)
    [answered] = await _answer_all(
        work,
        who,
        contact,
        [(decision, SignOffSaid(decision.id, agreed, words, whole_read=whole_read))],
    )
    return answered


async def sign_off_together(
    work: Work,
    who: Caller,
    contact_id: UUID,
    version: int,
    *,
    of_all: SaidOfAll,
    otherwise: Sequence[SignOffSaid] = (),
) -> list[Decision]:
    """Answers every decision that waits on a contact in one act: all agreed, or all returned.

    As `of_all` says; those in `otherwise` are answered as is said there, each in words of its own,
    and what was read as a whole is of the family where it is not of a child. All of it happens
    or nothing. Raises WrongState when none waits, SignOffUnclear, and what `sign_off` raises.
    """
    who.require(Permission.sign_off)
    contact = await contacts.get(work, who.sight, contact_id)
    refuse_stale(contact, version)
    waiting = waiting_on(contact, (await contacts.whole(work, contact)).decisions)
    answers = answers_to(waiting, of_all, otherwise)
    moved = [one.person_id for one in waiting if answers[one.id].agreed]
    if moved:
        await contacts.renew_with_others(work, contact.id, *moved)
        version += 1
    # Whoever was quicker has given the contact another version: what waits is what was read.
    contact = await contacts.held(work, who.sight, contact.id, version)
    return await _answer_all(work, who, contact, [(one, answers[one.id]) for one in waiting])


async def _answer_all(
    work: Work, who: Caller, contact: Contact, answers: Sequence[tuple[Decision, SignOffSaid]]
) -> list[Decision]:
    """Answers decisions on a contact that is held: all of them or none.

    One event is of all that was agreed, and one of all that was returned.
    """
    for decision, said in answers:
        DECISION.after(decision.state, _action_of(said))
    refuse_own([decision for decision, _ in answers], who.account_id)
    refusals = Refusals([said.where for _, said in answers])
    given: list[tuple[Decision, Decision]] = []
    for decision, said in answers:
        with refusals.of(said.where):
            given.append((decision, _answered(work, who, decision, said)))
    refusals.refuse()
    done = await carry_out_answers(work, who, contact, given)
    for signed in (True, False):
        of_kind = [one for one in done.answers if (one[0].state is DecisionState.signed) is signed]
        if of_kind:
            record_answers(
                work,
                who,
                EventType.decision_signed if signed else EventType.decision_returned,
                done.contact_state,
                of_kind,
            )
    return [decision for decision, _ in done.answers]


def _action_of(said: SignOffSaid) -> DecisionAction:
    return DecisionAction.agree if said.agreed else DecisionAction.return_to_decider


def _answered(work: Work, who: Caller, decision: Decision, said: SignOffSaid) -> Decision:
    """The decision as it is once answered. Raises OwnWordsNeeded and WholeNotRead."""
    faults = rationale_faults(work.policy.rationale, "/words", said.words, _WANTED[said.agreed])
    if faults:
        raise OwnWordsNeeded(
            "These words do not tell what you looked at. Say it in your own words.",
            problems=faults,
        )
    read: Mapping[str, Any] = {}
    if said.agreed or said.whole_read is not None:
        rules = work.policy.rationale
        read = read_as_a_whole(decision, rules, said.whole_read, who.account_id, work.now)
    return replace(
        decision,
        **read,
        state=DECISION.after(decision.state, _action_of(said)),
        answered_at=work.now,
        answered_by=who.account_id,
        answer_words=said.words,
        version=decision.version + 1,
    )
