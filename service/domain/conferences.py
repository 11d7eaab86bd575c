"""Child protection conferences: what one leaves out or cannot be, and why none may be needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from service.domain.errors import Problem
from service.domain.instants import lies_ahead
from service.domain.section_47_enquiries import (
    ConferenceOutcome,
    EnquiryState,
    NoConferenceBecause,
    Section47Enquiry,
)

GONE = frozenset({NoConferenceBecause.moved_away, NoConferenceBecause.died})
"""The child is not here any more: an enquiry may end by it before it found anything."""

HAPPENED = frozenset({*GONE, NoConferenceBecause.looked_after})
"""What happened on a day, which is said."""


@dataclass(frozen=True, slots=True)
class NoConference:
    """That no conference is needed, as it is told: the code, since when, and why in words."""

    because: NoConferenceBecause
    since_on: date | None
    words: str


def faults_in_conference(
    *,
    held_at: datetime,
    outcome: ConferenceOutcome,
    category_of_abuse_code: str | None,
    now: datetime,
    began_at: datetime,
    on_a_working_day: bool,
    categories: Sequence[str],
) -> list[Problem]:
    """What a conference leaves out or cannot be, all at once.

    One on a weekend or a bank holiday is an error of the census.
    """
    problems: list[Problem] = []
    if lies_ahead(held_at, now):
        problems.append(
            Problem(
                "/held_at",
                "A conference is recorded when it has been held. Check the time.",
                "time_not_possible",
            )
        )
    elif held_at < began_at:
        problems.append(
            Problem(
                "/held_at",
                "A conference is held after the strategy meeting that began the enquiry. Check "
                "the time.",
                "before_the_meeting",
            )
        )
    elif not on_a_working_day:
        problems.append(
            Problem(
                "/held_at",
                "A child protection conference is held on a working day, and this is a weekend, a "
                "bank holiday or a day on which the authority is closed. Check the date.",
                "not_a_working_day",
            )
        )
    pointer = "/category_of_abuse_code"
    if outcome is not ConferenceOutcome.child_protection_plan:
        if category_of_abuse_code is not None:
            problems.append(
                Problem(pointer, "Only a child protection plan has a category.", "surplus")
            )
    elif category_of_abuse_code is None:
        problems.append(
            Problem(
                pointer,
                f"A child protection plan names its category: {', '.join(categories)}.",
                "missing",
            )
        )
    elif category_of_abuse_code not in categories:
        problems.append(Problem(pointer, f"Use one of: {', '.join(categories)}.", "code_unknown"))
    return problems


def faults_in_no_conference(
    enquiry: Section47Enquiry, told: NoConference, *, today: date, began_on: date
) -> list[Problem]:
    """What a proposal that no conference is needed leaves out or cannot be, all at once."""
    problems: list[Problem] = []
    if enquiry.state is EnquiryState.under_way and told.because not in GONE:
        problems.append(
            Problem(
                "/because",
                "The enquiry has found nothing yet. Record its outcome first; before that it ends "
                "only for a child who died or moved away.",
                "outcome_first",
            )
        )
    pointer = "/since_on"
    if told.because not in HAPPENED:
        if told.since_on is not None:
            problems.append(Problem(pointer, "Nothing happened on a day: leave it out.", "surplus"))
    elif told.since_on is None:
        problems.append(Problem(pointer, "Say since which day that is so.", "missing"))
    elif told.since_on > today:
        problems.append(
            Problem(pointer, "This lies ahead: propose it once it is so.", "in_the_future")
        )
    elif told.because in GONE and told.since_on < began_on:
        problems.append(
            Problem(
                pointer,
                "That was before the enquiry began. Check the date.",
                "before_the_meeting",
            )
        )
    return problems
