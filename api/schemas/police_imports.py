"""Files of police notifications on the wire: their columns in words, how far each has come."""

from collections.abc import Mapping
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import EXAMPLE_ID, an_id
from service.domain.police_notifications import (
    MOST_BYTES,
    MOST_FAULTS,
    FileTaking,
    ImportState,
    NotificationImport,
    WholeImport,
)
from service.domain.police_rows import MOST_ROWS
from service.domain.texts import counted
from service.integrations.police_files import COLUMNS
from service.strict.fields import (
    LARGEST,
    Instant,
)

ImportId = Annotated[
    UUID, Path(description="The file of police notifications.", examples=[EXAMPLE_ID])
]


def _columns_in_words() -> str:
    needed = ", ".join(f"`{column.name}`" for column in COLUMNS if column.required)
    other = [column for column in COLUMNS if not column.required]
    names = ", ".join(f"`{column.name}`" for column in other)
    return (
        "A table as CSV in UTF-8, with commas; cells with a comma, a quotation mark or a line end "
        "stand in quotation marks, and these are doubled inside. The first row names the columns, "
        "in any order. Below it is one row for each child; rows of one incident stand one after "
        "the other, and what belongs to the incident is said on its first row, and on the others "
        f"the same or not at all. At most {MOST_ROWS:,} rows and {MOST_BYTES // 1024**2} MiB. "
        f"Needed: {needed}. May be left out: {names}. Instants and codes are written as in "
        "`POST /v1/police-notifications`; several disability codes have semicolons between them. "
        "Nothing in a cell is ever taken for a formula. What cannot be read of a child, an adult, "
        "the officer or the address is no fault: it is kept as told, and said in `faults`."
    )


FILE_IN_WORDS = _columns_in_words()
FILE_EXAMPLE = (
    "incident_number,incident_at,risk,children_present,agreement,concern,address,"
    "child_given_name,child_family_name,child_date_of_birth,child_sex\r\n"
    "RVB-2026-104417,2026-10-22T21:40:00Z,high,yes,not_sought,"
    '"Shouting, both children woken",12 Weir Street,Amara,Okafor,2018-04-09,F\r\n'
    "RVB-2026-104417,,,,,,,Chidi,Okafor,2021-01-01,M\r\n"
)


class ImportFault(WireOut):
    """One fault in a file. It never repeats what the row says."""

    row: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(
            description="The row, as a spreadsheet counts them: the columns' names are row 1.",
            examples=[17],
        ),
    ]
    column: Annotated[
        Annotated[str, Field(max_length=64)] | None,
        Field(
            description="The column; null for a fault of the row as such.",
            examples=["child_nhs_number"],
        ),
    ]
    code: Annotated[
        str, Field(max_length=64, description="The kind, for programs.", examples=["wrong_form"])
    ]
    message: Annotated[
        str,
        Field(
            max_length=1000,
            description="What to do.",
            examples=["This is not an NHS number: ten digits, the last a check digit."],
        ),
    ]


_OF_WHAT_IS_ON_FILE = (
    " Of incidents on file {updates} told otherwise, and {sent_before} as they are."
)
_LEFT_OUT = " Left out: {left_out} with {faults}. Put that right and send what was left out."
_KEPT = " Kept as told, for it could not be read: {kept}."
_IN_WORDS = {
    ImportState.received: "Taken on; a worker checks it shortly.",
    ImportState.checking: "Being checked: {rows_checked} of {rows} so far.",
    ImportState.loading: "Checked; being loaded.",
    ImportState.loaded: "Loaded: {notifications} from {rows}.",
    ImportState.refused: (
        "Refused for {faults}: nothing of it was loaded. Put that right and send "
        "the whole file again."
    ),
}


