"""Tables as downloads in CSV."""

from typing import Final

from starlette.responses import Response, StreamingResponse
from starlette.types import Scope

from api.replies import unless_unchanged
from service.integrations.csv_tables import CsvTable

MEDIA_TYPE: Final = "text/csv"


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
