"""Connections as they are served: heads, trailers, slowness, silence, crowds and hanging up."""

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from api.connections import CROWD, Connection
from api.crowds import ConnectionLimits, Crowd
from api.manners import Manners
from tests.api.manners.conftest import lines
from tests.api.manners.toys import toy_shop
from tests.support.processes import until
from tests.support.wires import Caller, Got, Wire, wire_to

HOST = b"Host: toys.test\r\n"
ANNA = HOST + b"Authorization: Bearer anna\r\n"
KEY = b"Idempotency-Key: 0b7cbd9e-6f0c-4a6a-9d4e-5b8f2a3c1d70\r\n"
JSON = b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LIST = b"GET /v1/toys HTTP/1.1\r\n" + ANNA + b"\r\n"
MAKE = b"POST /v1/toys HTTP/1.1\r\n"
TOY = b'{"name":"a"}'
BIG = b"GET /documentation/assets/swagger-ui-bundle.js HTTP/1.1\r\n" + HOST + b"\r\n"
KIB = 1024


async def soon(holds: Callable[[], bool]) -> None:
    """Waits until something holds."""

    async def found() -> bool:
        return holds()

    await until(found)


class Shop:
    """The toy shop on sockets, and what it tells of itself."""

    def __init__(self, manners: Manners, logged: io.StringIO) -> None:
        self.manners = manners
        self._logged = logged

    def answered(self) -> list[dict[str, object]]:
        """The log lines of answers."""
        return [line for line in lines(self._logged) if line["event"] == "answered"]

    def told(self) -> list[dict[str, object]]:
        """All other log lines."""
        return [line for line in lines(self._logged) if line["event"] != "answered"]

    def counted(self, code: str) -> float:
        """How many problem documents of a code were given out."""
        name, labels = "http_server_problems_total", {"code": code}
        return self.manners.metrics.registry.get_sample_value(name, labels) or 0.0

    async def has_answered(self, count: int) -> list[dict[str, object]]:
        """The log lines of answers, when there are so many."""
        await soon(lambda: len(self.answered()) >= count)
        return self.answered()


Place = tuple[Wire, Shop]


@pytest.fixture
async def served(logged: io.StringIO) -> AsyncIterator[Place]:
    """The shop on a socket, with limits as they are."""
    app, manners = toy_shop()
    async with wire_to(app) as wire:
        yield wire, Shop(manners, logged)


@pytest.fixture
async def hasty(logged: io.StringIO) -> AsyncIterator[Place]:
    """The shop on a socket, without patience: for what is late on any machine."""
    app, manners = toy_shop()
    async with wire_to(app, head_seconds=0.5, idle_seconds=0.5, stalled_seconds=0.5) as wire:
        yield wire, Shop(manners, logged)


# ---- Heads --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET /v1/toys HTTP/1.1\r\nA: " + b"b" * 64 * KIB, 431, "headers_too_large"),
        (b"GET /v1/toys HTTP/1.1\r\n" + b"b" * 64 * KIB, 431, "headers_too_large"),
        (b"GET /v1/toys HTTP/1.1\r\n" + b"a: b\r\n" * 102, 431, "headers_too_large"),
        (b"\r\n" * 32 * KIB, 431, "headers_too_large"),
        (b"GET /v1/toys?" + b"a" * 9 * KIB, 414, "url_too_long"),
        (b"GET /" + b"a" * 64 * KIB, 414, "url_too_long"),
    ],
    ids=["value", "name", "many", "empty lines", "query", "path"],
)
@pytest.mark.parametrize("step", [70, 1_000, 1_000_000])
async def test_a_head_is_refused_while_it_arrives(
    served: Place, sent: bytes, status: int, code: str, step: int
) -> None:
    wire, shop = served
    caller = await wire.call()

    async def send() -> None:
        for at in range(0, len(sent), step):
            await caller.send(sent[at : at + step])
            await asyncio.sleep(0)

    sending = asyncio.ensure_future(send())
    answer = await caller.answer()
    sending.cancel()
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert await caller.is_over()
    [line] = await shop.has_answered(1)
    assert (line["status"], line["problem"]) == (status, code)
    assert shop.counted(code) == 1
    assert shop.told() == []


async def test_a_head_of_just_what_is_allowed_is_read(served: Place) -> None:
    wire, _ = served
    head = b"GET /v1/toys HTTP/1.1\r\n" + ANNA + b"a: b\r\n" * 98
    head += b"A: " + b"b" * (32 * KIB - len(head) - 7) + b"\r\n\r\n"
    head = head.replace(b"a: b\r\n", b"", 1)
    head = head.replace(b"A: ", b"A: bbbbbb", 1)
    assert len(head) == 32 * KIB
    assert (await wire.ask(head)).status == 200


