"""Steps at the same moment: one winner each, losers told what is, and the record as it must be."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from service.bootstrap import House, Work
from service.domain.access import Caller
from service.domain.challenges import Challenge, ChallengeAction
from service.domain.early_help_episodes import EarlyHelpEpisode, EpisodeClosure
from service.domain.errors import Conflict, Invalid, NotAllowed, Stale
from service.domain.referrals import Referral
from service.domain.states import WrongState
from service.domain.transfers import (
    TRANSFER,
    Direction,
    FamilyAgreement,
    Party,
    Transfer,
    TransferAction,
)
from service.persistence.repositories import accountabilities
from service.persistence.repositories.cases import REFERRALS
from service.usecases.cases import (
    allocate_early_help_episode,
    allocate_referral,
    close_early_help_episode,
    close_referral,
)
from service.usecases.challenges import challenge_decision, move_challenges
from service.usecases.contacts import log_contact
from service.usecases.decisions import decide
from service.usecases.flags import sweep
from service.usecases.jobs import check_impossible
from service.usecases.sign_offs import sign_off
from service.usecases.transfers import request_transfer
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import open_house
from tests.support.invariants import Record, faults, read_child, read_record
from tests.support.moves import (
    OUTCOMES,
    WORDS,
    Doing,
    asked_for,
    decision,
    disputing,
    moving,
    staff,
    told_again,
)

SEED = 20260306
WORKERS, CHILDREN, MOVES = 64, 20, 8
MOST_CONTACTS_OF_A_CHILD = 4
AT_WORK = [action for action in TransferAction if action not in TRANSFER.by_itself]


@dataclass
class Office:
    """Two processes' houses over one database, everybody who works, and the clock of both."""

    houses: Sequence[House]
    people: dict[str, Caller]
    clock: FixedClock

    @property
    def house(self) -> House:
        return self.houses[0]

    async def do(self, doing: Doing) -> object:
        return await self.house.perform(doing)

    async def record(self) -> Record:
        return await read_record(self.house)

    async def open_case(self, leads_to: str) -> Referral | EarlyHelpEpisode:
        """A child whom a signed decision opened, allocated."""
        people = self.people
        file = await self.house.perform(
            lambda work: log_contact(work, people["worker"], told_again(None))
        )
        new = decision(self.house, file.children[0].id, leads_to)
        draft = await self.house.perform(
            lambda work: decide(work, people["worker"], file.contact.id, new)
        )
        await self.do(
            lambda work: sign_off(work, people["manager"], draft.id, 1, agreed=True, words=WORDS)
        )
        record = await self.record()
        [case] = [one for one in record.cases.values() if one.decision_id == draft.id]
        await self.do(allocating(people, case, 1, None))
        return case

    async def opened(self, direction: Direction) -> Transfer:
        """A step that somebody has looked at, ready to be answered."""
        up = direction is Direction.step_up
        case = await self.open_case("early help" if up else "child in need")
        new = asked_for(direction, case.id, Party.sender, self.people["family worker"].account_id)
        asker = self.people["family worker" if up else "social worker"]
        asked = await self.house.perform(lambda work: request_transfer(work, asker, new))
        await self.do(moving(self.people, asked.transfer, TransferAction.open))
        return await self.transfer(asked.transfer.id)

    async def transfer(self, transfer_id: UUID) -> Transfer:
        return next(one for one in (await self.record()).transfers if one.id == transfer_id)


def allocating(
    people: dict[str, Caller], case: Referral | EarlyHelpEpisode, version: int, team: str | None
) -> Doing:
    if isinstance(case, Referral):
        worker = people["social worker"].account_id
        return lambda work: allocate_referral(
            work, people["assessor"], case.id, version, worker, team
        )
    worker = people["family worker"].account_id
    return lambda work: allocate_early_help_episode(
        work, people["spoc"], case.id, version, worker, team
    )


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = FixedClock(FRIDAY)
    async with AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(open_house(database_url, clock, tmp_path / name))
            for name in ("one", "other")
        ]
        yield Office(houses, await staff(houses[0]), clock)


async def holds(office: Office) -> None:
    """The record is as the rules want it, and the hourly look for the impossible finds nothing."""
    assert faults(await office.record()) == []
    await office.house.ask(lambda ask: check_impossible(ask, office.house.policy))


