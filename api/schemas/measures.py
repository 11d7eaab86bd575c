"""Measures on the wire: figures with what they are made of, and the path to their very cases."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field

from api.schemas.fields import WireOut
from service.domain import measures
from service.domain.measures import Breakdown, Counted, MeasureCode, Part, Unit
from service.strict.fields import LARGEST, DateOn, Instant

_CASES = (
    "/v1/contacts?measure=PI1&part=missed&as_at=2019-01-31T12%3A00%3A00Z"
    "&received_from=2018-03-01T00%3A00%3A00Z&received_to=2018-03-31T23%3A00%3A00Z"
)
_MONTH = "2018-03"
# Lists that are narrowed by when their cases began anyway; the others, by what is counted.
_BEGAN = {
    Counted.contacts: "received",
    Counted.transfers: "requested",
    Counted.challenges: "raised",
}


class Measure(WireOut):
    """What a measure counts."""

    code: Annotated[MeasureCode, Field(description="Its code.", examples=["PI1"])]
    title: Annotated[
        str,
        Field(
            max_length=200,
            description="Its name.",
            examples=["Contacts accepted as a referral within 24 hours"],
        ),
    ]
    definition: Annotated[
        str,
        Field(
            max_length=2000,
            description="What is counted against what, in words.",
            examples=["Of the contacts received in the month that led to a referral: the share …"],
        ),
    ]
    unit: Annotated[Unit, Field(description="What its value is in.", examples=["per_cent"])]
    source: Annotated[
        str,
        Field(
            max_length=500,
            description="Who asks for it.",
            examples=["Performance measure PI1, published monthly since 2018"],
        ),
    ]
    counted: Annotated[Counted, Field(description="What its cases are.", examples=["contacts"])]
    breakdowns: Annotated[
        list[Breakdown],
        Field(max_length=20, description="What it can be broken down by.", examples=[["source"]]),
    ]
    timed: Annotated[
        bool,
        Field(
            description="Whether its figures tell the median and the longest time.",
            examples=[False],
        ),
    ]
    standing: Annotated[
        bool,
        Field(
            description=(
                "Whether it counts what stands at the end of each month, whenever it began; else "
                "what began in the month."
            ),
            examples=[False],
        ),
    ]


class MeasureCasePaths(WireOut):
    """Paths that list the very cases behind a figure, as at the same instant."""

    denominator: Annotated[
        str, Field(max_length=2048, description="Those counted against.", examples=[_CASES])
    ]
    numerator: Annotated[
        str, Field(max_length=2048, description="Those that met it.", examples=[_CASES])
    ]
    missed: Annotated[
        str, Field(max_length=2048, description="Those that did not.", examples=[_CASES])
    ]

    @classmethod
    def of(
        cls, measure: measures.Measure, by: Breakdown | None, point: measures.MeasurePoint
    ) -> "MeasureCasePaths":
        """The paths for one figure."""
        began = _BEGAN.get(measure.counted, "began")

        def path(part: Part) -> str:
            query: dict[str, str] = {
                "measure": measure.code,
                "part": part,
                "as_at": _zulu(point.as_at),
            }
            if not measure.standing:
                query[f"{began}_from"] = _zulu(point.begins_at)
                query[f"{began}_to"] = _zulu(point.ends_at)
            if by is Breakdown.source and point.group is not None:
                query["source_code"] = point.group
            elif by is not None and point.group is not None:
                query |= {"by": by, "group": point.group}
            return f"/v1/{measure.counted.replace('_', '-')}?{urlencode(query)}"

        return cls.made_of({part.value: path(part) for part in Part})


class MeasurePoint(WireOut):
    """One figure: numerator, denominator, and where its cases are."""

    period: Annotated[
        str,
        Field(
            max_length=21,
            description=(
                "The London month; for the total, the London days asked for, from/up to and not "
                "with."
            ),
            examples=[_MONTH],
        ),
    ]
    begins_at: Annotated[
        Instant,
        Field(
            description=(
                "Its cases began from here, as the definition says what begins one; those of a "
                "standing measure whenever they did …"
            )
        ),
    ]
    ends_at: Annotated[Instant, Field(description="… up to here, and not with it.")]
    as_at: Annotated[
        Instant,
        Field(
            description=(
                "Counted as the record stood at this instant: that of the reading, or for a "
                "standing measure the end of the month where that comes first."
            )
        ),
    ]
    received_from: Annotated[
        Instant | None,
        Field(description="The same as `begins_at` where contacts are counted; else null."),
    ]
    received_to: Annotated[
        Instant | None,
        Field(description="The same as `ends_at` where contacts are counted; else null."),
    ]
    source_code: Annotated[
        str | None,
        Field(
            max_length=4,
            description="The referral source, in a breakdown by source; else null.",
            examples=["2A"],
        ),
    ]
    group: Annotated[
        str | None,
        Field(
            max_length=64,
            description="What it is in a breakdown: a code, a team, a step or a stage; else null.",
            examples=["2A"],
        ),
    ]
    numerator: Annotated[
        int, Field(ge=0, le=LARGEST, description="How many met it.", examples=[71])
    ]
    denominator: Annotated[
        int, Field(ge=0, le=LARGEST, description="How many were counted against.", examples=[90])
    ]
    missed: Annotated[
        int, Field(ge=0, le=LARGEST, description="How many did not meet it.", examples=[19])
    ]
    value: Annotated[
        float | None,
        Field(
            ge=0,
            le=LARGEST,
            description=(
                "Per cent to one decimal, half up, and null where nothing was counted; of a "
                "measure whose unit is number, how many met it; where it is each, how many on "
                "each case, to two decimals."
            ),
            examples=[78.9],
        ),
    ]
    in_all: Annotated[
        int | None,
        Field(
            ge=0,
            le=LARGEST,
            description="How many on all cases together, of a measure whose unit is each.",
            examples=[None],
        ),
    ]
    median_minutes: Annotated[
        int | None,
        Field(
            ge=0,
            le=LARGEST,
            description=(
                "The median time in whole minutes, day and night, of all counted against; null "
                "for a measure that is not timed, and of nothing."
            ),
            examples=[195],
        ),
    ]
    longest_minutes: Annotated[
        int | None,
        Field(
            ge=0,
            le=LARGEST,
            description="The longest time among them, in the same way.",
            examples=[1560],
        ),
    ]
    cases: Annotated[MeasureCasePaths, Field(description="Where the very cases are.")]

    @classmethod
    def of(
        cls, measure: measures.Measure, by: Breakdown | None, point: measures.MeasurePoint
    ) -> "MeasurePoint":
        """A figure as it goes out."""
        of_contacts = measure.counted is Counted.contacts
        return cls.taken_from(
            point,
            received_from=point.begins_at if of_contacts else None,
            received_to=point.ends_at if of_contacts else None,
            source_code=point.group if by is Breakdown.source else None,
            value=None if point.value is None else float(point.value),
            cases=MeasureCasePaths.of(measure, by, point),
        )


class MeasureReading(WireOut):
    """A measure over a period, month by month, as at an instant."""

    measure: Annotated[Measure, Field(description="What is counted.")]
    as_at: Annotated[
        Instant, Field(description="Counted from what was on the record at this instant.")
    ]
    from_on: Annotated[
        DateOn,
        Field(
            serialization_alias="from", description="The first London day.", examples=["2018-01-01"]
        ),
    ]
    to_on: Annotated[
        DateOn,
        Field(
            serialization_alias="to",
            description="The London day up to which, and not with which, it goes.",
            examples=["2019-01-01"],
        ),
    ]
    by: Annotated[
        Breakdown | None, Field(description="What it is broken down by.", examples=["source"])
    ]
    points: Annotated[
        list[MeasurePoint],
        Field(
            max_length=2000,
            description="Month by month; in a breakdown, what occurs in each.",
        ),
    ]
    total: Annotated[MeasurePoint, Field(description="The whole period.")]

    @classmethod
    def of(cls, reading: measures.MeasureReading) -> "MeasureReading":
        """A reading as it goes out."""
        measure, by = reading.measure, reading.by
        return cls.taken_from(
            reading,
            points=[MeasurePoint.of(measure, by, point) for point in reading.points],
            total=MeasurePoint.of(measure, None, reading.total),
        )


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
