"""Transfers as managers ask for them: lists by the page, and the same taken out whole."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Final

from service.domain.access import Caller, Permission
from service.domain.events import EventType, Whom
from service.domain.transfer_lists import ListedTransfer, TransferFilters
from service.persistence.asking import Asking
from service.persistence.ids import new_id
from service.persistence.keysets import Place
from service.persistence.repositories import transfer_lists
from service.persistence.units_of_work import Work
from service.policy import Policy

AT_ONCE: Final = 500
"""How many transfers are in memory at a time while they are exported."""


def _requested_before(filters: TransferFilters, now: datetime, policy: Policy) -> datetime | None:
    if filters.waiting_over_working_days is None:
        return None
    return policy.older_than(filters.waiting_over_working_days, now)


async def list_transfers(
    ask: Asking,
    who: Caller,
    filters: TransferFilters,
    *,
    now: datetime,
    policy: Policy,
    limit: int,
    after: Place | None = None,
) -> list[ListedTransfer]:
    """Transfers that the caller may see, newest first, from after a place on."""
    who.require(Permission.read_transfers)
    return await transfer_lists.list_newest_first(
        ask,
        who.sight,
        filters,
        now=now,
        requested_before=_requested_before(filters, now, policy),
        limit=limit,
        after=after,
    )


async def transfers_to_export(
    ask: Asking, who: Caller, filters: TransferFilters, *, now: datetime, policy: Policy
) -> AsyncIterator[Sequence[ListedTransfer]]:
    """All transfers that the caller may see, newest first, a part at a time.

    Asked at one instant, they are what the list would show at that instant.
    """
    who.require(Permission.export_transfers)
    after: Place | None = None
    while True:
        found = await transfer_lists.list_newest_first(
            ask,
            who.sight,
            filters,
            now=now,
            requested_before=_requested_before(filters, now, policy),
            limit=AT_ONCE,
            after=after,
        )
        if found:
            yield found
        if len(found) < AT_ONCE:
            return
        after = (found[-1].transfer.requested_at, found[-1].transfer.id)


async def record_export(work: Work, who: Caller, filters: TransferFilters, rows: int) -> None:
    """Keeps that transfers were taken out: by which filters (their names alone), how many."""
    who.require(Permission.export_transfers)
    empty = TransferFilters()
    used = [
        field.name
        for field in fields(filters)
        if getattr(filters, field.name) != getattr(empty, field.name)
        and getattr(filters, field.name) != []
    ]
    used.sort(key="behind".__eq__)
    work.record(
        EventType.transfers_exported,
        who,
        new_id(),
        about=Whom.nobody,
        filters=used,
        rows=rows,
    )
