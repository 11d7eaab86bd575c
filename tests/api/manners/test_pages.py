"""Lists by page: cursors that are good for one caller, one list and one filter."""

import re
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from httpx import AsyncClient

from api.cursors import Cursors, Place
from api.errors import CursorInvalid
from tests.api.manners.toys import ANNA, BELA, CURSORS


async def test_a_list_is_read_to_its_end_by_following_next(anna: AsyncClient) -> None:
    path, seen, pages = "/v1/toys?limit=2&colour=red", [], 0
    while path is not None:
        answer = await anna.get(path)
        told = answer.json()
        seen += [item["id"] for item in told["items"]]
        path, pages = told["next"], pages + 1
        if path is None:
            assert "link" not in answer.headers
        else:
            assert answer.headers["link"] == f'<{path}>; rel="next"'
            assert path.startswith("/v1/toys?limit=2&colour=red&cursor=")
            assert path.count("cursor=") == 1
    assert pages == 3
    assert seen == [str(UUID(int=number)) for number in range(5)]


async def test_a_cursor_of_another_caller_or_another_filter_is_refused(anna: AsyncClient) -> None:
    following = (await anna.get("/v1/toys?colour=red")).json()["next"]
    for path, headers in (
        (following, {"Authorization": "Bearer bela"}),
        (following.replace("colour=red", "colour=blue"), {}),
        (following.replace("colour=red&", ""), {}),
    ):
        answer = await anna.get(path, headers=headers)
        assert answer.status_code == 400, path
        assert answer.json()["code"] == "cursor_invalid"


async def test_a_cursor_with_any_character_changed_is_refused() -> None:
    cursor = CURSORS.give("toys", Place((1,), UUID(int=1)), account_id=ANNA)
    assert CURSORS.read("toys", cursor, account_id=ANNA) == Place((1,), UUID(int=1))
    # The last character of an unpadded text may hold bits that mean nothing, so it is left out.
    ends = {len(cursor) - 1}
    for place, character in enumerate(cursor):
        if place in ends:
            continue
        changed = cursor[:place] + ("A" if character != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(CursorInvalid):
            CURSORS.read("toys", changed, account_id=ANNA)


@pytest.mark.parametrize("cursor", ["", ".", "a.b", "a" * 513, "é", "a\x00", "W10.x"])
def test_what_never_was_a_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        CURSORS.read("toys", cursor, account_id=ANNA)


def test_a_cursor_of_another_list_or_another_key_is_refused() -> None:
    cursor = CURSORS.give("toys", Place((None,), UUID(int=1)), account_id=ANNA)
    with pytest.raises(CursorInvalid):
        CURSORS.read("contacts", cursor, account_id=ANNA)
    with pytest.raises(CursorInvalid):
        Cursors("another key").read("toys", cursor, account_id=ANNA)
    with pytest.raises(CursorInvalid):
        CURSORS.read("toys", cursor, account_id=BELA)


def test_a_cursor_brings_back_every_kind_of_key_and_holds_no_text() -> None:
    key = (datetime(2026, 10, 25, 0, 30, 0, 1, UTC), date(2026, 1, 1), 7, None, UUID(int=9))
    cursor = CURSORS.give("toys", Place(key, UUID(int=1)), account_id=ANNA, filters={"a": [1]})
    assert re.fullmatch(r"[A-Za-z0-9._~-]{1,512}", cursor)
    read = CURSORS.read("toys", cursor, account_id=ANNA, filters={"a": [1]})
    assert read == Place(key, UUID(int=1))
    with pytest.raises(TypeError, match="URL"):
        CURSORS.give("toys", Place(("Jane",), UUID(int=1)), account_id=ANNA)
