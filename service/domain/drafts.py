"""Drafts of threshold decisions: for one child, or for a family with what is said of all once."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar
from uuid import UUID

from service.domain.decisions import (
    AgencySaid,
    LevelOfNeed,
    Outcome,
    PromptAnswer,
    StatutoryBasis,
)
from service.domain.errors import Conflict, FrontDoorError, Invalid, NotFound, Problem
from service.domain.possible_matches import MatchSaid

Line = TypeVar("Line", AgencySaid, PromptAnswer)


@dataclass(frozen=True, slots=True)
class Where:
    """Where the parts of one child's draft stand in what was sent.

    `at` is the child's own place; `elsewhere` says of parts, by their pointers in a draft for one
    child, where they stand; `own` are the parts that were said of this child alone; `family` is
    the place of what is said of the whole family.
    """

    at: str = ""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    family: str = ""

    def pointer(self, within: str) -> str:
        """The pointer into what was sent, from one into a draft for one child."""
        for part, stands in self.elsewhere.items():
            if within == part or within.startswith(f"{part}/"):
                return stands + within.removeprefix(part)
        return self.at + within

    def is_own(self, within: str) -> bool:
        """Whether this is of the child itself, or of what was said of this child alone."""
        return not within or any(
            within == part or within.startswith(f"{part}/") for part in (*_ONLY_OWN, *self.own)
        )

    def of_all(self, within: str) -> str:
        """The pointer to where the same is said of the whole family."""
        pointer = self.pointer(within)
        return self.family + within if pointer == self.at + within else pointer


# What is said of each child by itself, and never of a family.
_ONLY_OWN: Final = ("/child_id", "/supersedes", "/matches")


ALONE: Final = Where()


@dataclass(frozen=True, slots=True)
class NewDecision:
    """A threshold decision as the worker drafts it."""

    child_id: UUID
    level_of_need: LevelOfNeed
    outcome: Outcome
    rationale: str
    statutory_basis: StatutoryBasis | None = None
    primary_need_code: str | None = None
    history_considered: str | None = None
    last_closed_because: str | None = None
    agencies: Sequence[AgencySaid] = ()
    prompts: Sequence[PromptAnswer] = ()
    assessment_tool: str | None = None
    assessment_score: str | None = None
    receiving_team_id: str | None = None
    advice_given: str | None = None
    nothing_more_because: str | None = None
    supersedes_id: UUID | None = None
    supersedes_because: str | None = None
    matches: Sequence[MatchSaid] = ()
    where: Where = ALONE


@dataclass(frozen=True, slots=True)
class SaidOfDecision:
    """What is said of a decision: once for a family, or of one of its children. None is not said.

    What a child's draft says replaces what the family's says; see `together`.
    """

    level_of_need: LevelOfNeed | None = None
    outcome: Outcome | None = None
    rationale: str | None = None
    statutory_basis: StatutoryBasis | None = None
    primary_need_code: str | None = None
    history_considered: str | None = None
    last_closed_because: str | None = None
    assessment_tool: str | None = None
    assessment_score: str | None = None
    receiving_team_id: str | None = None
    advice_given: str | None = None
    nothing_more_because: str | None = None
    agencies: Sequence[AgencySaid] = ()
    prompts: Sequence[PromptAnswer] = ()
    answered_at: Sequence[str] = ()
    """Where each of `prompts` stands, where that is not its place in a list."""


@dataclass(frozen=True, slots=True)
class SaidOfChild:
    """What is said of one child of a family: who, what differs, what only a child can have."""

    child_id: UUID
    said: SaidOfDecision
    supersedes_id: UUID | None = None
    supersedes_because: str | None = None
    matches: Sequence[MatchSaid] = ()


class DraftsIncomplete(Invalid):
    """A family is decided in one act: what is wrong for any of its children, all of it named."""

    code = "decisions_not_possible"
    title = "Not every child can be decided so"


# Every part that is one value, with its pointer.
_VALUES: Final = {
    "level_of_need": "/level_of_need",
    "outcome": "/outcome",
    "rationale": "/rationale",
    "statutory_basis": "/statutory_basis",
    "primary_need_code": "/primary_need_code",
    "history_considered": "/history/considered",
    "last_closed_because": "/history/last_closed_because",
    "assessment_tool": "/assessment/tool",
    "assessment_score": "/assessment/score",
    "receiving_team_id": "/receiving_team_id",
    "advice_given": "/advice_given",
    "nothing_more_because": "/nothing_more_because",
}
# What goes with an outcome: nothing of it is taken over by a child who has another outcome.
_WITH_OUTCOME: Final = frozenset(
    {
        "level_of_need",
        "rationale",
        "statutory_basis",
        "primary_need_code",
        "receiving_team_id",
        "advice_given",
        "nothing_more_because",
    }
)
_NEEDED: Final = {
    "level_of_need": "Say which level of need it is: for the family, or for this child.",
    "outcome": "Say what happens next: for the family, or for this child.",
    "rationale": (
        "Say why, from the facts: for the family, or for this child. A child who is decided "
        "otherwise than the rest takes a rationale of its own."
    ),
}


def together(
    family: SaidOfDecision,
    children: Sequence[SaidOfChild],
    *,
    within: str = "",
    under: str = "children",
) -> list[NewDecision]:
    """The drafts for several children, each with what is said of all and what differs.

    `within` is where the family stands in what was sent, `under` what its children
    stand in.

    What is said of a child replaces what is said of the family: a value, the line of the same
    agency, the answer to the same prompt. A child with an outcome of its own takes over nothing
    that goes with an outcome; one with a level or a basis of its own, no rationale (rule 2).
    Raises DraftsIncomplete naming every gap of all of them.
    """
    drafts: list[NewDecision] = []
    named: set[UUID] = set()
    found = [_values_of(within, family, child.said) for child in children]
    nowhere = [name for name in _NEEDED if all(values[name] is None for values, _, _ in found)]
    problems = [_missing(within, name) for name in nowhere]
    for place, child in enumerate(children):
        at = f"{within}/{under}/{place}"
        if child.child_id in named:
            problems.append(Problem(f"{at}/child_id", "Name each child once.", "child_named_twice"))
        named.add(child.child_id)
        values, elsewhere, own = found[place]
        missing = [name for name in _NEEDED if values[name] is None]
        problems += [_missing(at, name) for name in missing if name not in nowhere]
        lines = _lines(within, at, family, child.said)
        if not missing:
            drafts.append(
                NewDecision(
                    child_id=child.child_id,
                    **values,
                    agencies=lines.agencies,
                    prompts=lines.prompts,
                    supersedes_id=child.supersedes_id,
                    supersedes_because=child.supersedes_because,
                    matches=child.matches,
                    where=Where(at, {**elsewhere, **lines.elsewhere}, own | lines.own, within),
                )
            )
    if problems:
        raise DraftsIncomplete("Put right what is named and send it again.", problems=problems)
    return drafts


def _missing(at: str, name: str) -> Problem:
    return Problem(at + _VALUES[name], _NEEDED[name], f"{name}_missing")


def _values_of(
    within: str, family: SaidOfDecision, child: SaidOfDecision
) -> tuple[dict[str, Any], dict[str, str], frozenset[str]]:
    """The single values of a child's draft, where the family's stand, and which are its own."""
    left_out: set[str] = set()
    if child.outcome is not None:
        left_out |= _WITH_OUTCOME
    if child.level_of_need is not None or child.statutory_basis is not None:
        left_out.add("rationale")
    values: dict[str, Any] = {}
    elsewhere: dict[str, str] = {}
    own: set[str] = set()
    for name, pointer in _VALUES.items():
        values[name] = getattr(child, name)
        if values[name] is not None:
            own.add(pointer)
        elif name not in left_out and getattr(family, name) is not None:
            values[name] = getattr(family, name)
            elsewhere[pointer] = within + pointer
    return values, elsewhere, frozenset(own)


@dataclass(frozen=True, slots=True)
class _MergedLines:
    """The agencies and prompts of a child's draft, and where each stands."""

    agencies: Sequence[AgencySaid]
    prompts: Sequence[PromptAnswer]
    elsewhere: Mapping[str, str]
    own: frozenset[str]


