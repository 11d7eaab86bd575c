"""New contacts put on file, whoever tells of them: one way in for a worker and for a partner."""

from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256

from pydantic_core import to_json

from service.domain.access import Caller, Reach
from service.domain.contacts import (
    ANONYMOUS,
    REPEAT_CONCERN,
    Child,
    Contact,
    MinimumMissing,
    require_minimum,
)
from service.domain.events import EventType
from service.domain.flags import Deadline, SubjectKind
from service.domain.new_contacts import (
    START_AT_RECEIPT,
    Faults,
    NewContact,
    as_adult,
    as_child,
    as_contact,
    as_person,
    check_told,
)
from service.domain.people import Person, learn
from service.domain.references import new_reference
from service.domain.whole_contacts import WholeContact
from service.persistence.repositories import concerns, contacts, deadlines, people
from service.persistence.units_of_work import Work, new_id
from service.policy import TeamWork


def _digest(new: NewContact) -> str:
    """The same story of the same children from the same sender has the same digest."""
    content = asdict(replace(new, received_at=None, sender_reference=None))
    return sha256(to_json(content)).hexdigest()


def start_repeat_concern(work: Work, contact: Contact) -> None:
    """Starts the clock of a second concern from somebody else, which warns at once."""
    deadlines.start(
        work, REPEAT_CONCERN, SubjectKind.contact, contact.id, contact.id, contact.received_at
    )


async def log(work: Work, who: Caller, new: NewContact, faults: Faults) -> WholeContact:
    """Puts a new contact on file: its children recognised, its clocks started, its event recorded.

    Raises what `faults` has found already, together with all that is wrong with what was told.
    """
    received_at = new.received_at or work.now
    at_child = [(f"/children/{position}", child) for position, child in enumerate(new.children)]
    at_adult = [(f"/adults/{position}", adult) for position, adult in enumerate(new.adults)]
    check_told(
        faults,
        new.source_code,
        received_at,
        at_child,
        at_adult,
        codes=work.policy.codes,
        no_rule=work.policy.why_no_rule(START_AT_RECEIPT, at=received_at),
        now=work.now,
    )
    from_partner = new.sender_organisation_id is not None
    known = await people.recognise(work, faults, at_child, from_partner=from_partner)
    digest = None
    duplicate = None
    if new.sender_organisation_id is not None:
        digest = _digest(new)
        duplicate = await contacts.find_open_duplicate(work, new.sender_organisation_id, digest)
    contact = as_contact(
        new,
        new_id(),
        new_reference("C"),
        received_at=received_at,
        logged_at=work.now,
        logged_by=who.account_id,
        team_id=work.policy.teams_for(TeamWork.contact)[0].id,
        possible_duplicate_of=duplicate,
        content_digest=digest,
    )
    fresh: list[Person] = []
    children: list[Child] = []
    learnt: list[people.Learnt] = []
    for position, (told, person) in enumerate(zip(new.children, known.people, strict=True)):
        if person is None:
            person = as_person(told, new_id(), work.now, frozenset(known.bearers))
            fresh.append(person)
        child = as_child(told, new_id(), contact.id, person.id, position)
        learning = partial(learn, told=child, taken=known.taken_from(person.id))
        learnt.append(people.Learnt(person, learning))
        children.append(child)
    adults = [
        as_adult(adult, new_id(), contact.id, position) for position, adult in enumerate(new.adults)
    ]
    try:
        require_minimum(contact, children, adults)
    except MinimumMissing as missing:
        faults.add(MinimumMissing, missing.detail, missing.problems)
    faults.refuse()
    # Before anything opens a transaction: a contact about nobody on file is written without one.
    concern = await concerns.at_receipt(
        work.look,
        work.policy,
        contact,
        children,
        adults,
        known=[person.id for person in known.people if person is not None],
        counted=Reach.ALL in who.reach,
    )
    work.add(*fresh, contact, *children, *adults)
    await people.change_all(work, who, contact.id, learnt)
    kinds = [
        kind
        for kind in START_AT_RECEIPT
        if kind != "acknowledge_referrer" or contact.source_code != ANONYMOUS
    ]
    for kind in kinds:
        deadlines.start(
            work, kind, SubjectKind.contact, contact.id, contact.id, contact.received_at
        )
    if concern.raised_by:
        start_repeat_concern(work, contact)
    work.record(
        EventType.contact_received,
        who,
        contact.id,
        contact_id=contact.id,
        happened_at=contact.received_at,
        channel=contact.channel,
        source_code=contact.source_code,
        children=[child.id for child in children],
        people=[child.person_id for child in children],
        possible_duplicate_of=duplicate,
    )
    return WholeContact(
        contact=contact,
        children=children,
        adults=adults,
        requests=[],
        decisions=[],
        deadlines=sorted(
            (one for one in work.added(Deadline) if one.contact_id == contact.id),
            key=lambda one: (one.due_at, one.id),
        ),
        # Who sees no more than what they sent learns nothing of what others told.
        repeat_concern=concern if Reach.ALL in who.reach else None,
    )
