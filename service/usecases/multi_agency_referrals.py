"""Multi-agency referrals: sent, checked and followed by their senders, each its own alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.authority import Organisation
from service.domain.contacts import Channel, Child, ChildState, Contact
from service.domain.deadlines import Deadline
from service.domain.decisions import Outcome
from service.domain.errors import FrontDoorError, Invalid, NotAllowed, Problem
from service.domain.events import EventType, Whom
from service.domain.multi_agency_referrals import (
    OUTCOMES,
    Disagreement,
    SentChild,
    SentFilters,
    SentReferral,
    disagreement_of,
)
from service.domain.new_contacts import CodeUnknown, Faults, NewContact
from service.domain.whole_contacts import ContactFilters, WholeContact
from service.domain_services.new_contacts import put_contact_on_file, sketch_contact
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.repositories import (
    attached_contacts,
    challenges,
    contacts,
    deadlines,
    decisions,
)
from service.persistence.units_of_work import Work


class OrganisationNotKnownHere(NotAllowed):
    """The caller's organisation is not in the authority's policy."""

    code = "organisation_not_known_here"
    title = "Your organisation is not known here"


async def submit_multi_agency_referral(work: Work, who: Caller, new: NewContact) -> WholeContact:
    """Takes a partner's multi-agency referral: it is a contact at once, in the one queue.

    The organisation is the caller's own, whatever was sent. The same referral posted twice with
    different keys becomes two contacts, the second marked as a possible duplicate of the first.
    """
    who.require(Permission.submit_multi_agency_referral)
    faults = Faults()
    own = _as_sent_by(_organisation_of(work, who), new, faults)
    return await put_contact_on_file(work, who, own, faults)


@dataclass(frozen=True, slots=True)
class Checked:
    """What would come of a multi-agency referral that was checked: a contact, or a refusal."""

    contact: WholeContact | None
    refusal: FrontDoorError | None

    def or_refused(self) -> WholeContact:
        """The contact that it would be. Raises what it would be refused with."""
        if self.refusal is not None:
            raise self.refusal
        if self.contact is None:
            raise ValueError("neither a contact nor a refusal")
        return self.contact


async def check_multi_agency_referral(work: Work, who: Caller, new: NewContact) -> Checked:
    """What `submit_multi_agency_referral` would make of this, or its refusal.

    Nothing of it is kept, and nothing is looked up but whether the sender itself has sent it
    before: so the time it takes says nothing of who is on file. That it was asked for leaves an
    event, whatever came of it. Raises OrganisationNotKnownHere.
    """
    who.require(Permission.validate_multi_agency_referral)
    organisation = _organisation_of(work, who)
    work.record(EventType.multi_agency_referral_checked, who, who.account_id, about=Whom.nobody)
    faults = Faults()
    own = _as_sent_by(organisation, new, faults)
    try:
        return Checked(await sketch_contact(work, who, own, faults), None)
    except Invalid as refusal:
        return Checked(None, refusal)


def _organisation_of(work: Work, who: Caller) -> Organisation:
    organisation = work.policy.find_organisation(who.organisation_id or "")
    if organisation is None:
        raise OrganisationNotKnownHere(
            "Your organisation is not in the authority's policy, so nothing was taken. If a child "
            "is in danger call 999; to be added, ask the authority's system administrator."
        )
    return organisation


def _as_sent_by(organisation: Organisation, new: NewContact, faults: Faults) -> NewContact:
    """What was sent as the organisation's own, with what is wrong about its source in `faults`."""
    if new.source_code not in organisation.source_codes:
        faults.add(
            CodeUnknown,
            "Put right the source code and send it again.",
            [
                Problem(
                    "/source_code",
                    "Use one of your organisation's own source codes: "
                    f"{', '.join(sorted(organisation.source_codes))}.",
                    "source_not_yours",
                )
            ],
        )
    return replace(
        new,
        children=[replace(child, person_id=None) for child in new.children],
        channel=Channel.partner_system,
        referrer_agency=organisation.name,
        sender_organisation_id=organisation.id,
    )


