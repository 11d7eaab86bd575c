"""An upgrade from a release as it was published, while people work: its own code, not a likeness.

The release before is a folder with its sources (`git worktree add ../before v0.3.0`). Its servers
and workers serve; the database is migrated under them; they are replaced one after the other.
"""

import asyncio
import sys
import time
import tomllib
from pathlib import Path

from service.domain.job_runs import JobName
from tests.support.patience import PATIENCE
from tests.support.processes import NOT_IN_THE_WAY, environment, quick_policy
from tests.torture.faults import Arena, Result, endured


async def upgrade(release: Path, arena: Arena, *, between: int) -> Result:
    """Upgrades a service of that release at work, `between` acknowledgements for each step."""
    project = tomllib.loads((release / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = release / "service" / "policy" / "default.toml"
    before, after = arena.folder / "before", arena.folder / "after"
    for folder in (before, after):
        folder.mkdir()
    arena.application = None
    arena.given = {
        # A release knows only its own settings, and refuses the others.
        **dict.fromkeys(NOT_IN_THE_WAY),
        "PYTHONPATH": str(release),
        "FRONTDOOR_POLICY_FILE": str(quick_policy(before, shipped)),
    }
    await _frontdoor(arena, "migrate")

    async def replaced() -> None:
        arena.given = {"FRONTDOOR_POLICY_FILE": str(quick_policy(after))}
        began, so_far = time.monotonic(), arena.witness.acknowledged
        said = await _frontdoor(arena, "migrate")
        took, told = time.monotonic() - began, arena.witness.acknowledged - so_far
        words = f"{took:.1f} s, {told / took:.0f} acknowledged a second: {' '.join(said.split())}"
        print(words, file=sys.stderr, flush=True)
        await arena.more(between)
        for worker in arena.workers:
            worker.terminate()
            await asyncio.to_thread(worker.wait, PATIENCE)
        arena.staff()
        for server in list(arena.desk.servers):
            arena.desk.servers.append(await arena.start())
            await arena.more(between)
            arena.desk.servers.remove(server)
            server.process.terminate()
            await asyncio.to_thread(server.process.wait, PATIENCE)
        # What a worker does within the hour: clocks that the release before did not have.
        await _frontdoor(arena, "job", JobName.start_missing_clocks)

    return await endured(f"upgrade from {project['project']['version']}", arena, replaced, between)


async def _frontdoor(arena: Arena, *words: str) -> str:
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "frontdoor", *words),
        env=environment(arena.database_url, arena.folder, **arena.given),
        cwd=arena.folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await command.communicate()
    if command.returncode != 0:
        arena.witness.wrong.append(f"{words} ended with {command.returncode}: {said!r}")
    return said.decode()
