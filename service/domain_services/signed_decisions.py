"""Signed decisions: what they decide is carried out, in the place of what stood before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.accountabilities import (
    Accountability,
    CareService,
)
from service.domain.contacts import (
    CHILD,
    ChildAction,
    ChildState,
    Contact,
    ContactAction,
    ContactState,
    state_after,
)
from service.domain.cumulative_concerns import newly_read
from service.domain.decisions import (
    Decision,
    DecisionState,
    Outcome,
)
from service.domain.early_help_episodes import (
    EpisodeClosure,
)
from service.domain.events import EventType, of_each
from service.domain.passed_concerns import refuse_if_held_otherwise
from service.domain.referrals import CaseAction
from service.domain.sign_offs import STOPPED_WHEN_DECIDED
from service.domain.whole_contacts import WholeContact
from service.domain_services.cases import (
    close_case,
    raise_basis,
    take_referral_back,
)
from service.domain_services.challenges import (
    carry_out_challenge,
    overtake_challenges,
)
from service.domain_services.decisions import (
    challenge_that_allows,
    open_to_social_care,
    refuse_if_moved_on,
    supersede_decision,
)
from service.domain_services.lives import changed_to
from service.domain_services.opened_cases import open_episode_decided, open_referral_decided
from service.domain_services.passed_concerns import follow_child, pass_concern, settle_superseded
from service.domain_services.section_47_enquiries import refuse_while_protection_is_under_way
from service.domain_services.transfers import settle_transfers
from service.persistence.clocks import stop_clocks
from service.persistence.repositories import (
    accountabilities,
    contacts,
    decisions,
    transfers,
)
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.persistence.units_of_work import Work


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What a signed decision led to: a case that it opened, or one that it joined.

    And the decision that it took the place of, with the challenge that had led to that and since
    when nobody had read what that one passed; and what this one passed to who holds the case.
    """

    opened_id: UUID | None = None
    joined_id: UUID | None = None
    closed_id: UUID | None = None
    settled: Sequence[UUID] = ()
    overtaken: Sequence[UUID] = ()
    superseded_id: UUID | None = None
    changed_by_id: UUID | None = None
    unread_since: datetime | None = None
    passed_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CarriedOutAnswers:
    """Decisions as they were answered, each with what it led to, and the contact's state."""

    answers: Sequence[tuple[Decision, CarriedOut]]
    contact_state: ContactState


async def carry_out_answers(
    work: Work, who: Caller, contact: Contact, given: Sequence[tuple[Decision, Decision]]
) -> CarriedOutAnswers:
    """Carries out what decisions that waited became, each told as it was and as it is from now on.

    The contact is held. What is signed exists at once; children and contact follow.
    """
    for decision, after in given:
        because = "signed" if after.state is DecisionState.signed else "returned"
        if after.emergency_act_id is not None:
            because = "acted_out_of_hours"
        await stop_clocks(work, contact.id, decision.id, ["sign_off"], because)
    file = await contacts.whole(work, contact)
    carried: dict[UUID, CarriedOut] = {}
    # In one order by everybody, since each child is held in turn.
    for _, after in sorted(given, key=lambda one: one[1].person_id):
        carried[after.id] = CarriedOut()
        if after.state is DecisionState.signed:
            carried[after.id] = await _agree(work, who, file, after)
    done: list[Decision] = []
    for decision, after in given:
        done.append(
            await changed_to(
                work,
                decision,
                state=after.state,
                answered_at=after.answered_at,
                answered_by=after.answered_by,
                answer_words=after.answer_words,
                emergency_act_id=after.emergency_act_id,
                **newly_read(decision, after),
                joined_case_id=carried[after.id].joined_id,
                passed_concern_id=carried[after.id].passed_id,
            )
        )
    state = await _follow(work, file, done)
    return CarriedOutAnswers([(one, carried[one.id]) for one in done], state)


