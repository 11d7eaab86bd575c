"""Tables as downloads in CSV."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

from api.deps import change, house_of
from api.replies import unless_unchanged
from service.bootstrap import Asking
from service.integrations.csv_tables import Cell, CsvTable

Item = TypeVar("Item")

MEDIA_TYPE: Final = "text/csv"


@dataclass(frozen=True, slots=True)
class Export(Generic[Item]):
    """A list that is taken out whole, as at one instant, and on record.

    `parts` finds it a part at a time; `record` is the use-case that keeps how many rows went out.
    """

    columns: Sequence[str]
    row: Callable[[Item], Sequence[Cell]]
    parts: Callable[[Asking], AsyncIterator[Sequence[Item]]]
    record: Callable[..., Awaitable[None]]

    async def download(self, request: Request, file_name: str) -> Response:
        """Takes the list out, and answers with it."""
        table = CsvTable(self.columns)

        async def write(asking: Asking) -> None:
            async for part in self.parts(asking):
                table.add([self.row(one) for one in part])

        try:
            await house_of(request).ask_at_one_instant(write)
            await change(request, lambda work: self.record(work, rows=table.rows))
        except BaseException:
            table.close()
            raise
        return download(table, request.scope, file_name)


def download(table: CsvTable, scope: Scope, file_name: str) -> Response:
    """The table as a download; 304 when the caller holds this very table."""
    length, pieces = table.written()
    response = StreamingResponse(
        pieces,
        media_type=MEDIA_TYPE,
        headers={
            "content-disposition": f'attachment; filename="{file_name}"',
            "content-length": str(length),
            "etag": f'"{table.digest}"',
        },
    )
    answered = unless_unchanged(scope, response)
    if answered is not response:
        table.close()
    return answered
