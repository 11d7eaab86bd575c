"""The one statement by which the file is asked about children: a branch for each way to them."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    union,
    union_all,
)

from service.domain.access import Reach, Sight
from service.domain.accountabilities import Accountability, CareService
from service.domain.concerns import MOST_COUNTED, Relation
from service.domain.contact_kinds import TELLS_NO_WORRY
from service.domain.contacts import Adult, Child, Contact, WithdrawalReason
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.people import AdultRelationship, BirthKnowledge, Person, YesNo
from service.domain.referrals import Referral
from service.persistence.prepared import Makeable, any_of, made_once_for_sight
from service.persistence.records import columns_of, table_of
from service.persistence.visibility import (
    contacts_visible_to,
    people_visible_to,
    worked_by,
)

CONTACT = table_of(Contact)
CHILD = table_of(Child)
ADULT = table_of(Adult)
PERSON = table_of(Person)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
ACCOUNTABILITY = table_of(Accountability)

ON_FILE: Final = "on_file"
"""The branch of those who are named, or bear a number that was told."""

_MOST_POSSIBLE: Final = 200
"""So many rows of those who may be the children are read."""


@dataclass(frozen=True, slots=True)
class QuestionShape:
    """What is asked for."""

    people: bool = False
    nhs: bool = False
    pupil: bool = False
    name_keys: bool = False
    days: bool = False
    family_words: bool = False
    given_words: bool = False
    on_day: bool = False
    pregnancies: bool = False
    home: bool = False
    adults: bool = False
    address: bool = False

    @property
    def asks(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self.knows or self.looks or self.adults or self.address)

    @property
    def knows(self) -> bool:
        """Whether somebody is named, or a number told."""
        return bool(self.people or self.nhs or self.pupil)

    @property
    def looks(self) -> bool:
        """Whether somebody on file may be one of the children."""
        return bool(self.name_keys or self.home or self.pregnancies)


# ---- The columns: the same for every branch -----------------------------------------------------

PERSON_COLUMNS: Final = columns_of(Person)[1:]
CONTACT_COLUMNS: Final = (
    CONTACT.c.reference,
    CONTACT.c.received_at,
    CONTACT.c.source_code,
    CONTACT.c.referrer_name,
    CONTACT.c.referrer_role,
    CONTACT.c.referrer_agency,
    CONTACT.c.sender_organisation_id,
    CONTACT.c.address_key,
)
_ID = PERSON.c.id.type


def _nothing(*columns: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return [null().cast(column.type).label(column.key) for column in columns]


_CASE_COLUMNS: Final = (
    case(
        (REFERRAL.c.id.is_not(None), literal_column(f"'{CareService.social_care.value}'", String)),
        (EPISODE.c.id.is_not(None), literal_column(f"'{CareService.early_help.value}'", String)),
        else_=null().cast(String),
    ).label("service"),
    func.coalesce(REFERRAL.c.id, EPISODE.c.id, type_=_ID).label("case_id"),
    func.coalesce(REFERRAL.c.reference, EPISODE.c.reference).label("case_reference"),
    func.coalesce(REFERRAL.c.team_id, EPISODE.c.team_id).label("case_team_id"),
    func.coalesce(REFERRAL.c.worker_id, EPISODE.c.worker_id, type_=_ID).label("case_worker_id"),
)
NO_CASE: Final = tuple(
    null().cast(type_).label(name)
    for name, type_ in (
        ("service", String()),
        ("case_id", _ID),
        ("case_reference", String()),
        ("case_team_id", String()),
        ("case_worker_id", _ID),
    )
)
_MOTHER: Final = (
    ADULT.c.given_name.label("mother_given_name"),
    ADULT.c.family_name.label("mother_family_name"),
)
_NO_MOTHER: Final = tuple(
    null().cast(String).label(name) for name in ("mother_given_name", "mother_family_name")
)


def _label(relation: str) -> ColumnElement[Any]:
    return literal_column(f"'{relation}'", String).label("relation")


# ---- The question: one statement, a branch for each way -----------------------------------------


@made_once_for_sight
def question(sight: Sight, shape: QuestionShape) -> Makeable:
    """Everything that is asked; the values of each kind are a list of that name.

    Each branch finds its rows by an index on what is shared, never by time; and an address of
    thousands costs no more than one of a hundred.
    """
    branches: list[Select[Any]] = []
    if shape.knows:
        branches += [_known(sight, shape), _of_child(sight, shape), _of_siblings(sight, shape)]
    if shape.name_keys:
        branches.append(_by_name(sight, shape))
    if shape.home:
        branches.append(_from_home(sight, shape))
    if shape.pregnancies:
        branches.append(_of_pregnancies(sight, shape))
    if shape.adults:
        branches.append(_of_household(sight, shape))
    if shape.address:
        branches.append(_of_address(sight, shape))
    # A union even of one branch alone: its columns are named and typed alike.
    return union_all(*(select(branch.subquery()) for branch in branches))


def _who_is_known(shape: QuestionShape) -> Any:
    """The ids of those who are named, or bear a number that was told."""
    ways = []
    for column, name, some in (
        (PERSON.c.id, "people", shape.people),
        (PERSON.c.nhs_number, "nhs", shape.nhs),
        (PERSON.c.unique_pupil_number, "pupil", shape.pupil),
    ):
        if some:
            ways.append(select(PERSON.c.id).where(any_of(column, name)))
    return ways[0] if len(ways) == 1 else union(*ways)


def _with_case(table: Any, sight: Sight) -> Any:
    """The people of a table with the case that answers for each now, where it may be known of."""
    referral = REFERRAL.c.id == ACCOUNTABILITY.c.referral_id
    episode = EPISODE.c.id == ACCOUNTABILITY.c.early_help_episode_id
    return (
        table.outerjoin(ACCOUNTABILITY, ACCOUNTABILITY.c.person_id == PERSON.c.id)
        .outerjoin(REFERRAL, and_(referral, worked_by(sight, Reach.SOCIAL_CARE)))
        .outerjoin(EPISODE, and_(episode, worked_by(sight, Reach.EARLY_HELP)))
    )


def _known(sight: Sight, shape: QuestionShape) -> Select[Any]:
    """Those who are named, or bear a number: who they are, and what is open about them."""
    return (
        select(
            _label(ON_FILE),
            PERSON.c.id.label("person_id"),
            null().cast(_ID).label("contact_id"),
            *_nothing(*CONTACT_COLUMNS),
            *PERSON_COLUMNS,
            *_CASE_COLUMNS,
            *_NO_MOTHER,
        )
        .select_from(_with_case(PERSON, sight))
        .where(PERSON.c.id.in_(_who_is_known(shape)), people_visible_to(sight))
    )


# What repeats another contact or was an error is no concern that was told; nor is a check.
_IS_A_CONCERN: Final = and_(
    or_(
        CONTACT.c.withdrawn_as.is_(None),
        CONTACT.c.withdrawn_as == literal_column(f"'{WithdrawalReason.not_ours}'"),
    ),
    CONTACT.c.kind.not_in([literal_column(f"'{one}'") for one in sorted(TELLS_NO_WORRY)]),
)


def _contacts(sight: Sight, relation: Relation, person_id: Any) -> Select[Any]:
    instant = CONTACT.c.received_at.type
    return select(
        _label(relation.value),
        person_id.label("person_id"),
        CONTACT.c.id.label("contact_id"),
        *CONTACT_COLUMNS,
        *_nothing(*PERSON_COLUMNS),
        *NO_CASE,
        *_NO_MOTHER,
    ).where(
        CONTACT.c.id != bindparam("but", type_=CONTACT.c.id.type),
        CONTACT.c.received_at > bindparam("since", type_=instant),
        CONTACT.c.received_at <= bindparam("until", type_=instant),
        _IS_A_CONCERN,
        contacts_visible_to(sight),
    )


def _of_child(sight: Sight, shape: QuestionShape) -> Select[Any]:
    return (
        _contacts(sight, Relation.child, CHILD.c.person_id)
        .join_from(CHILD, CONTACT, CONTACT.c.id == CHILD.c.contact_id)
        .where(CHILD.c.person_id.in_(_who_is_known(shape)))
    )


def _of_siblings(sight: Sight, shape: QuestionShape) -> Select[Any]:
    own, together, siblings = (CHILD.alias(name) for name in ("own", "together", "siblings"))
    return (
        _contacts(sight, Relation.sibling, own.c.person_id)
        .select_from(own)
        .join(together, together.c.contact_id == own.c.contact_id)
        .join(siblings, siblings.c.person_id == together.c.person_id)
        .join(CONTACT, CONTACT.c.id == siblings.c.contact_id)
        .where(
            own.c.person_id.in_(_who_is_known(shape)),
            together.c.person_id != own.c.person_id,
        )
        .distinct()
    )


def _possible(sight: Sight, people: Any, *, mother: bool = False) -> Select[Any]:
    """Who may be one of the children, with each contact that speaks of them."""
    return (
        select(
            _label(Relation.possibly_same_child.value),
            PERSON.c.id.label("person_id"),
            CONTACT.c.id.label("contact_id"),
            *CONTACT_COLUMNS,
            *PERSON_COLUMNS,
            *_CASE_COLUMNS,
            *(_MOTHER if mother else _NO_MOTHER),
        )
        .select_from(_with_case(people, sight))
        .where(people_visible_to(sight))
        .order_by(PERSON.c.id.desc())
        .limit(literal_column(str(_MOST_POSSIBLE)))
    )


def _with_contacts(sight: Sight) -> Any:
    seen = and_(
        CONTACT.c.id == CHILD.c.contact_id,
        CONTACT.c.id != bindparam("but", type_=CONTACT.c.id.type),
        _IS_A_CONCERN,
        contacts_visible_to(sight),
    )
    return PERSON.outerjoin(CHILD, CHILD.c.person_id == PERSON.c.id).outerjoin(CONTACT, seen)


def _by_name(sight: Sight, shape: QuestionShape) -> Select[Any]:
    """By names and the year of birth; by one of the names and the very day, or the day alone."""
    ways = [
        select(PERSON.c.id).where(any_of(column, "name_keys"))
        for column in (PERSON.c.name_key, PERSON.c.other_name_key)
    ]
    ways += [
        select(PERSON.c.id).where(any_of(PERSON.c.date_of_birth, "days"), any_of(column, name))
        for column, name, some in (
            (PERSON.c.family_key, "family_words", shape.family_words),
            (PERSON.c.given_key, "given_words", shape.given_words),
        )
        if some
    ]
    if shape.on_day:
        ways.append(select(PERSON.c.id).where(any_of(PERSON.c.date_of_birth, "days")))
    return _possible(sight, _with_contacts(sight)).where(PERSON.c.id.in_(union_all(*ways)))


def _from_home(sight: Sight, shape: QuestionShape) -> Select[Any]:
    """Who was told of at the same address: for children of whom too little else is told."""
    at_home = (
        select(CONTACT.c.id)
        .where(CONTACT.c.address_key == bindparam("address", type_=String))
        .order_by(CONTACT.c.received_at.desc())
        .limit(literal_column(str(MOST_COUNTED)))
        .subquery("at_home")
    )
    there = CHILD.alias("there")
    people = select(there.c.person_id).join(at_home, at_home.c.id == there.c.contact_id)
    return _possible(sight, _with_contacts(sight)).where(PERSON.c.id.in_(people))


def _of_pregnancies(sight: Sight, shape: QuestionShape) -> Select[Any]:
    """The unborn children on file who may be a child told of, with their mothers."""
    expected = PERSON.c.expected_delivery_on
    people = _with_contacts(sight).outerjoin(
        ADULT,
        and_(
            ADULT.c.contact_id == CONTACT.c.id,
            ADULT.c.relationship == literal_column(f"'{AdultRelationship.mother.value}'"),
        ),
    )
    return _possible(sight, people, mother=True).where(
        PERSON.c.birth_knowledge == literal_column(f"'{BirthKnowledge.unborn.value}'"),
        PERSON.c.pregnancy_ended_on.is_(None),
        or_(
            expected.is_(None),
            expected.between(
                bindparam("expected_from", type_=Date()), bindparam("expected_to", type_=Date())
            ),
        ),
    )


def _of_household(sight: Sight, shape: QuestionShape) -> Select[Any]:
    return (
        _contacts(sight, Relation.household, null().cast(_ID))
        .select_from(ADULT)
        .join(CONTACT, CONTACT.c.id == ADULT.c.contact_id)
        .where(
            any_of(ADULT.c.identity_key, "adults"),
            ADULT.c.in_household != literal_column(f"'{YesNo.no.value}'"),
        )
        .distinct()
    )


def _of_address(sight: Sight, shape: QuestionShape) -> Select[Any]:
    return (
        _contacts(sight, Relation.address, null().cast(_ID))
        .where(CONTACT.c.address_key == bindparam("address", type_=String))
        .order_by(CONTACT.c.received_at.desc())
        .limit(literal_column(str(MOST_COUNTED)))
    )
