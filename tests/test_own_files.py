"""Files of the service's own are readable by their owner alone, whoever makes them and how."""

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.own_files import (
    close_to_others,
    keeping_to_ourselves,
    make_own_file,
    own_file,
    own_folder,
)
from service.persistence.engines import Database
from service.persistence.migrating import migrate
from tests.support.processes import environment


@pytest.fixture(autouse=True)
def _as_most_machines_are() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """What in a folder, and the folder itself, others may do anything with."""
    found = [folder, *sorted(folder.rglob("*"))]
    return [
        f"{one.relative_to(folder)}: {stat.filemode(one.lstat().st_mode)}"
        for one in found
        if one.lstat().st_mode & 0o077
    ]


def test_the_database_its_log_and_its_folders_are_their_owners_alone(tmp_path: Path) -> None:
    async def used(url: str) -> list[str]:
        database = Database(url, pool_size=2)
        try:
            async with database.reading(), database.long_reading(), database.writing() as writing:
                await writing.exec_driver_sql("UPDATE proof_of_writing SET place = place")
                await writing.commit()
            assert database.file is not None
            names = {one.name for one in database.file.path.parent.iterdir()}
            assert {"x.sqlite3", "x.sqlite3-wal", "x.sqlite3-shm"} <= names
            database.file.found_damaged()
            return open_to_others(tmp_path / "new")
        finally:
            await database.dispose()

    url = f"sqlite:///{tmp_path}/new/folder/x.sqlite3"
    migrate(url)
    assert asyncio.run(used(url)) == []


def test_what_was_open_to_others_is_closed_when_it_is_opened(tmp_path: Path) -> None:
    """As releases before left it."""
    path = tmp_path / "x.sqlite3"
    migrate(f"sqlite:///{path}")
    path.chmod(0o664)

    async def opened() -> None:
        database = Database(f"sqlite:///{path}", pool_size=1)
        async with database.reading():
            pass
        await database.dispose()

    asyncio.run(opened())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_command_makes_files_for_its_owner_alone(tmp_path: Path) -> None:
    """With the modes of whatever library makes them: nothing is made while others may read it."""
    folder = tmp_path / "var"
    env = environment(f"sqlite:///{folder}/x.sqlite3", folder)
    for command in (["migrate"], ["token", "--role", "mash_worker"], ["backup"]):
        subprocess.run(
            [sys.executable, "-m", "frontdoor", *command],
            env=env,
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    made = {one.name for one in folder.rglob("*")}
    assert "x.sqlite3" in made
    assert "backups" in made
    assert len(made) >= 4
    assert open_to_others(folder) == []


def test_meanwhile_and_only_meanwhile_nothing_is_made_for_others(tmp_path: Path) -> None:
    with keeping_to_ourselves():
        (tmp_path / "one").write_text("")
    (tmp_path / "two").write_text("")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("one", "two")]
    assert modes == [0o600, 0o644]


def test_a_file_that_is_there_is_neither_opened_nor_emptied(tmp_path: Path) -> None:
    path = tmp_path / "one"
    path.write_text("there")
    make_own_file(str(path))
    assert path.read_text() == "there"
    make_own_file(str(tmp_path / "nowhere" / "one"))
    close_to_others(tmp_path / "nowhere")
    own_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) & 0o700 == 0o700
    descriptor = own_file(str(tmp_path / "two"), os.O_WRONLY | os.O_CREAT)
    os.close(descriptor)
    assert stat.S_IMODE((tmp_path / "two").stat().st_mode) == 0o600
