"""A policy that takes a team away is refused while children are there, or says who takes over."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from service.bootstrap import House
from service.domain.removed_teams import TeamsStillNeeded
from service.domain.transfers import TransferIncomplete, TransferState
from service.persistence.repositories.cases import EPISODES
from service.policy import PolicyFaulty, load_policy
from service.usecases import cases, transfers
from service.usecases.cases import TeamCannotReceive
from service.usecases.removed_teams import take_over_teams
from tests.support.cases import log
from tests.support.clocks import FixedClock
from tests.support.houses import open_house
from tests.support.invariants import faults, read_record
from tests.support.policies import REMOVED, TEAM, policy
from tests.support.steps import Steps, steps_in

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)


@asynccontextmanager
async def opened(url: str, folder: Path, added: str = "") -> AsyncIterator[House]:
    chosen = policy(folder, added)
    async with open_house(url, FixedClock(NOW), folder, policy_file=chosen) as house:
        yield house


async def rows(house: House, statement: str) -> Sequence[tuple[Any, ...]]:
    async with house.database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def episode_in_the_old_centre(steps: Steps) -> Any:
    episode = await steps.child_in_early_help()
    return await steps.do(
        lambda work: cases.allocate_early_help_episode(
            work,
            steps.spoc,
            episode.id,
            episode.version,
            steps.early_help.account_id,
            "old-centre",
        )
    )


async def test_a_policy_without_a_team_that_has_children_starts_nothing_and_names_no_child(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path, TEAM) as house:
        steps = await steps_in(house)
        await episode_in_the_old_centre(steps)
        await episode_in_the_old_centre(steps)
        await steps.step_down(await steps.child_in_social_care(), receiving_team_id="old-centre")
    with pytest.raises(TeamsStillNeeded) as refused:
        async with opened(database_url, tmp_path):
            pass
    said = str(refused.value)
    assert "old-centre: 2 open children (early help episodes), 1 open child on the way" in said
    assert "[[removed_team]]" in said
    assert "Ada" not in said
    # A team that takes other work takes none of this over.
    with pytest.raises(TeamsStillNeeded):
        async with opened(database_url, tmp_path, REMOVED.replace(', "family-centres"', "")):
            pass
    async with opened(database_url, tmp_path, TEAM) as house:
        assert house.policy.find_team("old-centre") is not None


async def test_a_team_that_nobody_needs_goes_without_a_word(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path, TEAM) as house:
        steps = await steps_in(house)
        episode = await episode_in_the_old_centre(steps)
        await steps.do(
            lambda work: cases.allocate_early_help_episode(
                work,
                steps.spoc,
                episode.id,
                episode.version,
                steps.early_help.account_id,
                "family-centres",
            )
        )
    async with opened(database_url, tmp_path) as house:
        assert await take_over_teams(house) == 0


async def test_who_takes_over_has_everything_and_each_move_is_on_the_record(
    database_url: str, tmp_path: Path
) -> None:
    async with opened(database_url, tmp_path, TEAM) as house:
        steps = await steps_in(house)
        episode = await episode_in_the_old_centre(steps)
        up = await steps.step_up(episode)
        down = await steps.step_down(
            await steps.child_in_social_care(), receiving_team_id="old-centre"
        )
        clocks = await steps.running(down)
        file = await log(house)
        async with house.database.writing() as connection:
            await connection.execute(
                text("UPDATE contact SET team_id = 'old-centre' WHERE decided_at IS NULL")
            )
            await connection.commit()
    async with opened(database_url, tmp_path, REMOVED) as house:
        assert await take_over_teams(house) == 3
        assert await take_over_teams(house) == 0
        steps = await steps_in(house)
        now = await house.ask(lambda ask: EPISODES.get(ask, steps.spoc.sight, episode.id))
        assert (now.team_id, now.worker_id) == ("family-centres", episode.worker_id)
        assert now.version == episode.version + 1
        answers = await steps.answers(episode.person_id)
        assert answers is not None
        assert answers.case_id == episode.id
        sent = await house.ask(lambda ask: transfers.read_transfer(ask, steps.head, up.id))
        assert sent.transfer.sender_team_id == "family-centres"
        got = await house.ask(lambda ask: transfers.read_transfer(ask, steps.head, down.id))
        assert got.transfer.receiver_team_id == "family-centres"
        assert got.transfer.state is TransferState.requested
        assert (got.steps[-1].action, got.steps[-1].code) == ("redirect", "old-centre")
        assert got.steps[-1].by is None
        assert await steps.running(down) == clocks
        teams = await rows(house, "SELECT team_id FROM contact WHERE decided_at IS NULL")
        assert set(teams) == {("mash",)}
        events = await rows(
            house,
            "SELECT type, count(*) FROM event WHERE type LIKE '%.taken_over' "
            "OR type = 'transfer.redirected' GROUP BY type ORDER BY type",
        )
        assert events == [
            ("contact.taken_over", 1),
            ("early_help_episode.taken_over", 1),
            ("transfer.redirected", 2),
        ]
        assert faults(await read_record(house)) == []
        # What was under way goes on with who takes over.
        accepted = await steps.accept(await steps.opened(got.transfer))
        assert accepted.receiver_team_id == "family-centres"
    assert file.contact.team_id == "mash"


async def test_what_a_process_with_the_policy_of_before_gives_the_team_passes_on_as_well(
    database_url: str, tmp_path: Path
) -> None:
    """A rolling upgrade: both serve at once, and two workers look at once."""
    async with (
        opened(database_url, tmp_path, TEAM) as before,
        opened(database_url, tmp_path, REMOVED) as after,
        opened(database_url, tmp_path, REMOVED) as another,
    ):
        steps = await steps_in(before)
        found = [await episode_in_the_old_centre(steps) for _ in range(3)]
        done = await asyncio.gather(take_over_teams(after), take_over_teams(another))
        assert sum(done) == 3
        for episode in found:
            now = await after.ask(
                lambda ask, id_=episode.id: EPISODES.get(ask, steps.spoc.sight, id_)
            )
            assert now.team_id == "family-centres"
        # The one of before gives the team another child a moment later.
        await episode_in_the_old_centre(steps)
        assert await take_over_teams(after) == 1
        events = await rows(
            after, "SELECT count(*) FROM event WHERE type = 'early_help_episode.taken_over'"
        )
        assert events == [(4,)]


async def test_nothing_is_given_to_a_team_that_is_gone_while_its_cases_wait_to_pass_on(
    database_url: str, tmp_path: Path
) -> None:
    async with (
        opened(database_url, tmp_path, TEAM) as before,
        opened(database_url, tmp_path, REMOVED) as after,
    ):
        steps = await steps_in(before)
        episode = await episode_in_the_old_centre(steps)
        down = await steps.step_down(
            await steps.child_in_social_care(), receiving_team_id="old-centre"
        )
        seen = await steps.opened(down)
        there = await steps_in(after)
        other = (await steps_in(after)).spoc

        async def give(team_id: str | None) -> Any:
            return await after.perform(
                lambda work: cases.allocate_early_help_episode(
                    work, there.spoc, episode.id, episode.version, other.account_id, team_id
                )
            )

        with pytest.raises(TeamCannotReceive) as refused:
            await give(None)
        assert [(one.pointer, one.code) for one in refused.value.problems] == [
            ("/team_id", "team_removed")
        ]
        with pytest.raises(TransferIncomplete) as incomplete:
            await there.accept(seen)
        assert [(one.pointer, one.code) for one in incomplete.value.problems] == [
            ("/receiving_team_id", "team_removed")
        ]
        assert (await give("family-centres")).team_id == "family-centres"
        accepted = await there.accept(seen, receiving_team_id="family-centres")
        assert accepted.receiver_team_id == "family-centres"


@pytest.mark.parametrize(
    ("added", "line"),
    [
        (TEAM + REMOVED, r"is a team of this policy still"),
        (REMOVED + REMOVED, r'the id "old-centre" is given twice'),
        (REMOVED.replace("mash", "mesh"), r'"mesh" is unknown; did you mean "mash"'),
        ('[[removed_team]]\nid = "old-centre"\n', r"taken_over_by: is missing"),
        (REMOVED.replace('["mash", "family-centres"]', '"mash"'), r"taken_over_by: is not a list"),
    ],
)
def test_a_removed_team_is_named_once_with_teams_that_there_are(
    tmp_path: Path, added: str, line: str
) -> None:
    with pytest.raises(PolicyFaulty, match=line):
        load_policy(policy(tmp_path, added))
