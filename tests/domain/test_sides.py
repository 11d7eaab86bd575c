"""On whose side a child is, who may challenge, who takes a flag on, and how long one sees."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from service.domain.access import DUTIES, Caller, Role, scopes_for
from service.domain.accountabilities import (
    AnotherSidesChild,
    CareService,
    Whose,
    require_side,
)
from service.domain.challenges import NotYoursToChallenge, require_received
from service.domain.decisions import Outcome
from service.domain.escalations import Accountable, require_ownership
from service.domain.flags import BY_ITS_LIMIT, Flag, FlagNotYours, Severity, SubjectKind
from service.domain.information_requests import StillInSight
from service.policy import load_policy

NOW = datetime(2026, 10, 23, 15, 0, tzinfo=UTC)
ME, SOMEBODY = UUID(int=1), UUID(int=2)
FRONT_DOOR, EARLY_HELP, SOCIAL_CARE = (
    CareService.front_door,
    CareService.early_help,
    CareService.social_care,
)


def sides(letters: str) -> frozenset[CareService]:
    return frozenset({"F": FRONT_DOOR, "E": EARLY_HELP, "S": SOCIAL_CARE}[one] for one in letters)


def whose(open_to: str = "", *, undecided: bool = False, was_with: str = "") -> Whose:
    return Whose(sides(open_to), undecided, sides(was_with))


def caller(*roles: Role, team_id: str | None = None) -> Caller:
    return Caller(
        account_id=ME,
        issuer="https://issuer.example",
        subject="me",
        name="Me",
        client_id=None,
        organisation_id=None,
        team_id=team_id,
        roles=frozenset(roles),
        scopes=frozenset().union(*(scopes_for(role) for role in roles)),
    )


def test_each_role_acts_for_its_side_and_the_front_door_for_every_child() -> None:
    acts_for = {role: DUTIES[role].acts_for for role in Role}
    everywhere = {
        Role.mash_worker,
        Role.mash_manager,
        Role.emergency_duty_worker,
        Role.head_of_service,
    }
    assert {role for role, those in acts_for.items() if those == sides("FES")} == everywhere
    assert {role for role, those in acts_for.items() if those == sides("E")} == {
        Role.early_help_spoc_manager,
        Role.early_help_worker,
    }
    assert {role for role, those in acts_for.items() if those == sides("S")} == {
        Role.assessment_team_manager,
        Role.assessment_team_worker,
    }
    assert caller(Role.early_help_worker, Role.assessment_team_worker).acts_for == sides("ES")


@pytest.mark.parametrize(
    ("mine", "child", "may"),
    [
        ("E", whose("E"), True),
        ("E", whose("S"), False),
        ("S", whose("S"), True),
        ("S", whose("E"), False),
        # While a step-down is under way both sides hold the child.
        ("E", whose("ES"), True),
        ("S", whose("ES"), True),
        # A case that is open goes before a contact that waits, and that before what was.
        ("E", whose("E", undecided=True), True),
        ("E", whose(undecided=True, was_with="E"), False),
        ("S", whose(undecided=True, was_with="S"), False),
        ("E", whose("S", was_with="E"), False),
        ("E", whose(was_with="E"), True),
        ("E", whose(was_with="S"), False),
        ("E", whose(), False),
        ("FES", whose("S"), True),
        ("FES", whose(undecided=True), True),
        ("FES", whose(), True),
        ("", whose("E"), False),
    ],
)
def test_who_acts_on_a_child_is_on_the_side_that_holds_it_or_held_it_last(
    mine: str, child: Whose, may: bool
) -> None:
    if may:
        require_side(sides(mine), child)
        return
    with pytest.raises(AnotherSidesChild):
        require_side(sides(mine), child)


@pytest.mark.parametrize(
    ("mine", "outcome", "child", "may"),
    [
        ("E", Outcome.early_help, whose("E"), True),
        ("S", Outcome.referral, whose("S"), True),
        ("E", Outcome.referral, whose("S"), False),
        ("S", Outcome.early_help, whose("E"), False),
        # It sent the child to nobody: whoever may read it, unless others hold the child.
        ("E", Outcome.no_further_action, whose(), True),
        ("E", Outcome.no_further_action, whose(was_with="S"), True),
        ("E", Outcome.no_further_action, whose("E"), True),
        ("E", Outcome.information_and_advice, whose("ES"), True),
        ("E", Outcome.no_further_action, whose("S"), False),
        ("S", Outcome.information_and_advice, whose("E"), False),
        ("FES", Outcome.referral, whose("S"), True),
    ],
)
def test_a_decision_is_challenged_by_the_side_that_it_sent_the_child_to(
    mine: str, outcome: Outcome, child: Whose, may: bool
) -> None:
    if may:
        require_received(sides(mine), outcome, child)
        return
    with pytest.raises(NotYoursToChallenge):
        require_received(sides(mine), outcome, child)


FLAG = Flag(
    id=UUID(int=3),
    deadline_id=UUID(int=4),
    kind="step_up_answered",
    severity=Severity.breach,
    rank=BY_ITS_LIMIT,
    subject_kind=SubjectKind.transfer,
    subject_id=UUID(int=5),
    contact_id=UUID(int=6),
    owner_role=Role.mash_manager,
    due_at=NOW,
    raised_at=NOW,
    policy_version="1",
    acknowledged_at=None,
    acknowledged_by=None,
    acknowledgement=None,
    escalation_level=0,
    escalated_to=None,
    escalated_at=None,
    escalate_at=None,
    cleared_at=None,
    cleared_because=None,
    version=1,
)


@pytest.mark.parametrize("role", [role for role in Role if DUTIES[role].acts_for])
@pytest.mark.parametrize("owner", [role for role in Role if DUTIES[role].acts_for])
def test_a_flag_is_for_its_owner_and_those_above(role: Role, owner: Role) -> None:
    flag = replace(FLAG, owner_role=owner)
    managers = {
        Role.mash_worker: Role.mash_manager,
        Role.emergency_duty_worker: Role.mash_manager,
        Role.early_help_worker: Role.early_help_spoc_manager,
        Role.assessment_team_worker: Role.assessment_team_manager,
    }
    if role in (owner, managers.get(owner), Role.head_of_service):
        require_ownership(caller(role), flag, (), None)
        return
    with pytest.raises(FlagNotYours, match=DUTIES[owner].title):
        require_ownership(caller(role), flag, (), None)


def test_a_flag_is_for_whom_it_escalated_to_and_those_above_them() -> None:
    told = [Role.early_help_worker]
    for role in (Role.early_help_worker, Role.early_help_spoc_manager):
        require_ownership(caller(role), FLAG, told, None)
    with pytest.raises(FlagNotYours):
        require_ownership(caller(Role.assessment_team_worker), FLAG, told, None)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (caller(Role.assessment_team_worker), True),
        (caller(Role.assessment_team_manager, team_id="north"), True),
        (caller(Role.assessment_team_manager, team_id="south"), False),
        (caller(Role.assessment_team_manager), False),
        (caller(Role.early_help_spoc_manager, team_id="north"), False),
    ],
)
def test_who_holds_the_case_takes_its_flag_on_and_so_does_the_manager_of_that_very_team(
    who: Caller, may: bool
) -> None:
    worker = ME if Role.assessment_team_worker in who.roles else SOMEBODY
    holder = Accountable(worker, "north", SOCIAL_CARE)
    if may:
        require_ownership(who, FLAG, (), holder)
        return
    with pytest.raises(FlagNotYours):
        require_ownership(who, FLAG, (), holder)


def test_a_colleague_of_who_holds_the_case_does_not_take_its_flag_on() -> None:
    holder = Accountable(SOMEBODY, "north", SOCIAL_CARE)
    with pytest.raises(FlagNotYours):
        require_ownership(caller(Role.assessment_team_worker, team_id="north"), FLAG, (), holder)


def test_what_is_over_stays_in_sight_for_the_policys_days() -> None:
    rules = load_policy().partners
    assert (rules.answered_in_sight_days, rules.withdrawn_in_sight_days) == (28, 7)
    in_sight = StillInSight.at(NOW, rules)
    assert in_sight.answered_after == NOW - timedelta(days=28)
    assert in_sight.withdrawn_after == NOW - timedelta(days=7)
