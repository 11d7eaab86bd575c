"""Possible matches: who on file may be a child told of, and what a person answered to that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from service.domain.accountabilities import OpenCase
from service.domain.contacts import Child
from service.domain.errors import Conflict, Invalid, Problem
from service.domain.fields import Id, personal, plain, sensitive
from service.domain.identities import (
    NUMBERS,
    WHOLE_NAME,
    Fact,
    Named,
    Reason,
    Shared,
    compare_names,
    contradictions,
    differing_numbers,
    is_strong,
    why_possible,
)
from service.domain.people import Person, ToldOfChild

MOST_MATCHES = 20
"""So many who may be one child are shown and asked about, the likeliest first."""


class MatchAnswer(StrEnum):
    """What a person who looked says of a possible match."""

    same_child = "same_child"
    another_child = "another_child"


@dataclass(frozen=True, slots=True)
class PossibleMatch:
    """Somebody on file who may be a child of a contact, as it was found and as it was answered.

    `own_person_id` is whom the child was taken for when it was found. `superseded_at` is when
    another answer took its place, or when what is told made it no match any more.
    """

    id: Id
    contact_id: Annotated[UUID, plain("The contact.")]
    child_id: Annotated[
        UUID, plain("The child on that contact, as long as the child stands on it.")
    ]
    own_person_id: Annotated[UUID, plain("Whom the child was taken for when it was found.")]
    person_id: Annotated[UUID, plain("Who on file may be the same child.")]
    found_at: Annotated[datetime, plain("When it was found.")]
    reasons: Annotated[Sequence[str], plain("What speaks for it, coded.")]
    contradicts: Annotated[Sequence[str], plain("What speaks against it, coded.")]
    answer: Annotated[MatchAnswer | None, personal("same_child, another_child.")]
    because: Annotated[str | None, sensitive("Why, in words.")]
    answered_at: Annotated[datetime | None, plain("When it was answered.")]
    answered_by: Annotated[UUID | None, plain("Who answered.")]
    superseded_at: Annotated[
        datetime | None, plain("When another answer took its place, or it was no match any more.")
    ]


@dataclass(frozen=True, slots=True)
class MatchSaid:
    """What somebody says of a child and a record on file; another child needs a reason."""

    person_id: UUID
    same_child: bool
    because: str | None = None


def goes_over(*, told_of_elsewhere: bool, own_is_open: bool, other_is_open: bool) -> bool:
    """Whether a child who is the one on file goes over to that record.

    Not where other contacts tell of the own record too: two whole records are not made one here.
    But for the child's sake to where a case is open, so that nothing opens a second one.
    """
    return not told_of_elsewhere or (other_is_open and not own_is_open)


@dataclass(frozen=True, slots=True)
class OnFile:
    """A child on file with what else says who the child is.

    `contacts` are those that speak of the child; `addresses` and `mothers` what those tell.
    """

    person: Person
    open_case: OpenCase | None = None
    contacts: frozenset[UUID] = frozenset()
    addresses: frozenset[str] = frozenset()
    mothers: frozenset[Named] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody on file who may be one child of a contact, and why."""

    child_id: UUID
    on_file: OnFile
    reasons: tuple[Reason, ...]
    contradicts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class MatchOnFile:
    """A possible match with who it is on file, as whoever answers it sees it."""

    match: PossibleMatch
    person: Person
    open_case: OpenCase | None


class PossibleMatchUnresolved(Invalid):
    """Somebody on file may be this child, and nobody has said whether it is so (rules 3 and 9)."""

    code = "possible_match_unresolved"
    title = "Say whether this is the child on file"


class NothingToAnswer(Invalid):
    """This child on file is neither a possible match of the child nor linked to the child."""

    code = "no_possible_match"
    title = "There is nothing to answer"


class TwoOpenCases(Conflict):
    """Both records have an open case, which a link does not make one."""

    code = "two_open_cases"
    title = "Both are open"


class CannotMove(Conflict):
    """Something of the child cannot go along to another record."""

    code = "child_cannot_be_moved"
    title = "Something of this child stays with the other record"


