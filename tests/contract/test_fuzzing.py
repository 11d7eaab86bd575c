"""No input makes the service fail, and no partner sees what another sent: the whole API, fuzzed."""

import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from service.domain.access import Role
from tests.support.databases import DatabaseServer
from tests.support.servers import Server, serve

EXAMPLES = 20
POLICE = "riverbourne-police"
SCHOOL = "mill-lane-primary"
CONFIGURATION = """
[auth.wfc]
path = "{wfc}"
{peers}

[parameters]
{known}

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "422", "429"]

[checks.missing_required_header]
expected-statuses = ["400", "401", "403", "404", "406", "415", "422", "428"]
"""


def _fuzz(
    server: Server, folder: Path, users: dict[str, dict[str, str]], known: str, peers: bool
) -> str:
    """Runs schemathesis over the served contract as these users. Returns what it found."""
    wfc = folder / "wfc.yaml"
    told = [
        {"name": name, "fixedHeaders": [{"name": key, "value": of[key]} for key in of]}
        for name, of in users.items()
    ]
    wfc.write_text(json.dumps({"auth": told}))
    named = ", ".join(f'"{name}"' for name in users)
    configuration = folder / "schemathesis.toml"
    configuration.write_text(
        CONFIGURATION.format(
            wfc=wfc,
            peers=f"peers = [{named}]" if peers else "",
            known=f'"path.referral_id" = "{known}"' if peers else "",
        )
    )
    # One worker: with several, CPython 3.11 fails inside its own parser.
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", configuration),
            *("run", f"{server.url}/openapi.json", "--workers", "1", "--seed", "1"),
            # Following links from answer to answer costs it minutes of computing on a contract of
            # this size: the lives of cases are walked in tests/usecases instead.
            *("-n", str(EXAMPLES), "--phases", "examples,coverage,fuzzing"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout[-20_000:] + done.stderr[-2_000:]


def _some_data(server: Server) -> str:
    """Contacts, by a worker and by a partner, so that there is something to find.

    Returns the id of what the partner sent.
    """
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
            sent = answer.json()["id"]
    return str(sent)


@pytest.mark.parametrize("role", [Role.mash_manager, Role.partner_system])
def test_no_input_makes_the_service_fail(
    database_server: DatabaseServer, tmp_path: Path, role: Role
) -> None:
    who = {"organisation": POLICE} if role is Role.partner_system else {}
    url = database_server.create_database()
    try:
        with serve(url, tmp_path) as server:
            known = _some_data(server)
            users = {role.value: server.headers(role, **who)}
            found = _fuzz(server, tmp_path, users, known=known, peers=False)
            assert not found, found
    finally:
        database_server.drop_database(url)


def test_no_partner_sees_what_another_sent(database_server: DatabaseServer, tmp_path: Path) -> None:
    url = database_server.create_database()
    try:
        with serve(url, tmp_path) as server:
            known = _some_data(server)
            users = {
                organisation: server.headers(Role.partner_system, organisation=organisation)
                for organisation in (POLICE, SCHOOL)
            }
            found = _fuzz(server, tmp_path, users, known=known, peers=True)
            log = next(tmp_path.glob("server-*.log")).read_text()
            assert '"route": "/v1/multi-agency-referrals/{referral_id}", "status": 200' in log
            assert not found, found
    finally:
        database_server.drop_database(url)
