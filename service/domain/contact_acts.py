"""What is done with a contact as it is logged, while whoever told is on the telephone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Invalid, Problem

_AT = "/at_once"


@dataclass(frozen=True, slots=True)
class AtOnce:
    """How a contact is rated as it is logged, whether it is taken, what its teller was told."""

    rating: Rating | None = None
    rationale: str | None = None
    take: bool = True
    acknowledgement: str | None = None

    @contextmanager
    def told_there(self) -> Iterator[None]:
        """Lets what is refused inside say where in the act of logging it stands."""
        try:
            yield
        except (Conflict, Invalid) as refusal:
            problems = refusal.problems or [Problem("", refusal.detail, refusal.code)]
            raise type(refusal)(
                refusal.detail,
                problems=[replace(one, pointer=_AT + one.pointer) for one in problems],
                state=refusal.state,
                allowed=refusal.allowed,
            ) from None
