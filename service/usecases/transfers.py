"""Step-ups and step-downs: asked for, opened, answered, taken back (rules 9, 10 and 12)."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain import holders
from service.domain.acceptances import (
    WORKER,
    Acceptance,
    Now,
    Terms,
    basis_missing,
    faults_in_plan,
    held_by_receiver,
    plan_as_kept,
    plan_missing,
    team_fault,
    terms_of,
    workers_meant,
)
from service.domain.access import Caller, Permission
from service.domain.accountabilities import Accountability
from service.domain.calendar import london_date
from service.domain.challenges import Challenge
from service.domain.decisions import LevelOfNeed, StatutoryBasis, rationale_fault
from service.domain.early_help_episodes import EpisodeClosure
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.flags import Deadline
from service.domain.references import new_reference
from service.domain.referrals import CASE, CaseAction, Referral
from service.domain.transfers import (
    ANSWERER,
    ASKER,
    MANNERS,
    NO_AGREEMENT,
    TRANSFER,
    Direction,
    FamilyAgreement,
    Manners,
    NotAccountable,
    NotYoursToWithdraw,
    OwnTransfer,
    Party,
    PlanLine,
    Transfer,
    TransferAction,
    TransferState,
    TransferStep,
    TransferUnderWay,
    allowed,
    incomplete,
    permissions_to,
    require_own_words,
    unknown_code,
)
from service.domain_services.cases import (
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
    take_challenge_back,
)
from service.domain_services.section_47_enquiries import refuse_while_protection_is_owed
from service.domain_services.transfers import (
    hold_transfer,
    keep_transfer_step,
    move_transfer,
    record_transfer_event,
    settle_transfers,
    start_transfer_clock,
    start_waiting_for_answer,
    stop_transfer_clocks,
)
from service.persistence.asking import Asking
from service.persistence.repositories import (
    accountabilities,
    accounts,
    cases,
    challenges,
    contacts,
    deadlines,
    transfers,
)
from service.persistence.repositories.cases import EPISODES, REFERRALS, Cases
from service.persistence.units_of_work import Work, new_id
from service.policy import TeamWork

# Refusals from below that routes name in the contract.
EpisodeNotFound = cases.EpisodeNotFound
ReferralNotFound = cases.ReferralNotFound
TransferNotFound = transfers.TransferNotFound

Move = Callable[[Work], Awaitable[Transfer]]
"""One move of a transfer, with all its terms: the transfer as it is after it."""


@dataclass(frozen=True, slots=True)
class NewTransfer:
    """A transfer as it is asked for: the case is the sender's, whoever asks."""

    direction: Direction
    case_id: UUID
    reason_code: str
    evidence: str
    asked_by: Party = Party.sender
    receiving_team_id: str | None = None
    receiving_worker_id: UUID | None = None
    statutory_basis: StatutoryBasis | None = None
    plan: Sequence[PlanLine] = ()
    family_agreement: FamilyAgreement = FamilyAgreement.not_yet_asked


@dataclass(frozen=True, slots=True)
class Requested:
    """The transfer that was asked for, and whether it had been asked for before."""

    transfer: Transfer
    before: bool


@dataclass(frozen=True, slots=True)
class WholeTransfer:
    """A transfer with every move, its clocks, and what was said against its refusal."""

    transfer: Transfer
    steps: Sequence[TransferStep]
    deadlines: Sequence[Deadline]
    challenges: Sequence[Challenge]


def _sender(direction: Direction) -> Cases[Any]:
    return EPISODES if direction is Direction.step_up else REFERRALS


