"""Missing children over HTTP: reported, returned, interviewed; and what is refused, with why."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from service.domain.access import Role
from service.domain.missing_episodes import MissingEpisode
from tests.support.builders import Body, headers
from tests.support.days import AUTUMN_FRIDAY
from tests.support.desks import Desk, done, expect_refusal, faults

WORKER, MANAGER, HELPER = Role.mash_worker, Role.mash_manager, Role.early_help_worker
LEFT = "Amara left after an argument about her telephone and did not come home by ten."
BACK = "A neighbour saw her at the bus station, and the police brought her home."
HELD: Body = {
    "step": "held",
    "interviewer": "Dele Ade, youth worker",
    "independent": True,
    "where": "At school",
}


def at(hours: float) -> str:
    """An instant so many hours after Friday 16:00."""
    return (AUTUMN_FRIDAY + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def report(contact: Body, **changes: Any) -> Body:
    return {
        "contact_id": contact["id"],
        "child_id": contact["children"][0]["id"],
        "missing_from": at(-2),
        "reported_at": at(-1),
        "circumstances": LEFT,
        **changes,
    }


def back(hours: float = 0, **changes: Any) -> Body:
    return {
        "returned_at": at(hours),
        "found_where": "Bus station",
        "circumstances": BACK,
        **changes,
    }


async def missing(desk: Desk, **changes: Any) -> Body:
    contact = await desk.contact()
    return done(await desk.post(WORKER, "/v1/missing-episodes", report(contact, **changes)), 201)


async def act(desk: Desk, episode: Body, move: str, body: Body, role: Role = WORKER) -> Any:
    path = f"/v1/missing-episodes/{episode['id']}/{move}"
    return await desk.post(role, path, body, version=episode["version"])


async def test_a_reference_of_release_0_3_is_read_as_it_was_given_out(desk: Desk) -> None:
    # With the letter of strategy meetings: somebody has it on paper.
    episode = await missing(desk)
    old = "M" + episode["reference"][1:]
    await desk.house.perform(
        lambda work: work.change(
            MissingEpisode, UUID(episode["id"]), episode["version"], reference=old
        )
    )
    read = done(await desk.get(WORKER, f"/v1/missing-episodes/{episode['id']}"))
    assert read["reference"] == old
    returned = done(await act(desk, read, "return", back()))
    assert (returned["reference"], returned["state"]) == (old, "returned")


async def test_reported_returned_and_interviewed(desk: Desk) -> None:
    contact = await desk.contact()
    answer = await desk.post(WORKER, "/v1/missing-episodes", report(contact))
    episode = done(answer, 201)
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"/v1/missing-episodes/{episode['id']}"
    assert (episode["state"], episode["possible_actions"]) == ("missing", ["record_return"])
    assert episode["reference"].startswith("W-")
    episode = done(await act(desk, episode, "return", back()))
    [clock] = episode["deadlines"]
    assert (clock["kind"], clock["due_at"]) == ("return_home_interview", at(72))
    assert "72 hours, day and night" in clock["explanation"]["sum"]
    desk.clock.forward(hours=20)
    offered = {"step": "offered", "happened_at": at(5)}
    episode = done(await act(desk, episode, "return-interview", offered, MANAGER))
    held = {**HELD, "happened_at": at(19), "words": "She spoke of an older friend in Weir."}
    episode = done(await act(desk, episode, "return-interview", held))
    assert (episode["state"], episode["possible_actions"]) == ("interview_held", [])
    assert episode["deadlines"][0]["happened_at"] == at(19)
    read = await desk.get(MANAGER, f"/v1/missing-episodes/{episode['id']}")
    assert (done(read), read.headers["etag"]) == (episode, '"4"')
    assert [step["action"] for step in episode["steps"]] == [
        "report",
        "record_return",
        "offer_interview",
        "hold_interview",
    ]


async def test_the_same_request_twice_is_one_episode(desk: Desk) -> None:
    contact = await desk.contact()
    sent = headers(desk.house, WORKER)
    first = await desk.client.post("/v1/missing-episodes", json=report(contact), headers=sent)
    again = await desk.client.post("/v1/missing-episodes", json=report(contact), headers=sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    listed = done(await desk.get(WORKER, "/v1/missing-episodes"))
    assert len(listed["items"]) == 1


async def test_a_second_report_names_the_state_and_what_to_do(desk: Desk) -> None:
    contact = await desk.contact()
    episode = done(await desk.post(WORKER, "/v1/missing-episodes", report(contact)), 201)
    problem = expect_refusal(
        await desk.post(WORKER, "/v1/missing-episodes", report(contact)), 409, "missing_already"
    )
    assert episode["reference"] in problem["detail"]
    assert (problem["state"], problem["allowed"]) == ("missing", ["record_return"])


async def test_a_wrong_order_is_refused_with_what_is_possible(desk: Desk) -> None:
    episode = await missing(desk)
    offered = {"step": "offered", "happened_at": at(0)}
    problem = expect_refusal(
        await act(desk, episode, "return-interview", offered), 409, "wrong_state"
    )
    assert problem["allowed"] == ["record_return"]
    early = expect_refusal(
        await act(desk, episode, "return", back(-3)), 422, "missing_episode_incomplete"
    )
    assert ("/returned_at", "return_before_missing") in faults(early)
    returned = done(await act(desk, episode, "return", back()))
    stale = await act(desk, episode | {"version": 1}, "return-interview", offered)
    expect_refusal(stale, 412, "stale")
    assert returned["version"] == 2


async def test_every_fault_of_a_report_is_named_at_once(desk: Desk) -> None:
    contact = await desk.contact()
    body = report(
        contact,
        missing_from=at(1),
        reported_at=at(-1),
        circumstances="n/a",
        returned=back(2, circumstances="n/a"),
    )
    problem = expect_refusal(
        await desk.post(WORKER, "/v1/missing-episodes", body), 422, "missing_episode_incomplete"
    )
    assert set(faults(problem)) == {
        ("/missing_from", "in_the_future"),
        ("/reported_at", "before_missing"),
        ("/returned/returned_at", "in_the_future"),
        ("/circumstances", "boiler_plate"),
        ("/returned/circumstances", "boiler_plate"),
    }


async def test_a_list_goes_on_from_page_to_page_and_is_narrowed(desk: Desk) -> None:
    episodes = []
    for hours in (-30, -20, -10):
        episodes.append(await missing(desk, missing_from=at(hours), reported_at=None))
    seen = []
    path: str | None = "/v1/missing-episodes?limit=2"
    while path is not None:
        answer = done(await desk.get(WORKER, path))
        seen += [one["id"] for one in answer["items"]]
        path = answer["next"]
    assert seen == [one["id"] for one in reversed(episodes)]
    only = done(
        await desk.get(WORKER, f"/v1/missing-episodes?person_id={episodes[0]['person_id']}")
    )
    assert [one["id"] for one in only["items"]] == [episodes[0]["id"]]
    none = done(await desk.get(WORKER, "/v1/missing-episodes?state=returned"))
    assert none["items"] == []


async def test_a_measure_of_other_things_lists_no_missing_episodes(desk: Desk) -> None:
    answer = await desk.get(WORKER, "/v1/missing-episodes?measure=PI1")
    expect_refusal(answer, 422, "measure_counts_others")


async def test_who_may_not_see_the_contact_is_told_that_there_is_nothing(desk: Desk) -> None:
    episode = await missing(desk)
    path = f"/v1/missing-episodes/{episode['id']}"
    expect_refusal(await desk.get(HELPER, path), 404, "missing_episode_not_found")
    nothing = await desk.get(HELPER, f"/v1/missing-episodes/{uuid4()}")
    expect_refusal(nothing, 404, "missing_episode_not_found")
    answer = await act(
        desk, episode, "return-interview", {"step": "offered", "happened_at": at(0)}, HELPER
    )
    expect_refusal(answer, 404, "missing_episode_not_found")
    assert done(await desk.get(HELPER, "/v1/missing-episodes"))["items"] == []
    contact = await desk.contact()
    unseen = await desk.post(Role.assessment_team_worker, "/v1/missing-episodes", report(contact))
    expect_refusal(unseen, 404, "contact_not_found")
