"""Limits by the London calendar: working days, the same day, whole weeks."""

from dataclasses import dataclass

from service.domain.texts import in_words


@dataclass(frozen=True, slots=True)
class WorkingDaysLimit:
    """Whole working days: it runs out at the end of the nth working day after the start."""

    working_days: int

    @property
    def words(self) -> str:
        """The limit as people say it: "one working day"."""
        number = self.working_days
        return f"{in_words(number)} working day{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class SameDayLimit:
    """To the end of the London day on which the clock starts, whatever day of the week it is."""

    @property
    def words(self) -> str:
        """The limit as people say it: "the same day"."""
        return "the same day"


@dataclass(frozen=True, slots=True)
class WeeksLimit:
    """To the end of the London day so many weeks after the start, a working day or not."""

    weeks: int

    @property
    def words(self) -> str:
        """The limit as people say it: "six weeks"."""
        return f"{in_words(self.weeks)} week{'' if self.weeks == 1 else 's'}"
