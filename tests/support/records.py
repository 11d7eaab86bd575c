"""One record of every kind, with every field set or with as few as may be, all on one contact."""

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from service.domain.contact_kinds import ContactKind
from service.domain.withdrawals import WithdrawalAction
from service.persistence.ids import new_id
from service.persistence.records import TABLE_OF, table_of

BEGINNING = datetime(2026, 3, 6, 16, 0, 0, 123456, tzinfo=UTC)
AWKWARD = "Zoë O’Brien; DROP TABLE contact; -- \"quoted\" 'single' \\ %s ? $1 :name \n\t 🐻"


# What the tables ask of one another: the referral is open and answers for the child, the transfer
# comes after the cases that it is between, and a challenge is of one thing.
_FITTING: Mapping[str, Mapping[str, str | None]] = {
    "referral": {"transfer_id": None, "closed_at": None},
    "early_help_episode": {"transfer_id": None},
    "accountability": {
        "person_id": "person",
        "referral_id": "referral",
        "early_help_episode_id": None,
    },
    "transfer": {"referral_id": "referral"},
    "challenge": {"decision_id": None, "transfer_id": "transfer"},
}


# What no step back could hold: a record of it is tried where that is refused.
# What a step before can hold, too: that refuses to forget what it cannot.
_SAID = {
    ("contact", "kind"): ContactKind.concern,
    ("contact_withdrawal", "action"): WithdrawalAction.restored,
}
_FILLED_IN = frozenset({("event", "people")})


def unset_in(table: str) -> set[str]:
    """The fields that the tables want unset, even where every other is set."""
    return {name for name, of in _FITTING.get(table, {}).items() if of is None}


def one_of_each(*, full: bool) -> list[Any]:
    """A record of every kind, in an order in which they may be written."""
    ids = {table_of(record).name: new_id() for record in TABLE_OF}
    found = []
    for record in TABLE_OF:
        fitting = {
            name: None if table is None else ids[table]
            for name, table in _FITTING.get(table_of(record).name, {}).items()
        }
        found.append(dataclasses.replace(_record(record, ids, full=full), **fitting))
    return found


def _record(record: type, ids: Mapping[str, UUID], *, full: bool) -> Any:
    table = table_of(record)
    hints = typing.get_type_hints(record)
    values: dict[str, Any] = {}
    for place, field in enumerate(dataclasses.fields(record)):
        hint = hints[field.name]
        optional = isinstance(hint, types.UnionType)
        if optional:
            if not full:
                # What the database fills in, where it is left to it, is said.
                values[field.name] = [] if (table.name, field.name) in _FILLED_IN else None
                continue
            [hint] = [one for one in typing.get_args(hint) if one is not types.NoneType]
        if (table.name, field.name) in _SAID:
            values[field.name] = _SAID[table.name, field.name]
        elif hint is UUID:
            keys = [key.column.table.name for key in table.c[field.name].foreign_keys]
            values[field.name] = ids[keys[0] if keys else table.name]
        else:
            values[field.name] = _value(hint, f"{table.name}.{field.name}", place, full=full)
    return record(**values)


def _value(hint: Any, name: str, place: int, *, full: bool) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return list(hint)[-1]
    if hint is datetime:
        return BEGINNING + timedelta(days=place, microseconds=place)
    if hint is UUID:
        return new_id()
    if hint is date:
        return date(2012, 2, 29) + timedelta(days=place)
    if hint is bool:
        return full
    if hint is int:
        return 1 + place
    if hint is str:
        return f"{name} {AWKWARD}" if full else name
    if hint is bytes:
        return bytes(range(256)) if full else b""
    if dataclasses.is_dataclass(hint):
        return _of_its_fields(hint, name, place, full=full)
    if typing.get_origin(hint) is Sequence and (each := typing.get_args(hint)[0]) is not str:
        # Two of each, one of them with as little as may be.
        return [_value(each, name, place, full=few) for few in (True, False)] if full else []
    return _document(hint, full=full)


def _of_its_fields(kind: Any, name: str, place: int, *, full: bool) -> Any:
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        if isinstance(hint, types.UnionType):
            if not full:
                values[field.name] = None
                continue
            [hint] = [one for one in typing.get_args(hint) if one is not types.NoneType]
        values[field.name] = _value(hint, f"{name}.{field.name}", place, full=full)
    return kind(**values)


def _document(hint: Any, *, full: bool) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if issubclass(origin, Mapping):
        if not full:
            return {}
        if arguments[1] is str:
            return {"etag": '"1"', "location": AWKWARD}
        return {"text": AWKWARD, "list": [1, 2.5, None, True, {"deep": []}], "none": None}
    if not full:
        return []
    return ["first", AWKWARD]
