"""What a strategy meeting must have said before it is concluded, every gap named (rule 13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.domain.errors import Problem
from service.domain.own_words import RationaleRules, own_words_faults, rationale_faults
from service.domain.strategy_meetings import (
    BEGINS_AN_ENQUIRY,
    EnquiryDecision,
    Harm,
    MedicalDecision,
    MeetingChild,
    MeetingTask,
    takes_a_medical_decision,
)


@dataclass(frozen=True, slots=True)
class ChildConclusion:
    """What was decided for one child. The child is named by the person or by the referral.

    `alleged` is all that is alleged by now; None when nothing was added.
    """

    person_id: UUID | None = None
    referral_id: UUID | None = None
    alleged: Sequence[Harm] | None = None
    enquiry: EnquiryDecision | None = None
    enquiry_reason: str | None = None
    medical: MedicalDecision | None = None
    medical_reason: str | None = None
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A conclusion as it is told."""

    children: Sequence[ChildConclusion] = ()
    actions: Sequence[MeetingTask] = ()


@dataclass(frozen=True, slots=True)
class OnFileOfChild:
    """What is on file of a child whom a meeting is about.

    `before` is what was alleged at earlier meetings, `under_way` the kind of the enquiry that is
    open, `began_at` when the meeting was held that last initiated one, be it open or ended.
    """

    child: MeetingChild
    before: frozenset[str]
    under_way: EnquiryDecision | None
    began_at: datetime | None

    @property
    def alleged(self) -> frozenset[str]:
        """What was alleged when the meeting was called, or at an earlier one."""
        return self.before.union(self.child.alleged)

    def now(self, told: ChildConclusion) -> list[str]:
        """All that is alleged once this is concluded, in the order of the code list."""
        alleged = {*self.alleged, *(told.alleged or ())}
        return [harm for harm in Harm if harm in alleged]


def standing_of(told: ChildConclusion, standings: Sequence[OnFileOfChild]) -> OnFileOfChild | None:
    """The child of the meeting that is meant; None when it is none of them."""
    named = {
        name: value
        for name in ("person_id", "referral_id")
        if (value := getattr(told, name)) is not None
    }
    for one in standings:
        if named and all(getattr(one.child, name) == value for name, value in named.items()):
            return one
    return None


def faults_in_conclusion(
    conclusion: Conclusion,
    standings: Sequence[OnFileOfChild],
    held_at: datetime,
    rules: RationaleRules,
) -> list[Problem]:
    """Everything that a conclusion leaves out or gets wrong, all at once."""
    problems: list[Problem] = []
    concluded: set[UUID] = set()
    for place, told in enumerate(conclusion.children):
        at = f"/children/{place}"
        standing = standing_of(told, standings)
        if standing is None:
            problems.append(_which_child(told, at))
            continue
        if standing.child.id in concluded:
            problems.append(
                Problem(at, "This child is there already: say all of it once.", "listed_twice")
            )
            continue
        concluded.add(standing.child.id)
        problems += _faults_for_child(told, standing, held_at, rules, at)
    problems += [
        Problem(
            "/children",
            f"The child of referral {one.child.referral_id} is missing: the meeting is about every "
            "child for whom it was called.",
            "child_missing",
        )
        for one in standings
        if one.child.id not in concluded
    ]
    return [*problems, *_faults_in_actions(conclusion.actions, held_at, rules)]


def _which_child(told: ChildConclusion, at: str) -> Problem:
    if told.person_id is None and told.referral_id is None:
        return Problem(at, "Name the child by person_id or by referral_id.", "missing")
    return Problem(at, "The meeting was not called about this child.", "not_at_this_meeting")


