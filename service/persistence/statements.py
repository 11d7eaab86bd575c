"""The statements that nearly every noun asks: one record, one that is held, those of a parent."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from service.domain.access import Sight
from service.persistence.prepared import Makeable, made_once, made_once_for_sight
from service.persistence.records import columns_of, table_of


@made_once_for_sight
def one_seen(
    sight: Sight, record: type, visible_to: Callable[[Sight], ColumnElement[bool]]
) -> Makeable:
    """One record by its `id`, where the caller may see it."""
    return select(*columns_of(record)).where(
        table_of(record).c.id == bindparam("id"), visible_to(sight)
    )


@made_once_for_sight
def one_held(
    sight: Sight, record: type, visible_to: Callable[[Sight], ColumnElement[bool]], shared: bool
) -> Makeable:
    """As `one_seen`, and held until the commit.

    `shared`: others may still hang rows on it meanwhile.
    """
    table = table_of(record)
    return (
        select(*columns_of(record))
        .where(table.c.id == bindparam("id"), visible_to(sight))
        .with_for_update(of=table, key_share=shared)
    )


@made_once
def one_that_was_found(record: type, held: bool) -> Makeable:
    """One record by its `id`, for whoever has found it already; `held` until the commit or not."""
    table = table_of(record)
    statement = select(*columns_of(record)).where(table.c.id == bindparam("id"))
    return statement.with_for_update(of=table, key_share=True) if held else statement


@made_once
def all_of(record: type, parent: str, *order: str) -> Makeable:
    """The records of one parent, whose id is given as `of`, in an order of columns."""
    table = table_of(record)
    parents: Any = table.c[parent]
    return (
        select(*columns_of(record))
        .where(parents == bindparam("of"))
        .order_by(*(table.c[name] for name in order))
    )


@made_once_for_sight
def all_of_seen(
    sight: Sight,
    record: type,
    parent: str,
    visible_to: Callable[[Sight], ColumnElement[bool]],
    *order: str,
) -> Makeable:
    """As `all_of`, those alone that the caller may see."""
    table = table_of(record)
    parents: Any = table.c[parent]
    return (
        select(*columns_of(record))
        .where(parents == bindparam("of"), visible_to(sight))
        .order_by(*(table.c[name] for name in order))
    )
