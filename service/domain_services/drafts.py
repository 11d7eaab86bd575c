"""Drafts: threshold decisions for one child or several of a contact, complete or refused."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from service.domain.access import Caller
from service.domain.accountabilities import Accountability, CareService
from service.domain.agencies_asked import accounted
from service.domain.contact_kinds import DECIDED_KINDS
from service.domain.contacts import (
    CHILD,
    Child,
    ChildAction,
    ChildNotOnContact,
    ChildState,
    ContactAction,
    possible_now,
    state_after,
)
from service.domain.cumulative_concerns import faults_in_series, read_before
from service.domain.decision_rules import (
    Worry,
    answers_on_record,
    empty_answers,
    unaccounted_for,
)
from service.domain.decisions import (
    DECISION,
    CannotSupersede,
    ChildAlreadyDecided,
    Decision,
    DecisionAction,
    DecisionIncomplete,
    DecisionState,
    DecisionWaiting,
    Outcome,
    faults_in_draft,
)
from service.domain.drafts import NewDecision, Refusals
from service.domain.early_help_episodes import faults_in_agreement
from service.domain.errors import Problem
from service.domain.events import EventType, of_each
from service.domain.flags import SubjectKind
from service.domain.information_requests import is_answered
from service.domain.passed_concerns import faults_of_open_child
from service.domain.possible_matches import (
    MatchOnFile,
    PossibleMatchUnresolved,
    unresolved,
)
from service.domain.whole_contacts import WholeContact
from service.domain_services.child_records import answer_match
from service.domain_services.codes_of_drafts import unknown_codes
from service.domain_services.concerns import start_concern_clock_if_missed
from service.domain_services.daily_meetings import settle_item
from service.domain_services.decisions import (
    challenge_that_allows,
    open_to_social_care,
    refuse_if_moved_on,
    supersede_decision,
)
from service.domain_services.known_of_children import KnownOfChildren, known_of_children
from service.domain_services.lives import changed_to
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import (
    accountabilities,
    contacts,
    decisions,
    histories,
)
from service.persistence.repositories.cases import EPISODES, REFERRALS, Cases
from service.persistence.units_of_work import Work


async def draft_decisions(
    work: Work, who: Caller, contact_id: UUID, new: Sequence[NewDecision]
) -> list[Decision]:
    """Drafts threshold decisions for children of one contact, all of them or none.

    Whatever is refused of any of them is told at once, at its place in what was sent.
    """
    contact = await contacts.held(work, who.sight, contact_id)
    if contact.kind not in DECIDED_KINDS:
        raise possible_now(
            contact,
            "A contact of this kind is not decided: end it, or say that it is a concern.",
        )
    file = await contacts.whole(work, contact)
    refusals = Refusals([one.where for one in new])
    for one in new:
        with refusals.of(one.where):
            await _answer_matches(work, who, file, one)
    if any(one.matches for one in new):
        file = await contacts.whole(work, contact)
    found = await known_of_children(work, who, file)
    drafts: list[Decision] = []
    for one in new:
        child = next((child for child in file.children if child.id == one.child_id), None)
        if child is not None:
            with refusals.of(one.where):
                drafts.append(await _complete_draft(work, who, file, child, one, found))
    refusals.refuse()
    await _follow(work, file, [draft.child_id for draft in drafts])
    work.add(*drafts)
    for draft in drafts:
        start_clock(work, "sign_off", SubjectKind.decision, draft.id, contact.id, work.now)
    await start_concern_clock_if_missed(work, contact, file.children)
    for draft in drafts:
        await settle_item(work, who, contact.id, draft.child_id, draft.id)
    _record(work, who, contact.id, drafts)
    return drafts


async def _answer_matches(work: Work, who: Caller, file: WholeContact, new: NewDecision) -> None:
    """Keeps what is said of who a child is, before it is decided. Raises ChildNotOnContact."""
    child = next((one for one in file.children if one.id == new.child_id), None)
    if child is None:
        raise ChildNotOnContact("Use the id of a child as GET of this contact gives it.")
    for place, said in enumerate(new.matches):
        child = await answer_match(work, who, file, child, said, f"/matches/{place}")


async def _complete_draft(
    work: Work,
    who: Caller,
    file: WholeContact,
    child: Child,
    new: NewDecision,
    found: KnownOfChildren,
) -> Decision:
    """The draft for one child. Raises DecisionIncomplete naming every gap, and what forbids it."""
    earlier = [one for one in file.decisions if one.child_id == child.id]
    superseded = await _supersede_or_refuse(work, child, earlier, new)
    answers = await accountabilities.of_person(work, child.person_id)
    standing = next((one for one in earlier if one.state is DecisionState.signed), None)
    if new.outcome is Outcome.early_help and answers is not None:
        await _refuse_early_help_from_social_care(work, answers, standing)
    same = found.same.same_as(child.person_id)
    history = await _has_history(work, who, [child.person_id, *same], file.contact.id)
    asked = is_answered(file.requests)
    agencies, problems = accounted(new.agencies, asked)
    draft = new_draft(work, who, file, child, new, superseded, found)
    draft = replace(draft, agencies=agencies)
    worries = work.policy.decisions.worries_about(
        file.contact, file.notification, new.statutory_basis
    )
    draft, needed = _with_record(work, file, child, draft, worries, told_before=history)
    problems += faults_in_draft(
        draft,
        has_history=history,
        asked=asked,
        prompts=[prompt.key for prompt in work.policy.decision_prompts],
        needed=needed,
        rationale_rules=work.policy.rationale,
    )
    problems += empty_answers(new.prompts, work.policy.decision_prompts)
    problems += faults_in_series(draft, found.cumulative[child.id], work.policy.rationale)
    problems += _unaccounted_for(work, file, draft, worries)
    problems += faults_in_agreement(file.contact.agreement, draft.outcome)
    problems += unknown_codes(work, draft)
    problems += await _faults_of_open_case(work, draft, answers, standing)
    _refuse_unanswered_matches(child, answers, found.matches, problems)
    if problems:
        raise DecisionIncomplete(
            "The decision leaves something out. Put right what is named and send it again.",
            problems=problems,
        )
    return draft


def _with_record(
    work: Work,
    file: WholeContact,
    child: Child,
    draft: Decision,
    worries: Sequence[Worry],
    *,
    told_before: bool,
) -> tuple[Decision, Sequence[str]]:
    """A draft with the answers that are on record, and the prompts that it has to answer."""
    asked = work.policy.decisions.asks(
        work.policy.decision_prompts, draft, worries, told_before=told_before
    )
    said = {line.prompt for line in draft.prompts}
    known = [
        line
        for line in answers_on_record(child, file.notification, draft)
        if line.prompt in asked and line.prompt not in said
    ]
    return replace(draft, prompts=[*draft.prompts, *known]), asked


def _unaccounted_for(
    work: Work, file: WholeContact, draft: Decision, worries: Sequence[Worry]
) -> list[Problem]:
    """Whose answer is looked for and left out.

    Whoever sent the contact is heard by it, and of a kind of which the policy names nobody, nobody
    is looked for.
    """
    policy = work.policy
    named = [line.organisation_id for line in draft.agencies]
    sender = file.contact.sender_organisation_id
    if sender is not None:
        named.append(sender)
    heard = [found.kind for one in named if (found := policy.find_organisation(one)) is not None]
    there = {one.kind for one in policy.organisations}
    nobody = [kind for kind in policy.decisions.accounted_for if kind not in there]
    return unaccounted_for(policy.decisions, worries, [*heard, *nobody])


async def _follow(work: Work, file: WholeContact, drafted: Sequence[UUID]) -> None:
    """Lets children and contact follow their drafts; a child decided before stays decided."""
    contact = file.contact
    undecided = [one for one in file.children if one.state is ChildState.undecided]
    waiting = len(undecided)
    for child in undecided:
        if child.id in drafted:
            waiting -= 1
            action = ContactAction.decide_a_child if waiting else ContactAction.decide_last_child
            contact = replace(contact, state=state_after(contact, action))
            await contacts.set_child(work, child.id, CHILD.after(child.state, ChildAction.decide))
    await changed_to(work, file.contact, state=contact.state)


def _record(work: Work, who: Caller, contact_id: UUID, drafts: Sequence[Decision]) -> None:
    """Keeps the one event of the act: of the decision, or of the contact where it is of several."""
    work.record(
        EventType.decision_drafted,
        who,
        drafts[0].id if len(drafts) == 1 else contact_id,
        contact_id=contact_id,
        about=[draft.person_id for draft in drafts],
        **of_each(
            "decisions",
            [
                {
                    "decision_id": draft.id,
                    "child_id": draft.child_id,
                    "outcome": draft.outcome,
                    "level_of_need": draft.level_of_need,
                    "supersedes_id": draft.supersedes_id,
                }
                for draft in drafts
            ],
        ),
    )


def _refuse_unanswered_matches(
    child: Child,
    answers: Accountability | None,
    matches: Sequence[MatchOnFile],
    problems: Sequence[Problem],
) -> None:
    """Raises PossibleMatchUnresolved, with what else is wrong with the draft."""
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


def _stays_apart(child: Child, answers: Accountability | None, found: MatchOnFile) -> bool:
    """Whether a changed mind need not wait: both are open, so that a link could not join them."""
    decided = child.state is ChildState.decided
    return decided and answers is not None and found.open_case is not None


async def _has_history(work: Work, who: Caller, people: Sequence[UUID], but: UUID) -> bool:
    """Whether anything else is on file of a child, by any record said to be the child's."""
    for person_id in people:
        if await histories.of_child(work, who.sight, person_id, but=but):
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
        await refuse_if_moved_on(work, standing, answers)
        await challenge_that_allows(work, standing)
    if replaced is waiting:
        await supersede_decision(work, waiting)
        await stop_clocks(work, waiting.contact_id, waiting.id, ["sign_off"], "superseded")
    return replaced


