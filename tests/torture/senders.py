"""People at work while faults happen: lives of contacts over HTTP, and what they were told."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from service.clock import system_clock
from service.domain.access import Role
from tests.support.builders import Body, decision_body, sign_off_body
from tests.support.patience import PATIENCE
from tests.support.servers import Server

EACH_LATE = 4
_AGAIN_SECONDS = 0.02


@dataclass
class Life:
    """What a sender was told of one contact: each step that was acknowledged, and no other."""

    key: str
    late: bool
    contact_id: str = ""
    child_ids: Sequence[str] = ()
    rated: bool = False
    decision_id: str = ""
    signed: bool = False
    sent: Body = field(default_factory=dict)
    answered: bytes = b""

    def concern(self) -> Body:
        """What is sent: words that occur once, and names that nobody else has."""
        late = {"received_at": (system_clock() - timedelta(hours=26)).isoformat()}
        return {
            "channel": "telephone",
            "source_code": "2A",
            "concern": f"Shouting at night, and a child outside alone. {self.key}",
            "children": [
                {"given_name": name, "family_name": f"Of {self.key}"} for name in ("Kit", "Lou")
            ],
            "referrer": {"role": "Neighbour"},
            **(late if self.late else {}),
        }


@dataclass
class Witness:
    """All that the senders were told, and what they do not know."""

    lives: dict[str, Life] = field(default_factory=dict)
    acknowledged: int = 0
    unreached: int = 0
    unknown: int = 0
    put_off: int = 0
    replayed: int = 0
    longest_silence: float = 0.0
    wrong: list[str] = field(default_factory=list)
    _heard: float = field(default_factory=time.monotonic)

    def hear(self) -> None:
        """Something was acknowledged."""
        self.acknowledged += 1
        now = time.monotonic()
        self.longest_silence = max(self.longest_silence, now - self._heard)
        self._heard = now

    def begin(self) -> None:
        """From now on it is counted how long nobody hears anything."""
        self.longest_silence, self._heard = 0.0, time.monotonic()


@dataclass
class Desk:
    """The servers that run just now, several on one database; senders ask it where to send."""

    servers: list[Server]
    closing: bool = False

    def __post_init__(self) -> None:
        issued_by = self.servers[0]
        self._headers = {
            role: issued_by.headers(role) for role in (Role.mash_worker, Role.mash_manager)
        }

    async def ask(
        self, client: httpx.AsyncClient, role: Role, method: str, path: str, **sent: Any
    ) -> httpx.Response:
        """Asks a server, any of them: what is sent again goes to another as likely as not."""
        headers = {**self._headers[role], **sent.pop("headers", {})}
        url = f"{random.choice(self.servers).url}{path}"
        return await client.request(method, url, headers=headers, **sent)


class Sender:
    """Lives one contact after the other: logs, rates, decides, signs, and insists on each."""

    _turns = itertools.count(1)

    def __init__(self, desk: Desk, witness: Witness, client: httpx.AsyncClient) -> None:
        self._desk, self._witness, self._client = desk, witness, client

    async def live_until_closing(self) -> None:
        """Goes on until the desk closes; a life that was begun is lived to its end."""
        while not self._desk.closing and not self._witness.wrong:
            await self._live(Life(str(uuid4()), late=next(self._turns) % EACH_LATE == 0))

    async def _live(self, life: Life) -> None:
        contact = await self._log(life)
        if contact is None or life.late:
            return
        thing, amber = f"/v1/contacts/{life.contact_id}", {"rating": "amber"}
        life.rated = await self._change(
            Role.mash_worker,
            thing,
            contact["version"],
            "triage",
            amber,
            lambda found: bool(found["rating"] == amber["rating"]),
        )
        if not life.rated:
            return
        made = await self._create(f"{thing}/decisions", decision_body(life.child_ids[0]))
        if made is None:
            return
        decision = made.json()
        life.decision_id = decision["id"]
        life.signed = await self._change(
            Role.mash_manager,
            f"/v1/decisions/{decision['id']}",
            decision["version"],
            "sign-off",
            sign_off_body(),
            lambda found: bool(found["state"] == "signed"),
        )

    async def _log(self, life: Life) -> Body | None:
        life.sent = life.concern()
        made = await self._create("/v1/contacts", life.sent, key=life.key)
        if made is None:
            return None
        contact: Body = made.json()
        life.contact_id, life.answered = contact["id"], made.content
        life.child_ids = [child["id"] for child in contact["children"]]
        self._witness.lives[life.key] = life
        return contact

    async def _create(self, path: str, body: Body, *, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        answer, _ = await self._insist(Role.mash_worker, path, body, headers)
        if answer.status_code != 201:
            return self._complain(path, answer)
        self._witness.hear()
        self._witness.replayed += answer.headers.get("idempotent-replayed") == "true"
        return answer

    async def _change(
        self,
        role: Role,
        thing: str,
        version: int,
        act: str,
        body: Body,
        done: Callable[[Any], bool],
    ) -> bool:
        """Changes a thing as it was read. `done` says by the thing whether that was done."""
        headers = {"If-Match": f'"{version}"', "Idempotency-Key": str(uuid4())}
        answer, doubtful = await self._insist(role, f"{thing}/{act}", body, headers)
        if answer.status_code in (409, 412) and doubtful:
            # It had been done before its answer was lost: who looks again sees it.
            return await self._seen(thing, done)
        if answer.status_code != 200:
            self._complain(thing, answer)
            return False
        self._witness.hear()
        return True

    async def _seen(self, path: str, done: Callable[[Any], bool]) -> bool:
        answer, _ = await self._insist(Role.mash_manager, path, None, {}, method="GET")
        if answer.status_code != 200 or not done(answer.json()):
            self._complain(path, answer)
            return False
        self._witness.replayed += 1
        return True

    async def _insist(
        self, role: Role, path: str, body: Body | None, headers: Body, *, method: str = "POST"
    ) -> tuple[httpx.Response, bool]:
        """Sends until there is an answer, and says whether an earlier outcome was unknown."""
        doubtful = False
        while True:
            try:
                answer = await self._desk.ask(
                    self._client, role, method, path, json=body, headers=headers
                )
            except httpx.ConnectError:
                self._witness.unreached += 1
            except httpx.TransportError:
                self._witness.unknown += 1
                doubtful = True
            else:
                if answer.status_code != 503:
                    return answer, doubtful
                self._witness.put_off += 1
                doubtful = True
                if "retry-after" not in answer.headers:
                    self._witness.wrong.append("503 without Retry-After")
            await asyncio.sleep(_AGAIN_SECONDS)

    def _complain(self, path: str, answer: httpx.Response) -> None:
        self._witness.wrong.append(f"{path}: {answer.status_code} {answer.text[:300]}")


async def ask_again(desk: Desk, witness: Witness) -> None:
    """Every fifth contact sent again under its key: the same bytes, and nothing new."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        for key, life in list(witness.lives.items())[::5]:
            answer = await desk.ask(
                client,
                Role.mash_worker,
                "POST",
                "/v1/contacts",
                json=life.sent,
                headers={"Idempotency-Key": key},
            )
            if answer.content != life.answered:
                witness.wrong.append(f"sent again: {answer.status_code}, and another answer")
            witness.replayed += answer.headers.get("idempotent-replayed") == "true"
