"""A cheap client: one process, a few connections kept open, each asking again when answered.

python -m tests.benchmarks.loads   reads a Load as JSON from standard input, answers with Load's
                                   result as JSON
"""

import asyncio
import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import Any
from uuid import uuid4

import uvloop

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked, by how many connections, for how long; the first moments do not count."""

    port: int
    method: str
    paths: list[str]
    token: str
    scheme: str = "Bearer"
    bodies: list[str] = field(default_factory=list)
    expected: int = 200
    connections: int = 16
    seconds: float = 3.0
    warm_up: float = 0.5
    may_be_refused: bool = False
    """Whether it goes on asking however often it is refused, as a flood does."""
    pause: float = 0.0
    """How long each connection waits after an answer before it asks again, in seconds."""


@dataclass(frozen=True, slots=True)
class Served:
    """How it went. `client_share` is how much of a processor the client took: near 1, it lagged."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    client_share: float


def put(load: Load, *, nice: int = 0) -> Served:
    """Puts a load on a server from a process of its own, which may stand back for others."""
    done = subprocess.run(
        ["nice", "-n", str(nice), sys.executable, "-m", "tests.benchmarks.loads"],
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=True,
    )
    return Served(**json.loads(done.stdout))


class _Connection(asyncio.Protocol):
    """Asks, waits for the whole answer, asks again."""

    def __init__(
        self, next_request: Callable[[], bytes], tell: Callable[[int, float], None], pause: float
    ):
        self._next = next_request
        self._tell = tell
        self._pause = pause
        self._buffer = b""
        self._needed = 0
        self._asked_at = 0.0
        self.stopped = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._asked_at = time.perf_counter()
        self._transport.write(self._next())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._buffer, 0, end)
            if length is None:
                raise SystemExit("the answer does not say how long it is")
            self._needed = end + 4 + int(length[1])
        if len(self._buffer) >= self._needed:
            status = int(self._buffer[9:12])
            self._buffer, self._needed = b"", 0
            self._tell(status, time.perf_counter() - self._asked_at)
            if self._pause:
                asyncio.get_running_loop().call_later(self._pause, self._ask)
            else:
                self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.stopped.done():
            self.stopped.set_result(error)

    def stop(self) -> None:
        """Hangs up, in the middle of whatever it is."""
        self._transport.abort()


def _requests(load: Load) -> Callable[[], bytes]:
    head = f"HTTP/1.1\r\nHost: localhost\r\nAuthorization: {load.scheme} {load.token}\r\n"
    if not load.bodies:
        ready = cycle([f"{load.method} {path} {head}\r\n".encode("ascii") for path in load.paths])
        return lambda: next(ready)
    parts = cycle(
        [
            (
                f"{load.method} {load.paths[0]} {head}Content-Type: application/json\r\n"
                f"Content-Length: {len(body.encode())}\r\nIdempotency-Key: ".encode("ascii"),
                b"\r\n\r\n" + body.encode(),
            )
            for body in load.bodies
        ]
    )

    def fresh() -> bytes:
        before, after = next(parts)
        return before + str(uuid4()).encode("ascii") + after

    return fresh


async def _run(load: Load) -> Served:
    loop = asyncio.get_running_loop()
    times: list[float] = []
    first = asyncio.Event()
    refused = 0
    counting = False

    def tell(status: int, seconds: float) -> None:
        nonlocal refused
        if status != load.expected:
            refused += 1
            if refused > 1000 and not load.may_be_refused:
                raise SystemExit(f"answered {status} again and again")
        elif counting:
            times.append(seconds)
            first.set()

    requests = _requests(load)
    connections = [
        await loop.create_connection(
            lambda: _Connection(requests, tell, load.pause), "127.0.0.1", load.port
        )
        for _ in range(load.connections)
    ]
    await asyncio.sleep(load.warm_up)
    counting, began_at, cpu = True, time.perf_counter(), time.process_time()
    await asyncio.sleep(load.seconds)
    # A figure is of what was served: where the machine is busy elsewhere, the first is waited for.
    ends = [
        asyncio.ensure_future(one) for one in (first.wait(), *(c.stopped for _, c in connections))
    ]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    ends[0].cancel()
    elapsed, cpu = time.perf_counter() - began_at, time.process_time() - cpu
    for _, connection in connections:
        connection.stop()
    await asyncio.gather(*(connection.stopped for _, connection in connections))
    times.sort()
    return Served(
        per_second=len(times) / elapsed,
        p50_ms=_share(times, 0.5),
        p99_ms=_share(times, 0.99),
        refused=refused,
        client_share=cpu / elapsed,
    )


def _share(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, math.floor(share * len(times)))] * 1000 if times else math.nan


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(_run(Load(**json.loads(sys.stdin.read())))))))
