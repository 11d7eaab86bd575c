"""Flags raised: by the sweep when a limit passes or comes near, and at once when danger is told."""

from service.domain.deadlines import Deadline, EscalationStep
from service.domain.escalations import upward
from service.domain.events import About, EventType
from service.domain.flags import BY_DANGER, BY_ITS_LIMIT, Flag, Severity
from service.persistence.ids import new_id
from service.persistence.units_of_work import Work
from service.policy import NoRuleInForce, Policy, TimescaleUnknown


def raise_flag(
    work: Work,
    deadline: Deadline,
    severity: Severity,
    about: About,
    *,
    owner: str | None = None,
    danger: bool = False,
) -> Flag:
    """Raises the flag of a clock, with its event; `owner` where it is for somebody else.

    `danger`: danger was told on the clock before its limit passed.
    """
    owner = owner or deadline.owner_role
    steps = escalation_steps(work.policy, deadline, severity, owner)
    flag = Flag(
        id=new_id(),
        deadline_id=deadline.id,
        kind=deadline.kind,
        severity=severity,
        rank=BY_DANGER if danger or severity is Severity.danger else BY_ITS_LIMIT,
        subject_kind=deadline.subject_kind,
        subject_id=deadline.subject_id,
        contact_id=deadline.contact_id,
        owner_role=owner,
        due_at=deadline.due_at,
        raised_at=work.now,
        policy_version=deadline.policy_version,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledgement=None,
        escalation_level=0,
        escalated_to=None,
        escalated_at=None,
        escalate_at=work.now + steps[0].after if steps else None,
        cleared_at=None,
        cleared_because=None,
        version=1,
    )
    work.add(flag)
    work.record(
        EventType.flag_raised,
        None,
        flag.id,
        contact_id=flag.contact_id,
        about=about,
        severity=severity,
        kind=flag.kind,
        deadline_id=flag.deadline_id,
        due_at=flag.due_at,
        owner_role=flag.owner_role,
    )
    return flag


def escalation_steps(
    policy: Policy, deadline: Deadline, severity: Severity, owner: str
) -> tuple[EscalationStep, ...]:
    """Whom an unacknowledged flag of this clock goes to, and when, by the policy in force now.

    A kind that this policy no longer has goes the policy's general way. A warning goes to nobody
    else: the breach does, when nobody has acted by then.
    """
    if severity is Severity.warning:
        return ()
    try:
        timescale = policy.timescale(deadline.kind, deadline.variant, at=deadline.started_at)
    except (TimescaleUnknown, NoRuleInForce):
        steps = policy.escalation
    else:
        steps = timescale.escalation
    return upward(steps, owner)
