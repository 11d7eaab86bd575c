"""Exports over HTTP: lists taken out whole, as CSV."""

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from api.contract import problems
from api.csv_tables import download
from api.deps import Who, change, house_of
from api.requests import counts_as
from api.routes.transfer_lists import Filters
from api.routing import FrontDoorRoute
from api.schemas.transfer_exports import COLUMNS, row_of
from service.bootstrap import Asking
from service.domain.allowances import Errand
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
from service.integrations.csv_tables import CsvTable
from service.usecases import transfer_lists

router = APIRouter(prefix="/v1/exports", tags=["exports"], route_class=FrontDoorRoute)


class CsvResponse(StreamingResponse):
    """For the contract: answered as CSV."""

    media_type = "text/csv"


_EXAMPLE = (
    "reference,id,direction\r\nT-7K3MA-9TQ4R,01936f0e-7c1a-7b6e-8f60-2b1f6d1f9a11,step_up\r\n"
)


@router.get(
    "/transfers",
    response_class=CsvResponse,
    responses={
        200: {
            "description": "One row a transfer, newest first; the first row names the columns.",
            "content": {"text/csv": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        },
        **problems(MeasureCountsOthers, BreakdownNotPossible),
    },
)
@counts_as(Errand.lengthy)
async def export_transfers(request: Request, who: Who, filters: Filters) -> Response:
    """Take out transfers as CSV: what the list shows with the same filters, as at one instant.

    No names, no evidence, no plan, no words. A cell that a spreadsheet would take for a formula
    begins with an apostrophe; take off one apostrophe to read it back. Each export is on record.
    """
    house = house_of(request)
    now, policy = house.clock(), house.policy
    table = CsvTable([column.name for column in COLUMNS])

    async def write(asking: Asking) -> None:
        parts = transfer_lists.transfers_to_export(asking, who, filters, now=now, policy=policy)
        async for part in parts:
            table.add([row_of(one, now, policy) for one in part])

    try:
        await house.ask_at_one_instant(write)
        await change(
            request, lambda work: transfer_lists.record_export(work, who, filters, table.rows)
        )
    except BaseException:
        table.close()
        raise
    return download(table, request.scope, f"transfers-{now:%Y-%m-%dT%H%MZ}.csv")
