"""Checks that whoever a flag goes to can see what it is about, and can take it on."""

from collections.abc import Sequence
from datetime import timedelta

from service.domain.access import Role
from service.domain.authority import ChallengeRules
from service.domain.deadlines import ClockEvents, EscalationStep, Timescale
from service.domain.escalations import (
    SUBJECTS,
    SUPERIORS,
    able,
    may_take_on,
    runs_on,
    stands_above,
    upward,
    why_not,
)
from service.domain.flags import SubjectKind
from service.policy.reading import Table

LONGEST_ESCALATION = timedelta(days=30)
_SHOWN = 3


def read_hearer(table: Table, key: str) -> str:
    """A role that a flag may go to at all."""
    before = table.fault_count
    role = table.choice(key, [role.value for role in Role])
    if table.fault_count == before and not may_take_on(Role(role)):
        roles = ", ".join(one.value for one in Role if may_take_on(one))
        table.fault(f'"{role}" may not take a flag on; use one of: {roles}.', key)
    return role


def read_chain(table: Table, key: str) -> tuple[EscalationStep, ...]:
    """A chain: each step later than the one before, and to another role."""
    steps: list[EscalationStep] = []
    for item in table.tables(key, least=1):
        before = item.fault_count
        step = EscalationStep(item.duration("after"), read_hearer(item, "role"))
        item.done()
        if item.fault_count > before:
            continue
        if step.after > LONGEST_ESCALATION:
            item.fault("is more than thirty days; nobody would hear of it in time.", "after")
        if steps and step.after <= steps[-1].after:
            item.fault("is not later than the step before it.", "after")
        if any(step.role == earlier.role for earlier in steps):
            item.fault(f'"{step.role}" has been told by an earlier step; name another.', "role")
        steps.append(step)
    return tuple(steps)


def check_hearers(
    table: Table,
    kind: str,
    events: ClockEvents | None,
    owner: str,
    own_chain: Sequence[EscalationStep],
) -> None:
    """Notes a fault for an owner, or a step of a chain of its own, who could do nothing."""
    subject = _subject(kind, events)
    if subject is None:
        return
    why = why_not(Role(owner), kind, subject)
    if why is not None:
        table.fault(f'"{owner}" {why}; use one of: {_able(kind, subject)}.', "owner")
    for step in own_chain:
        if step.role == owner:
            table.fault(f'names "{owner}", who owns the flag already.', "escalation")
        elif stands_above(owner, step.role):
            table.fault(f'names "{step.role}", who stands below "{owner}".', "escalation")
        elif (why := why_not(Role(step.role), kind, subject)) is not None:
            table.fault(
                f'names "{step.role}", who {why}; use one of: {_able(kind, subject)}.',
                "escalation",
            )


def check_common_chain(
    table: Table, steps: Sequence[EscalationStep], timescales: Sequence[Timescale]
) -> None:
    """Notes a fault for each step of the common chain that is no use to a timescale on it."""
    common = [one for one in timescales if not one.has_own_escalation]
    for place, step in enumerate(steps, start=1):
        useless: dict[str, str] = {}
        for one in common:
            subject = _subject(one.kind, one.events)
            if subject is not None and step in upward(steps, one.owner):
                why = why_not(Role(step.role), one.kind, subject)
                if why is not None:
                    useless.setdefault(one.kind, why)
        if useless:
            why = next(iter(useless.values()))
            table.fault(
                f'"{step.role}" {why} ({_listed(list(useless))}); name a role that does, or give '
                "these timescales an escalation of their own.",
                f"steps number {place} role",
            )
    for owner in dict.fromkeys(one.owner for one in common):
        if owner in SUPERIORS and not upward(steps, owner):
            table.fault(
                f'tells nobody else of the flags of "{owner}"; add a step for one of: '
                f"{', '.join(SUPERIORS[Role(owner)])}.",
                "steps",
            )


def check_stages(table: Table, rules: ChallengeRules) -> None:
    """Notes a fault for a stage whose role does not see every challenge that is put to it."""
    for key, kind in (
        ("stage_2_answered_by", "challenge_stage_2"),
        ("stage_3_answered_by", "challenge_stage_3"),
    ):
        role = getattr(rules, key)
        why = why_not(Role(role), kind, SubjectKind.challenge)
        if why is not None:
            table.fault(f'"{role}" {why}; name a role that does.', key)


def _subject(kind: str, events: ClockEvents | None) -> SubjectKind | None:
    """What a clock runs on; None for one that never runs, which is a fault of its own."""
    return runs_on(events) if events is not None else SUBJECTS.get(kind)


def _able(kind: str, subject: SubjectKind) -> str:
    return ", ".join(able(kind, subject))


def _listed(kinds: Sequence[str]) -> str:
    more = len(kinds) - _SHOWN
    shown = ", ".join(kinds[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
