"""The filter that a measure's figure gives, on whichever list its cases are in."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from api.schemas.fields import QueryPart
from service.domain.errors import Invalid, Problem
from service.domain.measure_cases import MeasureCases, require_counted
from service.domain.measures import Breakdown, Counted, MeasureCode, Part, require_come
from service.strict.fields import Instant, Line

_WHOSE_PART = Problem(
    "query:measure",
    "`part`, `as_at`, `by`, `group`, `began_from` and `began_to` belong to a measure: name it.",
    "measure_missing",
)
_BY_WHAT = Problem("query:by", "`by` and `group` go together: give both.", "group_missing")


class AskedCases(QueryPart):
    """The cases of a measure as a list is asked for them, before what is left out is filled in."""

    measure: Annotated[
        MeasureCode | None,
        Field(description="Only those behind this measure's figures.", examples=["PI1"]),
    ] = None
    part: Annotated[
        Part | None,
        Field(
            description="With `measure`: which part of its figures; else `denominator`.",
            examples=["missed"],
        ),
    ] = None
    as_at: Annotated[
        Instant | None,
        Field(description="With `measure`: as the record stood at this instant; else now."),
    ] = None
    by: Annotated[
        Breakdown | None,
        Field(
            description="With `measure` and `group`: the breakdown that the group is of.",
            examples=["source"],
        ),
    ] = None
    group: Annotated[
        Annotated[str, Line(64)] | None,
        Field(description="With `by`: only this group of it.", examples=["2A"]),
    ] = None
    began_from: Annotated[
        Instant | None,
        Field(
            description=(
                "With `measure`: only those that the measure counts from this instant on, by what "
                "its definition says begins them."
            )
        ),
    ] = None
    began_to: Annotated[
        Instant | None,
        Field(description="With `measure`: only those that it counts before this instant."),
    ] = None

    def signed(self) -> dict[str, Any]:
        """What a cursor of the list is bound to."""
        if self.measure is None:
            return {}
        return {name: getattr(self, name) for name in type(self).model_fields}

    def of(self, counted: Counted, now: datetime) -> MeasureCases | None:
        """The cases, as at now where no instant is named; None when no measure is asked for.

        Raises Invalid, MeasureCountsOthers, PeriodNotPossible.
        """
        if self.measure is None:
            if any(getattr(self, name) is not None for name in type(self).model_fields):
                raise Invalid("Put right the query and send it again.", problems=[_WHOSE_PART])
            return None
        if (self.by is None) != (self.group is None):
            raise Invalid("Put right the query and send it again.", problems=[_BY_WHAT])
        require_counted(self.measure, counted)
        as_at = self.as_at or now
        require_come(now, as_at)
        return MeasureCases(
            self.measure,
            self.part or Part.denominator,
            as_at,
            self.by,
            self.group,
            self.began_from,
            self.began_to,
        )


Behind = Annotated[AskedCases, Query()]
"""The cases behind a figure of a measure, where a list is asked for them."""
