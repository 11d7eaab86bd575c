"""Threshold decisions: for one child on one contact, what happens next, and why (rules 2 to 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol
from uuid import UUID

from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.states import StateTable


class LevelOfNeed(IntEnum):
    """The continuum of need: universal, additional, targeted early help, statutory."""

    universal = 1
    additional = 2
    targeted = 3
    statutory = 4


class Outcome(StrEnum):
    """What happens next for the child."""

    no_further_action = "no_further_action"
    information_and_advice = "information_and_advice"
    early_help = "early_help"
    referral = "referral"


class StatutoryBasis(StrEnum):
    """Children Act 1989: child in need (section 17) or significant harm suspected (section 47)."""

    section_17 = "section_17"
    section_47 = "section_47"


class DecisionState(StrEnum):
    """Where a decision stands. It is never edited (rule 7)."""

    awaiting_sign_off = "awaiting_sign_off"
    returned = "returned"
    signed = "signed"
    superseded = "superseded"


class DecisionAction(StrEnum):
    """What can be done to a decision."""

    agree = "agree"
    return_to_decider = "return_to_decider"
    supersede = "supersede"


DECISION = StateTable(
    noun="decision",
    start=DecisionState.awaiting_sign_off,
    moves={
        (DecisionState.awaiting_sign_off, DecisionAction.agree): DecisionState.signed,
        (
            DecisionState.awaiting_sign_off,
            DecisionAction.return_to_decider,
        ): DecisionState.returned,
        (DecisionState.awaiting_sign_off, DecisionAction.supersede): DecisionState.superseded,
        (DecisionState.signed, DecisionAction.supersede): DecisionState.superseded,
    },
    final=frozenset({DecisionState.signed, DecisionState.returned, DecisionState.superseded}),
)


@dataclass(frozen=True, slots=True)
class AgencyAsked:
    """One agency in the account of who was asked (rule 4)."""

    organisation_id: str
    asked: bool
    answered: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """What decisions keep missing, answered, or marked not known with the reason (rule 5)."""

    prompt: str
    answer: str | None
    not_known_because: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A threshold decision as drafted, with what the manager made of it."""

    id: UUID
    contact_id: UUID
    child_id: UUID
    person_id: UUID
    state: DecisionState
    level_of_need: LevelOfNeed
    outcome: Outcome
    statutory_basis: StatutoryBasis | None
    primary_need_code: str | None
    rationale: str
    history_considered: str | None
    last_closed_because: str | None
    agencies: Sequence[Mapping[str, object]]
    prompts: Sequence[Mapping[str, object]]
    assessment_tool: str | None
    assessment_score: str | None
    receiving_team_id: str | None
    advice_given: str | None
    supersedes_id: UUID | None
    supersedes_because: str | None
    drafted_at: datetime
    drafted_by: UUID
    answered_at: datetime | None
    answered_by: UUID | None
    answer_words: str | None
    superseded_at: datetime | None
    version: int


class DecisionIncomplete(Invalid):
    """The decision leaves out what inspectors keep finding missing; each gap is named."""

    code = "decision_incomplete"
    title = "The decision is incomplete"


class ChildAlreadyDecided(Conflict):
    """A signed decision stands for this child on this contact."""

    code = "child_already_decided"
    title = "Already decided and signed"


class DecisionWaiting(Conflict):
    """A decision for this child waits for sign-off."""

    code = "decision_awaiting_sign_off"
    title = "A decision waits for sign-off"


class OwnDecision(NotAllowed):
    """Sign-off is by somebody else (rule 6)."""

    code = "own_decision"
    title = "Sign-off is by somebody else"


_LEVELS: Mapping[Outcome, tuple[LevelOfNeed, ...]] = {
    Outcome.no_further_action: (
        LevelOfNeed.universal,
        LevelOfNeed.additional,
        LevelOfNeed.targeted,
    ),
    Outcome.information_and_advice: (
        LevelOfNeed.universal,
        LevelOfNeed.additional,
        LevelOfNeed.targeted,
    ),
    Outcome.early_help: (LevelOfNeed.additional, LevelOfNeed.targeted),
    Outcome.referral: (LevelOfNeed.statutory,),
}


class RationaleRules(Protocol):
    """What the policy says of rationales."""

    @property
    def minimum_characters(self) -> int:
        """Letters and digits that a rationale needs."""
        ...

    def is_too_short(self, text: str) -> bool:
        """Whether it has fewer."""
        ...

    def is_boiler_plate(self, text: str) -> bool:
        """Whether it is nothing but stock phrases."""
        ...


