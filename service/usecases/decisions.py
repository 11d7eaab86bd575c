"""Threshold decisions: drafted for one child, signed off or returned by somebody else."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import CHILD, CONTACT, Child, ChildAction, ChildState, ContactAction
from service.domain.decisions import (
    DECISION,
    AgencyAsked,
    CannotSupersede,
    ChildAlreadyDecided,
    Decision,
    DecisionAction,
    DecisionIncomplete,
    DecisionState,
    DecisionWaiting,
    LevelOfNeed,
    Outcome,
    OwnDecision,
    OwnWordsNeeded,
    PromptAnswer,
    StatutoryBasis,
    faults_in_draft,
    stock_phrase_fault,
)
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.errors import NotFound, Problem, Stale
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.information_requests import InformationRequestState
from service.domain.references import new_reference
from service.domain.referrals import CASE, CaseAction, Referral
from service.domain.whole_contacts import WholeContact, WholeDecision
from service.persistence.asking import Asking
from service.persistence.repositories import contacts, deadlines, decisions, people
from service.persistence.repositories.cases import EPISODES, REFERRALS, Cases
from service.persistence.units_of_work import Work, new_id
from service.policy import Team, TeamWork

# Refusals from below that routes name in the contract.
ContactNotFound = contacts.ContactNotFound
DecisionNotFound = decisions.DecisionNotFound

_CONTACT_CLOCKS = ("contact_to_referral", "statutory_decision", "triage")


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A threshold decision as the worker drafts it."""

    child_id: UUID
    level_of_need: LevelOfNeed
    outcome: Outcome
    rationale: str
    statutory_basis: StatutoryBasis | None = None
    primary_need_code: str | None = None
    history_considered: str | None = None
    last_closed_because: str | None = None
    agencies: Sequence[AgencyAsked] = ()
    prompts: Sequence[PromptAnswer] = ()
    assessment_tool: str | None = None
    assessment_score: str | None = None
    receiving_team_id: str | None = None
    advice_given: str | None = None
    supersedes_id: UUID | None = None
    supersedes_because: str | None = None


class ChildNotOnContact(NotFound):
    """The child is not on this contact."""

    code = "child_not_on_contact"
    title = "No such child on this contact"


async def decide(work: Work, who: Caller, contact_id: UUID, new: NewDecision) -> Decision:
    """Drafts the threshold decision for one child; it then waits for somebody else's sign-off.

    Raises DecisionIncomplete naming every gap (rules 2 to 5), ChildAlreadyDecided for a second
    decision on a signed child that does not say which decision it supersedes and why (rule 7).
    """
    who.require(Permission.decide)
    contact = await contacts.held(work, who, contact_id)
    file = await contacts.whole(work, contact)
    child = next((one for one in file.children if one.id == new.child_id), None)
    if child is None:
        raise ChildNotOnContact("Use the id of a child as GET of this contact gives it.")
    earlier = [one for one in file.decisions if one.child_id == child.id]
    superseded = await _supersede_or_refuse(work, child, earlier, new)
    history = await people.history(work, who, child.person_id, but=contact.id)
    draft = _draft(work, who, file, child, new, superseded)
    asked: dict[str, bool] = {}
    for request in file.requests:
        answered = request.state is InformationRequestState.answered
        asked[request.organisation_id] = asked.get(request.organisation_id, True) and answered
    problems = faults_in_draft(
        draft,
        has_history=bool(history),
        asked=asked,
        prompts=[prompt.key for prompt in work.policy.decision_prompts],
        rationale_rules=work.policy.rationale,
    )
    problems += _unknown_codes(work, draft)
    if problems:
        raise DecisionIncomplete(
            "The decision leaves something out. Put right what is named and send it again.",
            problems=problems,
        )
    if child.state is ChildState.undecided:
        rest = [one for one in file.children if one.id != child.id]
        last = all(one.state is not ChildState.undecided for one in rest)
        state = CONTACT.after(
            contact.state,
            ContactAction.decide_last_child if last else ContactAction.decide_a_child,
        )
        await contacts.set_child(work, child.id, CHILD.after(child.state, ChildAction.decide))
    else:
        state = contact.state
    await work.change(type(contact), contact.id, contact.version, state=state)
    work.add(draft)
    deadlines.start(work, "sign_off", SubjectKind.decision, draft.id, contact.id, draft.drafted_at)
    work.record(
        EventType.decision_drafted,
        who,
        draft.id,
        contact_id=contact.id,
        person_id=child.person_id,
        child_id=child.id,
        outcome=draft.outcome,
        level_of_need=draft.level_of_need,
        supersedes_id=draft.supersedes_id,
    )
    return draft


