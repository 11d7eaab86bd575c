"""Threshold decisions: for one child on one contact, what happens next, and why (rules 2 to 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.concerns import ConcernCounts
from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.fields import Id, PersonId, Version, plain, sensitive
from service.domain.own_words import RationaleRules, own_words_faults, rationale_faults
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
    passed_to_case_holder = "passed_to_case_holder"


class StatutoryBasis(StrEnum):
    """Children Act 1989: child in need (section 17) or significant harm suspected (section 47)."""

    section_17 = "section_17"
    section_47 = "section_47"


class DecisionState(StrEnum):
    """Where a decision stands. It is never edited (rule 7)."""

    awaiting_sign_off = "awaiting_sign_off"
    returned = "returned"
    signed = "signed"
    withdrawn = "withdrawn"
    superseded = "superseded"


class DecisionAction(StrEnum):
    """What can be done to a decision."""

    agree = "agree"
    return_to_decider = "return_to_decider"
    supersede = "supersede"
    withdraw = "withdraw"
    act_out_of_hours = "act_out_of_hours"


DECISION = StateTable(
    noun="decision",
    start=DecisionState.awaiting_sign_off,
    moves={
        (DecisionState.awaiting_sign_off, DecisionAction.agree): DecisionState.signed,
        (
            DecisionState.awaiting_sign_off,
            DecisionAction.return_to_decider,
        ): DecisionState.returned,
        # Out of hours one person may be alone: it has effect, and a manager signs off that it had.
        (DecisionState.awaiting_sign_off, DecisionAction.act_out_of_hours): DecisionState.signed,
        (DecisionState.awaiting_sign_off, DecisionAction.supersede): DecisionState.superseded,
        (DecisionState.awaiting_sign_off, DecisionAction.withdraw): DecisionState.withdrawn,
        (DecisionState.signed, DecisionAction.supersede): DecisionState.superseded,
    },
    final=frozenset(
        {
            DecisionState.signed,
            DecisionState.returned,
            DecisionState.superseded,
            DecisionState.withdrawn,
        }
    ),
)


@dataclass(frozen=True, slots=True)
class AgencyAsked:
    """One agency in the account of who was asked (rule 4)."""

    organisation_id: str
    asked: bool
    answered: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class AgencySaid:
    """What a worker says of one agency; whether it was asked and answered, where that is said.

    Of an agency that was asked on this contact the record knows both; see `accounted`.
    """

    organisation_id: str
    asked: bool | None = None
    answered: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """What decisions keep missing, answered, or marked not known with the reason (rule 5)."""

    prompt: str
    answer: str | None
    not_known_because: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A threshold decision as drafted, with what the manager made of it.

    `superseded_at` is since when it neither waits nor stands: replaced, or withdrawn as a draft.
    """

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    child_id: Annotated[UUID, plain("The child on the contact.")]
    person_id: PersonId
    state: Annotated[
        DecisionState, plain("awaiting_sign_off, returned, signed, superseded, withdrawn.")
    ]
    level_of_need: Annotated[
        LevelOfNeed, sensitive("1 universal, 2 additional, 3 targeted, 4 statutory.")
    ]
    outcome: Annotated[Outcome, sensitive("What happens next.")]
    statutory_basis: Annotated[StatutoryBasis | None, sensitive("section_17 or section_47.")]
    primary_need_code: Annotated[str | None, sensitive("Primary need code of the census.")]
    rationale: Annotated[str, sensitive("Why.")]
    history_considered: Annotated[
        str | None, sensitive("Earlier contacts and referrals, as considered.")
    ]
    last_closed_because: Annotated[str | None, sensitive("Why the last one closed.")]
    agencies: Annotated[
        Sequence[AgencyAsked],
        sensitive("Who was asked, who answered, who was not asked and why."),
    ]
    prompts: Annotated[Sequence[PromptAnswer], sensitive("What decisions keep missing, answered.")]
    assessment_tool: Annotated[str | None, sensitive("Assessment tool used.")]
    assessment_score: Annotated[str | None, sensitive("Its score.")]
    receiving_team_id: Annotated[str | None, plain("Team that is to receive the case.")]
    advice_given: Annotated[str | None, sensitive("Information and advice given.")]
    supersedes_id: Annotated[UUID | None, plain("The earlier decision that this one replaces.")]
    supersedes_because: Annotated[str | None, sensitive("Why the mind was changed.")]
    drafted_at: Annotated[datetime, plain("When drafted.")]
    drafted_by: Annotated[UUID, plain("Who decided.")]
    answered_at: Annotated[datetime | None, plain("When signed or returned.")]
    answered_by: Annotated[UUID | None, plain("Manager who answered.")]
    answer_words: Annotated[str | None, sensitive("The manager's own words.")]
    superseded_at: Annotated[
        datetime | None,
        plain("When replaced, or withdrawn as a draft: it waits and stands no more."),
    ]
    joined_case_id: Annotated[
        UUID | None,
        plain(
            "The open referral or early help episode that it joined, "
            "when the child was open already."
        ),
    ]
    repeat_concern: Annotated[
        ConcernCounts | None,
        sensitive(
            "How often the child was spoken of before, as it stood when this was drafted: counts."
        ),
    ]
    version: Version
    withdrawn_by: Annotated[UUID | None, plain("Who withdrew the draft.")] = None
    withdrawn_because: Annotated[str | None, sensitive("Why it was withdrawn.")] = None
    passed_concern_id: Annotated[
        UUID | None, plain("The concern as it was passed to who holds the child's case.")
    ] = None
    emergency_act_id: Annotated[
        UUID | None, plain("What was done alone, when it had effect out of hours before sign-off.")
    ] = None
    recorded_under: Annotated[
        str | None, plain("Edition of the policy under which it was recorded without a discussion.")
    ] = None
    nth_contact: Annotated[
        int | None,
        sensitive(
            "The how many-th contact about the child this was when it was drafted; empty where "
            "there were too few to be read as a whole."
        ),
    ] = None
    nth_within_months: Annotated[int | None, plain("Within how many months they came.")] = None
    nothing_more_because: Annotated[
        str | None, sensitive("Why nothing more follows from all of them together.")
    ] = None
    whole_read_at: Annotated[
        datetime | None, plain("When a manager had read the whole of what is on file.")
    ] = None
    whole_read_by: Annotated[UUID | None, plain("The manager who read it.")] = None
    whole_read_words: Annotated[str | None, sensitive("What they saw in it.")] = None


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


