"""One contact shows one flag, its worst, with the others inside it."""

from typing import Any

from service.domain.access import Role
from service.usecases.flags import sweep
from tests.support.builders import siblings
from tests.support.desks import Desk, done

WORKER, MANAGER = Role.mash_worker, Role.mash_manager


async def shown(desk: Desk, query: str = "", role: Role = MANAGER) -> list[dict[str, Any]]:
    """What the list of flags shows."""
    return list(done(await desk.get(role, f"/v1/flags{query}"))["items"])


async def left_alone(desk: Desk, hours: int, **changes: Any) -> dict[str, Any]:
    """A contact that nobody has done anything with for so long, and what is late of it."""
    contact = await desk.contact(**changes)
    desk.clock.forward(hours=hours)
    await sweep(desk.house)
    return contact


async def take_on(desk: Desk, *flags: dict[str, Any], role: Role = MANAGER) -> None:
    """Takes flags on in one act, as they were read."""
    body = {
        "words": "I ring the school now, and decide by 17:00.",
        "flags": [{"id": one["id"], "version": one["version"]} for one in flags],
    }
    done(await desk.post(role, "/v1/flags/acknowledgements", body), 201)


async def test_a_contact_shows_its_worst_flag_with_the_others_inside(desk: Desk) -> None:
    contact = await left_alone(desk, 24)
    every = await shown(desk, "?each=true")
    assert len(every) >= 2
    assert all(one["inside"] == [] for one in every)
    [flag] = await shown(desk)
    assert flag["contact_id"] == contact["id"]
    assert flag["severity"] == "breach"
    breaches = [one for one in every if one["severity"] == "breach"]
    assert flag["due_at"] == min(one["due_at"] for one in breaches)
    inside = flag["inside"]
    assert {one["id"] for one in (flag, *inside)} == {one["id"] for one in every}
    rank = ("danger", "breach", "warning")
    order = [(rank.index(one["severity"]), one["due_at"]) for one in inside]
    assert order == sorted(order)


async def test_danger_stands_on_top_and_each_contact_once(desk: Desk) -> None:
    first = await left_alone(desk, 24)
    second = await left_alone(desk, 1, immediate_danger=True)
    found = await shown(desk)
    assert [one["contact_id"] for one in found] == [second["id"], first["id"]]
    assert found[0]["severity"] == "danger"
    assert found[0]["due_at"] > found[1]["due_at"]


async def test_a_new_breach_is_never_hidden_under_what_somebody_took_on(desk: Desk) -> None:
    await left_alone(desk, 2)
    [flag] = await shown(desk)
    await take_on(desk, flag, *flag["inside"])
    [taken] = await shown(desk)
    assert taken["acknowledged_at"] is not None
    desk.clock.forward(hours=23)
    await sweep(desk.house)
    [now] = await shown(desk)
    assert (now["acknowledged_at"], now["severity"]) == (None, "breach")
    assert taken["id"] in [one["id"] for one in now["inside"]]


async def test_filters_leave_out_what_is_inside_as_well(desk: Desk) -> None:
    await left_alone(desk, 24)
    [flag] = await shown(desk, "?severity=breach")
    assert {one["severity"] for one in (flag, *flag["inside"])} == {"breach"}
    [only] = await shown(desk, "?kind=contact_to_referral")
    assert (only["kind"], only["inside"]) == ("contact_to_referral", [])


async def test_a_page_goes_on_after_the_last_contact(desk: Desk) -> None:
    contacts = [await left_alone(desk, 25, immediate_danger=place == 1) for place in range(3)]
    in_one = [one["id"] for one in await shown(desk)]
    assert len(in_one) == len(contacts)
    path, paged = "/v1/flags?limit=1", []
    while path:
        page = done(await desk.get(MANAGER, path))
        paged += [one["id"] for one in page["items"]]
        path = page["next"]
    assert paged == in_one


async def test_what_one_may_not_see_is_inside_nothing(desk: Desk) -> None:
    """One sibling goes to social care, one to early help: that sees nothing of the first."""
    contact = await desk.contact(children=siblings())
    await desk.sign(await desk.draft(contact, 0, "referral"))
    await desk.sign(await desk.draft(contact, 1, "early_help"))
    desk.clock.forward(days=12)
    await sweep(desk.house)
    [all_of_it] = await shown(desk)
    of_social_care = {one["id"] for one in (all_of_it, *all_of_it["inside"]) if hidden(one)}
    assert of_social_care
    [seen] = await shown(desk, role=Role.early_help_worker)
    assert not [one for one in (seen, *seen["inside"]) if hidden(one)]


def hidden(flag: dict[str, Any]) -> bool:
    """Whether it is about what early help is not shown."""
    return flag["subject_kind"] == "referral"


async def flags_a_contact(desk: Desk) -> dict[str, Any]:
    """The measure of the month, all of it."""
    path = "/v1/measures/flags_a_contact?from=2026-10-01&to=2026-12-01"
    return dict(done(await desk.get(MANAGER, path))["total"])


async def test_a_contact_late_by_many_clocks_counts_as_one_flag_until_it_has_cleared(
    desk: Desk,
) -> None:
    late = await left_alone(desk, 24)
    await desk.contact(received_at=desk.clock().isoformat())
    figure = await flags_a_contact(desk)
    assert (figure["numerator"], figure["denominator"]) == (1, 2)
    assert (figure["in_all"], figure["value"]) == (1, 0.5)
    listed = done(await desk.get(MANAGER, figure["cases"]["numerator"]))
    assert [one["id"] for one in listed["items"]] == [late["id"]]
    desk.clock.forward(days=4)
    await sweep(desk.house)
    figure = await flags_a_contact(desk)
    assert (figure["in_all"], figure["value"]) == (2, 1.0)
