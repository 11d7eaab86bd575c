"""What a loaded policy answers, and what it refuses to answer."""

import csv
import operator
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, strategies

from service.domain.authority import AgencyKind, TeamWork
from service.policy import (
    NoRuleInForce,
    OrganisationUnknown,
    TeamUnknown,
    TimescaleUnknown,
    load_policy,
)

POLICY = load_policy()
NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)
PHRASES = POLICY.rationale.refused_phrases


@pytest.mark.parametrize(
    ("kind", "rating"),
    [("nonsense", None), ("triage", None), ("triage", "purple"), ("sign_off", "red")],
)
def test_a_timescale_that_is_not_in_the_policy_is_a_fault_of_the_code(
    kind: str, rating: str | None
) -> None:
    with pytest.raises(TimescaleUnknown):
        POLICY.timescale(kind, rating, at=NOW)


@pytest.mark.parametrize("at", ["2014-12-31T23:59:59+00:00", "0001-01-01T00:00:00+05:00"])
def test_a_clock_from_before_the_policy_has_no_rule(at: str) -> None:
    with pytest.raises(NoRuleInForce, match="before 2015-01-01"):
        POLICY.timescale("sign_off", at=datetime.fromisoformat(at))


def test_friday_at_four_has_two_clocks() -> None:
    elapsed = POLICY.due_times("contact_to_referral", NOW)
    statutory = POLICY.due_times("statutory_decision", NOW)
    assert elapsed.due_at == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert statutory.due_at == datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
    assert elapsed.explanation.policy_version == POLICY.stamp


def test_organisations_and_teams_are_found_by_id_or_refused_without_echo() -> None:
    police = POLICY.organisation("riverbourne-police")
    assert (police.kind, police.source_codes) == (AgencyKind.police, frozenset({"6"}))
    assert POLICY.find_organisation("riverbourne-police") is police
    assert POLICY.find_organisation("zebra") is POLICY.find_team("zebra") is None
    assert POLICY.team("mash") == POLICY.teams_for(TeamWork.contact)[0]
    with pytest.raises(OrganisationUnknown) as organisation:
        POLICY.organisation("zebra")
    with pytest.raises(TeamUnknown) as team:
        POLICY.team("zebra")
    assert "zebra" not in organisation.value.detail + team.value.detail


def test_a_policy_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(POLICY, "version", "2")  # noqa: B010 - plain assignment fails the type check
    with pytest.raises(TypeError):
        operator.setitem(POLICY.codes.sex.labels, "X", "x")


def test_the_alarm_for_ending_holidays_uses_the_policys_days() -> None:
    assert POLICY.holidays_alarm(date(2028, 10, 1)) is None
    assert POLICY.holidays_alarm(date(2028, 10, 2)) is not None


@pytest.mark.parametrize(
    ("name", "size", "code", "label"),
    [
        ("referral_source", 22, "6", "POLICE"),
        ("annex_a", 22, "6", "q) 6: Police"),
        ("sex", 3, "U", "unknown; always for an unborn child"),
        ("ethnicity", 20, "WROM", "Gypsy/Roma"),
        ("disability", 13, "AUT", "Autism"),
        ("primary_need", 10, "N1", "Abuse, neglect and exploitation"),
        ("closure_reason", 9, "RC8", "Case closed after assessment, no further action"),
        ("assessment_factor", 42, "20", "Other"),
        ("category_of_abuse", 5, "NEG", "Neglect"),
    ],
)
def test_a_code_list_is_whole_and_labelled(name: str, size: int, code: str, label: str) -> None:
    codes = getattr(POLICY.codes, name)
    assert (codes.name, len(codes), codes.label(code)) == (name, size, label)
    assert code in codes
    assert code.lower() + "?" not in codes
    assert None not in codes
    with pytest.raises(KeyError):
        codes.label("?")


def test_every_code_file_has_no_code_twice_and_is_named_in_the_sources() -> None:
    folder = Path(__file__).parents[2] / "service" / "policy" / "codes"
    sources = (folder / "SOURCES.md").read_text()
    for file in folder.glob("*.csv"):
        with file.open(newline="", encoding="utf-8") as lines:
            codes = [row["code"] for row in csv.DictReader(lines)]
        assert len(set(codes)) == len(codes)
        assert f"`{file.name}`" in sources


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t",
        "....",
        "NFA",
        "N.F.A.",
        "n / a",
        "No further action!",
        "  no   FURTHER\naction ",
        "No further action. Threshold not met. See above.",
        "nfa nfa nfa nfa nfa nfa nfa nfa nfa nfa nfa nfa nfa",
        "Ｎｏ ｆｕｒｔｈｅｒ ａｃｔｉｏｎ",
        "«as above» — TBC",
        "N/A. N/A. N/A. N/A. N/A. N/A. N/A. N/A. N/A. N/A. N/A. N/A.",
    ],
)
def test_a_boiler_plate_rationale_is_refused_however_it_is_dressed(text: str) -> None:
    assert POLICY.rationale.is_boiler_plate(text)
    assert POLICY.rationale.refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "No further action: mother has moved to her sister's and the school sees the child daily.",
        "Threshold not met because the injury was seen by a doctor and explained.",
        "Agreed with the health visitor that the bruise is from a fall in the park.",
    ],
)
def test_a_rationale_that_says_why_is_taken_even_when_it_holds_a_stock_phrase(text: str) -> None:
    assert not POLICY.rationale.refuses(text)


def test_padding_does_not_make_a_short_rationale_long() -> None:
    short = "Child is safe." + " . " * 60
    assert POLICY.rationale.is_too_short(short)
    assert not POLICY.rationale.is_boiler_plate(short)
    assert POLICY.rationale.refuses(short)


@given(
    strategies.lists(strategies.sampled_from(PHRASES), min_size=1, max_size=30),
    strategies.sampled_from(". ,\n;-"),
)
def test_stock_phrases_strung_together_are_still_stock(phrases: list[str], joint: str) -> None:
    assert POLICY.rationale.is_boiler_plate(f"{joint} ".join(phrases).upper())


@given(strategies.lists(strategies.sampled_from(PHRASES), max_size=5), strategies.integers(0, 5))
def test_one_word_of_its_own_makes_a_text_more_than_stock(phrases: list[str], at: int) -> None:
    assert not POLICY.rationale.is_boiler_plate(". ".join([*phrases[:at], "bruise", *phrases[at:]]))
