"""Request ids, log lines without personal data, meters without ids, security headers."""

import io
import logging

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from prometheus_client import generate_latest

from api.observability import AnswerBrokenOff
from tests.api.manners.conftest import JSON, KEY, READ, TOY, lines
from tests.api.manners.toys import ANNA, ID, toy_shop

UUID_FORM = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


async def test_the_callers_request_id_is_kept_when_it_is_clean(anna: AsyncClient) -> None:
    answer = await anna.get(
        "/v1/nothing", headers={"X-Request-ID": "bars-1._A", "X-Correlation-ID": "c-1"}
    )
    assert answer.headers["x-request-id"] == "bars-1._A"
    assert answer.headers["x-correlation-id"] == "c-1"
    assert answer.json()["request_id"] == "bars-1._A"
    assert answer.json()["instance"] == "urn:x-request:bars-1._A"


@pytest.mark.parametrize(
    "sent", [b"a b", b"a" * 65, b"", "é".encode(), b"<script>", b"a;b", b"a%0d%0ab", b"a\x1b[31m"]
)
async def test_a_request_id_that_is_not_clean_is_replaced(
    anna: AsyncClient, logged: io.StringIO, sent: bytes
) -> None:
    answer = await anna.get(
        "/v1/nothing", headers=[(b"X-Request-ID", sent), (b"X-Correlation-ID", sent)]
    )
    given = answer.headers["x-request-id"]
    assert len(given) == 36
    assert given[14] == "7"
    assert "x-correlation-id" not in answer.headers
    assert answer.json()["instance"] == f"urn:uuid:{given}"
    assert lines(logged)[-1]["request_id"] == given


async def test_two_request_ids_are_none(anna: AsyncClient) -> None:
    answer = await anna.get("/v1/nothing", headers=[("X-Request-ID", "a"), ("X-Request-ID", "b")])
    assert len(answer.headers["x-request-id"]) == 36


