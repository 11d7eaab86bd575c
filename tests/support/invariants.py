"""What must hold of a whole record whatever was done to it, read straight from the database.

Written from the rules, not from the state tables: rule 9 (one accountable team for each open
child), rule 12 (nothing closed with a transfer open), and the clocks that run on each thing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from service.bootstrap import House
from service.domain.accountabilities import Accountability
from service.domain.challenges import Challenge, ChallengeState, ChallengeStep
from service.domain.contacts import Child, Contact
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision, DecisionState, StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.emergency_acts import EMERGENCY_ACT, EMERGENCY_CLOCK, EmergencyAct
from service.domain.events import Event
from service.domain.flags import Flag
from service.domain.passed_concerns import PassedConcern, PassedConcernState
from service.domain.referrals import CaseState, Referral
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    Transfer,
    TransferState,
    TransferStep,
)
from service.persistence.records import columns_of, read, table_of

Found = TypeVar("Found")

ENDED = {
    TransferState.completed,
    TransferState.refused,
    TransferState.withdrawn,
    TransferState.superseded,
}
# Who acts by themselves: the sweep, and the clock of a challenge.
WITHOUT_AN_ACTOR = (
    "flag.",
    "challenge.lapsed",
    "challenge.escalated",
    "contact.taken_over",
    "referral.taken_over",
    "early_help_episode.taken_over",
    "transfer.redirected",
)


@dataclass(frozen=True)
class Record:
    """All that is on file, by kind, each in the order of its ids."""

    contacts: Sequence[Contact]
    children: Sequence[Child]
    decisions: Sequence[Decision]
    referrals: Sequence[Referral]
    episodes: Sequence[EarlyHelpEpisode]
    accountabilities: Sequence[Accountability]
    transfers: Sequence[Transfer]
    transfer_steps: Sequence[TransferStep]
    challenges: Sequence[Challenge]
    challenge_steps: Sequence[ChallengeStep]
    passed_concerns: Sequence[PassedConcern]
    emergency_acts: Sequence[EmergencyAct]
    deadlines: Sequence[Deadline]
    flags: Sequence[Flag]
    events: Sequence[Event]

    def without_versions_of_contacts(self) -> "Record":
        """The same, but for the versions of contacts: they grow where nothing else changes."""
        return replace(self, contacts=[replace(one, version=0) for one in self.contacts])

    @property
    def cases(self) -> Mapping[UUID, Referral | EarlyHelpEpisode]:
        """Every referral and early help episode by its id."""
        return {one.id: one for one in self.referrals} | {one.id: one for one in self.episodes}


async def read_record(house: House) -> Record:
    """Reads the whole record; for a test's database, in which there is little."""
    async with house.database.reading() as connection:
        return Record(
            contacts=await _all(connection, Contact),
            children=await _all(connection, Child),
            decisions=await _all(connection, Decision),
            referrals=await _all(connection, Referral),
            episodes=await _all(connection, EarlyHelpEpisode),
            accountabilities=await _all(connection, Accountability, "person_id"),
            transfers=await _all(connection, Transfer),
            transfer_steps=await _all(connection, TransferStep),
            challenges=await _all(connection, Challenge),
            challenge_steps=await _all(connection, ChallengeStep),
            passed_concerns=await _all(connection, PassedConcern),
            emergency_acts=await _all(connection, EmergencyAct),
            deadlines=await _all(connection, Deadline),
            flags=await _all(connection, Flag),
            events=await _all(connection, Event),
        )


