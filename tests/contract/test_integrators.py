"""The page for integrators works: its commands and its program, against a real server."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from service.domain.access import Role, Scope, scopes_for
from tests.support.databases import SqliteFiles
from tests.support.patience import PATIENCE
from tests.support.processes import environment, with_frontdoor
from tests.support.servers import serve
from tests.support.sources import ROOT
from tests.support.walkthroughs import blocks

PAGE = (ROOT / "docs" / "integrators.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_the_commands_and_the_program_do_what_the_page_says(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    url = sqlite.create_database()
    commands = "".join(one.text for one in blocks(PAGE) if one.kind == "bash")
    (program,) = (one.text for one in blocks(PAGE) if one.kind == "python")
    (tmp_path / "sender.py").write_text(program, encoding="utf-8")
    script = f'set -e\n{commands}\nexport AT TOKEN\n"{sys.executable}" sender.py\n'
    with serve(url, tmp_path) as server:
        done = subprocess.run(
            ["bash", "-c", script.replace("http://127.0.0.1:8000", server.url)],
            env=with_frontdoor(environment(url, tmp_path), tmp_path),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"sender_reference":"POL-2026-00017"') == 2
    assert done.stdout.splitlines()[-1].endswith("received [None]")


HTML = ("text/html", b"<html><h1>502 Bad Gateway</h1></html>")
BUSY = ("application/problem+json", b'{"code": "busy", "detail": "Try again."}')


@contextmanager
def answering(answers: list[tuple[int, tuple[str, bytes]]]) -> Iterator[tuple[str, list[str]]]:
    """Something on the way that gives these answers in turn; and the keys that came."""
    keys: list[str] = []
    left = iter(answers)

    class OnTheWay(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Idempotency-Key"])
            status, (kind, body) = next(left)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status != 502:
                self.send_header("Retry-After", "0")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), OnTheWay)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", keys
    finally:
        server.shutdown()
        server.server_close()


def sender_at(address: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """The page's function that sends, made to speak to an address."""
    monkeypatch.setenv("AT", address)
    monkeypatch.setenv("TOKEN", "a-token")
    (program,) = (one.text for one in blocks(PAGE) if one.kind == "python")
    made: dict[str, Any] = {}
    exec(program.partition("\nkey = ")[0], made)  # noqa: S102 - the very text of the page
    send: Callable[..., dict[str, str]] = made["send"]
    return send


def test_the_program_survives_what_a_proxy_says_and_sends_the_same_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken = (201, ("application/json", b'{"id": "x"}'))
    passing = [(502, HTML), (504, HTML), (503, BUSY), (429, BUSY), (409, BUSY), taken]
    with answering(passing) as (address, keys):
        assert sender_at(address, monkeypatch)({}, "a-key") == {"id": "x"}
        assert keys == ["a-key"] * 6


@pytest.mark.parametrize("status", [403, 404, 413])
def test_the_program_tells_a_refusal_that_is_not_ours_from_one_that_is(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with answering([(status, HTML), (status, BUSY)]) as (address, _):
        send = sender_at(address, monkeypatch)
        with pytest.raises(ValueError, match=f"{status}: not an answer of the front door's"):
            send({}, "a-key")
        with pytest.raises(ValueError, match="busy: Try again"):
            send({}, "a-key")


def test_the_scopes_that_a_partner_is_told_of_are_those_that_it_can_use() -> None:
    told = {scope for scope in Scope if f"`{scope}`" in PAGE}
    assert told == scopes_for(Role.partner_system) - {Scope.reference_read}
