"""A policy file is either a whole policy, or the list of everything that is wrong with it."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.domain.access import Role
from service.domain.authority import TeamWork
from service.domain.deadlines import (
    ElapsedLimit,
    EscalationStep,
    Rating,
)
from service.domain.events import EventType
from service.domain.limits import SameDayLimit, WorkingDaysLimit
from service.policy import PolicyFaulty, load_policy
from service.policy.file import PolicyFile
from service.policy.loading import DEFAULT_POLICY
from service.policy.tables import NEEDED_PROMPTS
from service.policy.timescales import NEEDED_KINDS

DEFAULT = DEFAULT_POLICY.read_text(encoding="utf-8")
Edited = Callable[..., Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    """Writes the shipped policy with some of its words replaced, and something added at the end."""

    def write(*changes: tuple[str, str], added: str = "") -> Path:
        text = DEFAULT
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / "policy.toml"
        path.write_text(text + added, encoding="utf-8")
        return path

    return write


def faults_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(PolicyFaulty) as caught:
        load_policy(path)
    return caught.value.faults


def test_the_shipped_policy_has_no_fault_and_holds_what_the_service_needs() -> None:
    policy = load_policy()
    assert policy.authority == "Riverbourne Council"
    assert policy.digest == hashlib.sha256(DEFAULT_POLICY.read_bytes()).hexdigest()
    assert policy.stamp == f"{policy.version}+{policy.digest[:12]}"
    assert set(policy.kinds) == set(NEEDED_KINDS)
    assert [prompt.key for prompt in policy.decision_prompts] == list(NEEDED_PROMPTS)
    assert (policy.sweep.every_seconds, policy.re_referral_within_months) == (60, 12)
    assert all(policy.teams_for(work) for work in TeamWork)


@pytest.mark.parametrize(
    ("kind", "rating", "limit", "local"),
    [
        ("contact_to_referral", None, ElapsedLimit(timedelta(hours=24)), False),
        ("statutory_decision", None, WorkingDaysLimit(1), False),
        ("triage", "red", ElapsedLimit(timedelta(hours=4)), True),
        ("triage", "amber", ElapsedLimit(timedelta(hours=24)), True),
        ("triage", "green", WorkingDaysLimit(1), True),
        ("rated", None, ElapsedLimit(timedelta(hours=1)), True),
        ("agency_information", "red", ElapsedLimit(timedelta(hours=2)), True),
        ("agency_information", "amber", ElapsedLimit(timedelta(hours=6)), True),
        ("agency_information", "green", ElapsedLimit(timedelta(hours=24)), True),
        ("acknowledge_referrer", None, WorkingDaysLimit(1), False),
        ("sign_off", None, ElapsedLimit(timedelta(hours=4)), True),
        ("allocation", None, WorkingDaysLimit(5), False),
        ("section_47_allocation", None, SameDayLimit(), True),
        ("early_help_allocation", None, WorkingDaysLimit(5), True),
    ],
)
def test_the_shipped_limits_are_those_of_the_domain_rules(
    kind: str, rating: str | None, limit: object, local: bool
) -> None:
    rule = load_policy().timescale(kind, rating, at=datetime(2026, 11, 20, 16, tzinfo=UTC))
    assert (rule.limit, rule.local) == (limit, local)
    assert rule.rating == (None if rating is None else Rating(rating))


def test_every_flag_can_climb_to_somebody_other_than_its_owner_up_to_the_director() -> None:
    for rule in load_policy().timescales:
        assert rule.owner not in {step.role for step in rule.escalation}
        assert rule.escalation[-1].role == Role.director, rule.kind
        if rule.owner != Role.head_of_service:
            assert rule.escalation[-2].role == Role.head_of_service, rule.kind


def test_a_timescale_without_an_escalation_of_its_own_has_the_common_one_less_its_owner() -> None:
    policy = load_policy()
    at = datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert policy.timescale("contact_to_referral", at=at).escalation == policy.escalation
    assert policy.timescale("sign_off", at=at).escalation == policy.escalation[1:]
    assert policy.timescale("triage", "red", at=at).escalation[0] == EscalationStep(
        timedelta(minutes=15), "mash_manager"
    )


def test_another_file_replaces_the_shipped_one_wholly(edited: Edited) -> None:
    path = edited(("Riverbourne Council", "Eastmoor Council"), ('"2026.1"', '"2027.1"'))
    policy = load_policy(path)
    assert (policy.authority, policy.version) == ("Eastmoor Council", "2027.1")
    assert policy.digest != load_policy().digest
    path.write_text('[policy]\nversion = "x"\n')
    assert len(faults_of(path)) >= 10


def test_a_timescale_is_added_by_the_file_alone(edited: Edited) -> None:
    added = """
