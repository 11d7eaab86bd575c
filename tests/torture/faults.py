"""The faults: each is done to a service at work, again and again, and then all is counted."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.databases import PostgresServer
from tests.support.forgetful import FORGETS
from tests.support.patience import PATIENCE
from tests.support.processes import environment, processes, quick_policy, until
from tests.support.servers import Server, serve
from tests.torture.checking import flagged, whats_wrong
from tests.torture.senders import Desk, Sender, Witness, ask_again

SENDERS = 6
SERVERS = 2
WORKERS = 2
FROZEN_SECONDS = 12.0
"""Longer than a leader's lease in these runs."""


@dataclass
class Arena:
    """A service at work on one database, and what can be done to it."""

    database_url: str
    folder: Path
    postgres: PostgresServer | None = None
    application: str | None = None
    given: dict[str, str | None] = field(default_factory=dict)
    witness: Witness = field(default_factory=Witness)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    async def open(self) -> None:
        """Starts servers and workers."""
        self.staff()
        self.desk = Desk(list(await asyncio.gather(*(self.start() for _ in range(SERVERS)))))

    async def start(self) -> Server:
        """One more server, when it answers."""
        opening = serve(
            self.database_url, self.folder, application=self.application, more=self.given
        )
        server = await asyncio.to_thread(opening.__enter__)
        self.stack.push(opening.__exit__)
        return server

    def staff(self) -> None:
        """Starts a worker for each that has ended, as whoever runs the service would."""
        self.workers = [one for one in self.workers if one.poll() is None]
        started = processes(
            WORKERS - len(self.workers),
            "workers",
            env=environment(self.database_url, self.folder, **self.given),
            log=self.folder / "workers.log",
        )
        self.workers += self.stack.enter_context(started)

    async def more(self, count: int) -> None:
        """Waits until so much more was acknowledged."""
        so_far = self.witness.acknowledged

        async def enough() -> bool:
            return self.witness.acknowledged >= so_far + count or bool(self.witness.wrong)

        await until(enough, seconds=PATIENCE, what=f"{count} more acknowledgements")


Fault = Callable[[Arena], Awaitable[None]]


async def api_killed(arena: Arena) -> None:
    """The first server is killed with all that it was doing, and another is started."""
    server = arena.desk.servers[0]
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()
    await asyncio.sleep(0.1)
    arena.desk.servers[0] = await arena.start()


async def api_stopped(arena: Arena) -> None:
    """The first server is told to stop: whatever it has begun is answered, and it ends with 0."""
    server, unknown = arena.desk.servers[0], arena.witness.unknown
    server.process.terminate()
    code = await asyncio.to_thread(server.process.wait, PATIENCE)
    if code != 0:
        arena.witness.wrong.append(f"a stop ended with {code}")
    if arena.witness.unknown != unknown:
        arena.witness.wrong.append("a stop left somebody without an answer")
    arena.desk.servers[0] = await arena.start()


async def workers_killed(arena: Arena) -> None:
    """One worker after the other is killed, the leader among them, and as many are started."""
    for worker in arena.workers:
        worker.kill()
        await asyncio.to_thread(worker.wait)


async def worker_frozen(arena: Arena) -> None:
    """One worker, perhaps the leader, is stopped where it stands, and later goes on."""
    frozen, *others = arena.workers
    frozen.send_signal(signal.SIGSTOP)
    await asyncio.sleep(FROZEN_SECONDS)
    frozen.send_signal(signal.SIGCONT)
    arena.workers = [*others, frozen]


async def database_crashed(arena: Arena) -> None:
    """PostgreSQL loses its power and comes back."""
    assert arena.postgres is not None
    await asyncio.to_thread(arena.postgres.harm, "crash")


async def database_frozen(arena: Arena) -> None:
    """All of PostgreSQL stands still, and later goes on."""
    assert arena.postgres is not None
    await asyncio.to_thread(arena.postgres.harm, "freeze")
    await asyncio.sleep(FROZEN_SECONDS)
    await asyncio.to_thread(arena.postgres.harm, "thaw")


async def nothing(_: Arena) -> None:
    """Nothing is done: what a control is run with."""


FAULTS: dict[str, Fault] = {
    one.__name__: one
    for one in (
        api_killed,
        api_stopped,
        workers_killed,
        worker_frozen,
        database_crashed,
        database_frozen,
    )
}
OF_POSTGRESQL = ("database_crashed", "database_frozen")
CONTROLS = ("commit", "key", "event")
"""What a lying service leaves out now and then: each must be found out."""


@dataclass(frozen=True)
class Result:
    """What came of one kind of fault on one database."""

    fault: str
    kind: str
    times: int
    seconds: float
    witness: Witness
    wrong: Sequence[str]

    def row(self) -> str:
        """One line of the table."""
        seen = self.witness
        counted = [
            sum(one.startswith(word) for one in self.wrong) for word in ("lost", "doubled", "torn")
        ]
        return (
            f"| {self.fault} | {self.kind} | {self.times} | {seen.acknowledged} | {seen.unknown} "
            f"| {seen.put_off} | {seen.replayed} | {seen.longest_silence:.1f} "
            f"| {counted[0]} | {counted[1]} | {counted[2]} |"
        )


HEAD = (
    "| fault | database | times | acknowledged | outcome unknown | put off (503) | replayed "
    "| longest silence, s | lost | doubled | torn |\n" + "| --- " * 11 + "|"
)


async def endure(name: str, arena: Arena, *, times: int, between: int) -> Result:
    """Does one fault so often to a service at work, `between` acknowledgements apart."""
    return await _run(name, arena, FAULTS[name], times=times, between=between)


async def control(forgets: str, arena: Arena, *, between: int) -> Result:
    """A service that leaves something out, at work: what is found wrong must not be nothing."""
    arena.application = "tests.support.forgetful:application"
    arena.given[FORGETS] = forgets
    return await _run(f"control: {forgets} forgotten", arena, nothing, times=1, between=between)


async def _run(name: str, arena: Arena, fault: Fault, *, times: int, between: int) -> Result:
    arena.given |= {"FRONTDOOR_POLICY_FILE": str(quick_policy(arena.folder))}

    async def again_and_again() -> None:
        for _ in range(times):
            await fault(arena)
            arena.staff()
            await arena.more(between)

    return await endured(name, arena, again_and_again, between, times=times)


async def endured(
    name: str,
    arena: Arena,
    happens: Callable[[], Awaitable[None]],
    between: int,
    *,
    times: int = 1,
) -> Result:
    """People at work while something happens to their service, and all counted afterwards."""
    began = time.monotonic()
    async with arena.stack:
        await arena.open()
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            senders = [Sender(arena.desk, arena.witness, client) for _ in range(SENDERS)]
            living = [asyncio.create_task(one.live_until_closing()) for one in senders]
            await arena.more(between)
            arena.witness.begin()
            await happens()
            arena.desk.closing = True
            await asyncio.gather(*living)
        await ask_again(arena.desk, arena.witness)
        wrong = await flagged(arena.database_url, arena.folder, arena.witness)
    wrong += await whats_wrong(arena.database_url, arena.folder, arena.witness)
    kind = "SQLite" if arena.database_url.startswith("sqlite") else "PostgreSQL"
    return Result(name, kind, times, time.monotonic() - began, arena.witness, wrong)
