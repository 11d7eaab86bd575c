"""What each role may do, what each application may ask, and how far each caller sees."""

from uuid import UUID

import pytest

from service.domain.access import (
    DUTIES,
    GRANTS,
    AccessSuspended,
    Caller,
    Grant,
    Permission,
    Reach,
    Role,
    RoleMissing,
    Scope,
    ScopeMissing,
    permission_matrix,
    refuse_gaps,
    scopes_for,
)
from service.domain.errors import NotAllowed

# Written out by hand, so that a change of the table is a change here too.
# W MASH worker, M MASH manager, N emergency duty worker (nights), S early help SPOC manager,
# e early help worker,
# A assessment team manager, a assessment team worker, P partner system, H head of service,
# D director, Q QA auditor, F performance analyst (figures), G information governance officer,
# X system administrator.
LETTERS = dict(zip("WMNSeAaPHDQFGX", Role, strict=True))
EXPECTED = {
    "log_contact": "WMN",
    "read_contacts": "WMNSeAaHDQ",
    "amend_contact": "WMN",
    "withdraw_contact": "WMN",
    "turn_contact_away": "M",
    "end_contact": "WMN",
    "match_child": "WMN",
    "triage_contact": "WMN",
    "rate_danger_down": "M",
    "assign_contact": "WMN",
    "acknowledge_referrer": "WMN",
    "ask_agency": "WMN",
    "answer_information_request": "WMNP",
    "read_information_requests": "WMNSPHDQ",
    "decide": "WMN",
    "sign_off": "M",
    "read_whole": "MH",
    "act_out_of_hours": "N",
    "read_emergency_acts": "WMNSeAaHDQ",
    "sign_off_emergency_act": "MH",
    "withdraw_decision": "WMN",
    "read_decisions": "WMNSeAaHDQ",
    "read_referrals": "WMNSeAaHDQ",
    "allocate_referral": "A",
    "close_referral": "A",
    "read_early_help_episodes": "WMNSeAaHDQ",
    "allocate_early_help_episode": "S",
    "record_early_help_agreement": "Se",
    "close_early_help_episode": "S",
    "read_accountability": "MSAHDQ",
    "read_transfers": "WMNSeAaHDQ",
    "export_transfers": "MSAHQ",
    "request_step_up": "Se",
    "open_step_up": "WMN",
    "answer_step_up": "M",
    "agree_to_refused_step_up": "S",
    "ask_for_early_help_case": "M",
    "give_up_early_help_case": "S",
    "request_step_down": "Aa",
    "answer_step_down": "S",
    "agree_to_refused_step_down": "A",
    "ask_for_referral": "S",
    "give_up_referral": "A",
    "record_family_agreement": "SeAa",
    "record_first_visit": "Se",
    "complete_step_down": "A",
    "read_challenges": "WMNSeAaHDQ",
    "record_strategy_discussion": "M",
    "challenge_decision": "SeAa",
    "pursue_challenge": "MSeAa",
    "answer_challenge": "MSAH",
    "chase_agency": "WMN",
    "withdraw_information_request": "WMN",
    "read_late_answer": "WMN",
    "read_strategy_meetings": "WMNSAaHDQ",
    "call_strategy_meeting": "MNA",
    "invite_to_strategy_meeting": "WMNAa",
    "record_strategy_meeting": "WMNAa",
    "conclude_strategy_meeting": "MNA",
    "circulate_strategy_minutes": "WMNAa",
    "read_section_47_enquiries": "WMNSAaHDQ",
    "record_child_seen": "Aa",
    "conclude_section_47_enquiry": "A",
    "record_conference": "Aa",
    "propose_no_conference": "Aa",
    "sign_off_no_conference": "AH",
    "read_assessments": "WMNSAaHDQ",
    "assess": "Aa",
    "authorise_assessment": "A",
    "submit_police_notification": "WMNP",
    "withdraw_police_notification": "MP",
    "read_police_updates": "WMN",
    "read_police_imports": "WMNP",
    "read_daily_meetings": "WMNSHDQ",
    "carry_over_item": "WMN",
    "tell_schools": "WMN",
    "record_without_discussion": "M",
    "conclude_daily_meeting": "M",
    "read_missing_episodes": "WMNSeAaHDQ",
    "record_missing_episode": "WMNAa",
    "record_return_interview": "WMNSeAa",
    "read_passed_concerns": "WMNSeAaHDQ",
    "answer_passed_concern": "SeAa",
    "record_birth": "WMNSeAa",
    "read_queue_strategy": "WMNAaH",
    "read_queue_pre_birth": "WMNSeAaH",
    "read_pregnancy": "WMNSeAaHDQ",
    "read_queue_contacts": "WMNS",
    "read_queue_sign_off": "M",
    "read_queue_allocation": "SA",
    "read_queue_information_requests": "WMN",
    "read_queue_step_up": "WMNSH",
    "read_queue_step_down": "MSAH",
    "read_queue_challenges": "MSAH",
    "read_queue_mine": "WMNSeAa",
    "read_flags": "WMNSeAaHDQ",
    "acknowledge_flag": "WMNSeAaHD",
    "submit_multi_agency_referral": "P",
    "validate_multi_agency_referral": "P",
    "read_own_multi_agency_referrals": "P",
    "disagree_with_outcome": "P",
    "read_measures": "MSAHDQF",
    "read_workers": "WMNSeAaHDQGX",
    "read_teams_and_codes": "WMNSeAaPHDQFGX",
    "read_policy": "WMNSeAaHDQFGX",
    "suspend_access": "GX",
    "read_access_suspensions": "GX",
}


