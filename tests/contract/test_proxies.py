"""Behind a real nginx, set up by the operations page: compressed, limited, and nothing lost."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from service.domain.access import Role
from tests.support.builders import contact_body
from tests.support.databases import SqliteFiles
from tests.support.neighbours import needed, running
from tests.support.servers import Server, free_port, serve
from tests.support.sources import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def example(upstream: str, port: int) -> str:
    """The site of the operations page, with this machine's ports and without its certificate."""
    (site,) = re.findall(r"```nginx\n(.*?)```", OPERATIONS, re.DOTALL)
    site = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{port};", site)
    site = re.sub(r"^\s*ssl_.*$", "", site, flags=re.MULTILINE)
    assert "server 127.0.0.1:8000" in site
    return site.replace("server 127.0.0.1:8000", f"server {upstream.removeprefix('http://')}")


@contextmanager
def behind_nginx(server: Server) -> Iterator[str]:
    """The address of a real nginx before the server."""
    program = needed("nginx")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="frontdoor-proxy-") as name:
        folder = Path(name)
        places = "".join(
            f"{place}_temp_path {folder}/{place};\n"
            for place in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        settings = folder / "nginx.conf"
        settings.write_text(
            f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
            f"events {{}}\nhttp {{\naccess_log off;\n{places}{example(server.url, port)}\n}}\n"
        )
        with running([program, "-e", f"{folder}/error.log", "-c", str(settings)], port, folder):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def served(
    sqlite: SqliteFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    url = sqlite.create_database()
    with (
        serve(url, tmp_path_factory.mktemp("served")) as server,
        behind_nginx(server) as address,
    ):
        yield server, address


def test_what_a_proxy_compressed_can_be_read_changed_and_asked_for_again(
    served: tuple[Server, str],
) -> None:
    server, address = served
    headers = server.headers(Role.mash_worker) | {"Accept-Encoding": "gzip"}
    with httpx.Client(base_url=address, headers=headers, trust_env=False) as client:
        key = {"Idempotency-Key": str(uuid4())}
        made = client.post("/v1/contacts", json=contact_body(), headers=key)
        assert made.status_code == 201, made.text
        place = f"/v1/contacts/{made.json()['id']}"
        read = client.get(place)
        assert read.headers["content-encoding"] == "gzip"
        assert read.headers["etag"].startswith("W/")
        rated = client.post(
            f"{place}/triage",
            json={"rating": "amber", "rationale": "A bruise that nobody has explained."},
            headers={"If-Match": read.headers["etag"]},
        )
        assert rated.status_code == 200, rated.text
        stale = client.post(
            f"{place}/triage",
            json={"rating": "red", "rationale": "The bruise was seen again."},
            headers={"If-Match": read.headers["etag"]},
        )
        assert (stale.status_code, stale.json()["code"]) == (412, "stale")


def test_the_proxy_passes_the_polices_files_and_no_other_large_body(
    served: tuple[Server, str],
) -> None:
    server, address = served
    large = b"x" * (2 * 1024 * 1024)
    headers = server.headers(Role.mash_worker)
    with httpx.Client(base_url=address, headers=headers, trust_env=False) as client:
        sent = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        assert client.post("/v1/contacts", content=large, headers=sent).status_code == 413
        sent = {"Content-Type": "text/csv", "Idempotency-Key": str(uuid4())}
        file = client.post("/v1/police-notification-imports", content=large, headers=sent)
        assert file.status_code != 413
        assert file.headers["content-type"] == "application/problem+json"


def test_the_proxy_says_to_nobody_that_they_are_on_the_services_own_machine(
    served: tuple[Server, str],
) -> None:
    """The meters are open to callers from this machine, and a proxy's callers are not."""
    _, address = served
    assert httpx.get(f"{address}/metrics", trust_env=False).status_code in (401, 403, 404)