[[timescale]]
kind = "plan_shared"
title = "Plan shared"
starts = "meeting held"
stops = "plan shared"
limit = "1 working day"
owner = "mash_manager"
local = true
source = "Local practice"
started_by = "strategy_meeting.held"
stopped_by = ["strategy_meeting.concluded", "strategy_meeting.cancelled"]
"""
    policy = load_policy(edited(added=added))
    found = policy.due_times("plan_shared", datetime(2026, 4, 2, 15, 50, tzinfo=UTC))
    assert found.due_at == datetime(2026, 4, 7, 22, 59, 59, tzinfo=UTC)
    assert found.warn_at is None
    assert found.explanation.sum.startswith("Meeting held Thursday 2 April 2026 16:50")


OWN = """
[[timescale]]
kind = "plan_shared"
title = "Plan shared"
starts = "meeting held"
stops = "plan shared"
limit = "1 working day"
owner = "mash_manager"
local = true
source = "Local practice"
started_by = "strategy_meeting.held"
stopped_by = ["strategy_meeting.concluded"]
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("strategy_meeting.held", "strategy_meeting.helt", r"did you mean .*strategy_meeting.held"),
        ("strategy_meeting.held", "flag.raised", r'started_by: "flag.raised" is unknown'),
        ("strategy_meeting.held", "strategy_meeting.concluded", r"names what starts the clock"),
        ('["strategy_meeting.concluded"]', "[]", r"stopped_by: is an empty list"),
        ('stopped_by = ["strategy_meeting.concluded"]\n', "", r"stopped_by: is missing"),
        ("plan_shared", "sign_off", r"is started and stopped by the service"),
        ("1 working day", "20 weeks of pregnancy", r"in weeks of pregnancy is for clocks that"),
        (
            'started_by = "strategy_meeting.held"\nstopped_by = ["strategy_meeting.concluded"]\n',
            "",
            r"\(plan_shared\): would never run",
        ),
    ],
)
def test_a_timescale_of_the_author_that_could_not_run_is_a_fault(
    edited: Edited, old: str, new: str, fault: str
) -> None:
    assert old in OWN
    faults = faults_of(edited(added=OWN.replace(old, new)))
    assert any(re.search(fault, one) for one in faults), faults


def test_an_own_timescale_has_no_rating(edited: Edited) -> None:
    rated = "".join(
        OWN.replace("limit", f'rating = "{rating}"\nlimit', 1)
        for rating in ("red", "amber", "green")
    )
    assert all("rating: goes with a clock" in one for one in faults_of(edited(added=rated)))


def test_an_own_timescale_that_is_to_run_out_starts_no_more_and_is_still_stopped(
    edited: Edited,
) -> None:
    added = OWN.replace('started_by = "strategy_meeting.held"\n', "")
    policy = load_policy(edited(added=added))
    at = datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert policy.started_by(EventType.strategy_meeting_held, at=at) == ()
    assert policy.stopped_by(EventType.strategy_meeting_concluded) == ("plan_shared",)


def test_the_rule_in_force_at_the_start_is_the_one_that_counts(edited: Edited) -> None:
    added = """
[[timescale]]
kind = "sign_off"
applies_from = 2026-10-26
title = "Decision signed off or returned"
starts = "decision sent for sign-off"
stops = "agreed or returned"
limit = "2 hours"
owner = "mash_manager"
local = true
source = "Local practice, tightened"
"""
    policy = load_policy(edited(added=added))
    before = policy.due_times("sign_off", datetime(2026, 10, 25, 23, 59, tzinfo=UTC))
    after = policy.due_times("sign_off", datetime(2026, 10, 26, 0, 0, tzinfo=UTC))
    assert (before.explanation.limit, after.explanation.limit) == ("4 hours", "2 hours")
    assert after.explanation.applies_from == "2026-10-26"
    assert before.explanation.source == "Local practice"


