"""Optional facts that could not be read: kept as they were told, for a person to look at.

A worry is never refused for them: what is unclear is set beside, and said back with a warning.
"""

from collections.abc import Mapping
from typing import Any, Final

LONGEST: Final = 1000
"""How many characters of what cannot be read are kept, at most."""


class AsTold(str):
    """What was told of an optional fact, and could not be read. Empty: nothing was told of it."""

    __slots__ = ()


def with_unread_aside(told: Mapping[str, Any]) -> dict[str, Any]:
    """The facts told of somebody or something, with those that could not be read set aside.

    They are under `kept_as_told`, by name; None where everything could be read.
    """
    unread = {name: value for name, value in told.items() if isinstance(value, AsTold)}
    if not unread:
        return dict(told)
    facts = {name: value for name, value in told.items() if name not in unread}
    aside = {name: str(value) for name, value in unread.items() if value}
    return {**facts, _KEPT: aside} if aside else facts


def joined(before: Mapping[str, str] | None, more: Mapping[str, str]) -> Mapping[str, str] | None:
    """What is kept as told, with more of it; None where there is nothing."""
    return {**(before or {}), **{name: words for name, words in more.items() if words}} or None


def still_unread(
    kept: Mapping[str, str] | None, told: Mapping[str, Any]
) -> Mapping[str, str] | None:
    """What is left of it once facts were told anew; None where nothing is."""
    return {name: words for name, words in (kept or {}).items() if name not in told} or None


def without_nothing_kept(told: Any) -> Any:
    """What was told, at every depth without the word of it where everything could be read.

    So a digest of what could be read is what it was before anything else was kept.
    """
    if isinstance(told, Mapping):
        return {
            name: without_nothing_kept(value)
            for name, value in told.items()
            if name != _KEPT or value is not None
        }
    if isinstance(told, (list, tuple)):
        return [without_nothing_kept(one) for one in told]
    return told


_KEPT: Final = "kept_as_told"
