"""Passed concerns: read, listed, and found by the child while they wait."""

from uuid import UUID

from sqlalchemy import bindparam, literal_column, select

from service.domain.errors import NotFound
from service.domain.passed_concerns import PassedConcern
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Things
from service.persistence.units_of_work import Work
from service.persistence.visibility import passed_concerns_visible_to

PASSED = table_of(PassedConcern)


class PassedConcernNotFound(NotFound):
    """No such passed concern, or not one that the caller may know of."""

    code = "passed_concern_not_found"
    title = "No such passed concern"


PASSED_CONCERNS = Things(
    PassedConcern, "passed concern", passed_concerns_visible_to, PassedConcernNotFound
)
LISTED = Listed(PassedConcern, "passed_at", passed_concerns_visible_to)


async def waiting_of_person(ask: Asking | Work, person_id: UUID) -> list[PassedConcern]:
    """The concerns about a child that nobody has read yet, the oldest first."""
    rows = await ask.all(_waiting_of_person(), person=person_id)
    return [read(PassedConcern, row) for row in rows]


@made_once
def _waiting_of_person() -> Makeable:
    return (
        select(*columns_of(PassedConcern))
        .where(
            PASSED.c.person_id == bindparam("person"),
            # Written out, as the index of these has it.
            PASSED.c.state == literal_column("'waiting'"),
        )
        .order_by(PASSED.c.passed_at, PASSED.c.id)
    )


async def of_decision(ask: Asking | Work, decision_id: UUID) -> PassedConcern | None:
    """What a decision passed to who holds the case."""
    row = await ask.first(
        select(*columns_of(PassedConcern)).where(PASSED.c.decision_id == decision_id)
    )
    return None if row is None else read(PassedConcern, row)
