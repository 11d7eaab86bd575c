"""Why a token was refused: in the log for the operator, and nowhere for the one who sent it."""

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.domain.access import Role
from tests.api.manners.conftest import lines
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.desks import Desk, open_desk
from tests.support.houses import token

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)


@pytest.fixture
async def desk(sqlite: SqliteFiles, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(sqlite.create_database(), tmp_path, FixedClock(NOW)) as opened:
        yield opened


async def test_the_log_says_why_a_token_was_refused_and_the_answer_does_not(
    desk: Desk, logged: io.StringIO
) -> None:
    good = token(desk.house, Role.mash_worker)
    head, claims, signature = good.split(".")
    other = ("B" if signature[0] == "A" else "A") + signature[1:]
    sent: dict[str, dict[str, str]] = {
        "missing": {},
        "no_bearer": {"Authorization": "Basic Zm9vOmJhcg=="},
        "malformed": {"Authorization": "Bearer not-a-token"},
        "too_large": {"Authorization": f"Bearer {'x' * 8193}"},
        "signature": {"Authorization": f"Bearer {head}.{claims}.{other}"},
        "expired": {"Authorization": f"Bearer {good}"},
    }
    answers = set()
    for reason, headers in sent.items():
        if reason == "expired":
            desk.clock.forward(hours=2)
        answer = await desk.client.get("/v1/contacts", headers=headers)
        assert answer.status_code == 401, reason
        said = answer.json()
        answers.add((said["code"], said["detail"]))
        line = lines(logged)[-1]
        assert (line["problem"], line["token"]) == ("not_authenticated", reason)
        assert reason not in answer.text
        assert "not-a-token" not in logged.getvalue()
    assert len(answers) == 1


async def test_a_good_token_leaves_no_reason_in_the_log(desk: Desk, logged: io.StringIO) -> None:
    assert (await desk.get(Role.mash_worker, "/v1/contacts")).status_code == 200
    assert "token" not in lines(logged)[-1]
