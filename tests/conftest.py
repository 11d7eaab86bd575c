"""What every test may ask for: a migrated database of its own, on SQLite and on PostgreSQL."""

import os
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import settings

from tests.support import orders, quick
from tests.support.databases import (
    DatabaseServer,
    Migrate,
    PostgresServer,
    SqliteFiles,
    postgres_server,
    sqlite_files,
    throw_away_folder,
)
from tests.support.demonstrations import Demonstration, demonstration_loaded
from tests.support.garbage import seldom_collected
from tests.support.logs import logs_put_back
from tests.support.scheduling import Scheduling
from tests.support.statements import compile_once

compile_once()
# On a busy machine an example may take longer, and is no fault for that.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

KINDS = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Takes the seed of the order, and whether the quick tier is all that is asked for."""
    orders.add_option(parser)
    quick.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Chooses an order, before the tests are handed out, and where they may leave their files."""
    orders.choose(config)
    if (place := throw_away_folder()) is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Has them handed out so that nothing that takes minutes is made twice."""
    return Scheduling(config, log)


def pytest_report_header(config: pytest.Config) -> str:
    """Says which order it is, as a run begins."""
    return orders.words(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Chooses the quick ones where they are asked for, and puts the tests in that order."""
    quick.choose(config, items)
    items[:] = orders.arranged(orders.long_first(items), config.option.order_seed)


def pytest_collection_finish() -> None:
    """What has been made by now stays to the end."""
    seldom_collected()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Says it again beside what failed, and what the quick tier leaves out."""
    if exitstatus:
        terminalreporter.write_line(orders.words(config))
    if config.option.quick:
        terminalreporter.write_line(quick.words(quick.folders_asked(config.args)))


@pytest.fixture(autouse=True)
def _logs_put_back() -> Iterator[None]:
    """What a test does to the logs of its process ends with it."""
    with logs_put_back():
        yield


def _migrate() -> Migrate | None:
    if find_spec("service.persistence.migrating") is None:
        return None
    migrate: Migrate = import_module("service.persistence.migrating").migrate
    return migrate


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL server for each test process."""
    with postgres_server(_migrate()) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite() -> Iterator[SqliteFiles]:
    """One folder of SQLite databases for each test process."""
    with sqlite_files(_migrate()) as files:
        yield files


@pytest.fixture(scope="session")
def demonstration(
    sqlite: SqliteFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demonstration]:
    """The demonstration data in a database: to be read, and never written to."""
    with demonstration_loaded(sqlite, tmp_path_factory.mktemp("demonstration")) as loaded:
        yield loaded


@pytest.fixture(scope="session", params=KINDS)
def database_server(request: pytest.FixtureRequest) -> DatabaseServer:
    """Where databases come from, once on SQLite and once on PostgreSQL."""
    server: DatabaseServer = request.getfixturevalue(
        "sqlite" if request.param == "sqlite" else "postgres"
    )
    return server


@pytest.fixture
def database_url(database_server: DatabaseServer) -> Iterator[str]:
    """The URL of a new migrated database, gone after the test."""
    url = database_server.create_database()
    yield url
    database_server.drop_database(url)


@pytest.fixture
def empty_database_url(database_server: DatabaseServer) -> Iterator[str]:
    """The URL of a new database with nothing in it, gone after the test."""
    url = database_server.create_database(migrated=False)
    yield url
    database_server.drop_database(url)
