"""Turns a policy file into a policy, or into the list of everything that is wrong with it."""

import hashlib
import tomllib
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import starmap
from pathlib import Path

from service.domain.access import SightRules
from service.domain.authority import (
    AssessmentRules,
    ChallengeRules,
    DailyMeetingRules,
    DecisionPrompt,
    Organisation,
    PartnerRules,
    ReceiptWords,
    RepeatConcernRules,
    StrategyMeetingRules,
    SweepRules,
    Team,
    TransferRules,
)
from service.domain.deadlines import EscalationStep, Timescale
from service.domain.decision_rules import DecisionRules
from service.domain.escalations import upward
from service.domain.own_words import RationaleRules
from service.domain.questions import QuestionRules
from service.domain.recorded_notifications import RecordingRules
from service.domain.removed_teams import RemovedTeam
from service.policy.code_lists import england
from service.policy.file import PolicyFile
from service.policy.policies import Policy
from service.policy.timescales import TimescaleTable
from service.policy.written import PolicyFaulty

DEFAULT_POLICY = Path(__file__).parent / "default.toml"
"""The policy used when no other file is named."""

_LARGEST_FILE = 1_000_000


def load_policy(path: Path | None = None) -> Policy:
    """The policy of that file, or the one shipped with the service when `path` is None.

    A file replaces the shipped policy wholly; nothing is merged. Raises PolicyFaulty with every
    fault at once.
    """
    path = DEFAULT_POLICY if path is None else path
    return _understood(path, _content(path))


@lru_cache(maxsize=4)
def _understood(path: Path, raw: bytes) -> Policy:
    """The policy in a file's bytes, worked out once: its calendar alone is some 5,000 days."""
    content, text = _parsed(path, raw)
    file = PolicyFile.model_validate(content)
    faults = list(file.all_faults())
    if faults:
        raise PolicyFaulty(faults)
    return _policy_of(file, text, hashlib.sha256(raw).hexdigest())


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise PolicyFaulty(
            [f"{path}: cannot be read ({error.strerror}); check the path and the permissions."]
        ) from None
    if len(raw) > _LARGEST_FILE:
        raise PolicyFaulty([f"{path}: is larger than a policy can be; check the path."])
    return raw


def _parsed(path: Path, raw: bytes) -> tuple[dict[str, object], str]:
    try:
        text = raw.decode("utf-8-sig")
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PolicyFaulty([f"{path} line {line}: is not UTF-8; save the file as UTF-8."]) from None
    except tomllib.TOMLDecodeError as error:
        raise PolicyFaulty([f"{path}: is not TOML: {error}."]) from None
    except (RecursionError, ValueError):
        raise PolicyFaulty([f"{path}: is not TOML that can be read; simplify it."]) from None
    return content, text


def _policy_of(file: PolicyFile, text: str, digest: str) -> Policy:
    chain = file.escalation.chain
    return Policy(
        version=file.policy.version,
        digest=digest,
        text=text,
        authority=file.policy.authority,
        applies_from=file.policy.applies_from,
        calendar=file.calendar.working,
        holidays_alarm_days=file.calendar.holidays_alarm_days,
        timescales=tuple(
            _timescale(one, chain, file.policy.applies_from) for one in file.timescale
        ),
        escalation=chain,
        sweep=file.sweep.made(SweepRules),
        rationale=file.rationale.made(RationaleRules),
        re_referral_within_months=file.re_referral.within_months,
        decision_prompts=tuple(starmap(DecisionPrompt, file.decision_prompts.items())),
        decisions=file.decisions.made(DecisionRules),
        one_family_help_service=file.family_help.one_service,
        transfers=file.transfers.made(TransferRules),
        challenges=file.challenges.made(ChallengeRules),
        strategy_meetings=file.strategy_meetings.made(StrategyMeetingRules),
        assessments=file.assessments.made(AssessmentRules),
        daily_meetings=file.daily_meetings.made(DailyMeetingRules),
        recorded_notifications=file.recorded_notifications.made(RecordingRules),
        repeat_concern=file.repeat_concern.made(RepeatConcernRules),
        sight=file.sight.made(SightRules),
        partners=file.partners.made(PartnerRules),
        questions=file.information_requests.made(QuestionRules),
        receipt=file.receipt.made(ReceiptWords),
        organisations=tuple(one.made(Organisation) for one in file.organisation),
        teams=tuple(one.made(Team) for one in file.team),
        removed_teams=tuple(one.made(RemovedTeam) for one in file.removed_team),
        contact_kinds={one.kind: one.rules for one in file.contact_kind},
        codes=england(),
    )


def _timescale(
    table: TimescaleTable, common: Sequence[EscalationStep], policy_applies_from: date
) -> Timescale:
    own = table.says("escalation")
    return Timescale(
        kind=table.kind,
        title=table.title,
        limit=table.whole_limit,
        warn_before=table.warn_before,
        starts=table.starts,
        stops=table.stops,
        source=table.source,
        local=table.local,
        owner=table.owner,
        escalation=table.chain if own else upward(common, table.owner),
        has_own_escalation=own,
        applies_from=table.applies_from or policy_applies_from,
        rating=table.rating,
        events=table.events,
    )
