"""Who may see which rows: one predicate for lists, reads, queues, counts and writes alike."""

from sqlalchemy import ColumnElement, FromClause, and_, false, literal, or_, select, true

from service.domain.access import Caller, Reach
from service.domain.challenges import Challenge
from service.domain.contacts import Child, Contact
from service.domain.decisions import Decision, Outcome
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.flags import OF_SOCIAL_CARE, Flag
from service.domain.information_requests import InformationRequest
from service.domain.missing_episodes import MissingEpisode
from service.domain.people import Person
from service.domain.police_notifications import NotificationImport, PoliceNotification
from service.domain.referrals import Referral
from service.domain.transfers import Transfer
from service.persistence.records import table_of

_CONTACT = table_of(Contact)
_REFERRAL = table_of(Referral)
_EPISODE = table_of(EarlyHelpEpisode)
_REQUEST = table_of(InformationRequest)
_JOINED = table_of(Decision).alias("joined")
_CHALLENGE = table_of(Challenge)
_TRANSFER = table_of(Transfer)
_NOTIFICATION = table_of(PoliceNotification)
_IMPORT = table_of(NotificationImport)
_MISSING = table_of(MissingEpisode)
_PERSON = table_of(Person)
_CHILD = table_of(Child)
_FLAG = table_of(Flag)