def test_a_rule_begins_on_a_london_day(edited: Edited) -> None:
    added = DEFAULT[DEFAULT.index('[[timescale]]\nkind = "sign_off"') :]
    added = added[: added.index("[[timescale]]", 3)]
    added = added.replace('"4 hours"', '"3 hours"').replace(
        'kind = "sign_off"', 'kind = "sign_off"\napplies_from = 2026-07-01'
    )
    policy = load_policy(edited(added=added))
    summer_midnight = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    assert policy.timescale("sign_off", at=summer_midnight).limit.words == "3 hours"
    a_second_before = summer_midnight - timedelta(seconds=1)
    assert policy.timescale("sign_off", at=a_second_before).limit.words == "4 hours"


def test_closures_and_proclaimed_holidays_reach_the_calendar(edited: Edited) -> None:
    path = edited(
        (
            "closure_days = []",
            'closure_days = [{ date = 2026-12-29, reason = "Christmas closure" }]',
        ),
        (
            "extra_bank_holidays = []",
            'extra_bank_holidays = [{ date = 2026-12-30, reason = "Proclaimed holiday" }]',
        ),
        (
            "withdrawn_bank_holidays = []",
            'withdrawn_bank_holidays = [{ date = 2026-05-04, reason = "Moved" }]',
        ),
        ('working_day_ends = "23:59:59"', 'working_day_ends = "17:00:00"'),
    )
    policy = load_policy(path)
    found = policy.due_times("statutory_decision", datetime(2026, 12, 24, 15, tzinfo=UTC))
    assert found.due_at == datetime(2026, 12, 31, 17, tzinfo=UTC)
    assert "Council closure: Christmas closure and Proclaimed holiday skipped" in (
        found.explanation.sum
    )
    assert policy.calendar.is_working_day(date(2026, 5, 4))
    assert policy.calendar.version != load_policy().calendar.version


