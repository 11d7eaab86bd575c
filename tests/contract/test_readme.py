"""The first pages: every command, setting and file on them exists, and works where it can."""

import json
import re
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from prometheus_client.parser import text_string_to_metric_families

from frontdoor.__main__ import main
from service.domain.access import Role
from service.domain.job_runs import JobName
from service.integrations.token_claims import TokenFault
from service.policy import load_policy
from service.settings import PREFIX, Settings, load_settings
from service.surroundings import FROM_FILES, of_the_platform
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.desks import open_desk
from tests.support.patience import PATIENCE
from tests.support.processes import environment, with_frontdoor
from tests.support.servers import serve
from tests.support.sources import ROOT, project_files, read

README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PROVIDERS = (ROOT / "docs" / "identity-providers.md").read_text(encoding="utf-8")
PAGES = {
    "README.md": README,
    "docs/operations.md": OPERATIONS,
    "docs/identity-providers.md": PROVIDERS,
    "docs/integrators.md": (ROOT / "docs" / "integrators.md").read_text(encoding="utf-8"),
    "docs/runbooks.md": (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8"),
    "docs/releasing.md": (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8"),
    "CONTRIBUTING.md": (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    "SECURITY.md": (ROOT / "SECURITY.md").read_text(encoding="utf-8"),
    "docs/walkthrough.md": (ROOT / "docs" / "walkthrough.md").read_text(encoding="utf-8"),
    "openapi/README.md": (ROOT / "openapi" / "README.md").read_text(encoding="utf-8"),
}
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|[`(/])frontdoor ([a-z]+)(?: ([a-z_]+))?", re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_every_setting_on_a_page_exists(name: str) -> None:
    told = set(re.findall(rf"{PREFIX}([A-Z_]+[A-Z])", PAGES[name]))
    settings = {field.upper() for field in Settings.model_fields}
    in_files = {f"{field.upper()}_FILE" for field in FROM_FILES}
    tests = [path for path in project_files() if path.is_relative_to(ROOT / "tests")]
    of_tests = {
        found
        for path in tests
        for found in re.findall(rf"{PREFIX}(TEST_[A-Z_]+[A-Z])", read(path) or "")
    }
    unknown = told - settings - in_files - of_tests
    assert {one for one in unknown if not of_the_platform(one, "")} == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_file_and_folder_on_a_page_is_there(name: str) -> None:
    """A noun's own files are named after it; `things` stands for any."""
    told = re.findall(r"`((?:[a-z_.]+/)+[\w.-]*)`", PAGES[name])
    ours = [one for one in told if (ROOT / one.partition("/")[0]).is_dir()]
    assert [one for one in ours if "things" not in one and not (ROOT / one).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_everything_that_can_be_made_can_be_made(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    told = set(re.findall(r"(?:^|`)make ([a-z-]+)(?:$|`)", PAGES[name], re.MULTILINE))
    assert told <= targets
    assert name != "README.md" or {"run", "test"} <= told


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_ours_on_a_page_exists(name: str) -> None:
    for command, argument in COMMAND.findall(PAGES[name]):
        found = main.commands.get(command)
        assert found is not None, f"there is no frontdoor {command}"
        if isinstance(found, click.Group):
            assert argument in found.commands
        if command == "job" and argument:
            assert argument in set(JobName)


def test_the_readme_maps_every_folder() -> None:
    told = set(re.findall(r"^\| `([a-z]+)/`", README, re.MULTILINE))
    there = {path.relative_to(ROOT).parts[0] for path in project_files()}
    folders = {name for name in there if (ROOT / name).is_dir() and not name.startswith(".")}
    assert told == folders


def test_the_readme_asks_for_the_python_that_is_needed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (told,) = re.findall(r"Python (\d\.\d+) or later", README)
    assert project["requires-python"] == f">={told}"


def test_figures_of_speed_in_the_readme_are_those_that_were_measured() -> None:
    told = re.findall(r"(\d[\d,.]*) ?(?:a second|/s|per second|ms\b|MB\b|microseconds)", README)
    page = ROOT / "docs" / "performance.md"
    measured = page.read_text(encoding="utf-8") if told else ""
    assert [figure for figure in told if figure not in measured] == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_the_desk_is_shown_by_the_command_in_the_readme(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    (command,) = (text for text in FENCE.findall(README) if text.startswith("curl"))
    url = sqlite.create_database()
    with serve(url, tmp_path) as server:
        ours = command.replace("http://127.0.0.1:8000", server.url)
        done = subprocess.run(
            ["bash", "-c", ours.replace(".venv/bin/frontdoor", "frontdoor")],
            env=with_frontdoor(environment(url, tmp_path), tmp_path),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert json.loads(done.stdout) == {"items": [], "next": None}


@pytest.mark.parametrize("place", [0, 1], ids=["any provider", "Microsoft Entra ID"])
def test_an_example_of_issuers_is_sound_in_production(tmp_path: Path, place: int) -> None:
    examples = re.findall(r"```json\n(.*?)```", PROVIDERS, re.DOTALL)
    assert len(examples) == 2
    example = examples[place]
    path = tmp_path / "issuers.json"
    path.write_text(example, encoding="utf-8")
    settings = load_settings(
        issuers=str(path),
        secret_key="x" * 32,
        database_url="postgresql://frontdoor:secret@db.example/frontdoor",
    )
    teams = load_policy(None).teams
    for issuer in settings.issuers:
        assert set(issuer.team_names.values()) <= {team.id for team in teams}
    asserted = frozenset[Role]().union(*(one.may_assert_roles for one in settings.issuers))
    assert asserted == frozenset(Role)


def test_operations_names_every_job() -> None:
    listed = set(re.findall(r"^- `(\w+)`: ", OPERATIONS, re.MULTILINE))
    assert listed == set(JobName)


async def test_the_alarms_and_the_meters_on_the_page_are_those_that_are_scraped(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    """Read from /metrics itself: a counter is scraped under another name than it was made with."""
    clock = FixedClock(datetime(2026, 3, 6, 16, 0, tzinfo=UTC))
    async with open_desk(sqlite.create_database(), tmp_path, clock) as desk:
        assert (await desk.get(Role.mash_worker, "/v1/contacts")).status_code == 200
        assert (await desk.client.get("/v1/contacts")).status_code == 401
        text = (await desk.client.get("/metrics")).text
    scraped: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            scraped.setdefault(sample.name, set()).update(sample.labels)
    (rules,) = re.findall(r"```yaml\n(.*?)```", OPERATIONS, re.DOTALL)
    alarms = re.findall(r"^ +expr: (.+)$", rules, re.MULTILINE)
    assert len(alarms) == len(re.findall(r"- alert: \w+", rules)) >= 5
    asked = re.findall(r"\b((?:http|frontdoor)_\w+)(?:\{(\w+)=)?", " ".join(alarms))
    assert len(asked) == len(alarms), "each alarm asks for one meter"
    for name, label in asked:
        assert name in scraped
        assert not label or label in scraped[name]
    told = set(re.findall(r"`((?:http|frontdoor)_\w+)`", OPERATIONS))
    assert len(told) >= 4
    assert told <= set(scraped)


def test_every_reason_for_refusing_a_token_is_explained() -> None:
    table = PROVIDERS.partition("## When somebody is not let in")[2]
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))))
    assert told == {*TokenFault, "missing", "no_bearer"} | {"token"}
