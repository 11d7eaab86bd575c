"""`frontdoor run`: everything on one machine, started and stopped as one."""

import asyncio
import os
import re
import shlex
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from api.app import contract_app
from frontdoor.development import CONTACT, what_next
from service.settings import load_settings
from tests.frontdoor.test_commands import free_port
from tests.support.patience import PATIENCE
from tests.support.sources import ROOT


@asynccontextmanager
async def everything(folder: Path, port: int) -> AsyncIterator[tuple[Process, list[str]]]:
    """`frontdoor run` in a folder, and the lines that it has said by the time it is open."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDOOR_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "frontdoor", "run", "--port", str(port)),
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        cwd=folder,
        stdout=PIPE,
        stderr=STDOUT,
    )
    said: list[str] = []
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            while not (said and said[-1].startswith("Stop with Ctrl-C")):
                line = await process.stdout.readline()
                assert line, f"it ended: {said}"
                said.append(line.decode())
        yield process, said
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


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


@pytest.mark.skipif(
    not any(route.path_format == "/readyz" for route in iter_route_contexts(contract_app().routes)),
    reason="the service does not say yet whether it is ready",
)
async def test_it_loads_runs_stops_with_ctrl_c_and_keeps_the_data(tmp_path: Path) -> None:
    port = free_port()
    async with everything(tmp_path, port) as (process, said):
        assert "from schema step none" in "".join(said)
        logged = await pasted(said, tmp_path, "/v1/contacts\n")
        assert '"reference":' in logged, logged
        assert '"items":' in await pasted(said, tmp_path, "/v1/queues/contacts")
        assert await stopped(process) == 0
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{port}/livez")
    async with everything(tmp_path, port) as (process, said):
        assert "nothing was to be done" in "".join(said)
        assert "demonstration" not in "".join(said)
        assert '"items":' in await pasted(said, tmp_path, "/v1/queues/contacts")
        assert await stopped(process) == 0


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