class CannotSupersede(Invalid):
    """Only the decision that waits or stands for the child is superseded, and with a reason."""

    code = "cannot_supersede"
    title = "This decision cannot be superseded"


class OwnWordsNeeded(Invalid):
    """A sign-off is in the manager's own words (rule 6); a stock phrase says nothing."""

    code = "own_words_needed"
    title = "Say it in your own words"


class OwnDecision(NotAllowed):
    """Sign-off is by somebody else (rule 6)."""

    code = "own_decision"
    title = "Sign-off is by somebody else"


class NotYourDraft(NotAllowed):
    """A draft is withdrawn by who drafted it, or by a manager."""

    code = "not_your_draft"
    title = "Somebody else drafted this"


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
    # What it comes to is for who holds the case, and knows the child.
    Outcome.passed_to_case_holder: tuple(LevelOfNeed),
}


def faults_in_draft(
    draft: Decision,
    *,
    has_history: bool,
    asked: Mapping[str, bool],
    prompts: Sequence[str],
    needed: Sequence[str],
    rationale_rules: RationaleRules,
) -> list[Problem]:
    """Everything a draft leaves out, all at once.

    `asked` maps each agency asked on this contact to whether it has answered; `prompts` are the
    policy's, `needed` those that this decision has to answer; `has_history` is whether earlier
    contacts or referrals are on file for the child.
    """
    return [
        *_faults_in_outcome(draft),
        *rationale_faults(rationale_rules, "/rationale", draft.rationale),
        *_faults_in_history(draft, has_history, rationale_rules),
        *_faults_in_agencies(draft, asked, rationale_rules),
        *_faults_in_prompts(draft, prompts, needed, rationale_rules),
        *own_words_faults(
            rationale_rules,
            ("/supersedes/because", draft.supersedes_because),
            ("/advice_given", draft.advice_given),
        ),
    ]


def _faults_in_outcome(draft: Decision) -> list[Problem]:
    """A level and an outcome that fit, and what each outcome needs beside them (rule 2)."""
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
    if draft.assessment_score is not None and draft.assessment_tool is None:
        fault("/assessment/tool", "Name the tool that gave this score.", "tool_missing")
    return problems


