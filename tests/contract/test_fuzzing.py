"""No input makes the service fail: the whole API, fuzzed as those who use its parts.

That no partner reaches what another sent is tried operation by operation in `test_access.py`, and
fuzzed as two partners at once in `test_peers.py`.
"""

import csv
import json
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import make_url

from service.domain.access import Role
from tests.support.databases import DatabaseServer
from tests.support.operations import operations
from tests.support.patience import PATIENCE
from tests.support.processes import unmeasured
from tests.support.published import PUBLISHED
from tests.support.servers import Server, serve

# What is wrong is refused before a database is asked, by the same code in front of either, and is
# tried on one, with examples by chance. What is right is tried on both up to the limits of each
# field. Nine tenths of the time go into thinking out examples, and not into the service.
EXAMPLES = 10
SEED = "2"
WAYS = {
    "sqlite": ["--mode", "positive", "--phases", "examples,coverage"],
    "postgresql": ["--mode", "all", "--phases", "examples,coverage,fuzzing"],
}
POLICE = "riverbourne-police"
CONFIGURATION = """
[auth.wfc]
path = "{wfc}"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "414", "422", "429"]

# A query that is wrong and too long is refused for its length.
[checks.negative_data_rejection]
expected-statuses = [
    "400", "401", "403", "404", "405", "406", "409", "414", "415", "422", "428", "429"
]

[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "404", "406", "415", "422", "428"]
"""


TABLE = Path(__file__).with_name("permissions.csv")
# What is done to steps and cases is refused to the hub's manager before anything of it is read, so
# the sides' managers come first there. Each operation is tried by the first who may do it, and what
# partners may do by a partner, too: what is refused to a role as such is tried in test_access.py.
SIDES = "^/v1/transfers(/|$)|^/v1/(early-help-episodes|referrals)/"
USERS = (
    Role.partner_system,
    Role.assessment_team_manager,
    Role.early_help_spoc_manager,
    Role.information_governance_officer,
    Role.mash_manager,
)


def _shared_out() -> dict[Role, frozenset[str]]:
    """The operations that each role tries: together, all that the contract has."""
    may: dict[Role, set[str]] = {role: set() for role in USERS}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for role in USERS:
                if row[role]:
                    # Words after the name tell two ways of one operation apart.
                    may[role].add(row["operation"].split()[0])
    partner, *sides, hub = USERS
    left = {one.name for one in operations()} - (may[partner] - may[hub])
    at_the_sides = {one.name for one in operations() if re.search(SIDES, one.path)}
    shares = {partner: frozenset(may[partner])}
    for role in sides:
        shares[role] = frozenset(left & may[role] - (may[hub] - at_the_sides))
        left -= shares[role]
    return shares | {hub: frozenset(left)}


SHARES = _shared_out()


def test_every_operation_is_tried_by_somebody_who_may_do_it() -> None:
    assert frozenset().union(*SHARES.values()) == {one.name for one in operations()}
    assert all(SHARES.values())


def _fuzz(
    server: Server,
    folder: Path,
    user: dict[str, str],
    names: Collection[str],
    ways: Collection[str],
) -> str:
    """Runs schemathesis over operations of the served contract as a user: what it found."""
    wfc = folder / "wfc.yaml"
    headers = [{"name": name, "value": value} for name, value in user.items()]
    wfc.write_text(json.dumps({"auth": [{"name": "user", "fixedHeaders": headers}]}))
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(wfc=wfc))
    # One worker: with several, CPython 3.11 fails inside its own parser.
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", configuration),
            *("run", PUBLISHED, "--url", server.url, "--workers", "1", "--seed", SEED),
            # Following links from answer to answer costs it minutes of computing on a contract of
            # this size: the lives of cases are walked in tests/usecases instead.
            *("--include-operation-id-regex", f"^({'|'.join(sorted(names))})$"),
            *("-n", str(EXAMPLES), *ways),
        ],
        cwd=folder,
        env=unmeasured(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert f"{len(names)} selected" in done.stdout, done.stdout[:2000]
    return "" if done.returncode == 0 else done.stdout[-20_000:] + done.stderr[-2_000:]


def _some_data(server: Server) -> None:
    """Contacts, by a worker and by a partner, so that there is something to find."""
    body = {
        "concern": "Shouting at night, and a child outside alone.",
        "source_code": "6",
        "referrer": {"name": "PC Example", "role": "Constable"},
        "children": [{"given_name": "Kit", "family_name": "Vale"}],
    }
    worker = server.headers(Role.mash_worker)
    partner = server.headers(Role.partner_system, organisation=POLICE)
    with httpx.Client(base_url=server.url) as client:
        for who, path, more in (
            (worker, "/v1/contacts", {"channel": "telephone"}),
            (partner, "/v1/multi-agency-referrals", {}),
        ):
            key = {"Idempotency-Key": str(uuid4())}
            answer = client.post(path, json=body | more, headers=who | key)
            assert answer.status_code == 201, answer.text


@pytest.mark.long
@pytest.mark.parametrize("role", USERS)
def test_no_input_makes_the_service_fail(
    database_server: DatabaseServer, tmp_path: Path, role: Role
) -> None:
    who = {"organisation": POLICE} if role is Role.partner_system else {}
    url = database_server.create_database()
    try:
        with serve(url, tmp_path) as server:
            _some_data(server)
            ways = WAYS[make_url(url).get_backend_name()]
            found = _fuzz(server, tmp_path, server.headers(role, **who), SHARES[role], ways)
            assert not found, found
    finally:
        database_server.drop_database(url)
