"""Threshold decisions: drafted for one child, signed off or returned by somebody else."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.accountabilities import (
    Accountability,
    CareService,
    ChildMovedOn,
    OpenToSocialCare,
)
from service.domain.challenges import Challenge, ChallengeState
from service.domain.concerns import ConcernCounts
from service.domain.contacts import (
    CHILD,
    REPEAT_CONCERN,
    Child,
    ChildAction,
    ChildNotOnContact,
    ChildState,
    ContactAction,
    state_after,
)
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
from service.domain.errors import Problem, Stale
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.information_requests import is_answered
from service.domain.possible_matches import (
    MatchOnFile,
    MatchSaid,
    PossibleMatchUnresolved,
    unresolved,
)
from service.domain.referrals import CaseAction, Referral
from service.domain.whole_contacts import WholeContact, WholeDecision
from service.domain_services.cases import (
    Origin,
    close_case,
    moved_on,
    open_episode,
    open_referral,
    raise_basis,
    take_referral_back,
)
from service.domain_services.challenges import (
    carry_out_challenge,
    overtake_challenges,
    refuse_while_challenged,
)
from service.domain_services.child_records import answer_match
from service.domain_services.concerns import (
    concerns_as_of_now,
    counts_of_child,
    start_concern_clock_if_missed,
)
from service.domain_services.daily_meetings import hold_item_to_decide, settle_item
from service.domain_services.possible_matches import keep_matches
from service.domain_services.section_47_enquiries import refuse_while_protection_is_under_way
from service.domain_services.transfers import settle_transfers
from service.persistence.asking import Asking
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.repositories import (
    accountabilities,
    challenges,
    contacts,
    deadlines,
    decisions,
    histories,
    possible_matches,
    transfers,
)
from service.persistence.repositories.cases import EPISODES, REFERRALS, Cases
from service.persistence.units_of_work import Work, new_id
from service.policy import Team, TeamWork

# Refusals from below that routes name in the contract.
ContactNotFound = contacts.ContactNotFound
DecisionNotFound = decisions.DecisionNotFound

_CONTACT_CLOCKS = ("contact_to_referral", "statutory_decision", "triage", REPEAT_CONCERN)


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
    matches: Sequence[MatchSaid] = ()


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
    for place, said in enumerate(new.matches):
        child = await answer_match(work, who, file, child, said, f"/matches/{place}")
    if new.matches:
        file = await contacts.whole(work, contact)
    earlier = [one for one in file.decisions if one.child_id == child.id]
    superseded = await _supersede_or_refuse(work, child, earlier, new)
    answers = await accountabilities.of_person(work, child.person_id)
    standing = next((one for one in earlier if one.state is DecisionState.signed), None)
    if new.outcome is Outcome.early_help and answers is not None:
        await _refuse_early_help_from_social_care(work, answers, standing)
    now = await concerns_as_of_now(
        work.look, work.policy, who, work.now, contact, file.children, file.adults
    )
    said_before = await possible_matches.standing(work, contact.id, file.children)
    matches = await keep_matches(work, contact.id, file.children, now.possible, said_before)
    same = said_before.same_as(child.person_id)
    history = await _has_history(work, who, [child.person_id, *same], contact.id)
    counts = counts_of_child(work.policy, now, child.id)
    draft = _draft(work, who, file, child, new, superseded, counts)
    problems = faults_in_draft(
        draft,
        has_history=history,
        asked=is_answered(file.requests),
        prompts=[prompt.key for prompt in work.policy.decision_prompts],
        rationale_rules=work.policy.rationale,
    )
    problems += _unknown_codes(work, draft)
    problems += await _team_of_another(work, draft, answers, standing)
    unanswered = unresolved(
        [
            one
            for one in matches
            if one.match.child_id == child.id and not _stays_apart(child, answers, one)
        ]
    )
    if unanswered:
        raise PossibleMatchUnresolved(
            "Somebody on file may be this child. Say first whether it is the same child: then what "
            "is on file is shown, and no second case is opened.",
            problems=[*unanswered, *problems],
        )
    if problems:
        raise DecisionIncomplete(
            "The decision leaves something out. Put right what is named and send it again.",
            problems=problems,
        )
    if child.state is ChildState.undecided:
        rest = [one for one in file.children if one.id != child.id]
        last = all(one.state is not ChildState.undecided for one in rest)
        state = state_after(
            contact,
            ContactAction.decide_last_child if last else ContactAction.decide_a_child,
        )
        await contacts.set_child(work, child.id, CHILD.after(child.state, ChildAction.decide))
    else:
        state = contact.state
    await work.change(type(contact), contact.id, contact.version, state=state)
    work.add(draft)
    start_clock(work, "sign_off", SubjectKind.decision, draft.id, contact.id, draft.drafted_at)
    await start_concern_clock_if_missed(work, contact, file.children)
    await settle_item(work, who, contact.id, child.id, draft.id)
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


async def record_meeting_outcome(
    work: Work, who: Caller, day: date, item_id: UUID, new: NewDecision
) -> Decision:
    """Drafts the decision for a child on the agenda of a daily meeting, which settles its item.

    Raises MeetingItemNotFound, ItemOfAnotherChild, WrongState, and whatever `decide` raises.
    """
    who.require(Permission.decide)
    item = await hold_item_to_decide(work, who, day, item_id, new.child_id)
    return await decide(work, who, item.contact_id, new)


def _stays_apart(child: Child, answers: Accountability | None, found: MatchOnFile) -> bool:
    """Whether a changed mind need not wait: both are open, so that a link could not join them."""
    decided = child.state is ChildState.decided
    return decided and answers is not None and found.open_case is not None


async def _has_history(work: Work, who: Caller, people: Sequence[UUID], but: UUID) -> bool:
    """Whether anything else is on file of a child, by any record said to be the child's."""
    for person_id in people:
        if await histories.of_child(work, who, person_id, but=but):
            return True
    return False


