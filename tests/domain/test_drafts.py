"""A family's drafts: what is said of all and of each, and where every fault of it stands."""

from uuid import UUID, uuid4

import pytest

from service.domain.decisions import (
    AgencySaid,
    DecisionIncomplete,
    DecisionWaiting,
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
)
from service.domain.drafts import (
    ALONE,
    DraftsIncomplete,
    NewDecision,
    Refusals,
    SaidOfChild,
    SaidOfDecision,
    Where,
    together,
)
from service.domain.errors import FrontDoorError, Problem

ADA, BEN, CEM = (uuid4() for _ in range(3))
FAMILY = SaidOfDecision(
    level_of_need=LevelOfNeed.statutory,
    outcome=Outcome.referral,
    statutory_basis=StatutoryBasis.section_17,
    primary_need_code="N1",
    rationale="All three saw it, and he is back in the house.",
    history_considered="One contact in March.",
    agencies=[
        AgencySaid("police", True, True, None),
        AgencySaid("school", False, False, "It is shut until Monday."),
    ],
    prompts=[
        PromptAnswer("child_voice", None, "Nobody has spoken to them alone."),
        PromptAnswer("domestic_abuse", "He hits their mother.", None),
    ],
    receiving_team_id="north",
)


def drafts(*children: SaidOfChild, family: SaidOfDecision = FAMILY) -> list[NewDecision]:
    return together(family, children)


def child(child_id: UUID, **said: object) -> SaidOfChild:
    return SaidOfChild(child_id, SaidOfDecision(**said))


def missing(*children: SaidOfChild, family: SaidOfDecision = FAMILY) -> list[tuple[str, str]]:
    with pytest.raises(DraftsIncomplete) as refused:
        together(family, children)
    return [(one.pointer, one.code) for one in refused.value.problems]


def test_what_is_said_of_all_is_said_of_each() -> None:
    first, second = drafts(child(ADA), child(BEN))
    assert (first.child_id, second.child_id) == (ADA, BEN)
    assert first.outcome is second.outcome is Outcome.referral
    assert first.agencies == second.agencies == FAMILY.agencies
    assert first.history_considered == FAMILY.history_considered


def test_what_is_said_of_a_child_replaces_a_value_and_the_line_of_the_same_agency_and_prompt() -> (
    None
):
    voice = PromptAnswer("child_voice", "She says that she is afraid.", None)
    school = AgencySaid("school", True, True, None)
    first, second = drafts(
        child(ADA, agencies=[school], prompts=[voice], history_considered="None of Ada."),
        child(BEN),
    )
    assert first.history_considered == "None of Ada."
    assert first.agencies == [FAMILY.agencies[0], school]
    assert first.prompts == [FAMILY.prompts[1], voice]
    assert second.prompts == FAMILY.prompts
    assert first.where.pointer("/agencies/0/reason") == "/agencies/0/reason"
    assert first.where.pointer("/agencies/1/reason") == "/children/0/agencies/0/reason"
    assert first.where.pointer("/prompts/0") == "/prompts/1"
    assert first.where.pointer("/prompts/1/answer") == "/children/0/prompts/0/answer"
    assert first.where.pointer("/history/considered") == "/children/0/history/considered"


def test_a_child_with_an_outcome_of_its_own_takes_over_nothing_that_goes_with_an_outcome() -> None:
    why = "She lives with her aunt, saw nothing, and the aunt has asked for help."
    first, second = drafts(
        child(
            ADA,
            outcome=Outcome.early_help,
            level_of_need=LevelOfNeed.targeted,
            rationale=why,
        ),
        child(BEN),
    )
    assert (first.statutory_basis, first.primary_need_code, first.receiving_team_id) == (None,) * 3
    assert (first.rationale, second.rationale) == (why, FAMILY.rationale)
    assert first.agencies == FAMILY.agencies
    assert missing(child(ADA, outcome=Outcome.early_help), child(BEN)) == [
        ("/children/0/level_of_need", "level_of_need_missing"),
        ("/children/0/rationale", "rationale_missing"),
    ]


@pytest.mark.parametrize(
    "own",
    [
        {"statutory_basis": StatutoryBasis.section_47},
        {"level_of_need": LevelOfNeed.statutory},
    ],
    ids=str,
)
def test_another_threshold_takes_a_rationale_of_its_own(own: dict[str, object]) -> None:
    assert missing(child(ADA), child(BEN, **own)) == [
        ("/children/1/rationale", "rationale_missing")
    ]
    _, second = drafts(child(ADA), child(BEN, rationale="He alone was hit.", **own))
    assert second.primary_need_code == "N1"


def test_nothing_has_a_default_and_what_nobody_said_of_anybody_is_named_once() -> None:
    assert missing(child(ADA), child(BEN), family=SaidOfDecision()) == [
        ("/level_of_need", "level_of_need_missing"),
        ("/outcome", "outcome_missing"),
        ("/rationale", "rationale_missing"),
    ]


def test_a_child_is_named_once() -> None:
    assert missing(child(ADA), child(BEN), child(ADA)) == [
        ("/children/2/child_id", "child_named_twice")
    ]


def refused(family: list[NewDecision], *refusals: FrontDoorError | None) -> FrontDoorError:
    found = Refusals([one.where for one in family])
    for one, refusal in zip(family, refusals, strict=True):
        with found.of(one.where):
            if refusal is not None:
                raise refusal
    with pytest.raises(FrontDoorError) as told:
        found.refuse()
    return told.value


def gap(*pointers: str) -> DecisionIncomplete:
    problems = [Problem(pointer, "Put it right.", "gap") for pointer in pointers]
    return DecisionIncomplete("It leaves something out.", problems=problems)


def pointers(refusal: FrontDoorError) -> list[str]:
    return [problem.pointer for problem in refusal.problems]


def test_every_fault_of_every_child_stands_where_it_was_said() -> None:
    own = PromptAnswer("child_voice", "No.", None)
    family = drafts(child(ADA, prompts=[own]), child(BEN), child(CEM, rationale="Nothing."))
    told = refused(family, gap("/prompts/1"), None, gap("/rationale", "/history/considered"))
    assert type(told) is DecisionIncomplete
    assert pointers(told) == [
        "/children/0/prompts/0",
        "/children/2/rationale",
        "/history/considered",
    ]


def test_what_is_wrong_for_all_and_was_said_of_none_alone_is_named_once() -> None:
    family = drafts(child(ADA), child(BEN))
    told = refused(family, gap("/prompts", "/rationale", "/matches"), gap("/prompts", "/matches"))
    assert pointers(told) == [
        "/prompts",
        "/rationale",
        "/children/0/matches",
        "/children/1/matches",
    ]
    # What is missing of one child alone is that child's.
    assert pointers(refused(family, gap("/prompts"), None)) == ["/children/0/prompts"]


def test_refusals_of_several_kinds_are_told_as_one_that_names_all_of_them() -> None:
    family = drafts(child(ADA), child(BEN))
    waits = DecisionWaiting("A decision waits.")
    told = refused(family, waits, gap("/rationale"))
    assert type(told) is DraftsIncomplete
    assert [(one.pointer, one.code) for one in told.problems] == [
        ("/children/0", "decision_awaiting_sign_off"),
        ("/rationale", "gap"),
    ]


def test_of_one_alone_its_own_refusal_is_raised() -> None:
    alone = NewDecision(ADA, LevelOfNeed.universal, Outcome.no_further_action, "Why.")
    waits = DecisionWaiting("A decision waits.", allowed=["withdraw"])
    assert alone.where is ALONE
    assert refused([alone], waits) is waits
    assert Where().pointer("/rationale") == "/rationale"
