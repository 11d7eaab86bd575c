"""Checks that whoever a flag goes to can see what it is about, and can take it on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.domain.access import Role
from service.domain.deadlines import ClockEvents, EscalationStep
from service.domain.escalations import (
    SUBJECTS,
    SUPERIORS,
    able,
    runs_on,
    stands_above,
    upward,
    why_not,
)
from service.domain.flags import SubjectKind
from service.policy.written import Fault

LONGEST_ESCALATION = timedelta(days=30)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Hearers:
    """Of a timescale on the common chain: whom its flags go to first, and what they are about."""

    kind: str
    events: ClockEvents | None
    owner: str


def faults_of_chain(key: str, steps: Sequence[EscalationStep | None]) -> Iterator[Fault]:
    """What is wrong in a chain: each step is later than the one before, and to another role.

    A step that could not be read is None.
    """
    earlier: list[EscalationStep] = []
    for place, step in enumerate(steps, start=1):
        if step is None:
            continue
        at = f"{key} number {place}"
        if step.after > LONGEST_ESCALATION:
            yield Fault("is more than thirty days; nobody would hear of it in time.", f"{at} after")
        if earlier and step.after <= earlier[-1].after:
            yield Fault("is not later than the step before it.", f"{at} after")
        if any(step.role == one.role for one in earlier):
            told = f'"{step.role}" has been told by an earlier step; name another.'
            yield Fault(told, f"{at} role")
        earlier.append(step)


def faults_of_hearers(
    kind: str, events: ClockEvents | None, owner: str, own_chain: Sequence[EscalationStep]
) -> Iterator[Fault]:
    """An owner, or a step of a chain of its own, who could do nothing."""
    subject = _subject(kind, events)
    if subject is None:
        return
    why = why_not(Role(owner), kind, subject)
    if why is not None:
        yield Fault(f'"{owner}" {why}; use one of: {_able(kind, subject)}.', "owner")
    for step in own_chain:
        if step.role == owner:
            yield Fault(f'names "{owner}", who owns the flag already.', "escalation")
        elif stands_above(owner, step.role):
            yield Fault(f'names "{step.role}", who stands below "{owner}".', "escalation")
        elif (why := why_not(Role(step.role), kind, subject)) is not None:
            yield Fault(
                f'names "{step.role}", who {why}; use one of: {_able(kind, subject)}.',
                "escalation",
            )


def faults_of_common_chain(
    steps: Sequence[EscalationStep], common: Sequence[Hearers]
) -> Iterator[Fault]:
    """Each step of the common chain that is no use to a timescale on it."""
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
            yield Fault(
                f'"{step.role}" {why} ({_listed(list(useless))}); name a role that does, or give '
                "these timescales an escalation of their own.",
                f"steps number {place} role",
            )
    for owner in dict.fromkeys(one.owner for one in common):
        if owner in SUPERIORS and not upward(steps, owner):
            yield Fault(
                f'tells nobody else of the flags of "{owner}"; add a step for one of: '
                f"{', '.join(SUPERIORS[Role(owner)])}.",
                "steps",
            )


def faults_of_stages(stages: Mapping[str, str]) -> Iterator[Fault]:
    """The stages whose role does not see every challenge that is put to it."""
    for key, kind in (
        ("stage_2_answered_by", "challenge_stage_2"),
        ("stage_3_answered_by", "challenge_stage_3"),
    ):
        if key not in stages:
            continue
        role = stages[key]
        why = why_not(Role(role), kind, SubjectKind.challenge)
        if why is not None:
            yield Fault(f'"{role}" {why}; name a role that does.', key)


def _subject(kind: str, events: ClockEvents | None) -> SubjectKind | None:
    """What a clock runs on; None for one that never runs, which is a fault of its own."""
    return runs_on(events) if events is not None else SUBJECTS.get(kind)


def _able(kind: str, subject: SubjectKind) -> str:
    return ", ".join(able(kind, subject))


def _listed(kinds: Sequence[str]) -> str:
    more = len(kinds) - _SHOWN
    shown = ", ".join(kinds[:_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