async def _supersede_or_refuse(
    work: Work, child: Child, earlier: Sequence[Decision], new: NewDecision
) -> Decision | None:
    """The decision that the new one replaces; a waiting one is replaced at once.

    A signed one goes on standing until the new one is signed. A draft after a return names the
    returned one by itself.
    """
    earlier = [one for one in earlier if one.state is not DecisionState.withdrawn]
    waiting = next((one for one in earlier if one.state is DecisionState.awaiting_sign_off), None)
    standing = next((one for one in earlier if one.state is DecisionState.signed), None)
    replaced = waiting or standing
    if new.supersedes_id is None:
        if waiting is not None:
            raise DecisionWaiting(
                "A decision for this child waits for sign-off. To change your mind before it is "
                "answered, name it in supersedes with the reason, or withdraw it.",
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
    if replaced is standing:
        answers = await accountabilities.of_person(work, standing.person_id)
        await _refuse_if_moved_on(work, standing, answers)
        await _challenge_that_allows(work, standing)
    if replaced is waiting:
        await _supersede(work, waiting)
        await stop_clocks(work, waiting.contact_id, waiting.id, ["sign_off"], "superseded")
    return replaced


async def _challenge_that_allows(work: Work, standing: Decision) -> Challenge | None:
    """The challenge that led to this change of a standing decision, when one did.

    Raises ChallengeOpen while another challenge about the child is open (rule 8).
    """
    found = await challenges.open_of_person(work, standing.person_id)
    changing = next(
        (
            one
            for one in found
            if one.state is ChallengeState.awaiting_change and one.decision_id == standing.id
        ),
        None,
    )
    await refuse_while_challenged(
        work, standing.person_id, but=None if changing is None else changing.id
    )
    return changing


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
    counts: ConcernCounts,
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
        joined_case_id=None,
        repeat_concern=counts.as_json(),
        version=1,
    )


async def _replaces(work: Work, case_id: UUID, standing: Decision | None) -> bool:
    """Whether this case is what the decision that stands led to: it will close with it."""
    if standing is None:
        return False
    for cases in (REFERRALS, EPISODES):
        case = await cases.of_decision(work, standing.id)
        if case is not None and case.id == case_id:
            return not await decisions.joined_by_another(work, case_id)
    return False


async def _refuse_early_help_from_social_care(
    work: Work, answers: Accountability, standing: Decision | None
) -> None:
    if answers.service is CareService.social_care and not await _replaces(
        work, answers.case_id, standing
    ):
        raise _open_to_social_care()


