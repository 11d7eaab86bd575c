"""What a decision is asked, over HTTP: less where little is decided; words that say something."""

from typing import Any

from service.domain.access import Role
from tests.support.builders import child_body, decision_body
from tests.support.desks import Desk, expect_refusal, faults

WORKER = Role.mash_worker
LATE = "She is late each Monday, has no coat, and her mother does not answer the telephone."


async def drafted(desk: Desk, contact: dict[str, Any], outcome: str, **changes: Any) -> Any:
    body = decision_body(contact["children"][0]["id"], outcome, **changes)
    return await desk.post(WORKER, f"/v1/contacts/{contact['id']}/decisions", body)


async def test_a_light_decision_answers_the_childs_voice_and_why(desk: Desk) -> None:
    contact = await desk.contact(concern=LATE)
    voice = {"child_voice": "She says that she oversleeps on Mondays, and laughs about it."}
    refused = await drafted(desk, contact, "no_further_action", prompts=[])
    problem = expect_refusal(refused, 422, "decision_incomplete")
    assert faults(problem) == [("/prompts", "prompt_not_answered")]
    light = await drafted(desk, contact, "no_further_action", prompts=[], answers=voice)
    assert [line["prompt"] for line in light.json()["prompts"]] == ["child_voice"]


async def test_a_worry_or_an_earlier_contact_asks_for_all_of_it(desk: Desk) -> None:
    voice = {"child_voice": "She says that she oversleeps on Mondays, and laughs about it."}
    bruised = await desk.contact()
    refused = await drafted(desk, bruised, "no_further_action", prompts=[], answers=voice)
    problem = expect_refusal(refused, 422, "decision_incomplete")
    assert faults(problem) == [("/prompts", "prompt_not_answered")] * 4


async def test_one_word_is_refused_with_the_question_that_it_leaves_open(desk: Desk) -> None:
    contact = await desk.contact(concern=LATE)
    prompts = [
        {"prompt": "child_voice", "answer": "Fine."},
        {"prompt": "domestic_abuse", "not_known_because": "Not asked"},
    ]
    refused = await drafted(desk, contact, "no_further_action", prompts=prompts)
    problem = expect_refusal(refused, 422, "decision_incomplete")
    assert faults(problem) == [
        ("/prompts/0/answer", "says_nothing"),
        ("/prompts/1/not_known_because", "says_nothing"),
    ]
    questions = {one.key: one.question for one in desk.house.policy.decision_prompts}
    assert questions["child_voice"] in problem["errors"][0]["message"]
    refused = await drafted(
        desk, contact, "no_further_action", prompts=[], answers={"child_voice": "No."}
    )
    problem = expect_refusal(refused, 422, "decision_incomplete")
    assert faults(problem) == [("/answers/child_voice", "says_nothing")]


async def test_an_injury_is_not_decided_without_police_and_health(desk: Desk) -> None:
    contact = await desk.contact()
    housing = {
        "organisation_id": "riverbourne-homes",
        "asked": False,
        "answered": False,
        "reason": "They would know nothing of a bruise.",
    }
    refused = await drafted(desk, contact, "no_further_action", agencies=[housing])
    problem = expect_refusal(refused, 422, "decision_incomplete")
    assert faults(problem) == [
        ("/agencies", "police_not_accounted_for"),
        ("/agencies", "health_not_accounted_for"),
    ]


async def test_what_is_on_record_is_not_typed_again(desk: Desk) -> None:
    known = {"ethnicity_code": "WBRI", "first_language": "Polish", "disability_codes": ["NONE"]}
    contact = await desk.contact(children=[child_body(**known)])
    told = [line for line in decision_body("x")["prompts"] if line["prompt"] not in FROM_RECORD]
    tool = {"tool": "Graded Care Profile 2", "score": "4"}
    draft = await drafted(desk, contact, "referral", prompts=told, assessment=tool)
    answers = {line["prompt"]: line["answer"] for line in draft.json()["prompts"]}
    assert answers["culture_disability_language"] == (
        "On record: ethnicity WBRI, first language Polish, disability NONE."
    )
    assert answers["neglect_and_tool"].startswith("Assessment tool used: Graded Care Profile 2")


FROM_RECORD = ("culture_disability_language", "neglect_and_tool")
