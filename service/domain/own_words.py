"""Own words: what makes a reason somebody's own, and what is refused as a stock phrase (rule 2)."""

import unicodedata
from dataclasses import dataclass, field

from service.domain.errors import FrontDoorError, Problem
from service.domain.texts import counted

_FEWEST_DIFFERENT_WORDS = 5
_FEWEST_WORDS_OF_AN_ANSWER = 3


@dataclass(frozen=True, slots=True)
class RationaleRules:
    """Which rationale is refused: too short, or nothing but stock phrases.

    Source: domain rules, "No default outcome" (an empty or boiler-plate rationale is refused).
    Letters and digits alone are compared: case, punctuation and spacing never make a difference.
    """

    minimum_characters: int
    refused_phrases: tuple[str, ...]
    _refused: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        phrases = ("".join(_words(phrase)) for phrase in self.refused_phrases)
        object.__setattr__(self, "_refused", frozenset(phrase for phrase in phrases if phrase))

    def is_too_short(self, text: str) -> bool:
        """Whether fewer than the minimum of characters remain when empty matter is taken away."""
        return len(" ".join(_words(text))) < self.minimum_characters

    def is_boiler_plate(self, text: str) -> bool:
        """Whether the whole text is a stock phrase, or stock phrases strung together, or empty."""
        letters = "".join(_words(text))
        reached, ahead = {0}, [0]
        while ahead:
            at = ahead.pop()
            for phrase in self._refused:
                if letters.startswith(phrase, at) and at + len(phrase) not in reached:
                    reached.add(at + len(phrase))
                    ahead.append(at + len(phrase))
        return len(letters) in reached

    def refuses(self, text: str) -> bool:
        """Whether the text cannot stand as a rationale, for either reason."""
        return self.is_too_short(text) or self.is_boiler_plate(text)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter if letter.isalnum() else " " for letter in plain).split()


def says_nothing(text: str) -> bool:
    """Whether a text is a word or two: "No.", "Fine.", "Not known". It answers no question."""
    return len(set(_words(text))) < _FEWEST_WORDS_OF_AN_ANSWER


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


_WHY_THIS_THRESHOLD = "what the facts are and why they meet this threshold"


def rationale_faults(
    rules: RationaleRules, pointer: str, text: str, wanted: str = _WHY_THIS_THRESHOLD
) -> list[Problem]:
    """Why a text would be refused as a rationale: stock, too short, or the same words again.

    `wanted` is what it has to say, in the words of a sentence.
    """
    if rules.is_boiler_plate(text):
        return [
            Problem(
                pointer,
                f"This is a stock phrase. Say in your own words {wanted}.",
                "boiler_plate",
            )
        ]
    if rules.is_too_short(text):
        least = counted(rules.minimum_characters, "character")
        return [
            Problem(
                pointer,
                f"Say more: at least {least} of words on {wanted}.",
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
