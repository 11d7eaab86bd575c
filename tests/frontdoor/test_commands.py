"""The command line: what each command does, and one clear message for each fault."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from frontdoor.__main__ import main
from service.clock import system_clock
from service.database_urls import described
from service.domain.access import Role
from service.domain.job_runs import JobName
from service.policy.loading import DEFAULT_POLICY
from tests.support.cases import ANONYMOUS, log
from tests.support.clocks import FixedClock
from tests.support.houses import caller, open_house
from tests.support.patience import PATIENCE
from tests.support.processes import environment, until
from tests.support.standing_flags import each_flag
from tests.support.steps import steps_in

COMMANDS = (
    "backup",
    "contract",
    "demo",
    "job",
    "migrate",
    "policy",
    "restore",
    "run",
    "serve",
    "token",
    "worker",
)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing of the caller's own settings, and a folder of its own."""
    for name in [name for name in os.environ if name.startswith("FRONTDOOR_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def frontdoor(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, arguments, env=env)


def shell(*arguments: str, env: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "frontdoor", *arguments],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def must_tell(result: Result, *words: str, logged: bool = False) -> None:
    """One message; of a process that serves, as one line of the log too."""
    assert result.exit_code == 1, result.output
    if logged:
        line = json.loads(result.stdout)
        assert (line["level"], line["event"]) == ("error", "could not start")
        assert "\n".join(line["why"]) == result.stderr.removesuffix("\n")
        assert datetime.fromisoformat(line["at"]).tzinfo is not None
    else:
        assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


pytestmark = pytest.mark.usefixtures("surroundings")


def test_help_names_every_command_and_says_how_to_begin() -> None:
    result = frontdoor("--help")
    assert result.exit_code == 0
    assert [word for word in COMMANDS if f"\n  {word} " not in result.output] == []
    assert "frontdoor run" in result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = frontdoor(command, "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 4


def test_it_says_which_release_it_is() -> None:
    result = frontdoor("--version")
    assert result.exit_code == 0
    assert re.match(r"frontdoor \S+", result.output)


def test_an_unknown_command_is_a_fault_of_usage() -> None:
    assert frontdoor("fly").exit_code == 2
    assert frontdoor("job", "fly").exit_code == 2
    assert frontdoor("token", "--role", "wizard").exit_code == 2


def test_without_settings_it_says_each_thing_that_is_missing_and_how_to_try_things_out() -> None:
    must_tell(
        frontdoor("worker"),
        "FRONTDOOR_ISSUERS",
        "FRONTDOOR_SECRET_KEY",
        "frontdoor run",
        logged=True,
    )


def test_a_database_that_was_never_migrated_is_told() -> None:
    must_tell(frontdoor("--development", "job", "sweep_deadlines"), "frontdoor migrate")


def test_a_database_that_is_not_there_is_told() -> None:
    url = f"postgresql://nobody:secret@127.0.0.1:{free_port()}/nowhere"
    result = frontdoor("--development", "migrate", env={"FRONTDOOR_DATABASE_URL": url})
    must_tell(result, "FRONTDOOR_DATABASE_URL")
    assert "secret" not in result.stderr


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "letter.sqlite3"
    path.write_text("Dear Sir or Madam, " * 100, encoding="utf-8")
    env = {"FRONTDOOR_DATABASE_URL": f"sqlite:///{path}"}
    must_tell(frontdoor("--development", "job", "sweep_deadlines", env=env), "DATABASE_URL")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        must_tell(frontdoor("--development", "serve", "--port", port), port, "--port", logged=True)
        must_tell(frontdoor("run", "--port", port), port, "--port")


def test_migrate_makes_a_database_and_a_second_time_does_nothing(tmp_path: Path) -> None:
    first = frontdoor("--development", "migrate")
    second = frontdoor("--development", "migrate")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "from schema step none" in first.output
    assert "nothing was to be done" in second.output
    assert (tmp_path / "var" / "frontdoor.sqlite3").exists()


def test_a_schema_step_that_is_unknown_is_told() -> None:
    must_tell(frontdoor("--development", "migrate", "--revision", "nine"), "head")


def test_a_step_back_that_would_lose_children_is_told(tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 10, 23, 15, 0, tzinfo=UTC))
    url = f"sqlite:///{tmp_path / 'stepped.sqlite3'}"

    async def step_up() -> None:
        async with open_house(url, clock, tmp_path) as house:
            steps = await steps_in(house)
            asked = await steps.step_up(await steps.child_in_early_help())
            await steps.accept(await steps.opened(asked))

    env = {"FRONTDOOR_DATABASE_URL": url}
    assert frontdoor("--development", "migrate", env=env).exit_code == 0
    asyncio.run(step_up())
    for more in ([], ["--drop"]):
        back = frontdoor("--development", "migrate", "--revision", "0001", *more, env=env)
        must_tell(back, "restore the backup", "Nothing was changed")


async def test_a_step_back_lists_what_it_would_drop_and_drops_it_only_when_told_to(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(datetime(2026, 10, 23, 15, 0, tzinfo=UTC))
    async with open_house(database_url, clock, tmp_path) as house:
        await log(house)
    env = environment(database_url, tmp_path)
    back = ("migrate", "--revision", "0005")
    asked = await asyncio.to_thread(shell, *back, env=env, folder=tmp_path)
    assert (asked.returncode, asked.stdout) == (1, "")
    for words in (
        "the table police_notification, which holds 0 rows",
        "identity_key of person, which ",
        "Nothing was changed",
        "--drop",
    ):
        assert words in asked.stderr
    again = await asyncio.to_thread(shell, "migrate", env=env, folder=tmp_path)
    assert "nothing was to be done" in again.stdout, "nothing was changed indeed"
    done = await asyncio.to_thread(shell, *back, "--drop", env=env, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "to 0005." in done.stdout
    assert "Start the release that works on step 0005" in done.stderr


def test_migrate_says_which_database_it_migrated_and_no_password(tmp_path: Path) -> None:
    assert (
        str(tmp_path / "var" / "frontdoor.sqlite3") in frontdoor("--development", "migrate").output
    )
    url = "postgresql://ann:hunter2@db.example:5433/hub?sslmode=disable"
    assert described(url) == "PostgreSQL database hub at db.example:5433"


def test_the_policy_that_is_shipped_is_sound_and_can_be_shown() -> None:
    checked, shown = frontdoor("policy", "check"), frontdoor("policy", "show")
    assert checked.exit_code == 0
    assert "is sound" in checked.output
    assert shown.exit_code == 0
    assert "24 hours" in shown.output


def test_every_fault_of_a_policy_is_told_at_once(tmp_path: Path) -> None:
    text = DEFAULT_POLICY.read_text(encoding="utf-8")
    faulty = text.replace('limit = "24 hours"', 'limit = "banana"', 1)
    faulty = faulty.replace("every_seconds = 60", "every_seconds = 0")
    path = tmp_path / "policy.toml"
    path.write_text(faulty, encoding="utf-8")
    must_tell(frontdoor("policy", "check", str(path)), "limit", "every_seconds", "2 faults")
    must_tell(frontdoor("policy", "check", "absent.toml"), "absent.toml")


def test_jobs_are_listed_and_run_by_name() -> None:
    assert frontdoor("--development", "migrate").exit_code == 0
    listed = frontdoor("job")
    assert listed.exit_code == 0
    names = [line.split()[0] for line in listed.output.splitlines()]
    assert set(names) == set(JobName)
    for name in names:
        if name != "check_holidays":  # says what the calendar of today says
            result = frontdoor("--development", "job", name)
            assert (result.exit_code, result.output) == (
                0,
                f"{name}: done, 0 found and dealt with.\n",
            )


def test_the_contract_is_written(tmp_path: Path) -> None:
    result = frontdoor("contract", "--file", "out/openapi.json")
    assert result.exit_code == 0
    assert '"openapi": "3.1.0"' in (tmp_path / "out" / "openapi.json").read_text(encoding="utf-8")


def test_a_token_is_all_that_token_prints_and_where_its_key_is_stands_beside(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'record.sqlite3'}"
    env = environment(url, tmp_path)
    asked = ("token", "--role", "mash_worker", "--name", "Ann Other")
    first = shell(*asked, env=env, folder=tmp_path)
    key = Path(env["FRONTDOOR_VAR_FOLDER"]) / "development_issuer_key.pem"
    assert first.returncode == 0
    assert first.stderr.startswith("Warning: there was no key, so a new one was made: ")
    assert str(key) in first.stderr
    assert "401" in first.stderr
    again = shell(*asked, env=env, folder=tmp_path)
    assert (again.returncode, again.stderr) == (0, f"Signed with {key}.\n")
    for minted in (first, again):
        assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", minted.stdout)


def test_a_token_made_in_another_folder_says_that_its_key_is_a_new_one(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDOOR_")}
    for folder in (tmp_path / "here", tmp_path / "there"):
        folder.mkdir()
        made = shell("token", "--role", "mash_worker", env=env, folder=folder)
        assert "Warning" in made.stderr
        assert str(folder / "var") in made.stderr


def test_a_token_needs_no_settings_on_a_developers_machine_and_is_refused_in_production() -> None:
    assert frontdoor("token", "--role", "qa_auditor").exit_code == 0
    os.environ.clear()
    refused = frontdoor(
        "token", "--role", "qa_auditor", env={"FRONTDOOR_ENVIRONMENT": "production"}
    )
    assert refused.exit_code == 1
    assert refused.stdout == ""


def test_a_partners_token_needs_an_organisation() -> None:
    assert frontdoor("token", "--role", "partner_system").exit_code == 2
    assert (
        frontdoor("token", "--role", "partner_system", "--organisation", "weir-academy").exit_code
        == 0
    )


async def test_a_job_run_by_hand_raises_the_flags_that_are_due(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(system_clock())
    async with open_house(database_url, clock, tmp_path) as house:
        await log(house, clock() - timedelta(hours=25), source_code=ANONYMOUS)
        done = shell(
            "job", "sweep_deadlines", env=environment(database_url, tmp_path), folder=tmp_path
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("sweep_deadlines: done, ")
        manager = await caller(house, Role.mash_manager)
        flags = await each_flag(house, manager)
        assert ("contact_to_referral", "breach") in [
            (flag.kind, flag.severity.value) for flag in flags
        ]


async def test_serve_answers_takes_a_token_and_stops_in_good_order(
    database_url: str, tmp_path: Path
) -> None:
    env = environment(database_url, tmp_path)
    port = free_port()
    command = [sys.executable, "-m", "frontdoor"]
    minted = subprocess.run(
        [*command, "token", "--role", "mash_worker"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    with (tmp_path / "serve.log").open("wb") as output:
        server = await asyncio.create_subprocess_exec(
            *command,
            "serve",
            "--port",
            str(port),
            env=env,
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

                async def answers() -> bool:
                    try:
                        await client.get("/v1/contacts")
                    except httpx.TransportError:
                        return False
                    return True

                await until(answers, seconds=PATIENCE, what="an answer")
                assert (await client.get("/v1/contacts")).status_code == 401
                found = await client.get(
                    "/v1/contacts", headers={"Authorization": f"Bearer {minted.stdout.strip()}"}
                )
                assert found.status_code == 200
            server.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(server.wait(), PATIENCE) == 0
        finally:
            if server.returncode is None:
                server.kill()
                await server.wait()
