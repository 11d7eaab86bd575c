"""How often one caller may ask: allowances that fill up again evenly, and what is left of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from math import ceil
from typing import Final
from uuid import UUID

from service.domain.access import Caller, Role
from service.domain.errors import TooManyRequests
from service.domain.texts import counted

# Of what a process lets through, so much of an allowance at most is not known to the others yet.
_SHARES_UNTOLD: Final = 20


class Errand(StrEnum):
    """What a request is for, as far as it matters to how often it may be made."""

    ordinary = "ordinary"
    urgent = "urgent"
    """A child may be at risk: it has a reserve of its own beside the allowance for all requests."""
    lengthy = "lengthy"
    """It takes a while: what else its caller asks does not wait. Counted as an ordinary one."""
    validation = "validation"
    """Something is checked and not sent: it is counted among all requests, and also by itself."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many requests in so many seconds, and after a quiet time as many of them at once.

    What is left is counted in parts, whole numbers all: a request takes `cost` of them, and
    `number` of them come back in each millisecond, until it is `full`.
    """

    name: str
    number: int
    seconds: int

    @property
    def cost(self) -> int:
        """What one request takes."""
        return self.seconds * 1000

    @property
    def full(self) -> int:
        """All of it."""
        return self.number * self.cost

    @property
    def untold(self) -> int:
        """How many requests a process lets through before it tells the others."""
        return max(1, self.number // _SHARES_UNTOLD)

    def refilled(self, left: int, milliseconds: int) -> int:
        """What is left after some time more. A clock that was put back gives nothing, takes none.

        One that was put forward gives all of it at most.
        """
        return min(self.full, left + max(0, milliseconds) * self.number)

    def spent(self, left: int, requests: int) -> int:
        """What is left after so many requests: a debt too, but never a longer one than is paid in
        the time in which an empty one fills up.
        """
        return max(-self.full, left - requests * self.cost)

    def whole_requests(self, left: int) -> int:
        """For how many requests it does."""
        return max(0, left // self.cost)

    def requests_to_full(self, left: int) -> int:
        """How many requests have been taken of the whole and have not come back."""
        return -(-(self.full - left) // self.cost)

    def seconds_until(self, left: int, wanted: int) -> int:
        """How long until so much is left, in seconds begun."""
        return max(0, ceil((wanted - left) / self.number / 1000))


@dataclass(frozen=True, slots=True)
class Left:
    """What a caller has left of an allowance. `retry_after` when this request is refused for it."""

    allowance: Allowance
    requests: int
    seconds: int
    retry_after: int | None = None

    def or_refused(self, errand: Errand) -> None:
        """Raises TooManyRequests when the request is refused."""
        if self.retry_after is not None:
            raise TooManyRequests(_in_words(self, errand), retry_after=self.retry_after)


def left_of(allowance: Allowance, left: int, *, refused: bool) -> Left:
    """What is left, in words of whole requests and seconds."""
    if refused:
        wait = max(1, allowance.seconds_until(left, allowance.cost))
        return Left(allowance, 0, wait, wait)
    whole = allowance.whole_requests(left)
    wanted = allowance.full if whole else allowance.cost
    return Left(allowance, whole, allowance.seconds_until(left, wanted))


def _in_words(left: Left, errand: Errand) -> str:
    wait = f"Wait {counted(left.retry_after or 1, 'second')} and send the request again."
    if errand is Errand.validation and left.allowance.name == VALIDATIONS:
        return (
            f"At most {counted(left.allowance.number, 'multi-agency referral')} may be checked in "
            "an hour. Sending one is not limited by this: where a child may be at risk, send it."
        )
    if errand is Errand.urgent:
        return f"{wait} If a child is in danger now, call 999; or telephone the front door."
    return wait


REQUESTS: Final = "requests"
URGENT_POSTS: Final = "urgent-posts"
VALIDATIONS: Final = "validations"


@dataclass(frozen=True, slots=True)
class Allowances:
    """What each caller may ask: all requests, the reserve for urgent posts, and validations."""

    requests: Allowance
    urgent_posts: Allowance
    validations: Allowance

    @classmethod
    def of(
        cls, *, requests_a_minute: int, urgent_posts_a_minute: int, validations_an_hour: int
    ) -> "Allowances":
        """By the numbers that the authority has set."""
        return cls(
            Allowance(REQUESTS, requests_a_minute, 60),
            Allowance(URGENT_POSTS, urgent_posts_a_minute, 60),
            Allowance(VALIDATIONS, validations_an_hour, 3600),
        )

    @property
    def every(self) -> Sequence[Allowance]:
        """All of them."""
        return self.requests, self.urgent_posts, self.validations


def holder_of(caller: Caller) -> UUID:
    """Whose allowance a request is taken from: the person's, or the partner's client system's.

    A system of a partner may speak under several names; it is one client all the same. Staff are
    counted each by themselves, whatever application they share.
    """
    if Role.partner_system not in caller.roles:
        return caller.account_id
    told = (caller.issuer, caller.organisation_id or "", caller.client_id or caller.subject)
    return UUID(bytes=blake2b("\0".join(told).encode(), digest_size=16).digest())
