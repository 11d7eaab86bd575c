"""The cases behind a figure: by what they are asked for, wherever they are listed."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from service.domain.errors import Problem
from service.domain.measure_definitions import measure_of
from service.domain.measures import Breakdown, Counted, MeasureCountsOthers, Part, require_breakdown


@dataclass(frozen=True, slots=True)
class MeasureCases:
    """The cases behind a part of a measure's figures, or of one group of them, as at an instant.

    `begins_at` and `ends_at` narrow them to those that began from the one up to and not with the
    other.
    """

    code: str
    part: Part
    as_at: datetime
    by: Breakdown | None = None
    group: str | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises MeasureNotFound, BreakdownNotPossible."""
        require_breakdown(measure_of(self.code), self.by)


def require_counted(code: str, counted: Counted) -> None:
    """Raises MeasureCountsOthers for a measure of other cases, and MeasureNotFound."""
    measure = measure_of(code)
    if measure.counted is not counted:
        raise MeasureCountsOthers(
            "Put right the measure and ask again.",
            problems=[
                Problem(
                    "query:measure",
                    f"This measure counts {measure.counted}: ask for its cases where they are "
                    "listed, by the path that the figure gives.",
                    "measure_counts_others",
                )
            ],
        )


@dataclass(frozen=True, slots=True)
class CountedFilters:
    """What a list is narrowed by whose things a measure may count; `behind` are a figure's cases.

    Raises MeasureCountsOthers for a figure of other things.
    """

    counted: ClassVar[Counted]

    behind: MeasureCases | None = None

    def __post_init__(self) -> None:
        """Looks whether the figure is one of these things."""
        if self.behind is not None:
            require_counted(self.behind.code, self.counted)
