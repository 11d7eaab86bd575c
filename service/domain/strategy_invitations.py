"""Who must be invited to a strategy meeting, from what is on file about its children (rule 13)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from service.domain.authority import AgencyKind, Organisation, StrategyMeetingRules
from service.domain.contacts import ANONYMOUS, Child, Contact
from service.domain.errors import Problem
from service.domain.people import BirthKnowledge, Person, age_in_years
from service.domain.strategy_meetings import Agency, Invitation, InvitedBecause

# Source code of the children in need census: a hospital's emergency department.
EMERGENCY_DEPARTMENT = "3E"


@dataclass(frozen=True, slots=True)
class Holding:
    """Which team holds a child, and which worker of it, where one does."""

    team_name: str
    worker_name: str | None


@dataclass(frozen=True, slots=True)
class ChildOnFile:
    """What is known of one child that says who must come: `early_help` when it is, or was, open."""

    contact: Contact
    child: Child
    person: Person
    in_hospital: bool
    social_care: Holding
    early_help: Holding | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Somebody who must be invited, and why; who exactly, as far as it is known."""

    agency: Agency
    because: InvitedBecause
    organisation_id: str | None = None
    name: str | None = None
    role: str | None = None


def proposals(
    children: Sequence[ChildOnFile],
    organisations: Sequence[Organisation],
    ages: StrategyMeetingRules,
    on: date,
) -> list[Proposal]:
    """Who must be invited about these children, each once. Ages are those of the London day `on`.

    The referrer who is police or health comes as that agency, in one line that says so; and a
    school, where it is known to be the very school of a child.
    """
    told = [_referrer(one.contact, organisations) for one in children]
    found: list[Proposal] = [
        _social_care(children),
        _of_kind(Agency.police, AgencyKind.police, told, organisations),
        _of_kind(Agency.health, AgencyKind.health, told, organisations),
    ]
    schools = [
        school for one in children if (school := _school(one, organisations, ages, on)) is not None
    ]
    for referrer in told:
        if referrer is None:
            continue
        if referrer.agency in (Agency.police, Agency.health):
            if not any(_same(referrer, one) for one in found):
                found.append(referrer)
        elif referrer not in found:
            found.append(referrer)
    for school in schools:
        place = next((n for n, one in enumerate(found) if _is_school_of(one, school)), None)
        if place is not None:
            found[place] = replace(found[place], agency=Agency.school)
        elif school not in found:
            found.append(school)
    for one in children:
        found += [more for more in _more(one, organisations) if more not in found]
    return found


def _social_care(children: Sequence[ChildOnFile]) -> Proposal:
    holds = {one.social_care for one in children}
    if len(holds) > 1:
        return Proposal(Agency.social_care, InvitedBecause.always)
    [own] = holds
    return Proposal(
        Agency.social_care, InvitedBecause.always, name=own.worker_name, role=own.team_name
    )


def _of_kind(
    agency: Agency,
    kind: AgencyKind,
    told: Iterable[Proposal | None],
    organisations: Sequence[Organisation],
) -> Proposal:
    """The line of an agency that is always invited: the referrer's own, where that is who told."""
    for referrer in told:
        if referrer is not None and referrer.agency is agency:
            return referrer
    return Proposal(
        agency,
        InvitedBecause.always,
        organisation_id=_only(one.id for one in organisations if one.kind is kind),
    )


def _only(ids: Iterable[str]) -> str | None:
    found = list(ids)
    return found[0] if len(found) == 1 else None


def _named(name: str | None, organisations: Sequence[Organisation]) -> str | None:
    """The organisation of the policy that bears this name."""
    if name is None:
        return None
    meant = " ".join(name.casefold().split())
    return _only(one.id for one in organisations if " ".join(one.name.casefold().split()) == meant)


_AGENCY_OF_KIND = {AgencyKind.police: Agency.police, AgencyKind.health: Agency.health}


