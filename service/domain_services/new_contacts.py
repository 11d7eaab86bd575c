"""New contacts put on file, whoever tells of them: one way in for a worker and for a partner."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from pydantic_core import to_json

from service.domain.access import Caller
from service.domain.authority import TeamWork
from service.domain.calendar import london_date
from service.domain.concerns import ConcernAtReceipt
from service.domain.contact_kind_rules import START_AT_RECEIPT, clocks_at_receipt
from service.domain.contact_kinds import TELLS_NO_WORRY, Children
from service.domain.contact_minimums import MinimumMissing, require_minimum
from service.domain.contacts import Adult, Child, Contact
from service.domain.dangers import (
    RATING_IN_DANGER,
    DangerTold,
    danger_in,
)
from service.domain.deadlines import Deadline
from service.domain.events import EventType
from service.domain.flags import Severity, SubjectKind
from service.domain.identities import Fact, contradictions
from service.domain.kept_as_told import without_nothing_kept
from service.domain.new_contacts import (
    Faults,
    NewChild,
    NewContact,
    as_adult,
    as_child,
    as_contact,
    as_person,
    check_told,
    red_at_receipt,
    with_unclear_aside,
)
from service.domain.people import Person, learn
from service.domain.possible_matches import MatchOnFile
from service.domain.recognition import Recognised, recognised
from service.domain.references import ReferenceKind, new_reference
from service.domain.whole_contacts import WholeContact
from service.domain_services.concerns import (
    Receipt,
    concern_at_receipt,
    look_up_concerns,
    start_concern_clock,
)
from service.domain_services.dangers import (
    TOLD_OF_DANGER,
    start_rating_clock,
)
from service.domain_services.flags import raise_flag
from service.domain_services.people import ToldOfPerson, change_people
from service.domain_services.possible_matches import matches_at_receipt
from service.persistence.clocks import Starting, start_clock
from service.persistence.ids import new_id
from service.persistence.repositories import contacts
from service.persistence.units_of_work import Work
from service.policy import Policy


def _digest(new: NewContact) -> str:
    """The same story of the same children from the same sender has the same digest."""
    content = asdict(replace(new, received_at=None, sender_reference=None))
    return sha256(to_json(without_nothing_kept(content))).hexdigest()


async def _sent_before(work: Work, new: NewContact) -> tuple[str | None, UUID | None]:
    """What a partner's contact is known by, and the open one that it is the same as."""
    if new.sender_organisation_id is None:
        return None, None
    digest = _digest(new)
    return digest, await contacts.find_open_duplicate(work, new.sender_organisation_id, digest)


def _soonest_first(clocks: Iterable[Deadline]) -> list[Deadline]:
    return sorted(clocks, key=lambda one: (one.due_at, one.id))


def _of_contact(work: Work, contact: Contact) -> list[Deadline]:
    return [one for one in work.added(Deadline) if one.contact_id == contact.id]


async def put_contact_on_file(
    work: Work,
    who: Caller,
    new: NewContact,
    faults: Faults,
    *,
    also_starting: Sequence[str] = (),
    sent_once: bool = False,
    high_risk: bool = False,
) -> WholeContact:
    """Puts a new contact on file: its children recognised, its clocks started, its event recorded.

    `also_starting` are clocks of this sort of contact that start at receipt as well; `sent_once`
    says that its sender's number tells when it is sent again; `high_risk`, that its sender sees
    one. Raises what `faults` has found already, with all that is wrong with what was told.
    """
    new = clear_contact(work, new)
    danger = danger_in(immediate=new.immediate_danger, high_risk=high_risk)
    check_contact(work, new, faults, also_starting=also_starting)
    digest, duplicate = (None, None) if sent_once else await _sent_before(work, new)
    contact = contact_of(work, who.account_id, new, danger, digest=digest, duplicate=duplicate)
    adults = as_adults(new, contact.id)
    # Before anything opens a transaction: a contact about nobody on file is written without one.
    receipt = await look_up_concerns(
        work.look,
        work.policy,
        contact,
        new.children,
        adults,
        people=[child.person_id for child in new.children if child.person_id is not None],
        counted=who.sight.sees_all,
    )
    known = recognised(
        faults,
        at_children(new),
        {one.person.id: one.person for one in receipt.answered.people.values()},
        receipt.answered.bearers,
        from_partner=new.sender_organisation_id is not None,
    )
    made = prepare_contact(work, contact, new, adults, known, faults)
    faults.refuse()
    made, concern = await with_matches(work, made, receipt)
    add_contact(work, made)
    work.add(*made.fresh)
    await change_people(work, who, contact.id, made.learnt)
    begin_contact(work, who, made, also_starting=also_starting, repeated=bool(concern.raised_by))
    # Who sees no more than what they sent learns nothing of what others told.
    staff = who.sight.sees_all
    return WholeContact(
        contact=contact,
        children=made.children,
        adults=made.adults,
        requests=[],
        decisions=[],
        deadlines=_soonest_first(_of_contact(work, contact)),
        repeat_concern=concern if staff else None,
        possible_matches=made.matches if staff else (),
        linked_otherwise=_linked_otherwise(new, known) if staff else (),
    )


