"""A migrated database of one's own, opened as the service opens it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from service.domain.accounts import Account
from service.persistence.engines import Database
from service.persistence.ids import new_id
from service.persistence.units_of_work import Work
from service.policy import Policy, load_policy

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(None)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, pool_size=4, busy_seconds=30.0)
    yield opened
    await opened.dispose()


class Bench:
    """Opens units of work, and says what a stranger to them sees."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self.database = database
        self.policy = policy

    def work(self) -> Work:
        return Work(self.database, now=NOW, policy=self.policy)

    def account(self, name: str = "Ann") -> Account:
        id_ = new_id()
        return Account(id_, "https://issuer.test", str(id_), name, None, None, None, NOW)


@pytest.fixture
def bench(database: Database, policy: Policy) -> Bench:
    return Bench(database, policy)