def rationale_fault(text: str, rules: RationaleRules, pointer: str) -> Problem | None:
    """Why a rationale would be refused, or None (rule 2)."""
    if rules.is_boiler_plate(text):
        return Problem(
            pointer,
            "This is a stock phrase. Say in your own words what the facts are and why they meet "
            "this threshold.",
            "boiler_plate",
        )
    if rules.is_too_short(text):
        return Problem(
            pointer,
            f"Say more: at least {rules.minimum_characters} characters of words on what the facts "
            "are and why they meet this threshold.",
            "too_short",
        )
    if len(set(text.lower().split())) < 5:
        return Problem(
            pointer,
            "The same few words again and again are no rationale. Say what the facts are.",
            "boiler_plate",
        )
    return None


def faults_in_draft(
    draft: Decision,
    *,
    has_history: bool,
    asked: Mapping[str, bool],
    prompts: Sequence[str],
    rationale_rules: RationaleRules,
) -> list[Problem]:
    """Everything a draft leaves out, all at once.

    `asked` maps each agency asked on this contact to whether it has answered; `prompts` are the
    policy's; `has_history` is whether earlier contacts or referrals are on file for the child.
    """
    problems: list[Problem] = []

    def fault(pointer: str, message: str, code: str) -> None:
        problems.append(Problem(pointer, message, code))

    if draft.level_of_need not in _LEVELS[draft.outcome]:
        levels = " or ".join(str(int(level)) for level in _LEVELS[draft.outcome])
        fault(
            "/level_of_need",
            f"The outcome {draft.outcome.replace('_', ' ')} goes with level {levels}.",
            "level_does_not_fit_outcome",
        )
    if draft.outcome is Outcome.referral and draft.statutory_basis is None:
        fault(
            "/statutory_basis",
            "A referral names its basis: section_17 (child in need) or section_47 (significant "
            "harm suspected).",
            "statutory_basis_missing",
        )
    if draft.outcome is not Outcome.referral and draft.statutory_basis is not None:
        fault("/statutory_basis", "Only a referral has a statutory basis.", "not_expected")
    if draft.outcome is Outcome.referral and draft.primary_need_code is None:
        fault("/primary_need_code", "A referral names the primary need.", "primary_need_missing")
    if draft.outcome is Outcome.information_and_advice and not draft.advice_given:
        fault("/advice_given", "Write down the advice that was given.", "advice_missing")
    wrong = rationale_fault(draft.rationale, rationale_rules, "/rationale")
    if wrong:
        problems.append(wrong)
    if has_history:
        if not draft.history_considered:
            fault(
                "/history/considered",
                "Earlier contacts or referrals are on file. Read them and say what they were.",
                "history_not_considered",
            )
        if not draft.last_closed_because:
            fault(
                "/history/last_closed_because",
                "Say why the last contact or referral closed.",
                "history_not_considered",
            )
    listed = {str(line["organisation_id"]): line for line in draft.agencies}
    for organisation_id in sorted(set(asked) - set(listed)):
        fault(
            "/agencies",
            f"{organisation_id} was asked: list it, and say whether it answered.",
            "agency_not_listed",
        )
    for position, line in enumerate(draft.agencies):
        organisation_id = str(line["organisation_id"])
        at = f"/agencies/{position}"
        if line["answered"] and not line["asked"]:
            fault(f"{at}/asked", "Who was not asked has not answered.", "not_asked")
        if organisation_id in asked and not line["asked"]:
            fault(f"{at}/asked", "This agency was asked on this contact.", "was_asked")
        if organisation_id in asked and line["answered"] and not asked[organisation_id]:
            fault(
                f"{at}/answered",
                "No answer has arrived. No answer is never read as nothing known.",
                "has_not_answered",
            )
        if not (line["asked"] and line["answered"]) and not line["reason"]:
            fault(
                f"{at}/reason",
                "Say why this agency was not asked, or why you decide without its answer.",
                "reason_missing",
            )
    if not draft.agencies:
        fault(
            "/agencies",
            "Say which agencies were asked, which answered, and which were not asked and why.",
            "agencies_missing",
        )
    given = {str(line["prompt"]): line for line in draft.prompts}
    for prompt in prompts:
        answer = given.get(prompt)
        if answer is None or not (answer["answer"] or answer["not_known_because"]):
            fault(
                f"/prompts/{prompt}",
                "Answer this, or say that it is not known and why.",
                "prompt_not_answered",
            )
        elif answer["answer"] and answer["not_known_because"]:
            fault(
                f"/prompts/{prompt}",
                "Either an answer, or why it is not known: not both.",
                "prompt_answered_twice",
            )
    return problems