async def test_what_goes_on_after_a_refusal_is_thrown_away_and_then_the_connection_ends(
    served: Place,
) -> None:
    wire, shop = served
    caller = await wire.call(b"GET /v1/toys HTTP/1.1\r\nA: " + b"b" * 64 * KIB)
    assert (await caller.answer()).status == 431
    await caller.send(b"b" * 1000 * KIB)
    await caller.send(b"\r\n\r\n" + LIST)
    assert await caller.is_over()
    assert len(await shop.has_answered(1)) == 1


async def test_a_head_that_does_not_arrive_in_time_is_given_up(hasty: Place) -> None:
    wire, _ = hasty
    caller = await wire.call()

    async def drip() -> None:
        for byte in LIST:
            await caller.send(bytes([byte]))
            await asyncio.sleep(0.05)

    dripping = asyncio.ensure_future(drip())
    answer = await caller.answer()
    assert (answer.status, answer.code) == (408, "request_unfinished")
    dripping.cancel()
    assert await caller.is_over()


async def test_so_is_the_next_head_on_a_connection_that_was_kept(hasty: Place) -> None:
    wire, _ = hasty
    caller = await wire.call(LIST + LIST[:20])
    assert (await caller.answer()).status == 200
    assert (await caller.answer()).status == 408
    assert await caller.is_over()


async def test_a_connection_on_which_nothing_is_sent_ends_without_a_word(hasty: Place) -> None:
    wire, shop = hasty
    caller = await wire.call()
    assert await caller.is_over()
    assert shop.answered() == []


async def test_a_connection_is_kept_for_the_next_request(served: Place) -> None:
    wire, _ = served
    caller = await wire.call()
    for _ in range(4):
        await caller.send(LIST)
        assert (await caller.answer()).status == 200
    assert len(wire.crowd) == 1


async def test_a_connection_is_not_kept_for_ever(hasty: Place) -> None:
    wire, _ = hasty
    caller = await wire.call(LIST)
    assert (await caller.answer()).status == 200
    assert await caller.is_over()


# ---- What a request leaves open, or says twice --------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/toys HTTP/1.1\r\nAuthorization: Bearer anna\r\n\r\n",
        b"GET /v1/toys HTTP/1.1\r\n" + ANNA + HOST + b"\r\n",
        b"GET /v1/toys HTTP/1.1\r\n" + ANNA + b"Host: other.test\r\n\r\n",
        b"GET /v1/toys HTTP/1.1\r\nHost: a/b\r\nAuthorization: Bearer anna\r\n\r\n",
        b"GET /v1/toys HTTP/1.1\r\nHost: a b\r\nAuthorization: Bearer anna\r\n\r\n",
        b"GET /v1/toys HTTP/0.9\r\n" + ANNA + b"\r\n",
        b"GET /v1/toys HTTP/2.0\r\n" + ANNA + b"\r\n",
        b"GET /v1/toys HTTP/1.7\r\n" + ANNA + b"\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /v1/toys\x00 HTTP/1.1\r\n" + ANNA + b"\r\n",
        b"GET /v1/t\xc3\xb6ys HTTP/1.1\r\n" + ANNA + b"\r\n",
        b"GET /v1/toys HTTP/1.1\r\n" + ANNA + b"A : b\r\n\r\n",
        b"GET /v1/toys HTTP/1.1\r\n" + ANNA + b"A: b\r\n c\r\n\r\n",
        b"CONNECT toys.test:443 HTTP/1.1\r\n" + ANNA + b"\r\n",
        MAKE + ANNA + KEY + JSON + b"Content-Length: 12\r\nContent-Length: 12\r\n\r\n" + TOY,
        MAKE + ANNA + KEY + JSON + b"Content-Length: 12, 12\r\n\r\n" + TOY,
        MAKE + ANNA + KEY + JSON + b"Content-Length: +12\r\n\r\n" + TOY,
        MAKE + ANNA + KEY + JSON + CHUNKED + b"Content-Length: 12\r\n\r\nc\r\n" + TOY,
        MAKE + ANNA + KEY + JSON + CHUNKED + CHUNKED + b"\r\nc\r\n" + TOY + b"\r\n0\r\n\r\n",
        MAKE + ANNA + KEY + JSON + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        MAKE + ANNA + KEY + JSON + b"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        MAKE + ANNA + KEY + JSON + b"Transfer-Encoding: identity\r\n\r\n" + TOY,
        b"POST /v1/toys HTTP/1.0\r\n" + ANNA + KEY + JSON + CHUNKED + b"\r\n0\r\n\r\n",
        MAKE + ANNA + KEY + JSON + CHUNKED + b"\r\nxyz\r\n",
        MAKE + ANNA + KEY + JSON + CHUNKED + b"\r\nc\r\n" + TOY + b"xx",
    ],
)
async def test_what_could_be_read_in_two_ways_is_400_and_a_problem(
    served: Place, sent: bytes
) -> None:
    wire, shop = served
    caller = await wire.call(sent)
    answer = await caller.answer()
    assert (answer.status, answer.code) == (400, "request_malformed")
    assert answer.headers["connection"] == "close"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    # Whatever follows is no request of its own.
    await caller.send(LIST)
    assert await caller.is_over()
    assert len(await shop.has_answered(1)) == 1
    assert shop.told() == []


