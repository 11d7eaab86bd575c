"""Who may see which rows: one predicate for lists, reads, queues, counts and writes alike."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, false, literal, or_, select, true

from service.domain.access import Reach, Sharing, Sight
from service.domain.accountabilities import CareService
from service.domain.challenges import Challenge
from service.domain.contacts import Child, Contact
from service.domain.deadlines import Deadline
from service.domain.decisions import Decision, Outcome
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.emergency_acts import EmergencyAct
from service.domain.events import EventType
from service.domain.flags import OF_SOCIAL_CARE, Flag, SubjectKind
from service.domain.information_requests import InformationRequest, StillInSight
from service.domain.missing_episodes import MissingEpisode
from service.domain.passed_concerns import PassedConcern
from service.domain.people import Person
from service.domain.police_notifications import NotificationImport, PoliceNotification
from service.domain.referrals import Referral
from service.domain.transfers import Transfer
from service.persistence.records import table_of
from service.persistence.sights import is_of_their_organisation, is_theirs

_CONTACT = table_of(Contact)
_REFERRAL = table_of(Referral)
_EPISODE = table_of(EarlyHelpEpisode)
_REQUEST = table_of(InformationRequest)
_DECISION = table_of(Decision)
_CHALLENGE = table_of(Challenge)
_TRANSFER = table_of(Transfer)
_NOTIFICATION = table_of(PoliceNotification)
_IMPORT = table_of(NotificationImport)
_MISSING = table_of(MissingEpisode)
_PASSED = table_of(PassedConcern)
_ACT = table_of(EmergencyAct)
_PERSON = table_of(Person)
_CHILD = table_of(Child)
_FLAG = table_of(Flag)
_DEADLINE = table_of(Deadline)

# Under names of their own: what asks may read the same tables for itself.
_HELPED = _EPISODE.alias("helped")
_REFERRED = _REFERRAL.alias("referred")
_JOINED = _DECISION.alias("joined")
_MOVING = _TRANSFER.alias("moving")
_HANDED = _PASSED.alias("handed")

_SIDES: tuple[tuple[Reach, Any, Outcome], ...] = (
    (Reach.EARLY_HELP, _HELPED, Outcome.early_help),
    (Reach.SOCIAL_CARE, _REFERRED, Outcome.referral),
)
"""Each side that a reach may be narrowed to: its cases, and the outcome that leads there."""

_SIDE_OF = {
    Reach.EARLY_HELP: CareService.early_help,
    Reach.SOCIAL_CARE: CareService.social_care,
}

_HERE = _CHILD.alias("here")


def there_is(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a table has such a row, also where what asks reads that table for itself."""
    return select(literal(1)).select_from(table).where(*conditions).correlate_except(table).exists()


# ---- The one predicate: whose side a child came to, or is open to -------------------------------


def _came_to_a_side(
    sight: Sight, contact_id: ColumnElement[Any], child_id: ColumnElement[Any] | None = None
) -> ColumnElement[bool]:
    """Whether a contact is of the caller's side, for any child on it or for this one.

    The child came to the side by it; or is open to the side now, and came by another: who holds a
    child's case reads the whole of the child's story, for as long as they hold it (rule 23).
    """
    if not sight.sees_one_side:
        return false()
    on_it = _HERE.c.contact_id == contact_id if child_id is None else _HERE.c.id == child_id
    return or_(
        _came_by(sight, contact_id, child_id),
        there_is(_HERE, on_it, _is_open_to(sight, _HERE.c.person_id)),
    )


def _came_by(
    sight: Sight, contact_id: ColumnElement[Any], child_id: ColumnElement[Any] | None
) -> ColumnElement[bool]:
    """Whether a child came by a contact to a side that the caller reaches; any child, or this one.

    By a case there; by a decision that joined one, or that passed a concern to who holds one; or by
    a transfer that was accepted. Those who answer a transfer see every child, so until then nobody
    else on the other side has to.
    """
    ways: list[ColumnElement[bool]] = []

    def about(table: Any) -> list[ColumnElement[bool]]:
        of_contact = [table.c.contact_id == contact_id]
        return of_contact if child_id is None else [*of_contact, table.c.child_id == child_id]

    for reach, cases, outcome in _SIDES:
        if reach in sight.reach:
            ways.append(there_is(cases, *about(cases)))
            joined = (_JOINED.c.joined_case_id.is_not(None), _JOINED.c.outcome == outcome)
            ways.append(there_is(_JOINED, *about(_JOINED), *joined))
            ways.append(there_is(_HANDED, *about(_HANDED), _HANDED.c.service == _SIDE_OF[reach]))
    return or_(*ways, there_is(_MOVING, *about(_MOVING), _MOVING.c.accepted_at.is_not(None)))