def record_answers(
    work: Work,
    who: Caller,
    type_: EventType,
    contact_state: ContactState,
    answered: Sequence[tuple[Decision, CarriedOut]],
    subject_id: UUID | None = None,
) -> None:
    """Keeps the event: of the decision, or of the contact where it is of several.

    `subject_id` is what it happened to, where that is something else than the decision.
    """
    first = answered[0][0]
    alone = len(answered) == 1
    work.record(
        type_,
        who,
        (subject_id or first.id) if alone else first.contact_id,
        contact_id=first.contact_id,
        about=[decision.person_id for decision, _ in answered],
        contact_state=contact_state,
        **of_each(
            "decisions",
            [
                {
                    "decision_id": decision.id,
                    "child_id": decision.child_id,
                    "outcome": decision.outcome,
                    "led_to": carried.opened_id,
                    "joined_id": carried.joined_id,
                    "superseded_id": carried.superseded_id,
                    "closed_id": carried.closed_id,
                    "settled_transfer_ids": list(carried.settled),
                    "overtaken_challenge_ids": list(carried.overtaken),
                    "changed_by_challenge_id": carried.changed_by_id,
                    "passed_concern_id": carried.passed_id,
                    **_acted_alone(decision),
                }
                for decision, carried in answered
            ],
        ),
    )


def _acted_alone(decision: Decision) -> Mapping[str, object]:
    if decision.emergency_act_id is None:
        return {}
    return {"emergency_act_id": decision.emergency_act_id}


async def _follow(work: Work, file: WholeContact, answered: Sequence[Decision]) -> ContactState:
    """Lets children and contact follow the answers; the state of the contact from then on.

    A child for whom another decision had been signed stays decided, whatever is answered.
    """
    contact, decided = file.contact, {one.id: one.state for one in file.children}
    state, decided_at = contact.state, contact.decided_at
    # What is returned goes first: what is signed then finds the contact as it will be.
    for decision in sorted(answered, key=lambda one: one.state is DecisionState.signed):
        child = next(one for one in file.children if one.id == decision.child_id)
        if child.state is ChildState.decided:
            continue
        signed = decision.state is DecisionState.signed
        decided[child.id] = CHILD.after(
            child.state, ChildAction.sign_off if signed else ChildAction.return_decision
        )
        await contacts.set_child(work, child.id, decided[child.id], work.now if signed else None)
        last = all(one is ChildState.decided for one in decided.values())
        state = state_after(replace(contact, state=state), _action(signed, last))
        decided_at = work.now if last else None
    if decided_at is not None and contact.decided_at is None:
        await stop_clocks(work, contact.id, contact.id, STOPPED_WHEN_DECIDED, "decided")
    await changed_to(work, contact, state=state, decided_at=decided_at)
    return state


def _action(signed: bool, last: bool) -> ContactAction:
    if not signed:
        return ContactAction.return_a_decision
    return ContactAction.sign_last_decision if last else ContactAction.sign_a_decision


async def _agree(work: Work, who: Caller, file: WholeContact, decision: Decision) -> CarriedOut:
    """Carries out what a manager agreed to, in the place of what was decided before."""
    standing = next(
        (
            one
            for one in file.decisions
            if one.child_id == decision.child_id and one.state is DecisionState.signed
        ),
        None,
    )
    answers = await accountabilities.held(work, decision.person_id)
    before = CarriedOut()
    if standing is not None:
        before = await _replace_standing(work, who, standing, answers, decision)
        if before.closed_id is not None:
            answers = None
    done = await _carry_out(work, who, file, decision, answers)
    moved = before.closed_id is not None or done.closed_id is not None
    if moved:
        await follow_child(work, decision.person_id)
    if moved and answers is not None:
        answers = await accountabilities.of_person(work, decision.person_id)
    passed = None
    if answers is not None and done.opened_id is None:
        passed = pass_concern(
            work, who, decision, file.contact.rating, answers, before.unread_since
        )
    return replace(
        done,
        passed_id=None if passed is None else passed.id,
        closed_id=done.closed_id or before.closed_id,
        settled=[*done.settled, *before.settled],
        superseded_id=before.superseded_id,
        changed_by_id=before.changed_by_id,
    )


async def _replace_standing(
    work: Work,
    who: Caller,
    standing: Decision,
    answers: Accountability | None,
    decision: Decision,
) -> CarriedOut:
    """Ends the decision that stood for the child. Raises ChildMovedOn and ChallengeOpen."""
    await refuse_if_moved_on(work, standing, answers)
    changing = await challenge_that_allows(work, standing)
    closed_id, settled = await _settle_superseded(work, who, standing, answers)
    unread_since = await settle_superseded(work, standing) if answers is not None else None
    if changing is not None:
        # Before what is decided is done: social care taking over overtakes the other ones.
        await carry_out_challenge(work, who, changing, decision.id)
    return CarriedOut(
        closed_id=closed_id,
        settled=settled,
        superseded_id=standing.id,
        changed_by_id=None if changing is None else changing.id,
        unread_since=unread_since,
    )


