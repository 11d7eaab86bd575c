"""Referrals and early help episodes: what a decision led to, read and listed alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, literal, select, tuple_, update

from service.domain.access import Caller
from service.domain.accountabilities import Accountability
from service.domain.assessments import CLOCKS
from service.domain.contacts import Contact
from service.domain.decisions import Decision, LevelOfNeed, StatutoryBasis
from service.domain.early_help_episodes import EarlyHelpEpisode
from service.domain.errors import NotFound, Stale
from service.domain.flags import Deadline, SubjectKind
from service.domain.measures import MeasureCases
from service.domain.references import new_reference
from service.domain.referrals import (
    CASE,
    CaseAction,
    CaseState,
    Referral,
    is_re_referral,
)
from service.domain.whole_contacts import CaseFilters
from service.persistence.asking import Asking
from service.persistence.prepared import Makeable, made_once
from service.persistence.records import columns_of, read, table_of
from service.persistence.repositories import (
    accountabilities,
    assessments,
    deadlines,
    measures,
    pre_birth,
)
from service.persistence.statements import all_of, one_held, one_seen, one_that_was_found
from service.persistence.units_of_work import Work, new_id
from service.persistence.visibility import episodes_visible_to, referrals_visible_to

# What waits for a referral's assessment and strategy meeting ends with the referral.
_CLOCKS_OF_REFERRAL = ("strategy_meeting", *CLOCKS, "expected_delivery_known")

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
    allocation_clock: str
    visible_to: Callable[[Caller], ColumnElement[bool]]
    missing: Callable[[], NotFound]

    async def get(self, ask: Asking, who: Caller, case_id: UUID) -> Case:
        """One case. Raises NotFound for what is not there and what may not be seen."""
        row = await ask.first(one_seen(who, self.record, self.visible_to), id=case_id)
        if row is None:
            raise self.missing()
        return read(self.record, row)

    async def held(self, work: Work, who: Caller, case_id: UUID, version: int) -> Case:
        """One case, held until the commit. Raises Stale when `version` is not the current one."""
        row = await work.first(one_held(who, self.record, self.visible_to, False), id=case_id)
        if row is None:
            raise self.missing()
        case = read(self.record, row)
        if case.version != version:
            raise Stale(case.version)
        return case

    async def read_held(self, work: Work, case_id: UUID) -> Case:
        """One case that the caller has found, held until the commit."""
        row = await work.first(one_that_was_found(self.record, True), id=case_id)
        if row is None:
            raise self.missing()
        return read(self.record, row)

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

    async def close(
        self,
        work: Work,
        who: Caller,
        case: Case,
        action: CaseAction,
        code: str,
        reason: str,
        *,
        clock_stops: str = "closed",
    ) -> Case:
        """Closes a case that is held, with the clocks that run on it.

        Whoever calls sees to who answers for the child from now on. Raises WrongState, Stale.
        """
        changed: dict[str, Any] = {
            "state": CASE.after(case.state, action),
            "closed_at": work.now,
            "closed_by": who.account_id,
            "closure_code": code,
            "closure_reason": reason,
        }
        clocks = [self.allocation_clock, *_CLOCKS_OF_REFERRAL]
        await deadlines.stop(work, case.contact_id, case.id, clocks, clock_stops)
        if isinstance(case, Referral):
            await assessments.end_with_referral(work, who, case)
        version = await work.change(self.record, case.id, case.version, **changed)
        return replace(case, version=version, **changed)

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
        who: Caller,
        filters: CaseFilters,
        *,
        limit: int,
        after: tuple[datetime, UUID] | None = None,
        behind: MeasureCases | None = None,
    ) -> list[Case]:
        """Cases by when they were accepted, newest first, from after a place on.

        `behind`: only those behind a figure of a measure.
        """
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
        if behind is not None:
            statement = statement.where(measures.cases(behind))
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


@dataclass(frozen=True, slots=True)
class _Referrals(Cases[Referral]):
    """Referrals, which stay open while a step-down is under way."""

    async def take_back(
        self,
        work: Work,
        referral_id: UUID | None,
        *,
        team_id: str | None = None,
        worker_id: UUID | None = None,
    ) -> Referral:
        """Makes a referral that was being handed over social care's own again.

        It is with the team and the worker that it never left, unless others are named.
        """
        if referral_id is None:
            raise self.missing()
        referral = await self.read_held(work, referral_id)
        changed: dict[str, Any] = {
            "state": CASE.after(referral.state, CaseAction.take_back),
            "team_id": team_id or referral.team_id,
            "worker_id": worker_id or referral.worker_id,
        }
        version = await work.change(Referral, referral.id, referral.version, **changed)
        return replace(referral, version=version, **changed)

    async def raise_basis(
        self, work: Work, referral_id: UUID, basis: StatutoryBasis | None
    ) -> None:
        """Makes an open referral one under section 47 when a more serious concern says so.

        The clock of a strategy meeting starts by each such concern, unless it runs already.
        """
        if basis is StatutoryBasis.section_47:
            referral = await self.read_held(work, referral_id)
            if referral.statutory_basis is not basis:
                await work.change(Referral, referral.id, referral.version, statutory_basis=basis)
            kind = "strategy_meeting"
            if not await deadlines.is_running(work, referral.contact_id, referral.id, kind):
                _start_on_referral(work, referral, kind)


REFERRALS = _Referrals(
    Referral,
    SubjectKind.referral,
    "allocation",
    referrals_visible_to,
    lambda: ReferralNotFound("There is no referral with this id that you may see. Check the id."),
)
EPISODES = Cases(
    EarlyHelpEpisode,
    SubjectKind.early_help_episode,
    "early_help_allocation",
    episodes_visible_to,
    lambda: EpisodeNotFound(
        "There is no early help episode with this id that you may see. Check the id."
    ),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """What brings a child to a new case: a signed decision, or since then an accepted transfer.

    `known_at` is when the front door was told: what a re-referral is reckoned from.
    """

    contact_id: UUID
    child_id: UUID
    person_id: UUID
    decision_id: UUID
    transfer_id: UUID | None
    source_code: str
    known_at: datetime


async def open_referral(
    work: Work,
    origin: Origin,
    *,
    team_id: str,
    worker_id: UUID | None,
    statutory_basis: StatutoryBasis,
    answered: Accountability | None,
) -> Referral:
    """Opens a child to social care; the referral answers for the child from now on.

    `answered` is which case answered until now, when one did. The clock of the allocation starts
    unless a worker takes it on at once.
    """
    but = origin.contact_id if origin.transfer_id is None else None
    previous = await REFERRALS.latest_of_person(work, origin.person_id, but=but)
    last_help = await EPISODES.latest_of_person(work, origin.person_id, but=but)
    known = [one for one in (previous, last_help) if one is not None]
    last_known = max(known, key=lambda one: one.accepted_at, default=None)
    months = work.policy.re_referral_within_months
    referral = Referral(
        id=new_id(),
        reference=new_reference("R"),
        contact_id=origin.contact_id,
        child_id=origin.child_id,
        person_id=origin.person_id,
        decision_id=origin.decision_id,
        transfer_id=origin.transfer_id,
        statutory_basis=statutory_basis,
        source_code=origin.source_code,
        state=CASE.start if worker_id is None else CaseState.allocated,
        accepted_at=work.now,
        team_id=team_id,
        worker_id=worker_id,
        allocated_at=None if worker_id is None else work.now,
        previous_referral_id=None if previous is None else previous.id,
        re_referral=previous is not None
        and is_re_referral(previous.accepted_at, origin.known_at, months),
        last_known_team_id=None if last_known is None else last_known.team_id,
        closed_at=None,
        closed_by=None,
        closure_code=None,
        closure_reason=None,
        version=1,
    )
    await _open(work, REFERRALS, referral, answered)
    _start_on_referral(work, referral, "single_assessment")
    if statutory_basis is StatutoryBasis.section_47:
        since = await _owed_since(work, origin.person_id)
        _start_on_referral(work, referral, "strategy_meeting", since)
    await pre_birth.start_clocks(work, referral)
    return referral


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


def _start_on_referral(
    work: Work, referral: Referral, kind: str, since: datetime | None = None
) -> None:
    deadlines.start(
        work, kind, SubjectKind.referral, referral.id, referral.contact_id, since or work.now
    )


async def _owed_since(work: Work, person_id: UUID) -> datetime | None:
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


async def reckon_again(work: Work, person_id: UUID) -> None:
    """Reckons anew which referrals of a child follow an earlier one: its history has changed."""
    referral, episode = table_of(Referral), table_of(EarlyHelpEpisode)
    rows = await work.all(
        select(*columns_of(Referral), table_of(Contact).c.received_at)
        .join(table_of(Contact), table_of(Contact).c.id == referral.c.contact_id)
        .where(referral.c.person_id == person_id)
        .order_by(referral.c.accepted_at, referral.c.id)
    )
    if not rows:
        return
    referrals = [(read(Referral, row[:-1]), row[-1]) for row in rows]
    helped = [
        read(EarlyHelpEpisode, row)
        for row in await work.all(
            select(*columns_of(EarlyHelpEpisode))
            .where(episode.c.person_id == person_id)
            .order_by(episode.c.accepted_at, episode.c.id)
        )
    ]
    months = work.policy.re_referral_within_months
    for one, received_at in referrals:
        known_at = received_at if one.transfer_id is None else one.accepted_at
        facts = _facts_before(one, known_at, [other for other, _ in referrals], helped, months)
        if any(getattr(one, name) != value for name, value in facts.items()):
            await work.execute(
                update(referral)
                .where(referral.c.id == one.id)
                .values(version=referral.c.version + 1, **facts)
            )


def _facts_before(
    one: Referral,
    known_at: datetime,
    referrals: Sequence[Referral],
    episodes: Sequence[EarlyHelpEpisode],
    months: int,
) -> dict[str, Any]:
    """What a referral says of the ones before it, from all of a child's cases in their order."""

    def before(case: Referral | EarlyHelpEpisode) -> bool:
        same = one.transfer_id is None and case.contact_id == one.contact_id
        return (case.accepted_at, case.id) < (one.accepted_at, one.id) and not same

    earlier = [case for case in referrals if before(case)]
    previous = earlier[-1] if earlier else None
    known: list[Referral | EarlyHelpEpisode] = [
        *earlier[-1:],
        *[case for case in episodes if before(case)][-1:],
    ]
    last = max(known, key=lambda case: case.accepted_at, default=None)
    return {
        "previous_referral_id": None if previous is None else previous.id,
        "re_referral": previous is not None
        and is_re_referral(previous.accepted_at, known_at, months),
        "last_known_team_id": None if last is None else last.team_id,
    }


