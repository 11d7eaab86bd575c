"""The words of the demonstration data: whole, known to those who read them, and shipped."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from frontdoor.demonstration.narratives import (
    NAMES,
    RISK,
    SOURCES,
    WORDS,
    Narratives,
    RiskNarratives,
)
from service.domain.contacts import ANONYMOUS
from service.policy import load_policy
from tests.support.patience import PATIENCE
from tests.support.sources import ROOT, named, project_files


def texts(of: Any) -> Iterator[str]:
    """Every text in what was read."""
    if isinstance(of, str):
        yield of
    elif isinstance(of, BaseModel):
        yield from texts(dict(of))
    elif isinstance(of, dict):
        for one in of.values():
            yield from texts(one)
    elif isinstance(of, tuple):
        for one in of:
            yield from texts(one)


def test_every_place_in_a_sentence_is_one_that_is_filled() -> None:
    places = {place for text in texts((WORDS, RISK)) for place in re.findall(r"{(.*?)}", text)}
    assert places == {"child", "parent", "count"}
    counted = {text for text in texts((WORDS, RISK)) if "{count}" in text}
    assert counted == set(WORDS.history)


def test_nothing_that_people_say_is_empty_or_has_a_space_too_many() -> None:
    said = list(texts((WORDS, RISK, NAMES, dict(SOURCES))))
    assert len(said) > 400
    assert [text for text in said if not text or text != " ".join(text.split())] == []


def test_every_theme_says_what_it_means_when_harm_is_looked_into() -> None:
    assert {theme.name for theme in WORDS.themes} == set(RISK.dangers)


def test_the_policy_that_is_shipped_finds_its_words() -> None:
    policy = load_policy(None)
    assert set(SOURCES) == set(policy.codes.referral_source)
    assert {code for code, source in SOURCES.items() if not source.roles} == {ANONYMOUS}
    prompts = {prompt.key for prompt in policy.decision_prompts}
    assert prompts == {*WORDS.prompts, "child_voice"}


@pytest.mark.parametrize(("kind", "whole"), [(Narratives, WORDS), (RiskNarratives, RISK)])
def test_words_that_nobody_reads_and_words_that_lack_are_refused(
    kind: type[BaseModel], whole: BaseModel
) -> None:
    said = dict(whole)
    assert kind.model_validate(said) == whole
    with pytest.raises(ValidationError, match="Extra inputs"):
        kind.model_validate({**said, "sayd": ("A slip of the pen.",)})
    for name in said:
        with pytest.raises(ValidationError, match="Field required"):
            kind.model_validate({key: value for key, value in said.items() if key != name})


def test_what_is_built_carries_every_file_that_the_product_reads(tmp_path: Path) -> None:
    """An installed wheel, and so the image, has the words as well as the modules."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    (built,) = tmp_path.glob("*.whl")
    carried = set(zipfile.ZipFile(built).namelist())
    product = ("service", "api", "workers", "frontdoor")
    ours = {named(path) for path in project_files() if named(path).partition("/")[0] in product}
    assert {f"frontdoor/demonstration/{name}.toml" for name in ("names", "narratives")} <= ours
    assert ours - carried == set()
