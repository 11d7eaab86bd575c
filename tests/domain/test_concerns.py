"""Repeat concern: what makes two things the same, over how long, and what raises a flag."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.domain.addresses import address_key
from service.domain.calendar import days_before, months_before
from service.domain.concerns import (
    MOST_COUNTED,
    Heard,
    InOneFile,
    OnContact,
    Related,
    Relation,
    Teller,
    concerns_of_others,
    count,
    each_once,
    household_keys,
    is_same_teller,
    related_to,
    windows,
)
from service.domain.contacts import Adult, Child, Contact
from service.domain.identities import identity_key, identity_keys
from service.domain.people import YesNo
from service.domain.referrals import is_re_referral
from service.policy import load_policy

RULES = load_policy().repeat_concern
NOBODY = Teller("2A", None, None, None, None)
SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def heard(
    received_at: datetime, *relations: Relation, teller: Teller = NOBODY, id_: UUID | None = None
) -> Related:
    return Related(id_ or uuid4(), "C-1", received_at, teller, relations or (Relation.child,))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("12 Weir Street", "ZZ99 3CZ"), ("12, weir  street.", "zz993cz"), True),
        (("St John's Road 4", "ZZ99 3CZ"), ("st johns road 4", "ZZ99 3CZ"), True),
        (("Flat 1, 2 Weir Street", "ZZ99 3CZ"), ("Flat 12 Weir Street", "ZZ99 3CZ"), False),
        (("12 Weir Street", "ZZ99 3CZ"), ("12 Weir Street", "ZZ99 3CA"), False),
    ],
    ids=["signs and case", "apostrophe", "flat", "postcode"],
)
def test_an_address_is_the_same_whatever_its_signs(
    one: tuple[str, str], other: tuple[str, str], same: bool
) -> None:
    assert (address_key(*one) == address_key(*other)) is same


@pytest.mark.parametrize(
    ("address", "postcode"),
    [("12 Weir Street", None), (None, "ZZ99 3CZ"), (" ,. ", "ZZ99 3CZ"), (None, None)],
)
def test_half_an_address_is_nobodys_home(address: str | None, postcode: str | None) -> None:
    assert address_key(address, postcode) is None


def test_a_person_is_the_same_whatever_the_accents_and_only_with_name_and_date() -> None:
    born = date(1990, 1, 2)
    assert identity_key("Zoë", "O’Brien-Smith", born) == identity_key("ZOE", "o'brien smith", born)
    assert identity_keys("Ann", "Lee", born) == identity_keys("Lee", "Ann", born)
    assert identity_key("Ann", "Lee", born) in identity_keys("Lee", "Ann", born)
    assert identity_key("Ann", "Lee", born) != identity_key("Ann", "Leigh", born)
    assert identity_key("Ann", "Lee", born) != identity_key("Ann", "Lee", date(1990, 2, 1))
    for given, family, on in ((None, "Lee", born), ("Ann", None, born), ("Ann", "Lee", None)):
        assert identity_key(given, family, on) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"name": "Priya Shah"}, {"name": " priya  SHAH", "agency": "Other"}, True),
        ({"name": "Priya Shah", "agency": "A", "role": "R"}, {"agency": "a", "role": "r"}, True),
        ({"name": "Priya Shah"}, {"name": "Jo Mensah"}, False),
        ({"agency": "A", "role": "R"}, {"agency": "A", "role": "Other"}, False),
        ({"role": "Head teacher"}, {"role": "Head teacher"}, False),
        ({"organisation_id": "police"}, {"organisation_id": "police", "role": "R"}, True),
        ({"organisation_id": "police"}, {"organisation_id": "school"}, False),
        ({}, {}, False),
        ({"name": "Ann", "source_code": "9"}, {"name": "Ann"}, False),
    ],
    ids=[
        *("names", "agency and role", "other names", "other role", "role alone", "organisation"),
        *("other organisation", "nobody known", "anonymous"),
    ],
)
def test_two_concerns_are_of_one_person_only_when_something_says_so(
    one: dict[str, str], other: dict[str, str], same: bool
) -> None:
    pair = replace(NOBODY, **one), replace(NOBODY, **other)
    assert is_same_teller(*pair) is same
    assert is_same_teller(*reversed(pair)) is same


@pytest.mark.parametrize(
    ("end", "days", "begins"),
    [
        ("2026-10-23T15:00:00", 7, "2026-10-16T15:00:00"),
        # Over the end of summer time: 16:00 in London is an hour later in UTC.
        ("2026-10-26T16:00:00", 7, "2026-10-19T15:00:00"),
        ("2026-04-01T11:00:00", 7, "2026-03-25T12:00:00"),
        ("2024-03-01T12:00:00", 1, "2024-02-29T12:00:00"),
    ],
)
def test_days_are_reckoned_by_the_clock_on_the_wall(end: str, days: int, begins: str) -> None:
    assert days_before(at(end), days) == at(begins)


@pytest.mark.parametrize(
    ("end", "begins"),
    [
        ("2026-10-23T15:00:00", "2025-10-23T15:00:00"),
        ("2024-02-29T12:00:00", "2023-02-28T12:00:00"),
        ("2025-02-28T12:00:00", "2024-02-28T12:00:00"),
        ("2025-03-01T12:00:00", "2024-03-01T12:00:00"),
        # The last Sunday of October is another day each year.
        ("2026-10-25T12:00:00", "2025-10-25T11:00:00"),
    ],
)
def test_twelve_months_are_the_same_day_the_year_before(end: str, begins: str) -> None:
    assert months_before(at(end), 12) == at(begins)


@pytest.mark.parametrize("end", ["2026-10-23T15:00:00", "2024-02-29T12:00:00"])
def test_what_was_received_at_the_very_beginning_of_a_window_is_outside(end: str) -> None:
    within = windows(RULES, at(end))
    for place, start in enumerate((within.short_from, within.long_from, within.months_from)):
        on, inside = (
            count(RULES, within, [heard(start + by)]).child for by in (timedelta(), SECOND)
        )
        counts = [
            (one.in_short_days, one.in_long_days, one.in_months)[place] for one in (on, inside)
        ]
        assert counts == [0, 1]
    ending = count(RULES, within, [heard(at(end)), heard(at(end) + SECOND)])
    assert ending.all.in_short_days == 1


def test_a_contact_counts_under_each_relation_and_once_in_all() -> None:
    within = windows(RULES, at("2026-10-23T15:00:00"))
    found = [
        heard(at("2026-10-20T15:00:00"), Relation.child, Relation.address),
        heard(at("2026-10-01T15:00:00"), Relation.sibling),
        heard(at("2026-01-01T15:00:00"), Relation.address, Relation.household),
    ]
    counts = count(RULES, within, found)
    shown = {
        name: (one.in_short_days, one.in_long_days, one.in_months)
        for name in (*Relation, "all")
        if (one := getattr(counts, name))
    }
    assert shown == {
        "child": (1, 1, 1),
        "possibly_same_child": (0, 0, 0),
        "sibling": (0, 1, 1),
        "household": (0, 0, 1),
        "address": (1, 1, 2),
        "all": (1, 2, 3),
    }
    many = [heard(at("2026-10-20T15:00:00")) for _ in range(MOST_COUNTED + 5)]
    assert count(RULES, within, many).child.in_months == MOST_COUNTED


@pytest.mark.parametrize("by", [1, -1], ids=["before", "after"])
def test_two_concerns_less_than_a_week_apart_raise_a_flag_in_either_order(by: int) -> None:
    now = at("2026-05-22T15:00:00")
    week = by * timedelta(days=7)
    apart = heard(now - week)
    near = heard(now - week + by * SECOND)
    assert concerns_of_others(NOBODY, now, RULES, [apart, near]) == [near]


@pytest.mark.parametrize("relation", Relation)
def test_a_household_or_an_address_alone_raises_no_flag(relation: Relation) -> None:
    now = at("2026-10-23T15:00:00")
    raised = concerns_of_others(NOBODY, now, RULES, [heard(now, relation)])
    assert bool(raised) is (relation not in (Relation.household, Relation.address))


def test_a_contact_about_two_children_is_named_once_with_all_that_it_has_to_do_with_them() -> None:
    contact, first, second = uuid4(), uuid4(), uuid4()
    now = at("2026-10-23T15:00:00")
    merged = each_once(
        {
            first: [heard(now, Relation.sibling, id_=contact)],
            second: [heard(now, Relation.child, Relation.address, id_=contact)],
        }
    )
    assert [one.relations for one in merged] == [
        (Relation.child, Relation.sibling, Relation.address)
    ]


def test_contacts_are_named_newest_first_and_without_those_that_raise_no_flag() -> None:
    now = at("2026-10-23T15:00:00")
    old, new, newest = (heard(now - days * timedelta(days=1)) for days in (3, 2, 1))
    at_home = heard(now, Relation.address, Relation.household)
    assert each_once({uuid4(): [old, at_home], uuid4(): [newest, new]}) == [newest, new, old]


# ---- Whom a contact has to do with --------------------------------------------------------------


def record(kind: type, **given: Any) -> Any:
    """A record of which a test needs a few fields alone."""
    return kind(**(dict.fromkeys((one.name for one in fields(kind)), None) | given))


@pytest.mark.parametrize("lives_here", YesNo)
def test_adults_who_live_elsewhere_make_no_household(lives_here: YesNo) -> None:
    """Where nobody knows, they are counted: a household missed is worse than one too many."""
    whom = {
        "given_name": "Ngozi",
        "family_name": "Okafor",
        "date_of_birth": date(1990, 1, 2),
    }
    known = record(Adult, **whom, in_household=lives_here)
    nameless = record(Adult, in_household=YesNo.yes)
    kept = identity_keys(*whom.values()) if lives_here is not YesNo.no else set()
    assert household_keys([known, nameless]) == kept


LIKE = uuid4()
TWIN = OnContact(uuid4(), uuid4(), frozenset({LIKE}))
CHILD = OnContact(uuid4(), uuid4(), frozenset({LIKE, TWIN.person_id}))


@pytest.mark.parametrize(
    ("relation", "person_id", "found"),
    [
        (Relation.child, CHILD.person_id, Relation.child),
        (Relation.child, TWIN.person_id, Relation.sibling),
        (Relation.child, uuid4(), None),
        (Relation.sibling, CHILD.person_id, Relation.sibling),
        (Relation.sibling, TWIN.person_id, None),
        (Relation.possibly_same_child, LIKE, Relation.possibly_same_child),
        (Relation.possibly_same_child, uuid4(), None),
        (Relation.possibly_same_child, CHILD.person_id, Relation.child),
        (Relation.possibly_same_child, TWIN.person_id, Relation.sibling),
        (Relation.household, None, Relation.household),
    ],
    ids=[
        *("the child", "a sibling", "a stranger", "the child's sibling", "a sibling's sibling"),
        *("who may be the child", "who may not", "the very child", "a twin beside it"),
        "the household",
    ],
)
def test_a_twin_on_the_same_contact_is_never_possibly_the_same_child(
    relation: Relation, person_id: UUID | None, found: Relation | None
) -> None:
    before = Heard(relation, person_id, uuid4(), "C-1", at("2026-10-01T09:00:00"), NOBODY)
    related = related_to(CHILD, [CHILD, TWIN], [before])
    assert [one.relations for one in related] == ([] if found is None else [(found,)])


def test_a_contact_is_named_once_for_a_child_and_the_newest_first() -> None:
    at_first, later = at("2026-10-01T09:00:00"), at("2026-10-02T09:00:00")
    one, other = uuid4(), uuid4()
    ways = [
        Heard(Relation.address, None, one, "C-1", at_first, NOBODY),
        Heard(Relation.child, CHILD.person_id, one, "C-1", at_first, NOBODY),
        Heard(Relation.household, None, other, "C-2", later, NOBODY),
    ]
    related = related_to(CHILD, [CHILD], ways)
    assert [(one.reference, one.relations) for one in related] == [
        ("C-2", (Relation.household,)),
        ("C-1", (Relation.child, Relation.address)),
    ]


# ---- Concerns that arrive in one file -----------------------------------------------------------

FIRST_ROW = {"received_at": at("2026-05-22T15:00:00"), "source_code": "5B", "referrer_name": "Shah"}
ADA: dict[str, Any] = {
    "person_id": uuid4(),
    "given_name": "Ada",
    "family_name": "Okafor",
    "date_of_birth": date(2018, 4, 9),
}


@pytest.mark.parametrize(
    ("row", "child", "second"),
    [
        ({"referrer_name": "Mensah"}, {}, True),
        ({"referrer_name": " SHAH "}, {}, False),
        ({"referrer_name": "Mensah"}, {"person_id": uuid4()}, True),
        ({"referrer_name": "Mensah"}, {"person_id": uuid4(), "given_name": "Ben"}, False),
        ({"referrer_name": "Mensah"}, {"given_name": None}, True),
        ({"referrer_name": "Mensah", "received_at": at("2026-05-15T15:00:00")}, {}, False),
        ({"referrer_name": "Mensah", "received_at": at("2026-05-15T15:00:01")}, {}, True),
        ({"referrer_name": "Mensah", "received_at": at("2026-05-29T14:59:59")}, {}, True),
        ({"referrer_name": "Mensah", "received_at": at("2026-05-29T15:00:00")}, {}, False),
    ],
    ids=[
        *("another officer", "the same officer", "known by name and birthday", "another child"),
        *("known by the file alone", "a week before", "less than a week before"),
        *("less than a week after", "a week after"),
    ],
)
def test_within_one_file_the_same_officer_twice_is_no_second_concern(
    row: dict[str, Any], child: dict[str, Any], second: bool
) -> None:
    heard = InOneFile(RULES)
    first = record(Contact, **FIRST_ROW)
    assert heard.after_another(first, [record(Child, **ADA)]) is False
    next_row = record(Contact, **FIRST_ROW | row)
    assert heard.after_another(next_row, [record(Child, **ADA | child)]) is second


@pytest.mark.parametrize(
    ("previous", "known", "again"),
    [
        ("2025-10-23T15:00:00", "2026-10-23T14:59:59", True),
        ("2025-10-23T15:00:00", "2026-10-23T15:00:00", False),
        ("2024-02-29T12:00:00", "2025-02-28T11:59:59", True),
        ("2024-02-29T12:00:00", "2025-02-28T12:00:00", False),
    ],
)
def test_a_re_referral_comes_within_twelve_months_of_the_one_before(
    previous: str, known: str, again: bool
) -> None:
    assert is_re_referral(at(previous), at(known), 12) is again
