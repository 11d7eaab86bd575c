"""Step-ups and step-downs: asked for, opened, answered, taken back (rules 9, 10 and 12)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain import holders
from service.domain.acceptances import (
    WORKER,
    basis_missing,
    faults_in_plan,
    held_by_receiver,
    plan_missing,
    team_fault,
)
from service.domain.access import Caller, Permission
from service.domain.authority import TeamWork
from service.domain.calendar import london_date
from service.domain.challenges import Challenge
from service.domain.deadlines import Deadline
from service.domain.decisions import StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import Problem
from service.domain.events import EventType
from service.domain.own_words import rationale_faults
from service.domain.references import ReferenceKind, new_reference
from service.domain.referrals import CASE, CaseAction, Referral
from service.domain.transfers import (
    MANNERS,
    NO_AGREEMENT,
    TRANSFER,
    Direction,
    FamilyAgreement,
    NotAccountable,
    NotYoursToWithdraw,
    Party,
    PlanLine,
    Transfer,
    TransferAction,
    TransferState,
    TransferStep,
    TransferUnderWay,
    allowed,
    incomplete,
    require_words_of_transfer,
    unknown_code,
)
from service.domain_services.challenges import (
    take_challenge_back,
)
from service.domain_services.section_47_enquiries import refuse_while_protection_is_owed
from service.domain_services.transfer_sides import require_manners, sending_cases, teams_that_take
from service.domain_services.transfers import (
    hold_transfer,
    keep_transfer_step,
    move_transfer,
    record_transfer_event,
    start_waiting_for_answer,
    stop_transfer_clocks,
)
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.repositories import (
    accountabilities,
    accounts,
    cases,
    challenges,
    contacts,
    deadlines,
    transfers,
)
from service.persistence.units_of_work import Work

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
    holder = sending_cases(new.direction)
    found = await holder.get(work, who.sight, new.case_id)
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
    transfer = _new_transfer(work, who, new, case)
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


def _new_transfer(
    work: Work, who: Caller, new: NewTransfer, case: Referral | EarlyHelpEpisode
) -> Transfer:
    """A transfer as it is when it is asked for."""
    harm = new.direction is Direction.step_up and (
        new.reason_code in work.policy.transfers.harm_reasons
    )
    return Transfer(
        id=new_id(),
        reference=new_reference(ReferenceKind.transfer),
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
        receiver_worker_id=new.receiving_worker_id,
        statutory_basis=new.statutory_basis,
        plan=list(new.plan),
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
        meeting_owed_since=work.now if harm else None,
    )


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


def _faults_in_request(work: Work, new: NewTransfer) -> list[Problem]:
    rules = work.policy.transfers
    step_down = new.direction is Direction.step_down
    pull = new.asked_by is Party.receiver
    constant_lead = work.policy.one_family_help_service
    problems: list[Problem] = []
    reasons = rules.step_down_reasons if step_down else rules.step_up_reasons
    problems += unknown_code(new.reason_code, reasons, "/reason_code")
    problems += rationale_faults(work.policy.rationale, "/evidence", new.evidence)
    if new.receiving_team_id is not None:
        problems += team_fault(new.receiving_team_id, teams_that_take(work, new.direction))
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


async def open_transfer(work: Work, who: Caller, transfer_id: UUID, version: int) -> Transfer:
    """Opens a transfer: it has been seen, which is not the same as answered."""
    manners = await require_manners(work, who, transfer_id, "open")
    held = await hold_transfer(work, who, transfer_id, version, TransferAction.open)
    await stop_transfer_clocks(work, held.transfer, "opened", manners.opened_clock)
    moved = await move_transfer(work, who, held.transfer, TransferAction.open, opened_at=work.now)
    record_transfer_event(work, who, EventType.transfer_opened, moved)
    return moved


async def withdraw_transfer(
    work: Work, who: Caller, transfer_id: UUID, version: int, *, words: str
) -> Transfer:
    """Who asked takes the request back before it is answered; the sender keeps the child."""
    manners = await require_manners(work, who, transfer_id, "request")
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
    require_words_of_transfer(work.policy.rationale, words)
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
    return await whole_transfer(ask, await transfers.get(ask, who.sight, transfer_id))


async def whole_transfer(ask: Asking, transfer: Transfer) -> WholeTransfer:
    """What hangs on a transfer that the caller may see."""
    return WholeTransfer(
        transfer=transfer,
        steps=await transfers.steps_of(ask, transfer.id),
        deadlines=await deadlines.of_subject(ask, transfer.contact_id, transfer.id),
        challenges=await challenges.of_transfer(ask, transfer.id),
    )
