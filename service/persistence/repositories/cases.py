"""Referrals and early help episodes: what a decision led to, read and listed alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, bindparam, select, update

from service.domain.access import Sight
from service.domain.contacts import Contact
from service.domain.deadlines import Deadline
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import NotFound, Stale
from service.domain.flags import SubjectKind
from service.domain.referrals import Referral
from service.domain.whole_contacts import CaseFilters
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.prepared import Makeable, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories.lists import Listed
from service.persistence.repositories.things import Things
from service.persistence.statements import all_of, one_held
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
class Cases(Things[Case]):
    """One kind of case: what clocks run on, and which one until a worker takes it on."""

    subject_kind: SubjectKind
    allocation_clock: str

    async def held(self, work: Work, sight: Sight, case_id: UUID, version: int) -> Case:
        """One case, held until the commit. Raises Stale when `version` is not the current one."""
        row = await work.first(one_held(sight, self.record, self.visible_to, False), id=case_id)
        if row is None:
            raise self.missing()
        case = read(self.record, row)
        if case.version != version:
            raise Stale(case.version)
        return case

    async def read_held(self, work: Work, case_id: UUID) -> Case:
        """One case that the caller has found, held until the commit."""
        return await self.found_before(work, case_id, held=True)

    def _led_to_by(self, decision_id: UUID) -> Select[Any]:
        # A case that a transfer brought rests on the same decision, and was not led to by it.
        table = table_of(self.record)
        return select(*columns_of(self.record)).where(
            table.c.decision_id == decision_id, table.c.transfer_id.is_(None)
        )

    async def of_decision(self, ask: Asking, decision_id: UUID) -> Case | None:
        """The case that a decision led to."""
        row = await ask.first(self._led_to_by(decision_id))
        return None if row is None else read(self.record, row)

    async def of_decision_held(self, work: Work, decision_id: UUID) -> Case | None:
        """The case that a decision led to, held until the commit."""
        led_to = self._led_to_by(decision_id)
        row = await work.first(led_to.with_for_update(of=table_of(self.record), key_share=True))
        return None if row is None else read(self.record, row)

    async def of_contact(self, ask: Asking, contact_id: UUID) -> list[Case]:
        """The cases that came of a contact."""
        rows = await ask.all(all_of(self.record, "contact_id", "id"), of=contact_id)
        return [read(self.record, row) for row in rows]

    async def latest_of_person(
        self, ask: Asking, person_id: UUID, but: UUID | None = None
    ) -> Case | None:
        """The last case of a child that did not come of the contact `but`."""
        row = await ask.first(
            _latest_of_person(self.record, but is not None), person=person_id, but=but
        )
        return None if row is None else read(self.record, row)

    async def list_newest_first(
        self,
        ask: Asking,
        sight: Sight,
        filters: CaseFilters,
        *,
        limit: int,
        after: Place | None = None,
    ) -> list[Case]:
        """Cases by when they were accepted, newest first, from after a place on."""
        listed = Listed(self.record, "accepted_at", self.visible_to)
        return await listed.newest_first(ask, sight, filters, limit=limit, after=after)


REFERRALS = Cases(
    Referral, "referral", referrals_visible_to, ReferralNotFound, SubjectKind.referral, "allocation"
)
EPISODES = Cases(
    EarlyHelpEpisode,
    "early help episode",
    episodes_visible_to,
    EpisodeNotFound,
    SubjectKind.early_help_episode,
    "early_help_allocation",
)


@made_once
def _latest_of_person(record: type, but_one: bool) -> Makeable:
    table = table_of(record)
    on_another = [table.c.contact_id != bindparam("but")] if but_one else []
    return (
        select(*columns_of(record))
        .where(table.c.person_id == bindparam("person"), *on_another)
        .order_by(table.c.accepted_at.desc(), table.c.id.desc())
        .limit(1)
    )


async def owed_meeting_since(work: Work, person_id: UUID) -> datetime | None:
    """Since when a strategy meeting was owed in the referral that this decision supersedes.

    Nobody gains time for the meeting by deciding for it once more.
    """
    clock, referral = table_of(Deadline), table_of(Referral)
    row = await work.first(
        select(clock.c.started_at)
        .join(referral, referral.c.id == clock.c.subject_id)
        .where(
            referral.c.person_id == person_id,
            clock.c.contact_id == referral.c.contact_id,
            clock.c.kind == "strategy_meeting",
            clock.c.stopped_at == work.now,
            clock.c.stopped_because == "decision_superseded",
        )
        .order_by(clock.c.started_at)
        .limit(1)
    )
    return None if row is None else row.started_at


async def referrals_with_receipt(work: Work, person_id: UUID) -> list[tuple[Referral, datetime]]:
    """The referrals of a child, oldest first, each with when its contact was received."""
    referral = table_of(Referral)
    rows = await work.all(
        select(*columns_of(Referral), table_of(Contact).c.received_at)
        .join(table_of(Contact), table_of(Contact).c.id == referral.c.contact_id)
        .where(referral.c.person_id == person_id)
        .order_by(referral.c.accepted_at, referral.c.id)
    )
    return [(read(Referral, row[:-1]), row[-1]) for row in rows]


async def episodes_of_person(work: Work, person_id: UUID) -> list[EarlyHelpEpisode]:
    """The early help episodes of a child, oldest first."""
    rows = await work.all(all_of(EarlyHelpEpisode, "person_id", "accepted_at", "id"), of=person_id)
    return [read(EarlyHelpEpisode, row) for row in rows]


async def change_referral(work: Work, referral_id: UUID, facts: Mapping[str, Any]) -> None:
    """Writes down what a referral says of the ones before it, and raises its version."""
    referral = table_of(Referral)
    await work.execute(
        update(referral)
        .where(referral.c.id == referral_id)
        .values(version=referral.c.version + 1, **facts)
    )
