"""What a contact needs at least to be one: somebody who is told of, and words."""

from collections.abc import Sequence
from typing import Protocol

from service.domain.contact_kinds import CONCERN, Children, KindRules
from service.domain.contacts import ANONYMOUS, Adult, Child, Contact
from service.domain.errors import Invalid, Problem
from service.domain.people import (
    ToldOfChild,
)


class MinimumMissing(Invalid):
    """Less than a concern, something that identifies a child, and a referrer."""

    code = "minimum_missing"
    title = "Too little to act on"


class ChildOfNothing(Invalid):
    """Nothing would be left that says who a child is."""

    code = "child_of_nothing"
    title = "Nothing is told of a child"


def identifies_a_child(
    contact: Contact, children: Sequence[Child], adults: Sequence[Adult]
) -> bool:
    """Whether somebody could find these children: by a name, date, number, description, or home.

    One is enough for all: a child without a name is found through a sibling or a parent.
    """
    if contact.address or contact.postcode:
        return True
    if any(says_who(child) for child in children):
        return True
    return any(adult.given_name or adult.family_name for adult in adults)


def _says_who_adult(adult: Adult) -> bool:
    return bool(adult.given_name or adult.family_name or adult.note)


class Described(ToldOfChild, Protocol):
    """What somebody tells of a child, with what the child looks like."""

    @property
    def description(self) -> str | None:
        """What identifies a child whose name is not known."""


def says_who(child: Described) -> bool:
    """Whether anything is told of a child itself by which the child could be found."""
    return bool(
        child.given_name
        or child.family_name
        or child.description
        or child.date_of_birth
        or child.nhs_number
        or child.unique_pupil_number
    )


def require_minimum(
    contact: Contact,
    children: Sequence[Child],
    adults: Sequence[Adult],
    rules: KindRules = CONCERN,
) -> None:
    """Refuses a contact that nobody could act on, and nothing else.

    Somebody acts on immediate danger whatever else is known: the rest is asked for meanwhile.
    Raises MinimumMissing when no child could be found, and for a missing referrer; of a contact
    that is no concern, for what `rules` say of its kind.
    """
    if rules.children is Children.needed and not children:
        raise MinimumMissing(
            "A contact of this kind is about a child: name one, or an empty child where nothing "
            "is known of any yet.",
            problems=[Problem("/children", "Give one child or more.", "child_missing")],
        )
    if contact.immediate_danger:
        return
    problems: list[Problem] = []
    if rules.adult and not any(_says_who_adult(adult) for adult in adults):
        problems.append(
            Problem(
                "/adults",
                "Say which adult this is about: a name, or in a note what is known.",
                "adult_missing",
            )
        )
    identified = identifies_a_child(contact, children, adults)
    if rules.children is Children.needed and not identified:
        problems.append(
            Problem(
                "/children",
                "Give something that identifies a child: a name, a date of birth, an NHS or pupil "
                "number, a description, the address, or a parent's name.",
                "child_not_identified",
            )
        )
    anonymous = contact.source_code == ANONYMOUS
    named = contact.referrer_name or contact.referrer_role or contact.referrer_agency
    if not (anonymous or named):
        problems.append(
            Problem(
                "/referrer",
                "Say who told you: a name, a role or an agency. For somebody who will not say, "
                f"use source code {ANONYMOUS} (anonymous).",
                "referrer_missing",
            )
        )
    if problems:
        raise MinimumMissing(
            "A contact needs a concern, something that identifies a child, and a referrer; of "
            "immediate danger a concern is enough.",
            problems=problems,
        )
