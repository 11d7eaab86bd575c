"""How paths, methods, queries and Accept are answered before a route does anything."""

import pytest
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient
from starlette.responses import Response

from api.manners import install_manners
from api.routing import FrontDoorRoute
from tests.api.manners.conftest import TOY


async def test_a_path_that_is_not_there_is_a_problem(anna: AsyncClient) -> None:
    for path in ("/v1", "/v1/nothing", "/v1/toys/", "/v1//toys", "/v1/toys/a/b/c"):
        answer = await anna.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "path_unknown"


@pytest.mark.parametrize(
    "name",
    ["x", "1", "9" * 40, "%00", "%ED%A0%80", "01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a1", "..%2f", "%20"],
)
async def test_an_id_that_is_none_is_not_there(anna: AsyncClient, name: str) -> None:
    answer = await anna.get(f"/v1/toys/{name}")
    assert answer.status_code == 404
    assert name not in answer.text or len(name) == 1


@pytest.mark.parametrize(
    "path",
    ["/v1%2ftoys", "/v1%2Ftoys", "/%761/toys", "/v1/toy%73", "/v1/toys%2f01936f0e", "/v1/toys%3f"],
)
async def test_a_path_is_taken_as_it_is_written(anna: AsyncClient, path: str) -> None:
    """A rule in a proxy about a path would not see that it is this one."""
    answer = await anna.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "path_unknown")


async def test_an_id_of_nothing_and_a_malformed_one_are_told_apart_by_nothing_but_words(
    anna: AsyncClient,
) -> None:
    malformed = (await anna.get("/v1/toys/x")).json()
    absent = (await anna.get("/v1/toys/01936f0e-0000-7b6e-8f60-2b1f6d1f9a11")).json()
    assert malformed["code"] == absent["code"] == "not_found"


async def test_405_allows_what_every_route_of_the_path_answers_to(anna: AsyncClient) -> None:
    answer = await anna.put(TOY)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    assert answer.json()["code"] == "method_not_allowed"
    assert (await anna.request("TRACE", "/v1/toys")).headers["allow"] == "GET, HEAD, OPTIONS, POST"


async def test_options_says_what_a_path_answers_to(nobody: AsyncClient) -> None:
    answer = await nobody.options("/v1/toys")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert answer.content == b""
    assert (await nobody.options("/v1/nothing")).status_code == 404


async def test_head_answers_as_get_does_without_a_body(anna: AsyncClient) -> None:
    for path in (TOY, "/v1/toys", "/openapi.json", "/v1/toys/x", "/problems"):
        head, get = await anna.head(path), await anna.get(path)
        assert head.status_code == get.status_code
        assert head.content == b""
        ignored = {"x-request-id"}
        assert {name: value for name, value in head.headers.items() if name not in ignored} == {
            name: value for name, value in get.headers.items() if name not in ignored
        }


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("statsu=new", "query", "unknown_parameter"),
        ("Jane+Doe", "query", "unknown_parameter"),
        ("limit=1&limit=2", "query:limit", "repeated_parameter"),
        ("limit=0", "query:limit", "out_of_range"),
        ("limit=101", "query:limit", "out_of_range"),
        ("limit=1000000000", "query:limit", "out_of_range"),
        ("limit=99999999999999999999999", "query:limit", "wrong_type"),
        ("limit=true", "query:limit", "wrong_type"),
        ("limit=", "query:limit", "wrong_type"),
        ("limit=5.0", "query:limit", "wrong_type"),
        ("limit=+5", "query:limit", "wrong_type"),
        ("limit=1_0", "query:limit", "wrong_type"),
        ("limit=%D9%A5", "query:limit", "wrong_type"),
        ("colour=green", "query:colour", "not_in_list"),
        ("made_from=2026-10-25", "query:made_from", "wrong_form"),
        ("made_from=1", "query:made_from", "wrong_form"),
        ("cursor=%00", "query:cursor", "control_character"),
        ("cursor=%ff", "query", "wrong_form"),
    ],
)
async def test_a_query_that_is_not_known_or_does_not_fit_is_refused(
    anna: AsyncClient, query: str, pointer: str, code: str
) -> None:
    answer = await anna.get(f"/v1/toys?{query}")
    told = answer.json()
    assert answer.status_code == 422, told
    assert told["errors"][0]["pointer"].split("/")[0] == pointer
    assert told["errors"][0]["code"] == code
    assert "Jane" not in answer.text
    assert "statsu" not in answer.text


async def test_an_unknown_parameter_is_told_those_that_are_known(anna: AsyncClient) -> None:
    answer = await anna.get("/v1/toys?zzz=1")
    assert "limit, cursor, colour, made_from" in answer.json()["errors"][0]["message"]
    answer = await anna.get("/v1/toys?colours=red")
    assert "did you mean colour" in answer.json()["errors"][0]["message"]


async def test_a_parameter_that_may_be_repeated_is(anna: AsyncClient) -> None:
    assert (await anna.get("/v1/toys?colour=red&colour=blue&limit=5")).status_code == 200
    instant = "2026-10-25T01:30:00%2B01:00"
    assert (await anna.get(f"/v1/toys?made_from={instant}")).status_code == 200


async def test_a_route_without_parameters_knows_none(anna: AsyncClient) -> None:
    assert (await anna.get(f"{TOY}?x=1")).status_code == 422


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("*/*", 200),
        ("", 200),
        (" ", 200),
        ("application/*;q=0.2", 200),
        ("text/html, application/json;q=0.5", 200),
        ("text/html,*/*;q=0.1", 200),
        ("text/html", 406),
        ("application/xml", 406),
        ("application/json;q=0", 406),
        ("*/*, application/json;q=0", 406),
        ("nonsense", 406),
        (";;;q=x,,", 406),
    ],
)
async def test_accept_must_admit_json(anna: AsyncClient, accept: str, status: int) -> None:
    answer = await anna.get(TOY, headers={"Accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "not_acceptable"


def test_a_route_that_is_not_a_coroutine_is_refused_when_it_is_made() -> None:
    router = APIRouter(route_class=FrontDoorRoute)
    with pytest.raises(TypeError, match="async def"):

        @router.get("/slow")
        def slow() -> None: ...


async def test_a_written_segment_is_found_before_a_named_one_whatever_was_added_first() -> None:
    app = FastAPI(openapi_url=None)
    install_manners(app)
    inner = APIRouter(route_class=FrontDoorRoute)

    @inner.get("/{name}")
    async def by_name(name: str) -> Response:
        return Response(f"named {name}")

    @inner.get("/{name}/end")
    async def ends(name: str) -> Response:
        return Response(f"ends {name}")

    @inner.get("/search")
    async def search() -> Response:
        return Response("search")

    outer = APIRouter(prefix="/{place}", route_class=FrontDoorRoute)
    outer.include_router(inner, prefix="/deep")
    app.include_router(outer, prefix="/v1")
    async with AsyncClient(transport=ASGITransport(app), base_url="http://t") as client:
        assert (await client.get("/v1/here/deep/search")).text == "search"
        assert (await client.get("/v1/here/deep/other")).text == "named other"
        assert (await client.get("/v1/here/deep/search/end")).text == "ends search"
