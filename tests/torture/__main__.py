"""Does every fault to the running service, again and again: `make torture`.

Prints the table of docs/reliability.md, and ends with 1 when anything acknowledged was lost,
doubled or torn, or when a service that lies was not found out.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.persistence.migrating import migrate
from tests.support.databases import PostgresServer, postgres_server, sqlite_files
from tests.torture.faults import (
    CONTROLS,
    FAULTS,
    HEAD,
    OF_POSTGRESQL,
    Arena,
    Result,
    control,
    endure,
)
from tests.torture.upgrades import upgrade

KINDS = ("sqlite", "postgresql")


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when all held and every control was found out."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="how often each fault (20)")
    parser.add_argument("--between", type=int, default=60, help="acknowledgements between (60)")
    parser.add_argument("--databases", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--faults", nargs="*", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument(
        "--upgrade-from",
        type=Path,
        metavar="FOLDER",
        help="instead of faults: an upgrade from the release whose sources are in that folder",
    )
    given = parser.parse_args(arguments)
    good = True
    print(HEAD, flush=True)
    for kind in given.databases:
        if given.upgrade_from:
            with _arena(kind, migrated=False) as arena:
                coming = upgrade(given.upgrade_from.resolve(), arena, between=given.between)
                good &= _told(asyncio.run(coming))
            continue
        for name in (*given.faults, *CONTROLS):
            if kind == "sqlite" and name in OF_POSTGRESQL:
                continue
            result = _one(name, kind, given.times, given.between)
            good &= _told(result, lies=name in CONTROLS)
    print("\nAll held." if good else "\nNot all held.", flush=True)
    return 0 if good else 1


def _told(result: Result, *, lies: bool = False) -> bool:
    """Prints what came of it, and says whether that is right: a service that lies is found out."""
    print(result.row(), flush=True)
    if lies:
        return bool(result.wrong)
    for fault in result.wrong[:20]:
        print(f"    {fault}", file=sys.stderr, flush=True)
    return not result.wrong


def _one(name: str, kind: str, times: int, between: int) -> Result:
    with _arena(kind) as arena:
        if name in CONTROLS:
            return asyncio.run(control(name, arena, between=between))
        return asyncio.run(endure(name, arena, times=times, between=between))


@contextmanager
def _arena(kind: str, *, migrated: bool = True) -> Iterator[Arena]:
    """A new database, which waits for the disk as one in earnest does."""
    with tempfile.TemporaryDirectory(prefix="frontdoor-torture-") as place:
        folder = Path(place)
        if kind == "sqlite":
            with sqlite_files(migrate) as files:
                yield Arena(files.create_database(migrated=migrated), folder)
            return
        with postgres_server(migrate, durable=True) as server:
            yield Arena(server.create_database(migrated=migrated), folder, _ours(server))


def _ours(server: PostgresServer) -> PostgresServer:
    if not server.can_be_harmed:
        raise SystemExit("Torture needs a PostgreSQL of its own: unset FRONTDOOR_TEST_POSTGRES.")
    return server


if __name__ == "__main__":
    sys.exit(main())
