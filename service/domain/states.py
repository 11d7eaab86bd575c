"""State tables: the one place where a thing changes its state."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from service.domain.errors import Conflict

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


class WrongState(Conflict):
    """What was asked cannot be done in the state the thing is in now."""

    code = "wrong_state"
    title = "Not possible in this state"


@dataclass(frozen=True)
class StateTable(Generic[State, Action]):
    """A whole life in one table: `(state, action) -> state`, and nothing else is possible."""

    noun: str
    start: State
    moves: Mapping[tuple[State, Action], State]
    final: frozenset[State] = field(default_factory=frozenset)
    # What follows from something done elsewhere: nobody can ask for it here.
    by_itself: frozenset[Action] = field(default_factory=frozenset)

    def allowed(self, state: State) -> tuple[Action, ...]:
        """The actions that somebody can do in `state`, in the table's order."""
        return tuple(
            action
            for (start, action) in self.moves
            if start == state and action not in self.by_itself
        )

    def after(
        self, state: State, action: Action, *, could: Collection[Action] | None = None
    ) -> State:
        """The state that `action` leads to.

        Raises WrongState, naming the state and the actions allowed now: those of the table, or
        `could` where more than the state has a say in it.
        """
        try:
            return self.moves[(state, action)]
        except KeyError:
            allowed = self.allowed(state) if could is None else tuple(could)
            words = ", ".join(allowed) if allowed else "nothing more"
            raise WrongState(
                f"This {self.noun} is {state.replace('_', ' ')}; "
                f"{action.replace('_', ' ')} is not possible now. Possible now: {words}.",
                state=state,
                allowed=allowed,
            ) from None

    def diagram(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.start}"]
        lines += [f"    {start} --> {end}: {action}" for (start, action), end in self.moves.items()]
        lines += [f"    {state} --> [*]" for state in sorted(self.final)]
        return "\n".join(lines)
