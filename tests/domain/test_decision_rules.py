"""What a decision is asked: by outcome, by worry, by what is on record, and never by a word."""

from dataclasses import replace
from typing import Any

import pytest

from service.domain.authority import AgencyKind
from service.domain.contacts import Child, Contact
from service.domain.decision_rules import (
    Worry,
    answers_on_record,
    empty_answers,
    unaccounted_for,
)
from service.domain.decisions import Decision, LevelOfNeed, Outcome, PromptAnswer, StatutoryBasis
from service.domain.own_words import says_nothing
from service.domain.police_notifications import PoliceNotification
from service.policy import load_policy
from tests.support.records import one_of_each

POLICY = load_policy()
RULES = POLICY.decisions
ALL = [prompt.key for prompt in POLICY.decision_prompts]


def made(kind: type, **facts: Any) -> Any:
    """A record of a kind of which only the facts given matter."""
    whole = next(one for one in one_of_each(full=True) if type(one) is kind)
    return replace(whole, **facts)


def asked(outcome: Outcome, level: int, *worries: Worry, told_before: bool = False) -> list[str]:
    draft = made(Decision, outcome=outcome, level_of_need=LevelOfNeed(level))
    return RULES.asks(POLICY.decision_prompts, draft, worries, told_before=told_before)


@pytest.mark.parametrize("outcome", [Outcome.no_further_action, Outcome.information_and_advice])
@pytest.mark.parametrize("level", [1, 2])
def test_a_light_decision_is_asked_for_the_childs_voice_alone(outcome: Outcome, level: int) -> None:
    assert asked(outcome, level) == ["child_voice"]
    assert asked(outcome, level, Worry.injury) == ALL
    assert asked(outcome, level, told_before=True) == ALL
    assert asked(outcome, 3) == ALL


@pytest.mark.parametrize("outcome", [Outcome.early_help, Outcome.referral])
def test_whatever_leads_to_a_service_is_asked_for_everything(outcome: Outcome) -> None:
    assert asked(outcome, 2) == ALL


@pytest.mark.parametrize(
    ("concern", "worry"),
    [
        ("She came with BRUISING on both arms.", Worry.injury),
        ("He was scalded with tea.", Worry.injury),
        ("An uncle touched her at night.", Worry.sexual_harm),
        ("He hit their mother on Sunday.", Worry.domestic_abuse),
        ("He runs drugs for a county line.", Worry.exploitation),
    ],
)
def test_a_worry_is_told_by_the_beginnings_of_words(concern: str, worry: Worry) -> None:
    assert RULES.worries_about(made(Contact, concern=concern), None, None) == [worry]


@pytest.mark.parametrize("concern", ["He is often late and has no coat.", "Is the child known?"])
def test_what_tells_of_no_worry_asks_for_nobody(concern: str) -> None:
    assert RULES.worries_about(made(Contact, concern=concern), None, None) == []


def test_suspected_significant_harm_is_a_worry_in_any_words() -> None:
    contact = made(Contact, concern="Something is not right at home.")
    assert RULES.worries_about(contact, None, StatutoryBasis.section_47) == [Worry.injury]
    assert RULES.worries_about(contact, None, StatutoryBasis.section_17) == []


def test_police_and_health_are_accounted_for_whatever_the_outcome() -> None:
    def missing(*kinds: AgencyKind) -> list[str]:
        return [one.code for one in unaccounted_for(RULES, [Worry.injury], kinds)]

    assert missing(AgencyKind.housing) == ["police_not_accounted_for", "health_not_accounted_for"]
    assert missing(AgencyKind.police) == ["health_not_accounted_for"]
    assert missing(AgencyKind.health, AgencyKind.police) == []
    assert unaccounted_for(RULES, [], ()) == []
    [told, _] = unaccounted_for(RULES, [Worry.injury, Worry.sexual_harm], ())
    assert told.message.startswith("The worry is injury and sexual harm: say what police answered")


@pytest.mark.parametrize("text", ["No.", "Fine", "Not known", "yes, yes, YES", "...", "Ok - fine!"])
def test_a_word_or_two_answers_nothing(text: str) -> None:
    assert says_nothing(text)
    [fault] = empty_answers([PromptAnswer("child_voice", text, None)], POLICY.decision_prompts)
    assert (fault.pointer, fault.code) == ("/prompts/0/answer", "says_nothing")
    assert POLICY.decision_prompts[0].question in fault.message


def test_a_short_sentence_is_an_answer() -> None:
    lines = [PromptAnswer("domestic_abuse", "None is known.", None)]
    assert empty_answers(lines, POLICY.decision_prompts) == []


def test_what_is_on_record_answers_what_it_answers_and_no_more() -> None:
    known: dict[str, Any] = {
        "ethnicity_code": "WBRI",
        "first_language": "Polish",
        "disability_codes": ["NONE"],
    }
    child = made(Child, **known)
    draft = made(Decision, assessment_tool=None, assessment_score=None)

    def answered(child: Any, notification: Any = None, draft: Any = draft) -> dict[str, str | None]:
        lines = answers_on_record(child, notification, draft)
        return {line.prompt: line.answer for line in lines}

    assert answered(child) == {
        "culture_disability_language": (
            "On record: ethnicity WBRI, first language Polish, disability NONE."
        )
    }
    for name, nothing in (("ethnicity_code", None), ("first_language", None)):
        assert answered(replace(child, **{name: nothing})) == {}
    assert answered(replace(child, disability_codes=[])) == {}
    scored = replace(draft, assessment_tool="Graded Care Profile 2", assessment_score="4")
    found = answered(
        replace(child, ethnicity_code=None), made(PoliceNotification, risk="high"), scored
    )
    assert found == {
        "domestic_abuse": "On record: the police notified of domestic abuse, with risk high.",
        "neglect_and_tool": "Assessment tool used: Graded Care Profile 2, with the score 4.",
    }