def _is_open_to(sight: Sight, person_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a child is open now to a side that the caller reaches."""
    return or_(
        *(
            there_is(cases, cases.c.open_person_id == person_id)
            for reach, cases, _ in _SIDES
            if reach in sight.reach
        )
    )


def child_visible_to(sight: Sight, of: FromClause) -> ColumnElement[bool]:
    """Whether a caller may know what is decided and done for the child whom a row is about.

    Sight is per child: a contact that is seen because of one child says nothing of what became of
    the others. `of` has the columns `contact_id` and `child_id`, or is the table of children.
    """
    if sight.sees_all:
        return true()
    child_id = of.c.id if of is _CHILD or getattr(of, "element", None) is _CHILD else of.c.child_id
    return _came_to_a_side(sight, of.c.contact_id, child_id)


def contacts_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The contacts that a caller may know of.

    Early help sees contacts by which a child came to early help, and every contact of a child who
    is open to it; assessment teams likewise; a partner those that its own organisation sent.
    """
    if sight.sees_all:
        return true()
    seen = _came_to_a_side(sight, _CONTACT.c.id)
    if sight.sees_own_organisation:
        return or_(seen, is_of_their_organisation(sight, _CONTACT.c.sender_organisation_id))
    return seen


def contacts_seen_whole_by(sight: Sight) -> ColumnElement[bool]:
    """The contacts of which nothing is kept from a caller: every child on them is visible.

    For what narrows a list by what was decided: found by that, a contact says how it was decided
    for some child on it.
    """
    if sight.sees_all:
        return true()
    hidden = there_is(
        _CHILD, _CHILD.c.contact_id == _CONTACT.c.id, ~child_visible_to(sight, _CHILD)
    )
    return and_(contacts_visible_to(sight), ~hidden)


def decisions_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The decisions that a caller may know of.

    Of the contacts that the caller may see: those that send a child to a side that the caller
    reaches, and those for a child who came to that side or is open to it. How far they read those
    that sent such a child to the other side, by another contact, is the authority's rule.
    """
    if sight.sees_all:
        return true()
    outcomes = [outcome for reach, _, outcome in _SIDES if reach in sight.reach]
    if not outcomes:
        return false()
    kept = [
        outcome
        for reach, _, outcome in _SIDES
        if reach not in sight.reach and sight.reads_of_other_side(reach) is not Sharing.whole
    ]
    seen = child_visible_to(sight, _DECISION)
    if kept:
        by_it = _came_by(sight, _DECISION.c.contact_id, _DECISION.c.child_id)
        seen = and_(seen, or_(_DECISION.c.outcome.not_in(kept), by_it))
    return and_(
        _came_to_a_side(sight, _DECISION.c.contact_id),
        or_(_DECISION.c.outcome.in_(outcomes), seen),
    )


def referrals_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The referrals that a caller may read: everyone who reaches social care or all.

    And early help, as far as the authority lets it, those of the children who are open to it.
    """
    return _cases_visible_to(sight, _REFERRAL, Reach.SOCIAL_CARE, Sharing.whole)


def referrals_known_to(sight: Sight) -> ColumnElement[bool]:
    """The referrals that a caller may know to be: those they may read, and of how many no more."""
    return _cases_visible_to(sight, _REFERRAL, Reach.SOCIAL_CARE, Sharing.that_it_was)


def episodes_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The early help episodes that a caller may read: everyone who reaches early help or all.

    And social care, as far as the authority lets it, those of the children who are open to it.
    """
    return _cases_visible_to(sight, _EPISODE, Reach.EARLY_HELP, Sharing.whole)


def episodes_known_to(sight: Sight) -> ColumnElement[bool]:
    """The early help episodes that a caller may know to be, readable or not."""
    return _cases_visible_to(sight, _EPISODE, Reach.EARLY_HELP, Sharing.that_it_was)


def _cases_visible_to(sight: Sight, cases: Any, side: Reach, least: Sharing) -> ColumnElement[bool]:
    if sight.sees_all or side in sight.reach:
        return true()
    if sight.reads_of_other_side(side) in (least, Sharing.whole):
        return _is_open_to(sight, cases.c.person_id)
    return false()


def worked_by(sight: Sight, side: Reach) -> ColumnElement[bool]:
    """Whether a side's work is the caller's own to look after, as its queues and clocks are."""
    return true() if sight.sees_all or side in sight.reach else false()


def protection_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The strategy meetings, section 47 enquiries and assessments that a caller may know of.

    They are social care's work.
    """
    return worked_by(sight, Reach.SOCIAL_CARE)


def transfers_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The transfers that a caller may know of: those of the children whom the caller may see.

    And those that name the caller as the receiving practitioner, or that the caller asked for.
    """
    if sight.sees_all:
        return true()
    if not sight.sees_one_side:
        return false()
    return or_(
        is_theirs(sight, _TRANSFER.c.receiver_worker_id),
        is_theirs(sight, _TRANSFER.c.requested_by),
        child_visible_to(sight, _TRANSFER),
    )


def challenges_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The challenges that a caller may know of: about children whom the caller may see.

    And those that the caller raised; a partner, those that its own organisation raised.
    """
    if sight.sees_all:
        return true()
    ways: list[ColumnElement[bool]] = []
    if sight.sees_one_side:
        ways.append(is_theirs(sight, _CHALLENGE.c.raised_by))
        ways.append(child_visible_to(sight, _CHALLENGE))
    if sight.sees_own_organisation:
        ways.append(is_of_their_organisation(sight, _CHALLENGE.c.raised_by_organisation_id))
    return or_(*ways) if ways else false()


def missing_episodes_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The missing episodes that a caller may know of: of children whom the caller may see."""
    return child_visible_to(sight, _MISSING)


def passed_concerns_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The passed concerns that a caller may know of: those that a side of theirs was to read."""
    if sight.sees_all:
        return true()
    sides = [side for reach, side in _SIDE_OF.items() if reach in sight.reach]
    return _PASSED.c.service.in_(sides) if sides else false()


def emergency_acts_visible_to(sight: Sight) -> ColumnElement[bool]:
    """What was done out of hours, as far as the contact and the child it is about are seen."""
    return child_visible_to(sight, _ACT)


def people_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The children that a caller may know of: those who came to the caller's side by any contact.

    That a sibling stands on a contact is read there; nothing else of that sibling is.
    """
    if sight.sees_all:
        return true()
    return or_(
        there_is(_CHILD, _CHILD.c.person_id == _PERSON.c.id, child_visible_to(sight, _CHILD)),
        there_is(
            _REFERRAL,
            _REFERRAL.c.person_id == _PERSON.c.id,
            worked_by(sight, Reach.SOCIAL_CARE),
        ),
        there_is(
            _EPISODE, _EPISODE.c.person_id == _PERSON.c.id, worked_by(sight, Reach.EARLY_HELP)
        ),
    )


# ---- Clocks and flags: as far as what they run on is seen ---------------------------------------


def flags_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The flags that a caller may know of: as far as what they are about is seen."""
    return _about_what_is_seen(sight, _FLAG)


def deadlines_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The clocks that a caller may know of: as far as what they run on is seen."""
    return _about_what_is_seen(sight, _DEADLINE)


def _about_what_is_seen(sight: Sight, table: Any) -> ColumnElement[bool]:
    """Whether the caller sees the subject of a row; and the contact behind it, in any case.

    A clock says what is done for a child: one of a sibling's enquiry as much as the enquiry itself.
    """
    if sight.sees_all:
        return true()
    subject, kind = table.c.subject_id, table.c.subject_kind
    of_cases = {
        SubjectKind.early_help_episode: worked_by(sight, Reach.EARLY_HELP),
        **dict.fromkeys(OF_SOCIAL_CARE, worked_by(sight, Reach.SOCIAL_CARE)),
    }
    of_others = (
        (SubjectKind.decision, _DECISION, decisions_visible_to(sight)),
        (SubjectKind.information_request, _REQUEST, requests_visible_to(sight)),
        (SubjectKind.transfer, _TRANSFER, transfers_visible_to(sight)),
        (SubjectKind.challenge, _CHALLENGE, challenges_visible_to(sight)),
        (SubjectKind.missing_episode, _MISSING, missing_episodes_visible_to(sight)),
        (SubjectKind.passed_concern, _PASSED, passed_concerns_visible_to(sight)),
        (SubjectKind.emergency_act, _ACT, emergency_acts_visible_to(sight)),
    )
    return and_(
        _came_to_a_side(sight, table.c.contact_id),
        or_(
            kind == SubjectKind.contact,
            *(and_(kind == one, seen) for one, seen in of_cases.items()),
            *(
                and_(kind == one, there_is(subjects, subjects.c.id == subject, seen))
                for one, subjects, seen in of_others
            ),
        ),
    )


# ---- Events: as far as what they happened to is seen ---------------------------------------------

# What happened to a contact that everybody may know of who may know of the contact.
_OF_EVERY_CONTACT = (
    EventType.contact_received,
    EventType.contact_amended,
    EventType.contact_acknowledged,
    EventType.contact_outcome_told,
    EventType.contact_withdrawn,
    EventType.contact_restored,
    EventType.contact_attached,
    EventType.contact_detached,
    EventType.contact_step_recorded,
    EventType.contact_ended,
    EventType.contact_reclassified,
)


def events_visible_to(sight: Sight, event: FromClause) -> ColumnElement[bool]:
    """The events that a caller may know of: as far as what they happened to is seen.

    What is of no kind that is named here is for those alone who see everything.
    """
    if sight.sees_all:
        return true()

    def happened_to(noun: str, things: FromClause, seen: ColumnElement[bool]) -> Any:
        there = there_is(things, things.c.id == event.c.subject_id, seen)
        return and_(event.c.type.startswith(f"{noun}."), there)

    protection = ("strategy_meeting", "section_47_enquiry", "assessment")
    return or_(
        and_(
            event.c.type.in_(_OF_EVERY_CONTACT),
            there_is(_CONTACT, _CONTACT.c.id == event.c.contact_id, contacts_visible_to(sight)),
        ),
        happened_to("decision", _DECISION, decisions_visible_to(sight)),
        happened_to("referral", _REFERRAL, referrals_visible_to(sight)),
        happened_to("early_help_episode", _EPISODE, episodes_visible_to(sight)),
        happened_to("transfer", _TRANSFER, transfers_visible_to(sight)),
        happened_to("challenge", _CHALLENGE, challenges_visible_to(sight)),
        happened_to("missing_episode", _MISSING, missing_episodes_visible_to(sight)),
        happened_to("passed_concern", _PASSED, passed_concerns_visible_to(sight)),
        happened_to("emergency_act", _ACT, emergency_acts_visible_to(sight)),
        happened_to("information", _REQUEST, requests_visible_to(sight)),
        happened_to("information_request", _REQUEST, requests_visible_to(sight)),
        happened_to("person", _PERSON, people_visible_to(sight)),
        happened_to("flag", _FLAG, flags_visible_to(sight)),
        *(
            and_(event.c.type.startswith(f"{noun}."), protection_visible_to(sight))
            for noun in protection
        ),
    )


# ---- What agencies were asked, and what they sent -----------------------------------------------


def requests_visible_to(sight: Sight, in_sight: StillInSight | None = None) -> ColumnElement[bool]:
    """The information requests that a caller may know of: a partner, those put to it.

    A partner sees one that was answered or withdrawn only while it is `in_sight`; where that is
    not said, only those that wait for its answer.
    """
    if sight.sees_all:
        return true()
    if sight.sees_own_organisation:
        answered, withdrawn = _REQUEST.c.answered_at, _REQUEST.c.withdrawn_at
        ways = [and_(answered.is_(None), withdrawn.is_(None))]
        if in_sight is not None:
            ways.append(answered > in_sight.answered_after)
            ways.append(and_(answered.is_(None), withdrawn > in_sight.withdrawn_after))
        return and_(is_of_their_organisation(sight, _REQUEST.c.organisation_id), or_(*ways))
    return false()


def requests_listed_to(sight: Sight) -> ColumnElement[bool]:
    """The information requests that a contact lists for a caller who reads it.

    Which agency answered what is for those alone who may read requests that others were asked.
    """
    return true() if sight.lists_requests and sight.sees_all else false()


def notifications_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The police notifications that a caller may know of: a police force, its own."""
    return _of_own_force(sight, _NOTIFICATION)


def imports_visible_to(sight: Sight) -> ColumnElement[bool]:
    """The files of police notifications that a caller may know of: a police force, its own."""
    return _of_own_force(sight, _IMPORT)


def _of_own_force(sight: Sight, table: FromClause) -> ColumnElement[bool]:
    if sight.sees_all:
        return true()
    if sight.sees_own_organisation:
        return is_of_their_organisation(sight, table.c.organisation_id)
    return false()
