"""The new concerns about open children that somebody has to read, as lines of their own queue."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select

from service.domain.contacts import Contact
from service.domain.deadlines import Rating
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.flags import SubjectKind
from service.domain.passed_concerns import PassedConcern
from service.domain.queues import BEFORE_ALL_ELSE, IN_ITS_TURN
from service.domain.referrals import Referral
from service.persistence.records import table_of
from service.persistence.repositories import accounts
from service.persistence.repositories.queue_parts import TEAM, At, PartAsked, a_line
from service.persistence.repositories.queue_places import own_clocks, soonest
from service.persistence.sights import is_theirs
from service.persistence.visibility import passed_concerns_visible_to

CONTACT = table_of(Contact)
REFERRAL = table_of(Referral)
EPISODE = table_of(EarlyHelpEpisode)
PASSED = table_of(PassedConcern)


def concerns(asked: PartAsked) -> list[Select[Any]]:
    """The new concerns that who holds the case has to read; and the manager, where nobody can.

    That is where no worker has it, or one whose access is suspended. There never are many. What
    is red stands before all else.
    """
    if not asked.desk.concerns:
        return []
    red = PASSED.c.rating == Rating.red
    return [_concerns(asked, BEFORE_ALL_ELSE, red), _concerns(asked, IN_ITS_TURN, ~red)]


def _concerns(asked: PartAsked, rank: int, such: ColumnElement[bool]) -> Select[Any]:
    due_at = soonest(own_clocks(PASSED, PASSED.c.contact_id), PASSED)
    team_id = func.coalesce(REFERRAL.c.team_id, EPISODE.c.team_id)
    worker_id = func.coalesce(REFERRAL.c.worker_id, EPISODE.c.worker_id)
    whose = [is_theirs(asked.sight, worker_id)]
    if asked.desk.manages:
        by_nobody = [
            PASSED.c.service.in_(sorted(asked.desk.manages)),
            or_(worker_id.is_(None), worker_id.in_(accounts.suspended_ids())),
        ]
        if asked.desk.team_id is not None:
            by_nobody.append(team_id == TEAM)
        whose.append(and_(*by_nobody))
    return (
        select(
            *a_line(
                SubjectKind.passed_concern,
                PASSED.c.id,
                At(due_at, rank),
                team_id=team_id,
                worker_id=worker_id,
                child_id=PASSED.c.child_id,
            )
        )
        .select_from(PASSED)
        .outerjoin(CONTACT, CONTACT.c.id == PASSED.c.contact_id)
        .outerjoin(REFERRAL, REFERRAL.c.id == PASSED.c.referral_id)
        .outerjoin(EPISODE, EPISODE.c.id == PASSED.c.early_help_episode_id)
        # Written out, as the index of these has it.
        .where(
            PASSED.c.state == literal_column("'waiting'"),
            such,
            passed_concerns_visible_to(asked.sight),
            or_(*whose),
        )
    )
