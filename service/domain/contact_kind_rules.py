"""What the path of a contact asks before it goes on, ends or becomes another: said all at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from service.domain.contact_kinds import (
    DECIDED_KINDS,
    Children,
    ContactKind,
    KindAct,
    KindAction,
    KindRules,
    NewEnding,
    NewStep,
)
from service.domain.contacts import ACKNOWLEDGE_CLOCK, ANONYMOUS, Child, Contact, possible_now
from service.domain.dangers import RATED_CLOCK
from service.domain.deadlines import Rating
from service.domain.errors import Conflict, Invalid, NotAllowed, Problem
from service.domain.own_words import RationaleRules, own_words_faults, says_nothing

START_AT_RECEIPT = ("contact_to_referral", "statutory_decision", ACKNOWLEDGE_CLOCK, RATED_CLOCK)
"""The clocks that start when a contact was received whose children are decided."""


class StepNotPossible(Invalid):
    """The path of this kind of contact has no such step, or not then."""

    code = "step_not_possible"
    title = "No such step"


class EndingIncomplete(Invalid):
    """A contact does not end before all is on record that its path asks for."""

    code = "ending_incomplete"
    title = "The ending leaves something out"


class KindUnchanged(Conflict):
    """The contact is of that kind already."""

    code = "contact_kind_unchanged"
    title = "It is of that kind already"


class CannotReclassify(Conflict):
    """What the police notify stays a concern: it is heard and decided for each child."""

    code = "contact_cannot_be_reclassified"
    title = "The kind of this contact stays"


class ManagerEnds(NotAllowed):
    """A contact of this kind is ended by a manager who did not log it."""

    code = "manager_ends"
    title = "Another manager ends it"


def require_on_a_path(contact: Contact) -> None:
    """Raises WrongState for a contact whose children are decided instead."""
    if contact.kind in DECIDED_KINDS:
        raise possible_now(
            contact,
            "A contact of this kind is decided for each child. If it is of another kind, say so "
            "first.",
        )


def clocks_at_receipt(contact: Contact, rules: KindRules) -> tuple[str, ...]:
    """The clocks that start when a contact of this kind was received.

    Nobody can tell an anonymous caller that it arrived; and what is red waits for no rating.
    """
    decided = contact.kind in DECIDED_KINDS
    wanted = (*(START_AT_RECEIPT if decided else (ACKNOWLEDGE_CLOCK,)), *rules.clocks)
    without = set()
    if contact.source_code == ANONYMOUS:
        without.add(ACKNOWLEDGE_CLOCK)
    if contact.danger is not None:
        without.add(RATED_CLOCK)
    return tuple(one for one in wanted if one not in without)


def steps_taken(acts: Sequence[KindAct]) -> frozenset[str]:
    """The steps that are on record of a contact, of whichever kind it was then."""
    return frozenset(
        one.code for one in acts if one.action is KindAction.step_recorded and one.code is not None
    )


def require_step(rules: KindRules, contact: Contact, new: NewStep, now: datetime) -> None:
    """Raises StepNotPossible, naming every fault."""
    problems = []
    if new.step not in rules.steps:
        listed = ", ".join(rules.steps)
        words = f"Use a step of this kind: {listed}." if listed else "This kind has no steps."
        problems.append(Problem("/step", words, "code_unknown"))
    if not contact.received_at <= new.happened_at <= now:
        words = "It happened between the receipt of the contact and now. Check the time."
        problems.append(Problem("/happened_at", words, "time_not_possible"))
    if problems:
        raise StepNotPossible("Put right what `errors` names and send it again.", problems=problems)


def require_ending(
    rules: KindRules,
    children: Sequence[Child],
    new: NewEnding,
    taken: Collection[str],
    own: RationaleRules,
) -> None:
    """Raises EndingIncomplete, naming everything that is missing."""
    problems = own_words_faults(own, ("/words", new.words), ("/passed_to", new.passed_to))
    if new.ending not in rules.endings:
        listed = ", ".join(rules.endings)
        problems.append(Problem("/ending", f"Use an ending: {listed}.", "code_unknown"))
    elif new.ending in rules.passed_on and new.passed_to is None:
        words = "Say to whom it was passed on, and how: it must not be dropped."
        problems.append(Problem("/passed_to", words, "missing"))
    elif new.ending not in rules.passed_on and new.passed_to is not None:
        words = f"Nothing is passed on by {new.ending}: leave it out."
        problems.append(Problem("/passed_to", words, "not_with_this_ending"))
    if rules.children is Children.none and children:
        words = (
            "A child is named on this contact, so it is of another kind: say of which, or take "
            "the child off."
        )
        problems.append(Problem("", words, "child_named"))
    problems += [
        Problem("", f"Record first, by /steps: {rules.steps[one]}.", "step_missing")
        for one in rules.before_ending
        if one not in taken
    ]
    problems += _faults_in_answers(rules, new)
    if problems:
        raise EndingIncomplete("Put right what `errors` names.", problems=problems)


def _faults_in_answers(rules: KindRules, new: NewEnding) -> list[Problem]:
    problems = []
    answered = set()
    for place, (prompt, words) in enumerate(new.answers):
        if prompt not in rules.prompts:
            listed = ", ".join(rules.prompts) or "none"
            told = f"What this kind of contact asks: {listed}."
            problems.append(Problem(f"/answers/{place}/prompt", told, "code_unknown"))
        elif prompt in answered:
            told = "Answer each question once."
            problems.append(Problem(f"/answers/{place}/prompt", told, "named_twice"))
        elif says_nothing(words):
            told = f"This answers nothing. {rules.prompts[prompt]}"
            problems.append(Problem(f"/answers/{place}/answer", told, "says_nothing"))
        answered.add(prompt)
    problems += [
        Problem("/answers", f"Answer {code}: {question}", "missing")
        for code, question in rules.prompts.items()
        if code not in answered
    ]
    return problems


def needs_a_manager(rules: KindRules, contact: Contact) -> bool:
    """Whether a manager ends it: the policy says so, or it is urgent (rule 22)."""
    return rules.by_manager or contact.danger is not None or contact.rating is Rating.red


def away_from_a_decision(was: ContactKind, now: ContactKind) -> bool:
    """Whether children who were to be decided no longer are: no worker says that alone."""
    return was in DECIDED_KINDS and now not in DECIDED_KINDS