def _referrer(contact: Contact, organisations: Sequence[Organisation]) -> Proposal | None:
    """Who told the front door, and of which organisation as far as that is unambiguous.

    None for somebody who would not say who they are: nobody could invite them.
    """
    if contact.source_code == ANONYMOUS and contact.sender_organisation_id is None:
        return None
    sends = [one for one in organisations if contact.source_code in one.source_codes]
    organisation_id = (
        contact.sender_organisation_id
        or _named(contact.referrer_agency, organisations)
        or _only(one.id for one in sends)
    )
    own = next((one for one in organisations if one.id == organisation_id), None)
    kinds = {one.kind for one in ([own] if own is not None else sends)}
    kind = kinds.pop() if len(kinds) == 1 else AgencyKind.other
    return Proposal(
        _AGENCY_OF_KIND.get(kind, Agency.referrer),
        InvitedBecause.told_the_front_door,
        organisation_id=organisation_id,
        name=contact.referrer_name,
        role=contact.referrer_role or contact.referrer_agency,
    )


def _same(referrer: Proposal, line: Proposal) -> bool:
    """Whether a line is of the referrer's agency, and not of another organisation of it."""
    return line.agency is referrer.agency and (
        referrer.organisation_id is None or referrer.organisation_id == line.organisation_id
    )


def _school(
    one: ChildOnFile,
    organisations: Sequence[Organisation],
    ages: StrategyMeetingRules,
    on: date,
) -> Proposal | None:
    """The school of a child of school age, or of one of whom a school is named."""
    if one.person.birth_knowledge is BirthKnowledge.unborn:
        return None
    age = age_in_years(one.child.date_of_birth or one.person.date_of_birth, on)
    of_age = age is not None and ages.school_age_from <= age < ages.school_age_to
    school = one.child.school
    if not of_age and school is None:
        return None
    schools = [other for other in organisations if other.kind is AgencyKind.school]
    organisation_id = _named(school, schools)
    sender = one.contact.sender_organisation_id
    if school is None and sender in {other.id for other in schools}:
        # A school that tells of a pupil, and nothing says that the child goes to another.
        organisation_id = sender
    return Proposal(
        Agency.school,
        InvitedBecause.school_age,
        organisation_id=organisation_id,
        role=None if organisation_id is not None else school,
    )


def _is_school_of(line: Proposal, school: Proposal) -> bool:
    return (
        line.agency in (Agency.referrer, Agency.school)
        and school.organisation_id is not None
        and line.organisation_id == school.organisation_id
    )


def _more(one: ChildOnFile, organisations: Sequence[Organisation]) -> list[Proposal]:
    """Who else must come for this child: early help, the midwife, the hospital's clinician."""
    found: list[Proposal] = []
    if one.early_help is not None:
        found.append(
            Proposal(
                Agency.early_help,
                InvitedBecause.early_help_open,
                name=one.early_help.worker_name,
                role=one.early_help.team_name,
            )
        )
    if one.person.birth_knowledge is BirthKnowledge.unborn:
        found.append(Proposal(Agency.midwifery, InvitedBecause.unborn))
    if one.in_hospital or one.contact.source_code == EMERGENCY_DEPARTMENT:
        found.append(
            Proposal(
                Agency.hospital_clinician,
                InvitedBecause.in_hospital,
                organisation_id=_only(
                    other.id
                    for other in organisations
                    if EMERGENCY_DEPARTMENT in other.source_codes
                ),
            )
        )
    return found


def faults_in_line(
    lines: Mapping[UUID, Invitation], seen: set[UUID], invitation_id: UUID, at: str
) -> list[Problem]:
    """What is wrong with naming a line of a meeting's list; it is among those seen from then on."""
    problems: list[Problem] = []
    if invitation_id not in lines:
        problems.append(
            Problem(
                f"{at}/invitation_id",
                "This is no line of this meeting's list: read the meeting for their ids.",
                "invitation_unknown",
            )
        )
    if invitation_id in seen:
        problems.append(
            Problem(at, "This line is there already: say all of it once.", "listed_twice")
        )
    seen.add(invitation_id)
    return problems
