"""What was amended of a contact is read again: the old words and the new, by whom and why."""

from typing import Any

from service.domain.access import Role
from tests.support.builders import Body, child_body
from tests.support.desks import Desk, done, expect_refusal

WORKER, HELPER = Role.mash_worker, Role.early_help_worker


def ben(**changes: Any) -> Body:
    return child_body("Ben", date_of_birth="2020-02-02", sex="M", **changes)


async def amended(desk: Desk, contact: Body, **changes: Any) -> Body:
    """The contact after an amendment; the reason is that somebody rang back, unless told."""
    path = f"/v1/contacts/{contact['id']}"
    sent = {"reason": "The school rang back.", **changes}
    headers = desk.headers(WORKER, version=contact["version"])
    return done(await desk.client.patch(path, json=sent, headers=headers))


async def removed(desk: Desk, contact: Body, place: int, because: str) -> Body:
    child_id = contact["children"][place]["id"]
    path = f"/v1/contacts/{contact['id']}/children/{child_id}/removal"
    return done(await desk.post(WORKER, path, {"because": because}, version=contact["version"]))


async def listed(desk: Desk, contact: Body, role: Role = WORKER) -> list[Body]:
    found = done(await desk.get(role, f"/v1/contacts/{contact['id']}/amendments"))
    assert found["next"] is None
    items: list[Body] = found["items"]
    return items


def fields_of(amendment: Body) -> dict[tuple[str | None, str], tuple[Any, Any]]:
    return {
        (one["child_id"] or one["adult_id"], one["pointer"]): (one["before"], one["after"])
        for one in amendment["changes"]
    }


async def test_old_and_new_words_are_read_with_who_and_when_and_why(desk: Desk) -> None:
    father_not_known = {"relationship": "father", "name_known": False}
    contact = await desk.contact(agreement={"state": "not_known"}, adults=[father_not_known])
    assert await listed(desk, contact) == []
    child, father = contact["children"][0]["id"], contact["adults"][0]["id"]
    desk.clock.forward(minutes=20)
    now = await amended(
        desk,
        contact,
        concern="He said that he fell.",
        immediate_danger=True,
        agreement={"state": "refused", "note": "The mother says no."},
        referrer={"name": "Priya Shaw"},
        children=[{"id": child, "given_name": "Amarah", "disability_codes": ["COMM"]}],
        adults=[{"id": father, "name_known": True, "given_name": "Ike"}],
    )
    (amendment,) = await listed(desk, now)
    assert amendment["amended_at"] == "2026-10-23T15:20:00Z"
    assert amendment["amended_by"] == str(await desk.account_of(WORKER))
    assert amendment["reason"] == "The school rang back."
    assert amendment["not_shown"] == []
    assert {one["kind"] for one in amendment["changes"]} == {"changed"}
    assert fields_of(amendment) == {
        (None, "/concern"): (contact["concern"], "He said that he fell."),
        (None, "/immediate_danger"): (False, True),
        (None, "/agreement/state"): ("not_known", "refused"),
        (None, "/agreement/note"): (None, "The mother says no."),
        (None, "/referrer/name"): (contact["referrer"]["name"], "Priya Shaw"),
        (child, "/given_name"): ("Amara", "Amarah"),
        (child, "/disability_codes"): ([], ["COMM"]),
        (father, "/name_known"): (False, True),
        (father, "/given_name"): (None, "Ike"),
    }


async def test_each_pointer_leads_to_what_the_contact_says_now(desk: Desk) -> None:
    contact = await desk.contact()
    now = await amended(
        desk,
        contact,
        received_at="2026-10-23T14:00:00Z",
        postcode="ZZ99 3VZ",
        lawful_basis={"basis": "public_task", "sharing_reason": "Asking would be a risk."},
        children=[{"id": contact["children"][0]["id"], "date_of_birth": "2018-04-10"}, ben()],
        adults=[{"relationship": "other_relative", "name_known": False}],
    )
    (amendment,) = await listed(desk, now)
    told = {one["id"]: one for one in (*now["children"], *now["adults"])}
    for change in amendment["changes"]:
        here: Any = (
            told[change["child_id"] or change["adult_id"] or ""]
            if (change["child_id"] or change["adult_id"])
            else now
        )
        for name in change["pointer"].split("/")[1:]:
            here = here[name]
        assert here == change["after"], change
    added = {one["child_id"] for one in amendment["changes"] if one["kind"] == "added"}
    assert now["children"][1]["id"] in added
    # Nothing of how the record is kept, which the contact does not say either.
    names = {one["pointer"] for one in amendment["changes"] if one["child_id"]}
    assert not names & {"/state", "/position", "/contact_id", "/set_aside", "/id", "/decided_at"}