async def test_an_older_caller_who_names_no_host_is_answered(served: Place) -> None:
    wire, _ = served
    sent = b"GET /v1/toys HTTP/1.0\r\nAuthorization: Bearer anna\r\n\r\n"
    caller = await wire.call(sent)
    assert (await caller.answer()).status == 200
    assert await caller.is_over()


async def test_what_would_become_another_protocol_is_answered_and_ends(served: Place) -> None:
    wire, shop = served
    asked = b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n\r\n"
    caller = await wire.call(LIST[:-2] + asked + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + LIST)
    answer = await caller.answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert await caller.is_over()
    assert shop.told() == []


# ---- Trailers and chunks ------------------------------------------------------------------------


def chunked(head: bytes, body: bytes = TOY, *, trailers: bytes = b"") -> bytes:
    return head + CHUNKED + b"\r\n%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, trailers)


async def test_trailers_are_no_headers(served: Place) -> None:
    """Whatever a proxy takes away or checks would otherwise come in behind the body."""
    wire, _ = served
    good = await wire.ask(chunked(MAKE + ANNA + KEY + JSON))
    assert good.status == 201
    late = await wire.ask(
        chunked(MAKE + HOST + KEY + JSON, trailers=b"Authorization: Bearer anna\r\n")
    )
    assert (late.status, late.code) == (401, "not_authenticated")
    late = await wire.ask(chunked(MAKE + ANNA + JSON, trailers=KEY))
    assert (late.status, late.code) == (400, "header_malformed")
    late = await wire.ask(chunked(MAKE + ANNA + KEY, trailers=JSON))
    assert late.status == 415
    with_more = await wire.ask(
        chunked(MAKE + ANNA + KEY + JSON, trailers=b"Content-Encoding: gzip\r\nHost: b\r\n")
    )
    assert with_more.status == 201


async def test_the_request_after_one_with_trailers_has_none_of_them(served: Place) -> None:
    wire, _ = served
    caller = await wire.call(
        chunked(MAKE + ANNA + KEY + JSON, trailers=b"Authorization: Bearer bela\r\n")
        + b"GET /v1/toys HTTP/1.1\r\n"
        + HOST
        + b"\r\n"
    )
    assert (await caller.answer()).status == 201
    assert (await caller.answer()).status == 401


@pytest.mark.parametrize(
    "endless",
    [
        b"1;" + b"a" * 200 * KIB,
        b"0\r\nA: " + b"b" * 200 * KIB,
        b"0\r\n" + b"a: b\r\n" * 40 * KIB,
        b"1\r\n \r\n" * 20 * KIB,
    ],
    ids=["extension", "trailer", "trailers", "chunks of a byte"],
)
async def test_what_frames_a_body_is_limited_too(served: Place, endless: bytes) -> None:
    wire, shop = served
    caller = await wire.call()
    sending = asyncio.ensure_future(
        caller.send(MAKE + ANNA + KEY + JSON + CHUNKED + b"\r\n" + endless)
    )
    answer = await caller.answer()
    await sending
    assert (answer.status, answer.code) == (400, "request_malformed")
    assert await caller.is_over()
    assert shop.told() == []


async def test_a_body_in_many_small_chunks_is_read(served: Place) -> None:
    wire, _ = served
    parts = [b" " * 100] * 5_000 + [TOY]
    sent = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    answer = await wire.ask(MAKE + ANNA + KEY + JSON + CHUNKED + b"\r\n" + sent)
    assert answer.status == 201


# ---- Answers before the body is here ------------------------------------------------------------


async def test_after_an_early_answer_the_rest_of_a_small_body_is_read_and_the_next_answered(
    served: Place,
) -> None:
    wire, _ = served
    caller = await wire.call(MAKE + HOST + KEY + JSON + b"Content-Length: 20000\r\n\r\n")
    assert (await caller.answer()).status == 401
    await caller.send(b" " * 20_000)
    await caller.send(LIST)
    assert (await caller.answer()).status == 200


