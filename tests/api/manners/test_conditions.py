"""If-Match, If-None-Match and Idempotency-Key; ETag and Location."""

import pytest
from httpx import AsyncClient

from tests.api.manners.conftest import KEY, TOY


async def test_a_reading_has_a_strong_etag_and_is_not_stored_by_caches(anna: AsyncClient) -> None:
    answer = await anna.get(TOY)
    assert answer.headers["etag"] == '"3"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["made_at"] == "2026-10-25T00:30:00Z"


@pytest.mark.parametrize("held", ['"3"', 'W/"3"', '"1", "3"', "*", '"9",W/"3"'])
async def test_a_caller_that_holds_the_version_is_told_so(anna: AsyncClient, held: str) -> None:
    answer = await anna.get(TOY, headers={"If-None-Match": held})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == '"3"'


@pytest.mark.parametrize("held", ['"2"', "3", '"3', '""'])
async def test_a_caller_that_holds_another_version_is_answered(
    anna: AsyncClient, held: str
) -> None:
    assert (await anna.get(TOY, headers={"If-None-Match": held})).status_code == 200


async def test_a_change_without_if_match_is_428(anna: AsyncClient) -> None:
    answer = await anna.patch(TOY, json={"name": "b"})
    assert answer.status_code == 428
    assert answer.json()["code"] == "precondition_missing"


async def test_a_change_of_another_version_is_412_with_the_current_etag(anna: AsyncClient) -> None:
    answer = await anna.patch(TOY, json={"name": "b"}, headers={"If-Match": '"2"'})
    assert answer.status_code == 412
    assert answer.headers["etag"] == '"3"'
    assert answer.json()["code"] == "stale"


async def test_a_change_of_the_current_version_gives_the_next(anna: AsyncClient) -> None:
    answer = await anna.patch(TOY, json={"name": "b"}, headers={"If-Match": '"3"'})
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"4"'


@pytest.mark.parametrize(
    "tag",
    [
        "*",
        '"3", "4"',
        'W/"3", W/"3"',
        'w/"3"',
        '"3-gzip-gzip"',
        '"3-3"',
        "W/3",
        '"3","3"',
        "3",
        '"x"',
        '""',
        '"-3"',
        '"03"',
        '"' + "9" * 30 + '"',
    ],
)
async def test_an_if_match_that_could_pass_unread_changes_is_400(
    anna: AsyncClient, tag: str
) -> None:
    answer = await anna.patch(TOY, json={"name": "b"}, headers={"If-Match": tag})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "header:if-match"


@pytest.mark.parametrize(
    "tag", ['W/"3"', '"3-gzip"', '"3--gzip"', '"3;gzip"', '"3-br"', 'W/"3-zstd"', ' W/"3" ']
)
async def test_a_tag_that_a_compressing_proxy_marked_is_still_the_version(
    anna: AsyncClient, tag: str
) -> None:
    assert (await anna.get(TOY, headers={"If-None-Match": tag})).status_code == 304
    answer = await anna.patch(TOY, json={"name": "b"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"4"')
    late = await anna.patch(TOY, json={"name": "c"}, headers={"If-Match": tag.replace("3", "2")})
    assert late.status_code == 412


async def test_two_if_match_headers_are_a_list_and_refused(anna: AsyncClient) -> None:
    answer = await anna.patch(
        TOY, json={"name": "b"}, headers=[("If-Match", '"3"'), ("If-Match", '"4"')]
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("key", [None, "", "x", "1", "{0b7cbd9e-6f0c-4a6a-9d4e-5b8f2a3c1d70}"])
async def test_a_creation_without_a_uuid_for_a_key_is_400(
    anna: AsyncClient, key: str | None
) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = await anna.post("/v1/toys", json={"name": "a"}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "header:idempotency-key"


async def test_a_key_in_quotation_marks_is_the_same_key(anna: AsyncClient) -> None:
    quoted = {"Idempotency-Key": f'"{KEY["Idempotency-Key"]}"'}
    assert (await anna.post("/v1/toys", json={"name": "a"}, headers=quoted)).status_code == 201
    for wrong in (f'"{KEY["Idempotency-Key"]}', '""', "''"):
        answer = await anna.post("/v1/toys", json={"name": "a"}, headers={"Idempotency-Key": wrong})
        assert answer.status_code == 400


async def test_a_creation_says_where_the_thing_is(anna: AsyncClient) -> None:
    answer = await anna.post("/v1/toys", json={"name": "a"}, headers=KEY)
    assert answer.status_code == 201
    assert answer.headers["location"] == TOY
    assert answer.headers["etag"] == '"1"'
    assert (await anna.get(answer.headers["location"])).status_code == 200
