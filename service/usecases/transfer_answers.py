"""Answers to a transfer: it is accepted or refused, and its refusal is answered."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from service.domain.acceptances import (
    Acceptance,
    Now,
    Terms,
    terms_of,
    workers_meant,
)
from service.domain.access import Caller, Permission
from service.domain.accountabilities import Accountability
from service.domain.calendar import london_date
from service.domain.challenges import Challenge
from service.domain.decisions import LevelOfNeed, StatutoryBasis
from service.domain.early_help_episodes import EpisodeClosure
from service.domain.events import EventType
from service.domain.own_words import rationale_faults
from service.domain.referrals import CASE, CaseAction, Referral
from service.domain.strategy_discussions import StrategyDiscussion, faults_in_discussion
from service.domain.transfers import (
    ASKER,
    MANNERS,
    STRATEGY_CLOCK,
    Direction,
    NotAccountable,
    OwnTransfer,
    Transfer,
    TransferAction,
    allowed,
    incomplete,
    require_words_of_transfer,
    unknown_code,
)
from service.domain_services.cases import (
    CASES,
    Origin,
    close_case,
    open_episode,
    open_referral,
    raise_basis,
    take_referral_back,
)
from service.domain_services.challenges import (
    begin_challenge,
    carry_out_challenge,
    overtake_challenges,
    refuse_while_challenged,
)
from service.domain_services.passed_concerns import follow_child
from service.domain_services.section_47_enquiries import refuse_while_protection_is_owed
from service.domain_services.transfer_sides import (
    answerer_of,
    refuse_ones_own,
    require_manners,
    sending_cases,
    teams_that_take,
)
from service.domain_services.transfers import (
    hold_transfer,
    move_transfer,
    note_on_transfer,
    record_transfer_event,
    settle_transfers,
    start_transfer_clock,
    stop_transfer_clocks,
)
from service.persistence.repositories import (
    accountabilities,
    accounts,
    challenges,
    transfers,
)
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.persistence.units_of_work import Work


async def accept_transfer(
    work: Work, who: Caller, transfer_id: UUID, version: int, acceptance: Acceptance
) -> Transfer:
    """Accepts a transfer: from this instant the receiving team is accountable (rule 9).

    A step-up is complete with it: early help's episode closes, and a referral opens (or the one
    that an accepted step-down had left open takes the child back). After a step-down the referral
    stays open, answering for the child no more, until the step-down is complete.
    Raises OwnTransfer, ChallengeOpen for a step-down, TransferIncomplete.
    """
    await require_manners(work, who, transfer_id, "answer")
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.accept)
    transfer, answers = held.transfer, held.answers
    refuse_ones_own(who, transfer)
    require_words_of_transfer(work.policy.rationale, acceptance.words)
    if answers is None or answers.case_id != transfer.sender_case_id:
        raise NotAccountable(
            "The sender's case does not answer for the child any more.",
            state=transfer.state,
            allowed=allowed(transfer),
        )
    sender = await sending_cases(transfer.direction).read_held(work, transfer.sender_case_id)
    back = await _referral_to_take_back(work, transfer)
    meant = workers_meant(transfer, sender, acceptance, back)
    settled_terms = terms_of(
        transfer, sender, acceptance, back, await _as_it_is_now(work, transfer.direction, meant)
    )
    overturned = await _challenge_overturned(work, transfer)
    if transfer.direction is Direction.step_up:
        moved = await _accept_step_up(work, who, transfer, answers, sender, settled_terms, back)
    else:
        moved = await _accept_step_down(work, who, transfer, answers, sender, settled_terms)
    if overturned is not None:
        await carry_out_challenge(work, who, overturned)
    return moved


async def _as_it_is_now(work: Work, direction: Direction, meant: Collection[UUID]) -> Now:
    return Now(
        today=london_date(work.now),
        takes=teams_that_take(work, direction),
        teams=[team.id for team in work.policy.teams],
        workers=await accounts.staff_by_id(work, meant),
        constant=work.policy.one_family_help_service,
        rationale=work.policy.rationale,
    )


async def _challenge_overturned(work: Work, transfer: Transfer) -> Challenge | None:
    """The challenge whose answer is this acceptance, when there is one.

    A step-down waits for every other challenge about the child (rule 8); a step-up does not: a
    child at risk waits for no disagreement.
    """
    found = await challenges.open_of_person(work, transfer.person_id)
    mine = next((one for one in found if one.transfer_id == transfer.id), None)
    if transfer.direction is Direction.step_down:
        await refuse_while_challenged(
            work, transfer.person_id, but=None if mine is None else mine.id
        )
    return mine


async def _referral_to_take_back(work: Work, transfer: Transfer) -> Referral | None:
    """The referral that an accepted step-down has left open, for a step-up to go back to."""
    if transfer.direction is Direction.step_down:
        return None
    step_down = await transfers.open_step_down(work, transfer.person_id)
    if step_down is None or step_down.referral_id is None:
        return None
    return await REFERRALS.read_held(work, step_down.referral_id)


async def _accept_step_up(
    work: Work,
    who: Caller,
    transfer: Transfer,
    answers: Accountability,
    sender: Any,
    terms: Terms,
    back: Referral | None,
) -> Transfer:
    await close_case(
        work,
        who,
        EPISODES,
        sender,
        CaseAction.step_up,
        EpisodeClosure.stepped_up,
        f"Stepped up to social care: {transfer.reference}.",
        clock_stops="stepped_up",
    )
    settled: list[UUID] = []
    if back is not None:
        settled = await settle_transfers(
            work, who, transfer.person_id, "stepped_up", but=transfer.id
        )
        referral = await take_referral_back(
            work, back.id, team_id=terms.team_id, worker_id=terms.worker_id
        )
        await raise_basis(work, referral.id, terms.statutory_basis, taken_back=True)
        await accountabilities.give(work, referral, answers)
        await follow_child(work, referral.person_id)
    else:
        referral = await open_referral(
            work,
            _origin(work, transfer, sender, work.policy.transfers.step_up_source_code),
            team_id=terms.team_id,
            worker_id=terms.worker_id,
            statutory_basis=terms.statutory_basis or StatutoryBasis.section_17,
            answered=answers,
        )
    overtaken = await overtake_challenges(work, who, transfer.person_id, but=transfer.id)
    accepted = await _accepted(
        work, who, transfer, terms, referral_id=referral.id, early_help_episode_id=sender.id
    )
    moved = await move_transfer(
        work, None, accepted, TransferAction.complete, completed_at=work.now
    )
    record_transfer_event(
        work,
        who,
        EventType.transfer_accepted,
        moved,
        referral_id=referral.id,
        early_help_episode_id=sender.id,
        team_id=referral.team_id,
        was_team_id=sender.team_id,
        settled_transfer_ids=settled,
        overtaken_challenge_ids=overtaken,
    )
    return moved


async def _accept_step_down(
    work: Work,
    who: Caller,
    transfer: Transfer,
    answers: Accountability,
    sender: Any,
    terms: Terms,
) -> Transfer:
    CASE.after(sender.state, CaseAction.hand_over)
    await refuse_while_protection_is_owed(work, sender)
    await CASES.move(work, who, sender, CaseAction.hand_over)
    episode = await open_episode(
        work,
        _origin(work, transfer, sender, sender.source_code),
        team_id=terms.team_id,
        worker_id=terms.worker_id,
        level_of_need=LevelOfNeed.targeted,
        answered=answers,
    )
    moved = await _accepted(
        work, who, transfer, terms, referral_id=sender.id, early_help_episode_id=episode.id
    )
    start_transfer_clock(work, moved, "step_down_first_visit")
    record_transfer_event(
        work,
        who,
        EventType.transfer_accepted,
        moved,
        referral_id=sender.id,
        early_help_episode_id=episode.id,
        team_id=episode.team_id,
        was_team_id=sender.team_id,
    )
    return moved


def _origin(work: Work, transfer: Transfer, sender: Any, source_code: str) -> Origin:
    return Origin(
        contact_id=transfer.contact_id,
        child_id=transfer.child_id,
        person_id=transfer.person_id,
        decision_id=sender.decision_id,
        transfer_id=transfer.id,
        source_code=source_code,
        known_at=work.now,
    )


async def _accepted(
    work: Work,
    who: Caller,
    transfer: Transfer,
    terms: Terms,
    *,
    referral_id: UUID | None,
    early_help_episode_id: UUID | None,
) -> Transfer:
    manners = MANNERS[transfer.direction, transfer.asked_by]
    await stop_transfer_clocks(work, transfer, "accepted", manners.answered_clock)
    return await move_transfer(
        work,
        who,
        transfer,
        TransferAction.accept,
        words=terms.words,
        answered_at=work.now,
        answered_by=who.account_id,
        accepted_at=work.now,
        receiver_team_id=terms.team_id,
        receiver_worker_id=terms.worker_id,
        statutory_basis=terms.statutory_basis,
        plan=list(terms.plan),
        refusal_code=None,
        referral_id=referral_id,
        early_help_episode_id=early_help_episode_id,
        # The referral owes the meeting from now on, since the same time.
        meeting_settled_at=work.now if transfer.owes_meeting else transfer.meeting_settled_at,
    )


async def refuse_transfer(
    work: Work,
    who: Caller,
    transfer_id: UUID,
    version: int,
    *,
    reason_code: str,
    explanation: str,
) -> Transfer:
    """Refuses a transfer with a coded reason and a threshold explanation (rule 10).

    It is final only when the manager of who asked agrees; the sender stays accountable.
    """
    await require_manners(work, who, transfer_id, "answer")
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.refuse)
    transfer = held.transfer
    refuse_ones_own(who, transfer)
    step_up = transfer.direction is Direction.step_up
    rules = work.policy.transfers
    problems = unknown_code(
        reason_code,
        rules.step_up_refusals if step_up else rules.step_down_refusals,
        "/reason_code",
    )
    problems += rationale_faults(work.policy.rationale, "/explanation", explanation)
    if problems:
        raise incomplete(problems)
    moved = await move_transfer(
        work,
        who,
        transfer,
        TransferAction.refuse,
        code=reason_code,
        words=explanation,
        answered_at=work.now,
        answered_by=who.account_id,
        refusal_code=reason_code,
    )
    asker = ASKER[transfer.direction, transfer.asked_by].value
    start_transfer_clock(work, moved, f"{transfer.direction}_refusal_agreed", asker)
    record_transfer_event(work, who, EventType.transfer_refused, moved, refusal_code=reason_code)
    return moved


async def record_strategy_discussion(
    work: Work, who: Caller, transfer_id: UUID, version: int, told: StrategyDiscussion
) -> Transfer:
    """Records the strategy discussion that disclosed harm owes, or why none is held.

    It stops the meeting's clock, which nothing else does but a referral that owes the meeting from
    then on: no refusal, no withdrawal and no closing. Raises TransferIncomplete; OwnTransfer where
    who asked or refused says that none is needed.
    """
    who.require(Permission.record_strategy_discussion)
    action = TransferAction.record_strategy_discussion
    transfer = (await hold_transfer(work, who, transfer_id, version, action)).transfer
    not_held = told.not_held_because
    if not_held and who.account_id in (transfer.requested_by, transfer.answered_by):
        raise OwnTransfer(
            "You asked for this step-up or refused it, so another manager says that no meeting is "
            "needed."
        )
    owed_since = transfer.meeting_owed_since or transfer.requested_at
    quorum = work.policy.strategy_meetings.quorum
    problems = faults_in_discussion(told, quorum, owed_since=owed_since, now=work.now)
    problems += rationale_faults(work.policy.rationale, "/words", told.words)
    if problems:
        raise incomplete(problems)
    await stop_transfer_clocks(
        work, transfer, not_held or "held", STRATEGY_CLOCK, happened_at=told.held_at
    )
    moved = await note_on_transfer(
        work,
        who,
        transfer,
        action,
        code=not_held or "held",
        words=told.words,
        meeting_settled_at=work.now,
        meeting_held_at=told.held_at,
    )
    record_transfer_event(
        work,
        who,
        EventType.transfer_strategy_discussion_recorded,
        moved,
        happened_at=told.held_at,
        not_held_because=not_held,
        agencies=list(told.agencies),
    )
    return moved


async def answer_refusal(
    work: Work, who: Caller, transfer_id: UUID, version: int, *, agreed: bool, words: str
) -> Transfer:
    """The manager of who asked agrees to a refusal, in their own words, or challenges it.

    Agreed, the transfer ends and the sender keeps the child. Challenged, it waits for the outcome
    of the challenge.
    """
    await require_manners(work, who, transfer_id, "agree_to_refusal")
    action = TransferAction.agree_to_refusal if agreed else TransferAction.challenge_refusal
    held = await hold_transfer(work, who, transfer_id, version, action)
    transfer = held.transfer
    if transfer.answered_by == who.account_id:
        raise OwnTransfer("You refused this transfer, so somebody else must agree to that.")
    if agreed:
        require_words_of_transfer(work.policy.rationale, words)
    else:
        faults = rationale_faults(work.policy.rationale, "/words", words)
        if faults:
            raise incomplete(faults)
    await stop_transfer_clocks(
        work,
        transfer,
        "agreed" if agreed else "challenged",
        f"{transfer.direction}_refusal_agreed",
    )
    changed: dict[str, Any] = {"refusal_agreed_at": work.now} if agreed else {}
    moved = await move_transfer(work, who, transfer, action, words=words, **changed)
    raised = None
    if not agreed:
        raised = begin_challenge(
            work,
            who,
            transfer,
            answering_role=answerer_of(transfer),
            challenger_role=ASKER[transfer.direction, transfer.asked_by],
            words=words,
        )
    record_transfer_event(
        work,
        who,
        EventType.transfer_refusal_agreed if agreed else EventType.transfer_refusal_challenged,
        moved,
        challenge_id=None if raised is None else raised.id,
    )
    return moved
