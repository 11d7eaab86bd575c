"""The page for integrators works: its commands and its program, against a real server."""

import shutil
import subprocess
import sys
from pathlib import Path

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


def test_the_scopes_that_a_partner_is_told_of_are_those_that_it_can_use() -> None:
    told = {scope for scope in Scope if f"`{scope}`" in PAGE}
    assert told == scopes_for(Role.partner_system) - {Scope.reference_read}
