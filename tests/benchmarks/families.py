"""A family of four decided in one act, beside the very statements of it by the bare driver."""

import asyncio
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from api.app import create_app
from api.observability import configure_api_logs
from api.schemas.decisions_together import DecisionsTogetherCreate
from service.bootstrap import House
from service.domain.access import Caller, Role
from service.usecases import decisions
from tests.benchmarks.examples import contacts
from tests.benchmarks.fill import tidy
from tests.benchmarks.recordings import Recording, record
from tests.benchmarks.servers import settings_for, token_for
from tests.benchmarks.stores import Store
from tests.benchmarks.sweeps import bare
from tests.support.builders import child_body, decision_body

_ACTS = 20


class _Door:
    """The service's own door in this process, as one worker goes through it."""

    def __init__(self, house: House) -> None:
        self._token = token_for(house.settings, Role.mash_worker)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(house)), base_url="http://front.door"
        )

    async def post(self, path: str, body: object) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": str(uuid4())}
        answer = await self._client.post(path, json=body, headers=headers)
        if answer.is_error:
            raise RuntimeError(f"{path} was refused: {answer.text}")
        return answer.json()

    async def family(self, number: int) -> tuple[str, dict[str, Any]]:
        """Logs a contact about a family; the path and the body of deciding all of it in one act."""
        told = json.loads(contacts(1)[0])
        # Of letters alone, and unlike any other: whoever is told of twice may be the same child.
        name = "".join(chr(ord(one) % 26 + 97) for one in uuid4().hex).capitalize()
        told["address"] = f"{number} Long Row"
        told["children"] = [
            child_body(given, family_name=name, date_of_birth=f"20{10 + place}-03-0{place + 1}")
            for place, given in enumerate(("Amara", "Chidi", "Efe", "Ife"))
        ]
        told["adults"][0]["family_name"] = name
        contact = await self.post("/v1/contacts", told)
        body = decision_body(uuid4())
        del body["child_id"]
        body["children"] = [{"child_id": child["id"]} for child in contact["children"]]
        return f"/v1/contacts/{contact['id']}/decisions/together", body

    async def close(self) -> None:
        await self._client.aclose()


def timed_acts(store: Store, folder: Path) -> float:
    """How many families of four are decided a second, one after another, once it is warm."""
    tidy(store.url)

    async def run() -> float:
        configure_api_logs(level="critical")
        house = await House.open(settings_for(store.url, folder))
        door = _Door(house)
        try:
            families = [await door.family(number) for number in range(_ACTS + 1)]
            await door.post(*families.pop())
            began_at = time.perf_counter()
            for path, body in families:
                await door.post(path, body)
            return _ACTS / (time.perf_counter() - began_at)
        finally:
            await door.close()
            await house.close()

    try:
        return asyncio.run(run())
    finally:
        tidy(store.url)


class _TakenBackError(Exception):
    """Ends a transaction that is to leave nothing."""


def recorded_act(store: Store, folder: Path) -> Recording:
    """The statements of deciding one family, taken back so that they can be done again.

    It is the act alone: neither the answer that is kept for a second asking, nor the commit.
    """
    asked: list[tuple[Caller, UUID, DecisionsTogetherCreate]] = []

    async def logged(house: House) -> None:
        door = _Door(house)
        for number in range(2):
            path, body = await door.family(number)
            if number == 0:
                await door.post(path, body)
            else:
                who = await house.caller(token_for(house.settings))
                told = DecisionsTogetherCreate.model_validate_json(json.dumps(body))
                asked.append((who, UUID(path.split("/")[3]), told))
        await door.close()

    async def act(house: House) -> None:
        [(who, contact_id, body)] = asked
        children = [child.told() for child in body.children]
        with suppress(_TakenBackError):
            async with house.work(None) as work:
                made = await decisions.decide_together(work, who, contact_id, body.said(), children)
                await decisions.whole_together(work, who, contact_id, made)
                raise _TakenBackError

    return asyncio.run(record(store, folder, act, warm_up=logged))


def bare_acts(store: Store, folder: Path) -> float:
    """How often a second the bare driver does the very statements of deciding one family.

    Each time they are taken back: nothing is written to the disk at the end, as the service does.
    """
    recording = recorded_act(store, folder)
    took = bare(store, recording, repeat=_ACTS)
    tidy(store.url)
    return 1000 / took
