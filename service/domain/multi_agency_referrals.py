"""Multi-agency referrals: what a partner may know of what it sent, in public words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from service.domain.challenges import Challenge, ChallengeOutcome, ChallengeState
from service.domain.contacts import Contact, ContactState
from service.domain.deadlines import Deadline
from service.domain.decisions import Outcome
from service.domain.whole_contacts import AttachedTo


class Progress(StrEnum):
    """How far a multi-agency referral has come, in the words that a partner sees.

    `decided` and `closed` are both the end for the front door: after `decided` the work goes on,
    with children's social care or early help; after `closed` nothing follows. `withdrawn` is not
    taken further: it repeats another, is another authority's, or was an error.
    """

    received = "received"
    in_triage = "in_triage"
    awaiting_information = "awaiting_information"
    decided = "decided"
    closed = "closed"
    withdrawn = "withdrawn"


class PublicOutcome(StrEnum):
    """What was decided for a child, in the words that a partner sees."""

    accepted_by_childrens_social_care = "accepted_by_childrens_social_care"
    early_help = "early_help"
    information_and_advice = "information_and_advice"
    no_further_action = "no_further_action"
    passed_to_the_childs_worker = "passed_to_the_childs_worker"


# That a drafted decision waits for a manager is nobody's business but ours.
PROGRESS: Mapping[ContactState, Progress] = MappingProxyType(
    {
        ContactState.received: Progress.received,
        ContactState.in_triage: Progress.in_triage,
        ContactState.awaiting_information: Progress.awaiting_information,
        ContactState.awaiting_sign_off: Progress.in_triage,
        ContactState.decided: Progress.decided,
        ContactState.withdrawn: Progress.withdrawn,
        # Followed on the contact to which it is attached.
        ContactState.attached: Progress.in_triage,
        ContactState.ended: Progress.closed,
    }
)

OUTCOMES: Mapping[Outcome, PublicOutcome] = MappingProxyType(
    {
        Outcome.referral: PublicOutcome.accepted_by_childrens_social_care,
        Outcome.early_help: PublicOutcome.early_help,
        Outcome.information_and_advice: PublicOutcome.information_and_advice,
        Outcome.no_further_action: PublicOutcome.no_further_action,
        Outcome.passed_to_case_holder: PublicOutcome.passed_to_the_childs_worker,
    }
)

IN_WORDS: Mapping[PublicOutcome, str] = MappingProxyType(
    {
        PublicOutcome.accepted_by_childrens_social_care: (
            "Accepted as a referral to children's social care."
        ),
        PublicOutcome.early_help: "Early help will be offered to the family.",
        PublicOutcome.information_and_advice: "Information and advice were given.",
        PublicOutcome.no_further_action: "The front door takes no further action.",
        PublicOutcome.passed_to_the_childs_worker: (
            "Passed to the worker who already works with the child."
        ),
    }
)

_GOES_ON = frozenset(
    {
        PublicOutcome.accepted_by_childrens_social_care,
        PublicOutcome.early_help,
        PublicOutcome.passed_to_the_childs_worker,
    }
)


def progress_of(state: ContactState, outcomes: Iterable[PublicOutcome | None]) -> Progress:
    """How far it has come, from the state within and what was decided for the sender's children."""
    progress = PROGRESS[state]
    if progress is Progress.decided and not _GOES_ON.intersection(outcomes):
        return Progress.closed
    return progress


class DisagreementState(StrEnum):
    """Where a partner's disagreement stands, in the words that a partner sees."""

    being_considered = "being_considered"
    answered = "answered"
    being_changed = "being_changed"
    ended = "ended"


class DisagreementOutcome(StrEnum):
    """How a partner's disagreement ended, in the words that a partner sees."""

    decision_stands = "decision_stands"
    decision_changed = "decision_changed"
    withdrawn = "withdrawn"
    overtaken = "overtaken"


