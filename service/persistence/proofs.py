"""Whether anything can be written just now: tried, since a database that answers may not take it.

A server that a failover left read-only, a full disk and a file that may not be written all answer
every question. So one row is written, and something new put on the disk, where an old row might
still find its old place.
"""

import asyncio
import os
from pathlib import Path

from service.clock import system_clock
from service.own_files import make_own_file
from service.persistence.engines import Database
from service.persistence.failures import DatabaseBusy, in_our_words
from service.persistence.tables import metadata

PROOF_OF_WRITING = metadata.tables["proof_of_writing"]

# One journey. The sort is larger than the memory that it may have, so that it takes new room on the
# disk; the row is written last, so that it is held for the shortest time.
_ON_POSTGRESQL = """
SET LOCAL lock_timeout = '1s';
SET LOCAL work_mem = '64kB';
SELECT count(*) FROM (
    SELECT md5(n::text) || repeat(md5(n::text), 7) AS words FROM generate_series(1, 1500) n
    ORDER BY words OFFSET 0
) AS sorted;
UPDATE proof_of_writing SET written_at = now() WHERE place = 1;
"""
_BYTES_ON_THE_DISK = 64 * 1024


async def prove_writing(database: Database) -> None:
    """Writes. Raises DatabaseAway when nothing can be written.

    When others are just writing, that is proof enough.
    """
    try:
        if not database.is_sqlite:
            async with database.straight() as driver:
                await driver.execute(_ON_POSTGRESQL)
            return
        with in_our_words():
            await asyncio.to_thread(_take_room, database.url.database or "")
        async with database.writing() as connection:
            await connection.execute(PROOF_OF_WRITING.update().values(written_at=system_clock()))
            await connection.commit()
    except DatabaseBusy:
        return


def _take_room(database: str) -> None:
    """Puts a file beside the database, onto the disk, and takes it away."""
    trial = Path(f"{database}.room-{os.getpid()}")
    try:
        make_own_file(str(trial))
        with trial.open("wb") as file:
            file.write(os.urandom(_BYTES_ON_THE_DISK))
            file.flush()
            os.fsync(file.fileno())
    finally:
        trial.unlink(missing_ok=True)