async def test_what_could_not_be_read_and_was_put_right_is_read_as_it_was_told(desk: Desk) -> None:
    contact = await desk.contact(
        postcode="near the weir",
        children=[child_body(ethnicity_code="White British")],
        adults=[{"relationship": "mother", "telephone": "ring only after six, " * 3}],
    )
    child, mother = contact["children"][0], contact["adults"][0]
    now = await amended(
        desk,
        contact,
        postcode="ZZ99 3VZ",
        children=[{"id": child["id"], "ethnicity_code": "WBRI"}],
        adults=[{"id": mother["id"], "telephone": "01632 960123"}],
    )
    (amendment,) = await listed(desk, now)
    found = fields_of(amendment)
    for whom, before, name, right in (
        (None, contact, "postcode", "ZZ99 3VZ"),
        (child["id"], child, "ethnicity_code", "WBRI"),
        (mother["id"], mother, "telephone", "01632 960123"),
    ):
        assert found[(whom, f"/kept_as_told/{name}")] == (before["kept_as_told"][name], None)
        assert found[(whom, f"/{name}")] == (None, right)


async def test_what_was_told_of_a_child_who_was_taken_off_is_read_by_the_desk_alone(
    desk: Desk,
) -> None:
    contact = await desk.contact(children=[child_body("Ada"), ben(school="Weir Street Nursery")])
    gone = contact["children"][1]["id"]
    because = "Ben Okafor is of another class: he is not of this family."
    now = await removed(desk, contact, 1, because)
    now = await amended(desk, now, town="Riverbourne", reason="The town was left out before.")
    town, removal = await listed(desk, now)
    assert {one["kind"] for one in removal["changes"]} == {"removed"}
    assert {one["child_id"] for one in removal["changes"]} == {gone}
    assert fields_of(removal)[(gone, "/school")] == ("Weir Street Nursery", None)
    assert removal["reason"] == because
    await desk.sign(await desk.draft(now, 0, "early_help"))
    seen_town, hidden = await listed(desk, now, HELPER)
    assert seen_town == town
    assert hidden == {
        **removal,
        "reason": None,
        "changes": [],
        "not_shown": ["reason", "changes"],
    }


async def test_the_list_goes_by_pages_newest_first(desk: Desk) -> None:
    contact = await desk.contact()
    for town in ("Weirford", "Millbourne", "Riverbourne"):
        desk.clock.forward(minutes=1)
        contact = await amended(desk, contact, town=town)
    path: str | None = f"/v1/contacts/{contact['id']}/amendments?limit=2"
    towns: list[Any] = []
    pages = 0
    while path is not None:
        page = done(await desk.get(WORKER, path))
        towns += [one["changes"][0]["after"] for one in page["items"]]
        path, pages = page["next"], pages + 1
    assert (towns, pages) == (["Riverbourne", "Millbourne", "Weirford"], 2)
    # A place in the list of one contact is none in another's.
    other = await desk.contact(children=[ben()])
    first = done(await desk.get(WORKER, f"/v1/contacts/{contact['id']}/amendments?limit=2"))
    stolen = first["next"].replace(contact["id"], other["id"])
    expect_refusal(await desk.get(WORKER, stolen), 400, "cursor_invalid")


async def test_whoever_does_not_see_the_contact_reads_nothing_of_what_was_amended(
    desk: Desk,
) -> None:
    contact = await amended(desk, await desk.contact(), town="Riverbourne")
    path = f"/v1/contacts/{contact['id']}/amendments"
    expect_refusal(await desk.get(HELPER, path), 404, "contact_not_found")
    expect_refusal(await desk.get(Role.performance_analyst, path), 403, "role_missing")
    partner = await desk.get(Role.partner_system, path, organisation="mill-lane-primary")
    expect_refusal(partner, 403, "role_missing")
