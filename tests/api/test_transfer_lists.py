"""What managers ask of the steps: narrowed, paged, taken out as CSV; and all ways in agree."""

import csv
import io
import json
import random
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import text

from api.schemas.transfer_exports import COLUMNS
from service.bootstrap import House
from service.domain.access import Role
from service.domain.calendar import london_date
from service.domain.challenges import ChallengeAnswer
from service.domain.transfer_waits import waits_for
from service.domain.transfers import FamilyAgreement, Transfer, TransferState
from service.integrations.csv_tables import guarded, unguarded
from service.usecases.challenges import answer_challenge
from service.usecases.step_downs import decide_returned_transfer
from service.usecases.transfers import (
    WholeTransfer,
    read_transfer,
    withdraw_transfer,
)
from tests.support.clocks import FixedClock
from tests.support.desks import Desk, open_desk
from tests.support.sources import ROOT
from tests.support.steps import EVIDENCE, PLAN, WORDS, Steps, steps_in

TOWNS = (
    "Weir",
    '=HYPERLINK("http://elsewhere")',
    "+44 1632",
    "-2+3",
    "@SUM(1)",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "'=1",
    "'s-Heer",
    'Old "Town", the\nsecond line',
    "\tTab",
    "\rReturn",
    "\nLine",
    None,
)