def new_draft(
    work: Work,
    who: Caller,
    file: WholeContact,
    child: Child,
    new: NewDecision,
    superseded: Decision | None,
    found: KnownOfChildren,
) -> Decision:
    """A decision as it begins, whatever is wrong with it; without the account of agencies."""
    series = found.cumulative[child.id]
    nth = series.contacts if series.whole_to_be_read else None
    read = read_before(superseded, nth, who.account_id)
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
        agencies=(),
        prompts=list(new.prompts),
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
        repeat_concern=found.counts[child.id],
        version=1,
        nth_contact=nth,
        nth_within_months=None if nth is None else series.months,
        nothing_more_because=new.nothing_more_because,
        **read,
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
        raise open_to_social_care()


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


async def _faults_of_open_case(
    work: Work, draft: Decision, answers: Accountability | None, standing: Decision | None
) -> list[Problem]:
    """What is wrong with a draft because of the case that is open for the child, or of none."""
    return [
        *await _team_of_another(work, draft, answers, standing),
        *await _faults_of_holder(work, draft, answers, standing),
    ]


async def _faults_of_holder(
    work: Work, draft: Decision, answers: Accountability | None, standing: Decision | None
) -> list[Problem]:
    """What the outcome has against who holds the child's case, or against nobody holding it."""
    if draft.outcome not in (Outcome.no_further_action, Outcome.passed_to_case_holder):
        return []
    if answers is None or await _replaces(work, answers.case_id, standing):
        return faults_of_open_child(draft.outcome, None)
    open_to = answers.service
    if draft.outcome is Outcome.no_further_action:
        whose = await accountabilities.whose(work, draft.person_id)
        if CareService.social_care in whose.open_to:
            # Also while it hands the child over, and early help answers already.
            open_to = CareService.social_care
    return faults_of_open_child(draft.outcome, open_to)
