"""Reference data on the wire: workers, organisations, teams, code lists and the policy."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.schemas.fields import WireOut
from api.schemas.words import an_id
from service.domain import accounts, authority
from service.domain.access import Role
from service.domain.authority import AgencyKind, TeamService, TeamWork
from service.domain.deadlines import EscalationStep, Rating, Timescale, duration_words
from service.policy import CodeList, Policy
from service.strict.fields import LARGEST, DateOn, Instant

CodeListName = Annotated[
    str,
    Path(
        description="The code list, by name.",
        max_length=64,
        pattern=r"^[a-z_]+$",
        examples=["referral_source"],
    ),
]
PolicyStamp = Annotated[
    str,
    Path(
        description="The stamp of a policy, as a deadline names it.",
        max_length=128,
        pattern=r"^[A-Za-z0-9._+-]+$",
        examples=["2026.1+0f3a91c2d4e5"],
    ),
]


class Worker(WireOut):
    """A member of staff who has signed in."""

    id: Annotated[UUID, an_id("The worker; assignments and allocations name it.")]
    name: Annotated[
        str,
        Field(
            max_length=1000,
            description="Name, as the identity provider last gave it.",
            examples=["Grace Adeyemi"],
        ),
    ]
    team_id: Annotated[
        Annotated[str, Field(max_length=1000)] | None,
        Field(description="Team, as the identity provider gave it.", examples=["mash"]),
    ]
    first_seen_at: Annotated[
        Instant, Field(description="When first signed in.", examples=["2026-09-01T08:00:00Z"])
    ]
    roles: Annotated[
        Annotated[list[Role], Field(max_length=20)] | None,
        Field(
            description=(
                "The roles that they signed in with last; null when they have not signed in since "
                "these are kept. Nothing is given to them then."
            ),
            examples=[["mash_worker"]],
        ),
    ]
    roles_since: Annotated[
        Instant | None, Field(description="Since when they have been seen with these roles.")
    ]
    last_seen_at: Annotated[
        Instant | None,
        Field(description="When they last signed in, to the day; null as for `roles`."),
    ]
    suspended: Annotated[
        bool,
        Field(
            description="Whether their access is suspended, so that they can work nothing.",
            examples=[False],
        ),
    ]

    @classmethod
    def of(cls, told: accounts.Worker) -> Self:
        """A worker as the domain has one."""
        account = told.account
        roles = account.roles
        return cls(
            id=account.id,
            name=account.name,
            team_id=account.team_id,
            first_seen_at=account.first_seen_at,
            roles=None if roles is None else sorted(roles),
            roles_since=account.roles_since,
            last_seen_at=account.signed_in_at,
            suspended=told.suspended,
        )


class Organisation(WireOut):
    """A partner organisation."""

    id: Annotated[
        str, Field(max_length=64, description="The organisation.", examples=["riverbourne-police"])
    ]
    name: Annotated[
        str, Field(max_length=200, description="Its name.", examples=["Riverbourne Police"])
    ]
    kind: Annotated[AgencyKind, Field(description="What sort of body it is.", examples=["police"])]
    source_codes: Annotated[
        Annotated[list[Annotated[str, Field(max_length=4)]], Field(max_length=100)],
        Field(description="The referral source codes that it may send under.", examples=[["6"]]),
    ]
    contact: Annotated[
        str,
        Field(
            max_length=500,
            description="Whom to call there.",
            examples=["Public protection desk, 01632 960101"],
        ),
    ]

    @classmethod
    def of(cls, told: authority.Organisation) -> Self:
        """An organisation of the policy."""
        return cls(
            id=told.id,
            name=told.name,
            kind=told.kind,
            source_codes=sorted(told.source_codes),
            contact=told.contact,
        )


class Team(WireOut):
    """A team of the authority."""

    id: Annotated[str, Field(max_length=64, description="The team.", examples=["mash"])]
    name: Annotated[
        str,
        Field(max_length=200, description="Its name.", examples=["Multi-agency safeguarding hub"]),
    ]
    service: Annotated[
        TeamService, Field(description="Which side of the front door.", examples=["mash"])
    ]
    accepts: Annotated[
        Annotated[list[TeamWork], Field(max_length=10)],
        Field(description="The work that it takes.", examples=[["contact"]]),
    ]

    @classmethod
    def of(cls, told: authority.Team) -> Self:
        """A team of the policy."""
        return cls(id=told.id, name=told.name, service=told.service, accepts=sorted(told.accepts))


class Code(WireOut):
    """A code and what it stands for."""

    code: Annotated[str, Field(max_length=64, description="The code.", examples=["2A"])]
    label: Annotated[
        str, Field(max_length=500, description="What it stands for.", examples=["Schools"])
    ]


class CodeListSummary(WireOut):
    """A national code list, by name."""

    name: Annotated[
        str, Field(max_length=64, description="Its name.", examples=["referral_source"])
    ]
    size: Annotated[
        int,
        Field(ge=0, le=LARGEST, description="How many codes it holds.", examples=[22]),
    ]


class CodeListRead(WireOut):
    """A national code list with its codes, in their published order."""

    name: Annotated[
        str, Field(max_length=64, description="Its name.", examples=["referral_source"])
    ]
    codes: Annotated[
        Annotated[list[Code], Field(max_length=1000)],
        Field(description="The codes.", examples=[[{"code": "2A", "label": "Schools"}]]),
    ]

    @classmethod
    def of(cls, codes: CodeList) -> Self:
        """A list with its codes."""
        return cls(name=codes.name, codes=[Code(code=one, label=codes.label(one)) for one in codes])


class Escalation(WireOut):
    """Whom an unacknowledged flag goes to, and when."""

    after: Annotated[
        str,
        Field(
            max_length=100,
            description="How long after the flag was raised, day and night.",
            examples=["1 hour"],
        ),
    ]
    role: Annotated[
        str, Field(max_length=64, description="The role it goes to.", examples=["mash_manager"])
    ]


def _steps(steps: Iterable[EscalationStep]) -> list[Escalation]:
    return [Escalation(after=duration_words(step.after), role=step.role) for step in steps]


class TimescaleRead(WireOut):
    """A time limit, in words, with where it comes from."""

    kind: Annotated[
        str,
        Field(
            max_length=64,
            description="Its name; deadlines and flags name it.",
            examples=["statutory_decision"],
        ),
    ]
    rating: Annotated[
        Rating | None,
        Field(description="The rating that it is for, when it differs by it.", examples=["red"]),
    ]
    title: Annotated[
        str,
        Field(
            max_length=200,
            description="What it asks.",
            examples=["Decision within one working day"],
        ),
    ]
    starts: Annotated[
        str,
        Field(max_length=200, description="What starts the clock.", examples=["contact received"]),
    ]
    stops: Annotated[
        str,
        Field(
            max_length=200,
            description="What stops it.",
            examples=["every child signed off"],
        ),
    ]
    limit: Annotated[
        str, Field(max_length=100, description="The limit.", examples=["one working day"])
    ]
    warn_before: Annotated[
        Annotated[str, Field(max_length=100)] | None,
        Field(description="How long before the limit a warning comes.", examples=["8 hours"]),
    ]
    owner: Annotated[
        str,
        Field(max_length=64, description="The role that must act.", examples=["mash_manager"]),
    ]
    escalation: Annotated[
        Annotated[list[Escalation], Field(max_length=50)],
        Field(
            description="Whom its flags go to when nobody acknowledges them.",
            examples=[[{"after": "1 hour", "role": "mash_manager"}]],
        ),
    ]
    local: Annotated[
        bool,
        Field(
            description="Whether it is this authority's own practice rather than law or guidance.",
            examples=[False],
        ),
    ]
    source: Annotated[
        str,
        Field(
            max_length=1000,
            description="Where it comes from.",
            examples=["Working Together to Safeguard Children: a decision within one working day"],
        ),
    ]
    applies_from: Annotated[
        DateOn,
        Field(
            description="The first day on which a clock that starts then is under it.",
            examples=["2015-01-01"],
        ),
    ]

    @classmethod
    def of(cls, timescale: Timescale) -> Self:
        """A timescale of the policy."""
        before = timescale.warn_before
        return cls(
            kind=timescale.kind,
            rating=timescale.rating,
            title=timescale.title,
            starts=timescale.starts,
            stops=timescale.stops,
            limit=timescale.limit.words,
            warn_before=None if before is None else before.words,
            owner=timescale.owner,
            escalation=_steps(timescale.escalation),
            local=timescale.local,
            source=timescale.source,
            applies_from=timescale.applies_from,
        )


class Prompt(WireOut):
    """What every decision answers, or marks as not known with a reason."""

    key: Annotated[str, Field(max_length=64, description="Its name.", examples=["child_voice"])]
    question: Annotated[
        str,
        Field(
            max_length=500,
            description="The question.",
            examples=["What does the child say, and what is daily life like for the child?"],
        ),
    ]


class PolicyRead(WireOut):
    """The authority's policy in force: every rule, in words."""

    stamp: Annotated[
        str,
        Field(
            max_length=128,
            description="The version with the beginning of the digest; deadlines name it.",
            examples=["2026.1+0f3a91c2d4e5"],
        ),
    ]
    version: Annotated[
        str, Field(max_length=64, description="What its author calls it.", examples=["2026.1"])
    ]
    authority: Annotated[
        str, Field(max_length=200, description="Whose it is.", examples=["Riverbourne Council"])
    ]
    applies_from: Annotated[
        DateOn, Field(description="The first day that it has rules for.", examples=["2015-01-01"])
    ]
    calendar_version: Annotated[
        str,
        Field(
            max_length=100,
            description="The working calendar: equal versions give equal answers.",
            examples=["england+holidays-0.109+5f0c1d2e3f4a"],
        ),
    ]
    holidays_known_until: Annotated[
        DateOn,
        Field(description="The last day whose bank holidays are known.", examples=["2028-12-31"]),
    ]
    timescales: Annotated[
        Annotated[list[TimescaleRead], Field(max_length=1000)],
        Field(description="Every time limit, in the order of the file.", examples=[[]]),
    ]
    escalation: Annotated[
        Annotated[list[Escalation], Field(max_length=50)],
        Field(
            description="Whom flags go to where a time limit does not say else.",
            examples=[[{"after": "1 hour", "role": "mash_manager"}]],
        ),
    ]
    sweep_every_seconds: Annotated[
        int,
        Field(
            ge=1, le=LARGEST, description="How often flags are brought up to date.", examples=[60]
        ),
    ]
    re_referral_within_months: Annotated[
        int,
        Field(
            ge=0,
            le=LARGEST,
            description="How long after a referral another one is a re-referral.",
            examples=[12],
        ),
    ]
    rationale_minimum_characters: Annotated[
        int,
        Field(ge=0, le=LARGEST, description="The least that a rationale may say.", examples=[40]),
    ]
    rationale_refused_phrases: Annotated[
        Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=1000)],
        Field(description="Phrases of which a rationale may not consist.", examples=[["as above"]]),
    ]
    one_family_help_service: Annotated[
        bool,
        Field(
            description="Whether early help and section 17 are one family help service, in which "
            "the team and the lead practitioner may stay when a child steps up or down.",
            examples=[False],
        ),
    ]
    decision_prompts: Annotated[
        Annotated[list[Prompt], Field(max_length=50)],
        Field(
            description="What every decision answers.",
            examples=[[{"key": "child_voice", "question": "What does the child say?"}]],
        ),
    ]

    @classmethod
    def of(cls, policy: Policy) -> Self:
        """The policy in force."""
        known_until: date = policy.calendar.holidays_known_until
        return cls(
            stamp=policy.stamp,
            version=policy.version,
            authority=policy.authority,
            applies_from=policy.applies_from,
            calendar_version=policy.calendar.version,
            holidays_known_until=known_until,
            timescales=[TimescaleRead.of(one) for one in policy.timescales],
            escalation=_steps(policy.escalation),
            sweep_every_seconds=policy.sweep.every_seconds,
            re_referral_within_months=policy.re_referral_within_months,
            rationale_minimum_characters=policy.rationale.minimum_characters,
            rationale_refused_phrases=list(policy.rationale.refused_phrases),
            one_family_help_service=policy.one_family_help_service,
            decision_prompts=[
                Prompt(key=one.key, question=one.question) for one in policy.decision_prompts
            ],
        )


class PolicyVersionRead(WireOut):
    """A policy that is or was in force, word for word."""

    stamp: Annotated[
        str,
        Field(
            max_length=128,
            description="The version with the beginning of the digest.",
            examples=["2026.1+0f3a91c2d4e5"],
        ),
    ]
    digest: Annotated[
        str,
        Field(
            max_length=64,
            description="SHA-256 of the file.",
            examples=["0f3a91c2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f"],
        ),
    ]
    first_used_at: Annotated[
        Instant,
        Field(description="When it first came into force here.", examples=["2026-10-01T06:00:00Z"]),
    ]
    text: Annotated[
        str,
        Field(
            max_length=LARGEST,
            description="The file, in TOML.",
            examples=['[policy]\nversion = "2026.1"\n'],
        ),
    ]
