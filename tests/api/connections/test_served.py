"""The service as it is served, by `frontdoor serve` in processes of its own, under attack."""

import contextlib
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.databases import SqliteFiles
from tests.support.patience import PATIENCE
from tests.support.processes import environment
from tests.support.servers import free_port

pytestmark = pytest.mark.heavy
MIB = 1024 * 1024
MOST_GROWTH = 32 * MIB
OPEN_FILES = 200
GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n"
POST_IN_CHUNKS = (
    b"POST /v1/contacts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/json\r\n\r\n"
)


@dataclass(frozen=True)
class Served:
    """A service with few files to open, and one who only asks how it is."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def call(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def is_alive(self) -> bool:
        """Whether somebody else, on a connection of their own, is answered."""
        with httpx.Client(timeout=PATIENCE) as client:
            return client.get(f"http://127.0.0.1:{self.port}/livez").status_code == 200

    def memory(self) -> int:
        """The bytes that its processes hold."""
        return sum(_resident(pid) for pid in [self.process.pid, *_children(self.process.pid)])


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _few_files() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def served(request: pytest.FixtureRequest, sqlite: SqliteFiles, tmp_path: Path) -> Iterator[Served]:
    """The service, with as many processes."""
    port = free_port()
    log = tmp_path / "serve.log"
    env = environment(sqlite.create_database(), tmp_path, FRONTDOOR_HEAD_SECONDS="3")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "frontdoor", "serve"),
                *("--port", str(port), "--workers", str(request.param)),
            ],
            env=env,
            cwd=tmp_path,
            stdout=output,
            stderr=output,
            preexec_fn=_few_files,
        )
        try:
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until:
                assert process.poll() is None, log.read_text(errors="replace")[-2000:]
                with contextlib.suppress(httpx.TransportError):
                    if (
                        httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE).status_code
                        == 200
                    ):
                        break
                time.sleep(0.1)
            yield Served(port, process, log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def flood(caller: socket.socket, first: bytes, more: bytes, most: int) -> bytes:
    """Sends without end, until nobody takes it; returns what was answered first."""
    sent = 0
    with contextlib.suppress(OSError):
        caller.sendall(first)
        while sent < most:
            caller.sendall(more)
            sent += len(more)
    with contextlib.suppress(OSError):
        return caller.recv(4096)
    return b""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads /proc")
def test_nobody_without_a_token_stops_the_service(served: Served) -> None:
    assert served.is_alive()
    before = served.memory()
    # Where a body follows, the caller is asked for first (401), or its framing was looked at (400).
    endless = [
        (GET + b"A: ", b"b" * 65536, b"431"),
        (GET, b"a: b\r\n" * 10_000, b"431"),
        (b"GET /livez?", b"b" * 65536, b"414"),
        (POST_IN_CHUNKS, b"8\r\n" + b" " * 8 + b"\r\n", b"40"),
        (POST_IN_CHUNKS + b"1;", b"a" * 65536, b"40"),
    ]
    for first, more, status in endless:
        with served.call() as caller:
            told = flood(caller, first, more, 40 * MIB)
        assert told.startswith(b"HTTP/1.1 " + status), (first, told[:100])
        assert served.is_alive()
    assert served.memory() - before < MOST_GROWTH


@pytest.mark.parametrize("sent", [b"", b"GET /v1/cont", b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"])
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads /proc")
def test_twice_as_many_as_may_come_in_keep_nobody_out(served: Served, sent: bytes) -> None:
    assert served.is_alive()
    before = served.memory()
    with contextlib.ExitStack() as standing:
        callers = []
        for number in range(2 * OPEN_FILES):
            caller = standing.enter_context(served.call())
            with contextlib.suppress(OSError):
                caller.sendall(sent)
            callers.append(caller)
            if number % 50 == 0:
                assert served.is_alive()
        assert served.is_alive()
        for pid in [served.process.pid, *_children(served.process.pid)]:
            assert len(os.listdir(f"/proc/{pid}/fd")) < OPEN_FILES  # noqa: PTH208 - links, unread
    assert served.memory() - before < MOST_GROWTH
    assert b"connections_limited" in served.log.read_bytes()


def test_a_head_that_comes_byte_by_byte_is_given_up(served: Served) -> None:
    with served.call() as caller:
        caller.settimeout(0.2)
        told = b""
        for byte in b"GET /livez HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 1000:
            with contextlib.suppress(TimeoutError):
                told = caller.recv(4096)
                break
            try:
                caller.sendall(bytes([byte]))
            except OSError:
                break
        assert told.startswith(b"HTTP/1.1 408 "), told
    assert served.is_alive()
