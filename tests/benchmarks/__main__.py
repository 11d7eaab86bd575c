"""Measures the service beside the database alone and beside a peer: `make bench`.

Every figure comes with its floor, taken in the same round, because a machine's own speed changes
from minute to minute and the ratio does not.
"""

import argparse
import asyncio
import json
import platform
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

from itsdangerous import URLSafeTimedSerializer

from service.clock import system_clock
from service.domain.access import Role
from tests.benchmarks import floors, loads
from tests.benchmarks.dialects import ACCOUNT
from tests.benchmarks.examples import contacts
from tests.benchmarks.families import bare_acts, timed_acts
from tests.benchmarks.fill import contact_id, tidy
from tests.benchmarks.fill_protection import AGENDA_ITEMS, AGENDA_ON
from tests.benchmarks.imports import bare_import, rows_written, timed_import
from tests.benchmarks.recordings import Recording, record_request
from tests.benchmarks.results import CHECK, Results, as_markdown
from tests.benchmarks.servers import Server, peer, service, settings_for, token_for
from tests.benchmarks.stack import Bare, bare_stack
from tests.benchmarks.stores import Store, postgresql_stores, sqlite_store
from tests.benchmarks.sweeps import (
    bare_check,
    bare_sweep,
    recorded_check,
    recorded_sweep,
    timed_check,
    timed_sweep,
)

DUE = 1000
_SWEEPS_OF_NOTHING = 50


@dataclass(slots=True)
class Bench:
    """How a run is done."""

    folder: Path
    sizes: list[int]
    rounds: int
    seconds: float
    connections: int
    with_peer: bool
    rows: int
    results: Results = field(default_factory=Results)

    def tell(self, words: str) -> None:
        """Says where it is, on the line that is not for results."""
        print(f"  {words}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A filled database with the servers that stand on it."""

    store: Store
    server: Server
    without_concern: Server
    stack: Server
    tokens: dict[str, str]
    peer: Server | None
    peer_token: str
    recordings: dict[str, Recording]


AGENDA = f"agenda, 100 of {AGENDA_ITEMS}"
FAMILY = "family of four decided in one act"
IMPORT = "import of notifications, rows"
PATHS = {
    "post": ("POST", "/v1/contacts"),
    "queue": ("GET", "/v1/queues/contacts?limit=50"),
    "get": ("GET", "/v1/contacts/{id}"),
    "step-up queue": ("GET", "/v1/queues/step-up?limit=50"),
    "step-down queue": ("GET", "/v1/queues/step-down?limit=50"),
    "strategy queue": ("GET", "/v1/queues/strategy?limit=50"),
    AGENDA: ("GET", f"/v1/daily-meetings/{AGENDA_ON.isoformat()}?limit=100"),
}
# Who asks, where it is not who logs contacts.
ROLES = {
    "step-up queue": Role.mash_manager,
    "step-down queue": Role.early_help_spoc_manager,
    "strategy queue": Role.mash_manager,
    AGENDA: Role.mash_manager,
}
PEER_PATHS = {"post": "/contacts", "queue": "/queues/contacts?limit=50"}


def main(given: list[str]) -> int:
    """Runs the benchmark that the words given ask for, and prints its table."""
    arguments = _arguments(given)
    bench = Bench(
        folder=arguments.folder.resolve(),
        sizes=arguments.contacts,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        connections=arguments.connections,
        with_peer=find_spec("rest_framework") is not None,
        rows=arguments.rows,
    )
    bench.folder.mkdir(parents=True, exist_ok=True)
    if not bench.with_peer:
        bench.tell("Django REST Framework is not installed, so there is no peer beside.")
    for kind in arguments.databases:
        _measure_kind(bench, kind)
    bench.results.machine = _machine()
    bench.results.measured_at = system_clock().isoformat(timespec="seconds")
    written = bench.folder / "results"
    written.mkdir(exist_ok=True)
    name = system_clock().strftime("%Y-%m-%dT%H%M%S")
    text = as_markdown(bench.results)
    (written / f"{name}.md").write_text(text)
    (written / f"{name}.json").write_text(json.dumps(bench.results.as_json(), indent=2))
    print(text)
    bench.tell(f"kept in {written}/{name}.md and .json")
    return 0


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="little data, one short round")
    parser.add_argument("--contacts", type=int, nargs="+", help="contacts on file, e.g. 10000")
    parser.add_argument(
        "--databases", nargs="+", choices=["postgresql", "sqlite"], default=["postgresql", "sqlite"]
    )
    parser.add_argument("--rounds", type=int, help="how often everything is measured in turn")
    parser.add_argument("--seconds", type=float, help="how long each load lasts")
    parser.add_argument("--rows", type=int, help="rows of the file that is imported")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument(
        "--folder", type=Path, default=Path("var/benchmarks"), help="where data and results stay"
    )
    found = parser.parse_args(given)
    quick = found.quick
    found.contacts = found.contacts or ([500, 1000] if quick else [10_000, 1_000_000])
    found.rounds = found.rounds or (1 if quick else 5)
    found.rows = found.rows or (200 if quick else 5000)
    found.seconds = found.seconds or (0.5 if quick else 3.0)
    return found


