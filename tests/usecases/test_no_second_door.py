"""No second door: every act that moves or closes a child, at random, beside a model of the rules.

The model is written from the rules (who answers for a child, what is open, what each thing waits
for), not from the state tables. What it allows must work and lead where it says; what it forbids
must change nothing and say what the state is and what is possible.
"""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from service.bootstrap import House
from service.domain.challenges import ChallengeAction, NotYoursToChallenge
from service.domain.cumulative_concerns import must_be_read
from service.domain.decisions import DecisionState, StatutoryBasis
from service.domain.drafts import SaidOfChild, SaidOfDecision
from service.domain.early_help_episodes import EpisodeClosure
from service.domain.errors import Conflict, FrontDoorError, Invalid, NotAllowed, NotFound, Stale
from service.domain.sign_offs import SaidOfAll
from service.domain.states import WrongState
from service.domain.transfers import (
    TRANSFER,
    Direction,
    FamilyAgreement,
    NotForThisDirection,
    Party,
    Transfer,
    TransferAction,
    TransferState,
    allowed,
)
from service.usecases.cases import (
    allocate_early_help_episode,
    allocate_referral,
    close_early_help_episode,
    close_referral,
)
from service.usecases.challenges import Raised, challenge_decision, move_challenges
from service.usecases.contacts import log_contact
from service.usecases.decisions import decide, decide_together
from service.usecases.flags import sweep
from service.usecases.jobs import check_impossible
from service.usecases.sign_offs import sign_off, sign_off_together
from service.usecases.transfer_answers import accept_transfer
from service.usecases.transfers import Requested, TransferNotFound, request_transfer
from tests.support.clocks import FixedClock
from tests.support.databases import PostgresServer, SqliteFiles
from tests.support.days import FRIDAY
from tests.support.houses import open_house
from tests.support.invariants import Record, faults, read_record
from tests.support.moves import (
    OUTCOMES,
    PARTS,
    WORDS,
    Doing,
    acceptance,
    asked_for,
    decision,
    disputing,
    moving,
    staff,
    told_again,
)
from tests.support.situations import whole_read

# FRONTDOOR_TEST_LONG_WALKS=50 walks fifty times as often, each walk anew and three times as far.
LONG = int(os.environ.get("FRONTDOOR_TEST_LONG_WALKS", "0"))
MOST_CONTACTS_OF_A_CHILD = 3
LAST_STAGE = 3
# What somebody can ask for; the rest follows from something else.
ACTIONS = sorted({action for _, action in TRANSFER.moves} - TRANSFER.by_itself)
KINDS = (
    *["a step or a disagreement goes on"] * 5,
    *["somebody decides, asks or closes"] * 3,
    *["somebody does what is possible"] * 3,
    *["somebody tries what changes nothing"] * 4,
    "somebody read it too long ago",
    "time passes and the sweep comes",
)
Found = TypeVar("Found")
Refusal = type[FrontDoorError] | tuple[type[FrontDoorError], ...]
# Not theirs to do; or of a child who never came to their side, so that nothing of it is there.
NOT_THEIRS: Refusal = (NotAllowed, NotFound)

_HELP = ("draft early help", "sign early help", "allocate")
_CARE = ("draft child in need", "sign child in need", "allocate")
_UP = (*_HELP, "ask for a step_up by the sender", "open")
_UP_PULLED = (*_HELP, "ask for a step_up by the receiver", "open")
_DOWN = (*_CARE, "ask for a step_down by the sender", "open")
_DOWN_PULLED = (*_CARE, "ask for a step_down by the receiver", "open")
_DISPUTED = ("refuse", "challenge refusal")
_OVERTURNED = (*_DISPUTED, "disagreement: change")
_TAKEN_ON = (*_DOWN, "accept the step_down")
_AGAIN = "log again"

# How far each child has come when the walk begins: so that it does not stay near the door.
BEGINNINGS = {
    "not decided": (),
    "nothing": ("draft nothing", "sign nothing"),
    "nothing, disputed": ("draft nothing", "sign nothing", "challenge a decision"),
    "nothing, to change": (
        *("draft nothing", "sign nothing", "challenge a decision", "disagreement: change"),
        _AGAIN,
    ),
    "early help": _HELP,
    "early help, told of again": (*_HELP, _AGAIN),
    "early help, disputed": (*_HELP, "challenge a decision"),
    "social care": _CARE,
    "social care, told of again": (*_CARE, _AGAIN),
    "step-up": _UP,
    "step-up, pulled": _UP_PULLED,
    "step-up, told of again": (*_UP, _AGAIN),
    "step-up, decided anew": (*_UP, "draft nothing"),
    "step-up, disputed": (*_UP, *_DISPUTED),
    "step-up, overturned": (*_UP_PULLED, *_OVERTURNED),
    "stepped up": (*_UP, "accept the step_up"),
    "step-down": _DOWN,
    "step-down, pulled": _DOWN_PULLED,
    "step-down, decided anew": (*_DOWN, "draft early help"),
    "step-down, disputed": (*_DOWN_PULLED, *_DISPUTED),
    "step-down, overturned": (*_DOWN, *_OVERTURNED),
    "taken on": _TAKEN_ON,
    "taken on, told of again": (*_TAKEN_ON, _AGAIN),
    "taken on, step-up": (*_TAKEN_ON, "ask for a step_up by the sender", "open"),
    "taken on, visited": (*_TAKEN_ON, "family: given", "record first visit"),
    "sent back": (*_TAKEN_ON, "family: refused"),
}


@dataclass(eq=False)
class Decided:
    """What the model knows of a decision: the case it opened is its own, or it joined one."""

    id: UUID
    by: str
    leads_to: str
    state: str = "waits"
    own: "Case | None" = None
    joined: "Case | None" = None
    left_behind: bool = False


