"""`frontdoor policy check --database`: asked before an upgrade, and never by making a database."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from frontdoor.__main__ import main
from service.usecases import cases
from tests.support.clocks import FixedClock
from tests.support.houses import open_house
from tests.support.policies import REMOVED, TEAM, policy
from tests.support.steps import steps_in

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)


async def said(*arguments: str | Path, **environment: str) -> Result:
    """What a command says; it has an event loop of its own, and nothing of our surroundings."""
    ours = {name: None for name in os.environ if name.startswith("FRONTDOOR_")}
    given = [str(one) for one in arguments]
    return await asyncio.to_thread(
        CliRunner().invoke, main, given, env={**ours, "FRONTDOOR_POLICY_FILE": None, **environment}
    )


async def checked(*arguments: str | Path, **environment: str) -> Result:
    """What the check says."""
    return await said("policy", "check", *arguments, **environment)


async def a_child_in_the_old_centre(url: str, folder: Path) -> None:
    chosen = policy(folder, TEAM)
    async with open_house(url, FixedClock(NOW), folder, policy_file=chosen) as house:
        steps = await steps_in(house)
        episode = await steps.child_in_early_help()
        worker = steps.early_help.account_id
        await steps.do(
            lambda work: cases.allocate_early_help_episode(
                work, steps.spoc, episode.id, episode.version, worker, "old-centre"
            )
        )


async def test_it_says_which_team_is_still_needed_and_names_no_child(
    database_url: str, tmp_path: Path
) -> None:
    await a_child_in_the_old_centre(database_url, tmp_path)
    named = {"FRONTDOOR_DATABASE_URL": database_url}
    for options in (("--database",), ()):  # done in any case where the database is named
        refused = await checked(policy(tmp_path), *options, **named)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert "old-centre: 1 open child (early help episodes)" in refused.stderr
        assert "[[removed_team]]" in refused.stderr
        assert "Ada" not in refused.stderr
        assert "Traceback" not in refused.stderr
    for added in (TEAM, REMOVED):
        sound = await checked(policy(tmp_path, added), "--database", **named)
        assert (sound.exit_code, sound.stderr) == (0, ""), sound.output
        assert "is sound" in sound.stdout
    unasked = await checked(policy(tmp_path))
    assert (unasked.exit_code, unasked.stderr) == (0, "")


async def test_the_databases_name_may_stand_in_a_file(database_url: str, tmp_path: Path) -> None:
    await a_child_in_the_old_centre(database_url, tmp_path)
    (tmp_path / "url").write_text(f"{database_url}\n", encoding="utf-8")
    named = {"FRONTDOOR_DATABASE_URL_FILE": str(tmp_path / "url")}
    refused = await checked(policy(tmp_path), **named)
    assert refused.exit_code == 1
    assert "old-centre" in refused.stderr


async def test_the_database_of_an_earlier_release_can_be_asked_before_the_upgrade(
    empty_database_url: str, tmp_path: Path
) -> None:
    named = {
        "FRONTDOOR_DATABASE_URL": empty_database_url,
        "FRONTDOOR_ENVIRONMENT": "development",
        "FRONTDOOR_VAR_FOLDER": str(tmp_path),
    }
    # 0.3.0 ended at 0007; before 0002 there was nothing but contacts.
    for step, code in (("0001", 1), ("0002", 0), ("0007", 0), ("head", 0)):
        migrated = await said("migrate", "--revision", step, **named)
        assert migrated.exit_code == 0, migrated.output
        found = await checked("--database", **named)
        assert found.exit_code == code, (step, found.output)
        if code:
            assert "schema step 0001" in found.stderr


async def test_a_database_with_nothing_in_it_is_said_to_be_one(
    empty_database_url: str, tmp_path: Path
) -> None:
    refused = await checked("--database", FRONTDOOR_DATABASE_URL=empty_database_url)
    assert refused.exit_code == 1
    assert "frontdoor migrate" in refused.stderr
    assert "is sound" not in refused.output


def test_asking_makes_no_database_where_none_is(tmp_path: Path) -> None:
    wrong = tmp_path / "mistyped.sqlite3"
    refused = asyncio.run(checked(FRONTDOOR_DATABASE_URL=f"sqlite:///{wrong}"))
    assert refused.exit_code == 1
    assert "There is no database file" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_asked_of_a_database_that_is_not_named_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = asyncio.run(checked("--database"))
    assert refused.exit_code == 1
    assert "FRONTDOOR_DATABASE_URL: missing" in refused.stderr
    assert list(tmp_path.iterdir()) == []
