"""Flags: raised, escalated and cleared by the sweep; read and acknowledged by people."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.access import Caller, Permission
from service.domain.deadlines import Deadline
from service.domain.errors import FrontDoorError, Invalid, Problem
from service.domain.escalations import next_place, require_ownership
from service.domain.events import EventType
from service.domain.flags import (
    Flag,
    FlagAcknowledged,
    FlagCleared,
    FlagFilters,
    FlagRead,
    FlagsNotTakenOn,
    FlagState,
    NotTakenOn,
    Severity,
    ShownFlag,
)
from service.domain_services.flags import escalation_steps, raise_flag
from service.domain_services.lives import changed_to, refuse_stale
from service.persistence.asking import Asking
from service.persistence.keysets import Place
from service.persistence.repositories import flags
from service.persistence.repositories.event_subjects import (
    People,
    people_behind_clocks,
    people_behind_flags,
)
from service.persistence.units_of_work import Performing, Work

# Refusals from below that routes name in the contract.
FlagNotFound = flags.FlagNotFound

# So many in a transaction: few commits, and nobody else waits long for the one write lock.
BATCH = 100


class WordsMissing(Invalid):
    """An acknowledgement that does not say what will be done."""

    code = "words_missing"
    title = "Say what you will do"


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    breaches: int = 0
    warnings: int = 0
    escalations: int = 0
    cleared: int = 0

    @property
    def done(self) -> int:
        """All of it together."""
        return self.breaches + self.warnings + self.escalations + self.cleared


@dataclass(frozen=True, slots=True)
class ExplainedFlag:
    """A flag with the clock behind it: its start, rule and version, the days skipped, the sum."""

    flag: Flag
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class TakenOn:
    """What came of taking several flags on: those that were, and those that could not be."""

    flags: Sequence[Flag]
    refused: Sequence[NotTakenOn]


class FlagNamedTwice(Invalid):
    """One flag was named twice among several."""

    code = "named_twice"
    title = "Named twice"


async def sweep(house: Performing) -> Swept:
    """Brings the flags up to date with the clocks; it costs what is due, not what is on file.

    It looks at what is there, not at when it last ran, and claims each clock by a conditional
    write: so nothing is flagged twice by two sweeps at once, after days without any, or when the
    time of the machine steps back; and nothing that was flagged is taken back for such a reason.
    """
    waiting = await house.ask(lambda ask: flags.waiting(ask, house.clock()))
    cleared = await _in_batches(house, clear_left_behind) if waiting.stopped else 0
    breaches = await _in_batches(house, raise_breaches) if waiting.breaches else 0
    warnings = await _in_batches(house, raise_warnings) if waiting.warnings else 0
    escalations = await _in_batches(house, escalate) if waiting.escalations else 0
    return Swept(breaches=breaches, warnings=warnings, escalations=escalations, cleared=cleared)


async def _in_batches(house: Performing, step: Callable[[Work], Awaitable[int]]) -> int:
    done = 0
    while batch := await house.perform(step):
        done += batch
    return done


async def raise_breaches(work: Work) -> int:
    """Flags clocks whose limit has passed. Returns how many; the warning before it is cleared.

    A limit that passed while nobody swept is a breach alone: a warning would say nothing more.
    """
    due = await flags.claim_due(work, Severity.breach, BATCH)
    if due:
        in_danger = await flags.clear_warnings(work, [one.id for one in due])
        await _raise(work, due, Severity.breach, in_danger)
    return len(due)


async def raise_warnings(work: Work) -> int:
    """Flags clocks that come near their limit. Returns how many."""
    due = await flags.claim_due(work, Severity.warning, BATCH)
    await _raise(work, due, Severity.warning)
    return len(due)


async def _raise(
    work: Work,
    due: Sequence[Deadline],
    severity: Severity,
    in_danger: Collection[UUID] = (),
) -> None:
    about = await people_behind_clocks(work, due)
    for deadline in due:
        danger = deadline.id in in_danger
        raise_flag(work, deadline, severity, about[deadline.id], danger=danger)


async def escalate(work: Work) -> int:
    """Moves flags that nobody acknowledged in time one step up their chain. Returns how many.

    After days without a sweep a flag takes its steps one by one, so that each role is told. A step
    whose time has not come by the policy in force now is waited for.
    """
    unheard = await flags.claim_unheard(work, BATCH)
    about = await people_behind_flags(work, [flag for flag, _ in unheard])
    alike: dict[tuple[str | None, datetime | None], list[Flag]] = defaultdict(list)
    for flag, deadline in unheard:
        steps = escalation_steps(work.policy, deadline, flag.severity, flag.owner_role)
        level = flag.escalation_level
        step, *later = steps[next_place(steps, flag.escalated_to, level) :] or (None,)
        if step is not None and flag.raised_at + step.after > work.now:
            alike[(None, flag.raised_at + step.after)].append(flag)
            continue
        next_at = flag.raised_at + later[0].after if later else None
        alike[(None if step is None else step.role, next_at)].append(flag)
        if step is not None:
            work.record(
                EventType.flag_escalated,
                None,
                flag.id,
                contact_id=flag.contact_id,
                about=about[flag.id],
                level=level + 1,
                role=step.role,
                severity=flag.severity,
                kind=flag.kind,
            )
    for (role, next_at), those in alike.items():
        await flags.escalate(work, those, to=role, next_at=next_at)
    return len(unheard)


async def clear_left_behind(work: Work) -> int:
    """Clears flags whose clock stopped without them: it should not happen, and does not last."""
    found = await flags.clear_left_behind(work, BATCH)
    about = await people_behind_flags(work, found)
    for flag in found:
        work.record(
            EventType.flag_cleared,
            None,
            flag.id,
            contact_id=flag.contact_id,
            about=about[flag.id],
            severity=flag.severity,
            kind=flag.kind,
        )
    return len(found)


async def acknowledge_flag(
    work: Work, who: Caller, flag_id: UUID, version: int, words: str
) -> ExplainedFlag:
    """Somebody takes a flag on and says what they will do; it escalates no further.

    It is for its owner, for whom it escalated to, for those above them, and for who holds the case.
    It never changes the case, and the flag stays until its fact clears. Raises FlagNotFound,
    FlagNotYours, Stale, FlagCleared, FlagAcknowledged, WordsMissing.
    """
    who.require(Permission.acknowledge_flag)
    read = FlagRead(flag_id, version)
    to_take_on = await _to_take_on(work, who, read)
    _require_words(words)
    about = await people_behind_flags(work, [to_take_on.flag])
    return await _take_on(work, who, to_take_on, words, about)


async def acknowledge_flags(
    work: Work, who: Caller, read: Sequence[FlagRead], words: str, *, those_that_can: bool = False
) -> TakenOn:
    """Takes several flags on in one act, with the words said once for all of them.

    All or none: whatever cannot be taken on is named, each at its place. With `those_that_can` the
    others are taken on all the same. Raises WordsMissing and FlagsNotTakenOn.
    """
    who.require(Permission.acknowledge_flag)
    _require_words(words)
    possible: list[ExplainedFlag] = []
    refused: list[NotTakenOn] = []
    named: set[UUID] = set()
    for place, one in enumerate(read):
        try:
            if one.flag_id in named:
                raise FlagNamedTwice("Name each flag once.")
            named.add(one.flag_id)
            possible.append(await _to_take_on(work, who, one))
        except FrontDoorError as refusal:
            refused.append(NotTakenOn(place, one.flag_id, refusal.code, refusal.detail))
    if refused and not (those_that_can and possible):
        problems = [Problem(f"/flags/{one.place}", one.message, one.code) for one in refused]
        raise FlagsNotTakenOn(
            "None of these flags was acknowledged. Read again what `errors` names, leave out what "
            "is somebody else's, or send `those_that_can`.",
            problems=problems,
            allowed=("acknowledge_flags",),
        )
    about = await people_behind_flags(work, [one.flag for one in possible])
    # In one order by everybody, so that two who take on the same do not wait for each other.
    taken = {
        one.flag.id: await _take_on(work, who, one, words, about)
        for one in sorted(possible, key=lambda one: one.flag.id)
    }
    return TakenOn([taken[one.flag.id].flag for one in possible], refused)


def _require_words(words: str) -> None:
    if not words.strip():
        raise WordsMissing(
            "Say what you will do about it.",
            problems=[Problem("/words", "Write what you will do, and by when.", "words_missing")],
        )


async def _to_take_on(work: Work, who: Caller, read: FlagRead) -> ExplainedFlag:
    """A flag that the caller may take on, as they read it. Raises why they may not."""
    flag = await flags.get(work, who.sight, read.flag_id)
    deadline = await flags.deadline_of(work, flag)
    steps = escalation_steps(work.policy, deadline, flag.severity, flag.owner_role)
    told = [step.role for step in steps[: flag.escalation_level]]
    if flag.escalated_to is not None:
        # As it was told: the policy may have changed since.
        told.append(flag.escalated_to)
    # Danger is for the manager to hear, and not for who works the contact to settle alone.
    in_danger = flag.severity is Severity.danger
    held_by = None if in_danger else await flags.accountable_for(work, flag)
    require_ownership(who, flag, told, held_by)
    _refuse_settled(flag)
    refuse_stale(flag, read.version)
    return ExplainedFlag(flag, deadline)


async def _take_on(
    work: Work, who: Caller, explained: ExplainedFlag, words: str, about: People
) -> ExplainedFlag:
    """Has somebody take a flag on who may. Raises Stale when it moved meanwhile."""
    flag = explained.flag
    after = await changed_to(
        work,
        flag,
        acknowledged_at=work.now,
        acknowledged_by=who.account_id,
        acknowledgement=words,
    )
    work.record(
        EventType.flag_acknowledged,
        who,
        flag.id,
        contact_id=flag.contact_id,
        about=about[flag.id],
        severity=flag.severity,
        kind=flag.kind,
        level=flag.escalation_level,
    )
    return ExplainedFlag(after, explained.deadline)


def _refuse_settled(flag: Flag) -> None:
    """Raises FlagCleared, and FlagAcknowledged for one that somebody has taken on."""
    if flag.cleared_at is not None:
        raise FlagCleared(
            "What this flag was about is settled, so there is nothing to take on.",
            state=FlagState.cleared,
            allowed=(),
        )
    if flag.acknowledged_at is not None:
        raise FlagAcknowledged(
            "Somebody has taken this flag on; read it to see who, and what they will do.",
            state=FlagState.acknowledged,
            allowed=(),
        )


async def read_flag(ask: Asking, who: Caller, flag_id: UUID) -> ExplainedFlag:
    """One flag and why it is red. Raises FlagNotFound."""
    who.require(Permission.read_flags)
    flag = await flags.get(ask, who.sight, flag_id)
    return ExplainedFlag(flag, await flags.deadline_of(ask, flag))


async def list_flags(
    ask: Asking,
    who: Caller,
    filters: FlagFilters,
    *,
    limit: int,
    after: Place | None = None,
) -> list[ShownFlag]:
    """The flags that stand, one a contact with the others inside it, from after a place on."""
    who.require(Permission.read_flags)
    return await flags.list_by_contact(ask, who.sight, filters, limit=limit, after=after)