async def read_child(house: House, person_id: UUID) -> Record:
    """What somebody sees who looks at one child: the cases, and what is under way."""
    async with house.database.reading() as connection:
        return Record(
            contacts=[],
            children=await _all(connection, Child, of=person_id),
            decisions=await _all(connection, Decision, of=person_id),
            referrals=await _all(connection, Referral, of=person_id),
            episodes=await _all(connection, EarlyHelpEpisode, of=person_id),
            accountabilities=[],
            transfers=await _all(connection, Transfer, of=person_id),
            transfer_steps=[],
            challenges=await _all(connection, Challenge, of=person_id),
            challenge_steps=[],
            passed_concerns=await _all(connection, PassedConcern, of=person_id),
            emergency_acts=await _all(connection, EmergencyAct, of=person_id),
            deadlines=[],
            flags=[],
            events=[],
        )


async def _all(
    connection: AsyncConnection, kind: type[Found], by: str = "id", of: UUID | None = None
) -> list[Found]:
    table = table_of(kind)
    asked = select(*columns_of(kind)).order_by(table.c[by])
    if of is not None:
        asked = asked.where(table.c.person_id == of)
    return [read(kind, row) for row in await connection.execute(asked)]


def faults(record: Record) -> list[str]:
    """Everything in the record that the rules do not allow, each as a sentence."""
    return [
        fault
        for look in (
            _accountability,
            _transfers,
            _challenges,
            _cases,
            _histories,
            _clocks,
            _flags,
            _events,
        )
        for fault in look(record)
    ]


def _accountability(record: Record) -> Iterator[str]:
    """Rule 9: each open child has exactly one accountable team, and nobody else has one."""
    answering: dict[UUID, list[UUID]] = {}
    handing_over = {
        one.referral_id: one
        for one in record.transfers
        if one.direction is Direction.step_down and one.state is TransferState.accepted
    }
    for case in record.cases.values():
        if case.closed_at is not None:
            continue
        if case.state is CaseState.handing_over:
            if case.id not in handing_over:
                yield f"case {case.id} is handing over without an accepted step-down"
            continue
        if case.id in handing_over:
            yield f"case {case.id} was handed over, and is {case.state}"
        answering.setdefault(case.person_id, []).append(case.id)
        if not case.team_id:
            yield f"open case {case.id} has no team"
    for person_id, cases in answering.items():
        if len(cases) != 1:
            yield f"child {person_id} has {len(cases)} cases that answer"
    answers = {one.person_id: one.case_id for one in record.accountabilities}
    if answers != {person_id: cases[0] for person_id, cases in answering.items()}:
        yield "the accountabilities are not those of the open cases"
    for transfer in handing_over.values():
        referral = record.cases.get(transfer.referral_id) if transfer.referral_id else None
        if referral is None or referral.state is not CaseState.handing_over:
            yield f"accepted step-down {transfer.id} without a referral that is handing over"
        if answers.get(transfer.person_id) != transfer.early_help_episode_id:
            yield f"accepted step-down {transfer.id}, and early help does not answer"


def _transfers(record: Record) -> Iterator[str]:
    """Rule 12: a transfer is open only while the case that it would move is there to be moved."""
    answers = {one.person_id: one.case_id for one in record.accountabilities}
    for one in record.transfers:
        if not (one.sender_team_id and one.receiver_team_id):
            yield f"transfer {one.id} without a sender or a receiver"
        if (one.ended_at is not None) != (one.state in ENDED):
            yield f"transfer {one.id} is {one.state}, and its end says otherwise"
        if one.ended_at is not None:
            continue
        for case_id in (one.referral_id, one.early_help_episode_id):
            if case_id is not None and record.cases[case_id].closed_at is not None:
                yield f"open transfer {one.id} of a closed case"
        taken_on = one.state is TransferState.accepted
        if not taken_on and answers.get(one.person_id) != one.sender_case_id:
            yield f"transfer {one.id} is {one.state}, and its sender does not answer"
        if taken_on and None in (one.referral_id, one.early_help_episode_id):
            yield f"accepted transfer {one.id} without both cases"
    several = Counter(
        (one.person_id, one.direction) for one in record.transfers if one.ended_at is None
    )
    for (person_id, direction), count in several.items():
        if count > 1:
            yield f"child {person_id} has {count} open transfers, {direction}"


