"""Operation Encompass: that a child's school was told of a domestic abuse incident, or why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from service.domain.authority import AgencyKind, Organisation, StrategyMeetingRules
from service.domain.calendar import london_date
from service.domain.contacts import Child, Contact
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.fields import Id, personal, plain, sensitive
from service.domain.own_words import RationaleRules, own_words_faults
from service.domain.people import YesNo, age_in_years
from service.domain.police_notifications import PoliceNotification


class NoticeOutcome(StrEnum):
    """Whether the school of a child was told of an incident, or why it was not."""

    told = "told"
    not_school_age = "not_school_age"
    no_school_known = "no_school_known"
    unsafe_to_tell = "unsafe_to_tell"


class NoticeWay(StrEnum):
    """How a school was told."""

    telephone = "telephone"
    secure_email = "secure_email"
    school_portal = "school_portal"
    in_person = "in_person"


@dataclass(frozen=True, slots=True)
class SchoolNotice:
    """That a child's school was told of an incident: which, by whom, when, how; or why not.

    Of a child there may be several: the newest is how it stands. It stays when the child is taken
    off the contact: the school was told all the same.
    """

    id: Id
    contact_id: Annotated[UUID, plain("The contact that the notification is.")]
    child_id: Annotated[UUID, plain("The child on that contact.")]
    outcome: Annotated[
        NoticeOutcome, plain("told, not_school_age, no_school_known, unsafe_to_tell.")
    ]
    school: Annotated[str | None, personal("The school that was told, by its name.")]
    organisation_id: Annotated[str | None, plain("The school, where the policy names it.")]
    told_to: Annotated[str | None, personal("Who was told there.")]
    way: Annotated[NoticeWay | None, plain("telephone, secure_email, school_portal, in_person.")]
    told_at: Annotated[datetime | None, plain("When the school was told.")]
    because: Annotated[str | None, sensitive("Why the school was not told.")]
    recorded_at: Annotated[datetime, plain("When it was recorded.")]
    recorded_by: Annotated[UUID, plain("By whom.")]


@dataclass(frozen=True, slots=True)
class NoticeSaid:
    """What somebody says of the school of one child on a notification."""

    contact_id: UUID
    child_id: UUID
    outcome: NoticeOutcome
    school: str | None = None
    organisation_id: str | None = None
    told_to: str | None = None
    way: NoticeWay | None = None
    told_at: datetime | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class NoticeRefused:
    """A child of whose school nothing was recorded, and everything that is wrong with it."""

    place: int
    child_id: UUID
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class SchoolsTold:
    """What came of telling many schools in one act."""

    notices: Sequence[SchoolNotice]
    refused: Sequence[NoticeRefused]


class NoticesIncomplete(Invalid):
    """Many schools are recorded in one act: what is wrong for any child, all of it named."""

    code = "school_notices_incomplete"
    title = "Not every school can be recorded so"


class SchoolsNotTold(Conflict):
    """Nothing is wrong with what was said, but it cannot be recorded of these children."""

    code = "schools_not_told"
    title = "Not of these children"


class NotOfAnIncident(Conflict):
    """Schools are told of an incident that the police notified of."""

    code = "not_of_an_incident"
    title = "No police notification"


_ASKED_OF_THE_TOLD: Final = {
    "told_to": "Say who was told: the designated safeguarding lead, or who stood in.",
    "way": "Say how the school was told.",
    "told_at": "Say when the school was told.",
}


def may_be_told(notification: PoliceNotification) -> str:
    """All that a school may be told: that there was an incident, when, and whether the child was
    there. Never what happened, who was there, where, or what the police think of it.
    """
    day = london_date(notification.incident_at)
    there = {
        YesNo.yes: "Children were there.",
        YesNo.no: "No child was there.",
        YesNo.not_known: "It is not known whether a child was there.",
    }[notification.children_present]
    return (
        f"On {day.day} {day:%B} {day.year} the police attended an incident of domestic abuse at a "
        f"home of this child. {there} Please support the child today without asking about it, and "
        "ring the front door with what you see. The family may not know that you were told: do "
        "not speak of it at home."
    )


def notice_faults(
    said: NoticeSaid,
    child: Child,
    contact: Contact,
    organisations: Sequence[Organisation],
    ages: StrategyMeetingRules,
    rules: RationaleRules,
    now: datetime,
) -> list[Problem]:
    """Everything that is wrong with what is said of one child's school, by pointers within it."""
    problems: list[Problem] = []

    def fault(name: str, message: str, code: str) -> None:
        problems.append(Problem(f"/{name}", message, code))

    if said.outcome is NoticeOutcome.told:
        for name, message in _ASKED_OF_THE_TOLD.items():
            if getattr(said, name) is None:
                fault(name, message, f"{name}_missing")
        if said.organisation_id is None and not (said.school or child.school):
            fault("school", "Name the school: none is on record for this child.", "school_missing")
        if said.because is not None:
            fault("because", "Only a school that was not told takes a reason.", "not_expected")
        if said.told_at is not None and not contact.received_at <= said.told_at <= now:
            told = "A school is told after the notification came, and not in time to come."
            fault("told_at", told, "time_not_possible")
    else:
        for name in ("school", "organisation_id", *_ASKED_OF_THE_TOLD):
            if getattr(said, name) is not None:
                fault(name, "Only for a school that was told.", "not_expected")
        problems += _faults_of_reason(said, child, contact, ages, rules)
    known = {
        one.id for one in organisations if one.kind in (AgencyKind.school, AgencyKind.education)
    }
    if said.organisation_id is not None and said.organisation_id not in known:
        told = "Name a school, or the service for children educated at home, by its id."
        fault("organisation_id", told, "organisation_unknown")
    return problems


def _faults_of_reason(
    said: NoticeSaid,
    child: Child,
    contact: Contact,
    ages: StrategyMeetingRules,
    rules: RationaleRules,
) -> list[Problem]:
    if said.outcome is NoticeOutcome.not_school_age:
        age = age_in_years(child.date_of_birth, london_date(contact.received_at))
        if age is not None and ages.school_age_from <= age < ages.school_age_to:
            told = f"By the date of birth on record this child is {age}: the school is told."
            return [Problem("/outcome", told, "of_school_age")]
        return []
    if not said.because:
        return [Problem("/because", "Say why the school was not told.", "reason_missing")]
    return own_words_faults(rules, ("/because", said.because))


def how_it_stands(notices: Sequence[SchoolNotice]) -> dict[UUID, SchoolNotice]:
    """The newest of each child: how it stands with the school."""
    return {one.child_id: one for one in sorted(notices, key=lambda one: (one.recorded_at, one.id))}
