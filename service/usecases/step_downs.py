"""Step-downs after they were asked for: the family's agreement, the visit, the end (rule 11)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.early_help_episodes import EpisodeClosure
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.family_agreements import faults_in_answer
from service.domain.own_words import own_words_faults
from service.domain.referrals import CaseAction
from service.domain.transfers import (
    MANNERS,
    NO_AGREEMENT,
    STEP_DOWN_CLOSURES,
    FamilyAgreement,
    FirstVisitRecorded,
    StepDownNotReady,
    Transfer,
    TransferAction,
    TransferState,
    allowed,
    incomplete,
    require_words_of_transfer,
    unknown_code,
)
from service.domain_services.cases import close_case, take_referral_back
from service.domain_services.challenges import (
    overtake_challenge_of_transfer,
    refuse_while_challenged,
)
from service.domain_services.passed_concerns import follow_child
from service.domain_services.transfers import (
    HeldTransfer,
    hold_transfer,
    move_transfer,
    record_transfer_event,
    settle_transfers,
    start_transfer_clock,
    start_waiting_for_answer,
    stop_transfer_clocks,
)
from service.persistence.repositories import accountabilities, accounts, transfers
from service.persistence.repositories.cases import EPISODES, REFERRALS
from service.persistence.units_of_work import Work


async def record_family_agreement(
    work: Work,
    who: Caller,
    transfer_id: UUID,
    version: int,
    *,
    agreement: FamilyAgreement,
    words: str,
) -> Transfer:
    """Records whether the family agrees to early help (rule 11).

    Refused or withdrawn, the step-down goes back to the sender for a decision with a clock of its
    own, and so does the responsibility when early help had accepted.
    """
    who.require(Permission.record_family_agreement)
    held = await hold_transfer(
        work, who, transfer_id, version, TransferAction.record_family_agreement
    )
    transfer = held.transfer
    _refuse_impossible_agreement(transfer, agreement)
    require_words_of_transfer(work.policy.rationale, words)
    if agreement in NO_AGREEMENT:
        return await _send_back(work, who, held, agreement, words)
    given = agreement is FamilyAgreement.given
    if given:
        await stop_transfer_clocks(work, transfer, "given", "step_down_family_agreement")
    moved = await move_transfer(
        work,
        who,
        transfer,
        TransferAction.record_family_agreement,
        code=agreement,
        words=words,
        family_agreement=agreement,
        family_agreed_at=work.now if given else None,
    )
    record_transfer_event(
        work, who, EventType.transfer_family_agreement_recorded, moved, family_agreement=agreement
    )
    return moved


def _refuse_impossible_agreement(transfer: Transfer, agreement: FamilyAgreement) -> None:
    problems = faults_in_answer(transfer.family_agreement, agreement)
    if problems:
        raise incomplete(problems)


_ONCE_ACCEPTED = (
    "step_down_family_agreement",
    "step_down_first_visit",
    "step_down_completed",
)


async def _send_back(
    work: Work, who: Caller, held: HeldTransfer, agreement: FamilyAgreement, words: str
) -> Transfer:
    transfer, answers = held.transfer, held.answers
    was_accepted = transfer.state is TransferState.accepted
    settled: list[UUID] = []
    # Where an overturned refusal waited to be accepted, there is nothing to accept any more.
    overtaken = await overtake_challenge_of_transfer(work, who, transfer.id)
    changed: dict[str, Any] = {}
    if was_accepted and answers is not None and transfer.early_help_episode_id is not None:
        episode = await EPISODES.read_held(work, transfer.early_help_episode_id)
        settled = await settle_transfers(
            work, who, transfer.person_id, "step_down_returned", but=transfer.id
        )
        await close_case(
            work,
            who,
            EPISODES,
            episode,
            CaseAction.send_back,
            EpisodeClosure.returned_to_social_care,
            f"The family does not agree: {transfer.reference} went back to social care.",
            clock_stops="returned",
        )
        referral = await take_referral_back(work, transfer.referral_id)
        await accountabilities.give(work, referral, answers)
        await follow_child(work, referral.person_id)
        changed = {"early_help_episode_id": None, "accepted_at": None, "first_visit_at": None}
    manners = MANNERS[transfer.direction, transfer.asked_by]
    clocks = (manners.opened_clock, manners.answered_clock, *_ONCE_ACCEPTED)
    await stop_transfer_clocks(work, transfer, "returned", *clocks)
    moved = await move_transfer(
        work,
        who,
        transfer,
        TransferAction.send_back,
        code=agreement,
        words=words,
        family_agreement=agreement,
        family_agreed_at=None,
        returned_at=work.now,
        **changed,
    )
    start_transfer_clock(work, moved, "step_down_returned")
    record_transfer_event(
        work,
        who,
        EventType.transfer_returned,
        moved,
        family_agreement=agreement,
        was_accepted=was_accepted,
        closed_id=transfer.early_help_episode_id if was_accepted else None,
        settled_transfer_ids=settled,
        overtaken_challenge_ids=overtaken,
    )
    return moved


async def decide_returned_transfer(
    work: Work, who: Caller, transfer_id: UUID, version: int, *, ask_again: bool, words: str
) -> Transfer:
    """The sender decides on a step-down that came back: asks again, or keeps the child.

    Asked again, every clock begins anew. Kept, the transfer ends as withdrawn; a case that is to
    close then closes with a reason of its own.
    """
    who.require(Permission.complete_step_down)
    action = TransferAction.request_again if ask_again else TransferAction.keep
    held = await hold_transfer(work, who, transfer_id, version, action)
    transfer = held.transfer
    require_words_of_transfer(work.policy.rationale, words)
    await stop_transfer_clocks(work, transfer, action, "step_down_returned")
    changed: dict[str, Any] = {}
    if ask_again:
        changed = {
            "opened_at": None,
            "answered_at": None,
            "answered_by": None,
            "refusal_code": None,
            # Who asks again has asked, and does not answer.
            "requested_by": who.account_id,
            "family_agreement": FamilyAgreement.asked,
        }
    moved = await move_transfer(work, who, transfer, action, words=words, **changed)
    if ask_again:
        start_waiting_for_answer(work, moved)
    record_transfer_event(work, who, EventType.transfer_return_decided, moved, ask_again=ask_again)
    return moved


async def record_first_visit(
    work: Work, who: Caller, transfer_id: UUID, version: int, *, visited_at: datetime, words: str
) -> Transfer:
    """Records early help's first visit to the child, after a step-down was accepted."""
    who.require(Permission.record_first_visit)
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.record_first_visit)
    transfer = held.transfer
    if transfer.first_visit_at is not None:
        raise FirstVisitRecorded(
            "The first visit is recorded; what came after it belongs to the episode.",
            state=transfer.state,
            allowed=allowed(transfer),
        )
    if transfer.accepted_at is None or not transfer.accepted_at <= visited_at <= work.now:
        raise incomplete(
            [
                Problem(
                    "/visited_at",
                    "The first visit lies between the acceptance and now. Check the time.",
                    "time_not_possible",
                )
            ]
        )
    require_words_of_transfer(work.policy.rationale, words)
    await stop_transfer_clocks(work, transfer, "visited", "step_down_first_visit")
    moved = await move_transfer(
        work,
        who,
        transfer,
        TransferAction.record_first_visit,
        words=words,
        first_visit_at=visited_at,
    )
    start_transfer_clock(work, moved, "step_down_completed")
    record_transfer_event(
        work, who, EventType.transfer_first_visit_recorded, moved, visited_at=visited_at
    )
    return moved