async def sketch_contact(work: Work, who: Caller, new: NewContact, faults: Faults) -> WholeContact:
    """What `log` would make of a contact that a partner sends; nothing of it is kept.

    Nobody is looked up: what a partner is told does not depend on who is on file, and how long it
    takes does not either. Raises what `log` would raise.
    """
    new = clear_contact(work, new)
    danger = danger_in(immediate=new.immediate_danger, high_risk=False)
    check_contact(work, new, faults)
    known = recognised(faults, at_children(new), {}, {}, from_partner=True)
    duplicate = await contacts.find_open_duplicate(
        work, new.sender_organisation_id or "", _digest(new)
    )
    contact = contact_of(work, who.account_id, new, danger, duplicate=duplicate)
    made = prepare_contact(work, contact, new, as_adults(new, contact.id), known, faults)
    faults.refuse()
    drawn = _Drawn(work.now, work.policy)
    start_contact_clocks(drawn, made.contact)
    return WholeContact(
        contact=made.contact,
        children=made.children,
        adults=made.adults,
        requests=[],
        decisions=[],
        deadlines=_soonest_first(drawn.clocks),
    )


@dataclass(slots=True)
class _Drawn:
    """Takes the clocks that would start, and keeps none of them."""

    now: datetime
    policy: Policy
    clocks: list[Deadline] = field(default_factory=list)

    def add(self, *records: Deadline) -> None:
        """Takes clocks."""
        self.clocks += records


class Present(Protocol):
    """When it is, and by which policy."""

    @property
    def now(self) -> datetime:
        """The present."""

    @property
    def policy(self) -> Policy:
        """The authority's policy."""


def at_children(new: NewContact) -> list[tuple[str, NewChild]]:
    """The children told of, each with its pointer."""
    return [(f"/children/{position}", child) for position, child in enumerate(new.children)]


def clear_contact(work: Present, new: NewContact) -> NewContact:
    """A new contact with what is nobody's code or birthday set aside, and kept as it was told.

    Of danger in a contact about children a child is on file of whom nothing is known yet.
    """
    somebody = work.policy.kind(new.kind).children is Children.needed
    if new.immediate_danger and somebody and not new.children:
        new = replace(new, children=[NewChild()])
    return with_unclear_aside(new, work.policy.codes, london_date(work.now))


def check_contact(
    work: Present, new: NewContact, faults: Faults, *, also_starting: Sequence[str] = ()
) -> None:
    """Adds to `faults` what is wrong with a contact by itself, whatever is on file."""
    received_at = new.received_at or work.now
    check_told(
        faults,
        new.source_code,
        received_at,
        at_children(new),
        [(f"/adults/{position}", adult) for position, adult in enumerate(new.adults)],
        codes=work.policy.codes,
        no_rule=work.policy.why_no_rule(
            (*START_AT_RECEIPT, *work.policy.kind(new.kind).clocks, *also_starting), at=received_at
        ),
        now=work.now,
    )


@dataclass(frozen=True, slots=True)
class PreparedContact:
    """A contact as it will be on file.

    `fresh` are people on no file yet; `learnt` is what it tells of each of its children; `matches`
    are those on file who may be its children.
    """

    contact: Contact
    children: Sequence[Child]
    adults: Sequence[Adult]
    fresh: Sequence[Person]
    learnt: Sequence[ToldOfPerson]
    matches: Sequence[MatchOnFile] = ()


def contact_of(
    work: Present,
    logged_by: UUID,
    new: NewContact,
    danger: DangerTold | None,
    *,
    digest: str | None = None,
    duplicate: UUID | None = None,
) -> Contact:
    """The record of a new contact; asks and writes nothing."""
    contact = as_contact(
        new,
        new_id(),
        new_reference(ReferenceKind.contact),
        received_at=new.received_at or work.now,
        logged_at=work.now,
        logged_by=logged_by,
        team_id=work.policy.teams_for(TeamWork.contact)[0].id,
        possible_duplicate_of=duplicate,
        content_digest=digest,
    )
    return contact if danger is None else red_at_receipt(contact, danger)


