"""Measures: which there are, what one reads over a period, and the very cases behind it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from service.domain.access import Caller, Permission
from service.domain.calendar import london_midnight
from service.domain.measure_definitions import MEASURES, measure_of
from service.domain.measures import (
    Breakdown,
    Measure,
    MeasurePoint,
    MeasureReading,
    Period,
    period_asked_for,
    periods,
    require_breakdown,
)
from service.persistence.asking import Asking
from service.persistence.repositories import measures


async def read_measures(ask: Asking, who: Caller) -> list[Measure]:
    """Every measure that can be read, by code."""
    who.require(Permission.read_measures)
    return [MEASURES[code] for code in sorted(MEASURES)]


async def read_measure(
    ask: Asking,
    who: Caller,
    code: str,
    *,
    now: datetime,
    as_at: datetime | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
    by: Breakdown | None = None,
) -> MeasureReading:
    """A measure by London month, `from_on` up to and not with `to_on`, as at an instant.

    Counted from the whole record, whatever the caller may open: figures, no names. Without a
    breakdown there is a point for every month; with one, for what occurs in it. Raises
    MeasureNotFound, BreakdownNotPossible, PeriodNotPossible.
    """
    who.require(Permission.read_measures)
    measure = measure_of(code)
    at, start, end = period_asked_for(now, as_at, from_on, to_on)
    months = periods(start, end)
    whole = Period(
        f"{start.isoformat()}/{end.isoformat()}", london_midnight(start), london_midnight(end)
    )
    require_breakdown(measure, by)
    points = await measures.figures(ask, measure, at, months, by=by)
    if by is None:
        found = {point.period: point for point in points}
        points = [found.get(month.label) or _nothing(measure, month, at) for month in months]
    total = replace(
        _nothing(measure, whole, at),
        numerator=sum(point.numerator for point in points),
        denominator=sum(point.denominator for point in points),
        in_all=_in_all(points),
    )
    if measure.timed:
        # Neither medians nor what stands at the end of each month can be added up.
        total = next(
            iter(await measures.figures(ask, measure, at, [whole])), _nothing(measure, whole, at)
        )
    return MeasureReading(measure, at, start, end, by, points, total)


def _in_all(points: Sequence[MeasurePoint]) -> int | None:
    found = [point.in_all for point in points if point.in_all is not None]
    return sum(found) if found else None


def _nothing(measure: Measure, period: Period, as_at: datetime) -> MeasurePoint:
    # What stands is counted at the end of each period, whether or not anything does.
    at = min(period.ends_at, as_at) if measure.standing else as_at
    return MeasurePoint(period.label, period.begins_at, period.ends_at, at, 0, 0, unit=measure.unit)
