"""Missing children: the return starts 72 hours, and nothing is recorded out of its order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from service.bootstrap import House
from service.domain.access import Caller, Role, RoleMissing
from service.domain.deadlines import Deadline
from service.domain.errors import Stale
from service.domain.events import Event
from service.domain.flags import SubjectKind
from service.domain.missing_episodes import (
    Interview,
    InterviewAnswer,
    InterviewStep,
    MissingAction,
    MissingAlready,
    MissingEpisode,
    MissingEpisodeIncomplete,
    MissingFilters,
    MissingState,
    Return,
)
from service.domain.new_contacts import NewChild
from service.domain.states import WrongState
from service.persistence.records import columns_of, read
from service.persistence.repositories.missing_episodes import MissingEpisodeNotFound
from service.usecases.amendments import ContactChanges, amend_contact
from service.usecases.flags import sweep
from service.usecases.jobs import check_impossible
from service.usecases.missing_episodes import (
    NewMissingEpisode,
    WholeMissingEpisode,
    list_missing_episodes,
    read_missing_episode,
    record_missing_episode,
    record_return,
    record_return_interview,
)
from tests.support.cases import decide_for
from tests.support.clocks import FixedClock
from tests.support.days import FRIDAY
from tests.support.houses import caller, open_house
from tests.support.standing_flags import each_flag
from tests.support.unborn import told_of, unborn

HOUR = timedelta(hours=1)
TRIED = "Rang three times and called at the house; nobody opened the door."
LEFT = "She left after an argument about her telephone and did not come home by ten."
BACK = "A neighbour saw her at the bus station, and the police brought her home."
ADA = NewChild(given_name="Ada", family_name="Okafor")


@dataclass
class Office:
    """A house, its clock, and who works there."""

    house: House
    clock: FixedClock
    worker: Caller
    contact_id: UUID
    child_id: UUID
    person_id: UUID

    def told(self, **changes: Any) -> NewMissingEpisode:
        """A child who has been missing for two hours."""
        return replace(
            NewMissingEpisode(
                contact_id=self.contact_id,
                child_id=self.child_id,
                missing_from=self.clock.now - 2 * HOUR,
                reported_at=self.clock.now - HOUR,
                circumstances=LEFT,
            ),
            **changes,
        )

    def back(self, at: datetime | None = None, **changes: Any) -> Return:
        """A return now."""
        return replace(Return(at or self.clock.now, "Riverbourne bus station", BACK), **changes)

    async def missing(self, **changes: Any) -> MissingEpisode:
        """An episode as it is reported."""
        new = self.told(**changes)
        return await self.house.perform(lambda work: record_missing_episode(work, self.worker, new))

    async def returned(self, one: MissingEpisode, told: Return | None = None) -> MissingEpisode:
        """The same, once the child is back."""
        return await self.house.perform(
            lambda work: record_return(work, self.worker, one.id, one.version, told or self.back())
        )

    async def step(
        self, one: MissingEpisode, step: InterviewStep, at: datetime | None = None, **told: Any
    ) -> MissingEpisode:
        """A step towards the interview, with all that belongs to it."""
        own: dict[InterviewStep, dict[str, Any]] = {
            InterviewStep.attempted: {"words": TRIED},
            InterviewStep.declined: {"because": "She did not want to talk with anybody about it."},
            InterviewStep.held: {
                "interviewer": "Dele Ade, youth worker",
                "independent": True,
                "where": "At school",
            },
        }
        interview = Interview(step, at or self.clock.now, **{**own.get(step, {}), **told})
        return await self.house.perform(
            lambda work: record_return_interview(work, self.worker, one.id, one.version, interview)
        )

    async def whole(self, one: MissingEpisode, who: Caller | None = None) -> WholeMissingEpisode:
        """All that is on file of it."""
        return await self.house.ask(
            lambda ask: read_missing_episode(ask, who or self.worker, one.id)
        )

    async def interview_clock(self, one: MissingEpisode) -> Deadline:
        """Its only clock."""
        [clock] = (await self.whole(one)).deadlines
        return clock


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = FixedClock(FRIDAY)
    async with open_house(database_url, clock, tmp_path) as house:
        file = await told_of(house, [ADA, unborn()])
        child = file.children[0]
        worker = await caller(house, Role.mash_worker)
        yield Office(house, clock, worker, file.contact.id, child.id, child.person_id)


def codes(refusal: MissingEpisodeIncomplete) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in refusal.problems]


async def test_a_whole_life_from_missing_to_the_interview_with_every_step_on_file(
    office: Office,
) -> None:
    episode = await office.missing(police_reference="MP-4471")
    assert (episode.state, episode.person_id) == (MissingState.missing, office.person_id)
    assert (await office.whole(episode)).deadlines == []
    office.clock.forward(hours=5)
    back_at = office.clock.now - HOUR
    episode = await office.returned(episode, office.back(back_at))
    running = await office.interview_clock(episode)
    assert (running.kind, running.subject_kind) == (
        "return_home_interview",
        SubjectKind.missing_episode,
    )
    assert (running.started_at, running.due_at) == (back_at, back_at + 72 * HOUR)
    office.clock.forward(hours=20)
    episode = await office.step(episode, InterviewStep.offered)
    episode = await office.step(episode, InterviewStep.accepted)
    assert (await office.interview_clock(episode)).stopped_at is None
    office.clock.forward(hours=20)
    held_at = office.clock.now - 3 * HOUR
    episode = await office.step(
        episode, InterviewStep.held, held_at, words="She spoke of a friend."
    )
    assert episode.state is MissingState.interview_held
    assert (episode.interview_held_at, episode.interviewer) == (held_at, "Dele Ade, youth worker")
    stopped = await office.interview_clock(episode)
    assert (stopped.stopped_at, stopped.happened_at) == (office.clock.now, held_at)
    assert stopped.stopped_because == "held"
    whole = await office.whole(episode)
    assert [(one.action, one.state) for one in whole.steps] == [
        (MissingAction.report, MissingState.missing),
        (MissingAction.record_return, MissingState.returned),
        (MissingAction.offer_interview, MissingState.interview_offered),
        (MissingAction.accept_interview, MissingState.interview_accepted),
        (MissingAction.hold_interview, MissingState.interview_held),
    ]
    assert [one.happened_at for one in whole.steps][:2] == [FRIDAY - 2 * HOUR, back_at]
    assert whole.steps[-1].words == "She spoke of a friend."
    await office.house.ask(lambda ask: check_impossible(ask, office.house.policy))


async def test_attempts_are_kept_with_their_words_and_the_clock_goes_on(office: Office) -> None:
    episode = await office.returned(await office.missing())
    for state in (MissingState.returned, MissingState.interview_offered):
        tried = await office.step(episode, InterviewStep.attempted)
        assert tried.state is state
        if state is MissingState.returned:
            episode = await office.step(tried, InterviewStep.offered)
    assert (await office.interview_clock(tried)).stopped_at is None
    steps = (await office.whole(tried)).steps
    assert [one.words for one in steps if one.action is MissingAction.attempt_interview] == [
        TRIED,
        TRIED,
    ]
    with pytest.raises(MissingEpisodeIncomplete) as refused:
        await office.step(tried, InterviewStep.attempted, words=None)
    assert [(one.pointer, one.code) for one in refused.value.problems] == [("/words", "missing")]


async def test_events_tell_times_and_steps_and_never_a_word(office: Office) -> None:
    episode = await office.returned(await office.missing())
    episode = await office.step(episode, InterviewStep.offered)
    await office.step(episode, InterviewStep.declined)

    async with office.house.database.reading() as connection:
        rows = (await connection.execute(select(*columns_of(Event)))).all()
    told = [
        one for one in (read(Event, row) for row in rows) if one.type.startswith("missing_episode.")
    ]
    assert [one.type.value for one in sorted(told, key=lambda one: one.id)] == [
        "missing_episode.recorded",
        "missing_episode.returned",
        "missing_episode.interview_recorded",
        "missing_episode.interview_recorded",
    ]
    assert all(one.subject_id == episode.id for one in told)
    assert all(one.person_id == office.person_id for one in told)
    for words in (LEFT, BACK, "Ada", "bus station", "did not want"):
        assert not any(words in str(one.data) for one in told)


async def test_a_return_that_nobody_had_reported_before_starts_the_clock_when_the_child_was_back(
    office: Office,
) -> None:
    back_at = office.clock.now - 80 * HOUR
    episode = await office.missing(
        missing_from=back_at - 10 * HOUR,
        reported_at=back_at - 9 * HOUR,
        returned=office.back(back_at),
    )
    assert (episode.state, episode.returned_at) == (MissingState.returned, back_at)
    whole = await office.whole(episode)
    assert [one.action for one in whole.steps] == [
        MissingAction.report,
        MissingAction.record_return,
    ]
    clock = await office.interview_clock(episode)
    assert (clock.started_at, clock.due_at) == (back_at, back_at + 72 * HOUR)
    # Told after the limit, it is late at once.
    await sweep(office.house)
    manager = await caller(office.house, Role.mash_manager)
    flags = await each_flag(office.house, manager)
    assert ("return_home_interview", episode.id) in {(one.kind, one.subject_id) for one in flags}


async def test_declined_stops_the_clock_and_held_after_all_starts_none(office: Office) -> None:
    episode = await office.returned(await office.missing())
    office.clock.forward(hours=1)
    episode = await office.step(episode, InterviewStep.offered)
    office.clock.forward(hours=1)
    episode = await office.step(episode, InterviewStep.declined)
    declined = await office.interview_clock(episode)
    assert (declined.stopped_because, declined.happened_at) == ("declined", office.clock.now)
    office.clock.forward(days=10)
    episode = await office.step(episode, InterviewStep.held)
    assert episode.state is MissingState.interview_held
    assert episode.interview_answer is InterviewAnswer.declined
    assert await office.interview_clock(episode) == declined


async def test_a_child_who_goes_missing_again_has_a_new_episode_and_the_interview_stays_owed(
    office: Office,
) -> None:
    first = await office.returned(await office.missing())
    office.clock.forward(hours=30)
    again = await office.missing()
    assert again.id != first.id
    assert (await office.interview_clock(first)).stopped_at is None
    assert [one.id for one in await listed(office, person_id=office.person_id)] == [
        again.id,
        first.id,
    ]
    first = await office.step(first, InterviewStep.offered)
    await office.step(first, InterviewStep.held)
    assert (await office.whole(again)).episode.state is MissingState.missing


async def listed(office: Office, **filters: Any) -> list[MissingEpisode]:
    return await office.house.ask(
        lambda ask: list_missing_episodes(ask, office.worker, MissingFilters(**filters), limit=50)
    )


async def test_a_list_is_narrowed_by_state_child_and_contact(office: Office) -> None:
    episode = await office.missing()
    for filters, found in (
        ({}, True),
        ({"states": [MissingState.missing]}, True),
        ({"states": [MissingState.returned]}, False),
        ({"person_id": office.person_id}, True),
        ({"person_id": office.child_id}, False),
        ({"contact_id": office.contact_id}, True),
        ({"contact_id": office.person_id}, False),
    ):
        assert ([one.id for one in await listed(office, **filters)] == [episode.id]) is found, (
            filters
        )


async def test_a_second_episode_while_one_is_open_is_refused_with_which(office: Office) -> None:
    episode = await office.missing()
    with pytest.raises(MissingAlready, match=episode.reference) as refused:
        await office.missing()
    assert refused.value.allowed == (MissingAction.record_return,)


async def test_of_many_who_report_a_child_at_once_one_wins(office: Office) -> None:
    outcomes = await asyncio.gather(*(office.missing() for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, MissingEpisode) for one in outcomes) == 1, outcomes
    assert sum(isinstance(one, MissingAlready) for one in outcomes) == 7, outcomes


async def test_of_two_who_record_the_return_at_once_the_loser_is_told_the_state(
    office: Office,
) -> None:
    episode = await office.missing()
    outcomes = await asyncio.gather(
        *(office.returned(episode) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, MissingEpisode) for one in outcomes) == 1, outcomes
    lost = [one for one in outcomes if isinstance(one, WrongState)]
    assert {one.state for one in lost} == {MissingState.returned}
    assert len(lost) == 3


IN_STATES: dict[str, list[InterviewStep]] = {
    "returned": [],
    "interview_offered": [InterviewStep.offered],
    "interview_accepted": [InterviewStep.offered, InterviewStep.accepted],
    "interview_declined": [InterviewStep.offered, InterviewStep.declined],
    "interview_held": [InterviewStep.offered, InterviewStep.held],
}
POSSIBLE = {
    "returned": {InterviewStep.attempted, InterviewStep.offered},
    "interview_offered": {
        InterviewStep.attempted,
        InterviewStep.accepted,
        InterviewStep.declined,
        InterviewStep.held,
    },
    "interview_accepted": {
        InterviewStep.attempted,
        InterviewStep.declined,
        InterviewStep.held,
    },
    "interview_declined": {InterviewStep.held},
    "interview_held": set(),
}


@pytest.mark.parametrize("state", list(IN_STATES))
async def test_what_comes_out_of_its_order_is_refused_with_what_is_possible(
    office: Office, state: str
) -> None:
    episode = await office.returned(await office.missing())
    for step in IN_STATES[state]:
        episode = await office.step(episode, step)
    assert episode.state == state
    with pytest.raises(WrongState):
        await office.returned(episode)
    for step in InterviewStep:
        if step not in POSSIBLE[state]:
            with pytest.raises(WrongState, match="not possible now") as refused:
                await office.step(episode, step)
            assert len(refused.value.allowed or ()) == len(POSSIBLE[state])
    assert (await office.whole(episode)).episode == episode


@pytest.mark.parametrize("step", list(InterviewStep))
async def test_no_interview_before_the_return(office: Office, step: InterviewStep) -> None:
    episode = await office.missing()
    with pytest.raises(WrongState, match="record_return"):
        await office.step(episode, step)


async def test_an_old_version_is_refused_after_the_state_was_looked_at(office: Office) -> None:
    episode = await office.returned(await office.missing())
    await office.step(episode, InterviewStep.offered)
    with pytest.raises(Stale):
        await office.step(episode, InterviewStep.accepted)


WRONG: dict[str, tuple[Callable[[Office], dict[str, Any]], tuple[str, str]]] = {
    "missing in the future": (
        lambda office: {"missing_from": office.clock.now + HOUR, "reported_at": None},
        ("/missing_from", "in_the_future"),
    ),
    "reported in the future": (
        lambda office: {"reported_at": office.clock.now + HOUR},
        ("/reported_at", "in_the_future"),
    ),
    "reported before missing": (
        lambda office: {"reported_at": office.clock.now - 3 * HOUR},
        ("/reported_at", "before_missing"),
    ),
    "back before missing": (
        lambda office: {"returned": office.back(office.clock.now - 3 * HOUR)},
        ("/returned/returned_at", "return_before_missing"),
    ),
    "back in the future": (
        lambda office: {"returned": office.back(office.clock.now + HOUR)},
        ("/returned/returned_at", "in_the_future"),
    ),
    "back before any rule": (
        lambda office: {
            "missing_from": datetime(2001, 1, 1, tzinfo=UTC),
            "reported_at": datetime(2001, 1, 1, tzinfo=UTC),
            "returned": office.back(datetime(2001, 1, 2, tzinfo=UTC)),
        },
        ("/returned/returned_at", "too_long_ago"),
    ),
    "a stock phrase": (lambda office: {"circumstances": "n/a"}, ("/circumstances", "boiler_plate")),
    "a stock phrase of the return": (
        lambda office: {"returned": office.back(circumstances="n/a")},
        ("/returned/circumstances", "boiler_plate"),
    ),
    "a child of another contact": (
        lambda office: {"child_id": office.contact_id},
        ("/child_id", "not_on_this_contact"),
    ),
}


@pytest.mark.parametrize("name", list(WRONG))
async def test_what_cannot_be_so_of_a_report_is_named(office: Office, name: str) -> None:
    changes, fault = WRONG[name]
    with pytest.raises(MissingEpisodeIncomplete) as refused:
        await office.missing(**changes(office))
    assert fault in codes(refused.value)
    assert await listed(office) == []


async def test_an_unborn_child_does_not_go_missing(office: Office) -> None:
    file = await told_of(office.house, [unborn()])
    with pytest.raises(MissingEpisodeIncomplete) as refused:
        await office.missing(contact_id=file.contact.id, child_id=file.children[0].id)
    assert codes(refused.value) == [("/child_id", "unborn")]


async def test_two_episodes_of_a_child_never_overlap(office: Office) -> None:
    office.clock.forward(days=3)
    now = office.clock.now
    first = await office.missing(
        missing_from=now - 20 * HOUR, returned=office.back(now - 10 * HOUR), reported_at=None
    )
    for missing_from, back_at in ((-25, -15), (-15, -5), (-25, -5), (-15, None)):
        with pytest.raises(MissingEpisodeIncomplete) as refused:
            await office.missing(
                missing_from=now + missing_from * HOUR,
                reported_at=None,
                returned=None if back_at is None else office.back(now + back_at * HOUR),
            )
        assert ("/missing_from", "overlaps") in codes(refused.value)
    # One that had ended before, told late, is another; and so is one from that return on.
    await office.missing(
        missing_from=now - 40 * HOUR, returned=office.back(now - 20 * HOUR), reported_at=None
    )
    await office.missing(missing_from=now - 10 * HOUR, reported_at=None)
    assert len(await listed(office)) == 3
    assert first.id in {one.id for one in await listed(office)}


TOLD_WRONG: dict[str, tuple[InterviewStep, dict[str, Any], tuple[str, str]]] = {
    "declined and no reason": (
        InterviewStep.declined,
        {"because": None},
        ("/because", "missing"),
    ),
    "declined for a stock phrase": (
        InterviewStep.declined,
        {"because": "n/a"},
        ("/because", "boiler_plate"),
    ),
    "held by nobody": (InterviewStep.held, {"interviewer": None}, ("/interviewer", "missing")),
    "held nowhere": (InterviewStep.held, {"where": None}, ("/where", "missing")),
    "independence not told": (
        InterviewStep.held,
        {"independent": None},
        ("/independent", "missing"),
    ),
    "not independent and no reason": (
        InterviewStep.held,
        {"independent": False},
        ("/words", "missing"),
    ),
    "held with a reason to decline": (
        InterviewStep.held,
        {"because": "She did not want to."},
        ("/because", "surplus"),
    ),
    "accepted by an interviewer": (
        InterviewStep.accepted,
        {"interviewer": "Dele Ade"},
        ("/interviewer", "surplus"),
    ),
    "in the future": (
        InterviewStep.accepted,
        {"at": FRIDAY + 5 * HOUR},
        ("/happened_at", "in_the_future"),
    ),
    "before the offer": (
        InterviewStep.accepted,
        {"at": FRIDAY + HOUR},
        ("/happened_at", "out_of_order"),
    ),
    "before the return": (
        InterviewStep.held,
        {"at": FRIDAY - HOUR},
        ("/happened_at", "out_of_order"),
    ),
}


@pytest.mark.parametrize("name", list(TOLD_WRONG))
async def test_what_cannot_be_so_of_an_interview_is_named_and_nothing_is_stored(
    office: Office, name: str
) -> None:
    step, told, fault = TOLD_WRONG[name]
    episode = await office.returned(await office.missing())
    office.clock.forward(hours=2)
    episode = await office.step(episode, InterviewStep.offered)
    with pytest.raises(MissingEpisodeIncomplete) as refused:
        await office.step(episode, step, **told)
    assert codes(refused.value) == [fault]
    assert (await office.whole(episode)).episode == episode
    assert (await office.interview_clock(episode)).stopped_at is None


async def test_an_interview_by_somebody_who_is_not_independent_says_why(office: Office) -> None:
    episode = await office.step(
        await office.returned(await office.missing()), InterviewStep.offered
    )
    episode = await office.step(
        episode,
        InterviewStep.held,
        independent=False,
        words="She would speak with her own social worker alone, and was offered both.",
    )
    assert episode.interview_held_independently is False


async def test_whoever_may_see_the_contact_may_see_the_episode_and_nobody_else(
    office: Office,
) -> None:
    episode = await office.missing()
    assessor = await caller(office.house, Role.assessment_team_worker)
    helper = await caller(office.house, Role.early_help_worker)
    for who in (assessor, helper):
        with pytest.raises(MissingEpisodeNotFound):
            await office.whole(episode, who)
        seen = await office.house.ask(
            lambda ask, who=who: list_missing_episodes(ask, who, MissingFilters(), limit=50)
        )
        assert seen == []
    file = await told_of(office.house, [ADA])
    await decide_for(office.house, file, "referral")
    other = await office.missing(contact_id=file.contact.id, child_id=file.children[0].id)
    assert (await office.whole(other, assessor)).episode == other
    with pytest.raises(MissingEpisodeNotFound):
        await office.whole(other, helper)


async def test_a_role_without_the_permission_is_refused(office: Office) -> None:
    helper = await caller(office.house, Role.early_help_worker)
    with pytest.raises(RoleMissing):
        await office.house.perform(lambda work: record_missing_episode(work, helper, office.told()))


async def test_an_episode_follows_the_child_who_turns_out_to_be_somebody_on_file(
    office: Office,
) -> None:
    episode = await office.missing()
    other = (await told_of(office.house, [ADA])).children[0]

    async def link() -> None:
        changes = ContactChanges(
            reason="It is the same child.",
            children={office.child_id: {"person_id": other.person_id}},
        )
        await office.house.perform(
            lambda work: amend_contact(work, office.worker, office.contact_id, version, changes)
        )

    version = 2
    await link()
    moved = (await office.whole(episode)).episode
    assert (moved.person_id, moved.version) == (other.person_id, 2)
    with pytest.raises(MissingAlready):
        await office.missing(contact_id=other.contact_id, child_id=other.id)


async def test_two_who_are_missing_do_not_turn_out_to_be_one(office: Office) -> None:
    await office.missing()
    other = (await told_of(office.house, [ADA])).children[0]
    await office.missing(contact_id=other.contact_id, child_id=other.id)
    changes = ContactChanges(
        reason="It is the same child.", children={office.child_id: {"person_id": other.person_id}}
    )
    with pytest.raises(MissingAlready):
        await office.house.perform(
            lambda work: amend_contact(work, office.worker, office.contact_id, 2, changes)
        )


LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("back", "due"),
    [
        (datetime(2026, 3, 27, 20, tzinfo=LONDON), datetime(2026, 3, 30, 21, tzinfo=LONDON)),
        (datetime(2026, 10, 23, 20, tzinfo=LONDON), datetime(2026, 10, 26, 19, tzinfo=LONDON)),
        (datetime(2026, 12, 24, 15, tzinfo=LONDON), datetime(2026, 12, 27, 15, tzinfo=LONDON)),
        (datetime(2028, 2, 28, 10, tzinfo=LONDON), datetime(2028, 3, 2, 10, tzinfo=LONDON)),
    ],
    ids=["clocks forward", "clocks back", "Christmas", "leap day"],
)
async def test_seventy_two_hours_run_day_and_night(
    office: Office, back: datetime, due: datetime
) -> None:
    office.clock.set(back + 2 * HOUR)
    episode = await office.missing(missing_from=back.astimezone(UTC) - 5 * HOUR, reported_at=None)
    episode = await office.returned(episode, office.back(back.astimezone(UTC)))
    assert (await office.interview_clock(episode)).due_at == due.astimezone(UTC)