@pytest.mark.parametrize("framing", [b"Content-Length: 1000000\r\n\r\n", CHUNKED + b"\r\n"])
async def test_after_an_early_answer_a_caller_who_keeps_sending_finds_it_and_is_let_go(
    served: Place, framing: bytes
) -> None:
    wire, shop = served
    caller = await wire.call(MAKE + HOST + KEY + JSON + framing)

    async def keep_sending() -> None:
        while True:
            await caller.send(b"3e8\r\n" + b" " * 1000 + b"\r\n")
            await asyncio.sleep(0)

    sending = asyncio.ensure_future(keep_sending())
    answer = await caller.answer()
    assert (answer.status, answer.code) == (401, "not_authenticated")
    assert await caller.is_over()
    await soon(lambda: len(wire.crowd) == 0)
    sending.cancel()
    assert len(await shop.has_answered(1)) == 1


async def test_an_early_answer_to_who_asks_whether_to_go_on_ends_the_connection(
    served: Place,
) -> None:
    wire, _ = served
    expecting = b"Expect: 100-continue\r\nContent-Length: 12\r\n\r\n"
    caller = await wire.call(MAKE + HOST + KEY + JSON + expecting)
    answer = await caller.answer()
    assert (answer.status, answer.headers["connection"]) == (401, "close")
    assert await caller.is_over()


async def test_who_may_go_on_is_told_so_and_kept(served: Place) -> None:
    wire, _ = served
    expecting = b"Expect: 100-continue\r\nContent-Length: 12\r\n\r\n"
    caller = await wire.call(MAKE + ANNA + KEY + JSON + expecting)
    assert (await caller.answer(head=True)).status == 100
    await caller.send(TOY)
    assert (await caller.answer()).status == 201
    await caller.send(LIST)
    assert (await caller.answer()).status == 200


async def test_a_body_that_does_not_arrive_in_time_is_nobodys_fault_here(
    logged: io.StringIO,
) -> None:
    app, manners = toy_shop(seconds=0.3)
    async with wire_to(app) as wire:
        caller = await wire.call(MAKE + ANNA + KEY + JSON + b"Content-Length: 12\r\n\r\n" + TOY[:5])
        answer = await caller.answer()
        assert (answer.status, answer.code) == (408, "request_unfinished")
        assert await caller.is_over()
    assert Shop(manners, logged).told() == []


async def test_requests_sent_ahead_are_answered_in_order_but_not_without_end(
    served: Place,
) -> None:
    wire, shop = served
    caller = await wire.call(LIST * 3)
    for _ in range(3):
        assert (await caller.answer()).status == 200
    caller = await wire.call(LIST * 1000)
    await caller.rest()
    assert len(shop.answered()) < 25


# ---- Crowds -------------------------------------------------------------------------------------


async def test_who_stands_silent_the_longest_makes_room(logged: io.StringIO) -> None:
    app, _ = toy_shop()
    async with wire_to(app, connections=4) as wire:
        idle = await wire.call(LIST)
        assert (await idle.answer()).status == 200
        silent = [await wire.call() for _ in range(3)]
        await soon(lambda: len(wire.crowd) == 4)
        assert (await wire.ask(LIST)).status == 200
        assert await silent[0].is_over()
        await silent[1].send(LIST)
        assert (await silent[1].answer()).status == 200
        await idle.send(LIST)
        assert (await idle.answer()).status == 200
        assert len(wire.crowd) <= 4


async def test_any_number_who_only_stand_there_keep_nobody_out(logged: io.StringIO) -> None:
    app, _ = toy_shop()
    async with wire_to(app, connections=20) as wire:
        for number in range(200):
            await wire.call(LIST[: number % 50])
            if number % 20 == 0:
                assert (await wire.ask(LIST)).status == 200
        assert (await wire.ask(LIST)).status == 200
        assert len(wire.crowd) <= 20


async def test_when_all_are_busy_one_more_is_503_and_none_of_them_is_cut_off(
    logged: io.StringIO,
) -> None:
    app, manners = toy_shop(seconds=1)
    async with wire_to(app, connections=3) as wire:
        slow = b"GET /faulty/slow HTTP/1.1\r\n" + HOST + b"\r\n"
        busy = [await wire.call(slow) for _ in range(3)]
        await soon(lambda: manners.drain.in_flight == 3)
        answer = await wire.ask(LIST)
        assert (answer.status, answer.code) == (503, "too_many_connections")
        assert int(answer.headers["retry-after"]) > 0
        for caller in busy:
            assert (await caller.answer()).code == "took_too_long"
        assert (await wire.ask(LIST)).status == 200


