"""How the filling is written for each database: ids that follow from a number, and instants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from uuid import UUID

OPEN = 500
OPEN_TRANSFERS = 300
ONE_IN = 10
# The newest contact was received at this instant, the others one a minute before it.
NEWEST_AT = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
STEP_MS = 60_000
ACCOUNT = UUID("01890000-0000-7000-8000-000000000001")
MANAGER = UUID("01890000-0000-7000-8000-000000000002")
HOUR = 3_600_000
"""In milliseconds, as all times of the filling are."""


class Kind(IntEnum):
    """What an id is of: a part of the id."""

    contact = 1
    child = 2
    person = 3
    adult = 4
    deadline = 5
    event = 6
    decision = 7
    referral = 8
    episode = 9
    transfer = 10
    transfer_step = 11
    meeting = 12
    meeting_child = 13
    invitation = 14
    meeting_step = 15
    assessment = 16
    enquiry = 17
    notification = 18
    daily_meeting = 19
    item = 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the two databases write what the filling needs."""

    name: str
    hex12: Callable[[str], str]
    uuid: Callable[[str], str]
    instant: Callable[[str], str]
    day: Callable[[str], str]
    document: Callable[[str], str]

    def id(self, kind: int, n: str = "n", place: str = "0") -> str:
        """The id of the nth contact or of what hangs on it, ordered by time as UUIDv7 is."""
        return self.uuid(
            f"{self.hex12(ms(n))} || '7{kind:03x}8000' || {self.hex12(f'({n}) * 16 + {place}')}"
        )

    def series(self, low: int, high: int) -> str:
        """The numbers from `low` to `high` as a table `s` with one column `n`."""
        if self.name == "sqlite":
            return (
                f"(WITH RECURSIVE t(n) AS (SELECT {low} UNION ALL SELECT n + 1 FROM t "
                f"WHERE n < {high}) SELECT n FROM t) AS s"
            )
        return f"generate_series({low}::bigint, {high}::bigint) AS s(n)"


SQLITE = Dialect(
    "sqlite",
    hex12=lambda number: f"printf('%012x', {number})",
    uuid=lambda text: text,
    instant=lambda at: f"strftime('%Y-%m-%d %H:%M:%S.000000', ({at}) / 1000, 'unixepoch')",
    day=lambda at: f"strftime('%Y-%m-%d', ({at}) / 1000, 'unixepoch')",
    document=lambda text: text,
)
POSTGRESQL = Dialect(
    "postgresql",
    hex12=lambda number: f"lpad(to_hex(({number})::bigint), 12, '0')",
    uuid=lambda text: f"({text})::uuid",
    instant=lambda at: f"to_timestamp(({at}) / 1000)",
    day=lambda at: f"to_timestamp(({at}) / 1000)::date",
    document=lambda text: f"({text})::jsonb",
)


def ms(n: str) -> str:
    """When the nth contact was received: `:base` stands for `first_ms`."""
    return f"(:base + ({n}) * {STEP_MS})"


def cycle(values: Sequence[str], number: str) -> str:
    """One value after the other, by a number."""
    cases = " ".join(f"WHEN {place} THEN '{value}'" for place, value in enumerate(values))
    return f"(CASE ({number}) % {len(values)} {cases} END)"


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