@pytest.mark.parametrize("direction", list(Direction))
async def test_of_two_managers_who_accept_and_refuse_at_once_one_wins(
    office: Office, direction: Direction
) -> None:
    for _ in range(6):
        transfer = await office.opened(direction)
        answers = [TransferAction.accept, TransferAction.refuse]
        outcomes = await asyncio.gather(
            *(
                house.perform(moving(office.people, transfer, answer))
                for house, answer in zip(office.houses, answers, strict=True)
            ),
            return_exceptions=True,
        )
        won = [one for one in outcomes if isinstance(one, Transfer)]
        lost = [one for one in outcomes if isinstance(one, WrongState)]
        assert (len(won), len(lost)) == (1, 1), outcomes
        now = await office.transfer(transfer.id)
        assert now == won[0]
        assert lost[0].state == now.state
        assert lost[0].allowed is not None
        assert not {"accept", "refuse"} & set(lost[0].allowed)
    await holds(office)


@pytest.mark.parametrize("direction", list(Direction))
async def test_of_sixteen_who_ask_at_once_all_have_the_one_transfer(
    office: Office, direction: Direction
) -> None:
    up = direction is Direction.step_up
    case = await office.open_case("early help" if up else "child in need")
    new = asked_for(direction, case.id, Party.sender, office.people["family worker"].account_id)
    asker = office.people["family worker" if up else "social worker"]
    asked = await asyncio.gather(
        *(
            office.houses[place % 2].perform(lambda work: request_transfer(work, asker, new))
            for place in range(16)
        )
    )
    assert len({one.transfer.id for one in asked}) == 1
    assert sum(not one.before for one in asked) == 1
    await holds(office)


async def test_who_gives_a_case_to_another_team_waits_for_the_child_before_holding_the_case(
    office: Office,
) -> None:
    case = await office.open_case("child in need")
    giving: list[asyncio.Task[object]] = []

    async def move_the_child(work: Work) -> None:
        await accountabilities.held(work, case.person_id)
        doing = allocating(office.people, case, 2, "assessment-south")
        giving.append(asyncio.create_task(office.houses[1].perform(doing)))
        while not await somebody_waits(office.house):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
        await REFERRALS.read_held(work, case.id)

    await office.do(move_the_child)
    await giving[0]
    given = (await office.record()).cases[case.id]
    assert given.team_id == "assessment-south"


async def somebody_waits(house: House) -> bool:
    if house.database.is_sqlite:
        return True  # whoever writes waits for the one who does
    async with house.database.reading() as connection:
        waiting = await connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
        return bool(waiting.scalar_one())


