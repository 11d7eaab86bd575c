"""An enquiry is reckoned from the meeting that initiated it, and may end with no conference needed.

Until now a later meeting could begin an enquiry anew, and its conference was due that much later.
Each such enquiry is put right: it names its first meeting again, and where the conference is still
owed a clock runs from that meeting, beside the one that is stopped for it. What had been written
stays in the history of the enquiry, and an event tells what was done.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from service.clock import system_clock
from service.persistence.columns import DOCUMENT, IDS, INSTANT
from service.persistence.ids import new_id
from service.persistence.schema_steps import CannotGoBack

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None
oldest_reader = "0022"

_ENQUIRY = "section_47_enquiry"
_CLOCK = "initial_child_protection_conference"
_COLUMNS: dict[str, tuple[Any, str]] = {
    "no_conference_because": (sa.String(), "Why no conference is needed, coded."),
    "no_conference_since_on": (sa.Date(), "Since when the child is looked after, away or dead."),
    "no_conference_words": (sa.String(), "Why no conference is needed, in words."),
    "no_conference_proposed_at": (INSTANT, "When that was proposed."),
    "no_conference_proposed_by": (sa.Uuid(), "Who proposed it."),
    "no_conference_agreed_at": (INSTANT, "When a manager agreed to it."),
    "no_conference_agreed_by": (sa.Uuid(), "Which manager agreed to it."),
    "no_conference_agreed_words": (sa.String(), "The manager's own words."),
}
_NEW_STEPS = (
    "'propose_no_conference', 'agree_no_conference', 'return_no_conference', 'become_joint'"
)
_CLOCK_COLUMNS = (
    "kind, variant, subject_kind, subject_id, contact_id, owner_role, started_at, due_at, warn_at, "
    "policy_version, explanation"
)


def _sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _say(meeting: str, began: str) -> None:
    if not _sqlite():
        op.alter_column(_ENQUIRY, "meeting_id", comment=meeting)
        op.alter_column(_ENQUIRY, "began_at", comment=began)


def upgrade() -> None:
    """Goes to this step."""
    for name, (type_, comment) in _COLUMNS.items():
        if isinstance(type_, sa.Uuid) and _sqlite():
            # SQLite takes a reference in the column alone.
            op.execute(f"ALTER TABLE {_ENQUIRY} ADD COLUMN {name} CHAR(32) REFERENCES account (id)")
            continue
        op.add_column(_ENQUIRY, sa.Column(name, type_, nullable=True, comment=comment))
        if isinstance(type_, sa.Uuid):
            op.create_foreign_key(None, _ENQUIRY, "account", [name], ["id"])
    _say(
        "The strategy meeting that initiated it.",
        "When the meeting that initiated it was held: its clocks start here.",
    )
    _put_starts_right()


def _tables() -> tuple[Any, Any, Any, Any]:
    step = sa.table(
        "section_47_enquiry_step",
        *(sa.column(name, sa.Uuid()) for name in ("id", "enquiry_id", "meeting_id")),
        sa.column("action", sa.String()),
        sa.column("happened_at", INSTANT),
    )
    enquiry = sa.table(
        _ENQUIRY,
        *(sa.column(name, sa.Uuid()) for name in ("id", "meeting_id", "contact_id", "person_id")),
        *(sa.column(name, INSTANT) for name in ("began_at", "ended_at")),
        sa.column("version", sa.Integer()),
    )
    clock = sa.table(
        "deadline",
        *(sa.column(name, sa.Uuid()) for name in ("id", "subject_id", "contact_id")),
        *(sa.column(name, sa.String()) for name in ("kind", "stopped_because")),
        *(sa.column(name, INSTANT) for name in ("started_at", "due_at", "stopped_at")),
    )
    flag = sa.table(
        "flag",
        sa.column("deadline_id", sa.Uuid()),
        sa.column("cleared_at", INSTANT),
        sa.column("cleared_because", sa.String()),
        sa.column("version", sa.Integer()),
    )
    return step, enquiry, clock, flag


def _put_starts_right() -> None:
    """Reckons every enquiry that was begun anew from the meeting that initiated it."""
    connection = op.get_bind()
    now = system_clock()
    step, enquiry, clock, flag = _tables()
    again = sa.select(step.c.enquiry_id).where(step.c.action == "begin_again")
    for found in connection.execute(sa.select(enquiry).where(enquiry.c.id.in_(again))).all():
        first = connection.execute(
            sa.select(step.c.meeting_id, step.c.happened_at)
            .where(step.c.enquiry_id == found.id, step.c.action == "begin")
            .order_by(step.c.id)
            .limit(1)
        ).first()
        if first is None or first.happened_at == found.began_at:
            continue
        connection.execute(
            enquiry.update()
            .where(enquiry.c.id == found.id)
            .values(
                meeting_id=first.meeting_id,
                began_at=first.happened_at,
                version=enquiry.c.version + 1,
            )
        )
        due_at = _put_clock_right(clock, flag, found, now)
        _tell(found, first, due_at, now)


def _put_clock_right(clock: Any, flag: Any, found: Any, now: Any) -> Any:
    """Stops the clock that was started anew, if it runs, and runs the first one's limit."""
    connection = op.get_bind()
    mine = sa.and_(
        clock.c.contact_id == found.contact_id,
        clock.c.subject_id == found.id,
        clock.c.kind == _CLOCK,
    )
    clocks = connection.execute(
        sa.select(clock).where(mine).order_by(clock.c.started_at, clock.c.id)
    ).all()
    running = [one for one in clocks if one.stopped_at is None]
    if not running or running[0].id == clocks[0].id:
        return None
    because = "start_put_right"
    stopped = clock.update().where(clock.c.id == running[0].id)
    connection.execute(stopped.values(stopped_at=now, stopped_because=because))
    connection.execute(
        flag.update()
        .where(flag.c.deadline_id == running[0].id, flag.c.cleared_at.is_(None))
        .values(cleared_at=now, cleared_because=because, version=flag.c.version + 1)
    )
    copied: Any = sa.text(
        f"INSERT INTO deadline (id, {_CLOCK_COLUMNS}) "  # noqa: S608 - names of our own
        f"SELECT :new, {_CLOCK_COLUMNS} FROM deadline WHERE id = :first"
    ).bindparams(
        sa.bindparam("new", new_id(), sa.Uuid()), sa.bindparam("first", clocks[0].id, sa.Uuid())
    )
    connection.execute(copied)
    return clocks[0].due_at