async def _supersede_or_refuse(
    work: Work, child: Child, earlier: Sequence[Decision], new: NewDecision
) -> Decision | None:
    """The decision that the new one replaces; a waiting one is replaced at once.

    A signed one goes on standing until the new one is signed. A draft after a return names the
    returned one by itself.
    """
    waiting = next((one for one in earlier if one.state is DecisionState.awaiting_sign_off), None)
    standing = next((one for one in earlier if one.state is DecisionState.signed), None)
    replaced = waiting or standing
    if new.supersedes_id is None:
        if waiting is not None:
            raise DecisionWaiting(
                "A decision for this child waits for sign-off. To change your mind before it is "
                "answered, name it in supersedes with the reason.",
                state=waiting.state,
                allowed=DECISION.allowed(waiting.state),
            )
        if standing is not None:
            raise ChildAlreadyDecided(
                "A signed decision stands for this child, and decisions are never edited. A "
                "changed mind is a new decision: name the one it supersedes, and say why.",
                state=child.state,
                allowed=(DecisionAction.supersede,),
            )
        return earlier[-1] if earlier else None
    if replaced is None and earlier:
        # Sent back: the new draft answers it, and both versions stay.
        replaced = earlier[-1]
    if replaced is None or replaced.id != new.supersedes_id:
        raise CannotSupersede(
            "Only the decision that waits, stands or was sent back last for this child can be "
            "superseded.",
            problems=[
                Problem(
                    "/supersedes/decision_id",
                    "Name the decision that waits for sign-off or stands for this child, as GET "
                    "of this contact lists it.",
                    "not_the_latest_decision",
                )
            ],
        )
    if not new.supersedes_because:
        raise CannotSupersede(
            "A changed mind says why.",
            problems=[
                Problem("/supersedes/because", "Say why the mind was changed.", "reason_missing")
            ],
        )
    if replaced is waiting:
        await _supersede(work, waiting)
        await deadlines.stop(work, waiting.contact_id, waiting.id, ["sign_off"], "superseded")
    return replaced


async def _supersede(work: Work, decision: Decision) -> None:
    await work.change(
        Decision,
        decision.id,
        decision.version,
        state=DECISION.after(decision.state, DecisionAction.supersede),
        superseded_at=work.now,
    )


def _draft(
    work: Work,
    who: Caller,
    file: WholeContact,
    child: Child,
    new: NewDecision,
    superseded: Decision | None,
) -> Decision:
    return Decision(
        id=new_id(),
        contact_id=file.contact.id,
        child_id=child.id,
        person_id=child.person_id,
        state=DECISION.start,
        level_of_need=new.level_of_need,
        outcome=new.outcome,
        statutory_basis=new.statutory_basis,
        primary_need_code=new.primary_need_code,
        rationale=new.rationale,
        history_considered=new.history_considered,
        last_closed_because=new.last_closed_because,
        agencies=[asdict(line) for line in new.agencies],
        prompts=[asdict(line) for line in new.prompts],
        assessment_tool=new.assessment_tool,
        assessment_score=new.assessment_score,
        receiving_team_id=new.receiving_team_id,
        advice_given=new.advice_given,
        supersedes_id=None if superseded is None else superseded.id,
        supersedes_because=new.supersedes_because,
        drafted_at=work.now,
        drafted_by=who.account_id,
        answered_at=None,
        answered_by=None,
        answer_words=None,
        superseded_at=None,
        version=1,
    )


_WORK_OF = {
    Outcome.referral: TeamWork.referral,
    Outcome.early_help: TeamWork.early_help_episode,
}


def _unknown_codes(work: Work, draft: Decision) -> list[Problem]:
    problems: list[Problem] = []
    needs = work.policy.codes.primary_need
    if draft.primary_need_code is not None and draft.primary_need_code not in needs:
        problems.append(
            Problem(
                "/primary_need_code",
                f"Use a primary need code: {', '.join(needs)}.",
                "code_unknown",
            )
        )
    problems += [
        Problem(
            f"/agencies/{position}/organisation_id",
            "Use an organisation of the policy: GET /v1/organisations lists them.",
            "organisation_unknown",
        )
        for position, line in enumerate(draft.agencies)
        if work.policy.find_organisation(str(line["organisation_id"])) is None
    ]
    if draft.receiving_team_id is not None:
        teams = [team.id for team in _teams_for(work, draft.outcome)]
        if draft.receiving_team_id not in teams:
            problems.append(
                Problem(
                    "/receiving_team_id",
                    f"Use a team that takes this outcome: {', '.join(teams)}."
                    if teams
                    else "This outcome goes to no team: leave this out.",
                    "team_cannot_receive",
                )
            )
    return problems


