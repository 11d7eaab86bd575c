"""Keys by which the file is searched, made again for rows that another release wrote."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Executable, select, update

from service.domain.addresses import address_key
from service.domain.contacts import Adult, Contact
from service.domain.identities import identity_key, keyed
from service.domain.people import Person
from service.persistence.asking import Asking
from service.persistence.places import Places
from service.persistence.records import columns_of, read, table_of

Found = TypeVar("Found")

SINCE_STEP: Final = "0017"
"""The schema step that brought keys which the release before neither makes nor mends."""

AT_ONCE: Final = 500
"""So many rows are looked at in one transaction: nobody waits for long."""


def _of_person(row: Sequence[Any]) -> Mapping[str, str | None]:
    person = keyed(read(Person, row))
    names = ("identity_key", "name_key", "other_name_key", "given_key", "family_key")
    return {name: getattr(person, name) for name in names}


def _of_adult(row: Sequence[Any]) -> Mapping[str, str | None]:
    adult = read(Adult, row)
    return {"identity_key": identity_key(adult.given_name, adult.family_name, adult.date_of_birth)}


def _of_contact(row: Sequence[Any]) -> Mapping[str, str | None]:
    contact = read(Contact, row)
    return {"address_key": address_key(contact.address, contact.postcode)}


@dataclass(frozen=True, slots=True)
class _Keyed:
    """What bears keys, and how they follow from the rest of a row."""

    record: type
    keys: Callable[[Sequence[Any]], Mapping[str, str | None]]


_KEYED: Final = (
    _Keyed(Person, _of_person),
    _Keyed(Adult, _of_adult),
    _Keyed(Contact, _of_contact),
)


class Writing(Protocol):
    """What it takes to put keys right: a transaction, whoever has begun it."""

    async def all(self, statement: Executable) -> Sequence[Any]:
        """All rows."""
        ...

    async def execute(self, statement: Executable) -> Any:
        """Carries out a change."""
        ...


async def make_keys(places: Places[Writing], since: UUID | None = None) -> int:
    """Makes every key that is not what it should be. Returns in how many rows it was not.

    In many short transactions, so that people go on working; what was done is not done again.
    `since`: only rows with ids from there on, which are in the order of time.
    """
    changed = 0
    for kind in _KEYED:
        last = since
        while True:
            looked = await places.ask_at_length(partial(_look, kind=kind, after=last))
            if looked.wrong:
                changed += await places.perform(partial(_put_right, kind=kind, ids=looked.wrong))
            last = looked.last
            if last is None:
                break
    return changed


@dataclass(frozen=True, slots=True)
class _Looked:
    """The last of the rows looked at, None where there are no more; and those with wrong keys."""

    last: UUID | None
    wrong: Sequence[UUID]


async def _look(ask: Asking, *, kind: _Keyed, after: UUID | None) -> _Looked:
    table = table_of(kind.record)
    statement = select(*columns_of(kind.record)).order_by(table.c.id).limit(AT_ONCE)
    if after is not None:
        statement = statement.where(table.c.id > after)
    rows = await ask.all(statement)
    if not rows:
        return _Looked(None, [])
    return _Looked(rows[-1].id, [row.id for row in rows if _differs(row, kind.keys(row))])


def _differs(row: Any, keys: Mapping[str, str | None]) -> bool:
    return any(getattr(row, name) != key for name, key in keys.items())


async def _put_right(work: Writing, *, kind: _Keyed, ids: Sequence[UUID]) -> int:
    """As the rows are now: somebody may have changed a name meanwhile, or made the keys."""
    table = table_of(kind.record)
    held = (
        select(*columns_of(kind.record))
        .where(table.c.id.in_(ids))
        .order_by(table.c.id)
        .with_for_update(key_share=True)
    )
    changed = 0
    for row in await work.all(held):
        keys = kind.keys(row)
        if _differs(row, keys):
            await work.execute(update(table).where(table.c.id == row.id).values(**keys))
            changed += 1
    return changed
