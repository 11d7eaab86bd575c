"""The shape of a refusal, and the pages of the codes."""

import pytest
from httpx import AsyncClient

from api.errors import FAMILIES, kinds_of_problem, status_of
from api.schemas.problems import ProblemDocument
from tests.api.manners.conftest import JSON, KEY, READ, TOY


async def test_every_kind_of_refusal_has_the_same_shape_and_a_type_that_resolves(
    anna: AsyncClient, nobody: AsyncClient
) -> None:
    answers = [
        await anna.get("/v1/nothing"),
        await anna.get("/v1/toys/x"),
        await anna.put(TOY),
        await nobody.get(TOY),
        await anna.delete(TOY, headers=READ),
        await anna.post(f"{TOY}/play", headers=READ),
        await anna.patch(TOY, json={"name": "b"}),
        await anna.patch(TOY, json={"name": "b"}, headers={"If-Match": '"1"'}),
        await anna.get(TOY, headers={"Accept": "text/html"}),
        await anna.post("/v1/toys", content=b"x", headers=KEY),
        await anna.post("/v1/toys", content=b"x", headers=KEY | JSON),
        await anna.post("/v1/toys", json={}, headers=KEY),
        await anna.post("/v1/toys", content=b"a" * 2_000_000, headers=KEY | JSON),
        await anna.get("/v1/toys?cursor=x"),
        await anna.get("/faulty/secret/x"),
        await anna.get("/faulty/away"),
    ]
    assert {answer.status_code for answer in answers} == {
        400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 500, 503,
    }  # fmt: skip  # read as a table
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        told = ProblemDocument.model_validate(answer.json(), strict=True, extra="forbid")
        assert told.status == answer.status_code
        assert told.request_id == answer.headers["x-request-id"]
        assert told.type == f"/problems/{told.code}"
        if told.code != "toy_broken":
            page = await nobody.get(told.type)
            assert page.status_code == 200
            assert page.json()["code"] == told.code


async def test_a_conflict_names_the_state_and_what_can_be_done(anna: AsyncClient) -> None:
    told = (await anna.post(f"{TOY}/play", headers=READ)).json()
    assert told["code"] == "toy_broken"
    assert told["state"] == "broken"
    assert told["allowed"] == ["mend"]


def test_every_code_stands_for_one_status() -> None:
    kinds = kinds_of_problem()
    assert len(kinds) > 18
    for code, kind in kinds.items():
        assert kind.code == code
        assert 400 <= status_of(kind) <= 599
        assert kind.__doc__
    for family, status in FAMILIES:
        assert status_of(family) == status


async def test_a_browser_is_shown_a_page_and_a_program_json(nobody: AsyncClient) -> None:
    page = await nobody.get("/problems/stale", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1>Changed by someone else</h1>" in page.text
    index = await nobody.get("/problems", headers={"Accept": "text/html"})
    assert '<a href="/problems/stale">' in index.text
    listed = (await nobody.get("/problems")).json()["items"]
    assert {told["code"] for told in listed} == set(kinds_of_problem())
    assert (await nobody.get("/problems/nothing_such")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/faulty/teapot", 418, "refused"),
        ("/faulty/busy", 409, "busy"),
    ],
)
async def test_what_the_database_and_the_framework_raise_is_answered_in_our_words(
    nobody: AsyncClient, path: str, status: int, code: str
) -> None:
    answer = await nobody.get(path)
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert "CANARY" not in answer.text
    assert ("retry-after" in answer.headers) is (status in (503, 409))
