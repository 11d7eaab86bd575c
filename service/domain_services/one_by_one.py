"""One by one: what a job finds is dealt with piece by piece, each in a transaction of its own."""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from service.domain.errors import FrontDoorError, Stale
from service.persistence.asking import Asking
from service.persistence.units_of_work import Performing, Work

Piece = TypeVar("Piece")
Given = TypeVar("Given", contravariant=True)


class Finding(Protocol[Piece]):
    """Reads what is to be dealt with, from after a piece on."""

    def __call__(self, ask: Asking, after: Piece | None) -> Awaitable[Sequence[Piece]]:
        """The next pieces, fewer than a batch where these are the last."""
        ...


class Dealing(Protocol[Given]):
    """Deals with a piece, and raises Stale when there is nothing left to do."""

    def __call__(self, work: Work, found: Given) -> Awaitable[None]:
        """Deals with it."""
        ...


async def deal_with_each(
    house: Performing,
    find: Finding[Piece],
    deal_with: Dealing[Piece],
    *,
    batch: int,
) -> int:
    """Deals with all that is found, so many at a time, each once. Returns how many it dealt with.

    `find` reads up to `batch` pieces from after one on, `deal_with` looks again and raises Stale
    when there is nothing left to do: somebody was quicker, a person or the job elsewhere. One that
    cannot be dealt with keeps no other waiting; the first refusal is raised at the end.
    """
    done = 0
    failures: list[FrontDoorError] = []
    last: Piece | None = None
    while True:
        found = await house.ask(partial(find, after=last))
        for piece in found:
            try:
                await house.perform(partial(deal_with, found=piece))
                done += 1
            except Stale:
                continue
            except FrontDoorError as failure:
                failures.append(failure)
        if len(found) < batch:
            break
        last = found[-1]
    if failures:
        raise failures[0]
    return done