def _lines(within: str, at: str, family: SaidOfDecision, child: SaidOfDecision) -> _MergedLines:
    agencies, their_places = _merged(
        "/agencies",
        _placed("/agencies", within, family.agencies),
        _placed("/agencies", at, child.agencies),
        lambda line: line.organisation_id,
    )
    prompts, its_places = _merged(
        "/prompts",
        _placed("/prompts", within, family.prompts, family.answered_at),
        _placed("/prompts", at, child.prompts, child.answered_at),
        lambda line: line.prompt,
    )
    places = their_places | its_places
    own = frozenset(part for part, stands in places.items() if stands.startswith(f"{at}/"))
    return _MergedLines(agencies, prompts, places, own)


def _placed(
    name: str, at: str, lines: Sequence[Line], stand: Sequence[str] = ()
) -> list[tuple[str, Line]]:
    """Lines, each with where it stands."""
    return [
        (at + (stand[place] if stand else f"{name}/{place}"), line)
        for place, line in enumerate(lines)
    ]


def _merged(
    name: str,
    family: Sequence[tuple[str, Line]],
    child: Sequence[tuple[str, Line]],
    key: Callable[[Line], Hashable],
) -> tuple[list[Line], dict[str, str]]:
    """The family's lines that the child's do not replace, then the child's; where each stands."""
    replaced = {key(line) for _, line in child}
    kept = [one for one in family if key(one[1]) not in replaced] + list(child)
    return [line for _, line in kept], places_of(name, [stands for stands, _ in kept])


