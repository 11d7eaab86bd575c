"""`frontdoor run`: everything on one machine, started and stopped as one."""

import asyncio
import json
import os
import re
import shlex
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from frontdoor.development import CONTACT, what_next
from service.persistence.repositories.contacts import nothing_on_file
from service.settings import load_settings
from tests.frontdoor.test_commands import free_port
from tests.support.demonstrations import Demonstration
from tests.support.desks import open_desk
from tests.support.patience import PATIENCE
from tests.support.sources import ROOT

DATABASE = "var/frontdoor.sqlite3"


@asynccontextmanager
async def started(folder: Path, port: int) -> AsyncIterator[Process]:
    """`frontdoor run` in a folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDOOR_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "frontdoor", "run", "--port", str(port)),
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        cwd=folder,
        stdout=PIPE,
        stderr=STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def heard(process: Process, words: str) -> list[str]:
    """The lines that it has said by the time that it says one that begins with these words."""
    said: list[str] = []
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while not (said and said[-1].startswith(words)):
            line = await process.stdout.readline()
            assert line, f"it ended: {said}"
            said.append(line.decode())
    return said


@asynccontextmanager
async def everything(folder: Path, port: int) -> AsyncIterator[tuple[Process, list[str]]]:
    """`frontdoor run` in a folder, and the lines that it has said by the time it is open."""
    async with started(folder, port) as process:
        yield process, await heard(process, "Stop with Ctrl-C")


async def stopped(process: Process) -> int:
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        await process.stdout.read()
        return await process.wait()


async def pasted(said: list[str], folder: Path, path: str) -> str:
    """What a command of the terminal's own advice answers."""
    text = "".join(said)
    (command,) = [one for one in re.findall(r"curl (?:.*\\\n)*.*\n", text) if path in one]
    shell = await asyncio.create_subprocess_shell(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=folder, stdout=PIPE
    )
    answer, _ = await shell.communicate()
    return answer.decode()


async def test_it_loads_a_year_into_an_empty_database_whole_or_not_at_all(tmp_path: Path) -> None:
    """That a load that is not interrupted is whole is tried in test_demonstration.py."""
    async with started(tmp_path, free_port()) as process:
        said = await heard(process, "Loading a year of demonstration data")
        assert "from schema step none" in "".join(said)
        assert await stopped(process) != 0
    async with open_desk(f"sqlite+aiosqlite:///{tmp_path / DATABASE}", tmp_path / "var") as desk:
        assert await desk.house.ask(nothing_on_file)


@pytest.mark.long
async def test_it_runs_on_a_year_stops_with_ctrl_c_and_keeps_the_data(
    demonstration: Demonstration, tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / DATABASE).parent.mkdir()
    with (
        closing(sqlite3.connect(make_url(demonstration.url).database or "")) as year,
        closing(sqlite3.connect(tmp_path / DATABASE)) as copy,
    ):
        year.backup(copy)
    async with everything(tmp_path, port) as (process, said):
        assert "nothing was to be done" in "".join(said)
        assert "demonstration" not in "".join(said)
        logged = await pasted(said, tmp_path, "/v1/contacts\n")
        assert '"reference":' in logged, logged
        assert await stopped(process) == 0
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/livez")
    async with everything(tmp_path, port) as (process, said):
        assert '"items":' in await pasted(said, tmp_path, "/v1/queues/contacts")
        assert await stopped(process) == 0
    with closing(sqlite3.connect(tmp_path / DATABASE)) as kept:
        wanted = (json.loads(logged)["reference"],)
        found = kept.execute("SELECT count(*) FROM contact WHERE reference = ?", wanted)
        assert found.fetchone() == (1,)


def test_what_to_try_next_is_ready_to_be_pasted(tmp_path: Path) -> None:
    settings = load_settings(
        environment="development", development_issuer=True, var_folder=tmp_path, port=8123
    )
    text = what_next(settings)
    commands = re.findall(r"curl (?:.*\\\n)*.*\n", text)
    assert len(commands) == 3
    for command in commands:
        assert "http://127.0.0.1:8123/v1/" in shlex.split(command)[-1]
        assert "token --role" in command
    assert CONTACT in text
