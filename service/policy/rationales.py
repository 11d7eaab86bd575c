"""Which rationale the authority refuses: too short, or nothing but stock phrases."""

import unicodedata
from dataclasses import dataclass, field


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
