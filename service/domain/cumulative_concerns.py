"""Cumulative concern: the same voice again and again; a manager reads the whole (rule 26)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from service.domain.concerns import CumulativeConcern
from service.domain.decisions import Decision, LevelOfNeed, Outcome
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.own_words import RationaleRules, rationale_faults
from service.domain.texts import in_words, ordinal


class WholeNotRead(Invalid):
    """The whole of what is on file of a child is read before such a decision is signed."""

    code = "whole_not_read"
    title = "The whole has not been read"


class NotToldSoOften(Conflict):
    """There is no series of contacts behind this decision that would be read as a whole."""

    code = "not_told_so_often"
    title = "There is no series to read"


def series_in_words(contacts: int, months: int) -> str:
    """How often a child was told of, as somebody says it: the third contact in six months."""
    unit = "month" if months == 1 else "months"
    return f"{ordinal(contacts)} contact in {in_words(months)} {unit}"


def faults_in_series(
    draft: Decision, cumulative: CumulativeConcern, rules: RationaleRules
) -> list[Problem]:
    """What a draft leaves out about a child who is told of again and again.

    Each contact looks slight by itself. So nothing more following takes a reason of its own, which
    looks at all of them together.
    """
    # Passed to who holds the case, it is read there, and something is said to be done.
    slight = draft.outcome is not Outcome.passed_to_case_holder
    slight = slight and draft.level_of_need is LevelOfNeed.universal
    slight = slight or draft.outcome is Outcome.no_further_action
    because = draft.nothing_more_because
    if because is not None:
        return rationale_faults(rules, "/nothing_more_because", because)
    if not (cumulative.whole_to_be_read and slight):
        return []
    series = series_in_words(cumulative.contacts, cumulative.months)
    return [
        Problem(
            "/nothing_more_because",
            f"This is the {series} about this child. Look at all of them together, and say why "
            "nothing more follows than from each by itself.",
            "nothing_more_because_missing",
        )
    ]


def must_be_read(decision: Decision) -> bool:
    """Whether a manager has yet to read the whole before this decision is agreed."""
    return decision.nth_contact is not None and decision.whole_read_at is None


def read_as_a_whole(
    decision: Decision,
    rules: RationaleRules,
    words: str | None,
    by: UUID,
    at: datetime,
    pointer: str = "/whole_read",
) -> Mapping[str, Any]:
    """What a decision says once a manager has read the whole and said what they saw in it.

    Nothing where they say nothing of it and nothing is to be read. Raises WholeNotRead where words
    are missing or say nothing, and where they would be kept nowhere.
    """
    if not must_be_read(decision):
        if words is None:
            return {}
        why = (
            "There are too few contacts about this child for it: leave this out."
            if decision.nth_contact is None
            else "Another manager has read the whole and said so: leave this out, and say what you "
            "add in your words."
        )
        raise WholeNotRead(
            "Nothing is to be read as a whole here.",
            problems=[Problem(pointer, why, "not_expected")],
        )
    if words is None:
        series = series_in_words(decision.nth_contact or 0, decision.nth_within_months or 0)
        raise WholeNotRead(
            "Read the whole of what is on file of the child, and say what you see in it.",
            problems=[
                Problem(
                    pointer,
                    f"This is the {series} about this child: GET "
                    "/v1/contacts/{contact_id}/history shows them. Say what they show together.",
                    "whole_not_read",
                )
            ],
        )
    faults = rationale_faults(rules, pointer, words, "what the contacts show together")
    if faults:
        raise WholeNotRead("Say what the contacts show together.", problems=faults)
    return {"whole_read_at": at, "whole_read_by": by, "whole_read_words": words}


def newly_read(before: Decision, after: Decision) -> Mapping[str, Any]:
    """What an answer says of a reading that nobody had made before: it is said once."""
    if after.whole_read_at == before.whole_read_at:
        return {}
    names = ("whole_read_at", "whole_read_by", "whole_read_words")
    return {name: getattr(after, name) for name in names}


def read_before(
    superseded: Decision | None, nth: int | None, drafted_by: UUID
) -> Mapping[str, Any]:
    """What a manager read of the same contacts for the draft that this one answers or replaces.

    Not what whoever drafts now has read themselves: two people look at it.
    """
    if superseded is None or nth is None or superseded.nth_contact != nth:
        return {}
    if superseded.whole_read_by == drafted_by:
        return {}
    return {
        "whole_read_at": superseded.whole_read_at,
        "whole_read_by": superseded.whole_read_by,
        "whole_read_words": superseded.whole_read_words,
    }