async def request_transfer(work: Work, who: Caller, new: NewTransfer) -> Requested:
    """Asks for a step-up or a step-down of one child; until it is accepted nothing moves.

    The sender asks with a case that it holds; the receiver asks for a case that the sender holds.
    Asked for again while it is open, the open one comes back. A step-down carries a plan, the
    family's agreement in one of its states, and a named receiving practitioner (rule 11).
    Raises NotAccountable when the case does not answer for the child, TransferUnderWay,
    TransferIncomplete naming every gap.
    """
    manners = MANNERS[new.direction, new.asked_by]
    who.require(manners.request)
    holder = _sender(new.direction)
    found = await holder.get(work, who, new.case_id)
    await contacts.held_for_answer(work, found.contact_id)
    answers = await accountabilities.held(work, found.person_id)
    case = await holder.read_held(work, found.id)
    for one in await transfers.open_of_person(work, case.person_id):
        if one.direction is new.direction:
            if (one.asked_by, one.sender_case_id) == (new.asked_by, case.id):
                return Requested(one, before=True)
            raise TransferUnderWay(
                f"Transfer {one.reference} of this child is open: answer that one first.",
                state=one.state,
                allowed=allowed(one),
            )
    if answers is None or answers.case_id != case.id:
        raise NotAccountable(
            "This case does not answer for the child now, so it cannot be handed over. Read the "
            "child's accountability and ask with the case that does.",
            state=case.state,
            allowed=(),
        )
    if new.direction is Direction.step_down:
        CASE.after(case.state, CaseAction.hand_over)
        await refuse_while_protection_is_owed(work, case)
    problems = _faults_in_request(work, new)
    if problems:
        raise incomplete(problems)
    worker_id = new.receiving_worker_id
    if worker_id is not None:
        found_worker = await accounts.staff(work, worker_id)
        holders.holder(found_worker, held_by_receiver(new.direction), WORKER)
    transfer = Transfer(
        id=new_id(),
        reference=new_reference("T"),
        direction=new.direction,
        asked_by=new.asked_by,
        contact_id=case.contact_id,
        child_id=case.child_id,
        person_id=case.person_id,
        referral_id=None if new.direction is Direction.step_up else case.id,
        early_help_episode_id=case.id if new.direction is Direction.step_up else None,
        state=TRANSFER.start,
        reason_code=new.reason_code,
        evidence=new.evidence,
        sender_team_id=case.team_id,
        receiver_team_id=new.receiving_team_id or _first_receiver(work, new.direction, case),
        receiver_worker_id=worker_id,
        statutory_basis=new.statutory_basis,
        plan=plan_as_kept(new.plan),
        family_agreement=new.family_agreement,
        requested_at=work.now,
        requested_by=who.account_id,
        opened_at=None,
        answered_at=None,
        answered_by=None,
        refusal_code=None,
        refusal_agreed_at=None,
        accepted_at=None,
        family_agreed_at=work.now if new.family_agreement is FamilyAgreement.given else None,
        first_visit_at=None,
        returned_at=None,
        completed_at=None,
        ended_at=None,
        version=1,
    )
    await contacts.renew(work, transfer.contact_id)
    work.add(transfer)
    keep_transfer_step(
        work, who, transfer, TransferAction.request, code=new.reason_code, words=new.evidence
    )
    start_waiting_for_answer(work, transfer)
    record_transfer_event(
        work, who, EventType.transfer_requested, transfer, reason_code=new.reason_code
    )
    return Requested(transfer, before=False)


def _first_receiver(work: Work, direction: Direction, case: Any) -> str:
    """Whom a step is put to when it names nobody: a step-up to the one front door.

    A step-down goes to early help's first team; in one family help service the team stays, when it
    takes early help too.
    """
    if direction is Direction.step_up:
        return work.policy.teams_for(TeamWork.contact)[0].id
    takes = [team.id for team in work.policy.teams_for(TeamWork.early_help_episode)]
    stays = work.policy.one_family_help_service and case.team_id in takes
    return str(case.team_id) if stays else takes[0]


def _answerer(transfer: Transfer) -> str:
    return ANSWERER[transfer.direction, transfer.asked_by].value


