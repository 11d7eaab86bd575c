"""The desks: what waits, soonest first, with the time left to the minute."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from service.domain.access import Role
from service.domain.challenges import ChallengeAnswer
from service.domain.deadlines import Deadline
from service.domain.transfers import FamilyAgreement, Transfer
from service.persistence.records import table_of
from service.usecases.challenges import answer_challenge
from service.usecases.step_downs import decide_returned_transfer
from tests.support.challenges import sides_of
from tests.support.clocks import FixedClock
from tests.support.days import AUTUMN_FRIDAY
from tests.support.desks import Desk, done, open_desk
from tests.support.steps import EVIDENCE, WORDS, Steps, steps_in

WORKER = Role.mash_worker
DEADLINE = table_of(Deadline)


async def log(desk: Desk, **fields: object) -> dict[str, Any]:
    body = {
        "concern": "A neighbour hears shouting at night.",
        "source_code": "1B",
        "channel": "telephone",
        "referrer": {"name": "Neighbour"},
        "children": [{"given_name": "Kit", "family_name": "Vale"}],
        **fields,
    }
    return await desk.made(WORKER, "/v1/contacts", body)


async def test_the_desk_shows_overdue_contacts_on_top_and_the_time_left_to_the_minute(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(AUTUMN_FRIDAY)
    async with open_desk(database_url, tmp_path, clock) as desk:
        first = await log(desk)
        clock.forward(hours=20)
        second = await log(desk)
        clock.forward(hours=4, minutes=7)
        answer = await desk.get(WORKER, "/v1/queues/contacts")
        assert answer.status_code == 200, answer.text
        lines = answer.json()["items"]
        assert [line["contact_id"] for line in lines] == [first["id"], second["id"]]
        assert lines[0]["overdue"] is True
        # Nobody has rated it within the hour.
        assert lines[0]["time_left"] == "23 h 7 min overdue"
        assert lines[1]["time_left"] == "3 h 7 min overdue"
        assert [clock["kind"] for clock in lines[0]["deadlines"]] == [
            "rated",
            "contact_to_referral",
            "statutory_decision",
            "acknowledge_referrer",
        ]
        assert lines[0]["deadlines"][1]["minutes_left"] == -7
        assert lines[0]["next_action"] == "rate"
        assert lines[0]["accountable_team_id"] == "mash"
        assert lines[0]["children"] == ["Kit Vale"]


async def test_the_desk_is_narrowed_by_source_rating_worker_and_town(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(AUTUMN_FRIDAY)
    async with open_desk(database_url, tmp_path, clock) as desk:
        plain = await log(desk)
        school = await log(desk, source_code="2A", town="Weir End")
        rated = await desk.post(
            WORKER, f"/v1/contacts/{school['id']}/triage", {"rating": "red"}, version=1
        )
        me = await desk.account_of(WORKER)
        await desk.post(
            WORKER,
            f"/v1/contacts/{school['id']}/assignment",
            {"worker_id": str(me)},
            version=done(rated)["version"],
        )
        for query, expected in (
            ("source_code=2A", [school["id"]]),
            ("source_code=2A&source_code=1B", [school["id"], plain["id"]]),
            ("rating=red", [school["id"]]),
            (f"assignee_id={me}", [school["id"]]),
            ("unassigned=true", [plain["id"]]),
            ("town=weir%20end", [school["id"]]),
            ("town=Nowhere", []),
        ):
            answer = await desk.get(WORKER, f"/v1/queues/contacts?{query}")
            assert answer.status_code == 200, answer.text
            assert [line["contact_id"] for line in answer.json()["items"]] == expected, query
        mine = await desk.get(WORKER, "/v1/queues/mine")
        assert [line["contact_id"] for line in mine.json()["items"]] == [school["id"]]
        assert mine.json()["items"][0]["worker_name"] == "Development MASH worker"


async def test_a_queue_is_read_by_page_and_each_line_comes_once(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(AUTUMN_FRIDAY)
    async with open_desk(database_url, tmp_path, clock) as desk:
        logged = []
        for _ in range(7):
            logged.append((await log(desk))["id"])
        seen: list[str] = []
        path: str | None = "/v1/queues/contacts?limit=3"
        while path is not None:
            answer = await desk.get(WORKER, path)
            assert answer.status_code == 200, answer.text
            seen += [line["contact_id"] for line in answer.json()["items"]]
            path = answer.json()["next"]
        assert seen == logged


async def test_what_has_no_running_clock_stands_last_on_every_page(
    database_url: str, tmp_path: Path
) -> None:
    """It is not lost, and keeps nobody waiting who has a limit; the sign-off queue does the same.

    The two that were logged first are those without a clock.
    """
    clock = FixedClock(AUTUMN_FRIDAY)
    async with open_desk(database_url, tmp_path, clock) as desk:
        logged, drafted = [], []
        for _ in range(4):
            contact = await desk.contact()
            logged.append(contact["id"])
            drafted.append((await desk.draft(contact, 0, "no_further_action"))["id"])
            clock.forward(minutes=1)
        async with desk.house.database.writing() as connection:
            for contact_id in logged[:2]:
                await connection.execute(
                    update(DEADLINE)
                    .where(DEADLINE.c.contact_id == UUID(contact_id))
                    .values(stopped_at=clock.now, stopped_because="test")
                )
            await connection.commit()
        for queue, order, role in (
            ("contacts", [*logged[2:], *sorted(logged[:2])], Role.mash_worker),
            ("sign-off", [*drafted[2:], *sorted(drafted[:2])], Role.mash_manager),
        ):
            seen: list[dict[str, Any]] = []
            path: str | None = f"/v1/queues/{queue}?limit=3"
            while path is not None:
                page = done(await desk.get(role, path))
                seen, path = [*seen, *page["items"]], page["next"]
            assert [line["subject_id"] for line in seen] == order
            assert [line["due_at"] is None for line in seen] == [False, False, True, True]


async def test_a_superseded_draft_leaves_the_sign_off_queue(
    database_url: str, tmp_path: Path
) -> None:
    async with open_desk(database_url, tmp_path) as desk:
        contact = await desk.contact()
        first = await desk.draft(contact, 0, "early_help")

        async def waiting() -> list[str]:
            found = done(await desk.get(Role.mash_manager, "/v1/queues/sign-off"))["items"]
            return [line["subject_id"] for line in found]

        assert await waiting() == [first["id"]]
        because = {"decision_id": first["id"], "because": "The school rang with new facts."}
        second = await desk.draft(contact, 0, "referral", supersedes=because)
        assert await waiting() == [second["id"]]
        await desk.sign(second, "returned")
        assert await waiting() == []


@pytest.mark.parametrize(
    ("queue", "role", "status"),
    [
        ("contacts", Role.mash_worker, 200),
        ("contacts", Role.performance_analyst, 403),
        ("sign-off", Role.mash_manager, 200),
        ("sign-off", Role.mash_worker, 403),
        ("allocation", Role.assessment_team_manager, 200),
        ("information-requests", Role.mash_worker, 200),
        ("mine", Role.early_help_worker, 200),
        ("mine", Role.system_administrator, 403),
        ("step-up", Role.mash_worker, 200),
        ("step-up", Role.assessment_team_manager, 403),
        ("step-down", Role.early_help_spoc_manager, 200),
        ("step-down", Role.early_help_worker, 403),
        ("challenges", Role.head_of_service, 200),
        ("challenges", Role.mash_worker, 403),
        ("nowhere", Role.mash_worker, 404),
    ],
)
async def test_each_role_has_its_own_queues(
    database_url: str, tmp_path: Path, queue: str, role: Role, status: int
) -> None:
    async with open_desk(database_url, tmp_path) as desk:
        answer = await desk.get(role, f"/v1/queues/{queue}")
        assert answer.status_code == status, answer.text


@dataclass
class Queues:
    """A front door with steps under way, its clock, and its queues as managers read them."""

    desk: Desk
    steps: Steps

    @property
    def clock(self) -> FixedClock:
        return self.desk.clock

    async def lines(
        self, queue: str, role: Role = Role.early_help_spoc_manager, query: str = "", **who: Any
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            await self.desk.read(role, f"/v1/queues/{queue}{query}", **who)
        )["items"]
        return found

    async def line(self, queue: str, transfer: Transfer) -> dict[str, Any]:
        [found] = [one for one in await self.lines(queue) if one["subject_id"] == str(transfer.id)]
        return found


@pytest.fixture
async def queues(database_url: str, tmp_path: Path) -> AsyncIterator[Queues]:
    clock = FixedClock(AUTUMN_FRIDAY)
    async with open_desk(database_url, tmp_path, clock) as desk:
        yield Queues(desk, await steps_in(desk.house))


async def test_a_step_up_is_in_its_queue_at_once_and_says_what_it_waits_for(
    queues: Queues,
) -> None:
    episode = await queues.steps.child_in_early_help()
    asked = await queues.steps.step_up(episode)
    queues.clock.forward(hours=1, minutes=10)
    [line] = await queues.lines("step-up", Role.mash_worker)
    assert line["subject_kind"] == "transfer"
    assert line["reference"] == asked.reference
    assert line["children"] == ["Ada Example"]
    assert (line["next_action"], line["accountable_team_id"]) == ("open_transfer", episode.team_id)
    assert (line["worker_id"], line["overdue"]) == (str(queues.steps.early_help.account_id), False)
    assert [clock["kind"] for clock in line["deadlines"]] == ["step_up_opened", "step_up_answered"]
    assert line["time_left"] == "2 h 50 min left"
    assert line["challenge"] is None
    assert line["transfer"] == {
        "direction": "step_up",
        "asked_by": "sender",
        "state": "requested",
        "reason_code": "risk_increased",
        "sender_team_id": "early-help-spoc",
        "receiver_team_id": "mash",
        "requested_at": "2026-10-23T15:00:00Z",
        "age_minutes": 70,
        "age_working_days": 0,
        "waits_for": "opening",
        "waiting_since": "2026-10-23T15:00:00Z",
        "stuck_at": "2026-10-23T19:00:00Z",
        "stuck": False,
        "steps": {
            "opening_minutes": None,
            "answer_minutes": None,
            "family_agreement_minutes": None,
            "first_visit_minutes": None,
            "completion_minutes": None,
        },
    }
    assert await queues.lines("step-down") == []
    await queues.steps.accept(await queues.steps.opened(asked))
    assert await queues.lines("step-up") == []


async def test_the_next_action_the_accountable_team_and_the_times_follow_a_step_down(
    queues: Queues,
) -> None:
    steps, forward = queues.steps, queues.clock.forward
    referral = await steps.child_in_social_care()
    asked = await steps.step_down(referral)
    forward(hours=2)
    seen = await steps.opened(asked)
    line = await queues.line("step-down", seen)
    assert (line["next_action"], line["transfer"]["waits_for"]) == ("answer_transfer", "answer")
    assert line["transfer"]["waiting_since"] == "2026-10-23T17:00:00Z"
    assert line["accountable_team_id"] == referral.team_id
    assert line["transfer"]["steps"]["opening_minutes"] == 120
    forward(days=3)
    accepted = await steps.accept(seen)
    line = await queues.line("step-down", accepted)
    assert line["next_action"] == "ask_family"
    assert line["accountable_team_id"] == accepted.receiver_team_id
    assert (line["transfer"]["age_working_days"], line["transfer"]["steps"]["answer_minutes"]) == (
        1,
        74 * 60,
    )
    forward(hours=1)
    agreed = await steps.family(accepted, FamilyAgreement.given)
    line = await queues.line("step-down", agreed)
    assert line["next_action"] == "make_first_visit"
    assert line["transfer"]["waiting_since"] == "2026-10-26T18:00:00Z"
    [mine] = [
        one
        for one in await queues.lines("mine", Role.early_help_worker, name="early help worker")
        if one["subject_kind"] == "transfer"
    ]
    assert (mine["subject_id"], mine["next_action"]) == (str(agreed.id), "make_first_visit")
    forward(hours=30)
    visited = await steps.visit(agreed)
    line = await queues.line("step-down", visited)
    assert (line["next_action"], line["transfer"]["waits_for"]) == (
        "complete_transfer",
        "completion",
    )
    assert line["transfer"]["steps"]["first_visit_minutes"] == 31 * 60
    assert line["transfer"]["stuck"] is False
    mine_now = await queues.lines("mine", Role.early_help_worker, name="early help worker")
    assert {one["subject_kind"] for one in mine_now} == {"early_help_episode"}
    forward(days=30)
    line = await queues.line("step-down", visited)
    assert (line["overdue"], line["transfer"]["stuck"]) == (True, True)
    await steps.complete(visited)
    assert await queues.lines("step-down") == []


async def test_a_step_down_that_came_back_waits_for_social_care_to_decide(queues: Queues) -> None:
    steps = queues.steps
    asked = await steps.step_down(await steps.child_in_social_care())
    queues.clock.forward(minutes=30)
    back = await steps.family(asked, FamilyAgreement.refused)
    line = await queues.line("step-down", back)
    assert (line["next_action"], line["transfer"]["state"]) == ("decide_returned", "returned")
    queues.clock.forward(minutes=45)
    again = await steps.do(
        lambda work: decide_returned_transfer(
            work, steps.assessment, back.id, back.version, ask_again=True, words=WORDS
        )
    )
    queues.clock.forward(minutes=5)
    await steps.opened(again)
    line = await queues.line("step-down", again)
    assert line["transfer"]["age_minutes"] == 80
    assert line["transfer"]["steps"]["opening_minutes"] == 5, "from the last request"


async def test_a_refusal_waits_for_who_asked_and_then_for_the_answer_to_the_challenge(
    queues: Queues,
) -> None:
    steps = queues.steps
    refused = await steps.refuse(
        await steps.opened(await steps.step_up(await steps.child_in_early_help()))
    )
    assert (await queues.line("step-up", refused))["next_action"] == "agree_to_refusal"
    assert await queues.lines("challenges") == []
    queues.clock.forward(hours=2)
    challenged = await steps.answer_refusal(refused, agreed=False)
    line = await queues.line("step-up", challenged)
    assert (line["next_action"], line["transfer"]["waits_for"]) == ("answer_challenge", "challenge")
    [line] = await queues.lines("challenges", Role.mash_manager)
    assert (line["subject_kind"], line["next_action"]) == ("challenge", "answer_challenge")
    assert (line["children"], line["accountable_team_id"]) == (["Ada Example"], "early-help-spoc")
    assert [clock["kind"] for clock in line["deadlines"]] == ["challenge_stage_1"]
    assert line["transfer"] is None
    assert line["challenge"] == {
        "thing": "refusal",
        "state": "raised",
        "stage": 1,
        "answering_role": "mash_manager",
        "raised_at": "2026-10-23T17:00:00Z",
    }


@pytest.mark.parametrize(
    ("answer", "state", "of_challenge", "of_transfer", "waits_for"),
    [
        ("agreed", "agreed", "accept_or_escalate", "accept_or_escalate", "challenge"),
        ("upheld", "upheld", "accept_or_escalate", "accept_or_escalate", "challenge"),
        ("changed", "awaiting_change", "accept_transfer", "accept_transfer", "acceptance"),
    ],
)
async def test_an_answered_challenge_waits_for_who_raised_it_or_for_the_change(
    queues: Queues, answer: str, state: str, of_challenge: str, of_transfer: str, waits_for: str
) -> None:
    steps = queues.steps
    refused = await steps.refuse(
        await steps.opened(await steps.step_up(await steps.child_in_early_help()))
    )
    transfer = await steps.answer_refusal(refused, agreed=False)
    [raised] = await queues.lines("challenges")
    await steps.do(
        lambda work: answer_challenge(
            work,
            steps.mash,
            UUID(raised["subject_id"]),
            1,
            answer=ChallengeAnswer(answer),
            words=EVIDENCE,
        )
    )
    [line] = await queues.lines("challenges")
    assert (line["challenge"]["state"], line["next_action"]) == (state, of_challenge)
    line = await queues.line("step-up", transfer)
    assert (line["next_action"], line["transfer"]["waits_for"]) == (of_transfer, waits_for)


async def test_a_challenged_decision_waits_in_the_queue_of_challenges_until_it_ends(
    database_url: str, tmp_path: Path
) -> None:
    clock = FixedClock(AUTUMN_FRIDAY)
    async with open_desk(database_url, tmp_path, clock) as desk:
        queues = Queues(desk, await steps_in(desk.house))
        sides = await sides_of(desk.house)
        helped = await sides.challenged()
        [line] = await queues.lines("challenges")
        assert (line["subject_id"], line["challenge"]["thing"]) == (str(helped.id), "decision")
        assert line["accountable_team_id"] == "early-help-spoc"
        await sides.answer(helped, "changed")
        [line] = await queues.lines("challenges")
        assert line["next_action"] == "decide_anew"
        assert [one["kind"] for one in line["deadlines"]] == ["challenge_change"]


async def test_a_queue_of_steps_has_overdue_ones_on_top_and_is_read_by_page(
    queues: Queues,
) -> None:
    steps = queues.steps
    made = []
    for _ in range(3):
        made.append(await steps.step_up(await steps.child_in_early_help()))
        queues.clock.forward(hours=3)
    # Opened, so that what runs on the first one is its answer alone, by the end of Monday.
    await steps.opened(made[0])
    found = await queues.lines("step-up")
    assert [one["subject_id"] for one in found] == [str(made[place].id) for place in (1, 2, 0)]
    assert [one["overdue"] for one in found] == [True, False, False]
    seen: list[str] = []
    path: str | None = "/v1/queues/step-up?limit=1"
    while path is not None:
        answer = await queues.desk.get(WORKER, path)
        seen += [line["subject_id"] for line in answer.json()["items"]]
        path = answer.json()["next"]
    assert seen == [one["subject_id"] for one in found]


async def test_what_waits_for_a_first_visit_is_nobody_elses_and_needs_the_scope(
    queues: Queues,
) -> None:
    steps = queues.steps
    asked = await steps.step_down(await steps.child_in_social_care())
    await steps.accept(await steps.opened(asked))

    async def kinds(**who: Any) -> set[str]:
        lines = await queues.lines("mine", Role.early_help_worker, **who)
        return {one["subject_kind"] for one in lines}

    assert await kinds(name="early help worker") == {"transfer", "early_help_episode"}
    assert await kinds(name="another early help worker") == set()
    [all_but] = [await kinds(name="early help worker", scopes=["contacts.read"])]
    assert all_but == {"early_help_episode"}