def _tell(found: Any, first: Any, due_at: Any, now: Any) -> None:
    event = sa.table(
        "event",
        *(sa.column(name, sa.Uuid()) for name in ("id", "subject_id", "contact_id", "person_id")),
        sa.column("type", sa.String()),
        sa.column("at", INSTANT),
        sa.column("data", DOCUMENT),
        sa.column("people", IDS),
    )
    person_id: UUID = found.person_id
    told = {"began_at": first.happened_at.isoformat(), "was_began_at": found.began_at.isoformat()}
    if due_at is not None:
        told["conference_due_at"] = due_at.isoformat()
    op.get_bind().execute(
        event.insert().values(
            id=new_id(),
            type="section_47_enquiry.start_put_right",
            at=now,
            subject_id=found.id,
            contact_id=found.contact_id,
            person_id=person_id,
            data=told,
            people=[person_id],
        )
    )


def downgrade() -> None:
    """Goes back from this step; what was put right stays so. Raises CannotGoBack."""
    if not _sqlite():
        # Nobody writes a step between this look and the end of this one.
        op.execute("LOCK TABLE section_47_enquiry_step IN ACCESS EXCLUSIVE MODE")
    kept = sa.text(
        f"SELECT 1 FROM section_47_enquiry_step WHERE action IN ({_NEW_STEPS}) LIMIT 1"  # noqa: S608 - names of our own
    )
    if op.get_bind().execute(kept).first() is not None:
        raise CannotGoBack(
            "The database holds section 47 enquiries that were made joint by a later meeting, or for "
            "which it was proposed that no conference is needed, and schema step 0021 cannot hold "
            "their history. Nothing was changed. To go back, restore the backup made before the "
            "upgrade."
        )
    _say(
        "The strategy meeting that began it last.",
        "When the meeting that began it was held: its clocks start here.",
    )
    for name in reversed(_COLUMNS):
        op.execute(f"ALTER TABLE {_ENQUIRY} DROP COLUMN {name}")