def _faults_in_request(work: Work, new: NewTransfer) -> list[Problem]:
    rules = work.policy.transfers
    step_down = new.direction is Direction.step_down
    pull = new.asked_by is Party.receiver
    constant_lead = work.policy.one_family_help_service
    problems: list[Problem] = []
    reasons = rules.step_down_reasons if step_down else rules.step_up_reasons
    problems += unknown_code(new.reason_code, reasons, "/reason_code")
    fault = rationale_fault(new.evidence, work.policy.rationale, "/evidence")
    if fault is not None:
        problems.append(fault)
    if new.receiving_team_id is not None:
        problems += team_fault(new.receiving_team_id, _takes(work, new.direction))
    elif pull:
        problems.append(
            Problem("/receiving_team_id", "Name the team that asks for the case.", "missing")
        )
    if new.family_agreement in NO_AGREEMENT:
        problems.append(
            Problem(
                "/family_agreement",
                "The family does not agree, so there is no step-down to ask for. Decide with the "
                "family first.",
                "family_does_not_agree",
            )
        )
    if not step_down:
        if new.plan or new.family_agreement is not FamilyAgreement.not_yet_asked:
            problems.append(
                Problem(
                    "/plan" if new.plan else "/family_agreement",
                    "Only a step-down carries this: leave it out.",
                    "not_for_this_direction",
                )
            )
        if pull and new.statutory_basis is None:
            problems.append(basis_missing())
        return problems
    if new.statutory_basis is not None:
        problems.append(
            Problem("/statutory_basis", "Only a step-up carries this: leave it out.", "surplus")
        )
    if not new.plan and not pull:
        problems.append(plan_missing())
    problems += faults_in_plan(new.plan, london_date(work.now), work.policy.rationale)
    if new.receiving_worker_id is None and not constant_lead:
        problems.append(
            Problem(
                "/receiving_worker_id",
                "Name the practitioner of early help who is to take the child on: "
                "GET /v1/workers lists them.",
                "missing",
            )
        )
    return problems


async def _manners(work: Work, who: Caller, transfer_id: UUID, do: str) -> Manners:
    """The manners of a transfer, once the caller may do the thing to this sort of transfer.

    Who may do it to none is told so before the transfer is looked for.
    """
    who.require_one_of(permissions_to(do))
    found = await transfers.get(work, who, transfer_id)
    manners = MANNERS[found.direction, found.asked_by]
    who.require(getattr(manners, do))
    return manners


async def open_transfer(work: Work, who: Caller, transfer_id: UUID, version: int) -> Transfer:
    """Opens a transfer: it has been seen, which is not the same as answered."""
    manners = await _manners(work, who, transfer_id, "open")
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.open)
    await stop_transfer_clocks(work, held.transfer, "opened", manners.opened_clock)
    moved = await move_transfer(work, who, held.transfer, TransferAction.open, opened_at=work.now)
    record_transfer_event(work, who, EventType.transfer_opened, moved)
    return moved


async def accept_transfer(
    work: Work, who: Caller, transfer_id: UUID, version: int, acceptance: Acceptance
) -> Transfer:
    """Accepts a transfer: from this instant the receiving team is accountable (rule 9).

    A step-up is complete with it: early help's episode closes, and a referral opens (or the one
    that an accepted step-down had left open takes the child back). After a step-down the referral
    stays open, answering for the child no more, until the step-down is complete.
    Raises OwnTransfer, ChallengeOpen for a step-down, TransferIncomplete.
    """
    await _manners(work, who, transfer_id, "answer")
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.accept)
    transfer, answers = held.transfer, held.answers
    _refuse_own(who, transfer)
    require_own_words(acceptance.words, work.policy.rationale)
    if answers is None or answers.case_id != transfer.sender_case_id:
        raise NotAccountable(
            "The sender's case does not answer for the child any more.",
            state=transfer.state,
            allowed=allowed(transfer),
        )
    sender = await _sender(transfer.direction).read_held(work, transfer.sender_case_id)
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


def _takes(work: Work, direction: Direction) -> list[str]:
    """The teams that take what a receiver will hold."""
    held = TeamWork(held_by_receiver(direction).value)
    return [team.id for team in work.policy.teams_for(held)]


async def _as_it_is_now(work: Work, direction: Direction, meant: Collection[UUID]) -> Now:
    return Now(
        today=london_date(work.now),
        takes=_takes(work, direction),
        teams=[team.id for team in work.policy.teams],
        workers=await accounts.staff_by_id(work, meant),
        constant=work.policy.one_family_help_service,
        rationale=work.policy.rationale,
    )


