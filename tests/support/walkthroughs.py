"""Reads a walkthrough and does what it says, block by block, over HTTP, against a real house.

The form, which is also that of the page: a `sh` block makes tokens, a `clock` block says what time
it is, a `job` block runs a job, an `http` block is a request and the `answer NAME` block after it
what must come back. In an answer objects may have more members than are shown, `"…"` is any value,
and a list that ends with `"…"` goes on. `{{contact.children.0.id}}` is from an earlier answer,
`{{contact.etag}}` from its headers, and `<20 MB of spaces>` stands for itself. A `shell` block is
run in a folder of its own, and the `output CODE` block after it is how it ends and what it says; a
`demo` block loads the demonstration year.
"""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from frontdoor.demonstration import load
from service.bootstrap import House
from service.domain.access import Role
from service.policy.loading import DEFAULT_POLICY
from tests.support.clocks import FixedClock
from tests.support.houses import client_of, open_house, token
from tests.support.patience import PATIENCE
from tests.support.processes import environment, with_frontdoor
from tests.support.sources import ROOT
from workers.running import run_once
from workers.schedule import job_named

_FENCE = re.compile(r"^```(\S+) ?(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TOKEN = re.compile(r"^(\w+)=\$\(frontdoor token (.+)\)$")
_PLACEHOLDER = re.compile(r"\{\{([\w.-]+)\}\}")
_LARGE = re.compile(r"<(\d+) MB of spaces>")
_LONDON = ZoneInfo("Europe/London")
_CHANGING = ("POST", "PATCH", "PUT")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its kind, the words after it, its text, and the line it begins on."""

    kind: str
    words: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    for found in _FENCE.finditer(page):
        line = page.count("\n", 0, found.start()) + 1
        yield Block(found[1], found[2].strip(), found[3], line)


def differences(shown: Any, given: Any, at: str = "") -> list[str]:
    """Where what came differs from what the page shows."""
    if shown == "…":
        return [] if given is not None else [f"{at or 'it'} is null"]
    if isinstance(shown, Mapping):
        if not isinstance(given, Mapping):
            return [f"{at or 'it'} is {given!r}"]
        found = [f"{at}/{name} is missing" for name in shown if name not in given]
        for name in shown:
            if name in given:
                found += differences(shown[name], given[name], f"{at}/{name}")
        return found
    if isinstance(shown, list):
        if not isinstance(given, list):
            return [f"{at or 'it'} is {given!r}"]
        more = bool(shown) and shown[-1] == "…"
        wanted = shown[:-1] if more else shown
        if len(given) < len(wanted) or (len(given) > len(wanted) and not more):
            return [f"{at} has {len(given)} items: {given!r}"]
        pairs = enumerate(zip(wanted, given, strict=False))
        return [one for n, (a, b) in pairs for one in differences(a, b, f"{at}/{n}")]
    return [] if type(shown) is type(given) and shown == given else [f"{at} is {given!r}"]


@dataclass
class Walk:
    """One walk through a page: what time it is, who is who, and what was answered so far."""

    house: House
    clock: FixedClock
    client: httpx.AsyncClient
    folder: Path
    people: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    sent: int = 0
    wrong: list[str] = field(default_factory=list)

    async def along(self, page: str) -> None:
        """Does everything on the page; AssertionError names each line at which it went wrong."""
        waiting: tuple[Block, httpx.Response] | None = None
        said: tuple[int, str] | None = None
        for block in blocks(page):
            match block.kind:
                case "http":
                    assert waiting is None, f"line {block.line}: the request before has no answer"
                    waiting = block, await self._send(block)
                case "answer":
                    assert waiting is not None, f"line {block.line}: nothing was asked"
                    self._compare(block, waiting[1])
                    waiting = None
                case "clock":
                    told = datetime.strptime(block.text.strip(), "%A %d %B %Y, %H:%M")  # noqa: DTZ007 - the zone is London
                    at = told.replace(tzinfo=_LONDON)
                    assert f"{at:%A}" == block.text.split()[0], f"line {block.line}: another day"
                    self.clock.set(at.astimezone(UTC))
                case "job":
                    await self._job(block)
                case "shell":
                    said = await self._shell(block)
                case "output":
                    assert said is not None, f"line {block.line}: nothing was run"
                    code, text = said
                    assert (str(code), text.strip()) == (block.words, block.text.strip())
                    said = None
                case "demo":
                    await load(self.house, progress=lambda _done, _of: None)
                case "sh":
                    self.meet(block)
                case other:
                    raise AssertionError(f"line {block.line}: nobody knows what to do with {other}")
        assert not self.wrong, "\n".join(self.wrong)
        assert (waiting, said) == (None, None), "the last block has no answer"

    def meet(self, block: Block) -> None:
        """Learns who is who from the commands that make their tokens."""
        for line in block.text.splitlines():
            found = _TOKEN.match(line)
            assert found is not None, f"line {block.line}: {line}"
            self.people[found[1]] = shlex.split(found[2])

    def _token(self, name: str) -> str:
        """A fresh token each time: the clock of a walk runs faster than a token lives."""
        words = self.people[name]
        given = {
            option.removeprefix("--"): value
            for option, value in zip(words[::2], words[1::2], strict=True)
        }
        return token(self.house, Role(given.pop("role")), **given)

    async def _shell(self, block: Block) -> tuple[int, str]:
        """The exit code and all that was said, in a folder with nothing but the shipped policy."""
        policy = self.folder / "service" / "policy" / "default.toml"
        policy.parent.mkdir(parents=True, exist_ok=True)
        policy.write_bytes(DEFAULT_POLICY.read_bytes())
        kept = environment(self.house.settings.database_url, self.folder)
        shell = await asyncio.create_subprocess_shell(
            block.text,
            env=with_frontdoor(kept, self.folder),
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await asyncio.wait_for(shell.communicate(), PATIENCE)
        assert shell.returncode is not None
        return shell.returncode, told.decode()

    async def _job(self, block: Block) -> None:
        name = block.text.strip().removeprefix("frontdoor job ")
        job = job_named(name)
        assert job is not None, f"line {block.line}: there is no job {name}"
        await run_once(self.house, job)

    def _filled(self, text: str, line: int) -> str:
        def value(found: re.Match[str]) -> str:
            name, *path = found[1].split(".")
            assert name in self.answers, f"line {line}: nothing was answered as {name}"
            here: Any = self.answers[name]
            for step in path:
                here = here[int(step)] if isinstance(here, list) else here[step]
            return str(here)

        return _PLACEHOLDER.sub(value, text)

    async def _send(self, block: Block) -> httpx.Response:
        head, _, body = self._filled(block.text, block.line).partition("\n\n")
        request, *lines = head.splitlines()
        method, path = request.split(" ", 1)
        headers = dict(line.split(": ", 1) for line in lines)
        if "Authorization" in headers:
            scheme, name = headers["Authorization"].split(" $")
            headers["Authorization"] = f"{scheme} {self._token(name)}"
        content = body.strip()
        large = _LARGE.fullmatch(content)
        if large is not None:
            content = " " * (int(large[1]) * 1_000_000)
        if method in _CHANGING:
            headers.setdefault("Content-Type", "application/json")
        self.sent += 1
        return await self.client.request(
            method, path, headers=headers, content=content.encode() if content else None
        )

    def _compare(self, block: Block, came: httpx.Response) -> None:
        status, _, rest = self._filled(block.text, block.line).partition("\n")
        head, _, body = rest.partition("\n\n") if not rest.startswith("{") else ("", "", rest)
        if not body and head.lstrip().startswith("{"):
            head, body = "", head
        wrong = [] if came.status_code == int(status.split()[0]) else [f"{came.status_code}"]
        for line in head.splitlines():
            name, shown = line.split(": ", 1)
            if came.headers.get(name) != shown:
                wrong.append(f"{name} is {came.headers.get(name)!r}")
        answered = json.loads(came.content) if came.content else None
        if body.strip():
            wrong += differences(json.loads(body), answered)
        if wrong:
            self.wrong.append(f"line {block.line}: {'; '.join(wrong)}\n{came.text[:4000]}")
        if block.words:
            kept = answered if isinstance(answered, dict) else {"items": answered}
            self.answers[block.words] = {**kept, "etag": came.headers.get("etag")}


# ---- The page ------------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "walkthrough.md").read_text(encoding="utf-8")
STORY, FIGURES = PAGE.split("\n## The figures\n")
_MINTING = next(block for block in blocks(PAGE) if block.kind == "sh")


async def sent_along(part: str, url: str, clock: FixedClock, folder: Path) -> int:
    """Does everything on a part of the page; how much was sent, which is all that it shows."""
    async with open_house(url, clock, folder) as house, client_of(house) as client:
        walk = Walk(house, clock, client, folder)
        if part is FIGURES:
            walk.meet(_MINTING)
        await walk.along(part)
    assert walk.sent == sum(block.kind == "http" for block in blocks(part))
    return walk.sent
