"""PostgreSQL as councils have it: behind TLS, on one of several hosts, behind a real pooler."""

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from service.domain.access import Role
from service.persistence.engines import Database
from service.persistence.failures import DatabaseAway
from service.persistence.leadership import leadership_on
from tests.support.authorities import Authority, new_authority
from tests.support.builders import contact_body
from tests.support.clocks import FixedClock
from tests.support.databases import PostgresServer
from tests.support.desks import open_desk
from tests.support.neighbours import needed, running
from tests.support.processes import until
from tests.support.servers import free_port

_ASKS_FOR_TLS = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
PROMISES = {
    "synchronous_commit": "on",
    "TimeZone": "UTC",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "1min",
}


@dataclass(frozen=True)
class Place:
    """A database that is reached another way."""

    user: str
    name: str
    host: str
    port: int


@pytest.fixture
def place(postgres: PostgresServer) -> Iterator[Place]:
    """A new migrated database, and where its server listens."""
    url = postgres.create_database()
    parsed = make_url(url)
    host = str(parsed.query.get("host") or parsed.host)
    yield Place(parsed.username or "", parsed.database or "", host, parsed.port or 5432)
    postgres.drop_database(url)


async def _onward(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if place.host.startswith("/"):
        return await asyncio.open_unix_connection(f"{place.host}/.s.PGSQL.{place.port}")
    return await asyncio.open_connection(place.host, place.port)


@asynccontextmanager
async def behind_tls(place: Place, context: ssl.SSLContext) -> AsyncIterator[int]:
    """The server with TLS before it, on a port of the loopback address; without TLS it hangs up."""

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65_536):
                writer.write(chunk)
                await writer.drain()
        with suppress(OSError):
            writer.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(8) == _ASKS_FOR_TLS:
                writer.write(b"S")
                await writer.start_tls(context)
                onward = await _onward(place)
                await asyncio.gather(pour(reader, onward[1]), pour(onward[0], writer))
        with suppress(OSError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def answers(url: str) -> bool:
    """Whether the database can be asked, and keeps what we tell each session."""
    database = Database(url, pool_size=2)
    try:
        async with database.reading() as connection:
            for setting, wanted in PROMISES.items():
                assert (await connection.execute(text(f"SHOW {setting}"))).scalar_one() == wanted
    except DatabaseAway:
        return False
    finally:
        await database.dispose()
    return True


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize(
    ("query", "reached"),
    [
        ("sslmode=verify-full&sslrootcert={ours}", True),
        ("sslmode=verify-ca&sslrootcert={ours}", True),
        ("sslmode=require", True),
        ("ssl=true", True),
        ("sslmode=verify-full&sslrootcert={theirs}", False),
        ("sslmode=verify-full&sslrootcert=system", False),
        ("sslmode=disable", False),
    ],
)
async def test_tls_is_spoken_and_the_server_verified_as_the_url_says(
    place: Place, authority: Authority, tmp_path: Path, query: str, reached: bool
) -> None:
    stranger = new_authority(tmp_path)
    words = query.format(ours=authority.certificate, theirs=stranger.certificate)
    async with behind_tls(place, authority.server) as port:
        url = f"postgresql://{place.user}@127.0.0.1:{port}/{place.name}?{words}"
        assert await answers(url) is reached


async def test_the_authorities_of_the_machine_are_asked_when_the_url_says_so(
    place: Place, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    async with behind_tls(place, authority.server) as port:
        url = f"postgresql://{place.user}@127.0.0.1:{port}/{place.name}?sslrootcert=system"
        assert await answers(url)


async def test_of_several_hosts_the_one_that_answers_is_used(
    place: Place, authority: Authority
) -> None:
    nobody = free_port()
    async with behind_tls(place, authority.server) as port:
        hosts = f"127.0.0.1:{nobody},127.0.0.1:{port}"
        words = "sslmode=require&target_session_attrs=read-write&connect_timeout=30"
        assert await answers(f"postgresql://{place.user}@{hosts}/{place.name}?{words}")
        assert not await answers(f"postgresql://{place.user}@127.0.0.1:{nobody}/{place.name}")


async def test_the_name_of_the_application_is_the_urls_or_ours(place: Place) -> None:
    for words, expected in (("", "frontdoor"), ("&application_name=council", "council")):
        host = f"host={place.host}&port={place.port}"
        url = f"postgresql://{place.user}@/{place.name}?{host}{words}"
        database = Database(url)
        async with database.reading() as connection:
            found = (await connection.execute(text("SHOW application_name"))).scalar_one()
        await database.dispose()
        assert found == expected


@contextmanager
def pooler(place: Place) -> Iterator[str]:
    """A real PgBouncer in session mode before the database, with nothing set for us; its URL."""
    program = needed("pgbouncer")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="frontdoor-pooler-") as name:
        folder = Path(name)
        (folder / "users.txt").write_text(f'"{place.user}" ""\n')
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            "[databases]\n"
            f"{place.name} = host={place.host} port={place.port} dbname={place.name} "
            f"user={place.user}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = any\nauth_file = {folder}/users.txt\n"
            "pool_mode = session\ndefault_pool_size = 4\nmax_client_conn = 50\n"
            "server_tls_sslmode = disable\n"
        )
        with running([program, str(settings)], port, folder):
            yield f"postgresql://{place.user}@127.0.0.1:{port}/{place.name}?sslmode=disable"


async def test_a_real_pooler_in_session_mode_is_spoken_through_and_limits_are_kept(
    place: Place, tmp_path: Path
) -> None:
    with pooler(place) as url:
        assert await answers(url)
        clock = FixedClock(datetime(2026, 3, 6, 16, 0, tzinfo=UTC))
        async with open_desk(url, tmp_path, clock, database_pool_size=2) as desk:
            made = await desk.made(Role.mash_worker, "/v1/contacts", contact_body())
            read = await desk.get(Role.mash_worker, f"/v1/contacts/{made['id']}")
            assert (read.status_code, read.json()["id"]) == (200, made["id"])
        # What the last client told a session of the server's is told anew to the next one.
        assert await answers(url)


async def test_the_lead_is_held_through_a_real_pooler_and_free_when_its_holder_goes(
    place: Place,
) -> None:
    with pooler(place) as url:
        first, second = Database(url), Database(url)
        ahead = leadership_on(first, "first", patience=30)
        behind = leadership_on(second, "second", patience=30)
        assert await ahead.take()
        assert await ahead.held()
        assert not await behind.take()
        await ahead.release()
        await until(behind.take, what="the lead")
        assert await behind.held()
        await behind.release()
        await first.dispose()
        await second.dispose()
