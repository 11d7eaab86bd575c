"""`frontdoor backup` and `frontdoor restore`: the record copied while people work, and back."""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from frontdoor.faults import Told
from service.domain.texts import counted

if TYPE_CHECKING:
    from service.persistence.backups import CopyContents, Restored
    from service.settings import Settings

KEEP_WITH_IT = (
    "Keep with it FRONTDOOR_SECRET_KEY, the issuers and the policy file, away from this machine. "
    "It holds children's records: encrypt it, and let as few people read it as read those."
)


def _settings() -> "Settings":
    from service.settings import load_settings

    return load_settings(serving=False)


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
def backup(file: Path | None) -> None:
    """Back the whole record up into a file, while people work.

    FILE must not be there yet; a folder gets a file named by the time. Without one it goes into
    the folder backups in FRONTDOOR_VAR_FOLDER. The copy is read back whole before it gets its
    name, so a file that is there is good. PostgreSQL needs pg_dump and pg_restore on the PATH.
    """
    from service.clock import system_clock

    settings = _settings()
    began_at = system_clock()
    began = time.perf_counter()
    path = _chosen(file, settings, f"{began_at:%Y%m%dT%H%M%SZ}")
    holding = asyncio.run(_back_up(settings, path))
    seconds = time.perf_counter() - began
    size = path.stat().st_size / 1024**2
    click.echo(f"Backed up to {path} ({size:,.1f} MiB), and read back whole.")
    click.echo(_told(holding))
    click.echo(
        f"Everything acknowledged before {began_at:%Y-%m-%d %H:%M:%S} UTC is in it. It took "
        f"{seconds:.1f} s; bringing it back takes about as long (frontdoor restore)."
    )
    click.echo(KEEP_WITH_IT)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Bring a backup back, on an empty host or in place of what is there.

    Stop serve and worker first: it refuses while they have the database open. FILE is checked
    before anything is touched. On SQLite what was there is kept beside it, under another name; on
    PostgreSQL the database named in FRONTDOOR_DATABASE_URL must be there and empty.
    """
    from service.clock import system_clock
    from service.persistence.schema_steps import newest

    settings = _settings()
    began = time.perf_counter()
    restored = asyncio.run(_bring_back(settings, file, f"{system_clock():%Y%m%dT%H%M%SZ}"))
    seconds = time.perf_counter() - began
    holding = restored.holding
    click.echo(f"Restored {file} in {seconds:.1f} s.")
    click.echo(_told(holding))
    if restored.aside is not None:
        click.echo(f"The database that was there before is kept as {restored.aside}.")
    if holding.newest_at is not None:
        click.echo(
            f"What was acknowledged after {holding.newest_at:%Y-%m-%d %H:%M:%S} UTC is not in it: "
            "tell those who worked since."
        )
    if holding.step != newest():
        click.echo("Next: frontdoor migrate, for it is at an earlier schema step; then start.")
    else:
        click.echo("Next: start frontdoor worker and frontdoor serve, and look at /readyz.")


def _chosen(file: Path | None, settings: "Settings", stamp: str) -> Path:
    """Where the backup goes. Raises Told where something is there already."""
    from service.persistence.engines import sqlite_path

    ending = "pgdump" if sqlite_path(settings.database_url) is None else "sqlite3"
    chosen = settings.var_folder / "backups" if file is None else file
    if file is None or file.is_dir():
        chosen = chosen / f"frontdoor-{stamp}.{ending}"
    if chosen.exists():
        raise Told(
            f"{chosen} is there already, and a backup is never written over another file. Choose "
            "another name."
        )
    return chosen


async def _back_up(settings: "Settings", path: Path) -> "CopyContents":
    from service.persistence import postgresql_backups, sqlite_backups
    from service.persistence.engines import Database, sqlite_path

    file = sqlite_path(settings.database_url)
    if file is not None:
        return sqlite_backups.back_up(file, path)
    database = Database(settings.database_url, pool_size=1, application="frontdoor backup")
    try:
        return await postgresql_backups.back_up(database, path)
    finally:
        await database.dispose()


async def _bring_back(settings: "Settings", path: Path, stamp: str) -> "Restored":
    from service.persistence import postgresql_backups, sqlite_backups
    from service.persistence.engines import Database, sqlite_path

    file = sqlite_path(settings.database_url)
    if file is not None:
        return sqlite_backups.bring_back(path, file, stamp=stamp)
    database = Database(settings.database_url, pool_size=1, application="frontdoor restore")
    try:
        return await postgresql_backups.bring_back(path, database)
    finally:
        await database.dispose()


def _told(holding: "CopyContents") -> str:
    newest = "" if holding.newest_at is None else f", newest {holding.newest_at:%Y-%m-%d %H:%M:%S}"
    return (
        f"It holds {counted(holding.contacts, 'contact')}, "
        f"{counted(holding.people, 'person', 'people')}, "
        f"{counted(holding.decisions, 'decision')}, {counted(holding.flags, 'flag')} and "
        f"{counted(holding.events, 'event')}{newest}; schema step {holding.step}."
    )
