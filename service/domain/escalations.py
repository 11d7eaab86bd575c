"""Escalations: whom a flag goes up to, and that they see the thing it is about and may take it on.

A flag that nobody acknowledges is no use to somebody who cannot open it. So who stands above whom
is said here, once, and a step of a chain is only good when its role sees every flag of that kind,
may read what it is about, and may take it on. Nor is it any use when somebody silences it who does
not owe what is late.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from service.domain import challenges, early_help_episodes, passed_concerns, transfers
from service.domain.access import DUTIES, GRANTS, MANAGER_OF, Caller, Permission, Reach, Role
from service.domain.accountabilities import CareService
from service.domain.contact_kinds import KIND_CLOCKS
from service.domain.dangers import RATED_CLOCK, RATING_CLOCK
from service.domain.deadlines import ClockEvents, EscalationStep
from service.domain.emergency_acts import EMERGENCY_CLOCK
from service.domain.flags import OF_SOCIAL_CARE, Flag, FlagNotYours, SubjectKind
from service.domain.referrals import SECTION_47_ALLOCATION

_TOP = (Role.head_of_service, Role.director)
SUPERIORS: Mapping[Role, tuple[Role, ...]] = MappingProxyType(
    {
        Role.mash_worker: (Role.mash_manager, *_TOP),
        Role.mash_manager: _TOP,
        Role.emergency_duty_worker: (Role.mash_manager, *_TOP),
        Role.early_help_worker: (Role.early_help_spoc_manager, *_TOP),
        Role.early_help_spoc_manager: _TOP,
        Role.assessment_team_worker: (Role.assessment_team_manager, *_TOP),
        Role.assessment_team_manager: _TOP,
        Role.head_of_service: (Role.director,),
    }
)
"""Who stands above a role, the nearest first. Who is not named has nobody above them here."""

SUBJECTS: Mapping[str, SubjectKind] = MappingProxyType(
    {
        "contact_to_referral": SubjectKind.contact,
        "statutory_decision": SubjectKind.contact,
        RATED_CLOCK: SubjectKind.contact,
        RATING_CLOCK: SubjectKind.contact,
        "acknowledge_referrer": SubjectKind.contact,
        "daily_meeting": SubjectKind.contact,
        "repeat_concern": SubjectKind.contact,
        "police_update_read": SubjectKind.contact,
        "agency_information": SubjectKind.information_request,
        "late_answer_read": SubjectKind.information_request,
        "sign_off": SubjectKind.decision,
        EMERGENCY_CLOCK: SubjectKind.emergency_act,
        "allocation": SubjectKind.referral,
        SECTION_47_ALLOCATION: SubjectKind.referral,
        "strategy_meeting": SubjectKind.referral,
        "single_assessment": SubjectKind.referral,
        "expected_delivery_known": SubjectKind.referral,
        "pre_birth_assessment_begun": SubjectKind.referral,
        "pre_birth_assessment_done": SubjectKind.referral,
        "early_help_allocation": SubjectKind.early_help_episode,
        **dict.fromkeys(early_help_episodes.EPISODE_CLOCKS, SubjectKind.early_help_episode),
        "strategy_minutes": SubjectKind.strategy_meeting,
        "child_seen": SubjectKind.section_47_enquiry,
        "initial_child_protection_conference": SubjectKind.section_47_enquiry,
        "return_home_interview": SubjectKind.missing_episode,
        **dict.fromkeys(KIND_CLOCKS, SubjectKind.contact),
        **dict.fromkeys(passed_concerns.CLOCKS, SubjectKind.passed_concern),
        **dict.fromkeys(transfers.CLOCKS, SubjectKind.transfer),
        **dict.fromkeys(challenges.CLOCKS, SubjectKind.challenge),
        transfers.STRATEGY_CLOCK: SubjectKind.transfer,
        challenges.HARM_CLOCK: SubjectKind.challenge,
    }
)
"""What each clock that the service starts by itself runs on."""

READS: Mapping[SubjectKind, Permission] = MappingProxyType(
    {
        SubjectKind.contact: Permission.read_contacts,
        SubjectKind.decision: Permission.read_decisions,
        SubjectKind.information_request: Permission.read_information_requests,
        SubjectKind.referral: Permission.read_referrals,
        SubjectKind.early_help_episode: Permission.read_early_help_episodes,
        SubjectKind.transfer: Permission.read_transfers,
        SubjectKind.challenge: Permission.read_challenges,
        SubjectKind.strategy_meeting: Permission.read_strategy_meetings,
        SubjectKind.section_47_enquiry: Permission.read_section_47_enquiries,
        SubjectKind.missing_episode: Permission.read_missing_episodes,
        SubjectKind.passed_concern: Permission.read_passed_concerns,
        SubjectKind.emergency_act: Permission.read_emergency_acts,
    }
)
"""By which permission the thing is read that a flag is about."""


_SIDE_OF: Mapping[Reach, CareService] = MappingProxyType(
    {Reach.SOCIAL_CARE: CareService.social_care, Reach.EARLY_HELP: CareService.early_help}
)


def stands_above(one: str, other: str) -> bool:
    """Whether a role stands above another, however far."""
    return other in SUPERIORS and one in SUPERIORS[Role(other)]


def upward(steps: Iterable[EscalationStep], owner: str) -> tuple[EscalationStep, ...]:
    """A chain less the owner of the flag and whoever stands below them: nothing goes downwards."""
    return tuple(
        step for step in steps if step.role != owner and not stands_above(owner, step.role)
    )


def next_place(steps: Sequence[EscalationStep], told: str | None, level: int) -> int:
    """Where in a chain the next step is, after `level` steps of which the last told `told`.

    Past the end when the chain has ended. A role that the chain no longer names was told by an
    earlier policy: then it goes on after the first step, so that nobody above is left out.
    """
    roles = [step.role for step in steps]
    if told in roles:
        return roles.index(told) + 1
    return min(level, 1, max(len(steps) - 1, 0))


def runs_on(events: ClockEvents) -> SubjectKind:
    """What a clock of the authority's own runs on: what starts it, when that alone can stop it.

    Else the contact behind it.
    """
    nouns = {one.noun for one in events.stopped_by}
    if events.started_by is not None and nouns == {events.started_by.noun}:
        return SubjectKind(events.started_by.noun)
    return SubjectKind.contact


def _always_seen(reach: Reach, kind: str, subject: SubjectKind) -> bool:
    """Whether somebody of a reach sees each and every flag of a kind."""
    if reach is Reach.ALL:
        return True
    step_down = subject is SubjectKind.transfer and kind.startswith("step_down_")
    step_up = subject is SubjectKind.transfer and kind.startswith("step_up_")
    side = _SIDE_OF.get(reach)
    if side is not None and kind == passed_concerns.READING_CLOCKS[side]:
        return subject is SubjectKind.passed_concern
    if reach is Reach.SOCIAL_CARE:
        return subject in OF_SOCIAL_CARE or (step_down and kind in transfers.CLOCKS)
    if reach is Reach.EARLY_HELP:
        return subject is SubjectKind.early_help_episode or (step_up and kind in transfers.CLOCKS)
    return False


def may_take_on(role: Role) -> bool:
    """Whether a role sees flags and may acknowledge them at all."""
    needed = (Permission.read_flags, Permission.acknowledge_flag)
    return all(role in GRANTS[one].roles for one in needed)


def why_not(role: Role, kind: str, subject: SubjectKind) -> str | None:
    """Why a flag of a kind is no use to a role, in words that end a sentence; None when it is."""
    if not may_take_on(role):
        return "may not take a flag on"
    if role not in GRANTS[READS[subject]].roles:
        return f"may not read {_a(subject)}"
    reach = DUTIES[role].reach
    if reach is None or not _always_seen(reach, kind, subject):
        return f"does not see every {subject.replace('_', ' ')} on which this clock runs"
    return None


def able(kind: str, subject: SubjectKind) -> tuple[Role, ...]:
    """The roles that a flag of a kind can be owned by and go to."""
    return tuple(role for role in Role if why_not(role, kind, subject) is None)


def _a(subject: SubjectKind) -> str:
    words = subject.replace("_", " ")
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


@dataclass(frozen=True, slots=True)
class Accountable:
    """Who answers for what a flag is about: the worker who holds it, in a team of one side."""

    worker_id: UUID | None
    team_id: str
    service: CareService

    def is_held_by(self, who: Caller) -> bool:
        """Whether that is the caller: the worker, or the manager of that very team."""
        of_team = who.team_id == self.team_id and MANAGER_OF[self.service] in who.roles
        return who.account_id == self.worker_id or of_team


def require_ownership(
    who: Caller, flag: Flag, told: Collection[str], accountable: Accountable | None
) -> None:
    """Raises FlagNotYours unless the caller may take a flag on: seeing it is not enough.

    `told` are the roles it escalated to. Whoever takes it on stops it from escalating, so it has to
    be somebody who owes what is late, or somebody above them.
    """
    owing = (flag.owner_role, *told)
    if any(role == one or stands_above(role, one) for role in who.roles for one in owing):
        return
    if accountable is not None and accountable.is_held_by(who):
        return
    raise FlagNotYours(
        f"This flag is for the {DUTIES[Role(flag.owner_role)].title} to take on, for those it "
        "escalated to or who stand above them, or for who holds the case. Tell them what you know."
    )
