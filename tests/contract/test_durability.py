"""What was acknowledged is there: the server is killed under load, again and again."""

import asyncio
import os
import random
import signal
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from service.domain.access import Role
from service.persistence.engines import Database
from tests.support.databases import SqliteFiles
from tests.support.forgetful import FORGETS
from tests.support.patience import PATIENCE
from tests.support.processes import until
from tests.support.servers import Server, serve

KILLS = 3
CLIENTS = 6


@dataclass
class Witness:
    """What the senders were told, and what they do not know."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    unknown_outcomes: int = 0
    replayed: int = 0
    wrong: list[str] = field(default_factory=list)


class Desk:
    """The servers that run just now, several on one database; senders ask it where to send."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers
        self.headers = servers[0].headers(Role.mash_worker)
        self.closing = False

    def url(self) -> str:
        """A server, any of them: a request sent again goes to another as likely as not."""
        return random.choice(self.servers).url

    def kill(self) -> None:
        """The first of them, with all that it was doing; senders find out by themselves."""
        os.killpg(self.servers[0].process.pid, signal.SIGKILL)
        self.servers[0].process.wait()

    def forget(self) -> None:
        """Nobody is sent to the dead one any more."""
        del self.servers[0]


def body(key: str) -> dict[str, Any]:
    return {
        "channel": "telephone",
        "source_code": "2A",
        "concern": f"Shouting at night, and a child outside alone. {key}",
        "children": [{"given_name": "Kit"}, {"given_name": "Lou"}],
        "referrer": {"role": "Neighbour"},
    }


async def send(desk: Desk, witness: Witness) -> None:
    """Posts contact after contact; an outcome that is not known is asked for with the same key."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        while not desk.closing:
            key = str(uuid4())
            while True:
                try:
                    answer = await client.post(
                        f"{desk.url()}/v1/contacts",
                        json=body(key),
                        headers={**desk.headers, "Idempotency-Key": key},
                    )
                except httpx.TransportError:
                    witness.unknown_outcomes += 1
                    await asyncio.sleep(0.01)
                    continue
                if answer.status_code == 503:
                    await asyncio.sleep(0.02)
                    continue
                if answer.status_code != 201:
                    witness.wrong.append(answer.text)
                    return
                witness.acknowledged[key] = answer.json()["id"]
                witness.replayed += answer.headers.get("idempotent-replayed") == "true"
                break


async def ask_again(desk: Desk, witness: Witness) -> None:
    """Every fifth acknowledged request sent again: the same answer, and nothing new."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        for key, id_ in list(witness.acknowledged.items())[::5]:
            answer = await client.post(
                f"{desk.url()}/v1/contacts",
                json=body(key),
                headers={**desk.headers, "Idempotency-Key": key},
            )
            assert answer.status_code == 201, answer.text
            assert answer.headers["idempotent-replayed"] == "true"
            assert answer.json()["id"] == id_


async def faults(database_url: str, witness: Witness) -> list[str]:
    """What is not as the senders were told, and what does not hang together."""
    database = Database(database_url)
    found = []
    async with database.reading() as connection:

        async def ask(statement: str) -> list[Any]:
            return list((await connection.execute(text(statement))).scalars())

        concerns = Counter(str(one)[-36:] for one in await ask("SELECT concern FROM contact"))
        lost = set(witness.acknowledged) - set(concerns)
        if lost:
            found.append(f"{len(lost)} acknowledged contacts are not there")
        doubled = [key for key, times in concerns.items() if times > 1]
        if doubled:
            found.append(f"{len(doubled)} contacts are there twice")
        contacts = sum(concerns.values())
        for what, wanted, statement in (
            ("events", contacts, "SELECT count(*) FROM event WHERE type = 'contact.received'"),
            ("answers", contacts, "SELECT count(*) FROM answer"),
            ("children", 2 * contacts, "SELECT count(*) FROM contact_child"),
            ("people", 2 * contacts, "SELECT count(*) FROM person"),
            ("clocks", 3 * contacts, "SELECT count(*) FROM deadline WHERE stopped_at IS NULL"),
            (
                "contacts with their event",
                contacts,
                "SELECT count(*) FROM contact JOIN event ON event.contact_id = contact.id",
            ),
        ):
            [held] = await ask(statement)
            if held != wanted:
                found.append(f"{held} {what}, not {wanted}")
        if database.is_sqlite:
            if await ask("PRAGMA integrity_check") != ["ok"]:
                found.append("the file is damaged")
            if await ask("PRAGMA foreign_key_check"):
                found.append("rows without their parents")
    await database.dispose()
    return found


async def run(database_url: str, folder: Path, *, kills: int, **how: Any) -> Witness:
    """Servers under load, killed one after the other; the last answers what is still unknown."""
    witness = Witness()
    async with AsyncExitStack() as stack:
        opening = [serve(database_url, folder, **how) for _ in range(kills + 1)]
        entered = [asyncio.to_thread(one.__enter__) for one in opening]
        for one in opening:
            stack.push(one.__exit__)
        desk = Desk(await asyncio.gather(*entered))
        senders = [asyncio.create_task(send(desk, witness)) for _ in range(CLIENTS)]
        for turn in range(kills + 1):
            already = len(witness.acknowledged)

            async def enough(already: int = already) -> bool:
                return len(witness.acknowledged) >= already + 40 or bool(witness.wrong)

            await until(enough, what="forty more contacts")
            if turn < kills:
                desk.kill()
                await asyncio.sleep(0.1)
                desk.forget()
        desk.closing = True
        await asyncio.gather(*senders)
        if not how:
            await ask_again(desk, witness)
    return witness


async def test_every_acknowledged_contact_outlives_a_killed_server_and_none_is_doubled(
    database_url: str, tmp_path: Path
) -> None:
    witness = await run(database_url, tmp_path, kills=KILLS)
    assert witness.wrong == []
    assert len(witness.acknowledged) >= 40 * KILLS
    assert witness.unknown_outcomes >= KILLS, "no request was on its way when the server died"
    assert await faults(database_url, witness) == []


async def test_a_service_that_acknowledges_without_keeping_would_be_found_out(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    url = sqlite.create_database()
    witness = await run(
        url,
        tmp_path,
        kills=0,
        application="tests.support.forgetful:application",
        environment={FORGETS: "yes"},
    )
    assert witness.wrong == []
    with pytest.raises(AssertionError, match="acknowledged contacts are not there"):
        assert await faults(url, witness) == []
