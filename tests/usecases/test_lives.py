"""A contact's whole life, walked at random beside a simple model: no step skipped, none invented.

The model is written from the rules, not from the state tables: what it allows must work and lead
where it says; what it forbids must be refused with the actions that are possible instead.
"""

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from service.bootstrap import House, Work
from service.domain.access import Caller, Role, RoleMissing
from service.domain.contacts import AgreementState, Channel, ContactState, LawfulBasis
from service.domain.deadlines import Rating
from service.domain.decisions import AgencySaid, DecisionState, Outcome, OwnDecision
from service.domain.errors import Conflict, FrontDoorError, Invalid, NotAllowed
from service.domain.information_requests import AnswerKind
from service.domain.new_contacts import NewChild, NewContact
from service.domain.questions import NewAnswer, NewInformationRequest
from service.domain.whole_contacts import WholeContact
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.contacts import (
    acknowledge_referrer,
    assign_contact,
    log_contact,
    read_contact,
    triage_contact,
)
from service.usecases.decisions import decide
from service.usecases.flags import sweep
from service.usecases.information_requests import (
    answer_information_request,
    ask_agency,
)
from service.usecases.sign_offs import sign_off
from tests.support.clocks import FixedClock
from tests.support.databases import PostgresServer, SqliteFiles
from tests.support.days import FRIDAY
from tests.support.houses import caller, open_house
from tests.support.plain_statements import select_from
from tests.support.situations import new_decision

AGENCIES = ("riverbourne-police", "mill-lane-primary")
# Nobody else holds the child, so there is nobody to pass a concern to.
OUTCOMES = [one for one in Outcome if one is not Outcome.passed_to_case_holder]
WORDS = "I have read the whole file; the level fits what the school has seen this week."
Found = TypeVar("Found")


@dataclass
class ModelDecision:
    """What the model knows of a decision."""

    child: UUID
    by: str
    outcome: Outcome
    state: str = "waiting"


