"""The image's recipe says what is so: its version, and that nothing of the build stays behind."""

import re
import tomllib

from tests.support.sources import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
REQUIREMENT = re.compile(r"^([\w.-]+)(?:\[[^]]*\])?==.*\n((?:    .*\n)+)", re.MULTILINE)


def test_the_label_says_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert re.findall(r"^ARG VERSION=(\S+)$", DOCKERFILE, re.MULTILINE) == [project["version"]]


def test_what_the_build_alone_needed_is_taken_out_again() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    wanted_by = {
        name: set(re.findall(r"#(?: via)? +(?!via)([\w.-]+)", below))
        for name, below in REQUIREMENT.findall(text)
    }
    assert wanted_by["starlette"] == {"fastapi"}, "the file is read as it is written"
    of_the_build = {"hatchling"} | {
        name for name, others in wanted_by.items() if others == {"hatchling"}
    }
    assert len(of_the_build) > 3
    (taken_out,) = re.findall(r"uninstall --yes ([\w. -]+?) \\", DOCKERFILE)
    assert set(taken_out.split()) == of_the_build