FAULTS = [
    # what is written, instead of what, and the line that the author reads
    (
        'limit = "24 hours"',
        'limit = "0 hours"',
        r"number 1 \(contact_to_referral\) limit: is nought",
    ),
    ('limit = "24 hours"', 'limit = "-4 hours"', r'limit: "-4 hours" is not a limit'),
    ('limit = "24 hours"', 'limit = "99999 hours"', r'limit: "99999 hours" is more than a year'),
    ('limit = "24 hours"', 'limit = "3 days"', r'limit: "3 days" is not a limit.*either kind'),
    ('limit = "24 hours"', "limit = 24", r"limit: is not text"),
    ('limit = "24 hours"', "", r"limit: is missing"),
    ('limit = "1 working day"', 'limit = "261 working days"', r"261 working days is more than"),
    (
        'warn_before = "4 hours"',
        'warn_before = "25 hours"',
        r"warn_before: \(25 hours\) is not within the limit \(24 hours\)",
    ),
    ('warn_before = "8 hours"', 'warn_before = "24 hours"', r"not within the limit \(one work"),
    (
        'warn_before = "1 working day"',
        'warn_before = "5 working days"',
        r"\(allocation\) warn_before: \(five working days\) is not within",
    ),
    ('warn_before = "4 hours"', 'warn_before = "1 working day"', r"when the limit does not"),
    ('warn_before = "4 hours"', 'warn_befor = "4 hours"', r'"warn_befor"; did you mean "warn_bef'),
    ('owner = "mash_worker"', 'owner = "mash_boss"', r'owner: "mash_boss" is unknown'),
    ('owner = "mash_worker"', 'owner = "partner_system"', r'"partner_system" may not take a flag'),
    ('owner = "mash_worker"', 'owner = "qa_auditor"', r'"qa_auditor" may not take a flag on'),
    ("local = false", 'local = "no"', r"local: is neither true nor false"),
    ('rating = "red"', 'rating = "purple"', r"\(triage, purple\) rating: .*red, amber, green"),
    ('rating = "red"', 'rating = "amber"', r"is the same kind, rating and applies_from as"),
    ('rating = "red"', 'rating = "amber"', r"\[\[timescale\]\] triage: has no entry for red"),
    ('rating = "red"\n', "", r"triage: has entries with and without a rating"),
    ('kind = "sign_off"', 'kind = "sign off"', r'"sign off" is not an id'),
    ('kind = "sign_off"', 'kind = "signing"', r"sign_off is missing; the service cannot run"),
    ('kind = "sign_off"', 'kind = "sign_off"\nrating = "red"', r"sign_off: must have no rating"),
    (
        'kind = "sign_off"',
        'kind = "sign_off"\napplies_from = 2020-01-01',
        r"sign_off: its first rule applies from 2020-01-01, but the policy begins on 2015-01-01",
    ),
    (
        'step_up_source_code = "5D"',
        'step_up_source_code = "99"',
        r"\[transfers\] step_up_source_code: .*99",
    ),
    (
        'moved_away = "The family has moved away"',
        'moved_away = " "',
        r"step_down_refusals.* moved_away: is empty",
    ),
    (
        'family_asked = "The family asked for early help instead"',
        '"Family Asked" = "The family asked for early help instead"',
        r"step_down_reasons.* Family Asked: is not an id",
    ),
    (
        'stage_3_answered_by = "head_of_service"',
        'stage_3_answered_by = "early_help_worker"',
        r"\[challenges\] stage_3_answered_by: .*early_help_worker",
    ),
    ("one_service = false", 'one_service = "no"', r"\[family_help\] one_service: is neither"),
    ("applies_from = 2015-01-01", 'applies_from = "2015"', r"\[policy\] applies_from: is not a da"),
    ("applies_from = 2015-01-01", "applies_from = 2014-01-01", r"first_year: is after 2014-01-01"),
    ('version = "2026.1"', 'version = " "', r"\[policy\] version: is empty"),
    ('version = "2026.1"', 'version = "a\\u0007"', r"version: holds a control character"),
    ("first_year = 2015", "first_year = 1900", r"first_year: 1900 is not between 1978 and 2100"),
    ("last_year = 2028", "last_year = 2014", r"\[calendar\]: The first year .* comes after"),
    ("last_year = 2028", "last_year = true", r"last_year: is not a whole number"),
    ("holidays_alarm_days = 90", "holidays_alarm_days = 7", r"alarm_days: must be at least 77"),
    ('"23:59:59"', '"24:00"', r"working_day_ends: is not a time of day"),
    ('"23:59:59"', '"01:30:00"', r"working_day_ends: is before 12:00:00"),
    (
        "closure_days = []",
        'closure_days = [{ date = "29 December", reason = "Closed" }]',
        r"\[calendar\] closure_days number 1 date: is not a date; write it like 2026-12-29",
    ),
    (
        "closure_days = []",
        'closure_days = [{ date = 2026-12-29T10:00:00Z, reason = "Closed" }]',
        r"closure_days number 1 date: is not a date",
    ),
    ("closure_days = []", "closure_days = [2026-12-29]", r"closure_days: is not a list of tables"),
    (
        "closure_days = []",
        'closure_days = [{ date = 2062-12-29, reason = "Closed" }]',
        r"2062-12-29 is outside first_year to last_year",
    ),
    (
        "closure_days = []",
        'closure_days = [{date=2026-12-29, reason="A"}, {date=2026-12-29, reason="B"}]',
        r"closure_days number 2 date: 2026-12-29 stands there twice",
    ),
    (
        "withdrawn_bank_holidays = []",
        'withdrawn_bank_holidays = [{ date = 2026-05-05, reason = "Moved" }]',
        r"2026-05-05 cannot be withdrawn",
    ),
    ('after = "4 hours"', 'after = "1 hour"', r"steps number 2 after: is not later than"),
    ('after = "4 hours"', 'after = "1 working day"', r"after: is counted in real time"),
    ('after = "4 hours"', 'after = "800 hours"', r"after: is more than thirty days"),
    (
        'role = "head_of_service"',
        'role = "mash_manager"',
        r'number 2 role: "mash_manager" has been told by an earlier step',
    ),
    (
        'owner = "mash_worker"\nlocal = true',
        'owner = "head_of_service"\nlocal = true',
        r"who owns the",
    ),
    ("every_seconds = 60", "every_seconds = 0", r"every_seconds: 0 is not between 1 and 3600"),
    ("late_after_seconds = 300", "late_after_seconds = 60", r"must be longer than every_seconds"),
    ("[sweep]", "[sweeping]", r"\[sweep\]: is missing"),
    ("[sweep]", "[sweeping]", r'The file: unknown key "sweeping"; did you mean "sweep"'),
    ("minimum_characters = 40", "minimum_characters = -1", r"minimum_characters: -1 is not bet"),
    ('  "nfa",', '  "nfa", "nfa",', r'refused_phrases: "nfa" stands there twice'),
    ('  "nfa",', '  "...",', r'"..." has neither letters nor digits'),
    ('  "nfa",', "  7,", r"refused_phrases: is not a list of texts"),
    ("within_months = 12", "within_months = 1200", r"within_months: 1200 is not between 1 and 120"),
    ("child_voice =", "child_wishes =", r"\[decision_prompts\] child_voice: is missing"),
    ('id = "weir-academy"', 'id = "mill-lane-primary"', r'the id "mill-lane-primary" is given tw'),
    ('id = "weir-academy"', 'id = "Weir Academy"', r'"Weir Academy" is not an id'),
    ('kind = "police"', 'kind = "polis"', r'"polis" is unknown; did you mean "police"'),
    ('source_codes = ["6"]', 'source_codes = ["66"]', r'source_codes: "66" is unknown'),
    ('source_codes = ["6"]', "source_codes = []", r"source_codes: is an empty list"),
    ('id = "assessment-south"', 'id = "assessment-north"', r'"assessment-north" is given twice'),
    ('service = "mash"', 'service = "front_door"', r"use one of: mash, early_help, social_care"),
    ('accepts = ["contact"]', 'accepts = ["referral"]', r'no team accepts "contact"'),
    ('risks = ["standard"]', 'risks = ["high"]', r'risks: "high" is unknown; use one of: standard'),
    ("youngest_age = 1", "youngest_age = 19", r"youngest_age: 19 is not between 0 and 18"),
    (
        "allowed = true",
        "allowed = 1",
        r"\[recorded_notifications\] allowed: is neither true nor false",
    ),
    ("immediate_danger =", "danger =", r"\[receipt\] immediate_danger: is missing"),
]


