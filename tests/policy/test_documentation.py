"""The author's page of the policy names every key and role, and its example works."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from service.domain.access import Role
from service.domain.escalations import may_take_on
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.policy import load_policy
from service.policy.loading import DEFAULT_POLICY
from service.policy.timescales import NEEDED_KINDS

AT = datetime(2026, 11, 20, 16, tzinfo=UTC)
PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


# Tables whose keys are the author's own: the page says so, and names none of them.
OF_THE_AUTHOR = (
    "step_up_reasons",
    "step_down_reasons",
    "step_up_refusals",
    "step_down_refusals",
    "tools",
    "steps",
    "endings",
    "prompts",
)


def keys_of(content: object) -> set[str]:
    if isinstance(content, dict):
        content = {key: None if key in OF_THE_AUTHOR else value for key, value in content.items()}
        return set(content).union(*(keys_of(value) for value in content.values()), set())
    if isinstance(content, list):
        return set().union(*(keys_of(item) for item in content))
    return set()


def test_the_page_names_every_key_kind_and_role() -> None:
    words = set(re.findall(r"[a-z_0-9]+", PAGE))
    assert keys_of(tomllib.loads(DEFAULT_POLICY.read_text(encoding="utf-8"))) <= words
    assert (
        set(NEEDED_KINDS) | set(filter(may_take_on, Role)) | {"applies_from", "date", "reason"}
        <= words
    )


def test_the_example_of_a_new_timescale_is_a_valid_policy(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    path = tmp_path / "policy.toml"
    path.write_text(DEFAULT_POLICY.read_text(encoding="utf-8") + "\n" + example[1], "utf-8")
    policy = load_policy(path)
    assert policy.started_by(EventType.missing_episode_recorded, at=AT)[0].kind == "return_heard_of"
    assert policy.stopped_by(EventType.missing_episode_returned) == ("return_heard_of",)


def test_the_page_says_of_what_the_events_of_an_own_clock_may_be() -> None:
    said = re.sub(r"\s+", " ", PAGE)
    things = {kind.replace("_", " ") for kind in SubjectKind} - {"information request"}
    assert all(f"{thing}, " in said or f"{thing}." in said for thing in things)
