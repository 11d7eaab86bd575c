"""Police notifications that are recorded without a discussion: which may be, and why others not."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from service.domain.authority import StrategyMeetingRules
from service.domain.contacts import ChildState, ContactState
from service.domain.daily_meetings import AgendaChild, AgendaItem, ItemState, WhyDiscussed
from service.domain.deadlines import Rating
from service.domain.decision_rules import DecisionRules, Worry
from service.domain.decisions import LevelOfNeed
from service.domain.errors import Conflict, Problem
from service.domain.meeting_outcomes import IncidentSettled
from service.domain.people import age_in_years
from service.domain.police_notifications import Risk
from service.domain.police_updates import risk_now, withdrawn_at


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """What is recorded without being discussed at the daily meeting (rules 18 and 28).

    Nothing unless it is `allowed`. Of one of `risks`, and of children of `youngest_age` and older;
    nothing on file of any of them. That somebody was hurt is told by the words for an injury of a
    decision's rules; `nobody_hurt_phrases` are those that deny it, and are passed over.
    `level_of_need` is the level with which it is kept.
    """

    allowed: bool
    risks: tuple[Risk, ...]
    youngest_age: int
    level_of_need: int
    nobody_hurt_phrases: tuple[str, ...]
    source: str
    _denied: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        phrases = "|".join(re.escape(one.casefold()) for one in self.nobody_hurt_phrases)
        object.__setattr__(
            self, "_denied", re.compile(rf"\b(?:{phrases})\w*" if phrases else "(?!)")
        )

    @property
    def level(self) -> LevelOfNeed:
        """The level of need with which it is kept."""
        return LevelOfNeed(self.level_of_need)

    def without_denials(self, concern: str) -> str:
        """What was told, without the phrases that say that nobody was hurt."""
        return self._denied.sub(" ", concern.casefold())


@dataclass(frozen=True, slots=True)
class ItemSeen:
    """One item of the list that a manager read, in the version of its contact that they saw."""

    item_id: UUID
    contact_version: int


@dataclass(frozen=True, slots=True)
class ItemNotRecorded:
    """An item that is left for the meeting, and everything that forbids to record it."""

    place: int
    item_id: UUID
    problems: Sequence[Problem]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a list that a manager read: the contacts dealt with, and the items left."""

    done: Sequence[IncidentSettled]
    refused: Sequence[ItemNotRecorded]


class NotToBeRecorded(Conflict):
    """Something on the list is for the meeting to discuss, or changed since it was read."""

    code = "not_to_be_recorded"
    title = "Not everything on the list can be recorded"


_NEVER_LIGHT = (Worry.injury, Worry.sexual_harm, Worry.exploitation)


class Ruling(Protocol):
    """The rules of an authority's policy that say what is recorded without a discussion."""

    @property
    def recorded_notifications(self) -> RecordingRules: ...
    @property
    def decisions(self) -> DecisionRules: ...
    @property
    def strategy_meetings(self) -> StrategyMeetingRules: ...


def why_not_recorded(policy: Ruling, found: AgendaItem) -> list[WhyDiscussed]:
    """Everything that forbids to record a child of an agenda without a discussion; empty: none."""
    rules, decisions = policy.recorded_notifications, policy.decisions
    whys: list[WhyDiscussed] = []

    def against(forbids: bool, code: str, message: str) -> None:
        if forbids:
            whys.append(WhyDiscussed(code, message))

    contact = found.contact
    risk = risk_now(found.notification.risk, found.police_updates)
    against(
        found.item.state is not ItemState.waiting,
        "item_settled",
        "This child was dealt with already.",
    )
    against(
        not rules.allowed,
        "not_by_policy",
        "The authority's policy has every notification discussed.",
    )
    against(
        risk not in rules.risks,
        "risk_too_high",
        f"The police saw a risk that is {risk}: the meeting decides.",
    )
    against(contact.danger is not None, "danger_told", "Danger was told: the meeting decides.")
    against(
        contact.rating in (Rating.red, Rating.amber),
        "rated_urgent",
        f"It was rated {contact.rating}: the meeting decides.",
    )
    against(
        contact.state is not ContactState.received and contact.state is not ContactState.in_triage,
        "answers_awaited",
        "Agencies were asked about it, or it is being decided: decide with what they answer.",
    )
    against(
        bool(_told_harm(rules, decisions, contact.concern)),
        "harm_told",
        "Its words tell that somebody was hurt or harmed: the meeting decides.",
    )
    against(
        found.item.times_carried > 0,
        "carried_over",
        "The meeting carried it over to talk about it.",
    )
    against(
        _school_untold(policy.strategy_meetings, found),
        "school_not_told",
        "It is not on record whether the school was told: POST /v1/school-notices, then record it.",
    )
    return [*whys, *_told_otherwise(found), *_against_children(rules, found)]


def _told_otherwise(found: AgendaItem) -> Iterator[WhyDiscussed]:
    """What the police told later that forbids it."""
    if any(one.unread_since is not None for one in found.police_updates):
        yield WhyDiscussed(
            "update_unread", "The police told it otherwise since, and nobody has read that yet."
        )
    if withdrawn_at(found.police_updates) is not None:
        yield WhyDiscussed(
            "withdrawn_by_police", "The police took it back: decide on what is left of it."
        )


def _school_untold(ages: StrategyMeetingRules, found: AgendaItem) -> bool:
    """Whether a child may be at school whose school nobody told of the incident, or said why."""
    age = age_in_years(found.child.date_of_birth, found.item.meeting_on)
    at_school = age is None or ages.school_age_from <= age < ages.school_age_to
    return at_school and found.school_notice is None


def _told_harm(rules: RecordingRules, decisions: DecisionRules, concern: str) -> Sequence[Worry]:
    told = decisions.worries_in(rules.without_denials(concern))
    return [worry for worry in _NEVER_LIGHT if worry in told]


def _against_children(rules: RecordingRules, found: AgendaItem) -> list[WhyDiscussed]:
    """What is known of the child, and of those beside the child, that is to be talked about."""
    whys: list[WhyDiscussed] = []
    known = found.told_before or found.open_case is not None
    if known:
        told = "Something is on file of this child: history is considered, and the meeting decides."
        whys.append(WhyDiscussed("child_on_file", told))
    if found.child.unanswered_matches:
        told = "Somebody on file may be this child: say first whether it is the same child."
        whys.append(WhyDiscussed("possible_match_unresolved", told))
    if _too_young(rules, found.child, found):
        told = (
            f"This child is unborn, younger than {rules.youngest_age}, or of no known age: the "
            "meeting decides."
        )
        whys.append(WhyDiscussed("child_too_young", told))
    if any(
        one.state is not ChildState.undecided
        or one.id in found.others_on_file
        or one.unanswered_matches
        or _too_young(rules, one, found)
        for one in found.others
    ):
        told = "Another child of the same home is one for the meeting: siblings are heard together."
        whys.append(WhyDiscussed("sibling_for_the_meeting", told))
    return whys


def _too_young(rules: RecordingRules, child: AgendaChild, found: AgendaItem) -> bool:
    age = age_in_years(child.date_of_birth, found.item.meeting_on)
    return rules.youngest_age > 0 and (age is None or age < rules.youngest_age)


def rationale_of(found: AgendaItem, policy: str) -> str:
    """Why a child was recorded so: the facts that the policy goes by, from the record."""
    return (
        f"Recorded without a discussion under the policy {policy}: the police saw a risk that is "
        f"{risk_now(found.notification.risk, found.police_updates)}, it is the first that is told "
        "of this child and of the other children of the home, nothing else is on file of them, "
        "and nobody was told to be hurt."
    )
