"""The timescales of the policy file, and whom their flags go to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

from service.domain import challenges, early_help_episodes, passed_concerns, transfers
from service.domain.contact_kinds import KIND_CLOCKS
from service.domain.contact_warnings import LONGEST_PREGNANCY
from service.domain.dangers import RATED_CLOCK, RATING_CLOCK
from service.domain.deadlines import (
    ClockEvents,
    ElapsedLimit,
    EscalationStep,
    Limit,
    PregnancyLimit,
    Rating,
)
from service.domain.emergency_acts import EMERGENCY_CLOCK
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.limits import WeeksLimit, WorkingDaysLimit
from service.policy.hearers import faults_of_chain, faults_of_hearers
from service.policy.values import (
    TEXT,
    Duration,
    Hearer,
    Identifier,
    LimitInWords,
    Name,
    TimeSpan,
    YesOrNo,
    chosen,
    list_of_tables,
    several,
    words,
)
from service.policy.written import Fault, Wanted, Written

NEEDED_KINDS = {
    "contact_to_referral": False,
    "statutory_decision": False,
    RATED_CLOCK: False,
    RATING_CLOCK: True,
    "agency_information": True,
    "late_answer_read": False,
    "acknowledge_referrer": False,
    "sign_off": False,
    EMERGENCY_CLOCK: False,
    "allocation": False,
    "section_47_allocation": False,
    "early_help_allocation": False,
    **dict.fromkeys(early_help_episodes.EPISODE_CLOCKS, False),
    "strategy_meeting": False,
    "strategy_minutes": False,
    "child_seen": False,
    "initial_child_protection_conference": False,
    "single_assessment": False,
    "daily_meeting": False,
    "police_update_read": False,
    "repeat_concern": False,
    "return_home_interview": False,
    "expected_delivery_known": False,
    "pre_birth_assessment_begun": False,
    "pre_birth_assessment_done": False,
    **dict.fromkeys(passed_concerns.CLOCKS, True),
    **dict.fromkeys(KIND_CLOCKS, False),
    **dict.fromkeys((*transfers.CLOCKS, *challenges.CLOCKS), False),
    transfers.STRATEGY_CLOCK: False,
    challenges.HARM_CLOCK: False,
}
"""The kinds that the service starts, and whether each differs by rating. More are welcome."""

CLOCK_EVENTS = tuple(one for one in EventType if one.noun in {*SubjectKind})
"""What can start and stop a clock of the authority's own: what happens to a thing with clocks."""


class StepTable(Written):
    """A step of a chain."""

    after: Duration
    role: Hearer

    @property
    def step(self) -> EscalationStep | None:
        """The step, where it could be read."""
        return EscalationStep(self.after, self.role) if self.is_whole else None


class EscalationTable(Written):
    """[escalation]: the common chain."""

    steps: Annotated[tuple[StepTable, ...], list_of_tables(1), Wanted("at least 1")]

    def own_faults(self) -> Iterator[Fault]:
        """Steps that are out of order."""
        return faults_of_chain(
            "steps", [one.step for one in self.steps] if self.reads("steps") else []
        )

    @property
    def chain(self) -> tuple[EscalationStep, ...]:
        """The steps that could be read."""
        found = self.steps if self.reads("steps") else ()
        return tuple(one.step for one in found if one.step is not None)


