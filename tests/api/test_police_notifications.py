"""Police notifications and daily meetings over HTTP: sent, followed, heard, decided."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.limits import BODY_BYTES
from service.domain.access import Role
from service.domain.police_notifications import MOST_BYTES
from service.usecases.notification_loading import load_notifications
from tests.support.builders import child_body, decision_body
from tests.support.desks import Desk, done, expect_refusal, faults
from tests.support.effort import effort
from tests.support.houses import token
from tests.support.matches import others_named
from tests.support.notifications import FORCE, notification_body, notification_file, send_file

POLICE, MASH, MANAGER = Role.partner_system, Role.mash_worker, Role.mash_manager
PATH, FILES = "/v1/police-notifications", "/v1/police-notification-imports"
MONDAYS_AGENDA = "/v1/daily-meetings/2026-10-26"
BECAUSE = "The school is closed until Monday, and only it knows where the child sleeps."


async def send(desk: Desk, **changes: Any) -> httpx.Response:
    body = notification_body(**changes)
    return await desk.post(POLICE, PATH, body, organisation=FORCE)


async def test_the_receipt_tells_the_meeting_and_nothing_of_what_is_on_file(desk: Desk) -> None:
    number = "9434765919"
    await desk.contact(children=[child_body("Known", nhs_number=number)])
    receipt = done(await send(desk, children=[child_body("Other", nhs_number=number)]), 201)
    # Friday 16:00 is after the cut-off.
    assert (receipt["meeting_on"], receipt["waits_for"]) == ("2026-10-26", "2026-10-26")
    assert (receipt["agreement"], receipt["risk"]) == ("not_sought", "high")
    assert "999" in receipt["immediate_danger"]
    assert "Known" not in str(receipt)
    assert "person_id" not in str(receipt)


async def test_an_incident_sent_again_comes_back_with_200(desk: Desk) -> None:
    first = done(await send(desk), 201)
    again = done(await send(desk, concern="Told again in other words."), 200)
    assert (again["id"], again["updates"]) == (first["id"], 1)
    own = await desk.get(POLICE, f"{PATH}/{first['id']}", organisation=FORCE)
    assert done(own)["reference"] == first["reference"]
    assert own.headers["etag"]


async def test_whether_agreement_was_sought_is_always_said(desk: Desk) -> None:
    for agreement in ({}, {"note": "Nobody asked."}):
        problem = expect_refusal(await send(desk, agreement=agreement), 422, "invalid")
        assert faults(problem) == [("/agreement/state", "missing")]
    body = notification_body()
    del body["agreement"]
    answer = await desk.post(POLICE, PATH, body, organisation=FORCE)
    assert faults(expect_refusal(answer, 422, "invalid")) == [("/agreement", "missing")]


async def test_another_force_or_agency_does_not_see_it(desk: Desk) -> None:
    made = done(await send(desk), 201)
    file = done(await send_file(desk, notification_file(2)), 202)
    for path, code in (
        (f"{PATH}/{made['id']}", "police_notification_not_found"),
        (f"{FILES}/{file['id']}", "police_notification_import_not_found"),
    ):
        expect_refusal(await desk.get(POLICE, path, organisation="mill-lane-primary"), 404, code)
        assert (await desk.get(MASH, path)).status_code == 200
    listed = await desk.get(POLICE, FILES, organisation="mill-lane-primary")
    assert done(listed)["items"] == []
    other = await desk.post(POLICE, PATH, notification_body(), organisation="mill-lane-primary")
    expect_refusal(other, 403, "not_the_police")


async def test_a_file_is_taken_on_followed_and_loaded_once_for_its_key(desk: Desk) -> None:
    key = str(uuid4())
    answer = await send_file(desk, notification_file(40), key=key)
    file = done(answer, 202)
    assert answer.headers["location"] == f"{FILES}/{file['id']}"
    assert (file["state"], file["rows_total"]) == ("received", 40)
    again = await send_file(desk, notification_file(40), key=key)
    assert (again.headers["idempotent-replayed"], again.json()["id"]) == ("true", file["id"])
    expect_refusal(
        await send_file(desk, notification_file(42), key=key), 422, "idempotency_key_used_before"
    )
    assert await load_notifications(desk.house) == 1
    found = await desk.get(POLICE, answer.headers["location"], organisation=FORCE)
    whole = done(found)
    assert found.headers["etag"] == f'"{whole["version"]}"'
    assert (whole["state"], whole["notifications_made"], whole["faults"]) == ("loaded", 20, [])
    assert whole["in_words"] == "Loaded: 20 notifications from 40 rows."


async def test_a_refused_file_names_its_faults_by_row(desk: Desk) -> None:
    file = done(await send_file(desk, notification_file(6, {4: {"risk": "secret-place"}})), 202)
    await load_notifications(desk.house)
    answer = await desk.get(POLICE, f"{FILES}/{file['id']}", organisation=FORCE)
    whole = done(answer)
    assert (whole["state"], whole["faults_total"], whole["notifications_made"]) == ("refused", 1, 0)
    [fault] = whole["faults"]
    assert (fault["row"], fault["column"]) == (4, "risk")
    assert "secret-place" not in answer.text


async def test_a_file_may_be_longer_than_other_bodies_and_no_longer_than_that(desk: Desk) -> None:
    long = notification_file(9000)
    assert len(long) > BODY_BYTES
    assert done(await send_file(desk, long), 202)["rows_total"] == 9000
    expect_refusal(await send_file(desk, b"x" * (MOST_BYTES + 1)), 413, "body_too_large")
    # Another route takes no more than before, and neither does what is sent in pieces.
    answer = await desk.client.post("/v1/contacts", content=long, headers={})
    expect_refusal(answer, 413, "body_too_large")

    async def pieces() -> Any:
        for _ in range(MOST_BYTES // 2**20 + 2):
            yield b"x" * 2**20

    sent = {
        "Authorization": f"Bearer {token(desk.house, POLICE, organisation=FORCE)}",
        "Idempotency-Key": str(uuid4()),
        "Content-Type": "text/csv",
    }
    answer = await desk.client.post(FILES, content=pieces(), headers=sent)
    expect_refusal(answer, 413, "body_too_large")


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        ("text/csv", 202),
        ("text/csv; charset=utf-8; header=present", 202),
        ("text/csv; charset=windows-1252", 415),
        ("application/json", 415),
        ("text/plain", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 415),
    ],
)
async def test_a_file_is_sent_as_csv(desk: Desk, media_type: str, status: int) -> None:
    answer = await send_file(desk, notification_file(2), media_type=media_type)
    assert answer.status_code == status, answer.text
    if status == 415:
        assert answer.json()["code"] == "media_type_not_supported"
        told = answer.json()["title"] + answer.json()["detail"]
        assert "text/csv" in told
        assert "JSON" not in told


async def test_an_empty_or_foreign_file_is_refused_at_once(desk: Desk) -> None:
    for content in (b"", b"name,address\r\n1,2\r\n"):
        expect_refusal(await send_file(desk, content), 422, "file_unreadable")


async def test_an_agenda_is_read_decided_carried_over_and_concluded(desk: Desk) -> None:
    for number in range(3):
        done(await send(desk, number=f"RVB-{number}", children=[child_body(f"Child{number}")]), 201)
    desk.clock.now = desk.clock.now.replace(day=26, hour=10)
    answer = await desk.get(MASH, f"{MONDAYS_AGENDA}?limit=2")
    agenda = done(answer)
    assert (agenda["waiting"], agenda["state"], len(agenda["items"])) == (3, "open", 2)
    assert answer.headers["link"] == f'<{agenda["next"]}>; rel="next"'
    [last] = done(await desk.get(MASH, agenda["next"]))["items"]
    first, second = agenda["items"]
    assert (first["child"]["age"], first["agreement"]) == (8, "not_sought")
    assert first["possible_actions"] == ["decide", "carry_over"]

    path = f"{MONDAYS_AGENDA}/items/{first['id']}"
    wrong = decision_body(second["child"]["child_id"], "no_further_action")
    problem = expect_refusal(
        await desk.post(MASH, f"{path}/outcome", wrong), 422, "item_of_another_child"
    )
    assert faults(problem) == [("/child_id", "another_child")]
    body = decision_body(first["child"]["child_id"], "no_further_action")
    # The other incidents are told of children of the same name: of others, as it turns out.
    refused = await desk.post(MASH, f"{path}/outcome", body)
    expect_refusal(refused, 422, "possible_match_unresolved")
    body["matches"] = others_named(refused)
    decision = done(await desk.post(MASH, f"{path}/outcome", body), 201)
    assert decision["state"] == "awaiting_sign_off"
    expect_refusal(await desk.post(MASH, f"{path}/outcome", body), 409, "wrong_state")

    path = f"{MONDAYS_AGENDA}/items/{second['id']}"
    read = await desk.get(MASH, path)
    assert read.headers["etag"] == '"1"'
    carrying = {"because": BECAUSE}
    over = f"{path}/carrying-over"
    expect_refusal(await desk.post(MASH, over, carrying), 428, "precondition_missing")
    expect_refusal(await desk.post(MASH, over, carrying, version=7), 412, "stale")
    carried = done(await desk.post(MASH, over, carrying, version=1))
    assert (carried["state"], carried["carried_over_because"]) == ("carried_over", BECAUSE)
    assert carried["carried_to"]["meeting_on"] == "2026-10-27"
    expect_refusal(await desk.post(MASH, over, carrying, version=2), 409, "wrong_state")

    conclude = f"{MONDAYS_AGENDA}/conclusion"
    problem = expect_refusal(
        await desk.post(MANAGER, conclude, None), 409, "daily_meeting_items_waiting"
    )
    assert problem["detail"].startswith("1 child waits")
    await desk.post(MASH, f"{MONDAYS_AGENDA}/items/{last['id']}/carrying-over", carrying, version=1)
    concluded = done(await desk.post(MANAGER, conclude, None), 201)
    assert concluded["state"] == "concluded"
    expect_refusal(await desk.post(MANAGER, conclude, None), 409, "wrong_state")
    tomorrow = done(await desk.get(MASH, "/v1/daily-meetings/2026-10-27"))
    assert [one["carried_from"]["because"] for one in tomorrow["items"]] == [BECAUSE] * 2


async def test_no_day_no_agenda(desk: Desk) -> None:
    for day in ("2026-02-30", "today", "2026-10-26T00:00:00Z"):
        expect_refusal(await desk.get(MASH, f"/v1/daily-meetings/{day}"), 404, "not_found")
    expect_refusal(
        await desk.get(MASH, f"{MONDAYS_AGENDA}/items/{uuid4()}"),
        404,
        "daily_meeting_item_not_found",
    )


async def test_who_else_is_served_does_not_wait_while_a_file_is_looked_through(desk: Desk) -> None:
    """Counted in the lines of ours that the event loop runs: they do not grow with the file."""
    spent = []
    for rows in (20, 4_000):
        content = notification_file(rows)
        with effort() as counted:
            done(await send_file(desk, content), 202)
        spent.append(counted.lines)
    assert spent[1] < spent[0] + 500


async def test_a_file_of_commas_is_refused_as_a_small_one_is(desk: Desk) -> None:
    spent = []
    for length in (2**19, 12 * 2**20):
        with effort() as counted:
            answer = await send_file(desk, b"," * length)
        expect_refusal(answer, 422, "file_unreadable")
        spent.append(counted.lines)
    assert spent[1] < spent[0] + 2_000