def caller(
    *roles: Role, scopes: frozenset[Scope] = frozenset(Scope), organisation: str | None = None
) -> Caller:
    return Caller(
        account_id=UUID(int=1),
        issuer="https://login.example.gov.uk",
        subject="u-1042",
        name="Ada Okafor",
        client_id="duty-desk",
        organisation_id=organisation,
        team_id=None,
        roles=frozenset(roles),
        scopes=scopes,
    )


def test_the_table_expected_here_names_every_permission() -> None:
    assert EXPECTED.keys() == {permission.value for permission in Permission}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("letter", LETTERS)
def test_each_role_may_do_exactly_what_the_table_says(letter: str, permission: Permission) -> None:
    assert caller(LETTERS[letter]).may(permission) is (letter in EXPECTED[permission])


@pytest.mark.parametrize("permission", Permission)
def test_the_right_role_without_the_scope_may_not(permission: Permission) -> None:
    every_other = frozenset(Scope) - {GRANTS[permission].scope}
    someone = caller(*Role, scopes=every_other)
    assert not someone.may(permission)
    with pytest.raises(ScopeMissing, match=str(GRANTS[permission].scope)):
        someone.require(permission)


@pytest.mark.parametrize("permission", Permission)
def test_a_caller_without_roles_may_do_nothing(permission: Permission) -> None:
    nobody = caller()
    assert not nobody.may(permission)
    with pytest.raises(RoleMissing):
        nobody.require(permission)


@pytest.mark.parametrize("permission", Permission)
def test_what_one_may_do_is_required_without_complaint(permission: Permission) -> None:
    for role in GRANTS[permission].roles:
        caller(role, scopes=frozenset({GRANTS[permission].scope})).require(permission)


def test_a_refusal_names_the_roles_that_would_do_in_words() -> None:
    with pytest.raises(RoleMissing) as refused:
        caller(Role.early_help_worker).require(Permission.allocate_referral)
    assert refused.value.detail == (
        "This needs the role assessment team manager. Ask a colleague who has it, "
        "or whoever looks after your account to give it."
    )
    with pytest.raises(RoleMissing) as refused:
        caller(Role.qa_auditor).require(Permission.answer_information_request)
    assert refused.value.detail.startswith(
        "This needs one of these roles: MASH worker, MASH manager, "
        "emergency duty worker or partner agency system."
    )


def test_a_refusal_names_the_scope_too_when_both_are_missing() -> None:
    with pytest.raises(RoleMissing, match=r"role MASH manager.*scope decisions\.sign"):
        caller(Role.mash_worker, scopes=frozenset()).require(Permission.sign_off)


def test_of_several_permissions_one_will_do_and_none_is_refused_with_the_roles_of_all() -> None:
    several = (Permission.answer_step_up, Permission.answer_step_down)
    caller(Role.mash_manager).require_one_of(several)
    caller(Role.early_help_spoc_manager).require_one_of(several)
    with pytest.raises(RoleMissing) as refused:
        caller(Role.performance_analyst).require_one_of(several)
    assert refused.value.detail.startswith(
        "This needs one of these roles: MASH manager or early help SPOC manager."
    )
    with pytest.raises(RoleMissing, match=r"roles.*scope transfers\.write"):
        caller(Role.performance_analyst, scopes=frozenset()).require_one_of(several)
    with pytest.raises(ScopeMissing, match=r"transfers\.write"):
        caller(Role.mash_manager, scopes=frozenset()).require_one_of(several)


def test_a_refusal_does_not_tell_who_was_refused() -> None:
    with pytest.raises(NotAllowed) as refused:
        caller(Role.mash_worker).require(Permission.sign_off)
    for private in ("Ada", "u-1042", "duty-desk", "mash_worker"):
        assert private not in str(refused.value)


def test_suspended_access_says_whom_to_ask() -> None:
    assert AccessSuspended().code == "account_disabled"
    assert "system administrator" in AccessSuspended().detail


