"""Rows of a file of police notifications: what they tell together, and what cannot be true of them.

What a row tells is by the name of its column: what begins with `child_` is of that row's child,
and the rest is of the incident, said on its first row and on the others the same or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.domain.contacts import Channel
from service.domain.identities import NUMBERS, are_one_child
from service.domain.kept_as_told import with_unread_aside
from service.domain.new_contacts import NewAdult, NewChild, NewContact
from service.domain.police_notifications import NewNotification

MOST_ROWS: Final = 20_000
MOST_CHILDREN: Final = 20
ADULTS: Final = (1, 2, 3)
"""A row has columns for so many adults."""

_CHILD: Final = "child_"


@dataclass(frozen=True, slots=True)
class RowFault:
    """A fault in a row. Its message says what to do and never repeats what the row says."""

    row: int
    column: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RowTold:
    """What a row tells, by the names of its columns: its number, and what is not empty in it."""

    number: int
    told: Mapping[str, Any]

    @property
    def of_child(self) -> Mapping[str, Any]:
        """What it tells of its own child, by the names of a child's facts."""
        return {
            name.removeprefix(_CHILD): value
            for name, value in self.told.items()
            if is_of_child(name)
        }


def is_of_child(column: str) -> bool:
    """Whether a column is each row's own, and not of the incident."""
    return column.startswith(_CHILD)


def is_a_fact(column: str) -> bool:
    """Whether a column never refuses a worry: what cannot be read in it is kept as it was told.

    The rest steers what is done with the worry.
    """
    return column.startswith((_CHILD, "adult_", "officer_")) or column in (
        "address",
        "town",
        "postcode",
    )


def too_many_children(numbers: Sequence[int]) -> list[RowFault]:
    """The fault of an incident of more rows than one can have, at the first of those too many."""
    if len(numbers) <= MOST_CHILDREN:
        return []
    message = f"Send at most {MOST_CHILDREN} children of one incident."
    return [RowFault(numbers[MOST_CHILDREN], None, "too_many_children", message)]


def contradictions(rows: Sequence[RowTold]) -> list[RowFault]:
    """Where the rows of an incident say different things of it, or tell of one child twice."""
    first, *others = rows
    faults: list[RowFault] = []
    for place, row in enumerate(others, 1):
        faults += [
            RowFault(
                row.number,
                name,
                "differs",
                f"Row {first.number} is of the same incident and says something else: say the "
                "same, or leave this empty.",
            )
            for name, value in row.told.items()
            if not is_of_child(name) and value != first.told.get(name)
        ]
        twice = _row_of_the_same_child(row, rows[:place])
        if twice is not None:
            faults.append(
                RowFault(
                    row.number,
                    None,
                    "same_child_twice",
                    f"This is the same child as on row {twice.number}: send one row for each "
                    "child, with that child's own number.",
                )
            )
    return faults


def _row_of_the_same_child(row: RowTold, before: Sequence[RowTold]) -> RowTold | None:
    told = _new_child(row)
    for other in before:
        child = _new_child(other)
        if are_one_child(child, told) or _same_number(child, told):
            return other
    return None


def _new_child(row: RowTold) -> NewChild:
    return NewChild(**with_unread_aside(row.of_child))


def _same_number(one: NewChild, other: NewChild) -> bool:
    return any(
        getattr(one, name) is not None and getattr(one, name) == getattr(other, name)
        for name in NUMBERS
    )


def notification_of(rows: Sequence[RowTold], channel: Channel) -> NewNotification:
    """What the rows of an incident tell together. They must not contradict one another."""
    told = rows[0].told
    facts = {name: told.get(name) for name in ("address", "town", "postcode")}
    facts |= {
        f"referrer_{name}": told.get(f"officer_{name}")
        for name in ("name", "role", "telephone", "email")
    }
    contact = NewContact(
        **with_unread_aside(facts),
        concern=told["concern"],
        source_code="",
        children=[_new_child(row) for row in rows],
        channel=channel,
        received_at=told.get("received_at"),
        immediate_danger=told.get("immediate_danger", False),
        adults=_adults_of(told),
        agreement=told["agreement"],
        agreement_note=told.get("agreement_note"),
        lawful_basis=told.get("lawful_basis"),
        sharing_reason=told.get("sharing_reason"),
    )
    return NewNotification(
        contact=contact,
        incident_number=told["incident_number"],
        incident_at=told["incident_at"],
        risk=told["risk"],
        children_present=told["children_present"],
    )


def _adults_of(told: Mapping[str, Any]) -> list[NewAdult]:
    adults = []
    for number in ADULTS:
        at = f"adult_{number}_"
        adult = {name.removeprefix(at): one for name, one in told.items() if name.startswith(at)}
        if adult:
            named = "given_name" in adult or "family_name" in adult
            adults.append(NewAdult(name_known=named, **with_unread_aside(adult)))
    return adults