class Life(RuleBasedStateMachine):
    """One contact, its children, decisions and requests; three people who may work on it."""

    create_database: Callable[[], str]
    drop_database: Callable[[str], None]

    decisions = Bundle("decisions")
    requests = Bundle("requests")

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
        self.people: dict[str, Caller] = {
            name: self.run(caller(self.house, role, name=name))
            for name, role in (
                ("worker", Role.mash_worker),
                ("manager", Role.mash_manager),
                ("second manager", Role.mash_manager),
            )
        }
        self.made: dict[UUID, ModelDecision] = {}
        self.asked: dict[UUID, str] = {}
        self.answered: set[UUID] = set()
        self.phase = "received"
        self.rating: Rating | None = None
        self.acknowledged = False
        self.succeeded = 0
        self.amended = itertools.count()
        self.read: WholeContact | None = None

    def run(self, work: Coroutine[Any, Any, Found]) -> Found:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()
        type(self).drop_database(self.url)
        self.folder.cleanup()

    @initialize(children=st.integers(1, 3))
    def log(self, children: int) -> None:
        new = NewContact(
            concern="Shouting at night.",
            source_code="2A",
            channel=Channel.telephone,
            referrer_role="Neighbour",
            children=[NewChild(given_name=f"Child {n}") for n in range(children)],
        )
        file = self.run(
            self.house.perform(lambda work: log_contact(work, self.people["worker"], new))
        )
        self.id = file.contact.id
        self.children = [child.id for child in file.children]
        self.succeeded += 1

    # What the rules say, in the words of the rules.

    def decision_of(self, child: UUID, state: str) -> UUID | None:
        return next(
            (id_ for id_, one in self.made.items() if (one.child, one.state) == (child, state)),
            None,
        )

    def child_state(self, child: UUID) -> str:
        if self.decision_of(child, "signed"):
            return "decided"
        return "awaiting_sign_off" if self.decision_of(child, "waiting") else "undecided"

    def contact_state(self) -> str:
        states = {self.child_state(child) for child in self.children}
        if states == {"decided"}:
            return "decided"
        return self.phase if "undecided" in states else "awaiting_sign_off"

    # Doing, allowed or not.

    def file(self) -> WholeContact:
        """The contact as a reader sees it; read anew after each step."""
        if self.read is None:
            self.read = self.run(
                self.house.ask(lambda ask: read_contact(ask, self.people["manager"], self.id))
            )
        return self.read

    def attempt(
        self,
        use_case: Callable[[Work], Coroutine[Any, Any, Found]],
        refusal: type[FrontDoorError] | None,
    ) -> Found | None:
        """Does it: it works if the model says so, and is refused as the model says if not."""
        before = self.file()
        self.read = None
        try:
            found = self.run(self.house.perform(use_case))
        except FrontDoorError as refused:
            assert refusal is not None, f"refused what the rules allow: {refused.detail}"
            assert isinstance(refused, refusal), (type(refused), refusal)
            if isinstance(refused, Conflict):
                assert refused.allowed is not None, "a conflict names what is possible"
                assert refused.state, "a conflict names the state"
            assert self.file() == before, "a refusal changes nothing"
            return None
        assert refusal is None, f"allowed what the rules refuse as {refusal}"
        self.succeeded += 1
        assert self.file().contact.version > before.contact.version
        return found

    @rule(hours=st.sampled_from([0.1, 2, 5, 30, 100]))
    def time_passes_and_the_sweep_comes(self, hours: float) -> None:
        self.clock.forward(hours=hours)
        self.run(sweep(self.house))
        self.read = None

    @rule(rating=st.sampled_from(Rating))
    def triage(self, rating: Rating) -> None:
        refused = self.contact_state() == "decided" or rating is self.rating
        version = self.file().contact.version
        done = self.attempt(
            lambda work: triage_contact(
                work, self.people["worker"], self.id, version, rating, "As was told."
            ),
            Conflict if refused else None,
        )
        if done:
            self.rating = rating
            if self.contact_state() == "received":
                self.phase = "in_triage"

    @rule(who=st.sampled_from(["worker", "manager", None]))
    def assign(self, who: str | None) -> None:
        file = self.file()
        given = None if who is None else self.people[who].account_id
        to_nobody_from_nobody = given is None and file.contact.assignee_id is None
        refused = self.contact_state() == "decided" or to_nobody_from_nobody
        self.attempt(
            lambda work: assign_contact(
                work, self.people["worker"], self.id, file.contact.version, given
            ),
            Conflict if refused else None,
        )

    @rule()
    def acknowledge(self) -> None:
        version = self.file().contact.version
        done = self.attempt(
            lambda work: acknowledge_referrer(
                work, self.people["worker"], self.id, version, "Told by telephone."
            ),
            Conflict if self.acknowledged else None,
        )
        if done:
            self.acknowledged = True

    @rule()
    def amend(self) -> None:
        touched = any(self.child_state(child) != "undecided" for child in self.children)
        version = self.file().contact.version
        changes = ContactChanges(
            reason="Called back.",
            fields={
                "concern": f"Shouting at night, again. {next(self.amended)}",
                "agreement": AgreementState.given,
            },
        )
        self.attempt(
            lambda work: amend_contact(work, self.people["worker"], self.id, version, changes),
            Conflict if touched else None,
        )

    @rule(target=requests, agency=st.sampled_from(AGENCIES))
    def ask_an_agency(self, agency: str) -> Any:
        allowed = self.contact_state() in ("received", "in_triage", "awaiting_information")
        waits = any(
            asked == agency for request, asked in self.asked.items() if request not in self.answered
        )
        done = self.attempt(
            lambda work: ask_agency(
                work,
                self.people["worker"],
                self.id,
                NewInformationRequest(agency, "To decide.", LawfulBasis.public_task),
            ),
            None if allowed and not waits else Conflict,
        )
        if done is None:
            return multiple()
        self.asked[done.id] = agency
        self.phase = "awaiting_information"
        return done.id

    @rule(request=requests)
    def answer(self, request: UUID) -> None:
        state = self.contact_state()
        refused = request in self.answered
        version = 2 if refused else 1
        done = self.attempt(
            lambda work: answer_information_request(
                work, self.people["worker"], request, version, NewAnswer(AnswerKind.nothing_known)
            ),
            Conflict if refused else None,
        )
        if done:
            self.answered.add(request)
            if state == "awaiting_information" and self.answered == set(self.asked):
                self.phase = "in_triage"

    @rule(
        target=decisions,
        place=st.integers(0, 2),
        who=st.sampled_from(["worker", "manager"]),
        outcome=st.sampled_from(OUTCOMES),
        naming=st.sampled_from(["nothing", "waiting", "signed", "returned"]),
    )
    def draft(self, place: int, who: str, outcome: Outcome, naming: str) -> Any:
        child = self.children[place % len(self.children)]
        waiting = self.decision_of(child, "waiting")
        signed = self.decision_of(child, "signed")
        named = None if naming == "nothing" else self.decision_of(child, naming)
        refusal: type[FrontDoorError] | None = None
        if named is None:
            refusal = Conflict if waiting or signed else None
        elif named != (waiting or signed):
            refusal = Invalid
        new = new_decision(
            self.house,
            child,
            outcome,
            agencies=self.account_of_agencies(),
            supersedes_id=named,
            supersedes_because=None if named is None else "New facts came by telephone.",
        )
        done = self.attempt(lambda work: decide(work, self.people[who], self.id, new), refusal)
        if done is None:
            return multiple()
        if waiting:
            self.made[waiting].state = "superseded"
        self.made[done.id] = ModelDecision(child, who, outcome)
        if self.contact_state() == "awaiting_sign_off":
            self.phase = "in_triage"  # where it goes back to when a decision is returned
        return done.id

    def account_of_agencies(self) -> list[AgencySaid]:
        asked: dict[str, bool] = {}
        for request, agency in self.asked.items():
            asked[agency] = asked.get(agency, True) and request in self.answered
        return [
            AgencySaid(
                agency,
                agency in asked,
                asked.get(agency, False),
                None if asked.get(agency) else "To wait for it would not be safe.",
            )
            for agency in AGENCIES
        ]

    @rule(
        decision=decisions,
        who=st.sampled_from(["worker", "manager", "second manager"]),
        agreed=st.sampled_from([True, True, False]),
    )
    def answer_for_a_decision(self, decision: UUID, who: str, agreed: bool) -> None:
        one = self.made[decision]
        [version] = [held.version for held in self.file().decisions if held.id == decision]
        refusal: type[FrontDoorError] | None = None
        if who == "worker":
            refusal = RoleMissing
        elif one.state != "waiting":
            refusal = Conflict
        elif one.by == who:
            refusal = OwnDecision
        done = self.attempt(
            lambda work: sign_off(
                work, self.people[who], decision, version, agreed=agreed, words=WORDS
            ),
            refusal,
        )
        if done is None:
            return
        if agreed:
            standing = self.decision_of(one.child, "signed")
            if standing:
                self.made[standing].state = "superseded"
        one.state = "signed" if agreed else "returned"

    # What must hold after every step.

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        async def ask() -> list[tuple[Any, ...]]:
            async with self.house.database.reading() as connection:
                return [tuple(row) for row in await connection.execute(text(statement))]

        return self.run(ask())

    @invariant()
    def the_record_says_what_the_model_says(self) -> None:
        file = self.file()
        assert file.contact.state == self.contact_state()
        assert (file.contact.decided_at is not None) == (self.contact_state() == "decided")
        for child in file.children:
            assert child.state == self.child_state(child.id)
            assert (child.decided_at is not None) == (child.state == "decided")
        spoken = {"waiting": DecisionState.awaiting_sign_off}
        assert {one.id: one.state for one in file.decisions} == {
            id_: spoken.get(one.state, one.state) for id_, one in self.made.items()
        }

    @invariant()
    def no_child_is_decided_without_a_decision_signed_by_another(self) -> None:
        file = self.file()
        for child in file.children:
            signed = [
                one
                for one in file.decisions
                if one.child_id == child.id and one.state is DecisionState.signed
            ]
            assert len(signed) == (child.state == "decided")
            for one in signed:
                assert one.answered_by is not None
                assert one.answered_by != one.drafted_by
                assert one.answer_words

    @invariant()
    def clocks_run_exactly_while_their_matter_is_open(self) -> None:
        file = self.file()
        running = sorted(
            (one.kind, one.subject_id) for one in file.deadlines if one.stopped_at is None
        )
        wanted = [("sign_off", id_) for id_, one in self.made.items() if one.state == "waiting"]
        wanted += [("agency_information", id_) for id_ in set(self.asked) - self.answered]
        if not self.acknowledged:
            wanted.append(("acknowledge_referrer", self.id))
        if self.contact_state() != ContactState.decided:
            wanted += [("contact_to_referral", self.id), ("statutory_decision", self.id)]
            wanted.append(("triage" if self.rating is not None else "rated", self.id))
        of_cases = ("allocation", "early_help_allocation", "early_help_family_agreement")
        cases = [one for one in running if one[0] in of_cases]
        assert sorted(set(running) - set(cases)) == sorted(wanted)
        assert len(running) == len(set(running))

    @invariant()
    def a_flag_stands_only_while_its_clock_runs(self) -> None:
        assert (
            self.rows(
                "SELECT flag.kind FROM flag JOIN deadline ON deadline.id = flag.deadline_id "
                "WHERE flag.cleared_at IS NULL AND deadline.stopped_at IS NOT NULL"
            )
            == []
        )

    @invariant()
    def what_a_decision_led_to_is_open_while_it_stands(self) -> None:
        for table, outcome in (
            ("referral", Outcome.referral),
            ("early_help_episode", Outcome.early_help),
        ):
            stands = sum(
                (one.state, one.outcome) == ("signed", outcome) for one in self.made.values()
            )
            [(open_now,)] = self.rows(select_from(table, "count(*)") + " WHERE closed_at IS NULL")
            [(of_standing,)] = self.rows(
                f"SELECT count(*) FROM {table} JOIN decision ON decision.id = decision_id "  # noqa: S608 - names from this file
                "WHERE closed_at IS NULL AND decision.state = 'signed'"
            )
            assert open_now == of_standing == stands
            kind = "allocation" if table == "referral" else "early_help_allocation"
            [(clocks,)] = self.rows(
                f"SELECT count(*) FROM deadline WHERE kind = '{kind}' AND stopped_at IS NULL"  # noqa: S608 - names from this file
            )
            assert clocks == stands

    @invariant()
    def each_write_left_one_event(self) -> None:
        [(events,)] = self.rows("SELECT count(*) FROM event WHERE type NOT LIKE 'flag.%'")
        assert events == self.succeeded


def _walk(
    server: SqliteFiles | PostgresServer, examples: int, steps: int
) -> type[RuleBasedStateMachine]:
    walked: type[RuleBasedStateMachine] = type(
        "Walked",
        (Life,),
        {
            "create_database": staticmethod(server.create_database),
            "drop_database": staticmethod(server.drop_database),
        },
    )
    run_state_machine_as_test(
        walked,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return walked


@pytest.mark.long
def test_every_life_of_a_contact_follows_the_rules_on_sqlite(sqlite: SqliteFiles) -> None:
    assert _walk(sqlite, examples=10, steps=30)


@pytest.mark.long
def test_every_life_of_a_contact_follows_the_rules_on_postgresql(
    postgres: PostgresServer,
) -> None:
    assert _walk(postgres, examples=4, steps=25)


def test_the_families_of_refusal_are_apart() -> None:
    """The walk tells them apart by class: were one the other, it would see nothing."""
    for one, other in itertools.permutations((Conflict, Invalid, NotAllowed), 2):
        assert not issubclass(one, other)
