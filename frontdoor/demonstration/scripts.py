"""What becomes of children between early help and social care in the demonstration data."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.domain.transfers import Direction, Party

_SOON: Final = (0.3, 3.0)
SAME_DAY: Final = (1.0, 7.0)
_LATE: Final = (20.0, 60.0)
DAYS: Final = (24.0, 70.0)
_WEEKS: Final = (150.0, 330.0)


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens: so many hours after the one before, or so many hours ago."""

    act: str
    after: tuple[float, float] = SAME_DAY
    hours_ago: float | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """What becomes of one child, move by move; `direction` is of the transfer that it begins.

    Without a direction it is the decision behind the child's case that somebody disagrees with.
    """

    direction: Direction | None
    moves: Sequence[Move]
    asked_by: Party = Party.sender


def script(direction: Direction | None, *moves: str | Move, pull: bool = False) -> Script:
    """A script of the year; a move that is only named comes some days after the one before."""
    asked_by = Party.receiver if pull else Party.sender
    return Script(
        direction,
        [Move(one, DAYS) if isinstance(one, str) else one for one in moves],
        asked_by,
    )


_UP, _DOWN = Direction.step_up, Direction.step_down
_BEGUN = Move("request", (200.0, 1200.0))
OPENED, OPENED_LATE = Move("open", _SOON), Move("open", _LATE)
ANSWERED, _REFUSED = Move("accept", SAME_DAY), Move("refuse", SAME_DAY)
_AGREED, _CHALLENGED = Move("agree", SAME_DAY), Move("challenge", SAME_DAY)
_ASKED_UP = (_BEGUN, OPENED, _REFUSED)
_ASKED_DOWN = (_BEGUN, Move("open", SAME_DAY))
_DISPUTED_UP = (*_ASKED_UP, _CHALLENGED)
_DISPUTED_DOWN = (*_ASKED_DOWN, Move("refuse", DAYS), _CHALLENGED)
_HIGHER = ("upheld", "escalate")
_TAKEN = Move("take", SAME_DAY)
_TAKEN_ON = ("given", Move("visit", _WEEKS), "complete")
_ENDED = Move("close", (500.0, 1500.0))

UPS: Final[Sequence[tuple[int, Script]]] = (
    (12, script(_UP, _BEGUN, OPENED, ANSWERED, _ENDED)),
    (4, script(_UP, _BEGUN, OPENED_LATE, ANSWERED)),
    (3, script(_UP, _BEGUN, OPENED, Move("accept", _LATE), _ENDED)),
    (6, script(_UP, *_ASKED_UP, _AGREED, _ENDED)),
    (2, script(_UP, *_ASKED_UP, Move("agree", _LATE))),
    (2, script(_UP, *_DISPUTED_UP, "agreed", _TAKEN)),
    (2, script(_UP, *_DISPUTED_UP, "changed", "accept")),
    (2, script(_UP, *_DISPUTED_UP, "upheld", "take")),
    (1, script(_UP, *_DISPUTED_UP, "give_up")),
    (1, script(_UP, *_DISPUTED_UP, *_HIGHER, "agreed", _TAKEN)),
    (2, script(_UP, *_DISPUTED_UP, *_HIGHER, "changed", "accept")),
    (2, script(_UP, *_DISPUTED_UP, *_HIGHER, "upheld", "take")),
    (1, script(_UP, *_DISPUTED_UP, *_HIGHER, *_HIGHER, "agreed", _TAKEN)),
    (1, script(_UP, *_DISPUTED_UP, *_HIGHER, *_HIGHER, "changed", "accept")),
    (2, script(_UP, *_DISPUTED_UP, *_HIGHER, *_HIGHER, "upheld")),
    (2, script(_UP, _BEGUN, OPENED, "withdraw")),
    (3, script(_UP, _BEGUN, Move("close", DAYS))),
    (3, script(_UP, _BEGUN, OPENED, ANSWERED, pull=True)),
    (2, script(_UP, *_ASKED_UP, _AGREED, pull=True)),
    (1, script(_UP, *_DISPUTED_UP, "upheld", "take", pull=True)),
)
"""Step-ups of a year, and how many of each."""

DOWNS: Final[Sequence[tuple[int, Script]]] = (
    (14, script(_DOWN, *_ASKED_DOWN, "accept", *_TAKEN_ON, _ENDED)),
    (5, script(_DOWN, *_ASKED_DOWN, "given", "accept", Move("visit", DAYS), "complete")),
    (4, script(_DOWN, _BEGUN, Move("open", _WEEKS), "given", "accept", "visit", "complete")),
    (3, script(_DOWN, *_ASKED_DOWN, "accept", "given", Move("visit", (400, 700)), "complete")),
    (4, script(_DOWN, *_ASKED_DOWN, "family_refused", "keep", _ENDED)),
    (2, script(_DOWN, *_ASKED_DOWN, "accept", "family_refused", "keep")),
    (
        3,
        script(
            _DOWN,
            *_ASKED_DOWN,
            "given",
            "accept",
            "family_withdrawn",
            "ask_again",
            "open",
            "accept",
            *_TAKEN_ON,
        ),
    ),
    (2, script(_DOWN, *_ASKED_DOWN, "given", "accept", "family_withdrawn", "keep")),
    (5, script(_DOWN, *_ASKED_DOWN, "refuse", "agree", _ENDED)),
    (2, script(_DOWN, *_DISPUTED_DOWN, "agreed", _TAKEN)),
    (2, script(_DOWN, *_DISPUTED_DOWN, "changed", "accept", *_TAKEN_ON)),
    (1, script(_DOWN, *_DISPUTED_DOWN, "upheld", "take")),
    (1, script(_DOWN, *_DISPUTED_DOWN, *_HIGHER, "upheld", "take")),
    (1, script(_DOWN, *_DISPUTED_DOWN, *_HIGHER, "changed", "accept", *_TAKEN_ON)),
    (1, script(_DOWN, *_DISPUTED_DOWN, *_HIGHER, *_HIGHER, "upheld")),
    (2, script(_DOWN, *_ASKED_DOWN, "withdraw")),
    (4, script(_DOWN, *_ASKED_DOWN, "accept", "up_again")),
    (3, script(_DOWN, *_ASKED_DOWN, "accept", *_TAKEN_ON, pull=True)),
    (1, script(_DOWN, *_ASKED_DOWN, "refuse", "agree", pull=True)),
)
"""Step-downs of a year, and how many of each."""