async def test_a_log_line_says_what_happened_by_template_and_account(
    anna: AsyncClient, logged: io.StringIO
) -> None:
    await anna.get(TOY, headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    line = lines(logged)[-1]
    assert line["event"] == "answered"
    assert line["method"] == "GET"
    assert line["route"] == "/v1/toys/{toy_id}"
    assert line["status"] == 200
    assert line["account_id"] == str(ANNA)
    assert line["trace_id"] == "a" * 32
    assert line["parent_span_id"] == "b" * 16
    assert float(str(line["milliseconds"])) < 1000
    assert str(ID) not in logged.getvalue()


async def test_no_canary_is_found_in_answers_to_refused_requests_or_in_any_log_or_meter(
    logged: io.StringIO,
) -> None:
    app, manners = toy_shop(seconds=0.2)
    canaries: list[str] = []

    def canary() -> str:
        canaries.append(f"CANARY{len(canaries):03d}z")
        return canaries[-1]

    head = {"Authorization": "Bearer anna"}
    said: list[str] = []
    async with AsyncClient(transport=ASGITransport(app), base_url="http://toys.test") as client:

        async def ask(method: str, path: str, **options: object) -> None:
            headers = options.pop("headers", {})
            answer = await client.request(method, path, headers=head | headers, **options)
            assert answer.status_code >= 400, (method, path)
            said.append(answer.text + str(answer.headers))

        await ask("GET", f"/v1/{canary()}")
        await ask("GET", f"/v1/toys/{canary()}")
        await ask("GET", f"/v1/toys?{canary()}={canary()}")
        await ask("GET", f"/v1/toys?limit={canary()}")
        await ask("GET", f"/v1/toys?colour={canary()}")
        await ask("GET", f"/v1/toys?made_from={canary()}")
        await ask("GET", f"/v1/toys?cursor={canary()}")
        await ask("GET", f"/problems/{canary()}")
        await ask("GET", f"/documentation/assets/{canary()}")
        await ask(canary(), "/v1/toys")
        await ask("GET", TOY, headers={"Accept": canary()})
        await ask("GET", TOY, headers={"Authorization": f"Bearer {canary()}"})
        await ask("PATCH", TOY, json={"name": canary()}, headers={"If-Match": canary()})
        await ask("PATCH", TOY, json={"name": canary()}, headers={"If-Match": '"1"'})
        await ask("POST", f"{TOY}/play", headers=READ | {"Cookie": canary()})
        await ask("POST", "/v1/toys", json={"name": canary()}, headers={"Idempotency-Key": "x"})
        for name in ("name", "note", "colour", "made_at", "bought_on", "loud", "wheels", "size"):
            await ask("POST", "/v1/toys", json={name: [canary()], "x": 1}, headers=KEY)
            await ask("POST", "/v1/toys", json={name: canary() * 50}, headers=KEY)
            await ask("POST", "/v1/toys", json={name: {canary(): canary()}}, headers=KEY)
        await ask("POST", "/v1/toys", json={canary(): canary()}, headers=KEY)
        await ask("POST", "/v1/toys", json={"name": "a", canary(): "\r\n"}, headers=KEY)
        await ask("POST", "/v1/toys", json=[canary()], headers=KEY)
        await ask("POST", "/v1/toys", json=canary(), headers=KEY)
        await ask("POST", "/v1/toys", content=f'{{"name":"{canary()}'.encode(), headers=KEY | JSON)
        twice = f'{{"{canary()}":1,"name":{{"a":1,"a":"{canary()}"}}}}'
        await ask("POST", "/v1/toys", content=twice.encode(), headers=KEY | JSON)
        surrogate = f'{{"{canary()}\\ud800":"{canary()}\\u0000"}}'
        await ask("POST", "/v1/toys", content=surrogate.encode(), headers=KEY | JSON)
        await ask("POST", "/v1/toys", content=canary(), headers=KEY | {"Content-Type": canary()})
        await ask("POST", "/v1/toys", content=canary() * 200_000, headers=KEY | JSON)
        await ask("GET", f"/faulty/secret/{canary()}")
        await ask("GET", "/faulty/away")
        await ask("GET", "/v1/nothing", headers={"X-Request-ID": canary() + "\t"})
        await ask("GET", "/v1/nothing", headers={"traceparent": canary(), "X-New": canary()})
    logging.getLogger("some.library").warning("a library's own words")
    assert len(canaries) >= 40
    everything = (
        "\n".join(said) + logged.getvalue() + generate_latest(manners.metrics.registry).decode()
    )
    assert "CANARY" not in everything
    assert "Bearer anna" not in everything
    assert all(lines(logged))


async def test_what_nobody_foresaw_is_500_recorded_with_its_id_and_not_shown(
    nobody: AsyncClient, logged: io.StringIO
) -> None:
    answer = await nobody.get("/faulty/secret/jane")
    told = answer.json()
    assert answer.status_code == 500
    assert told["code"] == "internal_error"
    assert "jane" not in answer.text
    assert "Traceback" not in answer.text
    [record] = [line for line in lines(logged) if line["event"] == "failed"]
    assert record["request_id"] == told["request_id"]
    assert "ValueError" in str(record["failure"])
    assert "toys.py" in str(record["failure"])
    assert "jane" not in logged.getvalue()
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/faulty/away"])
async def test_a_database_that_is_away_is_503_with_when_to_try_again(
    nobody: AsyncClient, path: str
) -> None:
    answer = await nobody.get(path)
    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert int(answer.headers["retry-after"]) > 0


async def test_ten_thousand_paths_and_methods_add_no_series() -> None:
    app, manners = toy_shop()
    async with AsyncClient(transport=ASGITransport(app), base_url="http://toys.test") as client:
        await client.get("/v1/nothing")
        await client.get("/v1/toys/x", headers={"Authorization": "Bearer anna"})
        await client.request("BREW", "/v1/toys")
        before = len(generate_latest(manners.metrics.registry).splitlines())
        for number in range(200):
            await client.get(f"/v1/nothing/{number}")
            await client.get(f"/v1/toys/{number}", headers={"Authorization": "Bearer anna"})
            await client.request(f"BREW{number}", "/v1/toys")
        assert len(generate_latest(manners.metrics.registry).splitlines()) == before


async def test_two_applications_keep_their_own_meters() -> None:
    first, second = toy_shop()[1], toy_shop()[1]
    assert first.metrics.registry is not second.metrics.registry


async def test_every_answer_has_the_security_headers(
    anna: AsyncClient, hurried: AsyncClient
) -> None:
    answers = [
        await anna.get(TOY),
        await anna.get("/v1/nothing"),
        await anna.put(TOY),
        await anna.options(TOY),
        await anna.head(TOY),
        await anna.get(TOY, headers={"If-None-Match": "*"}),
        await anna.post("/v1/toys", json={}, headers=KEY),
        await anna.post("/v1/toys", content=b"a" * 2_000_000, headers=KEY | JSON),
        await anna.get("/faulty/secret/x"),
        await hurried.get("/faulty/slow"),
    ]
    assert {answer.status_code for answer in answers} == {
        200, 404, 405, 204, 304, 422, 413, 500, 503,
    }  # fmt: skip  # read as a table
    for answer in answers:
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert headers["cache-control"] == "no-store"
        assert headers["x-request-id"]


def test_a_librarys_exception_is_logged_without_its_words(logged: io.StringIO) -> None:
    try:
        raise ValueError("CANARY")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("it failed\r\nnew line")
    [line] = lines(logged)
    assert line["event"] == "it failed\r\nnew line"
    assert "CANARY" not in logged.getvalue()
    assert "ValueError" in str(line["failure"])


async def test_the_servers_own_access_log_is_silent(shop: FastAPI) -> None:
    assert logging.getLogger("uvicorn.access").disabled


async def test_an_answer_that_fails_midway_is_broken_off_and_recorded(
    nobody: AsyncClient, logged: io.StringIO
) -> None:
    with pytest.raises(AnswerBrokenOff):
        await nobody.get("/faulty/broken-off")
    assert [line["event"] for line in lines(logged)] == ["failed", "answered"]
    assert "CANARY" not in logged.getvalue()
