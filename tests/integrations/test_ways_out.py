"""How the service reaches a provider: a council's own authority, its proxy, and its outages."""

import asyncio
import json
import logging
import sqlite3
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from service.bootstrap import House
from service.domain.access import Role
from service.integrations.issuer_keys import KeyState
from service.issuers import IssuerSettings
from service.settings import load_settings
from tests.support.authorities import Authority, new_authority
from tests.support.clocks import FixedClock
from tests.support.databases import DatabaseServer, SqliteFiles
from tests.support.providers import AUDIENCE, START, Ring, jwk_of

ISSUER = "https://login.council.example/"
VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "NO_PROXY", "no_proxy", "all_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@asynccontextmanager
async def provider(ring: Ring, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    """A provider that publishes its keys on a port of this machine."""
    body = json.dumps({"keys": [jwk_of(ring.council, "council-1")]}).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def proxy() -> AsyncIterator[tuple[int, list[str]]]:
    """A proxy that tunnels, and the list of what it was asked for."""
    asked: list[str] = []

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
        writer.close()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0].decode()
        asked.append(request)
        host, _, port = request.split()[1].rpartition(":")
        onward = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(pour(reader, onward[1]), pour(onward[0], writer))

    server = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


@asynccontextmanager
async def house(database_url: str, folder: Path, keys_at: str) -> AsyncIterator[House]:
    """A house that asks the network by itself, as in earnest."""
    issuer = IssuerSettings(
        issuer=ISSUER,
        audience=AUDIENCE,
        jwks_url=keys_at,
        algorithms=("RS256",),
        may_assert_roles=frozenset({Role.mash_worker}),
    )
    settings = load_settings(
        environment="development",
        issuers=(issuer,),
        database_url=database_url,
        var_folder=folder,
    )
    opened = await House.open(settings, clock=FixedClock(START))
    try:
        yield opened
    finally:
        await opened.close()


async def state_of_keys(opened: House) -> KeyState:
    await opened.verifier.keep_fresh()
    return opened.verifier.health()[ISSUER].state


@contextmanager
def _set(monkeypatch: pytest.MonkeyPatch, **variables: Any) -> Iterator[None]:
    with monkeypatch.context() as patched:
        for name, value in variables.items():
            patched.setenv(name, str(value))
        yield


async def test_a_provider_behind_the_councils_own_authority_is_reached_once_that_is_named(
    sqlite: SqliteFiles,
    tmp_path: Path,
    ring: Ring,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file, context = authority.certificate, authority.server
    url = sqlite.create_database()
    async with provider(ring, context) as port:
        keys_at = f"https://127.0.0.1:{port}/keys"
        with caplog.at_level(logging.WARNING):
            async with house(url, tmp_path, keys_at) as strange:
                assert await state_of_keys(strange) is KeyState.never_loaded
        assert "unable to get local issuer certificate" in caplog.text
        with _set(monkeypatch, SSL_CERT_FILE=file):
            async with house(url, tmp_path, keys_at) as trusting:
                assert await state_of_keys(trusting) is KeyState.ok


async def test_a_provider_beyond_the_councils_proxy_is_reached_through_it(
    sqlite: SqliteFiles,
    tmp_path: Path,
    ring: Ring,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, context = authority.certificate, authority.server
    url = sqlite.create_database()
    async with provider(ring, context) as port, proxy() as (through, asked):
        keys_at = f"https://127.0.0.1:{port}/keys"
        way = {"HTTPS_PROXY": f"http://127.0.0.1:{through}", "SSL_CERT_FILE": file}
        with _set(monkeypatch, **way):
            async with house(url, tmp_path, keys_at) as proxied:
                assert await state_of_keys(proxied) is KeyState.ok
        assert asked == [f"CONNECT 127.0.0.1:{port} HTTP/1.1"]
        with _set(monkeypatch, **way, NO_PROXY="127.0.0.1"):
            async with house(url, tmp_path, keys_at) as direct:
                assert await state_of_keys(direct) is KeyState.ok
        assert len(asked) == 1


async def test_a_house_that_is_opened_while_the_provider_is_away_uses_the_keys_of_before(
    database_server: DatabaseServer, tmp_path: Path, ring: Ring
) -> None:
    url = database_server.create_database()
    async with provider(ring, None) as port:
        keys_at = f"http://127.0.0.1:{port}/keys"
        async with house(url, tmp_path, keys_at) as first:
            assert await state_of_keys(first) is KeyState.ok
    async with house(url, tmp_path, keys_at) as later:
        assert await state_of_keys(later) is KeyState.degraded
        assert later.verifier.health()[ISSUER].loaded_at == START
    # Another secret seals otherwise, so what was kept under the old one is nobody's.
    async with house(url, tmp_path / "elsewhere", keys_at) as other:
        assert await state_of_keys(other) is KeyState.never_loaded


@pytest.mark.parametrize(
    ("tampering", "state"),
    [
        ("UPDATE issuer_keys SET key_set = replace(key_set, 'AQAB', 'AQAC')", "never_loaded"),
        ("UPDATE issuer_keys SET read_at = '2026-03-02 08:59:00.000000'", "never_loaded"),
        ("UPDATE issuer_keys SET seal = ''", "never_loaded"),
        ("UPDATE issuer_keys SET seal = seal", "degraded"),
    ],
    ids=["other keys", "another time", "no seal", "nothing done"],
)
async def test_keys_that_somebody_else_put_into_the_database_are_not_believed(
    sqlite: SqliteFiles, tmp_path: Path, ring: Ring, tampering: str, state: str
) -> None:
    url = sqlite.create_database()
    async with provider(ring, None) as port:
        keys_at = f"http://127.0.0.1:{port}/keys"
        async with house(url, tmp_path, keys_at) as first:
            assert await state_of_keys(first) is KeyState.ok
    with closing(sqlite3.connect(make_url(url).database or "")) as file, file:
        assert file.execute(tampering).rowcount == 1
    async with house(url, tmp_path, keys_at) as later:
        assert await state_of_keys(later) == state
