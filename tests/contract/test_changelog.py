"""Both changelogs tell of this release; the contract's, of everything that it publishes."""

import json
import re
import tomllib

from api.app import contract_app
from api.contract import contract_text
from tests.support.sources import ROOT

CHANGELOG = (ROOT / "openapi" / "CHANGELOG.md").read_text(encoding="utf-8")
FOR_PEOPLE = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


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


def test_people_are_told_of_the_same_releases() -> None:
    told = re.findall(r"^## (.*)$", FOR_PEOPLE, re.MULTILINE)
    releases, dates = zip(*(one.split(" - ") for one in told), strict=True)
    assert list(releases) == re.findall(r"^## (\S+)$", CHANGELOG, re.MULTILINE)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", one) for one in dates[1:])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d|unreleased", dates[0])
    assert list(dates[1:]) == sorted(dates[1:], reverse=True)


def test_people_find_each_release_in_the_form_that_is_kept() -> None:
    for release in re.split(r"^## ", FOR_PEOPLE, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.*)$", release, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds], release.splitlines()[0]
        assert {"**At the desk**", "**For managers**", "**For IT**"} <= set(
            re.findall(r"\*\*[\w ]+\*\*", release)
        ), release.splitlines()[0]