def _numbers_of(found: NotificationImport) -> Mapping[str, object]:
    return {
        "rows_checked": f"{found.rows_checked:,}",
        "sent_before": f"{found.sent_before:,}",
        "rows": counted(found.rows_total, "row"),
        "notifications": counted(found.notifications_made, "notification"),
        "faults": counted(found.faults_total, "fault"),
        "updates": counted(found.updates_made, "was", "were"),
        "left_out": counted(found.incidents_left_out, "incident"),
        "kept": counted(found.facts_kept_as_told, "fact"),
    }


class NotificationImportSummary(WireOut):
    """A file of police notifications, and how far it has come."""

    id: Annotated[UUID, an_id("The file.")]
    organisation_id: Annotated[
        str,
        Field(max_length=64, description="The police force.", examples=["riverbourne-police"]),
    ]
    state: Annotated[
        ImportState,
        Field(description="received, checking, loading, loaded, refused.", examples=["checking"]),
    ]
    in_words: Annotated[
        str,
        Field(
            max_length=300,
            description="How far it has come, as a sentence.",
            examples=["Being checked: 1,500 of 5,000 rows so far."],
        ),
    ]
    rows_total: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(description="How many rows it has, without the columns' names.", examples=[5000]),
    ]
    rows_checked: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(description="How many of them have been checked.", examples=[1500]),
    ]
    notifications_made: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(
            description="How many notifications came of it: none until it is loaded.",
            examples=[0],
        ),
    ]
    updates_made: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(
            description="How many incidents on file it tells otherwise: kept as updates of them.",
            examples=[0],
        ),
    ]
    sent_before: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(
            description="How many incidents it tells as they are on file: nothing came of these.",
            examples=[0],
        ),
    ]
    faults_total: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(description="How many faults were found, once it was checked.", examples=[0]),
    ]
    taking: Annotated[
        FileTaking,
        Field(
            description="What is loaded of a file with faults: nothing, or the sound incidents.",
            examples=["whole"],
        ),
    ]
    incidents_left_out: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(
            description="How many incidents were left out for their faults, once it was loaded.",
            examples=[0],
        ),
    ]
    facts_kept_as_told: Annotated[
        Annotated[int, Field(ge=0, le=LARGEST)],
        Field(
            description=(
                "How many optional facts could not be read, and are kept as they were told."
            ),
            examples=[0],
        ),
    ]
    submitted_at: Annotated[Instant, Field(description="When it was sent.")]
    submitted_by: Annotated[UUID, an_id("Who sent it.")]
    finished_at: Annotated[
        Instant | None, Field(description="When it was loaded or refused; null until then.")
    ]

    @classmethod
    def of(cls, found: NotificationImport) -> Self:
        """As it is seen in a list."""
        return cls.taken_from(found, in_words=_in_words(found))


def _in_words(found: NotificationImport) -> str:
    words = _IN_WORDS[found.state]
    if found.updates_made or found.sent_before:
        words += _OF_WHAT_IS_ON_FILE
    if found.incidents_left_out:
        words += _LEFT_OUT
    if found.facts_kept_as_told:
        words += _KEPT
    return words.format(**_numbers_of(found))


class PoliceNotificationImport(NotificationImportSummary):
    """A file of police notifications, how far it has come, and its faults by row."""

    version: Annotated[
        Annotated[int, Field(ge=1, le=LARGEST)],
        Field(description="The version, as in the ETag.", examples=[3]),
    ]
    faults: Annotated[
        Annotated[list[ImportFault], Field(max_length=MOST_FAULTS)],
        Field(
            description=(
                f"The faults by row, the first {MOST_FAULTS:,} of them. Of the code "
                "`kept_as_told` it is none: a fact that could not be read, and was loaded as told."
            ),
            examples=[
                [
                    {
                        "row": 17,
                        "column": "child_nhs_number",
                        "code": "wrong_form",
                        "message": "This is not an NHS number: ten digits, the last a check digit.",
                    }
                ]
            ],
        ),
    ]

    @classmethod
    def whole(cls, found: WholeImport) -> Self:
        """As it is read by itself."""
        return cls.taken_from(
            found.imported, in_words=_in_words(found.imported), faults=found.faults
        )