def _teams_for(work: Work, outcome: Outcome) -> Sequence[Team]:
    kind = _WORK_OF.get(outcome)
    return () if kind is None else work.policy.teams_for(kind)


async def sign_off(
    work: Work, who: Caller, decision_id: UUID, version: int, *, agreed: bool, words: str
) -> Decision:
    """A manager other than the decider agrees a decision or returns it, in their own words.

    Agreed, its outcome exists at once: a referral, an early help episode, or the end of the matter
    for this child; the clocks that run on the contact stop when every child on it is signed.
    Returned, both versions stay. Raises OwnDecision, OwnWordsNeeded, WrongState, Stale.
    """
    who.require(Permission.sign_off)
    found = await decisions.get(work, who, decision_id)
    contact = await contacts.held(work, who, found.contact_id)
    decision = await decisions.get(work, who, decision_id)
    if decision.version != version:
        raise Stale(decision.version)
    action = DecisionAction.agree if agreed else DecisionAction.return_to_decider
    state = DECISION.after(decision.state, action)
    if decision.drafted_by == who.account_id:
        raise OwnDecision(
            "You drafted this decision, so somebody else must sign it off. It stays in the "
            "sign-off queue; ask another manager."
        )
    no_words = stock_phrase_fault(words, work.policy.rationale, "/words")
    if no_words is not None:
        raise OwnWordsNeeded(
            "A stock phrase does not tell what you looked at. Say it in your own words.",
            problems=[no_words],
        )
    await deadlines.stop(
        work, contact.id, decision.id, ["sign_off"], "signed" if agreed else "returned"
    )
    answered = replace(
        decision,
        state=state,
        answered_at=work.now,
        answered_by=who.account_id,
        answer_words=words,
        version=decision.version + 1,
    )
    file = await contacts.whole(work, contact)
    child = next(one for one in file.children if one.id == decision.child_id)
    replaces_signed = child.state is ChildState.decided
    standing = next(
        (
            one
            for one in file.decisions
            if one.child_id == child.id and one.state is DecisionState.signed
        ),
        None,
    )
    closed_id = None
    if agreed and standing is not None:
        closed_id = await _settle_superseded(work, who, standing)
    await work.change(
        Decision,
        decision.id,
        decision.version,
        state=state,
        answered_at=work.now,
        answered_by=who.account_id,
        answer_words=words,
    )
    if replaces_signed:
        contact_state, decided_at = contact.state, contact.decided_at
    elif agreed:
        rest = [one for one in file.children if one.id != child.id]
        last = all(one.state is ChildState.decided for one in rest)
        contact_state = CONTACT.after(
            contact.state,
            ContactAction.sign_last_decision if last else ContactAction.sign_a_decision,
        )
        decided_at = work.now if last else None
        await contacts.set_child(
            work, child.id, CHILD.after(child.state, ChildAction.sign_off), work.now
        )
        if last:
            await deadlines.stop(work, contact.id, contact.id, _CONTACT_CLOCKS, "decided")
    else:
        contact_state = CONTACT.after(contact.state, ContactAction.return_a_decision)
        decided_at = None
        await contacts.set_child(
            work, child.id, CHILD.after(child.state, ChildAction.return_decision)
        )
    await work.change(
        type(contact), contact.id, contact.version, state=contact_state, decided_at=decided_at
    )
    led_to = await _carry_out(work, file, answered) if agreed else None
    work.record(
        EventType.decision_signed if agreed else EventType.decision_returned,
        who,
        decision.id,
        contact_id=contact.id,
        person_id=child.person_id,
        child_id=child.id,
        outcome=decision.outcome,
        led_to=led_to,
        superseded_id=standing.id if agreed and standing is not None else None,
        closed_id=closed_id,
        contact_state=contact_state,
    )
    return answered


async def _carry_out(work: Work, file: WholeContact, decision: Decision) -> UUID | None:
    """Makes what the signed decision decides: the receiving team is accountable from now on."""
    if decision.outcome is Outcome.referral:
        return (await _open_referral(work, file, decision)).id
    if decision.outcome is Outcome.early_help:
        return (await _open_episode(work, file, decision)).id
    return None