def _faults_for_child(
    told: ChildConclusion,
    standing: OnFileOfChild,
    held_at: datetime,
    rules: RationaleRules,
    at: str,
) -> list[Problem]:
    problems: list[Problem] = []

    def fault(name: str, message: str, code: str) -> None:
        problems.append(Problem(f"{at}/{name}", message, code))

    gone = [] if told.alleged is None else sorted(standing.alleged.difference(told.alleged))
    if gone:
        fault(
            "alleged",
            f"What was alleged stays alleged: add {', '.join(gone)}. Leave the list out when "
            "nothing was added.",
            "alleged_before",
        )
    problems += _faults_in_enquiry(told, standing, held_at, rules, at)
    if told.medical is None and takes_a_medical_decision(standing.now(told)):
        fault(
            "medical",
            "Injury or sexual abuse is alleged, now or at an earlier meeting: decide whether a "
            "medical examination takes place.",
            "medical_decision_missing",
        )
    if told.medical_reason is None:
        if told.medical is not None or takes_a_medical_decision(standing.now(told)):
            fault(
                "medical_reason",
                "Say why a medical examination takes place, or why not.",
                "medical_reason_missing",
            )
    elif told.medical is None:
        fault("medical", "Say which decision on a medical this is the reason for.", "missing")
    if told.told is None:
        fault("told", "Say what the child will be told.", "told_missing")
    problems += own_words_faults(
        rules, (f"{at}/medical_reason", told.medical_reason), (f"{at}/told", told.told)
    )
    return _each_place_once(problems)


def _each_place_once(problems: Sequence[Problem]) -> list[Problem]:
    found: Mapping[tuple[str, str], Problem] = {(one.pointer, one.code): one for one in problems}
    return list(found.values())


def _faults_in_enquiry(
    told: ChildConclusion,
    standing: OnFileOfChild,
    held_at: datetime,
    rules: RationaleRules,
    at: str,
) -> list[Problem]:
    problems: list[Problem] = []

    def fault(name: str, message: str, code: str) -> None:
        problems.append(Problem(f"{at}/{name}", message, code))

    decided = told.enquiry
    if decided is None:
        fault(
            "enquiry",
            "Decide on a section 47 enquiry: single_agency, joint, continues or none.",
            "enquiry_missing",
        )
    elif decided is EnquiryDecision.none and standing.under_way is not None:
        fault(
            "enquiry",
            "An enquiry about this child is under way. It ends by its outcome: say continues, or "
            "record its outcome.",
            "enquiry_under_way",
        )
    elif decided is EnquiryDecision.continues and standing.under_way is None:
        fault("enquiry", "No enquiry about this child is under way.", "no_enquiry_under_way")
    elif (
        decided in BEGINS_AN_ENQUIRY
        and standing.began_at is not None
        and held_at < standing.began_at
    ):
        fault(
            "enquiry",
            "This meeting was held before the one that began the enquiry, so it changes nothing "
            "of it: say continues while it is under way, or none.",
            "held_before_enquiry_began",
        )
    elif decided is EnquiryDecision.single_agency and standing.under_way is EnquiryDecision.joint:
        fault(
            "enquiry",
            "The enquiry under way is joint with the police, and that stays on record. Say "
            "continues.",
            "enquiry_is_joint",
        )
    if told.enquiry_reason is None:
        fault("enquiry_reason", "Say why this was decided.", "enquiry_reason_missing")
        return problems
    pointer = f"{at}/enquiry_reason"
    if decided is EnquiryDecision.continues:
        return [*problems, *own_words_faults(rules, (pointer, told.enquiry_reason))]
    return [*problems, *rationale_faults(rules, pointer, told.enquiry_reason)]


def _faults_in_actions(
    actions: Sequence[MeetingTask], held_at: datetime, rules: RationaleRules
) -> list[Problem]:
    if not actions:
        return [
            Problem(
                "/actions",
                "Say what happens next: at least one action, with its owner and its time.",
                "actions_missing",
            )
        ]
    problems: list[Problem] = []
    for place, one in enumerate(actions):
        at = f"/actions/{place}"
        for name, value, message in (
            ("what", one.what, "Say what is to be done."),
            ("owner", one.owner, "Say who does it."),
            ("due_at", one.due_at, "Say by when."),
        ):
            if value is None:
                problems.append(Problem(f"{at}/{name}", message, f"{name}_missing"))
        problems += own_words_faults(rules, (f"{at}/what", one.what))
        if one.due_at is not None and one.due_at < held_at:
            problems.append(
                Problem(
                    f"{at}/due_at",
                    "What happens next is due after the meeting, not before it.",
                    "due_before_meeting",
                )
            )
    return problems