async def _team_of_another(
    work: Work, draft: Decision, answers: Accountability | None, standing: Decision | None
) -> list[Problem]:
    """The fault of naming a team for a child who stays with the one that answers already."""
    if draft.receiving_team_id is None or answers is None:
        return []
    joins: Cases[Any] | None = None
    if (draft.outcome, answers.service) == (Outcome.referral, CareService.social_care):
        joins = REFERRALS
    if (draft.outcome, answers.service) == (Outcome.early_help, CareService.early_help):
        joins = EPISODES
    if joins is None or await _replaces(work, answers.case_id, standing):
        return []
    case = await joins.read_held(work, answers.case_id)
    if case.team_id == draft.receiving_team_id:
        return []
    return [
        Problem(
            "/receiving_team_id",
            f"The child is open already, and {case.team_id} answers for the child: leave this "
            "out, and the decision joins that case.",
            "child_has_a_team",
        )
    ]


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
    if agreed:
        await contacts.renew_with_others(work, found.contact_id, found.person_id)
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
    await stop_clocks(
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
    answers = await accountabilities.held(work, decision.person_id) if agreed else None
    carried = _CarriedOut()
    changing = None
    if agreed and standing is not None:
        await _refuse_if_moved_on(work, standing, answers)
        changing = await _challenge_that_allows(work, standing)
        closed_id, settled = await _settle_superseded(work, who, standing, answers)
        carried = _CarriedOut(closed_id=closed_id, settled=settled)
        if closed_id is not None:
            answers = None
        if changing is not None:
            # Before what is decided is done: social care taking over overtakes the other ones.
            await carry_out_challenge(work, who, changing, decision.id)
    if agreed:
        done = await _carry_out(work, who, file, answered, answers)
        carried = replace(
            done,
            closed_id=done.closed_id or carried.closed_id,
            settled=[*done.settled, *carried.settled],
        )
    await work.change(
        Decision,
        decision.id,
        decision.version,
        state=state,
        answered_at=work.now,
        answered_by=who.account_id,
        answer_words=words,
        joined_case_id=carried.joined_id,
    )
    answered = replace(answered, joined_case_id=carried.joined_id)
    if replaces_signed:
        contact_state, decided_at = contact.state, contact.decided_at
    elif agreed:
        rest = [one for one in file.children if one.id != child.id]
        last = all(one.state is ChildState.decided for one in rest)
        contact_state = state_after(
            contact,
            ContactAction.sign_last_decision if last else ContactAction.sign_a_decision,
        )
        decided_at = work.now if last else None
        await contacts.set_child(
            work, child.id, CHILD.after(child.state, ChildAction.sign_off), work.now
        )
        if last:
            await stop_clocks(work, contact.id, contact.id, _CONTACT_CLOCKS, "decided")
    else:
        contact_state = state_after(contact, ContactAction.return_a_decision)
        decided_at = None
        await contacts.set_child(
            work, child.id, CHILD.after(child.state, ChildAction.return_decision)
        )
    await work.change(
        type(contact), contact.id, contact.version, state=contact_state, decided_at=decided_at
    )
    work.record(
        EventType.decision_signed if agreed else EventType.decision_returned,
        who,
        decision.id,
        contact_id=contact.id,
        person_id=child.person_id,
        child_id=child.id,
        outcome=decision.outcome,
        led_to=carried.opened_id,
        joined_id=carried.joined_id,
        superseded_id=standing.id if agreed and standing is not None else None,
        closed_id=carried.closed_id,
        settled_transfer_ids=list(carried.settled),
        overtaken_challenge_ids=list(carried.overtaken),
        changed_by_challenge_id=None if changing is None else changing.id,
        contact_state=contact_state,
    )
    return answered


@dataclass(frozen=True, slots=True)
class _CarriedOut:
    """What a signed decision led to: a case that it opened, or one that it joined."""

    opened_id: UUID | None = None
    joined_id: UUID | None = None
    closed_id: UUID | None = None
    settled: Sequence[UUID] = ()
    overtaken: Sequence[UUID] = ()


async def _carry_out(
    work: Work,
    who: Caller,
    file: WholeContact,
    decision: Decision,
    answers: Accountability | None,
) -> _CarriedOut:
    """Makes what the signed decision decides: the receiving team is accountable from now on.

    A child who is open already is not opened twice: the decision joins the case that answers for
    the child. Social care takes over from early help at once, which settles what was under way
    between them; early help takes over from social care by a step-down alone.
    """
    if decision.outcome is Outcome.early_help:
        if answers is None:
            return _CarriedOut(opened_id=(await _open_episode(work, file, decision, None)).id)
        if answers.service is CareService.social_care:
            raise _open_to_social_care()
        return _CarriedOut(joined_id=answers.case_id)
    if decision.outcome is Outcome.referral:
        if answers is None:
            return _CarriedOut(opened_id=(await _open_referral(work, file, decision, None)).id)
        if answers.service is CareService.social_care:
            return _CarriedOut(joined_id=await _join(work, decision, answers.case_id))
        return await _take_over(work, who, file, decision, answers)
    return _CarriedOut()


async def _take_over(
    work: Work,
    who: Caller,
    file: WholeContact,
    decision: Decision,
    answers: Accountability,
) -> _CarriedOut:
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
    ended = _CarriedOut(closed_id=episode.id, settled=settled, overtaken=overtaken)
    if step_down is not None and step_down.early_help_episode_id == episode.id:
        # Early help had accepted, and social care's case is still open: it takes the child back.
        referral = await take_referral_back(work, step_down.referral_id)
        await accountabilities.give(work, referral, answers)
        return replace(ended, joined_id=await _join(work, decision, referral.id))
    return replace(ended, opened_id=(await _open_referral(work, file, decision, answers)).id)


async def _join(work: Work, decision: Decision, referral_id: UUID) -> UUID:
    """Joins the open referral: a more serious concern raises its statutory basis."""
    await raise_basis(work, referral_id, decision.statutory_basis)
    return referral_id


def _open_to_social_care() -> OpenToSocialCare:
    return OpenToSocialCare(
        "The child is open to children's social care. Early help takes a child over by a "
        "step-down, with a plan and the family's agreement: decide for the open referral here, "
        "and let the assessment team ask for the step-down.",
        state=CareService.social_care,
        allowed=(Outcome.referral, Outcome.information_and_advice, Outcome.no_further_action),
    )


def _origin(file: WholeContact, decision: Decision) -> Origin:
    return Origin(
        contact_id=file.contact.id,
        child_id=decision.child_id,
        person_id=decision.person_id,
        decision_id=decision.id,
        transfer_id=None,
        source_code=file.contact.source_code,
        known_at=file.contact.received_at,
    )


async def _open_referral(
    work: Work, file: WholeContact, decision: Decision, answered: Accountability | None
) -> Referral:
    return await open_referral(
        work,
        _origin(file, decision),
        team_id=decision.receiving_team_id or work.policy.teams_for(TeamWork.referral)[0].id,
        worker_id=None,
        statutory_basis=decision.statutory_basis or StatutoryBasis.section_17,
        answered=answered,
    )


async def _open_episode(
    work: Work, file: WholeContact, decision: Decision, answered: Accountability | None
) -> EarlyHelpEpisode:
    teams = work.policy.teams_for(TeamWork.early_help_episode)
    return await open_episode(
        work,
        _origin(file, decision),
        team_id=decision.receiving_team_id or teams[0].id,
        worker_id=None,
        level_of_need=decision.level_of_need,
        answered=answered,
    )


async def _refuse_if_moved_on(
    work: Work, standing: Decision, answers: Accountability | None
) -> None:
    """A decision is not superseded once the child has moved on from it (rule 12)."""
    if await moved_on(work, standing, answers):
        raise ChildMovedOn(
            "Since this decision was signed the child has moved between early help and social "
            "care, so it decides nothing any more. Log what is new as a contact, or ask for a "
            "step-up or a step-down.",
            state=standing.state,
            allowed=(),
        )


async def _settle_superseded(
    work: Work, who: Caller, old: Decision, answers: Accountability | None
) -> tuple[UUID | None, Sequence[UUID]]:
    """Ends the decision that stood, and whatever it had led to, in this same transaction.

    Returns the referral or episode that this closed, and the transfers that it settled. A case
    that another standing decision joined stays open: the child is still somebody's.
    """
    await _supersede(work, old)
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


async def read_decision(ask: Asking, who: Caller, decision_id: UUID) -> WholeDecision:
    """One decision, the clock of its sign-off and what it led to. Raises DecisionNotFound."""
    who.require(Permission.read_decisions)
    return await whole_decision(ask, await decisions.get(ask, who, decision_id))


async def whole_decision(ask: Asking, decision: Decision) -> WholeDecision:
    """What hangs on a decision that the caller may see."""
    referral_id = episode_id = None
    if decision.answered_at is not None:
        if decision.outcome is Outcome.referral:
            referral = await REFERRALS.of_decision(ask, decision.id)
            referral_id = decision.joined_case_id if referral is None else referral.id
        if decision.outcome is Outcome.early_help:
            episode = await EPISODES.of_decision(ask, decision.id)
            episode_id = decision.joined_case_id if episode is None else episode.id
    return WholeDecision(
        decision=decision,
        deadlines=await deadlines.of_subject(ask, decision.contact_id, decision.id),
        referral_id=referral_id,
        early_help_episode_id=episode_id,
    )