def test_a_permission_without_a_row_stops_the_start() -> None:
    short = {one: row for one, row in GRANTS.items() if one is not Permission.sign_off}
    with pytest.raises(TypeError, match="sign_off has no row"):
        refuse_gaps(short, DUTIES)


def test_a_row_that_lets_nobody_in_stops_the_start() -> None:
    empty = {**GRANTS, Permission.decide: Grant(Scope.decisions_write, frozenset(), "Decide.")}
    with pytest.raises(TypeError, match="decide lets nobody in"):
        refuse_gaps(empty, DUTIES)


def test_a_role_without_a_duty_stops_the_start() -> None:
    short = {role: duty for role, duty in DUTIES.items() if role is not Role.qa_auditor}
    with pytest.raises(TypeError, match="qa_auditor has no duty"):
        refuse_gaps(GRANTS, short)


def test_the_table_cannot_be_changed_while_the_service_runs() -> None:
    with pytest.raises(TypeError):
        GRANTS[Permission.sign_off] = GRANTS[Permission.read_policy]


@pytest.mark.parametrize(
    ("role", "reach"),
    [
        (Role.mash_worker, {Reach.ALL}),
        (Role.mash_manager, {Reach.ALL}),
        (Role.early_help_spoc_manager, {Reach.ALL}),
        (Role.early_help_worker, {Reach.EARLY_HELP}),
        (Role.assessment_team_manager, {Reach.SOCIAL_CARE}),
        (Role.assessment_team_worker, {Reach.SOCIAL_CARE}),
        (Role.partner_system, {Reach.OWN_ORGANISATION}),
        (Role.head_of_service, {Reach.ALL}),
        (Role.director, {Reach.ALL}),
        (Role.qa_auditor, {Reach.ALL}),
        (Role.performance_analyst, set()),
        (Role.information_governance_officer, set()),
        (Role.system_administrator, set()),
    ],
)
def test_each_role_sees_as_far_as_its_duty_goes(role: Role, reach: set[Reach]) -> None:
    assert caller(role, organisation="hillshire-police").sight.reach == reach


def test_two_roles_see_what_either_sees() -> None:
    both = caller(Role.early_help_worker, Role.assessment_team_worker, Role.performance_analyst)
    assert both.sight.reach == {Reach.EARLY_HELP, Reach.SOCIAL_CARE}


def test_a_partner_of_no_known_organisation_sees_nothing() -> None:
    assert caller(Role.partner_system, organisation=None).sight.reach == frozenset()


def test_nobody_who_sees_no_case_may_do_anything_to_one() -> None:
    blind = [role for role in Role if DUTIES[role].reach is None]
    case_content = {one for one, row in GRANTS.items() if row.scope not in _WITHOUT_CASES}
    for role in blind:
        assert not {one for one in case_content if role in GRANTS[one].roles}


_WITHOUT_CASES = {Scope.measures_read, Scope.reference_read, Scope.administration}


def test_a_partner_may_do_nothing_inside_the_front_door() -> None:
    partners = {one for one, row in GRANTS.items() if Role.partner_system in row.roles}
    assert {GRANTS[one].scope for one in partners} == {
        Scope.information_read,
        Scope.information_answer,
        Scope.multi_agency_referrals_submit,
        Scope.multi_agency_referrals_follow,
        Scope.police_notifications_submit,
        Scope.reference_read,
    }


@pytest.mark.parametrize("role", Role)
def test_the_scopes_of_a_role_are_just_enough_for_all_it_may_do(role: Role) -> None:
    enough = scopes_for(role)
    allowed = {one for one in Permission if caller(role).may(one)}
    assert {one for one in Permission if caller(role, scopes=enough).may(one)} == allowed
    for scope in enough:
        fewer = caller(role, scopes=enough - {scope})
        assert {one for one in Permission if fewer.may(one)} < allowed


def test_the_matrix_shows_each_role_and_each_permission_once_with_its_marks() -> None:
    roles, permissions = permission_matrix().split("\n\n")
    role_rows = roles.splitlines()[2:]
    assert [row.split(" | ")[0] for row in role_rows] == [f"| `{role}`" for role in Role]
    rows = permissions.splitlines()[2:]
    assert len(rows) == len(Permission)
    for row, permission in zip(rows, Permission, strict=True):
        name, _, scope, *marks = [cell.strip() for cell in row.strip("|").split("|")]
        assert name == f"`{permission}`"
        assert scope == f"`{GRANTS[permission].scope}`"
        assert "".join(
            letter for letter, mark in zip(LETTERS, marks, strict=True) if mark == "yes"
        ) == "".join(letter for letter in LETTERS if letter in EXPECTED[permission])
