"""The authority's rules, section by section, as its policy file says them."""

from collections.abc import Mapping
from datetime import time
from types import MappingProxyType

from service.domain.access import GRANTS, Permission, Role
from service.domain.authority import (
    AssessmentRules,
    ChallengeRules,
    DailyMeetingRules,
    DecisionPrompt,
    PartnerRules,
    ReceiptWords,
    RepeatConcernRules,
    StrategyMeetingRules,
    SweepRules,
    TransferRules,
)
from service.domain.own_words import RationaleRules
from service.domain.strategy_meetings import Agency
from service.policy.code_lists import england
from service.policy.hearers import (
    check_stages,
)
from service.policy.reading import Table

NEEDED_PROMPTS = (
    "child_voice",
    "father_and_significant_adults",
    "culture_disability_language",
    "domestic_abuse",
    "neglect_and_tool",
)
"""What no policy may leave out (domain rules: what decisions keep missing)."""

_ANSWERING_ROLES = tuple(
    role.value for role in Role if role in GRANTS[Permission.answer_challenge].roles
)

_QUORUM_AGENCIES = tuple(one.value for one in Agency if one is not Agency.other)


def sweep_of(table: Table) -> SweepRules:
    """How often the sweep looks."""
    before = table.fault_count
    every = table.whole("every_seconds", least=1, most=3600)
    late = table.whole("late_after_seconds", least=2, most=86_400)
    if table.fault_count == before and late <= every:
        table.fault("must be longer than every_seconds.", "late_after_seconds")
    table.done()
    return SweepRules(every_seconds=every, late_after_seconds=late)


def rationale_of(table: Table) -> RationaleRules:
    """Which rationale is refused."""
    minimum = table.whole("minimum_characters", least=1, most=2000)
    phrases = table.texts("refused_phrases")
    table.done()
    for phrase in phrases:
        if phrase and not any(letter.isalnum() for letter in phrase):
            table.fault(f'"{phrase}" has neither letters nor digits; remove it.', "refused_phrases")
    return RationaleRules(minimum_characters=minimum, refused_phrases=phrases)


def prompts_of(table: Table) -> tuple[DecisionPrompt, ...]:
    """What every decision is asked to answer."""
    for key in NEEDED_PROMPTS:
        if not table.has(key):
            table.fault("is missing; add the question that a decision must answer.", key)
    prompts = tuple(
        DecisionPrompt(table.identifier_key(key), table.text(key)) for key in table.names()
    )
    table.done()
    return prompts


def transfers_of(table: Table) -> TransferRules:
    """Why steps are asked for and refused."""
    rules = TransferRules(
        step_up_source_code=table.choice("step_up_source_code", england().referral_source),
        step_up_reasons=_reasons(table.table("step_up_reasons")),
        step_down_reasons=_reasons(table.table("step_down_reasons")),
        step_up_refusals=_reasons(table.table("step_up_refusals")),
        step_down_refusals=_reasons(table.table("step_down_refusals")),
    )
    table.done()
    return rules


def _reasons(table: Table) -> Mapping[str, str]:
    found = {table.identifier_key(key): table.text(key, longest=200) for key in table.names()}
    table.done()
    if not found:
        table.fault("names no reason; nobody could choose one.")
    return MappingProxyType(found)


def challenges_of(table: Table) -> ChallengeRules:
    """Who answers a challenge at each stage."""
    rules = ChallengeRules(
        stage_2_answered_by=table.choice("stage_2_answered_by", _ANSWERING_ROLES),
        stage_3_answered_by=table.choice("stage_3_answered_by", _ANSWERING_ROLES),
    )
    check_stages(table, rules)
    table.done()
    return rules


def strategy_meetings_of(table: Table) -> StrategyMeetingRules:
    """Who makes a strategy meeting quorate, and which ages go to school."""
    before = table.fault_count
    rules = StrategyMeetingRules(
        quorum=tuple(Agency(one) for one in table.choices("quorum", _QUORUM_AGENCIES)),
        school_age_from=table.whole("school_age_from", least=0, most=18),
        school_age_to=table.whole("school_age_to", least=0, most=18),
    )
    if table.fault_count == before and rules.school_age_to < rules.school_age_from:
        table.fault("is before school_age_from.", "school_age_to")
    table.done()
    return rules


def assessments_of(table: Table) -> AssessmentRules:
    """Which tools an assessment uses."""
    tools = _reasons(table.table("tools"))
    factors = england().assessment_factor
    rules = AssessmentRules(
        tools=tools,
        scored_tools=frozenset(table.choices("scored_tools", tools or ("none",))),
        neglect_factors=frozenset(table.choices("neglect_factors", factors)),
        neglect_tools=table.choices("neglect_tools", tools or ("none",)),
        domestic_abuse_factors=frozenset(table.choices("domestic_abuse_factors", factors)),
        domestic_abuse_tools=table.choices("domestic_abuse_tools", tools or ("none",)),
    )
    table.done()
    return rules


def daily_meetings_of(table: Table) -> DailyMeetingRules:
    """When the daily meeting is closed to what comes in."""
    rules = DailyMeetingRules(cut_off=table.time_of_day("cut_off", earliest=time(0, 0)))
    table.done()
    return rules


def repeat_concern_of(table: Table) -> RepeatConcernRules:
    """In which windows of time concerns are counted."""
    rules = RepeatConcernRules(
        short_days=table.whole("short_days", least=1, most=31),
        long_days=table.whole("long_days", least=1, most=366),
        months=table.whole("months", least=1, most=120),
        flag_within_days=table.whole("flag_within_days", least=1, most=31),
    )
    table.done()
    return rules


def partners_of(table: Table) -> PartnerRules:
    """What partners may do, and for how long they see it."""
    rules = PartnerRules(
        answered_in_sight_days=table.whole("answered_in_sight_days", least=1, most=366),
        withdrawn_in_sight_days=table.whole("withdrawn_in_sight_days", least=1, most=366),
        validations_an_hour=table.whole("validations_an_hour", least=1, most=100_000),
        source=table.text("source"),
    )
    table.done()
    return rules


def receipt_of(table: Table) -> ReceiptWords:
    """The words that a partner reads on a receipt."""
    receipt = ReceiptWords(
        immediate_danger=table.text("immediate_danger"),
        questions=table.text("questions"),
        disagreement=table.text("disagreement"),
    )
    table.done()
    return receipt