@dataclass(eq=False)
class Said:
    """One child as one contact tells of it, and what was decided."""

    id: UUID
    contact_id: UUID
    decisions: list[Decided] = field(default_factory=list)

    def one(self, state: str) -> Decided | None:
        return next((one for one in self.decisions if one.state == state), None)


@dataclass(eq=False)
class Case:
    """What social care or early help holds; `root` is the decision that it all goes back to."""

    id: UUID
    service: str
    root: Decided
    team: str
    worker: UUID | None = None
    open: bool = True
    handed_over: bool = False


@dataclass(eq=False)
class Step:
    """A step-up or step-down, in the words of the rules."""

    id: UUID
    direction: Direction
    asked_by: Party
    asker: str
    sender: Case
    agreement: FamilyAgreement
    phase: str = "asked"
    receiver: Case | None = None
    visited: bool = False
    over: bool = False


@dataclass(eq=False)
class Dispute:
    """A challenge of a decision, or of the refusal of a step."""

    id: UUID
    about: Decided | Step
    raiser: str
    answerer: str
    phase: str = "raised"
    stage: int = 1
    over: bool = False


@dataclass(eq=False)
class Person:
    """A child: on which contacts, who answers, what was ever open."""

    id: UUID
    said: list[Said] = field(default_factory=list)
    answers: Case | None = None
    cases: list[Case] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)

    def step(self, direction: Direction) -> Step | None:
        return next(
            (one for one in self.steps if one.direction is direction and not one.over), None
        )

    def open_disputes(self) -> list[Dispute]:
        return [one for one in self.disputes if not one.over]

    def dispute_of(self, thing: Decided | Step) -> Dispute | None:
        return next((one for one in self.open_disputes() if one.about is thing), None)


@dataclass(repr=False)
class Move:
    """Something to try: what the rules say of it, and what is true once it is done."""

    what: str
    do: Callable[[int], Doing]
    refusal: Refusal | None
    after: Callable[[Any], None] = lambda done: None
    thing: Any = None
    versioned: bool = False
    silent: bool = False

    def __repr__(self) -> str:
        return f"<{self.what}>"

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(repr(self))


# Hypothesis leans towards what is named first: so first what seldom becomes possible.
TELLING = ("complete", "sign", "accept", "record", "refuse", "family:", "close", "ask", "draft")


