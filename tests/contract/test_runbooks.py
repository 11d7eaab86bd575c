"""The page for whoever is called: nothing that can raise an alarm is missing from it."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Executable, text

from service import readiness
from service.domain.access import Role
from service.domain.job_runs import JobAlarm
from service.persistence.repositories import impossibilities
from service.usecases.jobs import CLOCKS_UNTIL_DECIDED
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.desks import open_desk
from tests.support.houses import open_house
from tests.support.sources import ROOT

PAGE = (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
STATEMENT = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """What stands below a heading of the second rank, to the next one."""
    begins = PAGE.index(f"\n## {title}\n") + 1
    ends = PAGE.find("\n## ", begins)
    return PAGE[begins:] if ends < 0 else PAGE[begins:ends]


def headings(title: str, form: str = r"`(\w+)`") -> list[str]:
    """The names in the headings of the third rank of a section; each has that form."""
    lines = re.findall(r"^### (.+)$", section(title), re.MULTILINE)
    found = [re.fullmatch(form, line) for line in lines]
    assert all(found), lines
    return [one.group(1) for one in found if one]


def states_in_the_code() -> dict[str, set[str]]:
    """By state, what /readyz may find in it: read from the code, a name of another module as ''."""
    tree = ast.parse(Path(readiness.__file__).read_text(encoding="utf-8"))
    of_schema = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_SCHEMA"
    )
    found: dict[str, set[str]] = {"ok": set(), "degraded": set(), "failing": set()}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) != "Check":
            continue
        first = node.args[0]
        name = str(first.value) if isinstance(first, ast.Constant) else ""
        of = of_schema if any(isinstance(one, ast.Starred) for one in node.args) else node
        for state in re.findall(r"CheckState\.(\w+)", ast.unparse(of)):
            found[state].add(name)
    return found


async def jobs_on_readyz(sqlite: SqliteFiles, folder: Path) -> set[str]:
    """Under which names the jobs are told: in a new database none has ever run."""
    async with open_desk(sqlite.create_database(), folder, FixedClock(NOW)) as desk:
        answer = await desk.client.get("/readyz")
    checks = answer.json()["checks"]
    return {one["name"] for one in checks if "is a worker running?" in one["says"]}


def test_each_code_with_which_readyz_refuses_is_explained() -> None:
    failing = {f"{name}_failing" for name in states_in_the_code()["failing"]}
    assert len(failing) >= 4
    assert sorted(headings("/readyz answers 503")) == sorted({*failing, "stopping"})


async def test_each_check_that_may_be_degraded_is_explained(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    jobs = await jobs_on_readyz(sqlite, tmp_path)
    assert len(jobs) >= 9
    degraded = {*states_in_the_code()["degraded"] - {""}, *jobs}
    told = headings("/readyz says degraded", r"`(\w+)` degraded")
    assert sorted(told) == sorted(degraded)


def test_each_alarm_of_a_job_is_explained() -> None:
    kinds = [one.__name__ for one in JobAlarm.__subclasses__()]
    assert sorted(headings("An alarm in the log")) == sorted(kinds)


def test_each_alarm_of_the_rules_that_are_shipped_is_explained() -> None:
    rules = re.findall(r"- alert: (\w+)", OPERATIONS)
    assert len(rules) >= 9
    assert headings("Alarms of Prometheus") == rules


class EverythingImpossible:
    """A record that contradicts every promise once."""

    async def first(self, statement: Executable) -> tuple[int]:
        """One of each."""
        return (1,)


async def test_everything_that_is_counted_as_impossible_is_explained() -> None:
    ask = EverythingImpossible()
    counted = await impossibilities.count(
        ask, clocks_until_decided=CLOCKS_UNTIL_DECIDED, teams=["mash"]
    )
    assert len(counted) > 20
    assert sorted(headings("What should be impossible")) == sorted(counted)


def test_each_thing_that_should_be_impossible_has_a_statement_that_finds_it() -> None:
    body = section("What should be impossible").partition("\n### ")[2]
    # Several headings in a row share what stands below the last of them.
    groups = re.split(r"\n\n### ", re.sub(r"(?m)^(### .+\n)(?=### )", "", f"### {body}"))
    assert len(groups) >= 10
    assert [one.splitlines()[0] for one in groups if not STATEMENT.search(one)] == []


async def test_the_statements_on_the_page_can_be_asked_and_find_nothing_in_a_sound_record(
    database_url: str, tmp_path: Path
) -> None:
    statements = [one.strip() for block in STATEMENT.findall(PAGE) for one in block.split(";")]
    asked = [one for one in statements if one]
    assert len(asked) >= 12
    assert [one for one in asked if not one.startswith("SELECT ")] == []
    async with (
        open_house(database_url, FixedClock(NOW), tmp_path) as house,
        house.database.reading() as connection,
    ):
        for statement in asked:
            assert (await connection.execute(text(statement))).all() == [], statement


async def test_the_meters_and_the_words_on_the_page_are_those_of_the_service(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    async with open_desk(sqlite.create_database(), tmp_path, FixedClock(NOW)) as desk:
        assert (await desk.get(Role.mash_worker, "/v1/contacts")).status_code == 200
        meters = (await desk.client.get("/metrics")).text
    scraped = {
        sample.name
        for family in text_string_to_metric_families(meters)
        for sample in family.samples
    }
    told = set(re.findall(r"`((?:http|frontdoor)_[a-z_]+)[{`]", PAGE))
    assert len(told) >= 3
    assert told <= scraped
    operations = (ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8")
    paths = set(re.findall(r"`(?:GET|POST) (/v1/[^`]+)`", PAGE))
    assert len(paths) >= 6
    assert [
        one for one in paths if f'"{re.sub(r"{[a-z_]+}", "{", one)}' not in paths_of(operations)
    ] == []


def paths_of(contract: str) -> set[str]:
    """The paths of the contract, each quoted, with their names left out."""
    return {re.sub(r"{[a-z_]+}", "{", one) for one in re.findall(r'"/v1/[^"]+', contract)}


@pytest.mark.parametrize("event", ["no longer leading", "a job hangs", "the database is away"])
def test_a_line_of_the_log_that_is_told_of_is_written(event: str) -> None:
    assert event in PAGE
    workers = (ROOT / "workers").glob("*.py")
    assert any(event in path.read_text(encoding="utf-8") for path in workers)