async def read_multi_agency_referral(ask: Asking, who: Caller, contact_id: UUID) -> SentReferral:
    """One of the referrals that the caller's own organisation sent.

    Raises MultiAgencyReferralNotFound, for another's as for none.
    """
    who.require(Permission.read_own_multi_agency_referrals)
    contact = await contacts.sent_by(ask, who.organisation_id, contact_id)
    clocks = await deadlines.of_contact(ask, contact.id)
    own = [one for one in clocks if one.subject_id == contact.id]
    [sent] = await _as_sent(ask, [contact], own)
    return replace(sent, disagreements=await _disagreements(ask, who, contact, clocks))


async def _disagreements(
    ask: Asking, who: Caller, contact: Contact, clocks: Sequence[Deadline]
) -> list[Disagreement]:
    found = await challenges.raised_by(ask, who.organisation_id or "", [contact.id])
    if not found:
        return []
    places = {child.id: child.position for child in await contacts.children(ask, contact.id)}
    return [
        disagreement_of(
            one,
            places[one.child_id],
            [clock for clock in clocks if clock.subject_id == one.id],
        )
        for one in found
    ]


async def list_multi_agency_referrals(
    ask: Asking,
    who: Caller,
    filters: SentFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[SentReferral]:
    """What the caller's own organisation sent, newest first, from after a place on."""
    who.require(Permission.read_own_multi_agency_referrals)
    if who.organisation_id is None:
        return []
    own = ContactFilters(
        sender_organisation_id=who.organisation_id,
        sender_reference=filters.sender_reference,
        received_from=filters.received_from,
        received_to=filters.received_to,
    )
    found = await contacts.list_newest_first(ask, who.sight, own, limit=limit, after=after)
    return await _as_sent(ask, found)


async def _as_sent(
    ask: Asking, found: Sequence[Contact], clocks: Sequence[Deadline] = ()
) -> list[SentReferral]:
    """Each with its children as sent: one who was added here is another agency's knowledge."""
    ids = [contact.id for contact in found]
    children = await contacts.children_of(ask, ids)
    added = await contacts.added_later(ask, ids)
    mains = await attached_contacts.mains_of(ask, found)
    main_ids = sorted({one.contact_id for one in mains.values()})
    outcomes = await decisions.standing_outcomes(ask, [*ids, *main_ids])
    there = await contacts.children_of(ask, main_ids)

    def as_decided(contact: Contact, child: Child) -> Child:
        """The child where the decision is: of an attached contact, on the one that is kept."""
        main = mains.get(contact.id)
        if main is None:
            return child
        same = (one for one in there[main.contact_id] if one.person_id == child.person_id)
        return next(same, child)

    return [
        SentReferral(
            contact=contact,
            children=[
                _as_sent_child(child.position, as_decided(contact, child), outcomes)
                for child in children[contact.id]
                if child.id not in added
            ],
            decision_due_at=_limit_of("statutory_decision", clocks),
            acknowledgement_due_at=_limit_of("acknowledge_referrer", clocks),
            attached_to=mains.get(contact.id),
        )
        for contact in found
    ]


def _as_sent_child(position: int, child: Child, outcomes: Mapping[UUID, Outcome]) -> SentChild:
    decided = child.state is ChildState.decided and child.id in outcomes
    return SentChild(
        position=position,
        outcome=OUTCOMES[outcomes[child.id]] if decided else None,
        decided_at=child.decided_at,
    )


def _limit_of(kind: str, clocks: Sequence[Deadline]) -> datetime | None:
    """The limit of the clock of this kind that was started last."""
    of_kind = [one for one in clocks if one.kind == kind]
    return max(of_kind, key=lambda one: one.id).due_at if of_kind else None
