"""Measures of steps and challenges: hand-made cases, and a past that stays as it was told."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from service.domain.challenges import Challenge, ChallengeAction, ChallengeOutcome, ChallengeState
from service.domain.errors import NotAllowed
from service.domain.measure_cases import MeasureCases
from service.domain.measure_definitions import MEASURES
from service.domain.measures import (
    Breakdown,
    BreakdownNotPossible,
    Counted,
    MeasureCode,
    MeasureCountsOthers,
    MeasurePoint,
    MeasureReading,
    Part,
)
from service.domain.transfer_waits import waits_for
from service.domain.transfers import (
    Direction,
    FamilyAgreement,
    Transfer,
    TransferAction,
    TransferState,
)
from service.domain.whole_contacts import ContactFilters
from service.domain_services.challenges import move_challenge
from service.domain_services.transfers import move_transfer
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import challenges, measures
from service.usecases.measures import read_measure
from service.usecases.step_downs import decide_returned_transfer
from service.usecases.transfers import withdraw_transfer
from tests.support.clocks import FixedClock
from tests.support.days import MONDAY
from tests.support.houses import open_house
from tests.support.steps import WORDS, Steps, steps_in

# A Monday morning in winter time, so that hours are the same in London and in UTC.
TRANSFER, CHALLENGE = table_of(Transfer), table_of(Challenge)
BEGAN = {
    Counted.transfers: (TRANSFER, TRANSFER.c.requested_at),
    Counted.challenges: (CHALLENGE, CHALLENGE.c.raised_at),
}
OF_STEPS = [one for one in MEASURES.values() if one.counted in BEGAN]


@dataclass
class Town:
    """Everybody who has a hand in a step, and the clock they work by."""

    steps: Steps
    clock: FixedClock

    async def read(
        self,
        code: str,
        *,
        as_at: datetime | None = None,
        by: Breakdown | None = None,
        from_on: date = date(2026, 1, 1),
        to_on: date = date(2026, 7, 1),
    ) -> MeasureReading:
        return await self.steps.house.ask_at_length(
            lambda ask: read_measure(
                ask,
                self.steps.mash,
                code,
                now=self.clock.now,
                as_at=as_at,
                from_on=from_on,
                to_on=to_on,
                by=by,
            )
        )

    async def total(self, code: str, **asked: datetime) -> tuple[int, int]:
        """Numerator and denominator of the whole."""
        total = (await self.read(code, **asked)).total
        return total.numerator, total.denominator

    async def listed(
        self, code: str, point: MeasurePoint, part: Part, by: Breakdown | None = None
    ) -> list[UUID]:
        """The cases that the filter of a figure lists."""
        measure = MEASURES[MeasureCode(code)]
        table, began_at = BEGAN[measure.counted]
        asked = MeasureCases(code, part, point.as_at, by if point.group else None, point.group)
        behind = [measures.cases(asked)]
        if not measure.standing:
            behind += [began_at >= point.begins_at, began_at < point.ends_at]
        rows = await self.steps.house.ask(lambda ask: ask.all(select(table.c.id).where(*behind)))
        return [row.id for row in rows]

    async def asked_for(self, direction: Direction = Direction.step_up) -> Transfer:
        if direction is Direction.step_up:
            return await self.steps.step_up(await self.steps.child_in_early_help())
        return await self.steps.step_down(await self.steps.child_in_social_care())

    async def opened(self, transfer: Transfer, **later: float) -> Transfer:
        self.clock.forward(**later)
        return await self.steps.opened(transfer)

    async def refused(self) -> Transfer:
        return await self.steps.refuse(await self.opened(await self.asked_for(), hours=1))

    async def challenge_of(self, transfer: Transfer) -> Challenge:
        [found] = await self.steps.house.ask(lambda ask: challenges.of_transfer(ask, transfer.id))
        return found

    async def moved(
        self,
        challenge: Challenge,
        action: ChallengeAction,
        outcome: ChallengeOutcome | None = None,
        **changed: int,
    ) -> Challenge:
        return await self.steps.do(
            lambda work: move_challenge(
                work, self.steps.head, challenge, action, outcome=outcome, **changed
            )
        )

    async def settled(self, transfer: Transfer, action: TransferAction) -> Transfer:
        """What the end of a challenge does to the refusal that it is about."""
        return await self.steps.do(
            lambda work: move_transfer(work, self.steps.head, transfer, action)
        )


@pytest.fixture
async def town(database_url: str, tmp_path: Path) -> AsyncIterator[Town]:
    clock = FixedClock(MONDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        yield Town(await steps_in(house), clock)


def groups(reading: MeasureReading) -> dict[str | None, tuple[int, int]]:
    return {point.group: (point.numerator, point.denominator) for point in reading.points}


async def test_each_way_of_a_step_up_is_counted_where_it_belongs(town: Town) -> None:
    steps = town.steps
    await town.asked_for()
    await steps.accept(await town.opened(await town.asked_for()))
    await town.refused()
    await steps.answer_refusal(await town.refused(), agreed=True)
    for end in (TransferAction.uphold_refusal, TransferAction.overturn_refusal):
        challenged = await steps.answer_refusal(await town.refused(), agreed=False)
        await town.settled(challenged, end)
    overturned = await steps.answer_refusal(await town.refused(), agreed=False)
    await town.moved(await town.challenge_of(overturned), ChallengeAction.change)
    await steps.accept(await town.settled(overturned, TransferAction.overturn_refusal))
    assert await town.total("step_ups_accepted") == (2, 7)
    assert await town.total("step_ups_refused") == (5, 7)
    assert await town.total("step_up_refusals_agreed") == (1, 5)
    assert await town.total("step_up_refusals_challenged") == (3, 5)
    assert await town.total("step_up_refusals_upheld") == (1, 3)
    assert await town.total("step_downs_waiting") == (0, 0)
    by_reason = await town.read("step_up_refusals_agreed", by=Breakdown.refusal_reason)
    assert groups(by_reason) == {"below_threshold": (1, 5)}


async def test_a_step_up_opened_on_the_stroke_of_its_limit_is_in_time(town: Town) -> None:
    await town.opened(await town.asked_for(), hours=4)
    await town.opened(await town.asked_for(), hours=4, seconds=1)
    total = (await town.read("step_up_time_to_open")).total
    assert (total.numerator, total.denominator) == (1, 2)
    assert (total.median_minutes, total.longest_minutes) == (240, 240)


async def test_one_that_nobody_opens_counts_as_late_once_its_limit_has_passed(town: Town) -> None:
    await town.asked_for()
    town.clock.forward(hours=4)
    assert await town.total("step_up_time_to_open") == (0, 0)
    town.clock.forward(hours=6)
    total = (await town.read("step_up_time_to_open")).total
    assert (total.numerator, total.denominator) == (0, 1)
    assert (total.median_minutes, total.longest_minutes) == (600, 600)


async def test_one_withdrawn_within_its_limit_is_neither_in_time_nor_late(town: Town) -> None:
    for hours in (3, 5):
        asked = await town.asked_for()
        town.clock.forward(hours=hours)
        await town.steps.do(
            lambda work, asked=asked: withdraw_transfer(
                work, town.steps.early_help, asked.id, asked.version, words=WORDS
            )
        )
    town.clock.forward(days=30)
    total = (await town.read("step_up_time_to_open")).total
    assert (total.numerator, total.denominator, total.longest_minutes) == (0, 1, 300)


async def test_a_refusal_is_an_answer_once_it_stands(town: Town) -> None:
    refused = await town.refused()
    assert await town.total("step_up_time_to_answer") == (0, 0)
    town.clock.forward(hours=1)
    await town.steps.answer_refusal(refused, agreed=True)
    total = (await town.read("step_up_time_to_answer")).total
    assert (total.numerator, total.denominator, total.median_minutes) == (1, 1, 120)


async def test_the_median_of_two_lies_between_them_and_of_one_is_its_own(town: Town) -> None:
    for hours in (1, 4):
        await town.opened(await town.asked_for(), hours=hours)
    total = (await town.read("step_up_time_to_open")).total
    assert (total.median_minutes, total.longest_minutes) == (150, 240)
    town.clock.set(datetime(2026, 4, 1, 9, tzinfo=UTC))
    await town.opened(await town.asked_for(), hours=2)
    reading = await town.read("step_up_time_to_open")
    assert [point.median_minutes for point in reading.points[2:5]] == [150, 120, None]
    assert reading.total.median_minutes == 120


async def test_step_downs_wait_for_one_thing_each_and_some_are_stuck(town: Town) -> None:
    """The limit of the opening is one working day: the one not opened is stuck on Wednesday."""
    steps = town.steps
    down = Direction.step_down
    await town.asked_for(down)
    town.clock.forward(days=2)
    await steps.opened(await town.asked_for(down))
    await steps.refuse(await steps.opened(await town.asked_for(down)))
    back = await steps.family(await town.asked_for(down), FamilyAgreement.refused)
    assert back.state is TransferState.returned
    await steps.accept(await steps.opened(await town.asked_for(down)))
    agreed = await steps.family(await town.asked_for(down), FamilyAgreement.given)
    visited = await steps.accept(await steps.opened(agreed))
    reading = await town.read("step_downs_waiting", by=Breakdown.waits_for)
    now = {
        "opening": (1, 1),
        "answer": (0, 1),
        "refusal_agreement": (0, 1),
        "return_decision": (0, 1),
        "family_agreement": (0, 1),
        "first_visit": (0, 1),
    }
    assert groups(reading) == now
    assert (reading.total.numerator, reading.total.denominator) == (1, 6)
    assert (reading.total.median_minutes, reading.total.longest_minutes) == (0, 2 * 24 * 60)
    then = town.clock.now
    town.clock.forward(hours=1)
    ready = await steps.visit(visited)
    assert groups(await town.read("step_downs_waiting", by=Breakdown.waits_for))["completion"] == (
        0,
        1,
    )
    await steps.complete(ready)
    assert await town.total("step_downs_waiting") == (1, 5)
    assert await town.total("step_downs_returned") == (1, 6)
    assert groups(await town.read("step_downs_waiting", by=Breakdown.waits_for, as_at=then)) == now


async def test_what_waits_is_told_at_the_end_of_each_month_and_of_now(town: Town) -> None:
    asked = await town.asked_for(Direction.step_down)
    town.clock.set(datetime(2026, 5, 12, 9, tzinfo=UTC))
    await town.steps.do(
        lambda work: withdraw_transfer(
            work, town.steps.social_worker, asked.id, asked.version, words=WORDS
        )
    )
    reading = await town.read("step_downs_waiting")
    assert [(one.period, one.denominator) for one in reading.points] == [
        ("2026-01", 0),
        ("2026-02", 0),
        ("2026-03", 1),
        ("2026-04", 1),
        ("2026-05", 0),
        ("2026-06", 0),
    ]
    march = reading.points[2]
    assert march.as_at == march.ends_at == datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert march.longest_minutes == (march.as_at - MONDAY) // timedelta(minutes=1)
    assert reading.total.denominator == 0
    april = await town.read("step_downs_waiting", to_on=date(2026, 5, 1))
    assert april.total.denominator == 1


async def test_challenges_are_told_by_stage_and_by_result(town: Town) -> None:
    async def challenged() -> Challenge:
        refused = await town.refused()
        return await town.challenge_of(await town.steps.answer_refusal(refused, agreed=False))

    await challenged()
    second = await town.moved(await challenged(), ChallengeAction.agree)
    await town.moved(second, ChallengeAction.accept, ChallengeOutcome.agreed)
    third = await town.moved(await challenged(), ChallengeAction.uphold)
    third = await town.moved(third, ChallengeAction.escalate, stage=2)
    await town.moved(third, ChallengeAction.withdraw, ChallengeOutcome.withdrawn)
    fourth = await town.moved(await challenged(), ChallengeAction.escalate, stage=2)
    fourth = await town.moved(fourth, ChallengeAction.escalate, stage=3)
    await town.moved(fourth, ChallengeAction.uphold_finally, ChallengeOutcome.upheld)
    assert groups(await town.read("challenges_ended", by=Breakdown.stage)) == {
        "1": (1, 2),
        "2": (1, 1),
        "3": (1, 1),
    }
    assert groups(await town.read("challenges_ended", by=Breakdown.result)) == {
        "agreed": (1, 1),
        "open": (0, 1),
        "upheld": (1, 1),
        "withdrawn": (1, 1),
    }
    assert groups(await town.read("challenges_upheld", by=Breakdown.stage)) == {
        "1": (0, 1),
        "2": (0, 1),
        "3": (1, 1),
    }
    assert await town.total("challenges_agreed") == (1, 3)
    assert await town.total("challenges_changed") == (0, 3)


class History:
    """Children who go up and down and back, at random, one move at a time."""

    def __init__(self, town: Town, chance: random.Random) -> None:
        self.town = town
        self.chance = chance

    async def open_transfers(self) -> list[Transfer]:
        rows = await self.town.steps.house.ask(
            lambda ask: ask.all(
                select(*columns_of(Transfer))
                .where(TRANSFER.c.ended_at.is_(None))
                .order_by(TRANSFER.c.id)
            )
        )
        return [read(Transfer, row) for row in rows]

    async def go_on(self) -> None:
        """One move of somebody, some time later."""
        chance, town = self.chance, self.town
        town.clock.forward(hours=chance.choice((1, 5, 26, 80)))
        found = await self.open_transfers()
        if not found or chance.random() < 0.3:
            await town.asked_for(chance.choice(list(Direction)))
            return
        await self._move(chance.choice(found))

    async def _move(self, transfer: Transfer) -> None:
        chance, steps = self.chance, self.town.steps
        up = transfer.direction is Direction.step_up
        if not up and transfer.state not in _NOT_ASKED and chance.random() < 0.3:
            before = transfer.family_agreement
            if before is FamilyAgreement.given:
                await steps.family(transfer, FamilyAgreement.withdrawn)
            else:
                next_ = chance.choice((FamilyAgreement.given, FamilyAgreement.refused))
                await steps.family(transfer, next_)
            return
        match transfer.state:
            case TransferState.requested:
                await steps.opened(transfer)
            case TransferState.opened:
                act = chance.choice((steps.accept, steps.refuse))
                await act(transfer)
            case TransferState.refusal_pending:
                await steps.answer_refusal(transfer, agreed=chance.random() < 0.3)
            case TransferState.refusal_challenged:
                await self._argue(transfer)
            case TransferState.refusal_overturned:
                await steps.accept(transfer)
            case TransferState.returned:
                await steps.do(
                    lambda work: decide_returned_transfer(
                        work,
                        steps.assessment,
                        transfer.id,
                        transfer.version,
                        ask_again=chance.random() < 0.7,
                        words=WORDS,
                    )
                )
            case TransferState.accepted if transfer.first_visit_at is None:
                await steps.visit(transfer)
            case _ if transfer.family_agreement is not FamilyAgreement.given:
                await steps.family(transfer, FamilyAgreement.given)
            case _:
                await steps.complete(transfer)

    async def _argue(self, transfer: Transfer) -> None:
        chance, town = self.chance, self.town
        found = await town.steps.house.ask(lambda ask: challenges.of_transfer(ask, transfer.id))
        one = found[-1]
        if one.state is ChallengeState.raised and one.stage < 3 and chance.random() < 0.5:
            await town.moved(one, ChallengeAction.escalate, stage=one.stage + 1)
        elif chance.random() < 0.5:
            await town.moved(one, ChallengeAction.uphold_finally, ChallengeOutcome.upheld)
            await town.settled(transfer, TransferAction.uphold_refusal)
        else:
            await town.moved(one, ChallengeAction.change)
            await town.settled(transfer, TransferAction.overturn_refusal)


_NOT_ASKED = {
    TransferState.refusal_pending,
    TransferState.refusal_challenged,
    TransferState.returned,
}


async def told(town: Town, as_at: datetime | None = None) -> dict[tuple[str, str], MeasureReading]:
    """Every figure of steps and challenges, whole and by each breakdown."""
    return {
        (measure.code, by or ""): await town.read(measure.code, as_at=as_at, by=by)
        for measure in OF_STEPS
        for by in (None, *measure.breakdowns)
    }


@pytest.mark.parametrize("seed", range(8))
async def test_a_figure_of_the_past_stays_what_it_was_when_the_case_goes_on(
    town: Town, seed: int
) -> None:
    chance = random.Random(seed)
    history = History(town, chance)
    seen: list[dict[tuple[str, str], MeasureReading]] = []
    for number in range(40):
        await history.go_on()
        if number % 10 == 9:
            seen.append(await told(town))
            await _waits_are_those_of_the_present(town, await history.open_transfers())
    for then in seen:
        as_at = next(iter(then.values())).as_at
        assert as_at <= town.clock.now
        assert await told(town, as_at) == then
    counted = Counter({code: reading.total.denominator for (code, _), reading in seen[-1].items()})
    assert sum(count > 0 for count in counted.values()) >= 5


async def _waits_are_those_of_the_present(town: Town, found: Sequence[Transfer]) -> None:
    downs = [one for one in found if one.direction is Direction.step_down]
    reading = await town.read("step_downs_waiting", by=Breakdown.waits_for)
    last = [point for point in reading.points if point.as_at == reading.as_at]
    assert {point.group: point.denominator for point in last} == Counter(
        waits_for(one) for one in downs
    )


@pytest.mark.parametrize("seed", range(2))
async def test_each_figure_lists_its_very_cases(town: Town, seed: int) -> None:
    history = History(town, random.Random(seed))
    for _ in range(25):
        await history.go_on()
    middle = town.clock.now
    for _ in range(10):
        await history.go_on()
    for as_at in (None, middle):
        for (code, by), reading in (await told(town, as_at)).items():
            for point in (*reading.points, reading.total):
                if not point.denominator:
                    continue
                for part in Part:
                    found = await town.listed(code, point, part, Breakdown(by) if by else None)
                    assert len(found) == getattr(point, part), (code, by, point.period)


async def test_a_breakdown_that_a_measure_does_not_have_is_refused(town: Town) -> None:
    with pytest.raises(BreakdownNotPossible) as refused:
        await town.read("step_ups_accepted", by=Breakdown.stage)
    assert "sending_team, reason" in str(refused.value.problems[0])
    with pytest.raises(BreakdownNotPossible):
        MeasureCases("PI1", Part.missed, MONDAY, Breakdown.waits_for, "answer")


def test_transfers_are_not_asked_for_among_contacts() -> None:
    with pytest.raises(MeasureCountsOthers):
        ContactFilters(behind=MeasureCases("step_ups_accepted", Part.denominator, MONDAY))


async def test_who_may_not_read_measures_reads_none_of_steps(town: Town) -> None:
    with pytest.raises(NotAllowed):
        await town.steps.house.ask(
            lambda ask: read_measure(
                ask, town.steps.early_help, "step_downs_waiting", now=town.clock.now
            )
        )
