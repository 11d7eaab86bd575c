"""A real server process on a port of its own, for what needs sockets, signals or another tool."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from service.clock import system_clock
from service.domain.access import Role
from service.integrations.development_issuer import DevelopmentIssuer
from service.settings import load_settings
from tests.support.patience import PATIENCE
from tests.support.processes import environment


@dataclass(frozen=True)
class Server:
    """A running server: where it is, its process, and tokens that it believes."""

    url: str
    process: subprocess.Popen[bytes]
    issuer: DevelopmentIssuer

    def token(self, role: Role, **who: str) -> str:
        """A token for a role."""
        return self.issuer.mint(role, **who)

    def headers(self, role: Role, **who: str) -> dict[str, str]:
        """The header that carries a token for a role."""
        return {"Authorization": f"Bearer {self.token(role, **who)}"}


def free_port() -> int:
    """A port of the loopback address that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def serve(
    database_url: str,
    folder: Path,
    *,
    application: str | None = "api.app:application",
    more: Mapping[str, str | None] | None = None,
) -> Iterator[Server]:
    """A server on a migrated database; it is gone, whatever happened, when the block ends.

    It serves an application, or it is `frontdoor serve` itself, which ends in good order.
    """
    port = free_port()
    given = {
        "environment": "development",
        "development_issuer": "true",
        "database_url": database_url,
        "var_folder": str(folder),
        "port": str(port),
    }
    settings = load_settings(**given)
    surroundings = environment(database_url, folder, FRONTDOOR_PORT=str(port), **(more or {}))
    log = (folder / f"server-{port}.log").open("wb")
    alone = [
        *("uvicorn", "--factory", str(application)),
        *("--host", "127.0.0.1", "--port", str(port), "--no-access-log"),
        *("--no-server-header", "--log-level", "warning"),
        *("--http", "api.connections:Connection", "--ws", "none", "--loop", "uvloop"),
    ]
    command = ["frontdoor", "serve"] if application is None else alone
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=surroundings,
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    server = Server(f"http://127.0.0.1:{port}", process, DevelopmentIssuer(settings, system_clock))
    try:
        _wait_until_it_answers(server, folder / f"server-{port}.log")
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def _wait_until_it_answers(server: Server, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{server.url}/livez", timeout=PATIENCE)
            return
        time.sleep(0.05)
    raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
