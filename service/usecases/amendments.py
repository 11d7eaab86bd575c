"""Amendments: what was recorded on a contact is put right before any decision rests on it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar
from uuid import UUID

from pydantic_core import to_jsonable_python

from service.domain.access import Caller, Permission
from service.domain.concerns import known_anew
from service.domain.contact_kind_rules import START_AT_RECEIPT
from service.domain.contact_minimums import (
    ChildOfNothing,
    MinimumMissing,
    require_minimum,
    says_who,
)
from service.domain.contacts import (
    Adult,
    Amendment,
    Child,
    Contact,
    ContactAction,
    require_undecided,
    state_after,
)
from service.domain.corrections import IDENTITY, why_another
from service.domain.errors import Invalid, Problem
from service.domain.events import EventType
from service.domain.identities import Fact, contradictions
from service.domain.kept_as_told import still_unread
from service.domain.new_contacts import (
    CHILD_FACTS,
    Faults,
    NewAdult,
    NewChild,
    as_adult,
    as_child,
    as_person,
    check_channel,
    check_told,
)
from service.domain.people import Person, birth_knowledge_meant
from service.domain.possible_matches import MatchAnswer
from service.domain.recognition import Recognised, bearer_of, numbers_set_aside, recognised
from service.domain.told_again import looked_for_on_file, told_after_amendment
from service.domain.whole_contacts import WholeContact
from service.domain_services.amended_contacts import restart_clocks
from service.domain_services.child_records import Settled, follow_settled_children
from service.domain_services.concerns import concerns_of_others_about, restart_concern_clock
from service.domain_services.daily_meetings import put_added_on_agenda
from service.domain_services.possible_matches import keep_match_answer, refresh_matches
from service.persistence.ids import new_id
from service.persistence.repositories import child_records, contacts, information_requests, people
from service.persistence.units_of_work import Work

# As many as the contract shows: amendments may add more than were logged at once.
MOST_CHILDREN = MOST_ADULTS = 100


_CONTACT_FIELDS = frozenset(
    {
        "concern",
        "immediate_danger",
        "received_at",
        "channel",
        "source_code",
        "referrer_name",
        "referrer_role",
        "referrer_agency",
        "referrer_telephone",
        "referrer_email",
        "agreement",
        "agreement_note",
        "lawful_basis",
        "sharing_reason",
        "address",
        "town",
        "postcode",
    }
)


@dataclass(frozen=True, slots=True)
class ContactChanges:
    """An amendment: fields of the contact, fields of named children and adults, and new ones.

    The pointers say where in what was sent each of them stood, for naming a fault there.
    """

    reason: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    children: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    new_children: Sequence[NewChild] = ()
    adults: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    new_adults: Sequence[NewAdult] = ()
    pointers: Mapping[UUID, str] = field(default_factory=dict)
    new_child_pointers: Sequence[str] = ()
    new_adult_pointers: Sequence[str] = ()

    def at(self, noun: str, id_: UUID) -> str:
        """Where in what was sent a named child or adult is."""
        return self.pointers.get(id_, f"/{noun}")

    def new_children_at(self) -> list[tuple[str, NewChild]]:
        """The new children, each with where in what was sent it is."""
        return _placed("/children", self.new_child_pointers, self.new_children)

    def new_adults_at(self) -> list[tuple[str, NewAdult]]:
        """The new adults, each with where in what was sent it is."""
        return _placed("/adults", self.new_adult_pointers, self.new_adults)


New = TypeVar("New", NewChild, NewAdult)


def _placed(noun: str, pointers: Sequence[str], news: Sequence[New]) -> list[tuple[str, New]]:
    if len(pointers) == len(news):
        return list(zip(pointers, news, strict=True))
    return [(noun, new) for new in news]


async def amend_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, changes: ContactChanges
) -> WholeContact:
    """Amends what was recorded, before any decision, keeping the old words and the reason.

    A change of `received_at` moves every clock that started from it, and clears the flags that
    hung on the old limits. A number or a link that names another child on file moves the child
    there. Raises ContactDecided once a decision rests on the contact, MinimumMissing when too
    little would be left, and what `log_contact` raises.
    """
    who.require(Permission.amend_contact)
    contact = await contacts.held(work, who.sight, contact_id, version)
    file = await contacts.whole(work, contact)
    require_undecided(file.children)
    state_after(contact, ContactAction.amend)
    unknown = [
        Problem(
            f"{changes.at(noun, id_)}/id", "This is not on this contact.", "not_on_this_contact"
        )
        for noun, named, there in (
            ("children", changes.children, {child.id for child in file.children}),
            ("adults", changes.adults, {adult.id for adult in file.adults}),
        )
        for id_ in named
        if id_ not in there
    ]
    if unknown:
        raise Invalid("Name children and adults that are on this contact.", problems=unknown)
    return await _amend(work, who, file, changes)


async def _amend(
    work: Work, who: Caller, file: WholeContact, changes: ContactChanges
) -> WholeContact:
    contact = file.contact
    fields = {name: value for name, value in changes.fields.items() if name in _CONTACT_FIELDS}
    fields["kept_as_told"] = still_unread(contact.kept_as_told, fields)
    amended = known_anew(replace(contact, **fields, version=contact.version + 1))
    adults = [_amended(adult, changes.adults.get(adult.id, {})) for adult in file.adults]
    fresh_adults = [
        as_adult(new, new_id(), contact.id, len(adults) + offset)
        for offset, new in enumerate(changes.new_adults)
    ]
    faults = Faults()
    told = _told(file, changes)
    _check(work, faults, file, amended, told, adults, changes)
    known, targets = await _recognise(work, faults, file, told, changes)
    children, fresh, fresh_people = _children(work, file, told, known, targets, changes)
    try:
        rules = work.policy.kind(amended.kind)
        require_minimum(amended, [*children, *fresh], [*adults, *fresh_adults], rules)
    except MinimumMissing as missing:
        faults.add(MinimumMissing, missing.detail, missing.problems)
    faults.refuse()
    before, after = _differences(file, amended, children, adults)
    after |= {f"children/{one.id}": to_jsonable_python(asdict(one)) for one in fresh}
    after |= {f"adults/{one.id}": to_jsonable_python(asdict(one)) for one in fresh_adults}
    if not after:
        raise Invalid(
            "Nothing would change. Send at least one field with another value.",
            problems=[Problem("", "Send at least one field with another value.", "no_change")],
        )
    heard_before = await concerns_of_others_about(work, contact, file.children)
    work.add(*fresh_people)
    for old_child, child in zip(file.children, children, strict=True):
        await contacts.change_child(work, old_child, child)
    work.add(*fresh)
    await follow_settled_children(
        work,
        who,
        contact.id,
        Settled({old.id: old for old in file.children}, [*children, *fresh], known),
    )
    for old_adult, adult in zip(file.adults, adults, strict=True):
        await contacts.change_adult(work, old_adult, adult)
    work.add(*fresh_adults)
    await work.change(
        Contact, contact.id, contact.version, **fields, address_key=amended.address_key
    )
    if children != list(file.children):
        await information_requests.renew_open(work, contact.id)
    amended = await restart_clocks(work, who, file, amended)
    everybody = [*children, *fresh]
    everyone = [*adults, *fresh_adults]
    heard = await concerns_of_others_about(work, amended, everybody)
    await restart_concern_clock(work, file, amended, heard_before, heard)
    work.add(
        Amendment(
            id=new_id(),
            contact_id=contact.id,
            amended_at=work.now,
            amended_by=who.account_id,
            reason=changes.reason,
            before=before,
            after=after,
        )
    )
    await put_added_on_agenda(work, contact, fresh)
    await _answer_links(work, who, file, children, changes)
    await refresh_matches(work, who.sight, amended, everybody, everyone)
    work.record(
        EventType.contact_amended,
        who,
        contact.id,
        contact_id=contact.id,
        about=[child.person_id for child in everybody],
        fields=sorted(fields.keys() & _CONTACT_FIELDS),
        children=[child.id for child in fresh],
    )
    return replace(
        await contacts.whole(work, amended),
        linked_otherwise=_linked_otherwise(file, children, known, changes),
    )


def _amended(adult: Adult, sent: Mapping[str, Any]) -> Adult:
    left = still_unread(adult.kept_as_told, sent)
    return known_anew(replace(adult, **sent, kept_as_told=left))


def _told(file: WholeContact, changes: ContactChanges) -> list[tuple[str, NewChild]]:
    """Each child on the contact as told after the amendment, with where it stands in it."""
    return [
        (
            changes.at("children", child.id),
            told_after_amendment(child, changes.children.get(child.id, {})),
        )
        for child in file.children
    ]


def _check(
    work: Work,
    faults: Faults,
    file: WholeContact,
    amended: Contact,
    told: Sequence[tuple[str, NewChild]],
    adults: Sequence[Adult],
    changes: ContactChanges,
) -> None:
    """Adds to `faults` what is wrong with what was told by itself, whatever is on file."""
    check_channel(faults, file.contact.channel, amended.channel)
    if len(file.children) + len(changes.new_children) > MOST_CHILDREN or (
        len(file.adults) + len(changes.new_adults) > MOST_ADULTS
    ):
        faults.add(
            Invalid,
            "That is more children or adults than one contact holds.",
            [Problem("", f"At most {MOST_CHILDREN} of each: log another contact.", "too_many")],
        )
    at_adult: list[tuple[str, NewAdult | Adult]] = [
        (changes.at("adults", adult.id), adult) for adult in adults if adult.id in changes.adults
    ]
    named = [
        place
        for place, child in zip(told, file.children, strict=True)
        if changes.children.get(child.id)
    ]
    fresh = changes.new_children_at()
    check_told(
        faults,
        amended.source_code,
        amended.received_at,
        [*named, *fresh],
        [*at_adult, *changes.new_adults_at()],
        codes=work.policy.codes,
        no_rule=work.policy.why_no_rule(
            (*START_AT_RECEIPT, *work.policy.kind(amended.kind).clocks), at=amended.received_at
        ),
        now=work.now,
    )
    faults.add(
        ChildOfNothing,
        "A child of whom nothing is told cannot be found. To take a child off the contact, send "
        "POST /v1/contacts/{contact_id}/children/{child_id}/removal.",
        [
            Problem(at, "Leave something that says who this child is.", ChildOfNothing.code)
            for (at, new), old in zip(told, file.children, strict=True)
            if says_who(old) and not says_who(new) and new.expected_delivery_on is None
        ],
    )


async def _recognise(
    work: Work,
    faults: Faults,
    file: WholeContact,
    told: Sequence[tuple[str, NewChild]],
    changes: ContactChanges,
) -> tuple[Recognised, list[Person | None]]:
    """Whom each child is taken for: on the contact, None for a record of its own; then the new.

    A correction that shows that a child is not the one of whom other contacts tell parts the two.
    """
    asked = [
        *(
            (at, looked_for_on_file(old, new, changes.children.get(old.id, {})))
            for (at, new), old in zip(told, file.children, strict=True)
        ),
        *changes.new_children_at(),
    ]
    named = [child.person_id for _, child in asked if child.person_id is not None]
    named += [child.person_id for child in file.children]
    on_file = await people.find(work, sorted(set(named)))
    everybody = [*(new for _, new in told), *changes.new_children]
    bearers = await people.bearers_of(work, everybody)
    known = recognised(faults, asked, on_file, bearers, from_partner=False)
    corrected = {
        child.id: child
        for child in file.children
        if IDENTITY & changes.children.get(child.id, {}).keys()
    }
    elsewhere = await child_records.tellings_elsewhere(
        work, sorted({child.person_id for child in corrected.values()}), file.contact.id
    )
    targets: list[Person | None] = []
    for (_, new), old, person in zip(told, file.children, known.people, strict=False):
        sent = changes.children.get(old.id, {})
        unlinked = "person_id" in sent and sent["person_id"] is None
        others = elsewhere.get(old.person_id, [])
        stays = person is None or person.id == old.person_id
        if unlinked and stays:
            targets.append(None)
        elif stays and old.id in corrected and why_another(new, others):
            targets.append(bearer_of(new, _but(bearers, old.person_id)))
        else:
            targets.append(person or on_file[old.person_id])
    return known, targets


def _but(bearers: Mapping[str, Person], person_id: UUID) -> Mapping[str, Person]:
    return {number: one for number, one in bearers.items() if one.id != person_id}


def _children(
    work: Work,
    file: WholeContact,
    told: Sequence[tuple[str, NewChild]],
    known: Recognised,
    targets: Sequence[Person | None],
    changes: ContactChanges,
) -> tuple[list[Child], list[Child], list[Person]]:
    """The children on the contact after the amendment, those it adds, and who is on no file yet."""
    fresh_people: list[Person] = []

    def own(new: NewChild) -> Person:
        fresh_people.append(as_person(new, new_id(), work.now, frozenset(known.bearers)))
        return fresh_people[-1]

    children: list[Child] = []
    for (_, new), old, target in zip(told, file.children, targets, strict=True):
        person = target or own(new)
        facts = {name: getattr(new, name) for name in CHILD_FACTS}
        facts["birth_knowledge"] = birth_knowledge_meant(new)
        facts["disability_codes"] = list(new.disability_codes)
        set_aside = numbers_set_aside(new, known.bearers, person.id)
        left = still_unread(old.kept_as_told, changes.children.get(old.id, {}))
        children.append(
            replace(old, **facts, person_id=person.id, set_aside=set_aside, kept_as_told=left)
        )
    fresh: list[Child] = []
    for new, found in zip(changes.new_children, known.people[len(children) :], strict=True):
        person = found or own(new)
        position = 1 + max((child.position for child in (*children, *fresh)), default=-1)
        set_aside = numbers_set_aside(new, known.bearers, person.id)
        fresh.append(as_child(new, new_id(), file.contact.id, person.id, position, set_aside))
    return children, fresh, fresh_people


async def _answer_links(
    work: Work,
    who: Caller,
    file: WholeContact,
    children: Sequence[Child],
    changes: ContactChanges,
) -> None:
    """Keeps as an answer what an amendment said of whom a child is: linked, or not any more."""
    for old, new in zip(file.children, children, strict=True):
        sent = changes.children.get(old.id, {})
        if "person_id" not in sent or old.person_id == new.person_id:
            continue
        linked = sent["person_id"] is not None
        await keep_match_answer(
            work,
            who,
            new,
            other=new.person_id if linked else old.person_id,
            own=old.person_id if linked else new.person_id,
            answer=MatchAnswer.same_child if linked else MatchAnswer.another_child,
            because=changes.reason,
        )


def _linked_otherwise(
    file: WholeContact, children: Sequence[Child], known: Recognised, changes: ContactChanges
) -> list[tuple[int, Sequence[Fact]]]:
    """The children linked by the amendment to somebody of another name, birth or sex, by place."""
    return [
        (child.position, against)
        for child, person in zip(children, known.people, strict=False)
        if person is not None
        and changes.children.get(child.id, {}).get("person_id") == person.id
        and (against := contradictions(child, person))
    ]


# What follows from what was told, and is no part of it.
_NOT_TOLD = frozenset({"version", "address_key", "identity_key", "set_aside", "unanswered_matches"})


_Recorded = Contact | Child | Adult


def _differences(
    file: WholeContact, amended: Contact, children: Sequence[Child], adults: Sequence[Adult]
) -> tuple[dict[str, object], dict[str, object]]:
    pairs: list[tuple[str, _Recorded, _Recorded]] = [("contact", file.contact, amended)]
    pairs += [
        (f"children/{old.id}", old, new) for old, new in zip(file.children, children, strict=True)
    ]
    pairs += [(f"adults/{old.id}", old, new) for old, new in zip(file.adults, adults, strict=True)]
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for name, old, new in pairs:
        was, is_now = asdict(old), asdict(new)
        changed = [key for key in was if key not in _NOT_TOLD and was[key] != is_now[key]]
        if changed:
            before[name] = to_jsonable_python({key: was[key] for key in changed})
            after[name] = to_jsonable_python({key: is_now[key] for key in changed})
    return before, after