class Crowd:
    """Workers who each do what comes to their mind with whichever child is next."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.people = office.people
        self.seed = seed
        self.outcomes: Counter[str] = Counter()

    async def work(self, place: int, persons: Sequence[UUID]) -> None:
        random = Random(f"{self.seed}/{place}")
        house = self.office.houses[place % len(self.office.houses)]
        for _ in range(MOVES):
            # What they have on their screens: read a moment ago, and maybe not true any more.
            seen = await read_child(house, random.choice(persons))
            what, doing = self.draw(random, seen)
            await asyncio.sleep(0)
            try:
                done = await house.perform(doing)
            except Conflict as refused:
                assert refused.state, f"{what}: a loser is told the state"
                assert refused.allowed is not None, f"{what}: a loser is told what is possible"
                self.outcomes["told the state"] += 1
            except Stale:
                self.outcomes["told to read again"] += 1
            except (Invalid, NotAllowed):
                self.outcomes["not in order"] += 1
            else:
                self.outcomes["before" if getattr(done, "before", False) else "done"] += 1

    def draw(self, random: Random, seen: Record) -> tuple[str, Doing]:
        """Something to do with a child, likely to be possible as it was seen."""
        ways: list[tuple[str, Doing]] = []
        for transfer in seen.transfers:
            if transfer.ended_at is None:
                ways += self.with_transfer(random, transfer) * 2
        for case in seen.cases.values():
            if case.closed_at is None:
                ways += self.with_case(random, case)
        for challenge in seen.challenges:
            if challenge.ended_at is None:
                ways += self.with_challenge(challenge)
        for one in seen.decisions:
            if one.state == "awaiting_sign_off":
                ways += [("sign", self.signing(one.id, one.version))] * 2
            if one.state == "signed":
                ways.append(("draft", self.drafting(random, one.contact_id, one.child_id, one.id)))
                if random.random() < 0.2:
                    ways.append(("challenge a decision", self.challenging(one.id)))
        for child in seen.children:
            if child.state == "undecided":
                drafting = self.drafting(random, child.contact_id, child.id, None)
                ways.append(("draft", drafting))
        if len(seen.children) < MOST_CONTACTS_OF_A_CHILD:
            new = told_again(seen.children[0].person_id)
            worker = self.people["worker"]
            ways.append(("log again", lambda work: log_contact(work, worker, new)))
        return random.choice(ways)

    def challenging(self, decision_id: UUID) -> Doing:
        spoc = self.people["second spoc"]
        return lambda work: challenge_decision(work, spoc, decision_id, words=WORDS)

    def with_transfer(self, random: Random, transfer: Transfer) -> list[tuple[str, Doing]]:
        possible = [one for one in AT_WORK if one in TRANSFER.allowed(transfer.state)]
        agreement = random.choice([*FamilyAgreement, FamilyAgreement.given, FamilyAgreement.given])
        return [
            (action, moving(self.people, transfer, action, agreement=agreement))
            for action in possible
        ]

    def with_case(
        self, random: Random, case: Referral | EarlyHelpEpisode
    ) -> list[tuple[str, Doing]]:
        up = isinstance(case, EarlyHelpEpisode)
        direction = Direction.step_up if up else Direction.step_down
        asked_by = random.choice(list(Party))
        new = asked_for(direction, case.id, asked_by, self.people["family worker"].account_id)
        asker = self.people[
            {
                (Direction.step_up, Party.sender): "family worker",
                (Direction.step_up, Party.receiver): "manager",
                (Direction.step_down, Party.sender): "social worker",
                (Direction.step_down, Party.receiver): "spoc",
            }[direction, asked_by]
        ]
        teams = (
            ["early-help-spoc", "family-centres"]
            if up
            else ["assessment-north", "assessment-south"]
        )
        found: list[tuple[str, Doing]] = [
            ("ask", lambda work: request_transfer(work, asker, new)),
            ("ask", lambda work: request_transfer(work, asker, new)),
            ("allocate", allocating(self.people, case, case.version, random.choice(teams))),
        ]
        if random.random() < 0.2:
            found.append(("close", self.closing(case)))
        return found

    def closing(self, case: Referral | EarlyHelpEpisode) -> Doing:
        if isinstance(case, Referral):
            return lambda work: close_referral(
                work, self.people["assessor"], case.id, case.version, "RC8", WORDS
            )
        return lambda work: close_early_help_episode(
            work,
            self.people["spoc"],
            case.id,
            case.version,
            EpisodeClosure.outcomes_met,
            WORDS,
        )

    def with_challenge(self, challenge: Challenge) -> list[tuple[str, Doing]]:
        answerer = {
            "mash_manager": "manager",
            "early_help_spoc_manager": "spoc",
            "assessment_team_manager": "assessor",
        }.get(challenge.answering_role, "head")
        raiser = next(
            who
            for who in self.people.values()
            if who.account_id == challenge.raised_by and len(who.roles) == 1
        )
        found: list[tuple[str, Doing]] = []
        for action in ChallengeAction:
            answers = action in (
                ChallengeAction.agree,
                ChallengeAction.uphold,
                ChallengeAction.change,
            )
            pursues = action in (
                ChallengeAction.accept,
                ChallengeAction.escalate,
                ChallengeAction.withdraw,
            )
            if answers or pursues:
                who = self.people[answerer] if answers else raiser
                found.append((action, disputing(who, challenge.id, action, challenge.version)))
        return found

    def drafting(
        self, random: Random, contact_id: UUID, child_id: UUID, supersedes_id: UUID | None
    ) -> Doing:
        leads_to = random.choice(sorted(OUTCOMES))
        new = decision(self.office.house, child_id, leads_to, supersedes_id)
        return lambda work: decide(work, self.people["worker"], contact_id, new)

    def signing(self, decision_id: UUID, version: int) -> Doing:
        return lambda work: sign_off(
            work, self.people["manager"], decision_id, version, agreed=True, words=WORDS
        )

    async def clocks(self) -> None:
        """The jobs of both processes, while the others work."""
        for _ in range(6):
            self.office.clock.forward(hours=9)
            for house in self.office.houses:
                await sweep(house)
                await move_challenges(house)
            await asyncio.sleep(0.2)


async def test_sixty_four_who_hammer_twenty_children_leave_each_with_one_team(
    office: Office,
) -> None:
    cases = [
        await office.open_case("early help" if place % 2 else "child in need")
        for place in range(CHILDREN)
    ]
    persons = [case.person_id for case in cases]
    before = len((await office.record()).events)
    crowd = Crowd(office, SEED)
    outcomes = await asyncio.gather(
        crowd.clocks(),
        *(crowd.work(place, persons) for place in range(WORKERS)),
        return_exceptions=True,
    )
    failed = [one for one in outcomes if isinstance(one, BaseException)]
    assert not failed, f"seed {SEED}: {failed[:3]}"
    await holds(office)
    # Everything that was done left its one event, and nothing that was refused left any.
    by_people = [
        one for one in (await office.record()).events[before:] if one.account_id is not None
    ]
    assert len(by_people) == crowd.outcomes["done"], f"seed {SEED}: {crowd.outcomes}"
    assert crowd.outcomes["done"] > WORKERS, f"seed {SEED}: {crowd.outcomes}"
    assert crowd.outcomes["told the state"], f"seed {SEED}: {crowd.outcomes}"
