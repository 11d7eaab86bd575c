"""What serves loads what it needs for serving, and nothing that only the operator's commands do."""

import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from service.persistence.schema_steps import STEPS_IN, known_steps
from tests.support.sources import ROOT

# Each is some megabytes in every process, and none of them answers a request.
NOT_LOADED = ("alembic", "mako", "holidays", "apscheduler")

ASKED = f"""
import sys
from frontdoor.__main__ import main
import api.serving
from service.policy import load_policy
load_policy(None)
app = api.serving.application()
print([name for name in {NOT_LOADED!r} if name in sys.modules])
"""


def test_an_api_process_loads_nothing_that_only_commands_need(tmp_path: Path) -> None:
    surroundings = {
        "FRONTDOOR_ENVIRONMENT": "development",
        "FRONTDOOR_DEVELOPMENT_ISSUER": "true",
        "FRONTDOOR_VAR_FOLDER": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    found = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, env=surroundings
    )
    assert found.stderr == ""
    assert found.stdout.strip() == "[]"


def test_the_steps_by_the_names_of_their_files_are_those_that_are_taken() -> None:
    config = Config()
    config.set_main_option("script_location", str(STEPS_IN))
    taken = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    assert known_steps() == tuple(reversed(taken))