def as_adults(new: NewContact, contact_id: UUID) -> list[Adult]:
    """The adults of a new contact."""
    return [
        as_adult(adult, new_id(), contact_id, position) for position, adult in enumerate(new.adults)
    ]


def prepare_contact(
    work: Present,
    contact: Contact,
    new: NewContact,
    adults: Sequence[Adult],
    known: Recognised,
    faults: Faults,
) -> PreparedContact:
    """Makes the records of those on a new contact; asks and writes nothing.

    Adds to `faults` when it is less than anybody could act on.
    """
    fresh: list[Person] = []
    children: list[Child] = []
    learnt: list[ToldOfPerson] = []
    for position, (told, person, set_aside) in enumerate(
        zip(new.children, known.people, known.set_aside, strict=True)
    ):
        if person is None:
            person = as_person(told, new_id(), work.now, frozenset(known.bearers))
            fresh.append(person)
        child = as_child(told, new_id(), contact.id, person.id, position, set_aside)
        learning = partial(learn, told=child, taken=known.taken_from(person.id))
        learnt.append(ToldOfPerson(person, learning))
        children.append(child)
    try:
        require_minimum(contact, children, adults, work.policy.kind(contact.kind))
    except MinimumMissing as missing:
        faults.add(MinimumMissing, missing.detail, missing.problems)
    return PreparedContact(contact, children, adults, fresh, learnt)


async def with_matches(
    work: Work, made: PreparedContact, receipt: Receipt
) -> tuple[PreparedContact, ConcernAtReceipt]:
    """A prepared contact with those on file who may be its children, and what was told before."""
    children, found, matches = await matches_at_receipt(
        work, made.contact, made.children, made.adults, made.fresh, receipt.answered
    )
    concern = concern_at_receipt(work.policy, made.contact, children, receipt, found)
    told = {one.child_id: one.cumulative.contacts for one in concern.children}
    children = [replace(child, nth_contact=told[child.id]) for child in children]
    return replace(made, children=children, matches=matches), concern


def _linked_otherwise(new: NewContact, known: Recognised) -> list[tuple[int, Sequence[Fact]]]:
    """The children whom a worker linked to somebody of another name, birth or sex, by place."""
    return [
        (place, against)
        for place, (told, person) in enumerate(zip(new.children, known.people, strict=True))
        if told.person_id is not None
        and person is not None
        and (against := contradictions(told, person))
    ]


def add_contact(work: Work, made: PreparedContact) -> None:
    """Add a prepared contact, its children, adults and matches to the work.

    Not the people on file: whether they are new is known before, and they are added there.
    """
    work.add(made.contact, *made.children, *made.adults, *(one.match for one in made.matches))


def begin_contact(
    work: Work,
    who: Caller,
    made: PreparedContact,
    *,
    also_starting: Sequence[str] = (),
    repeated: bool = False,
) -> None:
    """Starts the clocks of a contact that was added, and records its event.

    `repeated` says that it is a second concern from somebody else within the policy's days.
    """
    contact = made.contact
    people = [child.person_id for child in made.children]
    red = start_contact_clocks(work, contact, also_starting)
    if red is not None:
        raise_flag(work, red, Severity.danger, people, owner=TOLD_OF_DANGER)
    if repeated and contact.kind not in TELLS_NO_WORRY:
        start_concern_clock(work, contact)
    work.record(
        EventType.contact_received,
        who,
        contact.id,
        contact_id=contact.id,
        about=people,
        happened_at=contact.received_at,
        channel=contact.channel,
        source_code=contact.source_code,
        children=[child.id for child in made.children],
        possible_duplicate_of=contact.possible_duplicate_of,
        rating=contact.rating,
        danger=contact.danger,
        kind=contact.kind,
    )


def start_contact_clocks(
    work: Starting, contact: Contact, also: Sequence[str] = ()
) -> Deadline | None:
    """Starts the clocks that run on a contact from its receipt; that of its rating, in danger."""
    rules = work.policy.kind(contact.kind)
    for kind in (*clocks_at_receipt(contact, rules), *also):
        start_clock(work, kind, SubjectKind.contact, contact.id, contact.id, contact.received_at)
    return None if contact.danger is None else start_rating_clock(work, contact, RATING_IN_DANGER)
