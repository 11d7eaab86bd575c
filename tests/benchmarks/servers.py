"""The two servers that are measured, each one process: the service, and its peer."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from service.clock import system_clock
from service.domain.access import Role
from service.integrations.development_issuer import DevelopmentIssuer
from service.settings import Settings, load_settings
from tests.benchmarks.stores import Store

ROOT = Path(__file__).parents[2]
_START_SECONDS = 900  # ends only what hangs


@dataclass(frozen=True, slots=True)
class Server:
    """A server that takes requests."""

    port: int
    process: int

    def memory_mb(self) -> float:
        """What it and the processes under it hold in memory, in megabytes."""
        children = Path(f"/proc/{self.process}/task/{self.process}/children")
        below = children.read_text().split() if children.exists() else []
        return sum(_resident_mb(process) for process in [str(self.process), *below])

    def processor_seconds(self) -> float:
        """How much of a processor it has used since it began."""
        told = Path(f"/proc/{self.process}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(process: str) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def settings_for(url: str, folder: Path) -> Settings:
    """Settings of a service in development, whose tokens we can make."""
    return load_settings(
        environment="development", development_issuer=True, database_url=url, var_folder=folder
    )


def token_for(settings: Settings, role: Role = Role.mash_worker) -> str:
    """A token of the development issuer for who logs contacts, or for another role."""
    return DevelopmentIssuer(settings, system_clock).mint(role)


@contextmanager
def service(
    store: Store,
    folder: Path,
    module: str = "frontdoor",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """The API as the operator starts it, in one process, on a filled database.

    `module` is what is run: another one leaves something out, to tell what that costs.
    """
    port = free_port()
    surroundings = {
        "FRONTDOOR_ENVIRONMENT": "development",
        "FRONTDOOR_DEVELOPMENT_ISSUER": "true",
        "FRONTDOOR_DATABASE_URL": store.url,
        "FRONTDOOR_VAR_FOLDER": str(folder),
        "FRONTDOOR_STOP_GRACE_SECONDS": "0",
        # What is measured is how much it can do, by one caller on many connections.
        "FRONTDOOR_REQUESTS_A_MINUTE": "1000000",
        "FRONTDOOR_REQUESTS_AT_ONCE": "1000",
        **(settings or {}),
    }
    command = [sys.executable, "-m", module, "serve", "--port", str(port)]
    with _running(command, port, surroundings, folder / "service.log") as server:
        yield server


@contextmanager
def peer(store: Store, folder: Path, secret: str) -> Iterator[Server]:
    """The peer, in one process with as many threads as there are connections, on the same rows."""
    port = free_port()
    url = make_url(store.url)
    surroundings = {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.peer.settings",
        "PEER_SECRET": secret,
        "PEER_DATABASE": url.database or "",
        "PEER_HOST": str(url.query.get("host") or url.host or ""),
        "PEER_USER": url.username or "",
        "PEER_PASSWORD": url.password or "",
        "PEER_PORT": str(url.port or ""),
    }
    command = [sys.executable, "-m", "gunicorn", "tests.benchmarks.peer.wsgi:application"]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "16"]
    command += ["--worker-class", "gthread", "--keep-alive", "60", "--log-level", "warning"]
    with _running(command, port, surroundings, folder / "peer.log") as server:
        yield server


@contextmanager
def _running(
    command: list[str], port: int, surroundings: Mapping[str, str], log: Path
) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **surroundings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_it_listens(
                port,
                lambda: process.poll() is not None,
                lambda: log.read_text(errors="replace")[-3000:],
            )
            yield Server(port, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=300)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_it_listens(
    port: int, has_ended: Callable[[], bool], said: Callable[[], str]
) -> None:
    """Returns once something listens on a port. Raises RuntimeError with what it said if not."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if has_ended():
            break
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"It did not start:\n{said()}")


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
