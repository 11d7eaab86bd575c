"""Functions written out once, of names known as the service starts.

What does the same for each of some names, for every row that is read and every object that goes
out, would go through those names each time. The standard library's dataclasses are made in the
same way.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast


def function_of(
    parameters: str, lines: Iterable[str], known: Mapping[str, object]
) -> Callable[..., Any]:
    """A function of these parameters and lines, to which nothing but what is `known` is known.

    The lines are made of the names of fields in this program, never of anything that was sent.
    """
    text = f"def made({parameters}):\n" + "\n".join(f"    {line}" for line in lines)
    found: dict[str, object] = {"__builtins__": {}, **known}
    exec(text, found)  # noqa: S102  # names of our own fields, as dataclasses do it
    return cast(Callable[..., Any], found["made"])
