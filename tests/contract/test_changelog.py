"""The contract's changelog tells of this release, and of everything that it publishes."""

import json
import re
import tomllib

from api.app import contract_app
from api.contract import contract_text
from tests.support.sources import ROOT

CHANGELOG = (ROOT / "openapi" / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_newest_entry_is_this_release() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    document = json.loads(contract_text(contract_app()))
    newest = re.findall(r"^## (\S+)$", CHANGELOG, re.MULTILINE)[0]
    assert newest == project["version"] == document["info"]["version"]


def test_every_noun_of_the_contract_was_announced() -> None:
    paths = json.loads(contract_text(contract_app()))["paths"]
    nouns = {path.split("/")[2] if path.startswith("/v1/") else path[1:] for path in paths}
    said = CHANGELOG.lower().replace("-", " ")
    assert sorted(noun for noun in nouns if noun.replace("-", " ") not in said) == []