@dataclass(frozen=True, slots=True)
class ChildAsTold:
    """A child of a contact as told, with whom the child is taken for and what else is told.

    `held` are those on file who bear a number of the child and are somebody else, by number.
    """

    child_id: UUID
    person_id: UUID
    told: ToldOfChild
    held: Mapping[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Home:
    """What a contact tells of where its children live, and with whom."""

    address_key: str | None
    mothers: frozenset[Named]

    def shared_with(self, other: OnFile) -> Shared:
        """What a child on file shares with the children of the contact."""
        mother = any(
            compare_names(mine, theirs) in WHOLE_NAME
            for mine in self.mothers
            for theirs in other.mothers
        )
        return Shared(
            address=self.address_key is not None and self.address_key in other.addresses,
            mother=mother,
            another_mother=bool(self.mothers and other.mothers) and not mother,
        )


def possible_matches(
    whom: ChildAsTold,
    together: Sequence[ChildAsTold],
    home: Home,
    on_file: Mapping[UUID, OnFile],
    apart: Collection[frozenset[UUID]] = (),
) -> list[Found]:
    """Who on file may be one child of a contact, the likeliest first.

    Not those for whom the other children of the contact are taken, nor those who stood beside the
    child on another contact: they were told of as two. `apart` are pairs of whom somebody has said
    that they are two.
    """
    others = {one.person_id for one in together}
    own = on_file.get(whom.person_id)
    beside = frozenset() if own is None else own.contacts
    found: list[Found] = []
    for person_id, other in on_file.items():
        if person_id in others or frozenset({person_id, whom.person_id}) in apart:
            continue
        held = person_id in whom.held.values()
        # Of a record of which no contact speaks nothing is known that this one does not tell.
        if not held and (beside & other.contacts or not other.contacts):
            continue
        reasons = why_possible(whom.told, other.person, home.shared_with(other))
        if held:
            reasons = (Reason.number, *reasons)
        if reasons:
            against = (
                *contradictions(whom.told, other.person),
                *differing_numbers(whom.told, other.person),
            )
            found.append(Found(whom.child_id, other, reasons, against))
    return _likeliest_first(found)


def _likeliest_first(found: Sequence[Found]) -> list[Found]:
    """Without those who are known to be another than one who is much likelier."""
    strong = [one for one in found if is_strong(one.reasons) and not one.contradicts]
    taken = frozenset[UUID]().union(*(one.on_file.contacts for one in strong))
    kept = [
        one
        for one in found
        if is_strong(one.reasons)
        or Reason.number in one.reasons
        or taken.isdisjoint(one.on_file.contacts)
    ]
    return sorted(
        kept,
        key=lambda one: (
            Reason.number not in one.reasons,
            not is_strong(one.reasons),
            len(one.contradicts),
            -len(one.reasons),
            one.on_file.person.id,
        ),
    )[:MOST_MATCHES]


def numbers_of_others(told: ToldOfChild, bearers: Mapping[str, Person]) -> dict[str, Person]:
    """Who bears a number that was told of a child, by the name of the number."""
    found: dict[str, Person] = {}
    for name in NUMBERS:
        bearer = bearers.get(getattr(told, name) or "")
        if bearer is not None:
            found[name] = bearer
    return found


def unresolved(found: Sequence[MatchOnFile], pointer: str = "/matches") -> list[Problem]:
    """The fault of each possible match that nobody has answered, naming the child on file."""
    return [
        Problem(
            pointer,
            f"The child on file with person_id {one.person.id} may be this child"
            f"{_open_in_words(one.open_case)}. Say in `matches`, or by POST "
            "/v1/contacts/{contact_id}/children/{child_id}/match, whether it is the same child or "
            "another one, and why.",
            PossibleMatchUnresolved.code,
        )
        for one in found
        if one.match.answer is None
    ]


def _open_in_words(case: OpenCase | None) -> str:
    if case is None:
        return ""
    return f", and is open to {case.service.replace('_', ' ')} with {case.team_id}"


@dataclass(frozen=True, slots=True)
class StandingMatches:
    """What stands of possible matches: those of one contact, and what was said of its people."""

    of_contact: Mapping[tuple[UUID, UUID], PossibleMatch]
    answered: frozenset[frozenset[UUID]]
    same: frozenset[frozenset[UUID]]

    def kept(self, child: Child, person_id: UUID) -> PossibleMatch | None:
        """The match of a child of the contact with somebody on file."""
        return self.of_contact.get((child.id, person_id))

    def is_asked_of(self, child: Child, person_id: UUID) -> bool:
        """Whether a match is anybody's to answer: not where it was said of these two elsewhere."""
        said = frozenset({child.person_id, person_id}) in self.answered
        return not said or self.kept(child, person_id) is not None

    def same_as(self, person_id: UUID) -> list[UUID]:
        """The other records of whom somebody has said that they are the same child."""
        return sorted(
            {one for pair in self.same if person_id in pair for one in pair - {person_id}}
        )
