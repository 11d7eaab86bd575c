"""Threshold decisions: what inspectors keep finding missing is asked for, all of it at once."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from service.domain.decisions import (
    AgencyAsked,
    Decision,
    DecisionState,
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
    faults_in_draft,
)
from service.domain.errors import Problem
from service.policy import load_policy

POLICY = load_policy(None)
PROMPTS = [prompt.key for prompt in POLICY.decision_prompts]
RATIONALE = "The school has seen bruises twice in a week, and the accounts given of them differ."


def draft(**changes: Any) -> Decision:
    """A complete draft: early help at level 3, nobody asked and why."""
    whole = Decision(
        id=uuid4(),
        contact_id=uuid4(),
        child_id=uuid4(),
        person_id=uuid4(),
        state=DecisionState.awaiting_sign_off,
        level_of_need=LevelOfNeed.targeted,
        outcome=Outcome.early_help,
        statutory_basis=None,
        primary_need_code=None,
        rationale=RATIONALE,
        history_considered=None,
        last_closed_because=None,
        agencies=[AgencyAsked("riverbourne-police", False, False, "No crime is suspected.")],
        prompts=[PromptAnswer(key, "Asked.", None) for key in PROMPTS],
        assessment_tool=None,
        assessment_score=None,
        receiving_team_id=None,
        advice_given=None,
        supersedes_id=None,
        supersedes_because=None,
        drafted_at=datetime(2026, 3, 6, tzinfo=UTC),
        drafted_by=uuid4(),
        answered_at=None,
        answered_by=None,
        answer_words=None,
        superseded_at=None,
        joined_case_id=None,
        repeat_concern=None,
        version=1,
    )
    return replace(whole, **changes)


def problems(
    decision: Decision, *, has_history: bool = False, asked: dict[str, bool] | None = None
) -> list[Problem]:
    return faults_in_draft(
        decision,
        has_history=has_history,
        asked=asked or {},
        prompts=PROMPTS,
        needed=PROMPTS,
        rationale_rules=POLICY.rationale,
    )


def faults(decision: Decision, **file: Any) -> set[tuple[str, str]]:
    return {(problem.pointer, problem.code) for problem in problems(decision, **file)}


REFERRAL = {
    "outcome": Outcome.referral,
    "level_of_need": LevelOfNeed.statutory,
    "statutory_basis": StatutoryBasis.section_17,
    "primary_need_code": "N1",
}
ADVICE = {"outcome": Outcome.information_and_advice, "advice_given": "Call again."}
NOTHING = {"outcome": Outcome.no_further_action, "level_of_need": LevelOfNeed.universal}


@pytest.mark.parametrize("changes", [{}, REFERRAL, ADVICE, NOTHING], ids=str)
def test_a_complete_draft_has_no_fault(changes: dict[str, Any]) -> None:
    assert faults(draft(**changes)) == set()


LEVELS = {
    Outcome.no_further_action: {1, 2, 3},
    Outcome.information_and_advice: {1, 2, 3},
    Outcome.early_help: {2, 3},
    Outcome.referral: {4},
    Outcome.passed_to_case_holder: {1, 2, 3, 4},
}


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("level", LevelOfNeed)
def test_each_outcome_goes_with_its_levels_of_need(outcome: Outcome, level: LevelOfNeed) -> None:
    given = REFERRAL if outcome is Outcome.referral else {}
    given = given | {"outcome": outcome, "level_of_need": level, "advice_given": "Call again."}
    found = ("/level_of_need", "level_does_not_fit_outcome") in faults(draft(**given))
    assert found == (level not in LEVELS[outcome])


@pytest.mark.parametrize(
    ("rationale", "code"),
    [
        ("NFA", "boiler_plate"),
        ("n/a", "boiler_plate"),
        ("No further action.", "boiler_plate"),
        ("  no   FURTHER action !!! ", "boiler_plate"),
        ("Threshold not met", "boiler_plate"),
        ("Nothing seen.", "too_short"),
        ("A" * 80, "boiler_plate"),
        ("risk " * 40, "boiler_plate"),
        ("." * 400, "boiler_plate"),
        ("🐻 " * 60, "boiler_plate"),
    ],
)
def test_an_empty_or_boiler_plate_rationale_is_refused(rationale: str, code: str) -> None:
    assert {code for pointer, code in faults(draft(rationale=rationale))} & {
        code,
        "boiler_plate",
        "too_short",
    }
    assert "/rationale" in {pointer for pointer, _ in faults(draft(rationale=rationale))}
    assert ("/rationale", code) in faults(draft(rationale=rationale))


@pytest.mark.parametrize(
    ("few", "refused"),
    [
        ("Frightened at home again. ", True),
        ("Again AGAIN again aGain agAin ", True),
        ("He came to school hungry. ", False),
    ],
    ids=["four words", "one word in several cases", "five words"],
)
def test_the_same_few_words_again_and_again_are_no_rationale(few: str, refused: bool) -> None:
    found = faults(draft(rationale=few * 12))
    assert found == ({("/rationale", "boiler_plate")} if refused else set())


STOCK = "See above."
TOLD_IN_WORDS: dict[str, dict[str, Any]] = {
    "/prompts/1/answer": {"prompts": [PromptAnswer(PROMPTS[1], STOCK, None)]},
    "/prompts/1/not_known_because": {"prompts": [PromptAnswer(PROMPTS[1], None, STOCK)]},
    "/agencies/0/reason": {
        "agencies": [
            AgencyAsked("s", False, False, STOCK),
        ]
    },
    "/history/considered": {"history_considered": STOCK},
    "/history/last_closed_because": {"last_closed_because": STOCK},
    "/supersedes/because": {"supersedes_because": STOCK},
    "/advice_given": {"advice_given": STOCK},
}


@pytest.mark.parametrize("pointer", TOLD_IN_WORDS)
def test_a_stock_phrase_says_nothing_wherever_a_decision_asks_for_words(pointer: str) -> None:
    """Why a thing is not known, too (rule 5): else the gate would be passed by "n/a"."""
    changes: dict[str, Any] = dict(TOLD_IN_WORDS[pointer])
    if "prompts" in changes:
        [whole] = changes["prompts"]
        prompts = list(draft().prompts)
        changes["prompts"] = [prompts[0], whole, *prompts[2:]]
    assert faults(draft(**changes)) == {(pointer, "boiler_plate")}


def test_a_referral_names_its_basis_and_need_and_nothing_else_has_a_basis() -> None:
    bare = draft(outcome=Outcome.referral, level_of_need=LevelOfNeed.statutory)
    assert faults(bare) == {
        ("/statutory_basis", "statutory_basis_missing"),
        ("/primary_need_code", "primary_need_missing"),
    }
    assert faults(draft(statutory_basis=StatutoryBasis.section_47)) == {
        ("/statutory_basis", "not_expected")
    }


def test_advice_that_is_given_is_written_down() -> None:
    assert faults(draft(**ADVICE | {"advice_given": None})) == {("/advice_given", "advice_missing")}


def test_history_on_file_is_considered_and_said_to_be() -> None:
    assert faults(draft(), has_history=True) == {
        ("/history/considered", "history_not_considered"),
        ("/history/last_closed_because", "history_not_considered"),
    }
    read = draft(history_considered="Two contacts in 2024.", last_closed_because="Support ended.")
    assert faults(read, has_history=True) == set()


def line(**changes: Any) -> AgencyAsked:
    return replace(AgencyAsked("mill-lane-primary", True, True, None), **changes)


@pytest.mark.parametrize(
    ("agencies", "asked", "wanted"),
    [
        ([line()], {"mill-lane-primary": True}, set()),
        ([], {}, {("/agencies", "agencies_missing")}),
        (
            [line(organisation_id="riverbourne-police", asked=False, answered=False, reason="x")],
            {"mill-lane-primary": False},
            {("/agencies", "agency_not_listed")},
        ),
        (
            [line(asked=False)],
            {},
            {("/agencies/0/asked", "not_asked"), ("/agencies/0/reason", "reason_missing")},
        ),
        (
            [line(asked=False, answered=False, reason="Forgot.")],
            {"mill-lane-primary": False},
            {("/agencies/0/asked", "was_asked")},
        ),
        (
            [line()],
            {"mill-lane-primary": False},
            {("/agencies/0/answered", "has_not_answered")},
        ),
        (
            [line(answered=False)],
            {"mill-lane-primary": False},
            {("/agencies/0/reason", "reason_missing")},
        ),
        (
            [line(answered=False, reason="Waiting would be unsafe.")],
            {"mill-lane-primary": False},
            set(),
        ),
        ([line(asked=False, answered=False)], {}, {("/agencies/0/reason", "reason_missing")}),
        (
            [line(answered=False, reason="Waiting would be unsafe.")],
            {"mill-lane-primary": True},
            {("/agencies/0/answered", "has_answered")},
        ),
        ([line(), line()], {"mill-lane-primary": True}, {("/agencies/1", "listed_twice")}),
    ],
)
def test_no_answer_is_never_read_as_nothing_known(
    agencies: list[AgencyAsked], asked: dict[str, bool], wanted: set[tuple[str, str]]
) -> None:
    assert faults(draft(agencies=agencies), asked=asked) == wanted


def test_what_decisions_keep_missing_is_answered_or_said_to_be_unknown() -> None:
    assert len(PROMPTS) >= 5
    for place, key in enumerate(PROMPTS):
        prompts = list(draft().prompts)
        pointer = f"/prompts/{place}"
        without = prompts[:place] + prompts[place + 1 :]
        [missing] = problems(draft(prompts=without))
        assert (missing.pointer, missing.code) == ("/prompts", "prompt_not_answered")
        assert key in missing.message
        for answer, because, wanted in (
            (None, "The family would not say.", set()),
            (None, None, {(pointer, "prompt_not_answered")}),
            ("", "", {(pointer, "prompt_not_answered")}),
            ("Yes.", "And not known.", {(pointer, "answered_twice")}),
        ):
            prompts[place] = PromptAnswer(key, answer, because)
            assert faults(draft(prompts=prompts)) == wanted


def test_only_what_the_policy_asks_is_answered_and_each_once() -> None:
    prompts = list(draft().prompts)
    surplus = PromptAnswer("favourite_colour", "Blue.", None)
    last = f"/prompts/{len(prompts)}"
    assert faults(draft(prompts=[*prompts, surplus])) == {(f"{last}/prompt", "prompt_unknown")}
    assert faults(draft(prompts=[*prompts, prompts[0]])) == {(last, "answered_twice")}


def test_a_score_names_the_tool_that_gave_it() -> None:
    assert faults(draft(assessment_score="12")) == {("/assessment/tool", "tool_missing")}
    assert faults(draft(assessment_score="12", assessment_tool="Graded Care Profile 2")) == set()


def test_all_that_is_missing_is_named_at_once() -> None:
    empty = draft(
        outcome=Outcome.referral, rationale="NFA", agencies=[], prompts=[], statutory_basis=None
    )
    found = problems(empty, has_history=True, asked={"mill-lane-primary": False})
    assert {problem.pointer for problem in found} == {
        "/level_of_need",
        "/statutory_basis",
        "/primary_need_code",
        "/rationale",
        "/history/considered",
        "/history/last_closed_because",
        "/agencies",
        "/prompts",
    }
    assert len([one for one in found if one.pointer == "/prompts"]) == len(PROMPTS)