def _telling(words: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    place = TELLING.index(words[0]) if words[0] in TELLING else len(TELLING)
    return place, words


class Doors(RuleBasedStateMachine):
    """A few children, a few contacts each, and everybody who may move or close them."""

    create_database: Callable[[], str]
    drop_database: Callable[[str], None]
    tried: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = FixedClock(FRIDAY)
        self.folder = tempfile.TemporaryDirectory()
        self.url = type(self).create_database()
        self.stack = AsyncExitStack()
        self.house: House = self.run(
            self.stack.enter_async_context(open_house(self.url, self.clock, Path(self.folder.name)))
        )
        self.people = self.run(staff(self.house))
        self.children: list[Person] = []
        self.written = 0
        self.record: Record = self.run(read_record(self.house))
        self.looked_at: Record | None = None
        type(self).tried["walks"] += 1

    def run(self, work: Coroutine[Any, Any, Found]) -> Found:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()
        type(self).drop_database(self.url)
        self.folder.cleanup()

    # What can be tried, and what the rules say of each.

    def moves(self) -> Iterator[Move]:
        for person in self.children:
            yield from self.moves_with(person)

    def moves_with(self, person: Person) -> Iterator[Move]:
        yield from self.moves_by_contact(person)
        for said in person.said:
            yield from self.moves_by_decision(person, said)
            yield from self.moves_of_family(person, said)
        for case in person.cases[-3:]:
            yield from self.moves_of_case(person, case)
            yield from self.requests(person, case)
        for step in person.steps[-3:]:
            yield from self.moves_of_step(person, step)
        for dispute in person.disputes[-2:]:
            yield from self.moves_of_dispute(person, dispute)

    def moves_by_contact(self, person: Person) -> Iterator[Move]:
        if len(person.said) >= MOST_CONTACTS_OF_A_CHILD:
            return
        others = [
            one
            for one in self.children
            if one is not person and len(one.said) < MOST_CONTACTS_OF_A_CHILD
        ]
        for told in ([person], [person, *others[:1]]):

            def logged(file: Any, told: list[Person] = told) -> None:
                for one, child in zip(told, file.children, strict=True):
                    one.said.append(Said(child.id, file.contact.id))

            new = told_again(*(one.id for one in told))
            yield Move(
                "log again",
                lambda _, new=new: lambda work: log_contact(work, self.people["worker"], new),
                None,
                logged,
            )

    def moves_by_decision(self, person: Person, said: Said) -> Iterator[Move]:
        waits, stands = said.one("waits"), said.one("signed")
        for leads_to in OUTCOMES:
            for named in dict.fromkeys((None, waits, stands)):
                yield self.draft(person, said, leads_to, named)
        for one in said.decisions[-2:]:
            if one.state == "superseded" and one is not said.decisions[-1]:
                continue
            for who in ("manager", "second manager", "worker"):
                for agreed in (True, False):
                    yield self.sign(person, said, one, who, agreed=agreed)
            yield self.dispute_decision(person, one)

    def draft(self, person: Person, said: Said, leads_to: str, named: Decided | None) -> Move:
        waits, stands = said.one("waits"), said.one("signed")
        refusal: Refusal | None = None
        if named is None:
            refusal = Conflict if waits or stands else None
        elif named is not (waits or stands):
            refusal = Invalid
        elif named is stands and not self.may_change(person, stands):
            refusal = Conflict
        if refusal is None and leads_to == "early help" and not self.may_go_down(person, stands):
            refusal = Conflict
        by = "manager" if leads_to == "words of advice" else "worker"

        def drafted(done: Any) -> None:
            if named is not None and named is waits:
                named.state = "superseded"
            said.decisions.append(Decided(done.id, by, leads_to))

        new = decision(self.house, said.id, leads_to, None if named is None else named.id)
        return Move(
            f"draft {leads_to}",
            lambda _: lambda work: decide(work, self.people[by], said.contact_id, new),
            refusal,
            drafted,
        )

    def moves_of_family(self, person: Person, said: Said) -> Iterator[Move]:
        """All children of a contact in one act: where the rules allow each, and else nothing."""
        family = [
            (one, told)
            for one in self.children
            for told in one.said
            if told.contact_id == said.contact_id
        ]
        if len(family) < 2 or family[0][0] is not person:
            return
        for leads_to in OUTCOMES:
            alone = [
                self.draft(one, told, leads_to, told.one("waits") or told.one("signed"))
                for one, told in family
            ]
            yield self.draft_together(leads_to, said.contact_id, family, alone)
        waiting = [(one, told, found) for one, told in family if (found := told.one("waits"))]
        for who in ("manager", "second manager", "worker"):
            for agreed in (True, False):
                answers = [self.sign(*one, who, agreed=agreed) for one in waiting]
                yield self.sign_together(said.contact_id, answers, who, agreed=agreed)

    def draft_together(
        self,
        leads_to: str,
        contact_id: UUID,
        family: list[tuple[Person, Said]],
        alone: list[Move],
    ) -> Move:
        by = "manager" if leads_to == "words of advice" else "worker"
        children = []
        for _, told in family:
            named = told.one("waits") or told.one("signed")
            new = decision(self.house, told.id, leads_to, None if named is None else named.id)
            said = {field.name for field in fields(SaidOfDecision)} - {"answered_at"}
            own = {name: getattr(new, name) for name in said}
            children.append(
                SaidOfChild(
                    told.id, SaidOfDecision(**own), new.supersedes_id, new.supersedes_because
                )
            )
        refused = {move.refusal for move in alone if move.refusal is not None}

        def drafted(done: Any) -> None:
            for move, one in zip(alone, done, strict=True):
                move.after(one)

        return Move(
            f"draft {leads_to} together",
            lambda _: (
                lambda work: decide_together(
                    work, self.people[by], contact_id, SaidOfDecision(), children
                )
            ),
            FrontDoorError if refused else None,
            drafted,
        )

    def sign_together(
        self, contact_id: UUID, answers: list[Move], who: str, *, agreed: bool
    ) -> Move:
        refused = {move.refusal for move in answers if move.refusal is not None}
        refusal: Refusal | None = FrontDoorError if refused else None
        if who == "worker" or NotAllowed in refused:
            refusal = NotAllowed
        elif not answers:
            refusal = WrongState

        def signed(done: Any) -> None:
            for move in answers:
                move.after(done)

        return Move(
            "sign together" if agreed else "return together",
            lambda off: (
                lambda work: sign_off_together(
                    work,
                    self.people[who],
                    contact_id,
                    self.version(self.record.contacts, contact_id) + off,
                    of_all=SaidOfAll(agreed, WORDS, self.whole_of(contact_id) if agreed else None),
                )
            ),
            refusal,
            signed,
            versioned=True,
        )

    def whole_of(self, contact_id: UUID) -> str | None:
        """What a manager says who has read the whole, where one of these decisions asks for it."""
        return next(
            (
                WORDS
                for one in self.record.decisions
                if one.contact_id == contact_id
                and one.state is DecisionState.awaiting_sign_off
                and must_be_read(one)
            ),
            None,
        )

    def may_change(self, person: Person, stands: Decided) -> bool:
        """A decision is changed while the child is where it put it, and nobody disputes (8, 12)."""
        open_ones = person.open_disputes()
        led_to_it = any(one.about is stands for one in open_ones)
        return (
            # Where nobody holds the child any more, there is nothing that it has moved on to.
            not (stands.left_behind and person.answers is not None)
            and all(one.phase == "to change" for one in open_ones)
            and (led_to_it or not open_ones)
        )

    def goes_with(self, person: Person, stands: Decided | None) -> Case | None:
        """The open case that closes with a decision: its own, unless another rests on it too."""
        if stands is None or stands.own is None or not stands.own.open:
            return None
        resting = [
            one
            for said in person.said
            for one in said.decisions
            if one.state == "signed" and one.joined is stands.own
        ]
        return None if resting else stands.own

    def may_go_down(self, person: Person, stands: Decided | None) -> bool:
        """Early help takes over from social care by a step-down alone (rule 11)."""
        answers = person.answers
        if answers is None or answers.service == "early help":
            return True
        return self.goes_with(person, stands) is answers

    def sign(self, person: Person, said: Said, one: Decided, who: str, *, agreed: bool) -> Move:
        stands = said.one("signed")
        refusal: Refusal | None = None
        if who == "worker":
            refusal = NotAllowed
        elif one.state != "waits":
            refusal = Conflict
        elif one.by == who:
            refusal = NotAllowed
        elif (agreed and stands is not None and not self.may_change(person, stands)) or (
            agreed and one.leads_to == "early help" and not self.may_go_down(person, stands)
        ):
            refusal = Conflict

        def signed(done: Any) -> None:
            if not agreed:
                one.state = "returned"
                return
            if stands is not None:
                closing = self.goes_with(person, stands)
                disputed = person.dispute_of(stands)
                stands.state = "superseded"
                if disputed is not None:
                    disputed.over, disputed.phase = True, "changed"
                if closing is not None:
                    self.close_case(person, closing)
            one.state = "signed"
            self.carry_out(person, one)

        return Move(
            f"sign {one.leads_to}" if agreed else "return",
            lambda off: (
                lambda work: sign_off(
                    work,
                    self.people[who],
                    one.id,
                    self.version(self.record.decisions, one.id) + off,
                    agreed=agreed,
                    words=WORDS,
                    whole_read=next(
                        whole_read(kept) for kept in self.record.decisions if kept.id == one.id
                    )
                    if agreed
                    else None,
                )
            ),
            refusal,
            signed,
            versioned=True,
        )

    def carry_out(self, person: Person, one: Decided) -> None:
        wanted = {
            "child in need": "social care",
            "protection": "social care",
            "early help": "early help",
        }.get(one.leads_to)
        if wanted is None:
            return
        if person.answers is not None and person.answers.service == wanted:
            one.joined = person.answers
            return
        if person.answers is not None:
            # Social care takes over: what was under way between the two is settled with it.
            handed_over = next((case for case in person.cases if case.handed_over), None)
            self.close_case(person, person.answers)
            for dispute in person.open_disputes():
                dispute.over, dispute.phase = True, "overtaken"
            if handed_over is not None:
                handed_over.handed_over = False
                person.answers = one.joined = handed_over
                return
        kept = self.record.referrals if wanted == "social care" else self.record.episodes
        [row] = [row for row in kept if row.decision_id == one.id and row.transfer_id is None]
        one.own = person.answers = Case(row.id, wanted, one, row.team_id)
        person.cases.append(one.own)

    def close_case(self, person: Person, case: Case, but: Step | None = None) -> None:
        case.open = case.handed_over = False
        if person.answers is case:
            person.answers = None
        for step in person.steps:
            if not step.over and step is not but:
                step.over, step.phase = True, "superseded"
                dispute = person.dispute_of(step)
                if dispute is not None:
                    dispute.over, dispute.phase = True, "overtaken"

    def moves_of_case(self, person: Person, case: Case) -> Iterator[Move]:
        social_care = case.service == "social care"
        kept = self.record.referrals if social_care else self.record.episodes
        manager = self.people["assessor" if social_care else "spoc"]
        allocate: Any = allocate_referral if social_care else allocate_early_help_episode
        close: Any = close_referral if social_care else close_early_help_episode
        workers = ("social worker", "assessor") if social_care else ("family worker", "spoc")
        teams = (
            ("assessment-north", "assessment-south")
            if social_care
            else ("early-help-spoc", "family-centres")
        )
        for name in workers:
            for team in (None, *teams):
                worker = self.people[name].account_id
                moves_on = team is not None and team != case.team
                refusal: Refusal | None = None
                if (
                    not case.open
                    or (worker == case.worker and not moves_on)
                    or (moves_on and person.open_disputes())
                ):
                    refusal = Conflict

                def allocated(_: Any, worker: UUID = worker, team: str | None = team) -> None:
                    case.worker, case.team = worker, team or case.team

                yield Move(
                    "give to another team" if moves_on else "allocate",
                    lambda off, worker=worker, team=team: (
                        lambda work: allocate(
                            work, manager, case.id, self.version(kept, case.id) + off, worker, team
                        )
                    ),
                    refusal,
                    allocated,
                    versioned=True,
                )
        closable = case.open and case.worker is not None and not person.open_disputes()
        down = person.step(Direction.step_down)
        if (down is not None and down.phase == "taken on") or self.owes(case):
            closable = False

        def closed(_: Any) -> None:
            self.close_case(person, case)

        yield Move(
            "close",
            lambda off: (
                lambda work: close(
                    work,
                    manager,
                    case.id,
                    self.version(kept, case.id) + off,
                    "RC8" if social_care else EpisodeClosure.outcomes_met,
                    WORDS,
                )
            ),
            None if closable else Conflict,
            closed,
            versioned=True,
        )

    def owes(self, case: Case) -> bool:
        """Whether a strategy meeting is owed in a case: nobody holds one in these walks."""
        return any(
            row.statutory_basis is StatutoryBasis.section_47
            for row in self.record.referrals
            if row.id == case.id
        )

    def requests(self, person: Person, case: Case) -> Iterator[Move]:
        up = case.service == "early help"
        direction = Direction.step_up if up else Direction.step_down
        given = () if up else (FamilyAgreement.given, FamilyAgreement.refused)
        for asked_by in Party:
            askers = [PARTS[direction, asked_by][0]]
            if (direction, asked_by) in (
                (Direction.step_up, Party.receiver),
                (Direction.step_down, Party.receiver),
            ):
                askers.append("both")
            for asker in askers:
                for agreement in (FamilyAgreement.not_yet_asked, *given):
                    yield self.request(person, case, direction, asked_by, asker, agreement)

    def request(
        self,
        person: Person,
        case: Case,
        direction: Direction,
        asked_by: Party,
        asker: str,
        agreement: FamilyAgreement,
    ) -> Move:
        there = person.step(direction)
        again = there is not None and (there.asked_by, there.sender) == (asked_by, case)
        refusal: Refusal | None = None
        if again:
            pass
        elif (
            there is not None
            or person.answers is not case
            or (direction is Direction.step_down and (case.worker is None or self.owes(case)))
        ):
            refusal = Conflict
        elif agreement is FamilyAgreement.refused:
            refusal = Invalid

        def requested(done: Requested) -> None:
            assert done.before == again, "asked twice, the open one comes back"
            if again:
                assert there is not None and done.transfer.id == there.id
            else:
                person.steps.append(
                    Step(done.transfer.id, direction, asked_by, asker, case, agreement)
                )

        new = asked_for(
            direction, case.id, asked_by, self.people["family worker"].account_id, agreement
        )
        return Move(
            "ask again" if again else f"ask for a {direction} by the {asked_by}",
            lambda _: lambda work: request_transfer(work, self.people[asker], new),
            refusal,
            requested,
            silent=again,
        )

    def moves_of_step(self, person: Person, step: Step) -> Iterator[Move]:
        row = self.row(step)
        down = step.direction is Direction.step_down
        phase = step.phase
        moves: dict[TransferAction, tuple[bool, Callable[[Any], None]]] = {
            TransferAction.open: (phase == "asked", self.to(step, "seen")),
            TransferAction.refuse: (phase == "seen", self.to(step, "refusal waits")),
            TransferAction.agree_to_refusal: (
                phase == "refusal waits",
                self.to(step, "refused", over=True),
            ),
            TransferAction.challenge_refusal: (
                phase == "refusal waits",
                lambda done: self.disputed(person, step),
            ),
            TransferAction.withdraw: (
                phase in ("asked", "seen", "refusal overturned"),
                lambda done: self.withdrawn(person, step),
            ),
            TransferAction.record_first_visit: (
                down and phase == "taken on" and not step.visited,
                lambda done: setattr(step, "visited", True),
            ),
            TransferAction.complete: (
                phase == "taken on"
                and step.agreement is FamilyAgreement.given
                and step.visited
                and person.step(Direction.step_up) is None
                and not person.open_disputes(),
                lambda done: self.completed(person, step),
            ),
            TransferAction.request_again: (
                phase == "sent back",
                lambda done: self.asked_again(step),
            ),
            TransferAction.keep: (phase == "sent back", self.to(step, "withdrawn", over=True)),
        }
        for action, (possible, after) in moves.items():
            yield Move(
                action.replace("_", " "),
                lambda off, action=action: moving(
                    self.people, self.row(step), action, version=self.row(step).version + off
                ),
                None if possible else self.impossible(step, action),
                after,
                thing=step,
                versioned=True,
            )
        for agreement in FamilyAgreement:
            yield self.agreement(person, step, agreement)
        for worker in (None, self.people["family worker" if down else "social worker"].account_id):
            for who in (PARTS[step.direction, step.asked_by][2], "both"):
                yield self.accept(person, step, row, worker, who)

    def impossible(self, step: Step, action: TransferAction) -> Refusal:
        """How what cannot be done is refused: what is social care's own, as not there at all,
        where it does not know of a child whom early help holds."""
        up = step.direction is Direction.step_up
        theirs = (TransferAction.complete, TransferAction.request_again, TransferAction.keep)
        return FrontDoorError if up and action in theirs else Conflict

    def row(self, step: Step) -> Transfer:
        return next(one for one in self.record.transfers if one.id == step.id)

    def to(self, step: Step, phase: str, *, over: bool = False) -> Callable[[Any], None]:
        def moved(_: Any) -> None:
            step.phase, step.over = phase, over

        return moved

    def accept(
        self, person: Person, step: Step, row: Transfer, worker: UUID | None, who: str
    ) -> Move:
        down = step.direction is Direction.step_down
        may = (step.direction, step.asked_by) != (Direction.step_down, Party.receiver)
        mine = person.dispute_of(step)
        refusal: Refusal | None = None
        if who == "both" and not may:
            refusal = NotAllowed
        elif step.phase not in ("seen", "refusal overturned"):
            refusal = Conflict
        elif who == step.asker or {who, step.asker} == {"both", "second manager"}:
            refusal = NotAllowed
        elif down and (
            self.owes(step.sender) or any(one is not mine for one in person.open_disputes())
        ):
            refusal = Conflict

        def accepted(done: Transfer) -> None:
            if mine is not None:
                mine.over, mine.phase = True, "changed"
            if down:
                self.taken_on(person, step, done)
            else:
                self.stepped_up(person, step, done)

        return Move(
            f"accept the {step.direction}",
            lambda off: (
                lambda work: accept_transfer(
                    work, self.people[who], step.id, row.version + off, acceptance(row, worker)
                )
            ),
            refusal,
            accepted,
            thing=step,
            versioned=True,
        )

    def taken_on(self, person: Person, step: Step, done: Transfer) -> None:
        step.phase = "taken on"
        step.sender.handed_over = True
        step.sender.root.left_behind = True
        assert done.early_help_episode_id is not None
        step.receiver = self.brought(person, step, done.early_help_episode_id, "early help")

    def stepped_up(self, person: Person, step: Step, done: Transfer) -> None:
        handed_over = next((case for case in person.cases if case.handed_over), None)
        step.phase, step.over = "completed", True
        self.close_case(person, step.sender, but=step)
        for dispute in person.open_disputes():
            dispute.over, dispute.phase = True, "overtaken"
        assert done.referral_id is not None
        if handed_over is not None:
            assert done.referral_id == handed_over.id, "the open referral takes the child back"
            handed_over.handed_over = False
            person.answers = handed_over
            return
        step.sender.root.left_behind = True
        step.receiver = self.brought(person, step, done.referral_id, "social care")

    def brought(self, person: Person, step: Step, case_id: UUID, service: str) -> Case:
        row = self.record.cases[case_id]
        case = Case(case_id, service, step.sender.root, row.team_id, row.worker_id)
        person.cases.append(case)
        person.answers = case
        return case

    def agreement(self, person: Person, step: Step, agreement: FamilyAgreement) -> Move:
        down = step.direction is Direction.step_down
        words = FamilyAgreement
        next_ones = {
            words.not_yet_asked: {words.asked, words.given, words.refused},
            words.asked: {words.given, words.refused},
            words.given: {words.withdrawn},
        }.get(step.agreement, set())
        refusal: Refusal | None = None
        if not down or step.phase not in ("asked", "seen", "refusal overturned", "taken on"):
            refusal = Conflict
        elif agreement not in next_ones:
            refusal = Invalid

        def recorded(_: Any) -> None:
            step.agreement = agreement
            if agreement in (words.refused, words.withdrawn):
                self.sent_back(person, step)

        return Move(
            f"family: {agreement}",
            lambda off: moving(
                self.people,
                self.row(step),
                TransferAction.record_family_agreement,
                version=self.row(step).version + off,
                agreement=agreement,
            ),
            refusal,
            recorded,
            thing=step,
            versioned=True,
        )

    def sent_back(self, person: Person, step: Step) -> None:
        """Refused agreement goes back to the sender for a decision, never to silence (rule 11)."""
        if step.phase == "taken on":
            assert step.receiver is not None
            self.close_case(person, step.receiver, but=step)
            step.sender.handed_over = False
            person.answers = step.sender
            step.receiver = None
            step.visited = False
        dispute = person.dispute_of(step)
        if dispute is not None:
            dispute.over, dispute.phase = True, "overtaken"
        step.phase = "sent back"

    def asked_again(self, step: Step) -> None:
        step.phase, step.agreement = "asked", FamilyAgreement.asked

    def completed(self, person: Person, step: Step) -> None:
        step.phase, step.over = "completed", True
        step.sender.open = step.sender.handed_over = False

    def withdrawn(self, person: Person, step: Step) -> None:
        dispute = person.dispute_of(step)
        if dispute is not None:
            dispute.over, dispute.phase = True, "withdrawn"
        step.phase, step.over = "withdrawn", True

    def disputed(self, person: Person, step: Step) -> None:
        step.phase = "refusal disputed"
        [row] = [
            one
            for one in self.record.challenges
            if one.transfer_id == step.id and one.ended_at is None
        ]
        _, _, answerer, raiser = PARTS[step.direction, step.asked_by]
        person.disputes.append(Dispute(row.id, step, raiser, answerer))

    @staticmethod
    def received_by_early_help(person: Person, one: Decided) -> bool:
        """Whether early help received a decision, or nobody did and nobody else holds the child."""
        if one.leads_to in ("child in need", "protection"):
            return False
        held = {case.service for case in person.cases if case.open}
        return one.leads_to == "early help" or not held or "early help" in held

    def dispute_decision(self, person: Person, one: Decided) -> Move:
        there = person.dispute_of(one)
        stands = one.state == "signed" and not one.left_behind

        def raised(done: Raised) -> None:
            assert done.before == (there is not None), "raised twice, the open one comes back"
            if there is not None:
                assert done.challenge.id == there.id
            else:
                dispute = Dispute(done.challenge.id, one, "second spoc", "manager")
                person.disputes.append(dispute)

        return Move(
            "challenge a decision",
            lambda _: (
                lambda work: challenge_decision(
                    work, self.people["second spoc"], one.id, words=WORDS
                )
            ),
            NotYoursToChallenge
            if not self.received_by_early_help(person, one)
            else None
            if stands or there is not None
            else Conflict,
            raised,
            silent=there is not None,
        )

    def moves_of_dispute(self, person: Person, dispute: Dispute) -> Iterator[Move]:
        phase, last = dispute.phase, dispute.stage == LAST_STAGE
        step = dispute.about if isinstance(dispute.about, Step) else None
        answering = not dispute.over and phase == "raised"
        disputed = not dispute.over and phase in ("raised", "answered", "said to agree")
        # Each stage somebody new answers: a manager first, then those who head the service.
        new, old = {
            1: (dispute.answerer, "head"),
            2: ("head", dispute.answerer),
            LAST_STAGE: ("second head", dispute.answerer),
        }[dispute.stage]
        changing = not dispute.over and phase == "to change" and step is None
        moves: dict[ChallengeAction, tuple[bool, Callable[[Any], None]]] = {
            ChallengeAction.agree: (answering, lambda done: self.said_to_agree(dispute)),
            ChallengeAction.uphold: (answering, lambda done: self.upheld(dispute)),
            ChallengeAction.change: (answering, lambda done: self.to_change(dispute)),
            ChallengeAction.accept: (
                phase in ("answered", "said to agree") and not dispute.over,
                lambda done: self.settled(dispute, "upheld" if phase == "answered" else "agreed"),
            ),
            ChallengeAction.escalate: (
                disputed and not last,
                lambda done: self.escalated(dispute),
            ),
            ChallengeAction.withdraw: (
                disputed or changing,
                lambda done: self.settled(dispute, "withdrawn"),
            ),
        }
        for action, (possible, after) in moves.items():
            answers = action in (
                ChallengeAction.agree,
                ChallengeAction.uphold,
                ChallengeAction.change,
            )
            for who in (new, old) if answers else (dispute.raiser, "social worker"):
                yield Move(
                    f"disagreement: {action}",
                    lambda off, action=action, who=who: disputing(
                        self.people[who],
                        dispute.id,
                        action,
                        self.version(self.record.challenges, dispute.id) + off,
                    ),
                    (NOT_THEIRS if who in (old, "social worker") else None)
                    if possible
                    else FrontDoorError
                    if who in (old, "social worker")
                    else Conflict,
                    after,
                    thing=dispute,
                    versioned=True,
                )

    def settled(self, dispute: Dispute, how: str) -> None:
        """It ends and nothing changes: a refusal that was disputed is final with it (rule 10)."""
        dispute.over, dispute.phase = True, how
        if isinstance(dispute.about, Step):
            dispute.about.phase, dispute.about.over = "refused", True

    def said_to_agree(self, dispute: Dispute) -> None:
        """Nobody makes a refusal final alone: who challenged it confirms it (rule 10)."""
        dispute.phase = "said to agree"

    def upheld(self, dispute: Dispute) -> None:
        if dispute.stage == LAST_STAGE:
            self.settled(dispute, "upheld")
        else:
            dispute.phase = "answered"

    def to_change(self, dispute: Dispute) -> None:
        dispute.phase = "to change"
        if isinstance(dispute.about, Step):
            dispute.about.phase = "refusal overturned"

    def escalated(self, dispute: Dispute) -> None:
        dispute.stage += 1
        dispute.phase = "raised"

    def time_passes(self, hours: float) -> None:
        """The sweep and the challenges' own clock come by: nobody answered is an answer too."""
        self.clock.forward(hours=hours)
        due = {
            one.subject_id
            for one in self.record.deadlines
            if one.stopped_at is None and one.due_at <= self.clock.now
        }
        self.run(sweep(self.house))
        moved = 0
        for dispute in (one for person in self.children for one in person.open_disputes()):
            if dispute.id not in due or dispute.phase == "to change":
                continue
            if dispute.phase in ("answered", "said to agree"):
                self.settled(dispute, "upheld")
                moved += 1
            elif dispute.stage < LAST_STAGE:
                self.escalated(dispute)
                moved += 1
        assert self.run(move_challenges(self.house)) == moved
        self.written += moved
        self.record = self.run(read_record(self.house))

    # Doing, allowed or not.

    @staticmethod
    def version(kept: Any, id_: UUID) -> int:
        found: int = next(one.version for one in kept if one.id == id_)
        return found

    def attempt(self, move: Move, *, stale: bool = False) -> None:
        """Does it: it works where the model says so, and is refused as the model says if not."""
        before = self.record
        refusal = move.refusal
        if stale and move.versioned and refusal is None:
            refusal = Stale
        tried = type(self).tried
        try:
            done = self.run(self.house.perform(move.do(1 if refusal is Stale else 0)))
        except FrontDoorError as refused:
            tried["refused"] += 1
            assert refusal is not None, f"{move.what}: refused what the rules allow: {refused}"
            assert isinstance(refused, refusal), (move.what, type(refused), refusal)
            assert self.run(read_record(self.house)) == before, f"{move.what}: changed something"
            if isinstance(refused, Conflict):
                self.says_what_is_possible(move, refused)
            return
        assert refusal is None, f"{move.what}: allowed what the rules refuse as {refusal}"
        tried["done"] += 1
        tried[move.what] += 1
        self.record = self.run(read_record(self.house))
        if move.silent:
            same = self.record.without_versions_of_contacts()
            assert same == before.without_versions_of_contacts()
        else:
            self.written += 1
        move.after(done)

    def says_what_is_possible(self, move: Move, refused: Conflict) -> None:
        assert refused.state, f"{move.what}: a conflict names the state"
        assert refused.allowed is not None, f"{move.what}: a conflict names what is possible"
        if isinstance(refused, WrongState) and isinstance(move.thing, Step):
            row = self.row(move.thing)
            assert refused.state == row.state
            assert refused.allowed == allowed(row), "of a step-up, what a step-up knows"

    @initialize(
        beginnings=st.lists(st.sampled_from(sorted(BEGINNINGS)), min_size=2, max_size=3),
        together=st.booleans(),
    )
    def begin(self, beginnings: list[str], together: bool) -> None:
        self.start([BEGINNINGS[name] for name in beginnings], together=together)

    def start(self, ways: list[tuple[str, ...]], *, together: bool) -> None:
        """Logs a child for each way, on one contact or on one each, and goes it."""
        children = len(ways)
        for new in [[None] * children] if together else [[None]] * children:
            file = self.run(
                self.house.perform(
                    lambda work, new=new: log_contact(work, self.people["worker"], told_again(*new))
                )
            )
            self.written += 1
            self.children += [
                Person(child.person_id, [Said(child.id, file.contact.id)])
                for child in file.children
            ]
        self.record = self.run(read_record(self.house))
        for person, way in zip(self.children, ways, strict=True):
            for what in way:
                found = (move for move in self.moves_with(person) if move.what == what)
                self.attempt(next(move for move in found if self.possible(move)))
            self.the_record_is_as_the_rules_want_it()

    # One rule for all, weighted: as rules of their own, time passing would crowd out the rest.
    @rule(data=st.data(), kind=st.sampled_from(KINDS))
    def something_happens(self, data: st.DataObject, kind: str) -> None:
        if kind == "time passes and the sweep comes":
            self.time_passes(data.draw(st.sampled_from([0.1, 5, 30, 100])))
            return
        moves = list(self.moves())
        if kind == "somebody tries what changes nothing":
            self.one_of([move for move in moves if not self.possible(move)], data)
            return
        moves = [move for move in moves if self.possible(move)]
        wanted = {
            "a step or a disagreement goes on": [one for one in moves if one.thing is not None],
            "somebody decides, asks or closes": [
                one for one in moves if one.what.startswith(("sign", "ask", "close"))
            ],
            "somebody read it too long ago": [one for one in moves if one.versioned],
        }.get(kind)
        self.one_of(wanted or moves, data, stale=kind == "somebody read it too long ago")

    @staticmethod
    def possible(move: Move) -> bool:
        return move.refusal is None and not move.silent

    def one_of(self, found: list[Move], data: st.DataObject, *, stale: bool = False) -> None:
        # By its first word first: what there are many ways to do does not crowd out the rest.
        for length in (1, None):
            words = sorted({tuple(move.what.split()[:length]) for move in found}, key=_telling)
            wanted = data.draw(st.sampled_from(words))
            found = [move for move in found if tuple(move.what.split()[:length]) == wanted]
        self.attempt(data.draw(st.sampled_from(found), label="move"), stale=stale)

    # What must hold after every step.

    @invariant()
    def what_must_hold_holds(self) -> None:
        if self.looked_at is self.record:
            return
        self.looked_at = self.record
        self.the_record_is_as_the_rules_want_it()
        self.run(self.house.ask(lambda ask: check_impossible(ask, self.house.policy)))
        self.the_record_says_what_the_model_says()
        self.each_write_left_one_event()

    def the_record_is_as_the_rules_want_it(self) -> None:
        assert faults(self.record) == []

    def the_record_says_what_the_model_says(self) -> None:
        assert {one.person_id: one.case_id for one in self.record.accountabilities} == {
            person.id: person.answers.id for person in self.children if person.answers is not None
        }
        for person in self.children:
            for case in person.cases:
                row = self.record.cases[case.id]
                assert (row.closed_at is None) == case.open
                assert (row.state == "handing_over") == case.handed_over
                assert (row.worker_id, row.team_id) == (case.worker, case.team)
            for step in person.steps:
                self.stands_as_the_model_says(step)
            for dispute in person.disputes:
                self.disputed_as_the_model_says(dispute)
        states = {
            one.id: {"waits": "awaiting_sign_off"}.get(one.state, one.state)
            for person in self.children
            for said in person.said
            for one in said.decisions
        }
        assert {one.id: one.state.value for one in self.record.decisions} == states
        counted = sum(len(person.cases) for person in self.children)
        assert len(self.record.cases) == counted, "no case that the model knows nothing of"
        assert len(self.record.transfers) == sum(len(one.steps) for one in self.children)
        assert len(self.record.challenges) == sum(len(one.disputes) for one in self.children)

    def stands_as_the_model_says(self, step: Step) -> None:
        row = self.row(step)
        spoken = {
            "asked": "requested",
            "seen": "opened",
            "refusal waits": "refusal_pending",
            "refusal disputed": "refusal_challenged",
            "refusal overturned": "refusal_overturned",
            "taken on": "accepted",
            "sent back": "returned",
        }
        assert row.state == spoken.get(step.phase, step.phase)
        assert (row.ended_at is not None) == step.over
        assert row.sender_case_id == step.sender.id
        assert row.family_agreement is step.agreement
        assert (row.first_visit_at is not None) == step.visited

    def disputed_as_the_model_says(self, dispute: Dispute) -> None:
        [row] = [one for one in self.record.challenges if one.id == dispute.id]
        assert (row.ended_at is not None) == dispute.over
        if dispute.over:
            assert row.outcome == dispute.phase
        else:
            spoken = {
                "answered": "upheld",
                "said to agree": "agreed",
                "to change": "awaiting_change",
            }
            assert row.state == spoken.get(dispute.phase, dispute.phase)
            assert row.stage == dispute.stage

    def each_write_left_one_event(self) -> None:
        own = [one for one in self.record.events if not one.type.startswith("flag.")]
        assert len(own) == self.written


def _walk(server: SqliteFiles | PostgresServer, examples: int, steps: int) -> Counter[str]:
    walked = type(
        "Walked",
        (Doors,),
        {
            "create_database": staticmethod(server.create_database),
            "drop_database": staticmethod(server.drop_database),
            "tried": Counter(),
        },
    )
    run_state_machine_as_test(
        walked,
        settings=settings(
            max_examples=examples * max(LONG, 1),
            stateful_step_count=steps * (3 if LONG else 1),
            deadline=None,
            derandomize=not LONG,
            database=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    tried: Counter[str] = walked.tried
    if LONG:
        print(f"\n{server.__class__.__name__}: {tried.most_common()}")
    return tried


@pytest.mark.long
def test_no_second_door_opens_whatever_is_done_on_sqlite(sqlite: SqliteFiles) -> None:
    tried = _walk(sqlite, examples=10, steps=40)
    assert tried["done"] > tried["walks"]


@pytest.mark.long
def test_no_second_door_opens_whatever_is_done_on_postgresql(postgres: PostgresServer) -> None:
    tried = _walk(postgres, examples=4, steps=30)
    assert tried["done"] > tried["walks"]


# The table itself, tried pair by pair on a real transfer (AUZ-09).

_ASKED = {
    Direction.step_up: (*_HELP, "ask for a step_up by the sender"),
    Direction.step_down: (*_CARE, "ask for a step_down by the sender"),
}
WAYS: dict[TransferState, tuple[str, ...]] = {
    TransferState.requested: (),
    TransferState.opened: ("open",),
    TransferState.refusal_pending: ("open", "refuse"),
    TransferState.refusal_challenged: ("open", *_DISPUTED),
    TransferState.refusal_overturned: ("open", *_OVERTURNED),
    TransferState.accepted: ("open", "accept the step_down"),
    TransferState.returned: ("family: refused",),
    TransferState.refused: ("open", "refuse", "agree to refusal"),
    TransferState.withdrawn: ("withdraw",),
    TransferState.superseded: ("close",),
}
COMPLETE = {
    Direction.step_up: ("open", "accept the step_up"),
    Direction.step_down: (
        "open",
        "accept the step_down",
        "family: given",
        "record first visit",
        "complete",
    ),
}
OF_STEP_DOWNS = {
    TransferAction.record_family_agreement,
    TransferAction.record_first_visit,
    TransferAction.complete,
    TransferAction.request_again,
    TransferAction.keep,
}
PLACES = [
    *((direction, TransferState.completed) for direction in Direction),
    *(
        (direction, state)
        for direction in Direction
        for state in WAYS
        if direction is Direction.step_down
        or state not in (TransferState.accepted, TransferState.returned)
    ),
]


@pytest.mark.parametrize(("direction", "state"), PLACES)
def test_what_a_transfer_cannot_do_in_a_state_is_refused_with_what_it_can(
    database_url: str, direction: Direction, state: TransferState
) -> None:
    given = {
        "create_database": staticmethod(lambda: database_url),
        "drop_database": staticmethod(lambda url: None),
        "tried": Counter(),
    }
    door: Doors = type("Opened", (Doors,), given)()
    try:
        way = COMPLETE[direction] if state is TransferState.completed else WAYS[state]
        door.start([(*_ASKED[direction], *way)], together=True)
        [transfer] = door.record.transfers
        assert transfer.state == state
        up = direction is Direction.step_up
        can = [one for one in TRANSFER.allowed(state) if not (up and one in OF_STEP_DOWNS)]
        if not transfer.owes_meeting:
            can = [one for one in can if one is not TransferAction.record_strategy_discussion]
        tried = [one for one in ACTIONS if one not in can]
        assert tried
        for action in tried:
            with pytest.raises((Conflict, NotFound)) as refused:
                door.run(door.house.perform(moving(door.people, transfer, action)))
            if up and action in OF_STEP_DOWNS and refused.type is TransferNotFound:
                # Social care's own: it does not know of a child whom early help holds.
                continue
            assert isinstance(refused.value, Conflict)
            kind = NotForThisDirection if refused.type is NotForThisDirection else WrongState
            assert refused.type is kind
            assert kind is WrongState or up
            assert refused.value.state == state
            assert refused.value.allowed == allowed(transfer)
        assert door.run(read_record(door.house)) == door.record
    finally:
        door.teardown()
