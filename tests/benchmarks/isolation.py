"""Measures whether a flood by one partner holds up another: `python -m tests.benchmarks.isolation`.

Partner B reads its own list some twenty times a second, first alone, then while partner A asks for
its own on a hundred connections, again as soon as it is answered. What counts is by how much B's
slowest hundredth is slower then: at most twice. `--unbounded` lifts what holds A back.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from service.clock import system_clock
from service.domain.access import Role
from service.integrations.development_issuer import DevelopmentIssuer
from service.persistence.migrating import migrate
from tests.benchmarks import loads
from tests.benchmarks.loads import Load, Served
from tests.benchmarks.servers import Server, service, settings_for
from tests.benchmarks.stores import Store
from tests.support.builders import multi_agency_referral_body
from tests.support.databases import postgres_server, sqlite_files

DOOR = "/v1/multi-agency-referrals"
A, B = "riverbourne-hospital", "mill-lane-primary"
SOURCES = {A: "3E", B: "2A"}
MOST = 2.0
_SENT = 20
_BEFORE = 0.5  # the flood begins so much earlier, and ends so much later


@dataclass(frozen=True, slots=True)
class Measured:
    """B alone and beside the flood, and the flood itself, each round."""

    alone: list[Served]
    beside: list[Served]
    flood: list[Served]

    @property
    def ratio(self) -> float:
        """By how much B's slowest hundredth is slower beside the flood."""
        return _median(self.beside, "p99_ms") / _median(self.alone, "p99_ms")

    def in_words(self, kind: str) -> str:
        """As a line of the table."""
        figures = [
            _median(served, name)
            for served in (self.alone, self.beside)
            for name in ("p50_ms", "p99_ms")
        ]
        told = " | ".join(f"{figure:.1f}" for figure in figures)
        flood = _median(self.flood, "per_second")
        return f"| {kind} | {told} | {self.ratio:.2f} | {flood:.0f} |"


def _median(served: list[Served], name: str) -> float:
    return statistics.median(getattr(one, name) for one in served)


def measure(
    store: Store,
    folder: Path,
    *,
    rounds: int,
    seconds: float,
    connections: int,
    settings: dict[str, str],
) -> Measured:
    """Measures B alone and beside the flood, in turn."""
    issuer = DevelopmentIssuer(settings_for(store.url, folder), system_clock)
    tokens = {who: issuer.mint(Role.partner_system, organisation=who) for who in (A, B)}
    found = Measured([], [], [])
    with service(store, folder, settings=settings) as server:
        for who, token in tokens.items():
            _send_some(server, who, token)
        usual = Load(
            server.port, "GET", [DOOR], tokens[B], connections=1, pause=0.05, seconds=seconds
        )
        flood = Load(
            server.port,
            "GET",
            [DOOR],
            tokens[A],
            connections=connections,
            seconds=seconds + 2 * _BEFORE,
            may_be_refused=True,
        )
        for _ in range(rounds):
            found.alone.append(loads.put(usual))
            with _beside(flood) as flooding:
                found.beside.append(loads.put(usual))
            found.flood.append(flooding.result())
    return found


@contextmanager
def _beside(flood: Load) -> Iterator["Future[Served]"]:
    """A flood, put by a process that stands back: what is measured is the service."""
    with ThreadPoolExecutor(1) as pool:
        flooding = pool.submit(loads.put, flood, nice=19)
        yield flooding
        flooding.result()


def _send_some(server: Server, who: str, token: str) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as client:
        for _ in range(_SENT):
            answer = client.post(
                DOOR,
                json=multi_agency_referral_body(source_code=SOURCES[who]),
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())},
            )
            answer.raise_for_status()


def main(given: list[str]) -> int:
    """Measures on both databases, and prints the table. Returns 1 when B is held up."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.isolation", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--databases", nargs="+", choices=["postgresql", "sqlite"], default=["postgresql", "sqlite"]
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--at-once", type=int, help="FRONTDOOR_REQUESTS_AT_ONCE")
    parser.add_argument("--unbounded", action="store_true", help="lift what holds A back")
    asked = parser.parse_args(given)
    settings = {} if asked.unbounded else {"FRONTDOOR_REQUESTS_A_MINUTE": "1200"}
    at_once = 1000 if asked.unbounded else asked.at_once or 1
    settings["FRONTDOOR_REQUESTS_AT_ONCE"] = str(at_once)
    print("| database | alone p50 ms | p99 | beside p50 | p99 | ratio of p99 | flood served /s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    worst = 0.0
    for kind in asked.databases:
        opened = (
            postgres_server(migrate, durable=True)
            if kind == "postgresql"
            else sqlite_files(migrate)
        )
        with opened as server, tempfile.TemporaryDirectory() as folder:
            url = server.create_database()
            found = measure(
                Store(kind, 0, url),
                Path(folder),
                rounds=asked.rounds,
                seconds=asked.seconds,
                connections=asked.connections,
                settings=settings,
            )
        worst = max(worst, found.ratio)
        print(found.in_words(kind), flush=True)
    return 0 if worst <= MOST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
