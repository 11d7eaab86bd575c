"""Clocks that the policy file alone adds: started, flagged and stopped by events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from service.domain.access import Role
from service.policy.loading import DEFAULT_POLICY
from service.usecases.flags import sweep
from tests.support.builders import contact_body
from tests.support.desks import Desk, done, open_desk

HEARD = """
[[timescale]]
kind = "family_spoken_to"
title = "Family spoken to"
starts = "contact received"
stops = "first decision signed"
limit = "2 hours"
warn_before = "30 minutes"
owner = "mash_manager"
local = true
source = "Local practice: the family hears of it first from us"
started_by = "contact.received"
stopped_by = ["decision.signed"]
"""
ANSWERED = """
[[timescale]]
kind = "second_look"
title = "Second look"
starts = "decision drafted"
stops = "signed or returned"
limit = "same day"
owner = "mash_manager"
local = true
source = "Local practice"
started_by = "decision.drafted"
stopped_by = ["decision.signed", "decision.returned"]
"""


ASKED_AFTER = """
[[timescale]]
kind = "asked_after"
title = "Family asked after"
starts = "child reported missing"
stops = "decision signed"
limit = "2 hours"
owner = "mash_manager"
local = true
source = "Local practice"
started_by = "missing_episode.recorded"
stopped_by = ["decision.signed"]
"""


@asynccontextmanager
async def desk_with(database_url: str, folder: Path, added: str) -> AsyncIterator[Desk]:
    """A front door whose policy file says more than the shipped one, and nothing else differs."""
    file = folder / "policy.toml"
    file.write_text(DEFAULT_POLICY.read_text(encoding="utf-8") + added, encoding="utf-8")
    async with open_desk(database_url, folder, policy_file=file) as desk:
        yield desk


def of_kind(body: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in body["deadlines"] if one["kind"] == kind]


async def test_a_timescale_in_the_file_alone_starts_is_flagged_and_stops(
    database_url: str, tmp_path: Path
) -> None:
    async with desk_with(database_url, tmp_path, HEARD) as desk:
        contact = await desk.contact(received_at="2026-10-23T15:30:00+01:00")
        [clock] = of_kind(contact, "family_spoken_to")
        assert clock["due_at"] == "2026-10-23T16:30:00Z"
        assert clock["explanation"]["sum"].startswith(
            "Contact received Friday 23 October 2026 15:30; 2 hours, day and night; due by Friday"
        )
        desk.clock.forward(hours=1)
        await sweep(desk.house)
        desk.clock.forward(hours=1)
        await sweep(desk.house)
        flags = done(await desk.get(Role.mash_manager, "/v1/flags?each=true"))["items"]
        [flag] = [one for one in flags if one["kind"] == "family_spoken_to"]
        assert flag["severity"] == "breach"
        line = done(await desk.get(Role.mash_worker, "/v1/queues/contacts"))["items"][0]
        kinds = [one["kind"] for one in line["deadlines"]]
        assert kinds[:2] == ["rated", "family_spoken_to"]
        await desk.sign(await desk.draft(contact, 0, "no_further_action"))
        path = f"/v1/contacts/{contact['id']}"
        [stopped] = of_kind(done(await desk.get(Role.mash_worker, path)), "family_spoken_to")
        assert stopped["stopped_because"] == "decision.signed"
        flags = done(await desk.get(Role.mash_manager, "/v1/flags?each=true"))["items"]
        assert "family_spoken_to" not in {one["kind"] for one in flags}


async def test_on_the_contact_the_first_stopping_event_ends_it_for_all(
    database_url: str, tmp_path: Path
) -> None:
    async with desk_with(database_url, tmp_path, HEARD) as desk:
        child = contact_body()["children"][0]
        contact = await desk.contact(
            children=[child, {"given_name": "Ben", "family_name": "Holt", "sex": "M"}]
        )
        for place in (0, 1):
            await desk.sign(await desk.draft(contact, place, "no_further_action"))
        whole = done(await desk.get(Role.mash_worker, f"/v1/contacts/{contact['id']}"))
        [clock] = of_kind(whole, "family_spoken_to")
        assert clock["stopped_because"] == "decision.signed"


async def test_events_of_one_sort_give_each_thing_a_clock_of_its_own(
    database_url: str, tmp_path: Path
) -> None:
    async with desk_with(database_url, tmp_path, ANSWERED) as desk:
        first, second = await desk.contact(), await desk.contact()
        one = await desk.draft(first, 0, "no_further_action")
        other = await desk.draft(second, 0, "no_further_action")
        [clock] = of_kind(one, "second_look")
        assert clock["due_at"] == "2026-10-23T22:59:59Z"
        await desk.sign(one, "returned")
        path = "/v1/decisions/{}"
        back = done(await desk.get(Role.mash_worker, path.format(one["id"])))
        still = done(await desk.get(Role.mash_worker, path.format(other["id"])))
        assert of_kind(back, "second_look")[0]["stopped_because"] == "decision.returned"
        assert of_kind(still, "second_look")[0]["stopped_at"] is None


@pytest.mark.parametrize("added", ["", ANSWERED], ids=["shipped", "other"])
async def test_without_it_the_same_contact_has_no_such_clock(
    database_url: str, tmp_path: Path, added: str
) -> None:
    async with desk_with(database_url, tmp_path, added) as desk:
        contact = await desk.contact()
        assert contact["deadlines"]
        assert not of_kind(contact, "family_spoken_to")


async def test_on_the_contact_a_clock_that_runs_is_not_started_again_by_a_sibling(
    database_url: str, tmp_path: Path
) -> None:
    async with desk_with(database_url, tmp_path, ASKED_AFTER) as desk:
        child = contact_body()["children"][0]
        contact = await desk.contact(
            children=[child, {"given_name": "Ben", "family_name": "Holt", "sex": "M"}]
        )
        for one in contact["children"]:
            report = {
                "contact_id": contact["id"],
                "child_id": one["id"],
                "missing_from": "2026-10-23T12:00:00Z",
                "circumstances": "Neither came home from school today.",
            }
            done(await desk.post(Role.mash_worker, "/v1/missing-episodes", report), 201)
            desk.clock.forward(hours=1)
        whole = done(await desk.get(Role.mash_worker, f"/v1/contacts/{contact['id']}"))
        [clock] = of_kind(whole, "asked_after")
        assert clock["stopped_at"] is None
