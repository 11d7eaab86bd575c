"""What one authority decides for itself: its partners and teams, and the rules of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from service.domain.strategy_meetings import Agency


class AgencyKind(StrEnum):
    """What sort of body an organisation is."""

    police = "police"
    health = "health"
    school = "school"
    education = "education"
    housing = "housing"
    local_authority = "local_authority"
    probation = "probation"
    voluntary = "voluntary"
    other = "other"


class TeamService(StrEnum):
    """Which side of the front door a team works on."""

    mash = "mash"
    early_help = "early_help"
    social_care = "social_care"


class TeamWork(StrEnum):
    """What a team can be accountable for."""

    contact = "contact"
    referral = "referral"
    early_help_episode = "early_help_episode"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A partner agency. `source_codes` are the referral sources that it may send under."""

    id: str
    name: str
    kind: AgencyKind
    source_codes: frozenset[str]
    contact: str


@dataclass(frozen=True, slots=True)
class Team:
    """A team of the authority, and the work that it takes."""

    id: str
    name: str
    service: TeamService
    accepts: frozenset[TeamWork]


@dataclass(frozen=True, slots=True)
class DecisionPrompt:
    """What a decision must answer, or mark as not known with a reason."""

    key: str
    question: str


@dataclass(frozen=True, slots=True)
class SweepRules:
    """How often the flags are brought up to date, and after how long without it to raise alarm."""

    every_seconds: int
    late_after_seconds: int


@dataclass(frozen=True, slots=True)
class ReceiptWords:
    """What the sender of a contact is told beside its reference."""

    immediate_danger: str
    questions: str
    disagreement: str


@dataclass(frozen=True, slots=True)
class TransferRules:
    """Why steps are asked for and refused, each code with its words; how a step-up is counted.

    `harm_reasons` are those of a step-up that say that harm was disclosed: a strategy meeting is
    owed from the request on.
    """

    step_up_source_code: str
    step_up_reasons: Mapping[str, str]
    harm_reasons: frozenset[str]
    step_down_reasons: Mapping[str, str]
    step_up_refusals: Mapping[str, str]
    step_down_refusals: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChallengeRules:
    """Who answers a challenge that the manager of the side that decided did not settle."""

    stage_2_answered_by: str
    stage_3_answered_by: str

    @property
    def last_stage(self) -> int:
        """The stage whose answer is final."""
        return 3

    def answered_by(self, stage: int) -> str:
        """The role that answers a later stage; the first is the deciding side's own."""
        return self.stage_2_answered_by if stage == 2 else self.stage_3_answered_by


@dataclass(frozen=True, slots=True)
class StrategyMeetingRules:
    """Who must come for a strategy meeting to be quorate, and when a school is invited.

    School age is from the birthday of `school_age_from` up to, and not with, that of
    `school_age_to`, in years.
    """

    quorum: tuple[Agency, ...]
    school_age_from: int
    school_age_to: int


@dataclass(frozen=True, slots=True)
class AssessmentRules:
    """The tools that an assessment may name, and the factors that call for one of them.

    `scored_tools` give a score that has to be recorded with them.
    """

    tools: Mapping[str, str]
    scored_tools: frozenset[str]
    neglect_factors: frozenset[str]
    neglect_tools: tuple[str, ...]
    domestic_abuse_factors: frozenset[str]
    domestic_abuse_tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DailyMeetingRules:
    """`cut_off`: London time up to which a police notification is for the same day's meeting."""

    cut_off: time


@dataclass(frozen=True, slots=True)
class RepeatConcernRules:
    """Over how long earlier concerns are counted, and within how many days two raise a flag.

    From the `read_whole_from`-th contact about a child within `read_whole_months` on, whoever told,
    a manager reads the whole before a decision is signed.
    """

    short_days: int
    long_days: int
    months: int
    flag_within_days: int
    read_whole_from: int
    read_whole_months: int


@dataclass(frozen=True, slots=True)
class PartnerRules:
    """How long an agency reads what it was asked, and how often it has a referral checked.

    `answered_in_sight_days` is how long it reads a request that it answered,
    `withdrawn_in_sight_days` one that was withdrawn; `validations_an_hour` is for each caller.
    """

    answered_in_sight_days: int
    withdrawn_in_sight_days: int
    validations_an_hour: int
    source: str
