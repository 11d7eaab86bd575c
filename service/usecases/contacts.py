"""Contacts: log one, rate it, take it or give it, tell the referrer it arrived, read it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.amendments import SeenAmendment, as_seen
from service.domain.concern_strips import ConcernStrip
from service.domain.contact_acts import AtOnce
from service.domain.contacts import (
    ACKNOWLEDGE_CLOCK,
    ANONYMOUS,
    Contact,
    ContactAction,
    ContactState,
    allowed_on,
    possible_now,
    state_after,
)
from service.domain.dangers import (
    RATING_IN_DANGER,
    URGENCY,
    DangerRatedDown,
    DangerReasonNeeded,
    RatingUnchanged,
    RationaleNeeded,
)
from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Problem
from service.domain.events import EventType, Whom
from service.domain.holders import HeldWork, holder
from service.domain.new_contacts import Faults, NewContact, check_channel
from service.domain.outcome_tellings import (
    NobodyToTell,
    OutcomeTelling,
    OutcomeToldTooEarly,
    TellingWay,
)
from service.domain.own_words import rationale_faults
from service.domain.references import ReferenceKind, ReferenceMistyped, is_reference
from service.domain.whole_contacts import ChildHistory, ContactFilters, WholeContact
from service.domain_services.concern_strips import strip_of
from service.domain_services.concerns import start_concern_clock_if_missed
from service.domain_services.dangers import give_rating
from service.domain_services.histories import histories_as_seen_by
from service.domain_services.lives import changed_to
from service.domain_services.new_contacts import put_contact_on_file
from service.persistence.asking import Asking
from service.persistence.clocks import stop_clocks
from service.persistence.ids import new_id
from service.persistence.keysets import Place
from service.persistence.repositories import accounts, amendments, attached_contacts, contacts
from service.persistence.units_of_work import Work
from service.policy import Policy


class AlreadyAcknowledged(Conflict):
    """The referrer was told already."""

    code = "already_acknowledged"
    title = "The referrer was told already"


class AlreadyAssigned(Conflict):
    """Somebody else works this contact."""

    code = "already_assigned"
    title = "Somebody works this contact"


async def log_contact(
    work: Work, who: Caller, new: NewContact, at_once: AtOnce | None = None
) -> WholeContact:
    """Logs a contact: the clocks start when the sender says that it was received.

    An urgent concern is never refused for a missing postcode: the minimum is a concern, something
    that identifies a child, and a referrer. Raises MinimumMissing, CodeUnknown,
    ReceivedInTheFuture, ReceivedTooLongAgo, Contradictory, ChannelNotYours or PersonUnknown;
    Invalid with the problems of all when there are several. What is done with it at once, while
    whoever told is on the telephone, happens in the same act: it is rated, taken, acknowledged.
    """
    who.require(Permission.log_contact)
    faults = Faults()
    check_channel(faults, None, new.channel)
    file = await put_contact_on_file(work, who, new, faults)
    return file if at_once is None else await _done_at_once(work, who, file, at_once)


async def _done_at_once(
    work: Work, who: Caller, file: WholeContact, at_once: AtOnce
) -> WholeContact:
    """Does with a contact that was just logged what its one act says beside it.

    Raises what doing each by itself raises, with its place in the act.
    """
    contact = file.contact
    with at_once.told_there():
        # Danger made it red as it was told: nothing said in the same breath takes that back.
        danger = contact.danger is not None
        if at_once.rating is not None and at_once.rating is not contact.rating and not danger:
            who.require(Permission.triage_contact)
            contact = await _rate(work, who, contact, at_once.rating, at_once.rationale)
        if at_once.take:
            who.require(Permission.assign_contact)
            contact = await _give(work, who, contact, who.account_id)
        if at_once.acknowledgement is not None:
            who.require(Permission.acknowledge_referrer)
            contact = await _acknowledge(work, who, contact, at_once.acknowledgement)
    return replace(
        file,
        contact=contact,
        deadlines=(await contacts.whole(work, contact)).deadlines,
    )


async def triage_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, rating: Rating, rationale: str | None
) -> WholeContact:
    """Rates a contact red, amber or green; a change of rating says why.

    Every rating counts from receipt, so that none gives time back: a limit that has passed by the
    new rating has passed. Danger is rated down by a manager alone, in words of their own. Raises
    ContactNotFound, Stale, WrongState, RatingUnchanged, RationaleNeeded, DangerRatedDown or
    DangerReasonNeeded.
    """
    who.require(Permission.triage_contact)
    contact = await contacts.held(work, who.sight, contact_id, version)
    contact = await _rate(work, who, contact, rating, rationale)
    await start_concern_clock_if_missed(work, contact, await contacts.children(work, contact.id))
    return await contacts.whole(work, contact)


async def _rate(
    work: Work, who: Caller, contact: Contact, rating: Rating, rationale: str | None
) -> Contact:
    """Rates a contact that is held: its clock, its event. Returns it as it is then."""
    state_after(contact, ContactAction.triage)
    if contact.rating is rating:
        raise RatingUnchanged(
            f"This contact is rated {rating} already.",
            state=contact.state,
            allowed=allowed_on(contact),
        )
    if contact.rating is not None and not rationale:
        raise RationaleNeeded(
            "A change of rating says why.",
            problems=[Problem("/rationale", "Say why the rating changes.", "rationale_missing")],
        )
    if contact.danger is not None and URGENCY[rating] > URGENCY[RATING_IN_DANGER]:
        _require_danger_rated_down(work, who, rationale or "")
    return await give_rating(work, who, contact, rating, rationale)


def _require_danger_rated_down(work: Work, who: Caller, rationale: str) -> None:
    if not who.has_role_for(Permission.rate_danger_down):
        raise DangerRatedDown(
            "Danger was told of this contact: it stays red until a manager rates it down, and says "
            "why. Tell the manager what you know."
        )
    faults = rationale_faults(work.policy.rationale, "/rationale", rationale)
    if faults:
        raise DangerReasonNeeded("Say why nobody is in danger now.", problems=faults)


async def assign_contact(
    work: Work, who: Caller, contact_id: UUID, version: int, worker_id: UUID | None
) -> WholeContact:
    """Gives a contact to a worker, takes it oneself, or hands it back (`worker_id` None)."""
    who.require(Permission.assign_contact)
    contact = await contacts.held(work, who.sight, contact_id, version)
    return await contacts.whole(work, await _give(work, who, contact, worker_id))


async def _give(work: Work, who: Caller, contact: Contact, worker_id: UUID | None) -> Contact:
    """Gives a contact that is held to a worker, or hands it back. Returns it as it is then."""
    state_after(contact, ContactAction.assign)
    if worker_id is None and contact.assignee_id is None:
        raise AlreadyAssigned(
            "Nobody works this contact, so there is nothing to hand back.",
            state=contact.state,
            allowed=allowed_on(contact),
        )
    if worker_id is not None:
        holder(await accounts.staff(work, worker_id), HeldWork.contact, "/worker_id")
    given = await changed_to(
        work,
        contact,
        assignee_id=worker_id,
        assigned_at=None if worker_id is None else work.now,
    )
    handed_back = worker_id is None
    work.record(
        EventType.contact_handed_back if handed_back else EventType.contact_assigned,
        who,
        contact.id,
        contact_id=contact.id,
        about=Whom.every_child_on_the_contact,
        worker_id=worker_id,
        was=contact.assignee_id,
    )
    return given


async def acknowledge_referrer(
    work: Work, who: Caller, contact_id: UUID, version: int, words: str
) -> WholeContact:
    """Records that the referrer was told that the contact arrived (rule 16; Working Together)."""
    who.require(Permission.acknowledge_referrer)
    contact = await contacts.held(work, who.sight, contact_id, version)
    return await contacts.whole(work, await _acknowledge(work, who, contact, words))


async def _acknowledge(work: Work, who: Caller, contact: Contact, words: str) -> Contact:
    """Records on a contact that is held that its referrer was told. Returns it as it is then."""
    _somebody_to_tell(contact)
    if contact.acknowledged_at is not None:
        raise AlreadyAcknowledged(
            "The referrer was told that this arrived; that is on the record.",
            state=contact.state,
            allowed=allowed_on(contact),
        )
    told = await changed_to(work, contact, **await _acknowledged(work, who, contact, words))
    work.record(
        EventType.contact_acknowledged,
        who,
        contact.id,
        contact_id=contact.id,
        about=Whom.every_child_on_the_contact,
    )
    return told


def _somebody_to_tell(contact: Contact) -> None:
    if contact.source_code == ANONYMOUS:
        raise NobodyToTell(
            "The referrer did not say who they are, so nobody can be told.",
            state=contact.state,
            allowed=allowed_on(contact),
        )


async def _acknowledged(work: Work, who: Caller, contact: Contact, words: str) -> dict[str, object]:
    """Stops the clock of telling the referrer; what a contact then says of it."""
    await stop_clocks(work, contact.id, contact.id, [ACKNOWLEDGE_CLOCK], "acknowledged")
    return {
        "acknowledged_at": work.now,
        "acknowledged_by": who.account_id,
        "acknowledgement": words,
    }


async def tell_outcome(
    work: Work,
    who: Caller,
    contact_id: UUID,
    version: int,
    *,
    told_at: datetime,
    how: TellingWay,
    words: str,
) -> WholeContact:
    """Records that the referrer was told the outcome (rule 16): how, when, and in which words.

    As often as there is something new to tell: a changed mind is told as well. Whoever is told the
    outcome is told that the contact arrived. A partner's system reads the outcome by itself.
    Raises WrongState until every child is decided, NobodyToTell, OutcomeToldTooEarly.
    """
    who.require(Permission.acknowledge_referrer)
    contact = await contacts.held(work, who.sight, contact_id, version)
    _somebody_to_tell(contact)
    decided_at = await _outcome_since(work, contact)
    if not decided_at <= told_at <= work.now:
        raise OutcomeToldTooEarly(
            "Put right the time and send it again.",
            problems=[
                Problem(
                    "/told_at",
                    "The outcome is told between the last signature and now. Check the time.",
                    "time_not_possible",
                )
            ],
        )
    work.add(
        OutcomeTelling(
            id=new_id(),
            contact_id=contact.id,
            told_at=told_at,
            how=how,
            words=words,
            recorded_at=work.now,
            recorded_by=who.account_id,
        )
    )
    values: dict[str, object] = {"outcome_told_at": told_at}
    if contact.acknowledged_at is None:
        values |= await _acknowledged(work, who, contact, words)
    await work.change(Contact, contact.id, contact.version, **values)
    work.record(
        EventType.contact_outcome_told,
        who,
        contact.id,
        contact_id=contact.id,
        about=Whom.every_child_on_the_contact,
        happened_at=told_at,
        how=how,
    )
    return await contacts.whole(work, await contacts.get(work, who.sight, contact.id))


async def _outcome_since(work: Work, contact: Contact) -> datetime:
    """Since when there is an outcome to tell: there, where it is attached. Raises WrongState."""
    decided_at = contact.outcome_at
    if contact.state is ContactState.attached:
        kept = await attached_contacts.attached_to(work, contact)
        decided_at = None if kept is None else kept.decided_at
    if decided_at is None:
        raise possible_now(
            contact,
            "The outcome is told when every child is decided and signed: on this contact, or on "
            "the one that it is attached to.",
        )
    return decided_at


async def list_contacts(
    ask: Asking,
    who: Caller,
    filters: ContactFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[Contact]:
    """Contacts that the caller may see, newest first, from after a place on.

    Raises ReferenceMistyped for a reference whose check character does not fit.
    """
    who.require(Permission.read_contacts)
    if filters.reference is not None and not is_reference(filters.reference, ReferenceKind.contact):
        raise ReferenceMistyped(
            "The check character of this reference does not fit. Have it read out again.",
            problems=[
                Problem(
                    "query:reference",
                    "Send a reference such as C-7K3MA-9TQ4R, exactly as it was given out.",
                    "reference_mistyped",
                )
            ],
        )
    return await contacts.list_newest_first(ask, who.sight, filters, limit=limit, after=after)


async def read_contact(ask: Asking, who: Caller, contact_id: UUID) -> WholeContact:
    """One contact with what hangs on it. Raises ContactNotFound.

    Sight is per child: who sees it because of one child sees neither what was decided for the
    siblings nor the clocks of what is done for them, and is told that something is not shown.
    """
    who.require(Permission.read_contacts)
    return await contacts.as_seen_by(ask, who.sight, await contacts.get(ask, who.sight, contact_id))


async def read_repeat_concern(
    ask: Asking, who: Caller, contact_id: UUID, *, policy: Policy, now: datetime
) -> ConcernStrip:
    """For each child on a contact what was told before, by whom, and what came of it, as of now.

    Raises ContactNotFound.
    """
    who.require(Permission.read_contacts)
    contact = await contacts.get(ask, who.sight, contact_id)
    children = await contacts.children(ask, contact.id)
    adults = await contacts.adults(ask, contact.id)
    return await strip_of(ask, policy, who.sight, now, contact, children, adults)


async def read_contact_history(
    ask: Asking, who: Caller, contact_id: UUID, *, now: datetime
) -> list[ChildHistory]:
    """For each child on a contact, what is on file, and who on file may be the same child."""
    who.require(Permission.read_contacts)
    contact = await contacts.get(ask, who.sight, contact_id)
    return await histories_as_seen_by(ask, who.sight, contact, now)


async def list_amendments(
    ask: Asking,
    who: Caller,
    contact_id: UUID,
    *,
    limit: int,
    after: Place | None = None,
) -> list[SeenAmendment]:
    """What was amended of a contact that the caller may see, newest first, from after a place on.

    Old words are read as the contact is, but child by child: they may be of a child who does not
    belong there. Raises ContactNotFound.
    """
    who.require(Permission.read_contacts)
    contact = await contacts.get(ask, who.sight, contact_id)
    children = await amendments.children_in_sight(ask, who.sight, contact.id)
    found = await amendments.list_newest_first(ask, contact.id, limit=limit, after=after)
    return [as_seen(one, children) for one in found]