def _measure_kind(bench: Bench, kind: str) -> None:
    with _stores(bench, kind) as store_of:
        stores = [store_of(contacts) for contacts in bench.sizes]
        with ExitStack() as running:
            places = [running.enter_context(_place(bench, store)) for store in stores]
            for number in range(bench.rounds):
                bench.tell(f"{kind}: round {number + 1} of {bench.rounds}")
                for what in PATHS:
                    for place in places:
                        _measure(bench, place, what)
            for place in places:
                bench.results.memory(kind, place.store.contacts, place.server.memory_mb())
        for number in range(bench.rounds):
            bench.tell(f"{kind}: sweeps and checks, round {number + 1} of {bench.rounds}")
            for store in stores:
                _measure_sweeps(bench, store)
                _measure_check(bench, store)
                _measure_import(bench, store)
                _measure_families(bench, store)


@contextmanager
def _stores(bench: Bench, kind: str) -> Iterator[Callable[[int], Store]]:
    if kind == "sqlite":
        yield lambda contacts: sqlite_store(bench.folder, contacts, bench.tell)
        return
    with postgresql_stores(bench.folder, bench.tell) as store_of:
        yield store_of


@contextmanager
def _place(bench: Bench, store: Store) -> Iterator[Place]:
    tidy(store.url)
    one = contact_id(store.contacts, store.contacts // 2)
    recordings = {
        what: asyncio.run(
            record_request(
                store,
                bench.folder,
                method,
                path.format(id=one),
                contacts(2) if method == "POST" else [],
                _role(what),
            )
        )
        for what, (method, path) in PATHS.items()
    }
    tidy(store.url)
    secret = secrets.token_hex(32)
    with ExitStack() as running:
        server = running.enter_context(service(store, bench.folder))
        without = running.enter_context(
            service(store, bench.folder, "tests.benchmarks.without_concern")
        )
        stack = running.enter_context(bare_stack(store.url, _bare_operations(recordings, one)))
        beside = None
        if bench.with_peer and store.kind == "postgresql":
            beside = running.enter_context(peer(store, bench.folder, secret))
        yield Place(
            store,
            server,
            without,
            stack,
            {what: token_for(settings_for(store.url, bench.folder), _role(what)) for what in PATHS},
            beside,
            URLSafeTimedSerializer(secret).dumps({"account": str(ACCOUNT)}),
            recordings,
        )


def _bare_operations(recordings: Mapping[str, Recording], any_of: UUID) -> list[Bare]:
    return [
        Bare(method, path, recordings[what], any_of if what == "get" else None)
        for what, (method, path) in PATHS.items()
    ]


def _role(what: str) -> Role:
    return ROLES.get(what, Role.mash_worker)


def _load(bench: Bench, place: Place, what: str) -> loads.Load:
    method, path = PATHS[what]
    size = place.store.contacts
    paths = [path]
    if what == "get":
        paths = [path.format(id=contact_id(size, n * 7919 % size + 1)) for n in range(1000)]
    return loads.Load(
        place.server.port,
        method,
        paths,
        place.tokens[what],
        bodies=contacts() if method == "POST" else [],
        expected=201 if method == "POST" else 200,
        connections=bench.connections,
        seconds=bench.seconds,
    )


def _measure(bench: Bench, place: Place, what: str) -> None:
    store, recording = place.store, place.recordings[what]

    def keep(series: str, per_second: float) -> None:
        bench.results.add(store.kind, store.contacts, what, series, per_second)
        if what == "post":
            tidy(store.url)

    load = _load(bench, place, what)
    served = _put_on(bench, place, what, place.server, load, "processor_us")
    keep("service", served.per_second)
    bench.results.add(store.kind, store.contacts, what, "p50_ms", served.p50_ms)
    bench.results.add(store.kind, store.contacts, what, "p99_ms", served.p99_ms)
    bare_load = replace(load, port=place.stack.port)
    bare_served = _put_on(bench, place, what, place.stack, bare_load, "stack_processor_us")
    keep("stack floor", bare_served.per_second)
    any_of = contact_id(store.contacts, store.contacts // 2) if what == "get" else None
    bare = floors.pgbench if store.kind == "postgresql" else floors.bare_sqlite
    keep("floor", bare(store, recording, seconds=bench.seconds, any_of=any_of))
    if what == "post" and store.kind == "postgresql":
        plain = floors.one_insert_a_row(recording)
        keep("plain floor", floors.pgbench(store, plain, seconds=bench.seconds))
    if what == "post":
        without = loads.put(replace(load, port=place.without_concern.port))
        if without.refused:
            raise RuntimeError(f"{without.refused} requests of {what} were refused")
        keep("without the strip", without.per_second)
    if place.peer is not None and what in PEER_PATHS:
        beside = loads.put(
            loads.Load(
                place.peer.port,
                load.method,
                [PEER_PATHS[what]],
                place.peer_token,
                bodies=load.bodies,
                expected=load.expected,
                connections=bench.connections,
                seconds=bench.seconds,
            )
        )
        if beside.refused:
            raise RuntimeError(f"the peer refused {beside.refused} requests of {what}")
        keep("peer", beside.per_second)


def _put_on(
    bench: Bench, place: Place, what: str, server: Server, load: loads.Load, series: str
) -> loads.Served:
    """Puts a load on a server, and keeps what of a processor that took for one request."""
    before = server.processor_seconds()
    served = loads.put(load)
    spent = server.processor_seconds() - before
    if served.refused:
        raise RuntimeError(f"{served.refused} requests of {what} were refused")
    asked = served.per_second * (load.seconds + load.warm_up)
    store = place.store
    bench.results.add(store.kind, store.contacts, what, series, spent / asked * 1e6)
    return served


def _measure_sweeps(bench: Bench, store: Store) -> None:
    for due in (0, DUE):
        repeat = 1 if due else _SWEEPS_OF_NOTHING
        what = f"sweep, {due:,} due" if due else "sweep, nothing due"
        recording = recorded_sweep(store, bench.folder, due=due)
        took = timed_sweep(store, bench.folder, due=due, repeat=repeat)
        bench.results.add(store.kind, store.contacts, what, "service", 1000 / took)
        bare = bare_sweep(store, recording, due=due, repeat=repeat)
        bench.results.add(store.kind, store.contacts, what, "floor", 1000 / bare)
    tidy(store.url)


def _measure_check(bench: Bench, store: Store) -> None:
    recording = recorded_check(store, bench.folder)
    took = timed_check(store, bench.folder)
    bench.results.add(store.kind, store.contacts, CHECK, "service", 1000 / took)
    bare = bare_check(store, recording)
    bench.results.add(store.kind, store.contacts, CHECK, "floor", 1000 / bare)


def _measure_import(bench: Bench, store: Store) -> None:
    per_second = timed_import(store, bench.folder, bench.rows)
    bench.results.add(store.kind, store.contacts, IMPORT, "service", per_second)
    written = rows_written(store)
    bare = bare_import(store, written, bench.rows)
    bench.results.add(store.kind, store.contacts, IMPORT, "plain floor", bare)


def _measure_families(bench: Bench, store: Store) -> None:
    served = timed_acts(store, bench.folder)
    bench.results.add(store.kind, store.contacts, FAMILY, "service", served)
    floor = bare_acts(store, bench.folder)
    bench.results.add(store.kind, store.contacts, FAMILY, "floor", floor)


def _machine() -> str:
    told = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next(
        (line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line), ""
    )
    cores = told.count("processor\t")
    return f"{cores} cores {model}, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