async def open_episode(
    work: Work,
    origin: Origin,
    *,
    team_id: str,
    worker_id: UUID | None,
    level_of_need: LevelOfNeed,
    answered: Accountability | None,
) -> EarlyHelpEpisode:
    """Opens a child to early help; the episode answers for the child from now on."""
    episode = EarlyHelpEpisode(
        id=new_id(),
        reference=new_reference("E"),
        contact_id=origin.contact_id,
        child_id=origin.child_id,
        person_id=origin.person_id,
        decision_id=origin.decision_id,
        transfer_id=origin.transfer_id,
        level_of_need=level_of_need,
        source_code=origin.source_code,
        state=CASE.start if worker_id is None else CaseState.allocated,
        accepted_at=work.now,
        team_id=team_id,
        worker_id=worker_id,
        allocated_at=None if worker_id is None else work.now,
        closed_at=None,
        closed_by=None,
        closure_code=None,
        closure_reason=None,
        version=1,
    )
    await _open(work, EPISODES, episode, answered)
    return episode


async def _open(work: Work, kind: Cases[Case], case: Case, answered: Accountability | None) -> None:
    work.add(case)
    await accountabilities.give(work, case, answered)
    if case.worker_id is None:
        deadlines.start(
            work, kind.allocation_clock, kind.subject_kind, case.id, case.contact_id, work.now
        )


async def moved_on(ask: Asking | Work, decision: Decision, answers: Accountability | None) -> bool:
    """Whether the child has moved to another case since a decision: it decides nothing any more.

    Not when the case that it opened or joined answers for the child, and not when it led to none.
    """
    if answers is None or answers.case_id == decision.joined_case_id:
        return False
    own = await REFERRALS.of_decision(ask, decision.id) or await EPISODES.of_decision(
        ask, decision.id
    )
    if own is None:
        return decision.joined_case_id is not None
    return own.id != answers.case_id
