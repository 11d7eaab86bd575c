"""Sign-offs: what a manager makes of one decision, or of all that wait on a contact (rule 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from service.domain.contacts import REPEAT_CONCERN, Contact, possible_now
from service.domain.cumulative_concerns import must_be_read
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
    """What a manager makes of one decision, in which words; `where` is where that was said.

    `whole_read` is what they saw in the whole of what is on file, where it was to be read.
    """

    decision_id: UUID
    agreed: bool
    words: str
    where: Where = ALONE
    whole_read: str | None = None


@dataclass(frozen=True, slots=True)
class SaidOfAll:
    """What a manager makes of every decision that waits on a contact."""

    agreed: bool
    words: str
    whole_read: str | None = None


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
    waiting: Sequence[Decision],
    of_all: SaidOfAll,
    otherwise: Sequence[SignOffSaid],
) -> Mapping[UUID, SignOffSaid]:
    """What is made of each decision that waits: what is said of all, or of it alone.

    What a manager saw in the whole is said of the family, of those where it is to be read, where
    it is not said of a child. Raises SignOffUnclear for one that does not wait here, and for one
    that is named twice.
    """
    of_these = {one.id for one in waiting if must_be_read(one)} or {one.id for one in waiting}
    whole = dict.fromkeys(of_these, of_all.whole_read)
    answers = {
        one.id: SignOffSaid(one.id, of_all.agreed, of_all.words, whole_read=whole.get(one.id))
        for one in waiting
    }
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
        own = said.whole_read
        answers[said.decision_id] = replace(
            said, whole_read=whole.get(said.decision_id) if own is None else own
        )
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