async def _open_referral(work: Work, file: WholeContact, decision: Decision) -> Referral:
    previous = await REFERRALS.latest_of_person(work, decision.person_id, but=file.contact.id)
    last_help = await EPISODES.latest_of_person(work, decision.person_id, but=file.contact.id)
    known = [one for one in (previous, last_help) if one is not None]
    last_known = max(known, key=lambda one: one.accepted_at, default=None)
    months = work.policy.re_referral_within_months
    referral = Referral(
        id=new_id(),
        reference=new_reference("R"),
        contact_id=file.contact.id,
        child_id=decision.child_id,
        person_id=decision.person_id,
        decision_id=decision.id,
        statutory_basis=decision.statutory_basis or StatutoryBasis.section_17,
        source_code=file.contact.source_code,
        state=CASE.start,
        accepted_at=work.now,
        team_id=decision.receiving_team_id or work.policy.teams_for(TeamWork.referral)[0].id,
        worker_id=None,
        allocated_at=None,
        previous_referral_id=None if previous is None else previous.id,
        re_referral=previous is not None
        and months_after(previous.accepted_at, months) > file.contact.received_at,
        last_known_team_id=None if last_known is None else last_known.team_id,
        closed_at=None,
        closed_by=None,
        closure_code=None,
        closure_reason=None,
        version=1,
    )
    work.add(referral)
    deadlines.start(
        work, "allocation", SubjectKind.referral, referral.id, referral.contact_id, work.now
    )
    return referral


async def _open_episode(work: Work, file: WholeContact, decision: Decision) -> EarlyHelpEpisode:
    teams = work.policy.teams_for(TeamWork.early_help_episode)
    episode = EarlyHelpEpisode(
        id=new_id(),
        reference=new_reference("E"),
        contact_id=file.contact.id,
        child_id=decision.child_id,
        person_id=decision.person_id,
        decision_id=decision.id,
        level_of_need=decision.level_of_need,
        source_code=file.contact.source_code,
        state=CASE.start,
        accepted_at=work.now,
        team_id=decision.receiving_team_id or teams[0].id,
        worker_id=None,
        allocated_at=None,
        closed_at=None,
        closed_by=None,
        closure_code=None,
        closure_reason=None,
        version=1,
    )
    work.add(episode)
    deadlines.start(
        work,
        "early_help_allocation",
        SubjectKind.early_help_episode,
        episode.id,
        episode.contact_id,
        work.now,
    )
    return episode


def months_after(at: datetime, months: int) -> datetime:
    """The same day and time so many months later; the last day of a shorter month."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    for day in range(at.day, 27, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return at.replace(year=year, month=month + 1)


async def _settle_superseded(work: Work, who: Caller, old: Decision) -> UUID | None:
    """Ends the decision that stood, and whatever it had led to, in this same transaction.

    Returns the referral or episode that this closed.
    """
    await _supersede(work, old)
    return await _close_superseded(
        work, who, REFERRALS, old, "allocation", "RC7"
    ) or await _close_superseded(
        work, who, EPISODES, old, "early_help_allocation", EpisodeClosure.decision_superseded
    )


async def _close_superseded(
    work: Work,
    who: Caller,
    cases: Cases[Referral] | Cases[EarlyHelpEpisode],
    old: Decision,
    clock: str,
    closure_code: str,
) -> UUID | None:
    case = await cases.of_decision_held(work, old.id)
    if case is None or case.closed_at is not None:
        return None
    await deadlines.stop(work, case.contact_id, case.id, [clock], "decision_superseded")
    await work.change(
        cases.record,
        case.id,
        case.version,
        state=CASE.after(case.state, CaseAction.supersede),
        closed_at=work.now,
        closed_by=who.account_id,
        closure_code=closure_code,
        closure_reason="The decision behind it was superseded by a new signed decision.",
    )
    return case.id


async def read_decision(ask: Asking, who: Caller, decision_id: UUID) -> WholeDecision:
    """One decision, the clock of its sign-off and what it led to. Raises DecisionNotFound."""
    who.require(Permission.read_decisions)
    return await whole_decision(ask, await decisions.get(ask, who, decision_id))


async def whole_decision(ask: Asking, decision: Decision) -> WholeDecision:
    """What hangs on a decision that the caller may see."""
    referral = episode = None
    if decision.answered_at is not None:
        if decision.outcome is Outcome.referral:
            referral = await REFERRALS.of_decision(ask, decision.id)
        if decision.outcome is Outcome.early_help:
            episode = await EPISODES.of_decision(ask, decision.id)
    return WholeDecision(
        decision=decision,
        deadlines=await deadlines.of_subject(ask, decision.contact_id, decision.id),
        referral_id=None if referral is None else referral.id,
        early_help_episode_id=None if episode is None else episode.id,
    )
