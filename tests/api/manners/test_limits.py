"""Limits of size and time, and stopping politely."""

import asyncio
import json
import re
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from prometheus_client import generate_latest

from api.limits import BODY_BYTES
from tests.api.manners.conftest import JSON, KEY
from tests.api.manners.toys import STUBBORN_SECONDS, toy_shop
from tests.support.patience import PATIENCE

MIB = 1024 * 1024


class Wire:
    """A connection played by hand, that counts what is taken from it."""

    def __init__(self, chunks: int, size: int) -> None:
        self.left = chunks
        self.size = size
        self.taken = 0
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if not self.left:
            await asyncio.sleep(60)
        self.left -= 1
        self.taken += self.size
        return {"type": "http.request", "body": b" " * self.size, "more_body": self.left > 0}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


def scope(
    headers: list[tuple[bytes, bytes]], path: str = "/v1/toys", method: str = "POST"
) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            (b"content-type", b"application/json"),
            (b"authorization", b"Bearer anna"),
            *headers,
        ],
        "scheme": "http",
        "server": ("toys.test", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "root_path": "",
        "asgi": {"version": "3.0"},
    }


async def test_a_body_that_says_it_is_too_large_is_refused_unread(shop: FastAPI) -> None:
    wire = Wire(1, MIB)
    await shop(scope([(b"content-length", b"20971520")]), wire.receive, wire.send)
    assert wire.sent[0]["status"] == 413
    assert dict(wire.sent[0]["headers"])[b"connection"] == b"close"
    assert wire.taken == 0


async def test_a_body_in_chunks_is_refused_when_it_has_grown_too_large(shop: FastAPI) -> None:
    wire = Wire(100_000, 64 * 1024)
    await shop(scope([(b"transfer-encoding", b"chunked")]), wire.receive, wire.send)
    assert wire.sent[0]["status"] == 413
    headers = dict(wire.sent[0]["headers"])
    assert headers[b"connection"] == b"close"
    assert headers[b"content-type"] == b"application/problem+json"
    assert wire.taken <= BODY_BYTES + 64 * 1024


@pytest.mark.parametrize("length", [b"-1", b"abc", b"9" * 100, b"1e9", b""])
async def test_a_length_that_is_no_number_is_refused(shop: FastAPI, length: bytes) -> None:
    wire = Wire(1, 1)
    await shop(scope([(b"content-length", length)]), wire.receive, wire.send)
    assert wire.sent[0]["status"] == 413


async def test_a_body_of_exactly_the_limit_is_read(anna: AsyncClient) -> None:
    body = b'{"name":"a"}'
    body += b" " * (BODY_BYTES - len(body))
    assert (await anna.post("/v1/toys", content=body, headers=KEY | JSON)).status_code == 201
    over = await anna.post("/v1/toys", content=body + b" ", headers=KEY | JSON)
    assert over.status_code == 413
    assert over.json()["code"] == "body_too_large"


async def test_a_request_that_takes_too_long_is_given_up(hurried: AsyncClient) -> None:
    answer = await hurried.get("/faulty/slow")
    assert answer.status_code == 503
    assert answer.json()["code"] == "took_too_long"
    assert int(answer.headers["retry-after"]) > 0


async def test_a_body_that_never_ends_is_given_up(hurried_shop: FastAPI) -> None:
    wire = Wire(2, 10)
    wire.left = 2

    async def drip() -> dict[str, Any]:
        message = await wire.receive()
        return {**message, "more_body": True}

    await hurried_shop(scope([(b"transfer-encoding", b"chunked")]), drip, wire.send)
    # Nothing was done, and it was not the service that took too long: no 503.
    assert wire.sent[0]["status"] == 408


async def test_while_draining_each_answer_closes_its_connection() -> None:
    app, manners = toy_shop()
    wire = Wire(1, 0)
    await app(scope([], "/v1/nothing"), wire.receive, wire.send)
    assert b"connection" not in dict(wire.sent[0]["headers"])
    manners.drain.begin()
    wire = Wire(1, 0)
    await app(scope([], "/v1/nothing"), wire.receive, wire.send)
    assert wire.sent[0]["status"] == 404
    assert dict(wire.sent[0]["headers"])[b"connection"] == b"close"
    assert await manners.drain.idle(0.1)


async def test_a_drain_waits_for_what_is_being_answered_and_can_give_it_up() -> None:
    app, manners = toy_shop()
    wire = Wire(1, 0)
    asked = asyncio.ensure_future(app(scope([], "/faulty/slow", "GET"), wire.receive, wire.send))
    await asyncio.sleep(0)
    assert not await manners.drain.idle(0.01)
    assert manners.drain.in_flight == 1
    assert manners.drain.give_up() == 1
    assert manners.drain.give_up() == 0, "it is answered once"
    await asked
    assert [part.get("status") for part in wire.sent] == [503, None]
    assert json.loads(wire.sent[1]["body"])["code"] == "took_too_long"
    assert await manners.drain.idle(0.01)


@pytest.mark.parametrize("path", ["/faulty/stubborn", "/faulty/late"])
async def test_the_end_of_its_time_does_not_wait_for_what_is_given_up(path: str) -> None:
    """Whether it takes long to let go, or answers after all when it is too late."""
    app, manners = toy_shop(seconds=0.05)
    wire = Wire(1, 0)
    loop = asyncio.get_running_loop()
    began = loop.time()
    asked = asyncio.ensure_future(app(scope([], path, "GET"), wire.receive, wire.send))
    while not wire.sent:
        await asyncio.sleep(0.01)
        assert loop.time() - began < PATIENCE
    assert not asked.done(), "it is still letting go"
    await asked
    assert loop.time() - began >= STUBBORN_SECONDS
    assert [part.get("status") for part in wire.sent] == [503, None]
    line = generate_latest(manners.metrics.registry).decode()
    assert f'route="{path}",status_class="5xx"}} 1.0' in line
    took = re.search(rf'seconds_sum{{method="GET",route="{path}",.*}} (\S+)', line)
    assert took is not None
    assert float(took[1]) < STUBBORN_SECONDS, "what is counted is how long somebody waited"


async def test_a_request_that_somebody_else_breaks_off_is_broken_off() -> None:
    app, _ = toy_shop()
    wire = Wire(1, 0)
    asked = asyncio.ensure_future(app(scope([], "/faulty/slow", "GET"), wire.receive, wire.send))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert wire.sent == []
