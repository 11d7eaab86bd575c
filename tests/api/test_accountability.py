"""For every open child exactly one team, and a list of those without that is always empty."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import text

from service.bootstrap import House
from service.domain.access import Role
from service.domain.accountabilities import AccountabilityFilters, WhyNobody
from service.usecases.accountabilities import (
    list_accountability,
    list_children_without_an_accountable_team,
)
from service.usecases.cases import close_referral
from service.usecases.contacts import assign_contact
from tests.support.cases import decide_and_sign, log
from tests.support.desks import Desk, open_desk
from tests.support.houses import caller
from tests.support.steps import Steps, steps_in

LIST = "/v1/accountability"
WITHOUT = "/v1/children-without-an-accountable-team"


@dataclass
class Office:
    """A front door with children open on every side, and managers who ask."""

    desk: Desk
    steps: Steps

    @property
    def house(self) -> House:
        return self.desk.house

    async def rows(
        self,
        path: str = LIST,
        query: Mapping[str, Any] | None = None,
        role: Role = Role.head_of_service,
    ) -> list[dict[str, Any]]:
        """All rows of a list, by the page."""
        found: list[dict[str, Any]] = []
        following: str | None = f"{path}?{urlencode(query or {}, doseq=True)}"
        while following is not None:
            page = await self.desk.read(role, following)
            found += page["items"]
            following = page["next"]
        return found

    async def of(self, person_id: UUID) -> dict[str, Any] | None:
        found = await self.rows(query={"person_id": person_id})
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    async with open_desk(database_url, tmp_path) as desk:
        yield Office(desk, await steps_in(desk.house))


async def test_every_open_child_is_listed_once_with_the_one_team_that_answers(
    office: Office,
) -> None:
    steps = office.steps
    waiting = await log(office.house)
    held = await steps.child_in_social_care()
    helped = await steps.child_in_early_help()
    passing = await steps.accept(
        await steps.opened(await steps.step_down(await steps.child_in_social_care()))
    )
    await decide_and_sign(office.house, await log(office.house))
    rows = await office.rows(query={"limit": 1})
    assert [row["person_id"] for row in rows] == sorted(row["person_id"] for row in rows)
    found = {row["person_id"]: row for row in rows}
    everybody = (waiting.children[0], held, helped, passing)
    assert set(found) == {str(one.person_id) for one in everybody}
    assert found[str(waiting.children[0].person_id)] == {
        "person_id": str(waiting.children[0].person_id),
        "service": "front_door",
        "contact_id": str(waiting.contact.id),
        "child_id": str(waiting.children[0].id),
        "case_id": None,
        "reference": waiting.contact.reference,
        "team_id": "mash",
        "worker_id": None,
        "worker_name": None,
        "since": "2026-10-23T15:00:00Z",
        "worker_suspended": False,
    }
    row = found[str(held.person_id)]
    assert (row["service"], row["case_id"]) == ("social_care", str(held.id))
    assert (row["team_id"], row["worker_name"]) == (held.team_id, "social worker")
    row = found[str(helped.person_id)]
    assert (row["service"], row["reference"]) == ("early_help", helped.reference)
    # Open on both sides, and one of them answers.
    row = found[str(passing.person_id)]
    assert (row["service"], row["case_id"]) == ("early_help", str(passing.early_help_episode_id))
    assert await office.rows(WITHOUT) == []


async def test_the_list_is_narrowed_by_side_team_worker_child_and_by_who_has_nobody(
    office: Office,
) -> None:
    steps = office.steps
    mine = await log(office.house)
    worker = await caller(office.house, Role.mash_worker, name="desk worker")
    await steps.do(
        lambda work: assign_contact(
            work, worker, mine.contact.id, mine.contact.version, worker.account_id
        )
    )
    theirs = await log(office.house)
    held = await steps.child_in_social_care()
    stepped_up = await steps.accept(
        await steps.opened(await steps.step_up(await steps.child_in_early_help()))
    )
    helped = await steps.child_in_early_help()
    [a, b, c, d, e] = [
        str(one)
        for one in (
            mine.children[0].person_id,
            theirs.children[0].person_id,
            held.person_id,
            stepped_up.person_id,
            helped.person_id,
        )
    ]
    for query, expected in (
        ({}, {a, b, c, d, e}),
        ({"service": "front_door"}, {a, b}),
        ({"service": "social_care"}, {c, d}),
        ({"service": "early_help"}, {e}),
        ({"team_id": ["mash", helped.team_id]}, {a, b, e}),
        ({"worker_id": worker.account_id}, {a}),
        ({"worker_id": steps.social_worker.account_id}, {c}),
        ({"unallocated": "true"}, {b, d}),
        ({"unallocated": "true", "service": "social_care"}, {d}),
        ({"person_id": e}, {e}),
        ({"person_id": e, "service": "front_door"}, set()),
    ):
        rows = await office.rows(query=query)
        assert {row["person_id"] for row in rows} == expected, query
        assert len(rows) == len(expected), query


async def test_a_manager_of_social_care_sees_whom_social_care_answers_for(office: Office) -> None:
    held = await office.steps.child_in_social_care()
    await office.steps.child_in_early_help()
    await log(office.house)
    rows = await office.rows(role=Role.assessment_team_manager)
    assert [row["person_id"] for row in rows] == [str(held.person_id)]


async def test_the_row_moves_with_the_child_and_goes_when_the_last_case_closes(
    office: Office,
) -> None:
    steps = office.steps
    episode = await steps.child_in_early_help()
    asked = await steps.opened(await steps.step_up(episode))
    before = await office.of(episode.person_id)
    assert before is not None
    assert (before["service"], before["team_id"]) == ("early_help", episode.team_id)
    await steps.accept(asked, receiving_worker_id=steps.social_worker.account_id)
    after = await office.of(episode.person_id)
    assert after is not None
    assert (after["service"], after["team_id"]) == ("social_care", "assessment-north")
    assert after["worker_name"] == "social worker"
    await steps.do(
        lambda work: close_referral(
            work,
            steps.assessment,
            UUID(after["case_id"]),
            1,
            "RC8",
            "The assessment found that the family needs nothing more from us.",
        )
    )
    assert await office.of(episode.person_id) is None


async def test_a_child_with_two_open_contacts_counts_with_the_first(office: Office) -> None:
    first, second = await log(office.house), await log(office.house)
    held = await office.steps.child_in_social_care()
    third = await log(office.house)
    one, other = first.children[0].person_id, second.children[0].person_id
    await same_child(office, other, one)
    await same_child(office, third.children[0].person_id, held.person_id)
    rows = await office.rows()
    assert {row["person_id"]: row["reference"] for row in rows} == {
        str(one): first.contact.reference,
        str(held.person_id): held.reference,
    }
    assert len(rows) == 2
    # Decided on the first, the child still waits on the second.
    await office.desk.tamper(
        f"UPDATE contact SET decided_at = received_at WHERE id = '{first.contact.id.hex}'"  # noqa: S608 - an id of our own
    )
    row = await office.of(one)
    assert row is not None
    assert row["reference"] == second.contact.reference


async def same_child(office: Office, known_as: UUID, also: UUID) -> None:
    """Makes one child of two."""
    await office.desk.tamper(
        f"UPDATE contact_child SET person_id = '{also.hex}' "  # noqa: S608 - ids of our own
        f"WHERE person_id = '{known_as.hex}'"
    )


async def test_a_child_who_is_decided_while_a_sibling_waits_is_open_no_more(
    office: Office,
) -> None:
    file = await log(office.house)
    await office.desk.tamper("UPDATE contact_child SET state = 'awaiting_sign_off'")
    assert len(await office.rows()) == 1
    await office.desk.tamper("UPDATE contact_child SET state = 'decided'")
    assert await office.of(file.children[0].person_id) is None


LIFTED = {
    "an open referral that nobody answers for": (
        "DELETE FROM accountability WHERE person_id = {held}",
        "held",
        WhyNobody.nobody_answers,
    ),
    "an open episode that nobody answers for": (
        "DELETE FROM accountability WHERE person_id = {helped}",
        "helped",
        WhyNobody.nobody_answers,
    ),
    "a closed case that answers": (
        "UPDATE referral SET closed_at = accepted_at WHERE person_id = {held}",
        "held",
        WhyNobody.case_not_open,
    ),
    "a case that is not there": (
        "UPDATE accountability SET early_help_episode_id = person_id WHERE person_id = {helped}",
        "helped",
        WhyNobody.case_not_open,
    ),
    "another child's case that answers": (
        "UPDATE accountability SET person_id = {waiting} WHERE person_id = {passing}",
        "waiting",
        WhyNobody.case_of_another_child,
    ),
    "a team that the policy does not know": (
        "UPDATE early_help_episode SET team_id = 'gone' WHERE person_id = {helped}",
        "helped",
        WhyNobody.team_unknown,
    ),
    "a contact of a team that the policy does not know": (
        "UPDATE contact SET team_id = 'gone' WHERE decided_at IS NULL",
        "waiting",
        WhyNobody.team_unknown,
    ),
}


@pytest.mark.parametrize("name", LIFTED)
async def test_a_child_without_a_team_would_be_listed(office: Office, name: str) -> None:
    """The database refuses each of these, but for the teams: with its promises lifted they show."""
    steps = office.steps
    people = {
        "held": (await steps.child_in_social_care()).person_id,
        "helped": (await steps.child_in_early_help()).person_id,
        "passing": (await steps.child_in_social_care()).person_id,
        "waiting": (await log(office.house)).children[0].person_id,
    }
    assert await office.rows(WITHOUT) == []
    statement, whose, why = LIFTED[name]
    await office.desk.tamper(
        statement.format(**{key: f"'{value.hex}'" for key, value in people.items()})
    )
    found = await office.rows(WITHOUT, {"limit": 1})
    assert (found[0]["person_id"], found[0]["why"]) == (str(people[whose]), why) or (
        name.startswith("another")
    )
    assert {(row["person_id"], row["why"]) for row in found} >= {(str(people[whose]), why)}
    # Whoever lost a case to another child is listed as well, and nobody else.
    expected = {people[whose]} | ({people["passing"]} if name.startswith("another") else set())
    assert {row["person_id"] for row in found} == {str(one) for one in expected}


async def test_a_team_that_is_taken_out_of_the_policy_while_it_holds_children_shows(
    office: Office,
) -> None:
    held = await office.steps.child_in_social_care()
    policy = office.house.policy
    fewer = replace(policy, teams=tuple(team for team in policy.teams if team.id != held.team_id))
    [found] = await office.house.ask(
        lambda ask: list_children_without_an_accountable_team(
            ask, office.steps.head, fewer, limit=10
        )
    )
    assert (found.person_id, found.why) == (held.person_id, WhyNobody.team_unknown)
    assert (found.subject_id, found.team_id) == (held.id, held.team_id)


async def test_no_open_child_is_in_neither_list_and_none_twice(office: Office) -> None:
    """Both lists beside the tables: whoever is open is in the one, and the other is empty."""
    steps = office.steps
    for _ in range(2):
        await log(office.house)
        await steps.step_down(await steps.child_in_social_care())
        await steps.accept(
            await steps.opened(await steps.step_up(await steps.child_in_early_help()))
        )
        await decide_and_sign(office.house, await log(office.house))
    async with office.house.database.reading() as connection:
        rows = await connection.execute(
            text(
                "SELECT person_id FROM referral WHERE closed_at IS NULL UNION "
                "SELECT person_id FROM early_help_episode WHERE closed_at IS NULL UNION "
                "SELECT person_id FROM contact_child JOIN contact "
                "ON contact.id = contact_child.contact_id WHERE contact.decided_at IS NULL"
            )
        )
        wanted = sorted(UUID(str(row[0])) for row in rows)
    found = await office.house.ask(
        lambda ask: list_accountability(ask, steps.head, AccountabilityFilters(), limit=100)
    )
    assert [one.person_id for one in found] == wanted
    assert await office.rows(WITHOUT) == []


@pytest.mark.parametrize("path", [LIST, WITHOUT])
async def test_it_is_for_managers(office: Office, path: str) -> None:
    answer = await office.desk.get(Role.early_help_worker, path)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
