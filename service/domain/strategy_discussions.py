"""The strategy discussion that is owed where harm was disclosed in a step-up: held, or why not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.errors import Problem
from service.domain.strategy_meetings import Agency


class NoMeetingBecause(StrEnum):
    """Why the strategy meeting that disclosed harm owes is not held after all."""

    died = "died"
    moved_away = "moved_away"
    recorded_in_error = "recorded_in_error"


@dataclass(frozen=True, slots=True)
class StrategyDiscussion:
    """What is told of the meeting that disclosed harm owes: held, with whom; or why it is not."""

    words: str
    held_at: datetime | None = None
    agencies: Sequence[Agency] = ()
    not_held_because: NoMeetingBecause | None = None


def faults_in_discussion(
    told: StrategyDiscussion, quorum: Collection[Agency], *, owed_since: datetime, now: datetime
) -> list[Problem]:
    """What a strategy discussion leaves out or cannot be, all at once."""
    if told.not_held_because is not None:
        return [
            Problem(f"/{name}", "It was not held: leave this out.", "surplus")
            for name in ("held_at", "agencies")
            if getattr(told, name)
        ]
    problems: list[Problem] = []
    if told.held_at is None:
        problems.append(
            Problem("/held_at", "Say when it was held, or in not_held_because why not.", "missing")
        )
    elif not owed_since <= told.held_at <= now:
        problems.append(
            Problem(
                "/held_at",
                "It was held between the request of the step-up and now. Check the time.",
                "time_not_possible",
            )
        )
    absent = [one.replace("_", " ") for one in quorum if one not in told.agencies]
    if absent:
        problems.append(
            Problem(
                "/agencies",
                f"A strategy discussion is held with all of its quorum: {', '.join(absent)} is "
                "missing.",
                "not_quorate",
            )
        )
    return problems
