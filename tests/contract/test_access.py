"""Who may do what, tried over HTTP: nobody unknown, no role beyond its row, no other's file."""

import csv
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from api.app import contract_app, create_app
from api.routing import FrontDoorRoute
from api.switchboard import served_operations
from service.bootstrap import House
from service.domain.access import GRANTS, Permission, Role, Scope
from service.domain.queues import Queue
from service.domain.transfers import MANNERS, TransferTerms
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.files import partners_file
from tests.support.houses import client_of, open_house, token
from tests.support.notifications import ids_of_a_notification
from tests.support.operations import Operation, operations

NOW = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
TABLE = Path(__file__).with_name("permissions.csv")
POLICE, SCHOOL = "riverbourne-police", "mill-lane-primary"

# What anybody may ask without saying who they are: nothing of any case is in it.
OPEN_TO_ALL = {
    ("GET", "/"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/documentation"),
    ("GET", "/docs"),
    ("GET", "/problems"),
    ("GET", "/problems/{code}"),
}
_AN_ID = "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11"


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[tuple[House, httpx.AsyncClient]]:
    async with open_house(url, FixedClock(NOW), folder) as house, client_of(house) as client:
        yield house, client


def bearer(house: House, role: Role, **more: Any) -> dict[str, str]:
    if role is Role.partner_system:
        more.setdefault("organisation", POLICE)
    return {"Authorization": f"Bearer {token(house, role, **more)}"}


async def test_every_route_asks_who_is_calling(sqlite: SqliteFiles, tmp_path: Path) -> None:
    async with opened(sqlite.create_database(), tmp_path) as (house, client):
        served = {(method, path) for method, path, _ in served_operations(create_app(house))}
        asked = served - {one for one in served if one in OPEN_TO_ALL}
        asked = {one for one in asked if not one[1].startswith("/documentation/")}
        assert {(one.method.upper(), one.path) for one in operations()} - OPEN_TO_ALL <= asked
        for method, template in sorted(asked):
            path = re.sub(r"\{[a-z_]+\}", _AN_ID, template)
            for given in (
                {},
                {"Authorization": "Bearer not-a-token"},
                {"Authorization": "Basic YTpi"},
                {"Authorization": "Bearer"},
            ):
                # Nothing else is right about the request either: who is calling comes first.
                answer = await client.request(method, path, headers=given, content=b"{")
                what = f"{method} {template} {given}"
                if answer.status_code != 401 and method in ("GET", "DELETE"):
                    answer = await client.request(method, path, headers=given)
                assert answer.status_code == 401, f"{what}: {answer.status_code} {answer.text}"
                assert answer.headers["content-type"] == "application/problem+json", what
                assert answer.headers["www-authenticate"].startswith("Bearer"), what
                assert answer.json()["code"] == "not_authenticated", what


def test_what_is_open_to_all_is_served_and_names_no_case() -> None:
    assert not [path for _, path in OPEN_TO_ALL if path.startswith("/v1")]


def _table() -> dict[str, dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["operation"]: row for row in csv.DictReader(file)}


def cells() -> list[tuple[str, Operation, dict[str, str]]]:
    """What has a row: each operation that is not open to all.

    Each queue has one by itself, and each sort of transfer that can be asked for.
    """
    found: list[tuple[str, Operation, dict[str, str]]] = []
    for one in operations():
        if (one.method.upper(), one.path) in OPEN_TO_ALL:
            continue
        if one.ids == ["queue"]:
            [told] = [name for name in one.document["parameters"] if name["name"] == "queue"]
            found += [(f"{one.name} {queue}", one, {"queue": queue}) for queue in Queue]
            assert told["schema"].get("enum", list(Queue)) == list(Queue)
        elif one.name == "request_transfer":
            for direction, asked_by in MANNERS:
                sort = {"direction": str(direction), "asked_by": str(asked_by)}
                found.append((f"{one.name} {direction} {asked_by}", one, sort))
        else:
            found.append((one.name, one, {}))
    return found


def test_every_operation_has_its_row_and_every_row_its_operation() -> None:
    rows = _table()
    there = {name for name, _, _ in cells()}
    missing = sorted(there - set(rows))
    heads = ",".join(["operation", "scope", *Role])
    assert not missing, (
        f"{TABLE.name} has no row for these operations. Decide who may do each and add it, `yes` "
        f"under each role that may:\n{heads}\n"
        + "\n".join(f"{name},<scope>" + "," * len(Role) for name in missing)
    )
    assert set(rows) - there == set(), f"{TABLE.name} has rows of operations that are not there"


def test_the_rows_are_well_formed_and_each_lets_somebody_in() -> None:
    for name, row in _table().items():
        assert set(row) == {"operation", "scope", *Role}, name
        assert row["scope"] in set(Scope), name
        assert {row[role] for role in Role} <= {"yes", ""}, name
        assert any(row[role] for role in Role), name


async def test_each_role_may_do_what_its_row_says_and_nothing_else(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    """With every scope, so that the role alone decides; then with every scope but the one."""
    rows = _table()
    wrong = []
    every = list(Scope)
    async with opened(sqlite.create_database(), tmp_path) as (house, client):
        for name, operation, fixed in cells():
            if name not in rows:
                continue
            row = rows[name]
            for role in Role:
                answer = await _tried(client, operation, fixed, bearer(house, role, scopes=every))
                code = _code(answer)
                if row[role] and (answer.status_code in (401, 403, 405) or code == "scope_missing"):
                    wrong.append(f"{name} as {role}: {answer.status_code} {code}")
                if not row[role] and (answer.status_code, code) != (403, "role_missing"):
                    wrong.append(f"{name} as {role}: {answer.status_code} {code}, not 403")
                if answer.status_code >= 500:
                    wrong.append(f"{name} as {role}: {answer.text}")
                if row[role]:
                    but_one = [scope for scope in Scope if scope != row["scope"]]
                    answer = await _tried(
                        client, operation, fixed, bearer(house, role, scopes=but_one)
                    )
                    if (answer.status_code, _code(answer)) != (403, "scope_missing"):
                        wrong.append(
                            f"{name} as {role} without {row['scope']}: "
                            f"{answer.status_code} {_code(answer)}, not 403 scope_missing"
                        )
    assert not wrong, "\n".join(wrong)


class _Unread:
    """A body that notes how much of it was asked for."""

    def __init__(self) -> None:
        self.asked_for = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.asked_for += 1
            yield b" " * 1024


async def test_who_may_not_is_refused_before_a_byte_of_the_body_is_read(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    """By who they are, by their role, and by what their application may ask for."""
    rows = _table()
    tried = 0
    async with opened(sqlite.create_database(), tmp_path) as (house, client):
        for operation in operations():
            content = operation.document.get("requestBody", {}).get("content")
            if content is None:
                continue
            # What has several rows, by the sort of the thing, is refused to who is in none.
            own = [row for name, row in rows.items() if name.partition(" ")[0] == operation.name]
            may = [role for role in Role if any(row[role] for row in own)]
            scopes = {row["scope"] for row in own}
            callers: list[tuple[dict[str, str], int, str]] = [
                ({}, 401, "not_authenticated"),
                ({"Authorization": "Bearer no.good.token"}, 401, "not_authenticated"),
            ]
            for role in Role:
                given = [scope for scope in Scope if role not in may or scope not in scopes]
                code = "scope_missing" if role in may else "role_missing"
                callers.append((bearer(house, role, scopes=given), 403, code))
            for headers, status, code in callers:
                unread = _Unread()
                path = re.sub(r"\{[a-z_]+\}", _AN_ID, operation.path)
                answer = await client.request(
                    operation.method,
                    path,
                    content=unread,
                    headers={**headers, "Content-Type": next(iter(content))},
                )
                what = f"{operation.name}: {answer.status_code} {answer.text}"
                assert (answer.status_code, _code(answer)) == (status, code), what
                assert unread.asked_for == 0, what
                tried += 1
    assert tried > 500


def test_every_route_that_reads_a_body_says_what_permission_it_needs() -> None:
    silent = [
        f"{method} {path}"
        for method, path, entry in served_operations(contract_app())
        if isinstance(entry.route, FrontDoorRoute)
        and (entry.route.body_field is not None or entry.file is not None)
        and (entry.route.gate is None or not entry.route.needs)
    ]
    assert silent == [], "name it with @needs(Permission....), as the use-case asks for it"


async def _tried(
    client: httpx.AsyncClient,
    operation: Operation,
    fixed: dict[str, str],
    headers: dict[str, str],
) -> httpx.Response:
    """The operation's example, its ids those of nothing."""
    values = {name: str(uuid4()) for name in operation.ids if name.endswith("_id")} | fixed
    body = operation.body
    if operation.name == "suspend_access":
        # The example names somebody; the test must go on, so it is nobody.
        body = {**body, "kind": "account", "target": str(uuid4())}
    if operation.name == "request_transfer":
        body = {**body, **fixed, "case_id": str(uuid4())}
    return await operation.send(client, headers, values, body=body)


def _code(answer: httpx.Response) -> str | None:
    if answer.headers.get("content-type") == "application/problem+json":
        return str(answer.json()["code"])
    return None


def test_the_table_and_the_grants_agree_on_who_comes_in_at_all() -> None:
    """Each row is the row of some permission: no route lets in a set of roles of its own making.

    What is done to a transfer takes one permission or another by its sort, so its row is that of
    all of them; that each sort has its own is tried in tests/api/test_transfers.py.
    """
    sets = {(grant.scope, grant.roles) for grant in GRANTS.values()}
    for done in (one.name for one in fields(TransferTerms) if one.type is Permission):
        grants = [GRANTS[getattr(manners, done)] for manners in MANNERS.values()]
        assert len({grant.scope for grant in grants}) == 1, done
        sets.add((grants[0].scope, frozenset().union(*(grant.roles for grant in grants))))
    strange = [
        name
        for name, row in _table().items()
        if (row["scope"], frozenset(role for role in Role if row[role])) not in sets
    ]
    assert strange == []


def _neutral(answer: httpx.Response) -> tuple[int, Any, Any]:
    """An answer without what is each request's own."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("x-request-id", "date", "ratelimit")
    }
    try:
        body = answer.json()
    except ValueError:
        body = answer.text
    if isinstance(body, dict):
        body = {k: v for k, v in body.items() if k not in ("request_id", "instance")}
    return answer.status_code, headers, body


async def test_anothers_id_and_an_id_of_nothing_are_answered_alike(
    database_url: str, tmp_path: Path
) -> None:
    """Each operation with an id, tried by another partner with each id of the police's file."""
    tried = 0
    async with opened(database_url, tmp_path) as (house, client):
        theirs = await partners_file(house, POLICE, "6")
        theirs.ids.update(await ids_of_a_notification(house))
        headers = bearer(house, Role.partner_system, organisation=SCHOOL, scopes=list(Scope))
        for operation in operations():
            if not [name for name in operation.ids if name.endswith("_id")]:
                continue
            nothing = {name: str(uuid4()) for name in operation.ids}
            random = _neutral(await operation.send(client, headers, nothing))
            assert random[0] in (403, 404), (operation.name, random)
            for noun, id_ in theirs.ids.items():
                values = dict.fromkeys(operation.ids, str(id_))
                other = _neutral(await operation.send(client, headers, values))
                assert other == random, (operation.name, noun)
                tried += 1
    assert tried > 50


async def test_staff_out_of_reach_of_a_file_cannot_tell_that_it_is_there(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    """Early help sees what led to early help, assessment what led to a referral: not the rest."""
    from tests.support.cases import log

    async with opened(sqlite.create_database(), tmp_path) as (house, client):
        file = await log(house)
        ids = [file.contact.id, file.children[0].id, file.deadlines[0].id]
        for role in (Role.early_help_worker, Role.assessment_team_worker):
            headers = bearer(house, role, scopes=list(Scope))
            for operation in operations():
                if not [name for name in operation.ids if name.endswith("_id")]:
                    continue
                random = _neutral(
                    await operation.send(
                        client, headers, {name: str(uuid4()) for name in operation.ids}
                    )
                )
                for id_ in ids:
                    other = _neutral(
                        await operation.send(client, headers, dict.fromkeys(operation.ids, id_))
                    )
                    assert other == random, (operation.name, role)


async def test_a_partner_reads_its_own_and_none_of_anothers(
    database_url: str, tmp_path: Path
) -> None:
    """The counterpart: own ids do lead somewhere, lists hold one's own alone."""
    async with opened(database_url, tmp_path) as (house, client):
        files = {
            POLICE: await partners_file(house, POLICE, "6"),
            SCHOOL: await partners_file(house, SCHOOL, "2A"),
        }
        read = set()
        for organisation, file in files.items():
            headers = bearer(house, Role.partner_system, organisation=organisation)
            [other] = [one for name, one in files.items() if name != organisation]
            for operation in operations():
                if operation.method != "get":
                    continue
                if not operation.ids:
                    answer = await operation.send(client, headers)
                    if answer.status_code == 200:
                        for noun, id_ in other.ids.items():
                            if noun != "account":
                                assert str(id_) not in answer.text, (operation.name, noun)
                        read |= {
                            operation.name for id_ in file.ids.values() if str(id_) in answer.text
                        }
                    continue
                for id_ in file.ids.values():
                    answer = await operation.send(
                        client, headers, dict.fromkeys(operation.ids, id_)
                    )
                    if answer.status_code == 200:
                        read.add(operation.name)
                        for theirs in other.ids.values():
                            assert str(theirs) not in answer.text, operation.name
    there = {one.name for one in operations()}
    wanted = {
        "read_multi_agency_referral",
        "list_multi_agency_referrals",
        "read_information_request",
        "list_information_requests",
    }
    assert wanted & there <= read


def test_the_contract_is_walked_whole() -> None:
    served = {
        (method, path)
        for method, path, _ in served_operations(contract_app())
        if path.startswith("/v1")
    }
    documented = {(one.method.upper(), one.path) for one in operations()}
    assert served <= documented