async def test_who_takes_nothing_of_an_answer_makes_room_and_is_let_go(hasty: Place) -> None:
    wire, shop = hasty
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, ("127.0.0.1", wire.port))
    try:
        # Several times, since a socket takes a lot by itself.
        await loop.sock_sendall(deaf, BIG * 10)
        await soon(lambda: len(wire.crowd) == 0)
    finally:
        deaf.close()
    await soon(lambda: any(line["status"] == 499 for line in shop.answered()))
    assert {line["status"] for line in shop.answered()} <= {200, 499}
    assert shop.told() == []


class Slow(asyncio.Transport):
    """A transport whose other end takes what is written as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 100_000 * KIB
        self.taken_each_time = 20 * KIB
        self.looked_at = 0
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        self.looked_at += 1
        self.left -= self.taken_each_time
        return self.left

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True


async def test_who_takes_an_answer_slowly_may_go_on_and_who_stops_taking_it_is_let_go() -> None:
    app, _ = toy_shop()
    config = Config(app, http=Connection, lifespan="off", log_config=None)
    crowd = Crowd(ConnectionLimits(stalled_seconds=0.01))
    connection = Connection(config, ServerState(), {CROWD: crowd})
    wire = Slow()
    connection.connection_made(wire)
    connection.pause_writing()
    await soon(lambda: wire.looked_at >= 4)
    assert not wire.aborted
    wire.taken_each_time = 1 * KIB
    await soon(lambda: wire.aborted)
    connection.connection_lost(None)
    assert len(crowd) == 0


# ---- Hanging up ---------------------------------------------------------------------------------


async def hung_up(caller: Caller, shop: Shop) -> dict[str, object]:
    """The log line of a request whose caller hangs up now; nothing else is told of it."""
    caller.hang_up()
    [line] = await shop.has_answered(1)
    assert shop.told() == []
    assert line["level"] == "info"
    assert "problem" not in line
    assert shop.counted("internal_error") == 0
    return line


async def test_who_hangs_up_with_half_a_body_sent_is_no_failure_of_ours(served: Place) -> None:
    wire, shop = served
    caller = await wire.call(MAKE + ANNA + KEY + JSON + b"Content-Length: 12\r\n\r\n" + TOY[:1])
    await soon(lambda: shop.manners.drain.in_flight == 1)
    line = await hung_up(caller, shop)
    assert (line["status"], line["route"]) == (499, "/v1/toys")
    registry = shop.manners.metrics.registry
    labels = {"method": "POST", "route": "/v1/toys", "status_class": "4xx"}
    assert registry.get_sample_value("http_server_request_duration_seconds_count", labels) == 1


async def test_who_hangs_up_while_they_are_being_answered_is_no_failure_of_ours(
    logged: io.StringIO,
) -> None:
    app, manners = toy_shop(seconds=30)
    shop = Shop(manners, logged)
    async with wire_to(app) as wire:
        caller = await wire.call(b"GET /faulty/slowish HTTP/1.1\r\n" + HOST + b"\r\n")
        await soon(lambda: manners.drain.in_flight == 1)
        assert (await hung_up(caller, shop))["status"] == 499


async def test_who_hangs_up_in_the_middle_of_an_answer_is_no_failure_of_ours(
    served: Place,
) -> None:
    wire, shop = served
    caller = await wire.call(b"GET /faulty/endless HTTP/1.1\r\n" + HOST + b"\r\n")
    assert await caller.reader.readexactly(100)
    assert (await hung_up(caller, shop))["status"] == 499


async def test_what_fails_for_a_caller_who_hung_up_is_a_failure_all_the_same(
    logged: io.StringIO,
) -> None:
    app, manners = toy_shop(seconds=30)
    shop = Shop(manners, logged)
    async with wire_to(app) as wire:
        caller = await wire.call(b"GET /faulty/slow-failure HTTP/1.1\r\n" + HOST + b"\r\n")
        await soon(lambda: manners.drain.in_flight == 1)
        caller.hang_up()
        [line] = await shop.has_answered(1)
    assert (line["status"], line["problem"]) == (500, "internal_error")
    assert [one["event"] for one in shop.told()] == ["failed"]


def test_an_answer_is_what_it_is() -> None:
    """What these tests read by: a problem's code is taken from a problem document alone."""
    with pytest.raises(AssertionError):
        _ = Got(400, {"content-type": "text/plain"}, b'{"code":"x"}').code
