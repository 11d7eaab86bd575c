"""What has states lives in one way: held for a change, moved, with a line of history, recorded.

What differs from one noun to the next is data: its state table, its history, the clocks that end
with it, what its events say. A rule of its own stands in the domain, or in the use-case that asks.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeVar, cast
from uuid import UUID

from service.domain.access import Caller
from service.domain.accountabilities import Accountability
from service.domain.errors import Stale
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.states import StateTable
from service.persistence.clocks import start_clock, stop_clocks
from service.persistence.ids import new_id
from service.persistence.repositories import accountabilities, contacts
from service.persistence.repositories.things import Steps, Things
from service.persistence.units_of_work import Work

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class HasVersions(Protocol):
    """A record of something that is changed."""

    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...


class HasStates(HasVersions, Protocol):
    """A record of something that has states."""

    @property
    def state(self) -> Any: ...


Thing = TypeVar("Thing", bound=HasStates)
Changed = TypeVar("Changed", bound=HasVersions)
Besides = Callable[[Caller | None, Any, Any], Mapping[str, Any]]
Stops = Callable[[Any, Any], str | None]


def never(action: object, state: object) -> None:
    """For what has no clocks that a move stops by itself."""


def nothing_besides(who: Caller | None, thing: object, action: object) -> Mapping[str, Any]:
    """For a history whose lines say what all lines say."""
    return NOTHING


@dataclass(frozen=True, slots=True)
class Ending:
    """What a move stops: these clocks, for the reason that `because` gives of action and state.

    None is that they run on. `dated`: in a final state it has an `ended_at`.
    """

    clocks: Sequence[str] = ()
    because: Stops = never
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Held(Generic[Thing]):
    """A thing that is held until the commit, with its contact and its child."""

    thing: Thing
    answers: Accountability | None


@dataclass(frozen=True, slots=True)
class Moves(Generic[Thing]):
    """How one kind of thing goes from state to state: every move of it is written here.

    `besides` is what a line of its history says beyond what all lines say: who, when, which action
    and state, words, a code, when it happened.
    """

    states: StateTable[Any, Any]
    steps: Steps[Any] | None = None
    ending: Ending = Ending()
    besides: Besides = nothing_besides

    async def move(
        self,
        work: Work,
        who: Caller | None,
        thing: Thing,
        action: Any,
        *,
        line: Mapping[str, Any] = NOTHING,
        **changed: Any,
    ) -> Thing:
        """Takes a thing one step on, with its line of history; what it ends stops first.

        `line` is what the line of history says. Raises WrongState with what is possible now, and
        Stale when somebody was quicker.
        """
        state = self.states.after(thing.state, action)
        if self.ending.dated and state in self.states.final:
            changed["ended_at"] = work.now
        because = self.ending.because(action, state)
        if because is not None:
            contact_id: UUID = cast(Any, thing).contact_id
            await stop_clocks(work, contact_id, thing.id, self.ending.clocks, because)
        moved = await changed_to(work, thing, state=state, **changed)
        if self.steps is not None:
            self.keep_step(work, who, moved, action, **line)
        return moved

    def keep_step(
        self, work: Work, who: Caller | None, thing: Thing, action: Any, **line: Any
    ) -> None:
        """Keeps a line of a thing's history, with the state that it is in now."""
        if self.steps is None:
            raise TypeError(f"A {self.states.noun} has no history.")
        besides = self.besides(who, thing, action)
        keep_line(work, who, self.steps, thing.id, action, state=thing.state, **besides, **line)


@dataclass(frozen=True, slots=True)
class Life(Generic[Thing]):
    """The life of one kind of thing about one child: found, held, moved, recorded, on its clocks.

    `says` are the fields that every event of it tells, beside its state.
    """

    things: Things[Thing]
    moves: Moves[Thing]
    subject: SubjectKind
    says: Sequence[str] = ()
    moves_the_child: bool = False

    async def hold(
        self,
        work: Work,
        who: Caller,
        id_: UUID,
        version: int,
        can: Callable[[Thing], Awaitable[object]],
    ) -> Held[Thing]:
        """A thing on which somebody is about to act, with its contact and its child held.

        What moves the child holds the contacts of what else is open of it. `can` raises the refusal
        of what is not possible now; and only then Stale is raised: who comes second is told why.
        """
        found: Any = await self.things.get(work, who.sight, id_)
        if self.moves_the_child:
            await contacts.renew_with_others(work, found.contact_id, found.person_id)
        else:
            await contacts.renew(work, found.contact_id)
        answers = await accountabilities.held(work, found.person_id)
        thing = await self.things.get(work, who.sight, id_)
        await can(thing)
        refuse_stale(thing, version)
        return Held(thing, answers)

    def record(
        self,
        work: Work,
        who: Caller | None,
        type_: EventType,
        thing: Thing,
        happened_at: datetime | None = None,
        **data: Any,
    ) -> None:
        """Keeps the one event of what was done to a thing: ids, codes and times alone."""
        told: Any = thing
        work.record(
            type_,
            who,
            thing.id,
            contact_id=told.contact_id,
            about=[told.person_id],
            happened_at=happened_at,
            state=thing.state,
            **{name: getattr(told, name) for name in self.says},
            **data,
        )

    def start_clock(
        self,
        work: Work,
        thing: Thing,
        kind: str,
        owner: str | None = None,
        *,
        since: datetime | None = None,
    ) -> None:
        """Starts a clock of a thing, now or since when what it is reckoned from happened."""
        contact_id: UUID = cast(Any, thing).contact_id
        at = since or work.now
        start_clock(work, kind, self.subject, thing.id, contact_id, at, owner=owner)

    async def stop_clocks(
        self,
        work: Work,
        thing: Thing,
        because: str,
        *kinds: str,
        happened_at: datetime | None = None,
    ) -> None:
        """Stops clocks of a thing that run; those that have stopped stay so."""
        contact_id: UUID = cast(Any, thing).contact_id
        await stop_clocks(work, contact_id, thing.id, kinds, because, happened_at=happened_at)


def keep_line(
    work: Work, who: Caller | None, steps: Steps[Any], id_: UUID, action: Any, **line: Any
) -> None:
    """Keeps a line of the history of a thing: who did what, now, and what else it says.

    When it happened is now, where that is not told. What a line does not say is empty in it.
    """
    record: Any = steps.record
    names = _names(record)
    if "happened_at" in names and line.get("happened_at") is None:
        line["happened_at"] = work.now
    own = {
        "id": new_id(),
        steps.of: id_,
        "action": action,
        "at": work.now,
        "by": None if who is None else who.account_id,
    }
    # What it cannot say is refused by the record.
    work.add(record(**dict.fromkeys(names) | own | line))


def refuse_stale(thing: HasVersions, version: int) -> None:
    """Raises Stale when a thing is not in the version that somebody read and is changing."""
    if thing.version != version:
        raise Stale(thing.version)


async def changed_to(work: Work, thing: Changed, **changed: Any) -> Changed:
    """Changes what is said of a thing that was found, and gives it its new version.

    Raises Stale when somebody was quicker.
    """
    version = await work.change(type(thing), thing.id, thing.version, **changed)
    moved: Any = replace(cast(Any, thing), version=version, **changed)
    return cast(Changed, moved)


@cache
def _names(record: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record))
