"""The words of the demonstration data, as the files beside this module have them: all invented."""

import tomllib
from importlib.resources import files
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from service.domain.assessments import AssessmentOutcome
from service.domain.challenges import ChallengeAnswer
from service.domain.deadlines import Rating
from service.domain.decisions import Outcome
from service.domain.early_help_episodes import EpisodeClosure
from service.domain.section_47_enquiries import ConferenceOutcome, EnquiryOutcome
from service.domain.strategy_meetings import Agency, EnquiryDecision, Harm, MedicalDecision
from service.domain.transfers import Direction, FamilyAgreement

Texts = tuple[str, ...]


class _Read(BaseModel):
    """What is read from a file: nothing is missing, and nothing is there that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(files("frontdoor.demonstration").joinpath(name).read_text("utf-8"))


class Theme(_Read):
    """One kind of worry: how it is told, what the child says, why it meets or does not meet.

    `weight` is how often it comes, `need` the primary need code, `grave` how likely a referral on
    it rests on suspected significant harm, `tool` the assessment tool used with it, if any.
    """

    name: str
    weight: int
    need: str
    grave: float
    seen: Texts
    more: Texts
    voice: Texts
    meets: Texts
    falls_short: Texts
    tool: str | None = None


class PromptWords(_Read):
    """What is said to a question that decisions must answer: known, or why not."""

    known: Texts
    not_known: Texts


class Narratives(_Read):
    """What referrers tell, and what people at the desk and between the two sides write."""

    themes: tuple[Theme, ...]
    unborn: Texts
    openings: dict[str, Texts]
    prompts: dict[str, PromptWords]
    prompt_of_another_policy: str
    voice_not_known: Texts
    voice_of_the_unborn: Texts
    next: dict[Outcome, Texts]
    not_asked: Texts
    not_answered: Texts
    purposes: Texts
    questions: Texts
    answers: Texts
    declined: str
    history: Texts
    last_closed: Texts
    advice: Texts
    nothing_more: Texts
    whole_read: Texts
    agreed: Texts
    returned: Texts
    taken_on: Texts
    second_thoughts: Texts
    acknowledged: Texts
    closed_after_assessment: Texts
    concern_read: Texts
    ceased: Texts
    moved_away: str
    episode_ended: dict[EpisodeClosure, str]
    typed_in_twice: str
    no_agreement: Texts
    rated: dict[Rating, str]
    evidence_up: Texts
    evidence_down: Texts
    refused_steps: dict[Direction, Texts]
    agreed_to_refusal: Texts
    challenged: Texts
    challenged_decision: dict[bool, Texts]
    """By whether it is for a referral."""
    stage_answered: dict[ChallengeAnswer, Texts]
    taken_further: dict[str, Texts]
    step_accepted: Texts
    step_withdrawn: Texts
    discussed: Texts
    family_said: dict[FamilyAgreement, str]
    visited: Texts
    kept: dict[str, Texts]
    plans: tuple[tuple[str, str, str], ...]
    """Each line of a plan: what is to come of it, what is done, and by whom."""


class ToolScored(_Read):
    """A tool of an assessment, and the score that it gave, if any."""

    tool: str
    score: str | None = None


class Danger(_Read):
    """What a kind of worry means once significant harm is looked into.

    `harms` are alleged, `category` is that of a child protection plan, `factors` are the codes of
    the assessment, and `tools` what it was done with.
    """

    harms: tuple[Harm, ...]
    category: str
    factors: tuple[str, ...]
    tools: tuple[ToolScored, ...] = ()


class RiskNarratives(_Read):
    """What is written about children who may be at risk, and what the police tell."""

    dangers: dict[str, Danger]
    """By the name of the theme."""
    not_invited: dict[Agency, Texts]
    invited_else: str
    sent: Texts
    brought: Texts
    not_quorate: Texts
    rearranged: str
    enquiry_because: dict[EnquiryDecision, Texts]
    medical_because: dict[MedicalDecision, Texts]
    told_to_child: Texts
    tasks: tuple[tuple[str, str], ...]
    minutes: Texts
    not_alone: Texts
    not_seen: Texts
    found: dict[EnquiryOutcome, Texts]
    conferred: dict[ConferenceOutcome, Texts]
    childs_view: Texts
    analyses: dict[AssessmentOutcome, Texts]
    sent_back: Texts
    authorised: Texts
    went_missing: Texts
    found_where: Texts
    came_back: Texts
    declined_because: Texts
    told_in_interview: Texts
    interview_attempted: Texts
    held_where: Texts
    interviewers: Texts
    late_answer_read: Texts
    overtaken: Texts
    chased: Texts
    told_later: Texts
    update_read: str
    sent_in_error: str
    incidents: Texts
    carried_over: Texts


class Surnames(_Read):
    """Surnames that go with some ethnicity codes and a first language; `weight` says how often."""

    weight: int
    names: Texts
    ethnicities: Texts
    language: str


class Names(_Read):
    """Names of people, streets and towns that do not exist."""

    girls: Texts
    boys: Texts
    women: Texts
    men: Texts
    streets: Texts
    towns: tuple[tuple[str, str], ...]
    referrers: Texts
    surnames: tuple[Surnames, ...]


class Source(_Read):
    """Where a contact comes from: how often, and from whom there."""

    weight: int
    roles: Texts


class Referrers(_Read):
    """Who tells the front door, by the code of the source."""

    sources: dict[str, Source]


WORDS: Final = Narratives.model_validate(_file("narratives.toml"))
RISK: Final = RiskNarratives.model_validate(_file("risk_narratives.toml"))
NAMES: Final = Names.model_validate(_file("names.toml"))
SOURCES: Final = Referrers.model_validate(_file("referrers.toml")).sources