@dataclass
class Office:
    """A front door with steps under way, and managers who ask."""

    desk: Desk
    steps: Steps

    @property
    def house(self) -> House:
        return self.desk.house

    @property
    def clock(self) -> FixedClock:
        return self.desk.clock

    async def ask(
        self,
        path: str,
        query: Mapping[str, Any] | None = None,
        role: Role = Role.early_help_spoc_manager,
        **who: Any,
    ) -> httpx.Response:
        asked = urlencode(query or {}, doseq=True)
        return await self.desk.get(role, f"{path}?{asked}" if asked else path, **who)

    async def rows(self, query: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All rows of the list, by the page."""
        found: list[dict[str, Any]] = []
        path, given = "/v1/transfers", query
        while True:
            answer = await self.ask(path, given)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            found += page["items"]
            if page["next"] is None:
                return found
            path, given = page["next"], None

    async def ids(self, **query: Any) -> list[str]:
        return [row["id"] for row in await self.rows(query)]

    async def table(self, query: Mapping[str, Any] | None = None) -> list[dict[str, str]]:
        """All rows of the export, read back as the documentation says."""
        answer = await self.ask("/v1/exports/transfers", query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        lines = list(csv.reader(io.StringIO(answer.content.decode(), newline=""), strict=True))
        assert lines[0] == [column.name for column in COLUMNS]
        return [
            dict(zip(lines[0], [unguarded(cell) for cell in line], strict=True))
            for line in lines[1:]
        ]

    async def whole(self, transfer_id: str) -> WholeTransfer:
        from uuid import UUID

        return await self.house.ask(
            lambda ask: read_transfer(ask, self.steps.mash, UUID(transfer_id))
        )

    async def town(self, transfer: Transfer, town: str | None) -> None:
        async with self.house.database.writing() as connection:
            await connection.execute(
                text("UPDATE contact SET town = :town WHERE id = :id"),
                {
                    "town": town,
                    "id": transfer.contact_id.hex
                    if self.house.database.is_sqlite
                    else transfer.contact_id,
                },
            )
            await connection.commit()


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    async with open_desk(database_url, tmp_path) as desk:
        yield Office(desk, await steps_in(desk.house))


async def walk(office: Office, chance: random.Random) -> Transfer:
    """A transfer taken as far as chance takes it."""
    steps = office.steps

    def later() -> None:
        office.clock.forward(minutes=chance.randrange(60 * 24 * 2))

    def stops(share: float = 0.15) -> bool:
        later()
        return chance.random() < share

    if chance.random() < 0.5:
        one = await steps.step_up(
            await steps.child_in_early_help(),
            reason_code=chance.choice(["risk_increased", "harm_disclosed"]),
        )
    else:
        one = await steps.step_down(
            await steps.child_in_social_care(),
            receiving_team_id=chance.choice(["early-help-spoc", "family-centres"]),
        )
    await office.town(one, chance.choice(TOWNS))
    if stops():
        return one
    if chance.random() < 0.1:
        return await steps.do(
            lambda work: withdraw_transfer(
                work,
                steps.early_help if one.direction == "step_up" else steps.social_worker,
                one.id,
                one.version,
                words=WORDS,
            )
        )
    if one.direction == "step_down" and chance.random() < 0.3:
        one = await steps.family(one, FamilyAgreement.refused)
        later()
        if chance.random() < 0.3:
            return one
        again = chance.random() < 0.7
        back = one
        one = await steps.do(
            lambda work: decide_returned_transfer(
                work, steps.assessment, back.id, back.version, ask_again=again, words=WORDS
            )
        )
        if not again:
            return one
    one = await steps.opened(one)
    if stops():
        return one
    if chance.random() < 0.5:
        one = await steps.refuse(one)
        if stops(0.3):
            return one
        one = await steps.answer_refusal(one, agreed=chance.random() < 0.3)
        if one.state != "refusal_challenged" or stops():
            return one
        one = await answered(office, one, chance.choice(list(ChallengeAnswer)))
        if one.state != "refusal_overturned" or stops(0.5):
            return one
    one = await steps.accept(one)
    if one.direction == "step_up" or stops():
        return one
    one = await steps.family(one, FamilyAgreement.given)
    if stops():
        return one
    one = await steps.visit(one)
    if stops(0.3):
        return one
    return await steps.complete(one)


async def answered(office: Office, transfer: Transfer, answer: ChallengeAnswer) -> Transfer:
    """The challenge of a refusal, answered at its first stage; the transfer as it is after it."""
    [challenge] = (await office.whole(str(transfer.id))).challenges
    who = office.steps.answerer(transfer)
    await office.steps.do(
        lambda work: answer_challenge(
            work, who, challenge.id, challenge.version, answer=answer, words=EVIDENCE
        )
    )
    return (await office.whole(str(transfer.id))).transfer


def fits(office: Office, whole: WholeTransfer, town: str | None, query: Mapping[str, Any]) -> bool:
    """Whether a transfer belongs in a list, worked out one by one and in the plainest way."""
    one, now = whole.transfer, office.clock()
    is_open = one.ended_at is None
    due = [clock.due_at for clock in whole.deadlines if clock.stopped_at is None]
    refusals = [
        step
        for step in whole.steps
        if step.action == "refuse"
        and ("refusal_code" not in query or step.code in query["refusal_code"])
        and ("refused_from" not in query or step.at >= when(query["refused_from"]))
        and ("refused_to" not in query or step.at < when(query["refused_to"]))
    ]
    days = [
        london_date(one.requested_at) + timedelta(days=n)
        for n in range(1, (london_date(now) - london_date(one.requested_at)).days + 1)
    ]
    old = sum(office.house.policy.calendar.is_working_day(day) for day in days)
    outcomes = [each.outcome for each in whole.challenges]
    said = {
        "direction": lambda value: one.direction == value,
        "state": lambda value: one.state in value,
        "open": lambda value: is_open == (value == "true"),
        "waits_for": lambda value: is_open and waits_for(one) in value,
        "waiting_over_working_days": lambda value: is_open and old > value,
        "stuck": lambda value: (
            ((is_open or one.owes_meeting) and any(at < now for at in due)) == (value == "true")
        ),
        "town": lambda value: (town or "").lower() == value.lower(),
        "reason_code": lambda value: one.reason_code in value,
        "refusal_code": lambda value: bool(refusals),
        "refused_from": lambda value: bool(refusals),
        "refused_to": lambda value: bool(refusals),
        "sender_team_id": lambda value: one.sender_team_id in value,
        "receiver_team_id": lambda value: one.receiver_team_id in value,
        "person_id": lambda value: str(one.person_id) == value,
        "contact_id": lambda value: str(one.contact_id) == value,
        "requested_from": lambda value: one.requested_at >= when(value),
        "requested_to": lambda value: one.requested_at < when(value),
        "challenged": lambda value: bool(whole.challenges) == (value == "true"),
        "challenge_outcome": lambda value: any(found in value for found in outcomes),
        "raised_by": lambda value: any(str(x.raised_by) == value for x in whole.challenges),
    }
    return all(said[name](value) for name, value in query.items())


def when(value: str) -> datetime:
    return datetime.fromisoformat(value)


def questions(chance: random.Random, wholes: list[WholeTransfer]) -> list[dict[str, Any]]:
    """Every filter by itself with a value that somebody has, and some of them two by two."""
    some = chance.choice(wholes)
    between = [
        chance.choice(wholes).transfer.requested_at.isoformat().replace("+00:00", "Z")
        for _ in range(4)
    ]
    raised = [one.challenges[0].raised_by for one in wholes if one.challenges]
    alone: list[dict[str, Any]] = [
        {"direction": "step_up"},
        {"direction": "step_down"},
        {"state": ["requested", "refusal_pending", "completed"]},
        {"open": "true"},
        {"open": "false"},
        *({"waits_for": [name]} for name in ("opening", "answer", "refusal_agreement")),
        {"waits_for": ["challenge", "family_agreement", "first_visit"]},
        {"waits_for": ["completion", "return_decision", "acceptance"]},
        *({"waiting_over_working_days": days} for days in (0, 1, 5, 20)),
        {"stuck": "true"},
        {"stuck": "false"},
        {"town": "weir"},
        {"town": TOWNS[1]},
        {"reason_code": ["risk_increased"]},
        {"refusal_code": ["below_threshold"]},
        {"refusal_code": ["above_threshold", "no_such_code"]},
        {"sender_team_id": [some.transfer.sender_team_id]},
        {"receiver_team_id": ["family-centres", "mash"]},
        {"person_id": str(some.transfer.person_id)},
        {"contact_id": str(some.transfer.contact_id)},
        {"requested_from": between[0]},
        {"requested_to": between[1]},
        {"refused_from": between[2]},
        {"refused_to": between[3]},
        {"challenged": "true"},
        {"challenged": "false"},
        {"challenge_outcome": ["upheld", "changed"]},
        {"challenge_outcome": ["agreed"]},
        {"raised_by": str(raised[0] if raised else some.transfer.requested_by)},
    ]
    pairs = [chance.sample(alone, 2) for _ in range(12)]
    return [{}, *alone, *(one | other for one, other in pairs)]


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(2))
async def test_list_reading_queue_and_export_say_the_same_of_whatever_happened(
    office: Office, seed: int
) -> None:
    chance = random.Random(seed)
    made = [await walk(office, chance) for _ in range(16)]
    rows = await office.rows()
    assert {row["id"] for row in rows} == {str(one.id) for one in made}
    assert [row["requested_at"] for row in rows] == sorted(
        (row["requested_at"] for row in rows), reverse=True
    )
    wholes = [await office.whole(row["id"]) for row in rows]
    for row, whole in zip(rows, wholes, strict=True):
        says_the_same(row, whole, office.clock())
        by_itself = (await office.ask(f"/v1/transfers/{row['id']}")).json()
        alike = (set(row) & set(by_itself)) - {"steps", "challenges", "refusal_code"}
        assert len(alike) > 20
        assert {name: row[name] for name in alike} == {name: by_itself[name] for name in alike}
    towns = {row["id"]: row["town"] for row in rows}
    for query in questions(chance, wholes):
        wanted = [
            str(one.transfer.id)
            for one in wholes
            if fits(office, one, towns[str(one.transfer.id)], query)
        ]
        assert await office.ids(**query) == wanted, query
        assert [line["id"] for line in await office.table(query)] == wanted, query
    for row, line in zip(rows, await office.table(), strict=True):
        assert line == as_cells(row)
    for direction in ("step_up", "step_down"):
        answer = await office.ask(f"/v1/queues/{direction.replace('_', '-')}", {"limit": 100})
        queue = {line["subject_id"]: line for line in answer.json()["items"]}
        under_way = [row for row in rows if row["direction"] == direction and not row["ended_at"]]
        assert set(queue) == {row["id"] for row in under_way}
        for row in under_way:
            line = queue[row["id"]]
            told = line["transfer"] | {
                "steps": row["steps"],
                "step_times": line["transfer"]["steps"],
            }
            assert told == {name: row[name] for name in told}
            assert line["accountable_team_id"] == row["accountable_team_id"]
            assert line["due_at"] == row["stuck_at"]


def says_the_same(row: dict[str, Any], whole: WholeTransfer, now: datetime) -> None:
    """A row of the list beside the transfer as it is read by itself."""

    def told(value: Any) -> Any:
        return json.loads(json.dumps(value, default=_told))

    one = whole.transfer
    for name in set(row) & set(Transfer.__slots__) - {"refusal_code"}:
        assert row[name] == told(getattr(one, name)), name
    for step, kept in zip(row["steps"], whole.steps, strict=True):
        assert step == {name: told(getattr(kept, name)) for name in step}
    for challenge, kept in zip(row["challenges"], whole.challenges, strict=True):
        assert challenge == {name: told(getattr(kept, name)) for name in challenge}
    due = [clock.due_at for clock in whole.deadlines if clock.stopped_at is None]
    assert row["stuck_at"] == (told(min(due)) if due else None)
    assert (row["ended_at"] is None or one.owes_meeting) == (row["stuck_at"] is not None)
    assert row["stuck"] == (bool(due) and min(due) < now)
    assert row["waits_for"] == waits_for(one)
    assert (row["waits_for"] is None) == (row["waiting_since"] is None)
    refusals = [step for step in whole.steps if step.action == "refuse"]
    assert row["refusal_code"] == (refusals[-1].code if refusals else None)
    if row["waiting_since"] is not None:
        assert row["waiting_since"] <= told(now)


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def as_cells(row: dict[str, Any]) -> dict[str, str]:
    """A row of the list as the table has it."""
    challenge = row["challenges"][-1] if row["challenges"] else {}
    flat = row | row["step_times"] | {"challenges": len(row["challenges"])}
    for name in ("raised_by", "raised_at", "stage", "state", "outcome"):
        flat[f"challenge_{name}"] = challenge.get(name)
    flat["history"] = "; ".join(
        " ".join(filter(None, (step["action"], step["code"], step["at"]))) for step in row["steps"]
    )

    def cell(value: Any) -> str:
        if value is None:
            return ""
        return str(value).lower() if isinstance(value, bool) else str(value)

    return {column.name: cell(flat[column.name]) for column in COLUMNS}


async def test_more_than_n_working_days_is_counted_by_the_calendar_of_the_policy(
    office: Office,
) -> None:
    """Asked on Friday 16:00: on Monday one working day, whatever the hours; Christmas is none."""
    asked = await office.steps.step_up(await office.steps.child_in_early_help())

    async def over(days: int) -> bool:
        return str(asked.id) in await office.ids(waiting_over_working_days=days)

    office.clock.forward(days=2, hours=8, minutes=59)  # Sunday, 23:59 in London, in winter time
    assert not await over(0)
    office.clock.forward(minutes=1)
    assert await over(0)
    assert not await over(1)
    office.clock.forward(days=60)  # Christmas Day, which like Boxing Day is no working day
    before = [days for days in range(60) if await over(days)]
    office.clock.forward(days=3)  # the Monday that stands for Boxing Day
    assert [days for days in range(60) if await over(days)] == before
    office.clock.forward(days=1)
    assert [days for days in range(60) if await over(days)] == [*before, len(before)]


async def test_a_question_is_refused_like_any_other_that_is_not_understood(
    office: Office,
) -> None:
    for path in ("/v1/transfers", "/v1/exports/transfers"):
        for query in ("direction=sideways", "waiting_over_working_days=-1", "colour=red", "open=1"):
            answer = await office.ask(f"{path}?{query}")
            assert answer.status_code == 422, (path, query, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_a_page_belongs_to_its_question_and_its_caller(office: Office) -> None:
    for _ in range(2):
        await office.steps.step_up(await office.steps.child_in_early_help())
    first = (await office.ask("/v1/transfers", {"limit": 1, "open": "true"})).json()
    cursor = re.search(r"cursor=([^&]+)", first["next"])
    assert cursor is not None
    other = await office.ask("/v1/transfers", {"limit": 1, "cursor": cursor[1]})
    assert (other.status_code, other.json()["code"]) == (400, "cursor_invalid")
    stranger = await office.ask(first["next"], role=Role.mash_manager)
    assert stranger.json()["code"] == "cursor_invalid"


async def test_nothing_that_was_said_and_no_name_leaves_with_the_export(office: Office) -> None:
    steps = office.steps
    asked = await steps.step_down(await steps.child_in_social_care())
    challenged = await steps.answer_refusal(
        await steps.refuse(await steps.opened(asked)), agreed=False
    )
    answer = await office.ask("/v1/exports/transfers")
    assert str(challenged.id) in answer.text
    for said in (EVIDENCE, WORDS, PLAN[0].outcome, PLAN[0].who, "Ada", "Example", "manager"):
        assert said not in answer.text
    rows = await office.ask("/v1/transfers")
    for said in (EVIDENCE, WORDS, PLAN[0].outcome):
        assert said not in rows.text, "the words are in the transfer itself"


async def test_a_row_of_the_export_has_every_move_in_codes_and_instants(office: Office) -> None:
    steps = office.steps
    asked = await steps.step_up(await steps.child_in_early_help())
    office.clock.forward(hours=1)
    seen = await steps.opened(asked)
    office.clock.forward(minutes=30, microseconds=5)
    pending = await steps.refuse(seen)
    await steps.answer_refusal(pending, agreed=False)
    [row] = await office.table()
    assert row["history"] == (
        "request risk_increased 2026-10-23T15:00:00Z; open 2026-10-23T16:00:00Z; "
        "refuse below_threshold 2026-10-23T16:30:00.000005Z; "
        "challenge_refusal 2026-10-23T16:30:00.000005Z"
    )


async def test_an_export_is_a_download_with_a_tag_and_is_on_record(office: Office) -> None:
    for _ in range(2):
        await office.steps.step_up(await office.steps.child_in_early_help())
    answer = await office.ask("/v1/exports/transfers", {"direction": "step_up", "town": ""})
    assert answer.status_code == 422, "nobody lives in no town"
    answer = await office.ask("/v1/exports/transfers", {"direction": "step_up", "open": "true"})
    assert answer.headers["content-disposition"] == (
        'attachment; filename="transfers-2026-10-23T1500Z.csv"'
    )
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.content.count(b"\r\n") == 3
    assert not answer.content.startswith(b"\xef\xbb\xbf")
    again = await office.desk.client.get(
        "/v1/exports/transfers?direction=step_up&open=true",
        headers={
            **office.desk.headers(Role.early_help_spoc_manager),
            "If-None-Match": answer.headers["etag"],
        },
    )
    assert (again.status_code, again.content) == (304, b"")
    async with office.house.database.reading() as connection:
        found = await connection.execute(
            text("SELECT data, contact_id, account_id FROM event WHERE type = 'transfers.exported'")
        )
        events = [
            row if isinstance(row[0], dict) else (json.loads(row[0]), *row[1:]) for row in found
        ]
    assert [row[0] for row in events] == [{"filters": ["direction", "open"], "rows": 2}] * 2
    assert {row[1] for row in events} == {None}


async def test_who_may_list_may_not_for_that_take_it_out(office: Office) -> None:
    worker = Role.early_help_worker
    assert (await office.ask("/v1/transfers", role=worker)).status_code == 200
    refused = await office.ask("/v1/exports/transfers", role=worker)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    async with office.house.database.reading() as connection:
        found = await connection.execute(text("SELECT count(*) FROM event WHERE type LIKE '%exp%'"))
        assert found.scalar_one() == 0


async def test_an_export_with_nothing_in_it_has_its_columns_all_the_same(office: Office) -> None:
    assert await office.table() == []


async def test_an_export_is_as_the_record_was_when_it_began(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its parts another transfer is asked for and one changes: neither shows."""
    from service.usecases import transfer_lists

    made = [await office.steps.step_up(await office.steps.child_in_early_help()) for _ in range(3)]
    monkeypatch.setattr(transfer_lists, "AT_ONCE", 1)
    later = await office.steps.child_in_early_help()
    question = transfer_lists.TransferFilters()
    who, house = office.steps.spoc, office.house
    found: list[tuple[str, TransferState]] = []

    async def take(asking: Any) -> None:
        parts = transfer_lists.transfers_to_export(
            asking, who, question, now=house.clock(), policy=house.policy
        )
        async for part in parts:
            if not found:
                await office.steps.opened(made[0])
                await office.steps.step_up(later)
            found.extend((str(one.transfer.id), one.transfer.state) for one in part)

    await house.ask_at_one_instant(take)
    assert found == [(str(one.id), TransferState.requested) for one in reversed(made)]
    after = await office.rows()
    assert len(after) == 4
    assert {row["state"] for row in after} == {"requested", "opened"}


@pytest.mark.parametrize("value", [town for town in TOWNS if town is not None], ids=ascii)
def test_a_cell_that_begins_like_a_formula_is_guarded_and_reads_back(value: str) -> None:
    cell = guarded(value)
    assert unguarded(cell) == value
    assert not re.match("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", cell)
    harmless = value in ("Weir", "'s-Heer", 'Old "Town", the\nsecond line')
    assert (cell == value) == harmless


def test_every_column_of_the_export_is_on_the_page_about_it() -> None:
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    assert told == [(column.name, column.says) for column in COLUMNS]
