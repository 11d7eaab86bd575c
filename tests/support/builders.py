"""Bodies and headers with valid defaults, as callers of the API send them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from service.bootstrap import House
from service.domain.access import Role
from tests.support.houses import token

Body = dict[str, Any]

RATIONALE = "The school has seen bruises twice in a week, and the accounts given of them differ."
PROMPTS = (
    "child_voice",
    "father_and_significant_adults",
    "culture_disability_language",
    "domestic_abuse",
    "neglect_and_tool",
)


# The account of agencies where police and health were not asked, which a worry wants to be told.
NOBODY_ASKED: tuple[Body, ...] = tuple(
    {"organisation_id": agency, "asked": False, "answered": False, "reason": reason}
    for agency, reason in (
        ("riverbourne-police", "No crime is suspected."),
        ("riverbourne-hospital", "Nobody has said that the child was seen there."),
    )
)


def with_the_rest(agencies: Sequence[Body]) -> list[Body]:
    """An account of agencies with police and health as not asked, where it does not name them."""
    named = {line["organisation_id"] for line in agencies}
    return [*agencies, *(one for one in NOBODY_ASKED if one["organisation_id"] not in named)]


def headers(
    house: House,
    role: Role,
    *,
    key: str | UUID | None = None,
    version: int | None = None,
    **who: Any,
) -> dict[str, str]:
    """What a caller of a role sends: a good token, a new Idempotency-Key, If-Match when given.

    `who` goes to the token: `name`, `organisation`, `team`, `scopes`.
    """
    sent = {
        "Authorization": f"Bearer {token(house, role, **who)}",
        "Idempotency-Key": str(key or uuid4()),
    }
    if version is not None:
        sent["If-Match"] = f'"{version}"'
    return sent


def child_body(given_name: str | None = "Amara", **changes: Any) -> Body:
    """A child of school age, known by name and date of birth."""
    return {
        "given_name": given_name,
        "family_name": "Okafor",
        "birth_knowledge": "known",
        "date_of_birth": "2018-04-09",
        "sex": "F",
        **changes,
    }


def unborn_body(**changes: Any) -> Body:
    """An unborn child."""
    return {
        "family_name": "Okafor",
        "birth_knowledge": "unborn",
        "expected_delivery_on": "2027-02-14",
        **changes,
    }


def siblings() -> list[Body]:
    """Three siblings: one of school age, one of whom little is known, one unborn."""
    brother = child_body("Chidi", birth_knowledge="estimated", date_of_birth="2021-01-01", sex="M")
    return [child_body(), brother, unborn_body()]


def contact_body(*, children: Sequence[Body] | None = None, **changes: Any) -> Body:
    """A contact by telephone from a school about one child, with a father nobody can name."""
    return {
        "channel": "telephone",
        "source_code": "2A",
        "concern": "Amara came to school with a bruise on her cheek and would not say why.",
        "children": [child_body()] if children is None else list(children),
        "adults": [
            {"relationship": "mother", "given_name": "Ngozi", "family_name": "Okafor"},
            {"relationship": "father", "name_known": False},
        ],
        "referrer": {"name": "Priya Shah", "role": "Designated safeguarding lead"},
        **changes,
    }


def multi_agency_referral_body(**changes: Any) -> Body:
    """A contact as a partner's system sends it: the channel is for the service to say."""
    body = contact_body(**changes)
    del body["channel"]
    return body


def information_request_body(organisation_id: str = "mill-lane-primary", **changes: Any) -> Body:
    """A question to a school about every child on the contact."""
    return {
        "organisation_id": organisation_id,
        "purpose": "To decide whether the children are at risk of harm.",
        "lawful_basis": "public_task",
        "scope": "content",
        "questions": "How is attendance, and what have the children said at school?",
        **changes,
    }


def answer_body(**changes: Any) -> Body:
    """An agency's answer with something to tell."""
    return {
        "answer": "information",
        "information": "Attendance fell from 96 to 71 per cent since September.",
        "answered_by_name": "Priya Shah",
        **changes,
    }


def decision_body(child_id: str | UUID, outcome: str = "referral", **changes: Any) -> Body:
    """A complete threshold decision for a child with nothing on file, nobody having been asked."""
    own: dict[str, Body] = {
        "referral": {
            "level_of_need": 4,
            "statutory_basis": "section_17",
            "primary_need_code": "N1",
        },
        "early_help": {"level_of_need": 3},
        "information_and_advice": {
            "level_of_need": 2,
            "advice_given": "How to reach the family centre, and when to call again.",
        },
        "no_further_action": {"level_of_need": 1},
        "passed_to_case_holder": {"level_of_need": 4},
    }
    return {
        "child_id": str(child_id),
        "outcome": outcome,
        "rationale": RATIONALE,
        "agencies": list(NOBODY_ASKED),
        "prompts": [
            {"prompt": prompt, "answer": "Asked, and written down in the rationale."}
            for prompt in PROMPTS
        ],
        **own[outcome],
        **changes,
    }


READ_AS_A_WHOLE = "Three calls since spring, each slight; together they show that nothing changed."


def unread(decision: Body) -> bool:
    """Whether a manager has yet to read the whole behind a decision before it is agreed."""
    series = decision.get("cumulative_concern")
    return series is not None and series["whole_read"] is None


def sign_off_body(outcome: str = "agreed", **changes: Any) -> Body:
    """A manager's answer in their own words."""
    words = {
        "agreed": "I have read the file; the level fits what the school has seen.",
        "returned": "Say what the father's part is before this can be agreed.",
    }
    return {"outcome": outcome, "words": words[outcome], **changes}


def allocation_body(worker_id: str | UUID, **changes: Any) -> Body:
    """A case given to a worker, staying with its team."""
    return {"worker_id": str(worker_id), **changes}
