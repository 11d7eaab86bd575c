"""What a decision is asked by outcome and by worry: prompts, and whose answer is looked for."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from service.domain.authority import AgencyKind, DecisionPrompt
from service.domain.contacts import Child, Contact
from service.domain.decisions import Decision, Outcome, PromptAnswer, StatutoryBasis
from service.domain.errors import Problem
from service.domain.own_words import says_nothing
from service.domain.police_notifications import PoliceNotification


class Worry(StrEnum):
    """What the worry is, where police and health have to be accounted for."""

    injury = "injury"
    sexual_harm = "sexual_harm"
    domestic_abuse = "domestic_abuse"
    exploitation = "exploitation"


@dataclass(frozen=True, slots=True)
class DecisionRules:
    """What is asked of a decision: of a light one less, unless the worry or the history forbids it.

    Light is an outcome of `light_outcomes` at a level of need up to `light_up_to_level`. A worry is
    told by the beginnings of words in what whoever told said; whose answer is looked for then is
    `accounted_for`.
    """

    light_outcomes: tuple[Outcome, ...]
    light_up_to_level: int
    light_prompts: tuple[str, ...]
    accounted_for: tuple[AgencyKind, ...]
    injury_words: tuple[str, ...]
    sexual_harm_words: tuple[str, ...]
    domestic_abuse_words: tuple[str, ...]
    exploitation_words: tuple[str, ...]
    _told: Mapping[Worry, re.Pattern[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        beginnings = {
            Worry.injury: self.injury_words,
            Worry.sexual_harm: self.sexual_harm_words,
            Worry.domestic_abuse: self.domestic_abuse_words,
            Worry.exploitation: self.exploitation_words,
        }
        told = {
            worry: re.compile(rf"\b(?:{'|'.join(re.escape(one.casefold()) for one in words)})")
            for worry, words in beginnings.items()
        }
        object.__setattr__(self, "_told", told)

    def worries_about(
        self,
        contact: Contact,
        notification: PoliceNotification | None,
        basis: StatutoryBasis | None,
    ) -> list[Worry]:
        """The worries that a contact tells of, in their order.

        The police's notification is of domestic abuse whatever its words are; whoever decides that
        significant harm is suspected looks at it as at an injury.
        """
        found = self.worries_in(contact.concern)
        if notification is not None:
            found.add(Worry.domestic_abuse)
        if basis is StatutoryBasis.section_47 and not found:
            found.add(Worry.injury)
        return [worry for worry in Worry if worry in found]

    def worries_in(self, words: str) -> set[Worry]:
        """The worries that words tell of."""
        words = words.casefold()
        return {worry for worry, told in self._told.items() if told.search(words)}

    def asks(
        self,
        prompts: Sequence[DecisionPrompt],
        draft: Decision,
        worries: Collection[Worry],
        *,
        told_before: bool,
    ) -> list[str]:
        """Which prompts a decision has to answer (rules 5 and 28)."""
        light = draft.outcome in self.light_outcomes
        light = light and draft.level_of_need <= self.light_up_to_level
        if light and not worries and not told_before:
            return [one.key for one in prompts if one.key in self.light_prompts]
        return [one.key for one in prompts]


def answers_on_record(
    child: Child, notification: PoliceNotification | None, draft: Decision
) -> list[PromptAnswer]:
    """The prompts that are answered by what is on record: it is never typed again (rule 28)."""
    found: dict[str, str] = {}
    if child.ethnicity_code and child.first_language and child.disability_codes:
        found["culture_disability_language"] = (
            f"On record: ethnicity {child.ethnicity_code}, first language {child.first_language}, "
            f"disability {', '.join(child.disability_codes)}."
        )
    if notification is not None:
        found["domestic_abuse"] = (
            f"On record: the police notified of domestic abuse, with risk {notification.risk}."
        )
    if draft.assessment_tool is not None:
        score = draft.assessment_score
        found["neglect_and_tool"] = f"Assessment tool used: {draft.assessment_tool}" + (
            "." if score is None else f", with the score {score}."
        )
    return [PromptAnswer(key, answer, None) for key, answer in found.items()]


def unaccounted_for(
    rules: DecisionRules, worries: Sequence[Worry], kinds: Iterable[AgencyKind]
) -> list[Problem]:
    """Whose answer a worry asks for that a draft's account of agencies leaves out (rule 4)."""
    accounted = set(kinds)
    if not worries:
        return []
    worry = " and ".join(one.replace("_", " ") for one in worries)
    return [
        Problem(
            "/agencies",
            f"The worry is {worry}: say what {kind.value} answered, or why {kind.value} was not "
            "asked.",
            f"{kind.value}_not_accounted_for",
        )
        for kind in rules.accounted_for
        if kind not in accounted
    ]


def empty_answers(
    given: Sequence[PromptAnswer], prompts: Sequence[DecisionPrompt]
) -> list[Problem]:
    """The answers of a word or two, each with what it leaves open: the question itself."""
    questions = {one.key: one.question for one in prompts}
    return [
        Problem(
            f"/prompts/{place}/{name}",
            f"A word does not answer this. {questions.get(line.prompt, 'Say what is known.')}",
            "says_nothing",
        )
        for place, line in enumerate(given)
        for name, text in (("answer", line.answer), ("not_known_because", line.not_known_because))
        if text is not None and says_nothing(text)
    ]
