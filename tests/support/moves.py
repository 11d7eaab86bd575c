"""Step-ups and step-downs as people do them: who may, in words that pass, with valid terms."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from service.bootstrap import House, Work
from service.domain.acceptances import Acceptance
from service.domain.access import Caller, Role
from service.domain.challenges import ChallengeAction, ChallengeAnswer
from service.domain.contacts import Channel
from service.domain.decisions import LevelOfNeed, Outcome, StatutoryBasis
from service.domain.drafts import NewDecision
from service.domain.new_contacts import NewChild, NewContact
from service.domain.strategy_discussions import StrategyDiscussion
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    Party,
    PlanLine,
    Transfer,
    TransferAction,
)
from service.usecases.challenges import (
    accept_challenge_answer,
    answer_challenge,
    escalate_challenge,
    withdraw_challenge,
)
from service.usecases.step_downs import (
    complete_transfer,
    decide_returned_transfer,
    record_family_agreement,
    record_first_visit,
)
from service.usecases.transfer_answers import (
    accept_transfer,
    answer_refusal,
    record_strategy_discussion,
    refuse_transfer,
)
from service.usecases.transfers import NewTransfer, open_transfer, withdraw_transfer
from tests.support.houses import caller
from tests.support.situations import new_decision

WORDS = "I have read the whole file and spoken with the family's worker about what comes next."
EVIDENCE = "The home has been visited weekly; what was seen and said each time is in the record."
PLAN = (PlanLine("Bedtimes hold.", "Parenting course.", "Family worker", date(2027, 3, 1)),)

Doing = Callable[[Work], Coroutine[Any, Any, Any]]

# Who asks, who looks at it first, who answers, and whose manager agrees to a refusal.
PARTS: Mapping[tuple[Direction, Party], tuple[str, str, str, str]] = {
    (Direction.step_up, Party.sender): ("family worker", "worker", "manager", "spoc"),
    (Direction.step_up, Party.receiver): ("manager", "spoc", "spoc", "second manager"),
    (Direction.step_down, Party.sender): ("social worker", "spoc", "spoc", "assessor"),
    (Direction.step_down, Party.receiver): ("spoc", "assessor", "assessor", "second spoc"),
}


async def staff(house: House) -> dict[str, Caller]:
    """Everybody who works on steps, by what they are called here; `both` is a manager twice."""
    people = {
        name: await caller(house, role, name=name)
        for name, role in (
            ("worker", Role.mash_worker),
            ("manager", Role.mash_manager),
            ("second manager", Role.mash_manager),
            ("spoc", Role.early_help_spoc_manager),
            ("second spoc", Role.early_help_spoc_manager),
            ("family worker", Role.early_help_worker),
            ("assessor", Role.assessment_team_manager),
            ("social worker", Role.assessment_team_worker),
            ("head", Role.head_of_service),
            ("second head", Role.head_of_service),
        )
    }
    manager, spoc = people["second manager"], people["spoc"]
    people["both"] = replace(
        manager, roles=manager.roles | spoc.roles, scopes=manager.scopes | spoc.scopes
    )
    return people


def told_again(*person_ids: UUID | None) -> NewContact:
    """A contact about children, each on file already or (None) new."""
    return NewContact(
        concern="The school rang again about what was seen at the gate.",
        source_code="2A",
        channel=Channel.telephone,
        referrer_role="Head teacher",
        children=[
            NewChild(given_name=f"Child {place}", person_id=person_id)
            for place, person_id in enumerate(person_ids)
        ],
    )


OUTCOMES: Mapping[str, tuple[Outcome, LevelOfNeed, StatutoryBasis | None]] = {
    "child in need": (Outcome.referral, LevelOfNeed.statutory, StatutoryBasis.section_17),
    "protection": (Outcome.referral, LevelOfNeed.statutory, StatutoryBasis.section_47),
    "early help": (Outcome.early_help, LevelOfNeed.targeted, None),
    "words of advice": (Outcome.information_and_advice, LevelOfNeed.additional, None),
    "nothing": (Outcome.no_further_action, LevelOfNeed.universal, None),
}


def decision(
    house: House, child_id: UUID, leads_to: str, supersedes_id: UUID | None = None
) -> NewDecision:
    """A complete decision, with the history considered whether or not there is one."""
    outcome, level, basis = OUTCOMES[leads_to]
    return new_decision(
        house,
        child_id,
        outcome,
        level_of_need=level,
        statutory_basis=basis,
        history_considered="One contact before, closed with advice after the school had called.",
        last_closed_because="The family had found help by then; or the case is still open.",
        supersedes_id=supersedes_id,
        supersedes_because=None if supersedes_id is None else "New facts came by telephone.",
        nothing_more_because="Each call was about one lost coat, and the child is warm since May.",
    )


def asked_for(
    direction: Direction,
    case_id: UUID,
    asked_by: Party,
    receiving_worker_id: UUID,
    agreement: FamilyAgreement = FamilyAgreement.not_yet_asked,
) -> NewTransfer:
    """A transfer that names all it must."""
    up = direction is Direction.step_up
    pull = asked_by is Party.receiver
    team = "assessment-south" if up else "family-centres"
    return NewTransfer(
        direction=direction,
        case_id=case_id,
        reason_code="risk_increased" if up else "need_reduced",
        evidence=EVIDENCE,
        asked_by=asked_by,
        receiving_team_id=team if pull else None,
        receiving_worker_id=None if up else receiving_worker_id,
        statutory_basis=StatutoryBasis.section_17 if up and pull else None,
        plan=() if up or pull else PLAN,
        family_agreement=FamilyAgreement.not_yet_asked if up else agreement,
    )


def acceptance(transfer: Transfer, worker_id: UUID | None) -> Acceptance:
    """An acceptance that names all it must."""
    up = transfer.direction is Direction.step_up
    # Who asked for the case has said who takes the child on.
    pull = transfer.asked_by is Party.receiver
    return Acceptance(
        words=WORDS,
        receiving_team_id="assessment-north" if up and not pull else None,
        receiving_worker_id=None if pull else worker_id,
        statutory_basis=StatutoryBasis.section_17 if up else None,
        plan=() if up else PLAN,
    )


def discussion(work: Work) -> StrategyDiscussion:
    """A strategy discussion held just now, with everybody whom the policy asks for."""
    return StrategyDiscussion(WORDS, work.now, work.policy.strategy_meetings.quorum)


def moving(
    people: Mapping[str, Caller],
    transfer: Transfer,
    action: TransferAction,
    *,
    version: int | None = None,
    worker_id: UUID | None = None,
    agreement: FamilyAgreement = FamilyAgreement.given,
) -> Doing:
    """What somebody who may does to a transfer; every action that a person can do."""
    _, opens, answers, agrees = (
        people[name] for name in PARTS[transfer.direction, transfer.asked_by]
    )
    up = transfer.direction is Direction.step_up
    id_ = transfer.id
    known = transfer.version if version is None else version
    refusal = "below_threshold" if up else "above_threshold"
    doings: Mapping[TransferAction, Doing] = {
        TransferAction.open: lambda work: open_transfer(work, opens, id_, known),
        TransferAction.accept: lambda work: accept_transfer(
            work, answers, id_, known, acceptance(transfer, worker_id)
        ),
        TransferAction.refuse: lambda work: refuse_transfer(
            work, answers, id_, known, reason_code=refusal, explanation=EVIDENCE
        ),
        TransferAction.agree_to_refusal: lambda work: answer_refusal(
            work, agrees, id_, known, agreed=True, words=WORDS
        ),
        TransferAction.challenge_refusal: lambda work: answer_refusal(
            work, agrees, id_, known, agreed=False, words=EVIDENCE
        ),
        TransferAction.record_family_agreement: lambda work: record_family_agreement(
            work, people["family worker"], id_, known, agreement=agreement, words=WORDS
        ),
        TransferAction.record_first_visit: lambda work: record_first_visit(
            work, people["family worker"], id_, known, visited_at=work.now, words=WORDS
        ),
        TransferAction.complete: lambda work: complete_transfer(
            work, people["assessor"], id_, known, closure_code="RC9", words=WORDS
        ),
        TransferAction.request_again: lambda work: decide_returned_transfer(
            work, people["assessor"], id_, known, ask_again=True, words=WORDS
        ),
        TransferAction.keep: lambda work: decide_returned_transfer(
            work, people["assessor"], id_, known, ask_again=False, words=WORDS
        ),
        TransferAction.withdraw: lambda work: withdraw_transfer(
            work, agrees, id_, known, words=WORDS
        ),
        TransferAction.record_strategy_discussion: lambda work: record_strategy_discussion(
            work, people["manager"], id_, known, discussion(work)
        ),
    }
    return doings[action]


_ANSWERS = {
    ChallengeAction.agree: ChallengeAnswer.agreed,
    ChallengeAction.uphold: ChallengeAnswer.upheld,
    ChallengeAction.change: ChallengeAnswer.changed,
}


def disputing(who: Caller, challenge_id: UUID, action: ChallengeAction, version: int) -> Doing:
    """What somebody does to a challenge: an answer, or what the side that raised it may do."""
    if action in _ANSWERS:
        return lambda work: answer_challenge(
            work, who, challenge_id, version, answer=_ANSWERS[action], words=EVIDENCE
        )
    pursuing = {
        ChallengeAction.accept: accept_challenge_answer,
        ChallengeAction.escalate: escalate_challenge,
        ChallengeAction.withdraw: withdraw_challenge,
    }[action]
    return lambda work: pursuing(work, who, challenge_id, version, words=EVIDENCE)
