"""No partner reads what another sent or was asked: their part of the contract, fuzzed as two."""

import csv
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.domain.access import Role, Scope
from tests.support.databases import DatabaseServer, SqliteFiles
from tests.support.indiscreet import FAULTS, TELLS
from tests.support.patience import PATIENCE
from tests.support.processes import unmeasured
from tests.support.published import published
from tests.support.servers import Server, serve

Json = dict[str, Any]
# The school comes first, so that it is the owner: the examples of the contract are a school's.
PEERS = {"mill-lane-primary": "2A", "riverbourne-police": "6"}
TABLE = Path(__file__).with_name("permissions.csv")
EXAMPLES = 30
# What leads from one operation to the next is said in the document that is handed over. To work it
# out costs minutes on the whole contract.
CONFIGURATION = """
[auth.wfc]
path = {wfc}
peers = {peers}

[phases.stateful.inference]
algorithms = []
"""


# What everybody reads alike; and what the police alone may do, who have no peer in the policy: that
# one force's notifications are not there for another is tried with their own tests.
NOT_AMONG_PEERS = (Scope.reference_read, Scope.police_notifications_submit)


def _partners_operations() -> frozenset[str]:
    """What each of two partners may do with its own."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return frozenset(
            row["operation"]
            for row in csv.DictReader(file)
            if row[Role.partner_system] and row["scope"] not in NOT_AMONG_PEERS
        )


def _partners_contract() -> Json:
    """The contract cut down to these, each list and each creation with a link to the record."""
    whole = published()
    wanted = _partners_operations()
    paths: Json = {}
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            if operation["operationId"] in wanted:
                paths.setdefault(path, {})[method] = operation
    for path in _readers(paths):
        operation_id = paths[path]["get"]["operationId"]
        collection, _, name = path.rpartition("/")
        for method, place in (("post", "/id"), ("get", "/items/0/id")):
            if method in paths[collection]:
                # Created at once, or taken for a worker to carry out.
                answers = paths[collection][method]["responses"]
                status = next(one for one in ("201", "202", "200") if one in answers)
                answers[status]["links"] = {
                    operation_id: {
                        "operationId": operation_id,
                        "parameters": {name.strip("{}"): f"$response.body#{place}"},
                    }
                }
    for operation in (one for item in paths.values() for one in item.values()):
        # What was received on the day of the example is too long ago on some later day.
        for content in operation.get("requestBody", {}).get("content", {}).values():
            example = content.get("example", {})
            if isinstance(example, dict):
                example.pop("received_at", None)
    components = whole["components"]
    kept: Json = {"securitySchemes": components["securitySchemes"]}
    left = list(_references(paths))
    while left:
        _, _, kind, name = left.pop().split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = components[kind][name]
            left += _references(kept[kind][name])
    return whole | {"paths": paths, "components": kept}


def _readers(paths: Json) -> list[str]:
    """The paths at which one record is read."""
    return [path for path, item in paths.items() if "get" in item and path.endswith("}")]


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _questions_to_both(server: Server) -> None:
    """A referral from each partner, and a question about it put to the same."""
    worker = server.headers(Role.mash_worker)
    with httpx.Client(base_url=server.url) as client:
        for organisation, source in PEERS.items():
            partner = server.headers(Role.partner_system, organisation=organisation)
            referral = {
                "concern": "Shouting at night, and a child outside alone.",
                "source_code": source,
                "referrer": {"name": "Sam Example", "role": "Officer"},
                "children": [{"given_name": "Kit", "family_name": "Vale"}],
            }
            sent = _posted(client, "/v1/multi-agency-referrals", referral, partner)
            question = {
                "organisation_id": organisation,
                "purpose": "To decide.",
                "lawful_basis": "public_task",
            }
            _posted(client, f"/v1/contacts/{sent['id']}/information-requests", question, worker)


def _posted(client: httpx.Client, path: str, body: Json, who: dict[str, str]) -> Json:
    answer = client.post(path, json=body, headers=who | {"Idempotency-Key": str(uuid4())})
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


@dataclass(frozen=True)
class Outcome:
    """What a run said, and where a record was read to one who asked and refused to another."""

    failed: bool
    said: str
    refused: frozenset[str]


def _fuzz_as_both(server: Server, folder: Path) -> Outcome:
    """Follows records as their owner, and asks for each kind of them as the other partner."""
    users = []
    for name in PEERS:
        given = server.headers(Role.partner_system, organisation=name)
        headers = [{"name": header, "value": value} for header, value in given.items()]
        users.append({"name": name, "fixedHeaders": headers})
    wfc = folder / "wfc.yaml"
    wfc.write_text(json.dumps({"auth": users}))
    contract = folder / "partners.json"
    contract.write_text(json.dumps(_partners_contract()))
    configuration = folder / "schemathesis.toml"
    configuration.write_text(
        CONFIGURATION.format(wfc=json.dumps(str(wfc)), peers=json.dumps(list(PEERS)))
    )
    report = folder / "report.ndjson"
    # One worker: with several, CPython 3.11 fails inside its own parser.
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", configuration),
            *("run", contract, "--url", server.url, "--workers", "1", "--seed", "1"),
            *("-n", str(EXAMPLES), "--phases", "examples,stateful"),
            *("--checks", "object_level_authorization", "--no-color"),
            *("--report", "ndjson", "--report-ndjson-path", report),
        ],
        cwd=folder,
        env=unmeasured(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    said = done.stdout[-20_000:] + done.stderr[-2_000:]
    return Outcome(done.returncode != 0, said, _refused(report))


def _refused(report: Path) -> frozenset[str]:
    """The collections of which one record was both read and, at the same path, not there.

    Nothing is ever deleted, so these two answers went to two who asked.
    """
    answers: dict[str, set[int]] = defaultdict(set)
    for line in report.read_text(encoding="utf-8").splitlines():
        scenario = json.loads(line).get("ScenarioFinished", {"recorder": {}})
        for one in scenario["recorder"].get("interactions", {}).values():
            if one["request"]["method"] == "GET" and one.get("response"):
                path = httpx.URL(one["request"]["uri"]).path
                answers[path].add(one["response"]["status_code"])
    return frozenset(path.rpartition("/")[0] for path in answers if {200, 404} <= answers[path])


@pytest.mark.long
def test_no_partner_reads_what_belongs_to_another(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    url = database_server.create_database()
    try:
        with serve(url, tmp_path) as server:
            _questions_to_both(server)
            outcome = _fuzz_as_both(server, tmp_path)
    finally:
        database_server.drop_database(url)
    assert not outcome.failed, outcome.said
    # A record that the other finds in its list, too, counts there as shared by design. So it is not
    # enough that nothing was found: of each kind, one must have been refused to the other.
    readers = _readers(_partners_contract()["paths"])
    assert outcome.refused == {path.rpartition("/")[0] for path in readers}, outcome.said
    assert len(readers) >= len(FAULTS)


@pytest.mark.parametrize("collection", FAULTS)
def test_a_service_that_reads_a_record_to_any_partner_is_found_out(
    sqlite: SqliteFiles, tmp_path: Path, collection: str
) -> None:
    url = sqlite.create_database()
    try:
        with serve(
            url,
            tmp_path,
            application="tests.support.indiscreet:application",
            more={TELLS: collection},
        ) as server:
            _questions_to_both(server)
            outcome = _fuzz_as_both(server, tmp_path)
    finally:
        sqlite.drop_database(url)
    owner, other = PEERS
    assert outcome.failed, outcome.said
    assert "ST402 Object-level authorization bypass: 1\n" in outcome.said, outcome.said
    assert f"`{other}` received the " in outcome.said, outcome.said
    assert f" as {owner} -> 200\n    Peer:  GET {collection}/" in outcome.said, outcome.said
    assert collection not in outcome.refused