_DISPUTED = Move("dispute", (2.0, 60.0))
DISPUTES: Final[Sequence[tuple[int, Script]]] = (
    (3, script(None, _DISPUTED, "agreed", _TAKEN)),
    (3, script(None, _DISPUTED, "upheld", "take")),
    (1, script(None, _DISPUTED, "give_up")),
    (1, script(None, _DISPUTED, *_HIGHER, "upheld", "take")),
    (1, script(None, _DISPUTED, *_HIGHER, "agreed", _TAKEN)),
    (1, script(None, _DISPUTED, *_HIGHER, *_HIGHER, "upheld")),
)
"""Disagreements with decisions of a year, and how many of each."""

CHANGED_DECISIONS: Final[Sequence[tuple[int, Script]]] = (
    (3, script(None, _DISPUTED, "changed", "decide_anew")),
    (1, script(None, _DISPUTED, *_HIGHER, "changed", "decide_anew")),
    (1, script(None, _DISPUTED, *_HIGHER, *_HIGHER, "changed", "decide_anew")),
)
"""Disagreements that change a decision for early help."""


def _ago(direction: Direction | None, *moves: tuple[str, float], pull: bool = False) -> Script:
    return script(direction, *(Move(act, hours_ago=hours) for act, hours in moves), pull=pull)


def _days_ago(direction: Direction | None, *moves: tuple[str, float]) -> Script:
    return _ago(direction, *((act, days * 24) for act, days in moves))


_UP_REFUSED = (("request", 29.2), ("open", 29.1), ("refuse", 28.8), ("challenge", 28.2))
ANSWERED_TWICE = (("upheld", 27.2), ("escalate", 26.2))
NOW_UP: Final[Sequence[Script]] = (
    _ago(_UP, ("request", 1.2)),
    _ago(_UP, ("request", 3.6)),
    _ago(_UP, ("request", 30)),
    _ago(_UP, ("request", 5), ("open", 4.4)),
    _days_ago(_UP, ("request", 7), ("open", 6.9)),
    _ago(_UP, ("request", 12), ("open", 10.5), ("refuse", 2.4)),
    _days_ago(_UP, ("request", 9), ("open", 8.9), ("refuse", 8)),
    _days_ago(_UP, ("request", 10), ("open", 9.9), ("refuse", 9.5), ("challenge", 9)),
    _days_ago(_UP, *_UP_REFUSED, ("upheld", 12), ("escalate", 11)),
    _days_ago(_UP, *_UP_REFUSED, *ANSWERED_TWICE, ("upheld", 22), ("escalate", 21)),
    _days_ago(_UP, *_UP_REFUSED, ("upheld", 8)),
    _days_ago(_UP, *_UP_REFUSED, ("changed", 7)),
    _ago(_UP, ("request", 20), ("open", 19), pull=True),
)
"""Step-ups of today, one at each step, in time and late."""

NOW_DOWN: Final[Sequence[Script]] = (
    _ago(_DOWN, ("request", 5.5)),
    _days_ago(_DOWN, ("request", 6.5)),
    _days_ago(_DOWN, ("request", 2), ("open", 1.4)),
    _days_ago(_DOWN, ("request", 15), ("open", 14.5)),
    _days_ago(_DOWN, ("request", 12), ("open", 11.6), ("refuse", 8)),
    _days_ago(_DOWN, ("request", 13), ("open", 12.5), ("refuse", 10), ("challenge", 9)),
    _days_ago(_DOWN, ("request", 16), ("open", 15), ("accept", 13)),
    _days_ago(_DOWN, ("request", 28), ("open", 27), ("given", 26), ("accept", 25)),
    _days_ago(_DOWN, ("request", 28), ("open", 27), ("given", 26), ("accept", 25), ("visit", 16)),
    _days_ago(_DOWN, ("request", 14), ("open", 13), ("family_refused", 8)),
    _days_ago(_DOWN, ("request", 3), ("open", 2.5), ("family_refused", 0.9)),
)
"""Step-downs of today, one at each step, in time and late."""

NOW_DISPUTED: Final[Sequence[Script]] = (
    _ago(None, ("dispute", 6)),
    _days_ago(None, ("dispute", 8), ("changed", 7)),
)
"""Disagreements of today with a decision for early help."""


def deck(chance: random.Random, of: Sequence[tuple[int, Script]]) -> list[Script]:
    """So many of each script, shuffled."""
    found = [script for count, script in of for _ in range(count)]
    chance.shuffle(found)
    return found
