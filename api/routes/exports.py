"""Exports over HTTP: lists taken out whole, as CSV."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from api.contract import problems
from api.csv_tables import Export
from api.deps import Who, house_of
from api.measure_cases import Behind
from api.requests import counts_as
from api.routes.transfer_lists import listed
from api.routing import FrontDoorRoute
from api.schemas.filters import TransferQuery
from api.schemas.transfer_exports import COLUMNS, row_of
from service.domain.allowances import Errand
from service.domain.measures import BreakdownNotPossible, MeasureCountsOthers
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
async def export_transfers(
    request: Request, who: Who, asked: Annotated[TransferQuery, Query()], behind: Behind
) -> Response:
    """Take out transfers as CSV: what the list shows with the same filters, as at one instant.

    No names, no evidence, no plan, no words. A cell that a spreadsheet would take for a formula
    begins with an apostrophe; take off one apostrophe to read it back. Each export is on record.
    """
    house = house_of(request)
    now, policy = house.clock(), house.policy
    filters = listed(house, now).narrowed(request, asked, behind)
    export: Export[Any] = Export(
        [column.name for column in COLUMNS],
        lambda one: row_of(one, now, policy),
        partial(
            transfer_lists.transfers_to_export, who=who, filters=filters, now=now, policy=policy
        ),
        partial(transfer_lists.record_export, who=who, filters=filters),
    )
    return await export.download(request, f"transfers-{now:%Y-%m-%dT%H%MZ}.csv")