def _faults_in_history(draft: Decision, has_history: bool, rules: RationaleRules) -> list[Problem]:
    """With earlier contacts or referrals on file, what they were and why the last closed (rule 3).

    Where nothing is on file, a worker may still tell of what is known from elsewhere.
    """
    problems: list[Problem] = []
    if has_history and not draft.history_considered:
        problems.append(
            Problem(
                "/history/considered",
                "Earlier contacts or referrals are on file: GET "
                "/v1/contacts/{contact_id}/history shows them. Read them and say what they were.",
                "history_not_considered",
            )
        )
    if has_history and not draft.last_closed_because:
        problems.append(
            Problem(
                "/history/last_closed_because",
                "Say why the last contact or referral closed, or that it is still open.",
                "history_not_considered",
            )
        )
    problems += own_words_faults(
        rules,
        ("/history/considered", draft.history_considered),
        ("/history/last_closed_because", draft.last_closed_because),
    )
    return problems


_WHY_NOT_ASKED = (
    "Say why this agency was not asked, why you decide without its answer, or, where no request is "
    "on the record, how it was asked and what it said."
)


def _faults_in_agencies(
    draft: Decision, asked: Mapping[str, bool], rules: RationaleRules
) -> list[Problem]:
    """Who was asked, who answered, who was not asked and why (rule 4).

    The record of information requests is the law: nobody asked there is left out, no answer is
    claimed that has not arrived, and none that has arrived is passed over.
    """
    problems: list[Problem] = []

    def fault(pointer: str, message: str, code: str) -> None:
        problems.append(Problem(pointer, message, code))

    if not draft.agencies:
        fault(
            "/agencies",
            "Say which agencies were asked, which answered, and which were not asked and why.",
            "agencies_missing",
        )
    listed: set[str] = set()
    for position, line in enumerate(draft.agencies):
        organisation_id = line.organisation_id
        at = f"/agencies/{position}"
        if organisation_id in listed:
            fault(at, "This agency is listed already: say all of it in one line.", "listed_twice")
        listed.add(organisation_id)
        if line.answered and not line.asked:
            fault(f"{at}/asked", "Who was not asked has not answered.", "not_asked")
        if organisation_id in asked:
            if not line.asked:
                fault(f"{at}/asked", "This agency was asked on this contact.", "was_asked")
            if line.answered and not asked[organisation_id]:
                fault(
                    f"{at}/answered",
                    "No answer has arrived. No answer is never read as nothing known.",
                    "has_not_answered",
                )
            if not line.answered and asked[organisation_id]:
                fault(
                    f"{at}/answered",
                    "Its answer is on the record of this contact: read it, and say so.",
                    "has_answered",
                )
        on_record = organisation_id in asked and line.asked and line.answered
        if not on_record and not line.reason:
            fault(f"{at}/reason", _WHY_NOT_ASKED, "reason_missing")
        problems += own_words_faults(rules, (f"{at}/reason", line.reason))
    for organisation_id in sorted(set(asked) - listed):
        fault(
            "/agencies",
            f"{organisation_id} was asked and has not answered: list it, and say why you decide "
            "without its answer.",
            "agency_not_listed",
        )
    return problems


def _faults_in_prompts(
    draft: Decision, prompts: Sequence[str], needed: Sequence[str], rules: RationaleRules
) -> list[Problem]:
    """What decisions keep missing: answered, or marked not known with a reason (rule 5)."""
    problems: list[Problem] = []
    given: set[str] = set()
    for position, line in enumerate(draft.prompts):
        prompt, at = line.prompt, f"/prompts/{position}"
        answer, why_not = line.answer, line.not_known_because
        if prompt not in prompts:
            known = ", ".join(prompts)
            problems.append(Problem(f"{at}/prompt", f"The policy asks: {known}.", "prompt_unknown"))
        if prompt in given:
            problems.append(
                Problem(at, "This is answered already: answer it once.", "answered_twice")
            )
        given.add(prompt)
        if answer and why_not:
            problems.append(
                Problem(at, "Either an answer, or why it is not known: not both.", "answered_twice")
            )
        elif not (answer or why_not):
            problems.append(
                Problem(
                    at, "Answer this, or say that it is not known and why.", "prompt_not_answered"
                )
            )
        problems += own_words_faults(
            rules,
            (f"{at}/answer", str(answer) if answer else None),
            (f"{at}/not_known_because", str(why_not) if why_not else None),
        )
    problems += [
        Problem(
            "/prompts",
            f"Answer {prompt}, or say that it is not known and why.",
            "prompt_not_answered",
        )
        for prompt in needed
        if prompt not in given
    ]
    return problems
