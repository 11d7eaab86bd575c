"""Operation Encompass: schools are told of an incident, many in one act, or it is said why not."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.contacts import Child, ChildNotOnContact
from service.domain.errors import Conflict, Invalid, NotFound, Problem
from service.domain.events import EventType
from service.domain.school_notices import (
    NoticeRefused,
    NoticeSaid,
    NoticesIncomplete,
    NotOfAnIncident,
    SchoolNotice,
    SchoolsNotTold,
    SchoolsTold,
    notice_faults,
)
from service.domain.whole_contacts import WholeContact
from service.persistence.ids import new_id
from service.persistence.repositories import contacts
from service.persistence.units_of_work import Work


async def tell_schools(
    work: Work, who: Caller, said: Sequence[NoticeSaid], *, those_that_can: bool
) -> SchoolsTold:
    """Records which schools were told of an incident, and of which children none was, and why.

    All are recorded or none, and everything that is wrong is named at once; unless
    `those_that_can` are asked for. Raises NoticesIncomplete, and SchoolsNotTold where nothing is
    wrong with what was said.
    """
    who.require(Permission.tell_schools)
    await contacts.hold_all(work, who.sight, [one.contact_id for one in said])
    files: dict[UUID, WholeContact] = {}
    made: list[SchoolNotice] = []
    refused: list[NoticeRefused] = []
    named: set[UUID] = set()
    wrong = False
    for place, one in enumerate(said):
        try:
            if one.child_id in named:
                raise Conflict("Name each child once.")
            named.add(one.child_id)
            made.append(await _notice(work, who, files, one))
        except (Conflict, Invalid, NotFound) as refusal:
            found = refusal.problems or [Problem("", refusal.detail, refusal.code)]
            problems = [
                Problem(f"/notices/{place}{fault.pointer}", fault.message, fault.code)
                for fault in found
            ]
            refused.append(NoticeRefused(place, one.child_id, problems))
            wrong = wrong or isinstance(refusal, Invalid)
    if refused and not (made and those_that_can):
        raise (NoticesIncomplete if wrong else SchoolsNotTold)(
            "Nothing was recorded. Put right what `errors` names, or send `those_that_can` to have "
            "the rest recorded.",
            problems=[problem for one in refused for problem in one.problems],
        )
    work.add(*made)
    for contact_id, file in files.items():
        await _record(work, who, file, [one for one in made if one.contact_id == contact_id])
    return SchoolsTold(made, refused)


async def _notice(
    work: Work, who: Caller, files: dict[UUID, WholeContact], said: NoticeSaid
) -> SchoolNotice:
    """What is recorded of one child. Raises why it is not."""
    file = files.get(said.contact_id)
    if file is None:
        contact = await contacts.get(work, who.sight, said.contact_id)
        file = files[contact.id] = await contacts.whole(work, contact)
    if file.notification is None:
        raise NotOfAnIncident(
            "This contact is no police notification: a school is told of an incident that the "
            "police notified of.",
            state=file.contact.state,
            allowed=(),
        )
    child = _child(file, said.child_id)
    policy = work.policy
    faults = notice_faults(
        said,
        child,
        file.contact,
        policy.organisations,
        policy.strategy_meetings,
        policy.rationale,
        work.now,
    )
    if faults:
        raise NoticesIncomplete("Put right what is named.", problems=faults)
    known = policy.find_organisation(said.organisation_id or "")
    told = said.told_at is not None
    school = said.school or (known.name if known is not None else child.school)
    return SchoolNotice(
        id=new_id(),
        contact_id=file.contact.id,
        child_id=child.id,
        outcome=said.outcome,
        school=school if told else None,
        organisation_id=said.organisation_id,
        told_to=said.told_to,
        way=said.way,
        told_at=said.told_at,
        because=said.because,
        recorded_at=work.now,
        recorded_by=who.account_id,
    )


def _child(file: WholeContact, child_id: UUID) -> Child:
    found = next((one for one in file.children if one.id == child_id), None)
    if found is None:
        raise ChildNotOnContact("Use the id of a child as GET of this contact gives it.")
    return found


async def _record(
    work: Work, who: Caller, file: WholeContact, made: Sequence[SchoolNotice]
) -> None:
    """Keeps the event of one contact, which whoever has it open has to read again."""
    if not made:
        return
    people: Mapping[UUID, UUID] = {one.id: one.person_id for one in file.children}
    await contacts.renew(work, file.contact.id)
    work.record(
        EventType.contact_schools_told,
        who,
        file.contact.id,
        contact_id=file.contact.id,
        about=[people[one.child_id] for one in made],
        notices=[
            {
                "school_notice_id": one.id,
                "child_id": one.child_id,
                "outcome": one.outcome,
                "organisation_id": one.organisation_id,
            }
            for one in made
        ],
    )