async def _carry_out(
    work: Work,
    who: Caller,
    file: WholeContact,
    decision: Decision,
    answers: Accountability | None,
) -> CarriedOut:
    """Makes what the signed decision decides: the receiving team is accountable from now on.

    A child who is open already is not opened twice: the decision joins the case that answers for
    the child. Social care takes over from early help at once, which settles what was under way
    between them; early help takes over from social care by a step-down alone.
    """
    if decision.outcome is Outcome.early_help:
        if answers is None:
            return CarriedOut(opened_id=(await open_episode_decided(work, file, decision, None)).id)
        if answers.service is CareService.social_care:
            raise open_to_social_care()
        return CarriedOut(joined_id=answers.case_id)
    if decision.outcome is Outcome.referral:
        if answers is None:
            return CarriedOut(
                opened_id=(await open_referral_decided(work, file, decision, None)).id
            )
        if answers.service is CareService.social_care:
            return CarriedOut(joined_id=await _join(work, decision, answers.case_id))
        return await _take_over(work, who, file, decision, answers)
    refuse_if_held_otherwise(decision.outcome, None if answers is None else answers.service)
    if decision.outcome is Outcome.passed_to_case_holder and answers is not None:
        return CarriedOut(joined_id=answers.case_id)
    return CarriedOut()


async def _take_over(
    work: Work,
    who: Caller,
    file: WholeContact,
    decision: Decision,
    answers: Accountability,
) -> CarriedOut:
    """Social care takes a child on from early help, by a decision on a new contact."""
    step_down = await transfers.open_step_down(work, decision.person_id)
    settled = await settle_transfers(work, who, decision.person_id, "taken_on_by_decision")
    overtaken = await overtake_challenges(work, who, decision.person_id)
    episode = await EPISODES.read_held(work, answers.case_id)
    await close_case(
        work,
        who,
        EPISODES,
        episode,
        CaseAction.step_up,
        EpisodeClosure.stepped_up,
        "Social care took the child on by a decision on a new contact.",
        clock_stops="stepped_up",
    )
    ended = CarriedOut(closed_id=episode.id, settled=settled, overtaken=overtaken)
    if step_down is not None and step_down.early_help_episode_id == episode.id:
        # Early help had accepted, and social care's case is still open: it takes the child back.
        referral = await take_referral_back(work, step_down.referral_id)
        await accountabilities.give(work, referral, answers)
        return replace(ended, joined_id=await _join(work, decision, referral.id))
    return replace(ended, opened_id=(await open_referral_decided(work, file, decision, answers)).id)


async def _join(work: Work, decision: Decision, referral_id: UUID) -> UUID:
    """Joins the open referral: a more serious concern raises its statutory basis."""
    await raise_basis(work, referral_id, decision.statutory_basis)
    return referral_id


async def _settle_superseded(
    work: Work, who: Caller, old: Decision, answers: Accountability | None
) -> tuple[UUID | None, Sequence[UUID]]:
    """Ends the decision that stood, and whatever it had led to, in this same transaction.

    Returns the referral or episode that this closed, and the transfers that it settled. A case
    that another standing decision joined stays open: the child is still somebody's.
    """
    await supersede_decision(work, old)
    kinds: tuple[tuple[Any, str], ...] = (
        (REFERRALS, "RC7"),
        (EPISODES, EpisodeClosure.decision_superseded),
    )
    for cases, code in kinds:
        case = await cases.of_decision_held(work, old.id)
        if case is None or case.closed_at is not None:
            continue
        if await decisions.joined_by_another(work, case.id):
            return None, ()
        if cases is REFERRALS:
            await refuse_while_protection_is_under_way(work, old.person_id)
        settled = await settle_transfers(work, who, old.person_id, "decision_superseded")
        await close_case(
            work,
            who,
            cases,
            case,
            CaseAction.supersede,
            code,
            "The decision behind it was superseded by a new signed decision.",
            clock_stops="decision_superseded",
        )
        if answers is not None and answers.case_id == case.id:
            await accountabilities.end(work, old.person_id)
        return case.id, settled
    return None, ()
