"""Possible matches in tests that are about something else: said to be other children, each time."""

import re
from dataclasses import replace
from uuid import UUID

import httpx

from service.bootstrap import Work
from service.domain.access import Caller
from service.domain.decisions import Decision
from service.domain.drafts import NewDecision
from service.domain.possible_matches import MatchSaid
from service.domain_services.possible_matches import refresh_matches
from service.persistence.repositories import contacts
from service.usecases.decisions import decide

BECAUSE = "Another child of the name: the school knows both of them."
_PERSON = re.compile(r"person_id ([0-9a-f-]{36})")


async def decide_apart(work: Work, who: Caller, contact_id: UUID, new: NewDecision) -> Decision:
    """Decides for a child who is none of those on file who may be the child."""
    contact = await contacts.held(work, who.sight, contact_id)
    found = await refresh_matches(
        work,
        who.sight,
        contact,
        await contacts.children(work, contact_id),
        await contacts.adults(work, contact_id),
    )
    said = [
        MatchSaid(one.person.id, False, BECAUSE)
        for one in found
        if one.match.child_id == new.child_id and one.match.answer is None
    ]
    return await decide(work, who, contact_id, replace(new, matches=[*new.matches, *said]))


def others_named(answer: httpx.Response) -> list[dict[str, object]]:
    """What to send in `matches` after a refusal that names possible matches; else nothing."""
    if answer.status_code != 422 or answer.json()["code"] != "possible_match_unresolved":
        return []
    named = _PERSON.findall(" ".join(one["message"] for one in answer.json()["errors"]))
    return [
        {"person_id": person_id, "same_child": False, "because": BECAUSE} for person_id in named
    ]
