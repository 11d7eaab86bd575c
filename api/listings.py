"""Lists over HTTP: narrowed by their query, a page at a time, with the cases behind a figure.

A list says its name, where a line of it stands and how a line is shown. What is narrowed by, what a
cursor is bound to, where a page goes on and how it is answered is the same for every one.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.cursors import Cursors, Place
from api.deps import ask, house_of
from api.measure_cases import AskedCases
from api.replies import next_path, page
from api.schemas.fields import CursorText, Limit, QueryPart
from service.domain.access import Caller

Item = TypeVar("Item")
Standing = tuple[Any, ...]

NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class PageAsked(QueryPart):
    """How long a page is, and where it begins."""

    limit: Limit = 50
    cursor: CursorText | None = None


Paging = Annotated[PageAsked, Query()]
"""What every list is asked for."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """One list: its name, where an item stands, how it is shown, what it can be narrowed by.

    An item's place is the values that the list is in the order of; the last tells all items apart.
    """

    name: str
    place: Callable[[Item], Standing]
    show: Callable[[Item], BaseModel]
    filters: type[Any] | None = None

    def narrowed(
        self, request: Request, asked: QueryPart | None, behind: AskedCases | None = None
    ) -> Any:
        """The filters as the domain has them, and the cases behind a figure among them.

        Raises Invalid, MeasureCountsOthers, PeriodNotPossible.
        """
        if self.filters is None or asked is None:
            return None
        if behind is None:
            return self.filters(**asked.__dict__)
        cases = behind.of(self.filters.counted, house_of(request).clock())
        return self.filters(**asked.__dict__, behind=cases)

    async def page(
        self,
        request: Request,
        who: Caller,
        paging: PageAsked,
        question: Callable[..., Awaitable[Sequence[Item]]],
        asked: QueryPart | None = None,
        behind: AskedCases | None = None,
        about: Mapping[str, object] = NOTHING,
    ) -> Response:
        """Answers with a page of what a use-case finds: so many, and one more when there is one.

        `about` is what the list is of, beside its filters. The cases behind a figure are looked for
        at length.
        """
        filters = self.narrowed(request, asked, behind)
        bound = self.bound_to(filters, behind, about)
        after = self.after(request, who, paging.cursor, bound)
        asking = partial(question, who=who, limit=paging.limit + 1, after=after)
        if filters is not None:
            asking = partial(asking, filters=filters)
        at_length = getattr(filters, "behind", None) is not None
        found = await (
            house_of(request).ask_at_length(asking) if at_length else ask(request, asking)
        )
        return self._answered(request, who, paging, found, bound)

    def page_of(
        self,
        request: Request,
        who: Caller,
        paging: PageAsked,
        items: Sequence[Item],
        about: Mapping[str, object],
    ) -> Response:
        """Answers with a page of items that are all known, whose places are above one another."""
        after = self.after(request, who, paging.cursor, about)
        left = items if after is None else [one for one in items if self.place(one) > after]
        return self._answered(request, who, paging, left, about)

    def _answered(
        self,
        request: Request,
        who: Caller,
        paging: PageAsked,
        found: Sequence[Item],
        bound: Mapping[str, object],
    ) -> Response:
        shown = found[: paging.limit]
        more = len(found) > paging.limit
        return page(
            [self.show(one) for one in shown],
            request=request,
            cursor=self.cursor(request, who, shown[-1], bound) if more else None,
        )

    def bound_to(
        self, filters: Any, behind: AskedCases | None, about: Mapping[str, object] = NOTHING
    ) -> Mapping[str, object]:
        """What a cursor is good for alone.

        An instant that was not named is another for each page, so what was asked is signed.
        """
        if filters is None:
            return about
        own = {field.name: getattr(filters, field.name) for field in fields(filters)}
        own.pop("behind", None)
        return {**own, **about, **(NOTHING if behind is None else behind.signed())}

    def after(
        self, request: Request, who: Caller, cursor: str | None, bound: Mapping[str, object]
    ) -> Standing | None:
        """The place that a cursor stands for in this list; None at its beginning."""
        if cursor is None:
            return None
        cursors: Cursors = request.app.state.cursors
        there = cursors.read(self.name, cursor, account_id=who.account_id, filters=bound)
        return (*there.key, there.id)

    def cursor(self, request: Request, who: Caller, last: Item, bound: Mapping[str, object]) -> str:
        """The cursor to what stands after an item."""
        cursors: Cursors = request.app.state.cursors
        *key, id_ = self.place(last)
        return cursors.give(
            self.name, Place(tuple(key), id_), account_id=who.account_id, filters=bound
        )

    def next_path(
        self, request: Request, who: Caller, last: Item, bound: Mapping[str, object]
    ) -> str:
        """The path to ask for what stands after an item."""
        return next_path(request, self.cursor(request, who, last, bound))