def places_of(name: str, stand: Sequence[str]) -> dict[str, str]:
    """Where the lines of a list stand, by their pointers in a draft for one child."""
    places: dict[str, str] = {}
    for place, stands in enumerate(stand):
        if "/answers/" in stands:
            # There the answer itself stands, and not a line that has one.
            places[f"{name}/{place}/answer"] = stands
        places[f"{name}/{place}"] = stands
    return places


class Refusals:
    """What is refused of each of several things done in one act, so that all of it is told at once.

    Of one thing alone its refusal is raised as it is.
    """

    def __init__(self, wheres: Sequence[Where]) -> None:
        self._wheres = wheres
        self._found: list[tuple[Where, FrontDoorError]] = []

    @contextmanager
    def of(self, where: Where) -> Iterator[None]:
        """Keeps what is refused inside, to be raised with the rest."""
        try:
            yield
        except (Conflict, Invalid, NotFound) as refusal:
            self._found.append((where, refusal))

    def refuse(self) -> None:
        """Raises what was refused: of one kind as that kind, else what names the problems of all.

        What is wrong for every one of them, and was said of none of them alone, is named once.
        """
        if not self._found:
            return
        first = self._found[0][1]
        if len(self._wheres) == 1 and not self._wheres[0].at:
            where = self._wheres[0]
            first.problems = tuple(
                replace(one, pointer=where.pointer(one.pointer)) for one in first.problems
            )
            raise first
        kinds = {type(refusal) for _, refusal in self._found}
        if len(kinds) == 1:
            raise type(first)(
                first.detail, problems=self._problems(), state=first.state, allowed=first.allowed
            )
        raise DraftsIncomplete(
            "Nothing was changed. Put right what is named for each child and send it again.",
            problems=self._problems(),
        )

    def _problems(self) -> list[Problem]:
        within = [
            (where, problem)
            for where, refusal in self._found
            for problem in refusal.problems or [Problem("", refusal.detail, refusal.code)]
        ]
        everybodys = [
            problem
            for problem in dict.fromkeys(problem for _, problem in within)
            if len(self._wheres) > 1
            and all(
                (where, problem) in within and not where.is_own(problem.pointer)
                for where in self._wheres
            )
        ]
        placed = [
            replace(
                problem,
                pointer=where.of_all(problem.pointer)
                if problem in everybodys
                else where.pointer(problem.pointer),
            )
            for where, problem in within
        ]
        return list(dict.fromkeys(placed))
