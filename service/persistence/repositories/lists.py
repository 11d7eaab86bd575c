"""Lists of one kind of thing: narrowed by filters, by who may see it, and a page at a time."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, select

from service.domain.access import Sight
from service.persistence.asking import Asking
from service.persistence.keysets import Place, narrowed, newest_first
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import measures

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Listed(Generic[Record]):
    """A list of records, by when something happened to each; `visible_to` says who sees which.

    `elsewhere` are the filters that ask of something else than a record's own columns.
    """

    record: type[Record]
    at: str
    visible_to: Callable[[Sight], ColumnElement[bool]]
    elsewhere: Collection[str] = ()

    def which(self, filters: Any) -> list[ColumnElement[bool]]:
        """What filters ask of a record, and the cases behind a figure of a measure among it."""
        found = narrowed(table_of(self.record), filters, but=self.elsewhere)
        behind = getattr(filters, "behind", None)
        return found if behind is None else [*found, measures.cases(behind)]

    async def newest_first(
        self,
        ask: Asking,
        sight: Sight,
        filters: Any = None,
        *,
        limit: int,
        after: Place | None = None,
        also: Collection[ColumnElement[bool]] = (),
    ) -> list[Record]:
        """Those that the caller may see, the newest first, from after a place on."""
        asked = [] if filters is None else self.which(filters)
        seen = select(*columns_of(self.record)).where(self.visible_to(sight), *asked, *also)
        rows = await ask.all(self.page(seen, limit, after))
        return [read(self.record, row) for row in rows]

    def page(self, statement: Select[Any], limit: int, after: Place | None = None) -> Select[Any]:
        """So many lines of a statement, the newest first, from after a place on."""
        return newest_first(table_of(self.record), self.at).page(statement, limit, after)