DISAGREEMENT_STATES: Mapping[ChallengeState, DisagreementState] = MappingProxyType(
    {
        ChallengeState.raised: DisagreementState.being_considered,
        ChallengeState.agreed: DisagreementState.answered,
        ChallengeState.upheld: DisagreementState.answered,
        ChallengeState.awaiting_change: DisagreementState.being_changed,
        ChallengeState.ended: DisagreementState.ended,
    }
)

DISAGREEMENT_OUTCOMES: Mapping[ChallengeOutcome, DisagreementOutcome] = MappingProxyType(
    {
        ChallengeOutcome.agreed: DisagreementOutcome.decision_stands,
        ChallengeOutcome.upheld: DisagreementOutcome.decision_stands,
        ChallengeOutcome.changed: DisagreementOutcome.decision_changed,
        ChallengeOutcome.withdrawn: DisagreementOutcome.withdrawn,
        ChallengeOutcome.overtaken: DisagreementOutcome.overtaken,
    }
)

DISAGREEMENTS_IN_WORDS: Mapping[DisagreementState | DisagreementOutcome, str] = MappingProxyType(
    {
        DisagreementState.being_considered: "A manager is considering what you said.",
        DisagreementState.answered: (
            "A manager has answered: the decision stands. You may take it to the next stage, where "
            "there is one."
        ),
        DisagreementState.being_changed: "A manager agrees with you; a new decision is being made.",
        DisagreementOutcome.decision_stands: "The decision stands.",
        DisagreementOutcome.decision_changed: "There is a new decision.",
        DisagreementOutcome.withdrawn: "You withdrew what you said.",
        DisagreementOutcome.overtaken: "Something else was decided for the child meanwhile.",
    }
)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What a partner said against a decision, as the partner may see it: no staff, no narrative."""

    reference: str
    position: int
    state: DisagreementState
    stage: int
    raised_at: datetime
    due_at: datetime | None
    outcome: DisagreementOutcome | None
    ended_at: datetime | None

    @property
    def in_words(self) -> str:
        """The state, or how it ended, as a sentence."""
        return DISAGREEMENTS_IN_WORDS[self.outcome or self.state]


def disagreement_of(
    challenge: Challenge, position: int, clocks: Iterable[Deadline]
) -> Disagreement:
    """A challenge that a partner raised, in public words."""
    outcome = challenge.outcome
    return Disagreement(
        reference=challenge.reference,
        position=position,
        state=DISAGREEMENT_STATES[challenge.state],
        stage=challenge.stage,
        raised_at=challenge.raised_at,
        due_at=next((clock.due_at for clock in clocks if clock.stopped_at is None), None),
        outcome=None if outcome is None else DISAGREEMENT_OUTCOMES[outcome],
        ended_at=challenge.ended_at,
    )


@dataclass(frozen=True, slots=True)
class SentChild:
    """One child as the partner sent it: its place in what was sent, and what was decided."""

    position: int
    outcome: PublicOutcome | None
    decided_at: datetime | None

    @property
    def outcome_in_words(self) -> str | None:
        """The outcome as a sentence."""
        return None if self.outcome is None else IN_WORDS[self.outcome]


@dataclass(frozen=True, slots=True)
class SentFilters:
    """What a sender's list can be narrowed by; times are half-open: from, up to, not with."""

    sender_reference: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentReferral:
    """A multi-agency referral as its sender may see it, and nothing more of the contact behind."""

    contact: Contact
    children: Sequence[SentChild]
    decision_due_at: datetime | None
    acknowledgement_due_at: datetime | None
    disagreements: Sequence[Disagreement] = ()
    attached_to: AttachedTo | None = None

    @property
    def progress(self) -> Progress:
        """How far it has come: of one that is attached, how far that has to which it is."""
        state = self.contact.state if self.attached_to is None else self.attached_to.state
        return progress_of(state, (child.outcome for child in self.children))

    @property
    def decided_at(self) -> datetime | None:
        """When every child on it was decided; there, where it is attached to another one."""
        if self.attached_to is not None:
            return self.attached_to.decided_at
        return self.contact.every_child_decided_at
