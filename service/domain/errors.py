"""The four families of refusal, and the shape in which each says what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in what was asked.

    `pointer` is a JSON pointer into the body (`/children/0/sex`), or `query:name`,
    `header:name`, `path:name`. `message` says what to do and never repeats what was sent.
    """

    pointer: str
    message: str
    code: str


class FrontDoorError(Exception):
    """A refusal. `code` is stable and published; `detail` is a sentence that says what to do.

    `state` is a word of a list of states, so that a caller finds it where the thing is read;
    `allowed` are words of actions, or names of operations.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"

    def __init__(
        self,
        detail: str,
        *,
        problems: Sequence[Problem] = (),
        state: StrEnum | None = None,
        allowed: Sequence[str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)
        self.state = state
        self.allowed = None if allowed is None else tuple(allowed)


class NotFound(FrontDoorError):
    """There is no such thing, or the caller may not know that there is."""

    code = "not_found"
    title = "Not found"


class NotAllowed(FrontDoorError):
    """The caller is known, and may not do this."""

    code = "not_allowed"
    title = "Not allowed"


class Conflict(FrontDoorError):
    """The thing is in a state in which this cannot be done: names it, and what can be done."""

    code = "conflict"
    title = "Not possible in this state"


class Invalid(FrontDoorError):
    """What was asked breaks a rule; each fault is named by pointer."""

    code = "invalid"
    title = "The request breaks a rule"


class TooManyRequests(FrontDoorError):
    """The caller asks too often; `Retry-After` says in how many seconds to try again."""

    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Stale(FrontDoorError):
    """Someone else changed the thing since the caller read it; `version` is the current one."""

    code = "stale"
    title = "Changed by someone else"

    def __init__(self, version: int) -> None:
        super().__init__(
            "This was changed since you read it. Read it again, check that your change still "
            "makes sense, and send it with the new ETag in If-Match."
        )
        self.version = version