@pytest.mark.parametrize(("old", "new", "line"), FAULTS, ids=[f"{f[1]}-{f[2]}" for f in FAULTS])
def test_a_faulty_line_is_named_with_its_place_and_what_to_do(
    edited: Edited, old: str, new: str, line: str
) -> None:
    faults = faults_of(edited((old, new)))
    assert any(re.search(line, fault) for fault in faults), faults


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('limit = "24 hours"', 'limit = "soon"'),
        ("applies_from = 2015-01-01", "applies_from = 2015"),
        ("first_year = 2015", 'first_year = "2015"'),
        ("last_year = 2028", "last_year = 3000"),
        ("every_seconds = 60", 'every_seconds = "60"'),
        ("late_after_seconds = 300", "late_after_seconds = 1.5"),
        ('role = "mash_manager"', 'role = "mash"'),
        ('owner = "mash_worker"', 'owner = "nobody"'),
        ("[receipt]", "[[receipt]]"),
        ("[calendar]", "[[calendar]]"),
        ('warn_before = "4 hours"', 'warn_before = "later"'),
        ("within_months = 12", f"within_months = {10**30}"),
        ("closure_days = []", "closure_days = 7"),
    ],
)
def test_one_mistake_is_one_fault(edited: Edited, old: str, new: str) -> None:
    assert len(faults_of(edited((old, new)))) == 1


def test_all_faults_are_listed_at_once_a_line_each(edited: Edited) -> None:
    path = edited(
        ('limit = "24 hours"', 'limit = "0 hours"'),
        ('owner = "mash_worker"', 'owner = "nobody"'),
        ("every_seconds = 60", "every_seconds = 0"),
        ('id = "weir-academy"', 'id = "mill-lane-primary"'),
        ("closure_days = []", 'closure_days = [{ date = "Christmas", reason = "Closed" }]'),
        added="\n[surprise]\n",
    )
    with pytest.raises(PolicyFaulty) as caught:
        load_policy(path)
    assert len(caught.value.faults) == 6
    assert str(caught.value).splitlines() == [
        "The policy has 6 faults:",
        *(f"  - {fault}" for fault in caught.value.faults),
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"[policy\n", r"is not TOML: .*line 1"),
        (b'[policy]\nversion = "1"\nversion = "2"\n', r"is not TOML: .*line 3"),
        (b'[policy]\nauthority = "Caf\xe9"\n', r"line 2: is not UTF-8"),
        (b"x = " + b"[" * 20_000, r"is not TOML"),
        (b"x = " + b"9" * 5_000, r"is not TOML"),
        (b"#" * 1_000_001, r"is larger than a policy can be"),
        (b"", r"\[policy\]: is missing"),
    ],
    ids=["unclosed", "twice", "latin-1", "deep", "long number", "huge", "empty"],
)
def test_a_file_that_is_no_policy_at_all_is_refused_in_words(
    tmp_path: Path, content: bytes, line: str
) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    faults = faults_of(path)
    assert any(re.search(line, fault) for fault in faults), faults