def _challenges(record: Record) -> Iterator[str]:
    """Rule 8: a challenge is about something that stands, and ends with it."""
    states = {one.id: one.state for one in record.transfers}
    decisions = {one.id: one for one in record.decisions}
    about: dict[UUID, ChallengeState] = {}
    for one in record.challenges:
        if (one.ended_at is not None) != (one.state is ChallengeState.ended):
            yield f"challenge {one.id} is {one.state}, and its end says otherwise"
        if (one.ended_at is not None) != (one.outcome is not None):
            yield f"challenge {one.id} ended without an outcome, or has one before its end"
        if one.ended_at is not None:
            continue
        if one.transfer_id is not None:
            if one.transfer_id in about:
                yield f"two open challenges of transfer {one.transfer_id}"
            about[one.transfer_id] = one.state
        if one.decision_id is not None and decisions[one.decision_id].superseded_at is not None:
            yield f"challenge {one.id} is open on a superseded decision"
    for transfer_id, state in states.items():
        expected = {
            TransferState.refusal_challenged: (
                ChallengeState.raised,
                ChallengeState.agreed,
                ChallengeState.upheld,
            ),
            TransferState.refusal_overturned: (ChallengeState.awaiting_change,),
        }.get(state, (None,))
        if about.get(transfer_id) not in expected:
            yield f"transfer {transfer_id} is {state}, its challenge {about.get(transfer_id)}"


def _cases(record: Record) -> Iterator[str]:
    """No case without a signed decision; what was closed says why."""
    signed = {
        one.id
        for one in record.decisions
        if one.state is DecisionState.signed or one.superseded_at is not None
    }
    for case in record.cases.values():
        if case.decision_id not in signed:
            yield f"case {case.id} without a signed decision"
        if (case.closed_at is not None) != (case.state is CaseState.closed):
            yield f"case {case.id} is {case.state}, and its closing says otherwise"
        if case.closed_at is not None and not (case.closure_code and case.closure_reason):
            yield f"case {case.id} closed without a reason"
        if (case.worker_id is None) != (case.allocated_at is None):
            yield f"case {case.id} has a worker and no allocation, or the other way round"


def _histories(record: Record) -> Iterator[str]:
    """Each version of a transfer or challenge is one line of its history; the last one stands."""
    moves: tuple[tuple[str, Sequence[Any], Sequence[Any], str], ...] = (
        ("transfer", record.transfers, record.transfer_steps, "transfer_id"),
        ("challenge", record.challenges, record.challenge_steps, "challenge_id"),
    )
    for noun, things, steps, key in moves:
        lines: dict[UUID, list[Any]] = {one.id: [] for one in things}
        for step in steps:
            lines[getattr(step, key)].append(step)
        for one in things:
            if len(lines[one.id]) != one.version:
                yield f"{noun} {one.id} has {one.version} versions, {len(lines[one.id])} steps"
            if not lines[one.id] or lines[one.id][-1].state != one.state:
                yield f"the last step of {noun} {one.id} did not lead to {one.state}"


def running_on_transfer(transfer: Transfer) -> set[str]:
    """Which clocks run on a transfer, by what it waits for."""
    up = transfer.direction is Direction.step_up
    name = str(transfer.direction)
    state = transfer.state
    family = (
        set()
        if up or transfer.family_agreement is FamilyAgreement.given
        else {"step_down_family_agreement"}
    )
    if state in ENDED:
        return set()
    if state is TransferState.returned:
        return {"step_down_returned"}
    if state is TransferState.accepted:
        visited = transfer.first_visit_at is not None
        return {"step_down_completed" if visited else "step_down_first_visit"} | family
    running = {f"{name}_answered"} | family
    if state is TransferState.requested:
        running.add(f"{name}_opened")
    if state is TransferState.refusal_pending:
        running.add(f"{name}_refusal_agreed")
    return running


