"""Referrals and early help episodes: what a decision led to, read and listed alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, tuple_

from service.domain.access import Caller
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import NotFound, Stale
from service.domain.flags import SubjectKind
from service.domain.referrals import Referral
from service.domain.whole_contacts import CaseFilters
from service.persistence.asking import Asking
from service.persistence.records import columns_of, read, table_of
from service.persistence.units_of_work import Work
from service.persistence.visibility import episodes_visible_to, referrals_visible_to

Case = TypeVar("Case", Referral, EarlyHelpEpisode)


class ReferralNotFound(NotFound):
    """No such referral, or not one that the caller may know of."""

    code = "referral_not_found"
    title = "No such referral"


class EpisodeNotFound(NotFound):
    """No such early help episode, or not one that the caller may know of."""

    code = "early_help_episode_not_found"
    title = "No such early help episode"


@dataclass(frozen=True, slots=True)
class Cases(Generic[Case]):
    """One kind of case: its table, who may see it, and what it is called when it is not there."""

    record: type[Case]
    subject_kind: SubjectKind
    visible_to: Callable[[Caller], ColumnElement[bool]]
    missing: Callable[[], NotFound]

    async def get(self, ask: Asking, who: Caller, case_id: UUID) -> Case:
        """One case. Raises NotFound for what is not there and what may not be seen."""
        row = await ask.first(
            select(*columns_of(self.record)).where(
                table_of(self.record).c.id == case_id, self.visible_to(who)
            )
        )
        if row is None:
            raise self.missing()
        return read(self.record, row)

    async def held(self, work: Work, who: Caller, case_id: UUID, version: int) -> Case:
        """One case, held until the commit. Raises Stale when `version` is not the current one."""
        row = await work.first(
            select(*columns_of(self.record))
            .where(table_of(self.record).c.id == case_id, self.visible_to(who))
            .with_for_update(of=table_of(self.record))
        )
        if row is None:
            raise self.missing()
        case = read(self.record, row)
        if case.version != version:
            raise Stale(case.version)
        return case

    async def of_decision(self, ask: Asking, decision_id: UUID) -> Case | None:
        """The case that a decision led to."""
        row = await ask.first(
            select(*columns_of(self.record)).where(
                table_of(self.record).c.decision_id == decision_id
            )
        )
        return None if row is None else read(self.record, row)

    async def of_decision_held(self, work: Work, decision_id: UUID) -> Case | None:
        """The case that a decision led to, held until the commit."""
        row = await work.first(
            select(*columns_of(self.record))
            .where(table_of(self.record).c.decision_id == decision_id)
            .with_for_update(of=table_of(self.record), key_share=True)
        )
        return None if row is None else read(self.record, row)

    async def of_contact(self, ask: Asking, contact_id: UUID) -> list[Case]:
        """The cases that came of a contact."""
        rows = await ask.all(
            select(*columns_of(self.record))
            .where(table_of(self.record).c.contact_id == contact_id)
            .order_by(table_of(self.record).c.id)
        )
        return [read(self.record, row) for row in rows]

    async def latest_of_person(self, ask: Asking, person_id: UUID, but: UUID) -> Case | None:
        """The last case of a child that did not come of the contact `but`."""
        table = table_of(self.record)
        row = await ask.first(
            select(*columns_of(self.record))
            .where(table.c.person_id == person_id, table.c.contact_id != but)
            .order_by(table.c.accepted_at.desc(), table.c.id.desc())
            .limit(1)
        )
        return None if row is None else read(self.record, row)

    async def list_newest_first(
        self,
        ask: Asking,
        who: Caller,
        filters: CaseFilters,
        *,
        limit: int,
        after: tuple[datetime, UUID] | None = None,
    ) -> list[Case]:
        """Cases by when they were accepted, newest first, from after a place on."""
        table = table_of(self.record)
        statement = (
            select(*columns_of(self.record))
            .where(self.visible_to(who))
            .order_by(table.c.accepted_at.desc(), table.c.id.desc())
            .limit(limit)
        )
        if filters.states:
            statement = statement.where(table.c.state.in_(filters.states))
        if filters.team_ids:
            statement = statement.where(table.c.team_id.in_(filters.team_ids))
        for name in ("worker_id", "contact_id", "person_id"):
            value = getattr(filters, name)
            if value is not None:
                statement = statement.where(table.c[name] == value)
        if after is not None:
            accepted_at, case_id = after
            statement = statement.where(
                tuple_(table.c.accepted_at, table.c.id)
                < tuple_(
                    literal(accepted_at, table.c.accepted_at.type),
                    literal(case_id, table.c.id.type),
                )
            )
        return [read(self.record, row) for row in await ask.all(statement)]


REFERRALS = Cases(
    Referral,
    SubjectKind.referral,
    referrals_visible_to,
    lambda: ReferralNotFound("There is no referral with this id that you may see. Check the id."),
)
EPISODES = Cases(
    EarlyHelpEpisode,
    SubjectKind.early_help_episode,
    episodes_visible_to,
    lambda: EpisodeNotFound(
        "There is no early help episode with this id that you may see. Check the id."
    ),
)
