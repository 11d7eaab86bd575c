"""A client that another program makes from the contract: without a warning, and it works."""

import compileall
import os
import subprocess
import sys
from pathlib import Path

from service.domain.access import Role
from tests.support.databases import SqliteFiles
from tests.support.patience import PATIENCE
from tests.support.processes import unmeasured
from tests.support.servers import serve
from tests.support.sources import ROOT
from tests.support.walkthroughs import blocks

PAGE = (ROOT / "docs" / "integrators.md").read_text(encoding="utf-8")
SENDER = """
import sys, uuid
from front_door_client import AuthenticatedClient
from front_door_client.api.multi_agency_referrals import (
    list_multi_agency_referrals, submit_multi_agency_referral,
)
from front_door_client.models import MultiAgencyReferralCreate, Problem

front_door = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
referral = MultiAgencyReferralCreate.from_dict({
    "sender_reference": "POL-2026-00019",
    "concern": "A girl of twelve was found at the station after midnight.",
    "source_code": sys.argv[3],
    "children": [{"given_name": "Rosa"}],
    "referrer": {"name": "PC 2203 Oye", "role": "Transport officer"},
})
key = str(uuid.uuid4())
told = submit_multi_agency_referral.sync(client=front_door, body=referral, idempotency_key=key)
if isinstance(told, Problem):
    sys.exit(f"{told.code}: {told.detail}")
found = list_multi_agency_referrals.sync(client=front_door)
print([one.sender_reference for one in found.items], told.id in [one.id for one in found.items])
"""


def _generated(folder: Path) -> Path:
    """A client, generated as the page for integrators says."""
    (configuration,) = (one.text for one in blocks(PAGE) if one.kind == "yaml")
    (folder / "client.yaml").write_text(configuration, encoding="utf-8")
    client = folder / "client"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"),
            *("--path", ROOT / "openapi" / "openapi.json", "--config", folder / "client.yaml"),
            *("--meta", "none", "--output-path", client / "front_door_client"),
        ],
        cwd=folder,
        # It puts what it makes into order with a program that stands beside it.
        env=unmeasured() | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return client


def test_a_generated_client_has_no_warning_compiles_and_sends_a_referral(
    sqlite: SqliteFiles, tmp_path: Path
) -> None:
    client = _generated(tmp_path)
    assert compileall.compile_dir(client, quiet=1)
    with serve(sqlite.create_database(), tmp_path) as server:

        def sent(source_code: str) -> subprocess.CompletedProcess[str]:
            token = server.token(Role.partner_system, organisation="riverbourne-police")
            return subprocess.run(
                [sys.executable, "-c", SENDER, server.url, token, source_code],
                cwd=tmp_path,
                env=unmeasured() | {"PYTHONPATH": str(client)},
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )

        refused, done = sent("2A"), sent("6")
    assert refused.returncode == 1
    assert refused.stderr.startswith("code_unknown")
    assert done.stdout.strip() == "['POL-2026-00019'] True", done.stderr[-2000:]