class TimescaleTable(Written):
    """[[timescale]]: a rule with a limit, and for one of the authority's own what starts it."""

    kind: Identifier
    title: Name
    limit: LimitInWords
    at_least: TimeSpan | None = None
    warn_before: TimeSpan | None = None
    starts: Name
    stops: Name
    source: Annotated[str, words(300), TEXT]
    local: YesOrNo
    owner: Hearer
    escalation: Annotated[tuple[StepTable, ...], list_of_tables(1)] = ()
    applies_from: date | None = None
    rating: Annotated[Rating, chosen(Rating)] | None = None
    started_by: Annotated[EventType, chosen(EventType, CLOCK_EVENTS)] | None = None
    stopped_by: Annotated[tuple[EventType, ...], several(EventType, CLOCK_EVENTS)] = ()

    @property
    def known_as(self) -> str:
        """Its kind, and its rating where it has one."""
        return ", ".join(filter(None, (self.peek("kind"), self.peek("rating"))))

    @property
    def is_needed(self) -> bool:
        """Whether the service starts and stops its clock by itself."""
        return self.peek("kind") in NEEDED_KINDS

    @property
    def names_events(self) -> bool:
        """Whether it says what starts or stops it."""
        return self.says("started_by") or self.says("stopped_by")

    @property
    def events(self) -> ClockEvents | None:
        """What starts and stops a clock of the authority's own, where it could be read."""
        if self.is_needed or not self.says("stopped_by"):
            return None
        if not self.reads("started_by", "stopped_by"):
            return None
        return ClockEvents(self.started_by, self.stopped_by)

    @property
    def chain(self) -> tuple[EscalationStep, ...]:
        """The steps of a chain of its own that could be read."""
        found = self.escalation if self.reads("escalation") else ()
        return tuple(one.step for one in found if one.step is not None)

    @property
    def hearers_known(self) -> bool:
        """Whether it could be read who hears of its flags."""
        return (
            self.reads("owner", "escalation")
            and all(one.is_whole for one in self.escalation)
            and not any(self._faults_of_chain())
        )

    @property
    def whole_limit(self) -> Limit:
        """The limit, with the working days that it leaves in any case."""
        if isinstance(self.limit, PregnancyLimit) and isinstance(self.at_least, WorkingDaysLimit):
            return replace(self.limit, at_least=self.at_least)
        return self.limit

    def own_faults(self) -> Iterator[Fault]:
        """What its limit, its warning, its hearers and its events say against one another."""
        yield from self._faults_of_limit()
        yield from self._faults_of_events()
        yield from self._faults_of_chain()
        if self.hearers_known:
            yield from faults_of_hearers(self.peek("kind"), self.events, self.owner, self.chain)

    def _faults_of_chain(self) -> Iterator[Fault]:
        steps = self.escalation if self.reads("escalation") else ()
        return faults_of_chain("escalation", [one.step for one in steps])

    def _faults_of_limit(self) -> Iterator[Fault]:
        if not self.reads("limit", "at_least"):
            return
        days = isinstance(self.at_least, WorkingDaysLimit)
        if self.at_least is not None and not (days and isinstance(self.limit, PregnancyLimit)):
            yield Fault(
                'goes with a limit in weeks of pregnancy, and is in working days: "5 working '
                'days".',
                "at_least",
            )
        elif self.reads("warn_before") and self.warn_before is not None:
            yield from _faults_of_warning(self.whole_limit, self.warn_before)

    def _faults_of_events(self) -> Iterator[Fault]:
        if self.is_needed:
            if self.names_events:
                yield Fault(
                    "is started and stopped by the service: leave started_by and stopped_by out."
                )
            return
        if not self.names_events:
            if self.peek("kind"):
                yield Fault(
                    "would never run: the service knows no such kind. Name the events started_by "
                    "and stopped_by, or put right the kind."
                )
            return
        if not self.says("stopped_by"):
            yield Fault("is missing; add a list of texts.", "stopped_by")
        if self.events is None:
            return
        if self.started_by in self.stopped_by:
            yield Fault("names what starts the clock; name what ends it.", "stopped_by")
        if self.says("rating"):
            told = "goes with a clock that the service starts by itself; leave it out."
            yield Fault(told, "rating")
        if self.reads("limit") and isinstance(self.limit, PregnancyLimit):
            told = "in weeks of pregnancy is for clocks that the service starts itself."
            yield Fault(told, "limit")


def _faults_of_warning(limit: Limit, warn_before: Limit) -> Iterator[Fault]:
    if isinstance(warn_before, ElapsedLimit):
        # As long as the limit means: as soon as the clock starts.
        if isinstance(limit, ElapsedLimit):
            too_long = warn_before.duration > limit.duration
        elif isinstance(limit, WorkingDaysLimit):
            too_long = warn_before.duration >= timedelta(days=limit.working_days)
        elif isinstance(limit, WeeksLimit):
            too_long = warn_before.duration >= timedelta(weeks=limit.weeks)
        else:
            longest = LONGEST_PREGNANCY if isinstance(limit, PregnancyLimit) else timedelta(days=1)
            too_long = warn_before.duration > longest
    elif isinstance(warn_before, WorkingDaysLimit) and isinstance(limit, WorkingDaysLimit):
        too_long = warn_before.working_days >= limit.working_days
    else:
        yield Fault(
            'cannot count working days when the limit does not; write "hours".', "warn_before"
        )
        return
    if too_long:
        yield Fault(
            f"({warn_before.words}) is not within the limit ({limit.words}).", "warn_before"
        )