def there_is(table: FromClause, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a table has such a row, also where what asks reads that table for itself."""
    return select(literal(1)).select_from(table).where(*conditions).correlate_except(table).exists()


def contacts_visible_to(who: Caller) -> ColumnElement[bool]:
    """The contacts that a caller may know of.

    Early help sees contacts that led to early help, assessment teams those that led to a referral,
    a partner those that its own organisation sent.
    """
    if Reach.ALL in who.reach:
        return true()
    ways: list[ColumnElement[bool]] = []
    if Reach.EARLY_HELP in who.reach:
        ways.append(there_is(_EPISODE, _EPISODE.c.contact_id == _CONTACT.c.id))
        ways.append(_joined(Outcome.early_help))
    if Reach.SOCIAL_CARE in who.reach:
        ways.append(there_is(_REFERRAL, _REFERRAL.c.contact_id == _CONTACT.c.id))
        ways.append(_joined(Outcome.referral))
    if Reach.OWN_ORGANISATION in who.reach and who.organisation_id is not None:
        ways.append(_CONTACT.c.sender_organisation_id == who.organisation_id)
    return or_(*ways) if ways else false()


def _joined(outcome: Outcome) -> ColumnElement[bool]:
    """The contacts whose decision joined a case that was open already."""
    return there_is(
        _JOINED,
        _JOINED.c.contact_id == _CONTACT.c.id,
        _JOINED.c.joined_case_id.is_not(None),
        _JOINED.c.outcome == outcome,
    )


def referrals_visible_to(who: Caller) -> ColumnElement[bool]:
    """The referrals that a caller may know of: everyone who reaches social care or all."""
    return true() if sees_social_care(who) else false()


def protection_visible_to(who: Caller) -> ColumnElement[bool]:
    """The strategy meetings, section 47 enquiries and assessments that a caller may know of.

    They are social care's work: whoever may know of a referral may know of them.
    """
    return referrals_visible_to(who)


def sees_social_care(who: Caller) -> bool:
    """Whether a caller may know of referrals, and of what social care does in them."""
    return bool(who.reach & {Reach.ALL, Reach.SOCIAL_CARE})


def flags_visible_to(who: Caller) -> ColumnElement[bool]:
    """The flags that a caller may know of: of contacts that the caller may see.

    Those of a referral, a strategy meeting or an enquiry say what is done for a child there: only
    whoever may know of those sees them.
    """
    seen = there_is(_CONTACT, _CONTACT.c.id == _FLAG.c.contact_id, contacts_visible_to(who))
    if sees_social_care(who):
        return seen
    return and_(seen, _FLAG.c.subject_kind.not_in(sorted(OF_SOCIAL_CARE)))


def episodes_visible_to(who: Caller) -> ColumnElement[bool]:
    """The early help episodes that a caller may know of."""
    return true() if who.reach & {Reach.ALL, Reach.EARLY_HELP} else false()


def requests_visible_to(who: Caller) -> ColumnElement[bool]:
    """The information requests that a caller may know of: a partner, those put to it."""
    if Reach.ALL in who.reach:
        return true()
    if Reach.OWN_ORGANISATION in who.reach and who.organisation_id is not None:
        return _REQUEST.c.organisation_id == who.organisation_id
    return false()


def transfers_visible_to(who: Caller) -> ColumnElement[bool]:
    """The transfers that a caller may know of: those of the contacts that the caller may see.

    And those in which the caller is named as the receiving practitioner.
    """
    if Reach.ALL in who.reach:
        return true()
    if not who.reach & {Reach.EARLY_HELP, Reach.SOCIAL_CARE}:
        return false()
    return or_(
        _TRANSFER.c.receiver_worker_id == who.account_id,
        _TRANSFER.c.requested_by == who.account_id,
        there_is(_CONTACT, _CONTACT.c.id == _TRANSFER.c.contact_id, contacts_visible_to(who)),
    )


def challenges_visible_to(who: Caller) -> ColumnElement[bool]:
    """The challenges that a caller may know of: about contacts that the caller may see.

    And those that the caller raised; a partner, those that its own organisation raised.
    """
    if Reach.ALL in who.reach:
        return true()
    ways: list[ColumnElement[bool]] = []
    if who.reach & {Reach.EARLY_HELP, Reach.SOCIAL_CARE}:
        ways.append(_CHALLENGE.c.raised_by == who.account_id)
        ways.append(
            there_is(_CONTACT, _CONTACT.c.id == _CHALLENGE.c.contact_id, contacts_visible_to(who))
        )
    if Reach.OWN_ORGANISATION in who.reach and who.organisation_id is not None:
        ways.append(_CHALLENGE.c.raised_by_organisation_id == who.organisation_id)
    return or_(*ways) if ways else false()


def missing_episodes_visible_to(who: Caller) -> ColumnElement[bool]:
    """The missing episodes that a caller may know of: those of contacts that the caller may see."""
    if Reach.ALL in who.reach:
        return true()
    if not who.reach & {Reach.EARLY_HELP, Reach.SOCIAL_CARE}:
        return false()
    return there_is(_CONTACT, _CONTACT.c.id == _MISSING.c.contact_id, contacts_visible_to(who))


def people_visible_to(who: Caller) -> ColumnElement[bool]:
    """The children that a caller may know of: who sees one of their contacts or cases sees them."""
    if Reach.ALL in who.reach:
        return true()
    if not who.reach & {Reach.EARLY_HELP, Reach.SOCIAL_CARE}:
        return false()
    told = _CHILD.join(_CONTACT, _CONTACT.c.id == _CHILD.c.contact_id)
    return or_(
        select(literal(1))
        .select_from(told)
        .where(_CHILD.c.person_id == _PERSON.c.id, contacts_visible_to(who))
        .correlate(_PERSON)
        .exists(),
        there_is(_REFERRAL, _REFERRAL.c.person_id == _PERSON.c.id, referrals_visible_to(who)),
        there_is(_EPISODE, _EPISODE.c.person_id == _PERSON.c.id, episodes_visible_to(who)),
    )


def notifications_visible_to(who: Caller) -> ColumnElement[bool]:
    """The police notifications that a caller may know of: a police force, its own."""
    return _of_own_force(who, _NOTIFICATION)


def imports_visible_to(who: Caller) -> ColumnElement[bool]:
    """The files of police notifications that a caller may know of: a police force, its own."""
    return _of_own_force(who, _IMPORT)


def _of_own_force(who: Caller, table: FromClause) -> ColumnElement[bool]:
    if Reach.ALL in who.reach:
        return true()
    if Reach.OWN_ORGANISATION in who.reach and who.organisation_id is not None:
        return table.c.organisation_id == who.organisation_id
    return false()