def test_a_missing_file_or_a_folder_is_refused_in_words(tmp_path: Path) -> None:
    assert "cannot be read" in faults_of(tmp_path / "none.toml")[0]
    assert "cannot be read" in faults_of(tmp_path)[0]


def test_a_byte_order_mark_of_a_windows_editor_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xef\xbb\xbf" + DEFAULT_POLICY.read_bytes().replace(b"\n", b"\r\n"))
    assert load_policy(path).authority == "Riverbourne Council"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            [
                ('title = "Contact decided within 24 hours"', "title = 5"),
                ('warn_before = "4 hours"', 'warn_before = "25 hours"'),
                ('owner = "mash_worker"', 'owner = "assessment_team_worker"'),
            ],
            [
                "[[timescale]] number 1 (contact_to_referral) title: is not text; put it in "
                "quotes.",
                "[[timescale]] number 1 (contact_to_referral) warn_before: (25 hours) is not "
                "within the limit (24 hours).",
                '[[timescale]] number 1 (contact_to_referral) owner: "assessment_team_worker" does '
                "not see every contact on which this clock runs; use one of: mash_worker, "
                "mash_manager, emergency_duty_worker, early_help_spoc_manager, "
                "head_of_service, director.",
            ],
        ),
        (
            [
                ("holidays_alarm_days = 90", 'holidays_alarm_days = "90"'),
                ("first_year = 2015", "first_year = 2027"),
                ("closure_days = []", 'closure_days = [{ date = 2062-12-29, reason = "Closed" }]'),
            ],
            [
                "[calendar] holidays_alarm_days: is not a whole number; write digits without "
                "quotes.",
                "[calendar] closure_days number 1 date: 2062-12-29 is outside first_year to "
                "last_year.",
                "[calendar] first_year: is after 2015-01-01, where the policy begins.",
            ],
        ),
        (
            [('source_codes = ["6"]', 'source_codes = ["6", "6", "66", "78"]')],
            [
                f"[[organisation]] number 1 (riverbourne-police) source_codes: {words}"
                for words in (
                    '"6" stands there twice; keep one.',
                    '"66" is unknown; did you mean "6"?',
                    '"78" is unknown; did you mean "8"?',
                )
            ],
        ),
        (
            [("child_voice = ", "child_voice = 7 # "), ("neglect_and_tool =", "neglect_tool =")],
            [
                "[decision_prompts] child_voice: is not text; put it in quotes.",
                "[decision_prompts] neglect_and_tool: is missing; add the question that a decision "
                "must answer.",
            ],
        ),
    ],
    ids=["a timescale", "the calendar", "a list", "the prompts"],
)
def test_what_can_be_read_is_checked_beside_what_cannot(
    edited: Edited, changes: list[tuple[str, str]], lines: list[str]
) -> None:
    """An author who mends what is told is not told of more at the second try."""
    assert sorted(faults_of(edited(*changes))) == sorted(lines)


ANYTHING = (
    7,
    1.5,
    True,
    "x",
    "",
    "a\x07",
    [],
    [1],
    ["a", "a"],
    [{}],
    {},
    {"a": "b"},
    date(2020, 1, 1),
    datetime(2020, 1, 1, tzinfo=UTC),
    10**30,
)


def _places(content: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if at:
        yield at
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _places(value, (*at, key))
    elif isinstance(content, list) and content:
        yield from _places(content[0], (*at, 0))


def test_whatever_stands_in_any_place_is_read_or_refused_in_words() -> None:
    """There are words for whatever pydantic finds, and a place for each."""
    shipped = tomllib.loads(DEFAULT)
    # One of each will do, and few years: each try reads the whole.
    shipped |= {name: shipped[name][:1] for name in ("timescale", "organisation", "team")}
    shipped["calendar"] |= {"first_year": 2027}
    shipped["removed_team"] = [{"id": "old", "taken_over_by": ["mash"]}]
    tried = 0
    for *way, last in _places(shipped):
        whole = {**shipped}
        within: Any = whole
        for step in way:
            within[step] = copy(within[step])
            within = within[step]
        for value in ANYTHING:
            within[last] = value
            for fault in PolicyFile.model_validate(whole).all_faults():
                assert re.fullmatch(r"(\[.+|The file): .+[.?]", fault, re.DOTALL)
            tried += 1
    assert tried > 1000
