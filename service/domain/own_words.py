"""Own words: what makes a reason somebody's own, and what is refused as a stock phrase (rule 2)."""

from typing import Protocol

from service.domain.errors import FrontDoorError, Problem
from service.domain.texts import counted

_FEWEST_DIFFERENT_WORDS = 5


class RationaleRules(Protocol):
    """What the policy says of rationales."""

    @property
    def minimum_characters(self) -> int:
        """Letters and digits that a rationale needs."""
        ...

    def is_too_short(self, text: str) -> bool:
        """Whether it has fewer."""
        ...

    def is_boiler_plate(self, text: str) -> bool:
        """Whether it is nothing but stock phrases."""
        ...


def own_words_faults(rules: RationaleRules, *texts: tuple[str, str | None]) -> list[Problem]:
    """The faults of those texts that are nothing but stock phrases, each text with its pointer."""
    return [
        Problem(
            pointer,
            "This is a stock phrase. Say in your own words what the facts are.",
            "boiler_plate",
        )
        for pointer, text in texts
        if text is not None and rules.is_boiler_plate(text)
    ]


def require_own_words(
    rules: RationaleRules,
    pointer: str,
    text: str | None,
    refusal: type[FrontDoorError],
    detail: str = "Say in your own words why.",
) -> None:
    """Raises a refusal of the kind given for a text that is nothing but stock phrases."""
    faults = own_words_faults(rules, (pointer, text))
    if faults:
        raise refusal(detail, problems=faults)


def rationale_faults(rules: RationaleRules, pointer: str, text: str) -> list[Problem]:
    """Why a text would be refused as a rationale: stock, too short, or the same words again."""
    if rules.is_boiler_plate(text):
        return [
            Problem(
                pointer,
                "This is a stock phrase. Say in your own words what the facts are and why they "
                "meet this threshold.",
                "boiler_plate",
            )
        ]
    if rules.is_too_short(text):
        least = counted(rules.minimum_characters, "character")
        return [
            Problem(
                pointer,
                f"Say more: at least {least} of words on what the facts are and why they meet this "
                "threshold.",
                "too_short",
            )
        ]
    if len(set(text.lower().split())) < _FEWEST_DIFFERENT_WORDS:
        return [
            Problem(
                pointer,
                "The same few words again and again are no rationale. Say what the facts are.",
                "boiler_plate",
            )
        ]
    return []
