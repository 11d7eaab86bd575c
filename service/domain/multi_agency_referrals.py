"""Multi-agency referrals: what a partner may know of what it sent, in public words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from service.domain.contacts import Contact, ContactState
from service.domain.decisions import Outcome


class Progress(StrEnum):
    """How far a multi-agency referral has come, in the words that a partner sees.

    `decided` and `closed` are both the end for the front door: after `decided` the work goes on,
    with children's social care or early help; after `closed` nothing follows.
    """

    received = "received"
    in_triage = "in_triage"
    awaiting_information = "awaiting_information"
    decided = "decided"
    closed = "closed"


class PublicOutcome(StrEnum):
    """What was decided for a child, in the words that a partner sees."""

    accepted_by_childrens_social_care = "accepted_by_childrens_social_care"
    early_help = "early_help"
    information_and_advice = "information_and_advice"
    no_further_action = "no_further_action"


# That a drafted decision waits for a manager is nobody's business but ours.
PROGRESS: Mapping[ContactState, Progress] = MappingProxyType(
    {
        ContactState.received: Progress.received,
        ContactState.in_triage: Progress.in_triage,
        ContactState.awaiting_information: Progress.awaiting_information,
        ContactState.awaiting_sign_off: Progress.in_triage,
        ContactState.decided: Progress.decided,
    }
)

OUTCOMES: Mapping[Outcome, PublicOutcome] = MappingProxyType(
    {
        Outcome.referral: PublicOutcome.accepted_by_childrens_social_care,
        Outcome.early_help: PublicOutcome.early_help,
        Outcome.information_and_advice: PublicOutcome.information_and_advice,
        Outcome.no_further_action: PublicOutcome.no_further_action,
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
    }
)

_GOES_ON = frozenset({PublicOutcome.accepted_by_childrens_social_care, PublicOutcome.early_help})


def progress_of(state: ContactState, outcomes: Iterable[PublicOutcome | None]) -> Progress:
    """How far it has come, from the state within and what was decided for the sender's children."""
    progress = PROGRESS[state]
    if progress is Progress.decided and not _GOES_ON.intersection(outcomes):
        return Progress.closed
    return progress


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
class SentReferral:
    """A multi-agency referral as its sender may see it, and nothing more of the contact behind."""

    contact: Contact
    children: Sequence[SentChild]
    decision_due_at: datetime | None
    acknowledgement_due_at: datetime | None

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return progress_of(self.contact.state, (child.outcome for child in self.children))