async def complete_transfer(
    work: Work, who: Caller, transfer_id: UUID, version: int, *, closure_code: str, words: str
) -> Transfer:
    """Completes a step-down: the referral closes, with RC9 where an assessment ended it.

    Raises StepDownNotReady while the family's agreement or the first visit is missing, or while a
    step-up of the child is open; ChallengeOpen.
    """
    who.require(Permission.complete_step_down)
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.complete)
    transfer = held.transfer
    await _refuse_unready(work, transfer)
    labels = work.policy.codes.closure_reason.labels
    problems = unknown_code(
        closure_code, [code for code in STEP_DOWN_CLOSURES if code in labels], "/closure_code"
    )
    problems += own_words_faults(work.policy.rationale, ("/words", words))
    if problems:
        raise incomplete(problems)
    if transfer.referral_id is None:
        raise REFERRALS.missing()
    referral = await REFERRALS.read_held(work, transfer.referral_id)
    await close_case(
        work, who, REFERRALS, referral, CaseAction.complete_step_down, closure_code, words
    )
    moved = await move_transfer(
        work,
        who,
        transfer,
        TransferAction.complete,
        code=closure_code,
        words=words,
        completed_at=work.now,
    )
    record_transfer_event(
        work,
        who,
        EventType.transfer_completed,
        moved,
        referral_id=referral.id,
        closure_code=closure_code,
    )
    return moved


async def _refuse_unready(work: Work, transfer: Transfer) -> None:
    await refuse_while_challenged(work, transfer.person_id)
    missing = await _missing_in_early_help(work, transfer)
    if transfer.family_agreement is not FamilyAgreement.given:
        missing.append("the family's agreement")
    if transfer.first_visit_at is None:
        missing.append("the first visit of early help")
    others = await transfers.open_of_person(work, transfer.person_id)
    if any(one.id != transfer.id for one in others):
        missing.append("the answer to the step-up that is open")
    if missing:
        raise StepDownNotReady(
            f"Not yet: {' and '.join(missing)} first.",
            state=transfer.state,
            allowed=tuple(one for one in allowed(transfer) if one is not TransferAction.complete),
        )


async def _missing_in_early_help(work: Work, transfer: Transfer) -> list[str]:
    """What early help lacks for social care to leave the child."""
    if transfer.early_help_episode_id is None:
        raise EPISODES.missing()
    episode = await EPISODES.read_held(work, transfer.early_help_episode_id)
    missing = []
    if work.policy.find_team(episode.team_id) is None:
        missing.append("a team of the policy that has the episode")
    worker = None if episode.worker_id is None else await accounts.staff(work, episode.worker_id)
    if worker is None or worker.suspended:
        missing.append("a worker of early help who has access and holds the episode")
    return missing
