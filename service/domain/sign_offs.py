"""Sign-offs: what a manager makes of one decision, or of all that wait on a contact (rule 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from service.domain.contacts import REPEAT_CONCERN, Contact, possible_now
from service.domain.dangers import RATED_CLOCK, RATING_CLOCK
from service.domain.decisions import Decision, DecisionState, OwnDecision
from service.domain.drafts import ALONE, Where
from service.domain.errors import Invalid, Problem

STOPPED_WHEN_DECIDED: Final = (
    "contact_to_referral",
    "statutory_decision",
    RATED_CLOCK,
    RATING_CLOCK,
    REPEAT_CONCERN,
)
"""The clocks of a contact that stop when every child on it is decided and signed off."""


@dataclass(frozen=True, slots=True)
class SignOffSaid:
    """What a manager makes of one decision, in which words; `where` is where that was said."""

    decision_id: UUID
    agreed: bool
    words: str
    where: Where = ALONE


class SignOffUnclear(Invalid):
    """A decision that is answered otherwise waits on this contact, and is named once."""

    code = "sign_off_unclear"
    title = "Unclear which decision is answered how"


def waiting_on(contact: Contact, decided: Sequence[Decision]) -> list[Decision]:
    """The decisions that wait for sign-off on a contact. Raises WrongState when none does."""
    waiting = [one for one in decided if one.state is DecisionState.awaiting_sign_off]
    if not waiting:
        raise possible_now(contact, "No decision on this contact waits for sign-off.")
    return waiting


def answers_to(
    waiting: Sequence[Decision], agreed: bool, words: str, otherwise: Sequence[SignOffSaid]
) -> Mapping[UUID, SignOffSaid]:
    """What is made of each decision that waits: what is said of all, or of it alone.

    Raises SignOffUnclear for one that does not wait here, and for one that is named twice.
    """
    answers = {one.id: SignOffSaid(one.id, agreed, words) for one in waiting}
    named: set[UUID] = set()
    problems: list[Problem] = []
    for said in otherwise:
        at = said.where.pointer("/decision_id")
        if said.decision_id not in answers:
            problems.append(
                Problem(
                    at,
                    "Name a decision that waits for sign-off on this contact.",
                    "not_waiting_here",
                )
            )
        elif said.decision_id in named:
            problems.append(Problem(at, "Name each decision once.", "named_twice"))
        named.add(said.decision_id)
        answers[said.decision_id] = said
    if problems:
        raise SignOffUnclear(
            "Nothing was signed. Put right what is named and send it again.", problems=problems
        )
    return answers


def refuse_own(decisions: Sequence[Decision], account_id: UUID) -> None:
    """Raises OwnDecision when whoever signs off drafted one of these decisions themselves."""
    own = [one for one in decisions if one.drafted_by == account_id]
    if not own:
        return
    if len(decisions) == 1:
        raise OwnDecision(
            "You drafted this decision, so somebody else must sign it off. It stays in the "
            "sign-off queue; ask another manager."
        )
    raise OwnDecision(
        "You drafted one or more of these decisions, so somebody else must sign those off. Sign "
        "the others one by one, or ask another manager to sign all of them."
    )
