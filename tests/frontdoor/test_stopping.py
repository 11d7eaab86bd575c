"""A stop leaves nobody without an answer and ends with 0, with one process and with several."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from service.clock import system_clock
from service.domain.access import Role
from service.integrations.development_issuer import DevelopmentIssuer
from service.settings import load_settings
from tests.support.builders import contact_body
from tests.support.cases import log
from tests.support.clocks import FixedClock
from tests.support.databases import SqliteFiles
from tests.support.houses import open_house
from tests.support.kept_connections import KeptConnection, Unanswered
from tests.support.patience import PATIENCE
from tests.support.processes import environment, until
from tests.support.servers import free_port
from tests.support.sources import ROOT

GRACE = 1.5


@dataclass
class Serving:
    """`frontdoor serve`, its port, and what it wrote."""

    process: asyncio.subprocess.Process
    port: int
    headers: dict[str, str]
    log: Path

    def connection(self) -> KeptConnection:
        """A new caller."""
        return KeptConnection(self.port, self.headers)

    async def answers(self) -> bool:
        """Whether somebody listens on its port and answers."""
        caller = self.connection()
        try:
            return (await caller.ask("GET", "/livez")).status == 200
        except (ConnectionError, Unanswered):
            return False
        finally:
            await caller.close()

    async def refuses(self) -> bool:
        """Whether nobody listens on its port."""
        caller = self.connection()
        try:
            await caller.open()
        except ConnectionRefusedError:
            return True
        await caller.close()
        return False

    async def ended(self) -> int:
        """Waits for its end, and says with which code."""
        try:
            return await asyncio.wait_for(self.process.wait(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"it did not stop: {self.log.read_text()[-2000:]}") from None


@asynccontextmanager
async def serving(
    url: str, folder: Path, *arguments: str, command: str = "serve", **given: str
) -> AsyncIterator[Serving]:
    port = free_port()
    settings = load_settings(
        environment="development", development_issuer=True, database_url=url, var_folder=folder
    )
    issuer = DevelopmentIssuer(settings, system_clock)
    written = folder / f"serve-{port}.log"
    with written.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "frontdoor", command, "--port", str(port), *arguments),
            env=environment(url, folder, **given),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    found = Serving(
        process,
        port,
        {"Authorization": f"Bearer {issuer.mint(Role.mash_worker)}"},
        written,
    )
    try:
        await until(found.answers, seconds=PATIENCE, what="an answer")
        yield found
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        # Its own children end with it; what a test leaves behind would hold the port.
        await until(found.refuses, seconds=PATIENCE, what="the end of every process")


@pytest.fixture
def url(sqlite: SqliteFiles) -> str:
    return sqlite.create_database()


@dataclass
class Seen:
    """What the callers met."""

    answered: int = 0
    unanswered: int = 0
    closings: int = 0
    statuses: set[int] = field(default_factory=set)


async def keep_asking(desk: Serving, seen: Seen) -> None:
    """Asks on a kept connection, one request after the other, until nobody listens."""
    caller = desk.connection()
    for turn in range(100_000):
        try:
            if turn % 3:
                answer = await caller.ask("GET", "/v1/queues/contacts")
            else:
                key = {"Idempotency-Key": str(uuid4())}
                answer = await caller.ask("POST", "/v1/contacts", contact_body(), **key)
        except ConnectionRefusedError:
            return
        except Unanswered:
            seen.unanswered += 1
            continue
        seen.answered += 1
        seen.closings += answer.closes
        seen.statuses.add(answer.status)
        await asyncio.sleep(0.01)


async def watch_readiness(desk: Serving) -> list[str]:
    """What a balancer is told, a new connection each time, until it is refused."""
    said: list[str] = []
    while True:
        caller = desk.connection()
        try:
            answer = await caller.ask("GET", "/readyz")
        except ConnectionRefusedError:
            return said
        said += [error["code"] for error in answer.json().get("errors", [])]
        await caller.close()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
async def test_under_load_nobody_is_left_without_an_answer(
    url: str, tmp_path: Path, workers: int
) -> None:
    given = {"FRONTDOOR_STOP_GRACE_SECONDS": str(GRACE)}
    async with serving(url, tmp_path, "--workers", str(workers), **given) as desk:
        seen = Seen()
        callers = [asyncio.create_task(keep_asking(desk, seen)) for _ in range(6)]

        async def busy() -> bool:
            return seen.answered >= 60

        await until(busy, seconds=PATIENCE, what="load")
        assert seen.closings == 0
        watcher = asyncio.create_task(watch_readiness(desk))
        desk.process.terminate()
        assert await desk.ended() == 0
        await asyncio.wait_for(asyncio.gather(*callers), PATIENCE)
        assert seen.unanswered == 0
        assert seen.closings >= 6, "each was told that its connection closes"
        assert seen.statuses == {200, 201}
        assert "stopping" in await asyncio.wait_for(watcher, PATIENCE)


@asynccontextmanager
async def held(url: str) -> AsyncIterator[None]:
    """Another process has the one write lock of SQLite."""
    path = make_url(url).database or ""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")


@pytest.mark.parametrize("workers", [1, 2])
async def test_what_had_begun_is_answered_although_nobody_new_is_let_in(
    url: str, tmp_path: Path, workers: int
) -> None:
    given = {"FRONTDOOR_STOP_GRACE_SECONDS": "0"}
    async with serving(url, tmp_path, "--workers", str(workers), **given) as desk:
        caller, idle, slow = desk.connection(), desk.connection(), desk.connection()
        assert (await caller.ask("GET", "/v1/queues/contacts")).status == 200
        assert (await idle.ask("GET", "/livez")).status == 200
        await slow.open()
        head = slow.head("GET", "/v1/queues/contacts")
        async with held(url):
            key = {"Idempotency-Key": str(uuid4())}
            waiting = asyncio.create_task(caller.ask("POST", "/v1/contacts", contact_body(), **key))
            dripping = asyncio.create_task(slow.send(head[:30], head[30:], pause=3))
            await asyncio.sleep(0.5)
            desk.process.send_signal(signal.SIGHUP)
            await until(desk.refuses, seconds=PATIENCE, what="a refusal")
            assert await asyncio.wait_for(idle.ended(), PATIENCE), "nobody needs it any more"
            # On a machine that was busy for ten seconds the wait for the lock has ended: 503.
            put_off = waiting.done()
        made = await asyncio.wait_for(waiting, PATIENCE)
        assert (made.status, made.closes) == (503 if put_off else 201, True)
        late = await asyncio.wait_for(dripping, PATIENCE)
        assert (late.status, late.closes) == (200, True), "its head had begun to arrive"
        assert await desk.ended() == 0


@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGTERM, signal.SIGTERM)], ids=len)
async def test_it_ends_with_0_whoever_asks_and_however_often(
    url: str, tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    async with serving(url, tmp_path, FRONTDOOR_STOP_GRACE_SECONDS="1") as desk:
        for number in signals:
            desk.process.send_signal(number)
            await asyncio.sleep(0.1)
        assert await desk.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_worker_ends_with_0_too(url: str, tmp_path: Path, number: signal.Signals) -> None:
    written = tmp_path / "worker.log"
    with written.open("wb") as output:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "frontdoor", "worker"),
            env=environment(url, tmp_path),
            cwd=tmp_path,
            stdout=output,
            stderr=output,
        )
    try:

        async def leads() -> bool:
            return "leading" in written.read_text()

        await until(leads, seconds=PATIENCE, what="a leader")
        worker.send_signal(number)
        assert await asyncio.wait_for(worker.wait(), PATIENCE) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()


async def test_a_killed_parent_leaves_nobody_on_the_port(url: str, tmp_path: Path) -> None:
    async with serving(url, tmp_path, "--workers", "2") as desk:
        desk.process.kill()
        await until(desk.refuses, seconds=PATIENCE, what="the end of its children")

        async def both_stopped() -> bool:
            return desk.log.read_text().count('"event": "stopped"') == 2

        await until(both_stopped, seconds=PATIENCE, what="their end in good order")
        assert "Traceback" not in desk.log.read_text()


async def test_everything_that_was_started_together_ends_when_who_started_it_is_killed(
    url: str, tmp_path: Path
) -> None:
    async with open_house(url, FixedClock(system_clock()), tmp_path) as house:
        await log(house)  # so that no year of demonstration data is loaded
    async with serving(url, tmp_path, command="run") as desk:

        async def worker_says(words: str) -> bool:
            return words in (tmp_path / "worker.log").read_text()

        await until(lambda: worker_says("leading"), seconds=PATIENCE, what="a worker")
        desk.process.kill()
        await until(desk.refuses, seconds=PATIENCE, what="the end of the API")
        await until(lambda: worker_says("worker stopped"), seconds=PATIENCE, what="its end")

        async def stopped() -> bool:
            return '"event": "stopped"' in (tmp_path / "serve.log").read_text()

        await until(stopped, seconds=PATIENCE, what="the API's end in good order")
        assert "Traceback" not in (tmp_path / "serve.log").read_text()


def _children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc to find children in")
async def test_a_process_that_dies_is_replaced_and_the_others_serve_meanwhile(
    url: str, tmp_path: Path
) -> None:
    given = {"FRONTDOOR_STOP_GRACE_SECONDS": "0"}
    async with serving(url, tmp_path, "--workers", "2", **given) as desk:

        async def both_serve() -> bool:
            return desk.log.read_text().count('"event": "serving"') >= 2

        await until(both_serve, seconds=PATIENCE, what="the second process")
        first, second = _children_of(desk.process.pid)
        os.kill(first, signal.SIGKILL)

        async def replaced() -> bool:
            assert await desk.answers()
            now = _children_of(desk.process.pid)
            return len(now) == 2 and first not in now

        await until(replaced, seconds=PATIENCE, what="a new process")
        assert second in _children_of(desk.process.pid)
        assert "another is started" in desk.log.read_text()
        desk.process.terminate()
        assert await desk.ended() == 0


async def test_a_start_that_comes_to_nothing_ends_with_1(url: str, tmp_path: Path) -> None:
    """The parent has looked at everything; a child finds it otherwise."""
    port = free_port()
    code = (
        "import os, sys; from frontdoor.api_processes import ApiProcesses; "
        "from api.serving import listening; os.environ['FRONTDOOR_POLICY_FILE'] = '/no/such/file';"
        f" sys.exit(ApiProcesses(2, listening('127.0.0.1', {port})).run())"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        env=environment(url, tmp_path),
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 1
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


STUBBORN = f"""
import sys, uvicorn
sys.path.insert(0, {str(ROOT)!r})
from api.serving import PoliteServer, listening
from tests.api.manners.toys import toy_shop
app, manners = toy_shop()
config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="off", log_level="warning")
server = PoliteServer(config, drain=manners.drain, grace_seconds=0, stop_seconds=1)
server.run(sockets=listening("127.0.0.1", int(sys.argv[1])))
"""


async def test_what_would_never_be_answered_is_told_that_it_took_too_long() -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", STUBBORN, str(port))
    try:
        caller = KeptConnection(port)

        async def answers() -> bool:
            with contextlib.suppress(ConnectionError):
                return (await caller.ask("GET", "/v1/nothing")).status == 404
            return False

        await until(answers, seconds=PATIENCE, what="an answer")
        asked = asyncio.create_task(caller.ask("GET", "/faulty/slow"))
        await asyncio.sleep(0.3)
        process.terminate()
        answer = await asyncio.wait_for(asked, PATIENCE)
        assert (answer.status, answer.json()["code"]) == (503, "took_too_long")
        assert answer.closes
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
