"""How much a hub has to type: writes and values from the telephone to the signature, counted.

A *value* is a leaf of a body as it is sent: a text, a number, a code, a yes or no, an id. So were
those of 0.3.0 counted, which these budgets are held against (one child: 10 writes and 42 values; a
family of four: 16 and 114). Names of fields are no values, nor is what stands in headers: key and
version are the client's to keep. Each body is the least that the service takes for what is told in
its test: a referral under section 17, with police and hospital asked by telephone, and every prompt
answered.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.domain.access import Role
from tests.support.desks import Desk, done, open_desk

WORKER, MANAGER = Role.mash_worker, Role.mash_manager
ONE_CHILD = (4, 24)
FAMILY_OF_FOUR = (5, 50)


def values_in(body: Any) -> int:
    """How many leaves a body has."""
    if isinstance(body, dict):
        return sum(values_in(one) for one in body.values())
    if isinstance(body, list):
        return sum(values_in(one) for one in body)
    return 1


@dataclass
class Counting:
    """A desk at which everything that is sent is counted."""

    desk: Desk
    writes: int = 0
    values: int = 0
    sent: list[Any] = field(default_factory=list)

    async def send(
        self, role: Role, path: str, body: Any, version: int | None = None
    ) -> httpx.Response:
        """Sends a body and counts it, as long as it is taken."""
        answer = await self.desk.post(role, path, body, version=version)
        if answer.is_success:
            self.writes += 1
            self.values += values_in(body)
            self.sent.append((role, path, body, version))
        return answer

    @property
    def cost(self) -> tuple[int, int]:
        """Writes and values so far."""
        return self.writes, self.values


def told(*names: str) -> dict[str, Any]:
    """What a head teacher tells on the telephone, written down while she speaks."""
    return {
        "channel": "telephone",
        "source_code": "2A",
        "concern": "He came to school with a bruise on his cheek; he says that he fell.",
        "children": [{"given_name": name} for name in names],
        "referrer": {"name": "Priya Shah"},
        "at_once": {
            "rating": "amber",
            "acknowledgement": "Told Priya Shah on the telephone: received, decided by tomorrow.",
        },
    }


def telephoned() -> dict[str, Any]:
    """Two agencies, asked and answered on the telephone."""
    return {
        "agencies": [
            {"organisation_id": "riverbourne-police", "answer": "nothing_known"},
            {
                "organisation_id": "riverbourne-hospital",
                "information": "Seen on Monday with a cut lip; the mother said that he fell.",
            },
        ]
    }


THRESHOLD = {
    "level_of_need": 4,
    "outcome": "referral",
    "statutory_basis": "section_17",
    "primary_need_code": "N1",
    "rationale": (
        "Two injuries to the face within a week and two accounts of the second one: the family "
        "needs an assessment of what happens at home, which they have agreed to."
    ),
}
ANSWERS = {
    "child_voice": "He says that he fell off his bed, looks down, and asks not to be collected.",
    "father_and_significant_adults": "Father abroad; the mother's partner moved in last month.",
    "culture_disability_language": "Polish and English at home; no disability is known of.",
    "domestic_abuse": "Police know of nothing, and the mother was not asked alone yet.",
    "neglect_and_tool": "Clothes and lunch are in order; the school sees no neglect.",
}
AGREED = {
    "outcome": "agreed",
    "words": "I have read the school's words and the hospital's: two accounts want an assessment.",
}


async def test_one_child_takes_no_more_than_its_budget_from_the_call_to_the_signature(
    desk: Desk,
) -> None:
    hub = Counting(desk)
    contact = done(await hub.send(WORKER, "/v1/contacts", told("Kacper")), 201)
    assert (contact["rating"], contact["assignee_id"] is not None) == ("amber", True)
    place = f"/v1/contacts/{contact['id']}"
    await asked_and_answered(hub, place)
    body = {"child_id": contact["children"][0]["id"], **THRESHOLD, "answers": ANSWERS}
    decision = done(await hub.send(WORKER, f"{place}/decisions", body), 201)
    answer = await hub.send(
        MANAGER, f"/v1/decisions/{decision['id']}/sign-off", AGREED, decision["version"]
    )
    assert done(answer)["referral_id"] is not None
    await everything_is_on_record(desk, place)
    assert hub.cost <= ONE_CHILD
    assert hub.writes <= ONE_CHILD[0]
    assert hub.values <= ONE_CHILD[1]


async def test_a_family_of_four_takes_no_more_than_its_budget(desk: Desk) -> None:
    hub = Counting(desk)
    names = ("Kacper", "Lena", "Jan", "Zofia")
    contact = done(await hub.send(WORKER, "/v1/contacts", told(*names)), 201)
    place = f"/v1/contacts/{contact['id']}"
    await asked_and_answered(hub, place)
    eldest, sister, brother, baby = (child["id"] for child in contact["children"])
    body = {
        **THRESHOLD,
        "answers": ANSWERS,
        # What differs: each child's own voice, and the baby lives elsewhere and parts ways.
        "children": [
            {"child_id": eldest},
            {"child_id": sister, "answers": {"child_voice": "She says that she hides upstairs."}},
            {"child_id": brother, "answers": {"child_voice": "He says nothing, and holds on."}},
            {
                "child_id": baby,
                "outcome": "early_help",
                "level_of_need": 3,
                "rationale": (
                    "She lives with her grandmother and was not there; the grandmother is tired, "
                    "and has asked for a place in a nursery and for somebody to talk to."
                ),
                "answers": {"child_voice": "She is eight months old, and laughs with the visitor."},
            },
        ],
    }
    drafted = done(await hub.send(WORKER, f"{place}/decisions/together", body), 201)
    signed = done(await hub.send(MANAGER, f"{place}/sign-off", AGREED, drafted["contact_version"]))
    assert [bool(one["referral_id"]) for one in signed["decisions"]] == [True, True, True, False]
    await everything_is_on_record(desk, place)
    assert hub.writes <= FAMILY_OF_FOUR[0]
    assert hub.values <= FAMILY_OF_FOUR[1]


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path) as opened:
        yield opened


async def asked_and_answered(hub: Counting, place: str) -> None:
    path = f"{place}/information-requests/together"
    asked = done(await hub.send(WORKER, path, telephoned()), 201)
    assert {one["state"] for one in asked["information_requests"]} == {"answered"}
    assert asked["contact_state"] == "in_triage"


async def everything_is_on_record(desk: Desk, place: str) -> None:
    """Nothing was saved by leaving it out: what is not typed is on record all the same."""
    file = await desk.read(WORKER, place)
    assert file["state"] == "decided"
    assert file["acknowledgement"] is not None
    for one in file["information_requests"]:
        asked = await desk.read(WORKER, f"/v1/information-requests/{one['id']}")
        assert (bool(asked["purpose"]), asked["lawful_basis"]) == (True, "public_task")
    for one in file["decisions"]:
        one = await desk.read(WORKER, f"/v1/decisions/{one['id']}")
        told = {line["organisation_id"]: line["answered"] for line in one["agencies"]}
        assert told == {"riverbourne-police": True, "riverbourne-hospital": True}
        assert {line["prompt"] for line in one["prompts"]} == set(ANSWERS)
        assert one["sign_off"]["words"] == AGREED["words"]


def test_a_value_is_a_leaf_of_what_is_sent() -> None:
    body = {"a": "one", "b": [{"c": 2, "d": True}, {"c": None}], "e": {}, "f": []}
    assert values_in(body) == 4