def running_on_challenge(challenge: Challenge) -> set[str]:
    """Which clock runs on a challenge: one as long as it is open."""
    match challenge.state:
        case ChallengeState.raised:
            return {f"challenge_stage_{challenge.stage}"}
        case ChallengeState.agreed | ChallengeState.upheld:
            return {"challenge_response"}
        case ChallengeState.awaiting_change:
            return {"challenge_change"}
        case _:
            return set()


def _clocks(record: Record) -> Iterator[str]:
    """Clocks run exactly where something is waited for, and once each."""
    wanted: set[tuple[UUID, str]] = set()
    # Whether a second concern was told by somebody else is not worked out again here.
    possible: set[tuple[UUID, str]] = set()
    for decision in record.decisions:
        if decision.state is DecisionState.awaiting_sign_off:
            wanted.add((decision.id, "sign_off"))
    for referral in record.referrals:
        if referral.closed_at is None:
            # No assessment is authorised and no strategy meeting held in these records.
            wanted.add((referral.id, "single_assessment"))
            if referral.statutory_basis is StatutoryBasis.section_47:
                wanted.add((referral.id, "strategy_meeting"))
        if referral.closed_at is None and referral.allocated_at is None:
            wanted.add((referral.id, "allocation"))
            if referral.statutory_basis is StatutoryBasis.section_47:
                wanted.add((referral.id, "section_47_allocation"))
    for episode in record.episodes:
        if episode.closed_at is None and episode.allocated_at is None:
            wanted.add((episode.id, "early_help_allocation"))
        if episode.closed_at is None and episode.family_agreement is FamilyAgreement.not_yet_asked:
            # Nobody asks a family in these records.
            wanted.add((episode.id, "early_help_family_agreement"))
    for transfer in record.transfers:
        wanted |= {(transfer.id, kind) for kind in running_on_transfer(transfer)}
        if transfer.owes_meeting:
            wanted.add((transfer.id, "step_up_strategy_meeting"))
    for challenge in record.challenges:
        wanted |= {(challenge.id, kind) for kind in running_on_challenge(challenge)}
    for concern in record.passed_concerns:
        if concern.state is PassedConcernState.waiting:
            wanted.add((concern.id, concern.clock))
    for act in record.emergency_acts:
        if act.state not in EMERGENCY_ACT.final:
            wanted.add((act.id, EMERGENCY_CLOCK))
    for contact in record.contacts:
        if contact.decided_at is None:
            wanted |= {(contact.id, "contact_to_referral"), (contact.id, "statutory_decision")}
            possible.add((contact.id, "repeat_concern"))
        if contact.decided_at is None:
            wanted.add((contact.id, "rated" if contact.rating is None else "triage"))
        if contact.acknowledged_at is None:
            wanted.add((contact.id, "acknowledge_referrer"))
    running = Counter(
        (one.subject_id, one.kind) for one in record.deadlines if one.stopped_at is None
    )
    for (subject_id, kind), count in running.items():
        if count > 1:
            yield f"{kind} runs {count} times on {subject_id}"
    for subject_id, kind in running.keys() - wanted - possible:
        yield f"{kind} runs on {subject_id}, which waits for no such thing"
    for subject_id, kind in wanted - running.keys():
        yield f"{kind} does not run on {subject_id}, which waits for it"


def _flags(record: Record) -> Iterator[str]:
    """A flag stands only while its clock runs."""
    running = {one.id for one in record.deadlines if one.stopped_at is None}
    for flag in record.flags:
        if flag.cleared_at is None and flag.deadline_id not in running:
            yield f"flag {flag.id} stands, and its clock has stopped"


def _events(record: Record) -> Iterator[str]:
    """Every event has its actor, but for what the clock does."""
    for one in record.events:
        if one.account_id is None and not one.type.startswith(WITHOUT_AN_ACTOR):
            yield f"event {one.type} without an actor"
