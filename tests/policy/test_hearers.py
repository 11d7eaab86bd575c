"""Whom a flag goes to: only somebody who sees what it is about and can take it on."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from service.domain import challenges
from service.domain.access import Role
from service.domain.escalations import READS, SUBJECTS, SUPERIORS, able, stands_above
from service.domain.flags import SubjectKind
from service.policy import PolicyFaulty, load_policy
from service.policy.loading import DEFAULT_POLICY
from service.policy.timescales import NEEDED_KINDS

Edited = Callable[..., Path]
THE_STEPS_OF_0_3 = """steps = [
  { after = "1 hour", role = "mash_manager" },
  { after = "4 hours", role = "assessment_team_manager" },
  { after = "24 hours", role = "qa_auditor" },
]"""
THE_STEPS_NOW = """steps = [
  { after = "1 hour", role = "mash_manager" },
  { after = "4 hours", role = "head_of_service" },
  { after = "24 hours", role = "director" },
]"""
TO_THE_HEAD = '{ after = "4 hours", role = "head_of_service" }'
TO_THE_DIRECTOR = '{ after = "24 hours", role = "director" }'
RED_TO_THE_HEAD = '{ after = "30 minutes", role = "head_of_service" }'


@pytest.fixture
def faults_with(tmp_path: Path) -> Callable[..., list[str]]:
    """The faults of the shipped policy with something else in it."""

    def loaded(*changes: tuple[str, str], added: str = "") -> list[str]:
        content = DEFAULT_POLICY.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in content
            content = content.replace(old, new, 1)
        path = tmp_path / "policy.toml"
        path.write_text(content + added, encoding="utf-8")
        try:
            load_policy(path)
        except PolicyFaulty as faulty:
            return list(faulty.faults)
        return []

    return loaded


def test_the_chain_of_0_3_is_refused_since_two_of_its_three_roles_could_do_nothing(
    faults_with: Callable[..., list[str]],
) -> None:
    faults = faults_with((THE_STEPS_NOW, THE_STEPS_OF_0_3))
    assert len(faults) == 1
    assert '"qa_auditor" may not take a flag on' in faults[0]
    without = THE_STEPS_OF_0_3.replace('  { after = "24 hours", role = "qa_auditor" },\n', "")
    faults = faults_with((THE_STEPS_NOW, without))
    assert len(faults) == 2
    assert faults[0].startswith("[escalation] steps number 2 role: ")
    assert '"assessment_team_manager" does not see every contact' in faults[0]
    assert "contact_to_referral, statutory_decision" in faults[0]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ('{ after = "1 hour", role = "assessment_team_manager" }', "does not see every contact"),
        ('{ after = "1 hour", role = "early_help_worker" }', "does not see every contact"),
        ('{ after = "1 hour", role = "qa_auditor" }', "may not take a flag on"),
        ('{ after = "1 hour", role = "mash_worker" }', "who owns the flag already"),
    ],
)
def test_a_chain_of_its_own_is_refused_when_a_step_could_do_nothing(
    faults_with: Callable[..., list[str]], step: str, words: str
) -> None:
    [fault] = faults_with((RED_TO_THE_HEAD, step))
    assert "(triage, red)" in fault
    assert words in fault


def test_a_flag_never_goes_to_somebody_below_its_owner(
    faults_with: Callable[..., list[str]],
) -> None:
    [fault] = faults_with(
        ('owner = "mash_worker"\nlocal = true', 'owner = "head_of_service"\nlocal = true'),
        (RED_TO_THE_HEAD, '{ after = "1 hour", role = "early_help_spoc_manager" }'),
        ('{ after = "15 minutes", role = "mash_manager" },\n', ""),
    )
    assert 'names "early_help_spoc_manager", who stands below "head_of_service"' in fault


def test_an_owner_who_could_do_nothing_is_refused(faults_with: Callable[..., list[str]]) -> None:
    [fault] = faults_with(('owner = "mash_worker"', 'owner = "assessment_team_worker"'))
    assert "(contact_to_referral) owner" in fault
    assert '"assessment_team_worker" does not see every contact' in fault


def test_a_chain_that_ends_with_the_owner_of_some_flags_is_refused(
    faults_with: Callable[..., list[str]],
) -> None:
    ends_with_the_head = (f"  {TO_THE_DIRECTOR},\n", "")
    [fault] = faults_with(ends_with_the_head)
    assert "[escalation] steps: " in fault
    assert 'nobody else of the flags of "head_of_service"; add a step for one of: director' in fault
    faults = faults_with(ends_with_the_head, (f"  {TO_THE_HEAD},\n", ""))
    assert any('nobody else of the flags of "mash_manager"' in one for one in faults)


def test_a_stage_of_a_challenge_is_not_put_to_a_role_that_does_not_see_them_all(
    faults_with: Callable[..., list[str]],
) -> None:
    old = 'stage_2_answered_by = "head_of_service"'
    [fault] = faults_with((old, 'stage_2_answered_by = "assessment_team_manager"'))
    assert "does not see every challenge" in fault
    assert faults_with((old, 'stage_2_answered_by = "early_help_spoc_manager"')) == []


OWN = """
[[timescale]]
kind = "allocated_seen"
title = "Allocated child seen"
starts = "allocated"
stops = "closed"
limit = "5 working days"
owner = "assessment_team_worker"
local = true
source = "Local practice"
started_by = "referral.allocated"
stopped_by = ["{stops}"]
escalation = [{{ after = "1 hour", role = "assessment_team_manager" }}]
"""


def test_a_clock_of_ones_own_goes_to_who_sees_what_it_runs_on(
    faults_with: Callable[..., list[str]],
) -> None:
    assert faults_with(added=OWN.format(stops="referral.closed")) == []
    # Something else stops it, so it runs on the contact behind it, which not everybody sees.
    faults = faults_with(added=OWN.format(stops="decision.signed"))
    assert ["does not see every contact" in one for one in faults] == [True, True]


def test_a_role_that_is_asked_for_sideways_is_taken_when_it_can_act(
    faults_with: Callable[..., list[str]],
) -> None:
    own = 'escalation = [{ after = "1 hour", role = "mash_manager" }]\n'
    kind = 'kind = "step_down_first_visit"\n'
    assert faults_with((kind, kind + own)) == []


def test_every_kind_has_a_subject_that_somebody_may_read_and_hearers_up_to_the_head() -> None:
    assert SUBJECTS.keys() == NEEDED_KINDS.keys()
    assert READS.keys() == set(SubjectKind)
    for kind, subject in SUBJECTS.items():
        assert {Role.head_of_service, Role.director} <= set(able(kind, subject)), kind
    for kind in challenges.CLOCKS:
        assert Role.assessment_team_manager not in able(kind, SubjectKind.challenge)


def test_who_stands_above_whom_has_one_top_and_no_circle() -> None:
    for role, above in SUPERIORS.items():
        assert above[-1] == Role.director
        assert not any(stands_above(role, one) for one in above)
        for nearer, further in pairwise(above):
            assert stands_above(further, nearer)
    assert not stands_above("qa_auditor", "mash_worker")
    assert not stands_above("mash_manager", "early_help_worker")