def _refuse_own(who: Caller, transfer: Transfer) -> None:
    if transfer.requested_by == who.account_id:
        raise OwnTransfer(
            "You asked for this transfer, so somebody else must answer it. It stays in the queue; "
            "ask another manager."
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
        await raise_basis(work, referral.id, terms.statutory_basis)
        await accountabilities.give(work, referral, answers)
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
    state = CASE.after(sender.state, CaseAction.hand_over)
    await refuse_while_protection_is_owed(work, sender)
    await work.change(Referral, sender.id, sender.version, state=state)
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
    await _manners(work, who, transfer_id, "answer")
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.refuse)
    transfer = held.transfer
    _refuse_own(who, transfer)
    step_up = transfer.direction is Direction.step_up
    rules = work.policy.transfers
    problems = unknown_code(
        reason_code,
        rules.step_up_refusals if step_up else rules.step_down_refusals,
        "/reason_code",
    )
    fault = rationale_fault(explanation, work.policy.rationale, "/explanation")
    if fault is not None:
        problems.append(fault)
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


async def answer_refusal(
    work: Work, who: Caller, transfer_id: UUID, version: int, *, agreed: bool, words: str
) -> Transfer:
    """The manager of who asked agrees to a refusal, in their own words, or challenges it.

    Agreed, the transfer ends and the sender keeps the child. Challenged, it waits for the outcome
    of the challenge.
    """
    await _manners(work, who, transfer_id, "agree_to_refusal")
    action = TransferAction.agree_to_refusal if agreed else TransferAction.challenge_refusal
    held = await hold_transfer(work, who, transfer_id, version, action)
    transfer = held.transfer
    if transfer.answered_by == who.account_id:
        raise OwnTransfer("You refused this transfer, so somebody else must agree to that.")
    if agreed:
        require_own_words(words, work.policy.rationale)
    else:
        fault = rationale_fault(words, work.policy.rationale, "/words")
        if fault is not None:
            raise incomplete([fault])
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
            answering_role=_answerer(transfer),
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


async def withdraw_transfer(
    work: Work, who: Caller, transfer_id: UUID, version: int, *, words: str
) -> Transfer:
    """Who asked takes the request back before it is answered; the sender keeps the child."""
    manners = await _manners(work, who, transfer_id, "request")
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.withdraw)
    transfer = held.transfer
    overturned = transfer.state is TransferState.refusal_overturned
    if (overturned or transfer.requested_by != who.account_id) and not who.may(
        manners.agree_to_refusal
    ):
        raise NotYoursToWithdraw(
            "The manager of who asked takes this back"
            + (", since a challenge was won for it." if overturned else ", or who asked.")
        )
    require_own_words(words, work.policy.rationale)
    moved = await move_transfer(work, who, transfer, TransferAction.withdraw, words=words)
    disputes = [
        one for one in await challenges.of_transfer(work, transfer.id) if one.ended_at is None
    ]
    for one in disputes:
        await take_challenge_back(work, who, one, words)
    record_transfer_event(
        work,
        who,
        EventType.transfer_withdrawn,
        moved,
        withdrawn_challenge_ids=[one.id for one in disputes],
    )
    return moved


async def read_transfer(ask: Asking, who: Caller, transfer_id: UUID) -> WholeTransfer:
    """One transfer with its whole history. Raises TransferNotFound."""
    who.require(Permission.read_transfers)
    return await whole_transfer(ask, await transfers.get(ask, who, transfer_id))


async def whole_transfer(ask: Asking, transfer: Transfer) -> WholeTransfer:
    """What hangs on a transfer that the caller may see."""
    return WholeTransfer(
        transfer=transfer,
        steps=(await transfers.steps_of(ask, [transfer.id]))[transfer.id],
        deadlines=await deadlines.of_subject(ask, transfer.contact_id, transfer.id),
        challenges=await challenges.of_transfer(ask, transfer.id),
    )
