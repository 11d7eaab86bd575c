"""Turns a policy file into a policy, or into the list of everything that is wrong with it."""

import hashlib
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from functools import lru_cache
from pathlib import Path

from service.domain import challenges, transfers
from service.domain.calendar import CalendarFaulty, WorkingCalendar
from service.domain.contact_warnings import LONGEST_PREGNANCY
from service.domain.deadlines import (
    ClockEvents,
    ElapsedLimit,
    EscalationStep,
    Limit,
    PregnancyLimit,
    Rating,
    Timescale,
    WorkingDaysLimit,
)
from service.domain.escalations import upward
from service.domain.events import EventType
from service.domain.flags import SubjectKind
from service.domain.texts import counted
from service.policy.code_lists import england
from service.policy.hearers import (
    check_common_chain,
    check_hearers,
    read_chain,
    read_hearer,
)
from service.policy.policies import Policy
from service.policy.reading import PolicyFaulty, Table
from service.policy.rules import (
    assessments_of,
    challenges_of,
    daily_meetings_of,
    partners_of,
    prompts_of,
    rationale_of,
    receipt_of,
    repeat_concern_of,
    strategy_meetings_of,
    sweep_of,
    transfers_of,
)
from service.policy.teams import organisations_of, removed_teams_of, teams_of

DEFAULT_POLICY = Path(__file__).parent / "default.toml"
"""The policy used when no other file is named."""

NEEDED_KINDS = {
    "contact_to_referral": False,
    "statutory_decision": False,
    "triage": True,
    "agency_information": True,
    "late_answer_read": False,
    "acknowledge_referrer": False,
    "sign_off": False,
    "allocation": False,
    "early_help_allocation": False,
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
    **dict.fromkeys((*transfers.CLOCKS, *challenges.CLOCKS), False),
}
"""The kinds that the service starts, and whether each differs by rating. More are welcome."""

CLOCK_EVENTS = tuple(one.value for one in EventType if one.noun in {*SubjectKind})
"""What can start and stop a clock of the authority's own: what happens to a thing with clocks."""

_LARGEST_FILE = 1_000_000
_EARLIEST_YEAR, _LATEST_YEAR = 1978, 2100
_NOON = time(12, 0)


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
    faults: list[str] = []
    digest = hashlib.sha256(raw).hexdigest()
    policy = _read(Table(content, "", faults), text, digest, faults)
    if policy is None:
        raise PolicyFaulty(faults)
    return policy


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


def _read(root: Table, text: str, digest: str, faults: list[str]) -> Policy | None:
    about = root.table("policy")
    version = about.text("version", longest=40)
    authority = about.text("authority", longest=120)
    applies_from = about.day("applies_from", otherwise=date.max)
    about.done()

    calendar_table = root.table("calendar")
    before = calendar_table.fault_count
    alarm_days = calendar_table.whole("holidays_alarm_days", least=1, most=366)
    alarm_known = calendar_table.fault_count == before
    calendar = _calendar(calendar_table, applies_from)

    escalation_table = root.table("escalation")
    before = escalation_table.fault_count
    escalation = read_chain(escalation_table, "steps")
    chain_known = escalation_table.fault_count == before
    escalation_table.done()

    timescales = _timescales(root.tables("timescale", least=1), escalation, applies_from, faults)
    if chain_known:
        check_common_chain(escalation_table, escalation, timescales)
    if alarm_known:
        _check_horizon(timescales, alarm_days, faults)

    sweep = sweep_of(root.table("sweep"))
    rationale = rationale_of(root.table("rationale"))
    re_referral = root.table("re_referral")
    re_referral_months = re_referral.whole("within_months", least=1, most=120)
    re_referral.done()
    prompts = prompts_of(root.table("decision_prompts"))
    family_help = root.table("family_help")
    one_service = family_help.yes_or_no("one_service")
    family_help.done()
    transfer_rules = transfers_of(root.table("transfers"))
    challenge_rules = challenges_of(root.table("challenges"))
    strategy_rules = strategy_meetings_of(root.table("strategy_meetings"))
    assessment_rules = assessments_of(root.table("assessments"))
    daily_meeting_rules = daily_meetings_of(root.table("daily_meetings"))
    repeat_concern_rules = repeat_concern_of(root.table("repeat_concern"))
    partner_rules = partners_of(root.table("partners"))
    receipt = receipt_of(root.table("receipt"))
    organisations = organisations_of(root.tables("organisation"), faults)
    teams = teams_of(root.tables("team", least=1), faults)
    removed = root.tables("removed_team") if root.has("removed_team") else ()
    removed_teams = removed_teams_of(removed, teams, faults)
    root.named("The file")
    root.done()

    if faults or calendar is None:
        return None
    return Policy(
        version=version,
        digest=digest,
        text=text,
        authority=authority,
        applies_from=applies_from,
        calendar=calendar,
        holidays_alarm_days=alarm_days,
        timescales=timescales,
        escalation=escalation,
        sweep=sweep,
        rationale=rationale,
        re_referral_within_months=re_referral_months,
        decision_prompts=prompts,
        one_family_help_service=one_service,
        transfers=transfer_rules,
        challenges=challenge_rules,
        strategy_meetings=strategy_rules,
        assessments=assessment_rules,
        daily_meetings=daily_meeting_rules,
        repeat_concern=repeat_concern_rules,
        partners=partner_rules,
        receipt=receipt,
        organisations=organisations,
        teams=teams,
        removed_teams=removed_teams,
        codes=england(),
    )


def _calendar(table: Table, applies_from: date) -> WorkingCalendar | None:
    before = table.fault_count
    first_year = table.whole("first_year", least=_EARLIEST_YEAR, most=_LATEST_YEAR)
    last_year = table.whole("last_year", least=_EARLIEST_YEAR, most=_LATEST_YEAR)
    day_ends = table.time_of_day("working_day_ends", earliest=_NOON)
    years_known = table.fault_count == before
    known = range(first_year if years_known else 0, (last_year if years_known else 9999) + 1)
    closures = _dated(table, "closure_days", known)
    extra = _dated(table, "extra_bank_holidays", known)
    withdrawn = _dated(table, "withdrawn_bank_holidays", known)
    table.done()
    if not years_known:
        return None
    if applies_from.year < first_year:
        table.fault(f"is after {applies_from.isoformat()}, where the policy begins.", "first_year")
    try:
        return WorkingCalendar(
            first_year=first_year,
            last_year=last_year,
            closure_days=closures,
            extra_holidays=extra,
            withdrawn_holidays=frozenset(withdrawn),
            day_ends=day_ends,
        )
    except CalendarFaulty as error:
        table.fault(str(error))
        return None


def _dated(table: Table, key: str, known: range) -> dict[date, str]:
    days: dict[date, str] = {}
    for item in table.tables(key):
        before = item.fault_count
        day, reason = item.day("date"), item.text("reason", longest=120)
        item.done()
        if item.fault_count > before:
            continue
        if day in days:
            item.fault(f"{day.isoformat()} stands there twice; keep one.", "date")
        elif day.year not in known:
            item.fault(f"{day.isoformat()} is outside first_year to last_year.", "date")
        else:
            days[day] = reason
    return days


def _timescales(
    tables: Sequence[Table],
    default_escalation: tuple[EscalationStep, ...],
    policy_applies_from: date,
    faults: list[str],
) -> tuple[Timescale, ...]:
    timescales: list[Timescale] = []
    places: dict[tuple[str, str | None, date], str] = {}
    for table in tables:
        timescale = _timescale(table, default_escalation, policy_applies_from)
        timescales.append(timescale)
        key = (timescale.kind, timescale.rating, timescale.applies_from)
        if key in places and timescale.kind:
            table.fault(
                f"is the same kind, rating and applies_from as {places[key]}; "
                "remove one, or give it another applies_from."
            )
        places.setdefault(key, table.where)
    faults.extend(_missing_rules(timescales, policy_applies_from))
    return tuple(timescales)


def _timescale(
    table: Table, default_escalation: tuple[EscalationStep, ...], policy_applies_from: date
) -> Timescale:
    kind = table.peek("kind")
    if kind:
        rated = table.peek("rating")
        table.named(f"{table.where} ({kind}{', ' + rated if rated else ''})")
    before = table.fault_count
    limit = table.limit("limit")
    if table.has("at_least"):
        limit = _at_least(table, limit)
    warn_before = table.time_span("warn_before") if table.has("warn_before") else None
    if warn_before is not None and table.fault_count == before:
        _check_warning(table, limit, warn_before)
    before = table.fault_count
    owner = read_hearer(table, "owner")
    own_chain = table.has("escalation")
    escalation = read_chain(table, "escalation") if own_chain else ()
    hearers_known = table.fault_count == before
    events = _clock_events(table, kind)
    if hearers_known:
        check_hearers(table, kind, events, owner, escalation)
    timescale = Timescale(
        kind=table.identifier("kind"),
        title=table.text("title", longest=120),
        limit=limit,
        warn_before=warn_before,
        starts=table.text("starts", longest=120),
        stops=table.text("stops", longest=120),
        source=table.text("source", longest=300),
        local=table.yes_or_no("local"),
        owner=owner,
        escalation=escalation if own_chain else upward(default_escalation, owner),
        has_own_escalation=own_chain,
        applies_from=table.day("applies_from")
        if table.has("applies_from")
        else policy_applies_from,
        rating=Rating(table.choice("rating", [rating.value for rating in Rating]))
        if table.has("rating")
        else None,
        events=events,
    )
    if events is not None and timescale.rating is not None:
        table.fault("goes with a clock that the service starts by itself; leave it out.", "rating")
    if events is not None and isinstance(limit, PregnancyLimit):
        table.fault("in weeks of pregnancy is for clocks that the service starts itself.", "limit")
    table.done()
    return timescale


def _clock_events(table: Table, kind: str) -> ClockEvents | None:
    """What starts and stops a clock of the authority's own; None for one of the service's."""
    named = table.has("started_by"), table.has("stopped_by")
    if kind in NEEDED_KINDS:
        if any(named):
            table.fault(
                "is started and stopped by the service: leave started_by and stopped_by out."
            )
        return None
    before = table.fault_count
    if kind and not any(named):
        table.fault(
            "would never run: the service knows no such kind. Name the events started_by and "
            "stopped_by, or put right the kind."
        )
        return None
    started = table.choice("started_by", CLOCK_EVENTS) if table.has("started_by") else None
    stopped = table.choices("stopped_by", CLOCK_EVENTS)
    if table.fault_count > before:
        return None
    if started in stopped:
        table.fault("names what starts the clock; name what ends it.", "stopped_by")
    return ClockEvents(
        None if started is None else EventType(started), tuple(EventType(one) for one in stopped)
    )


def _at_least(table: Table, limit: Limit) -> Limit:
    """The working days that a limit in weeks of pregnancy leaves in any case."""
    least = table.time_span("at_least")
    if isinstance(limit, PregnancyLimit) and isinstance(least, WorkingDaysLimit):
        return replace(limit, at_least=least)
    table.fault(
        'goes with a limit in weeks of pregnancy, and is in working days: "5 working days".',
        "at_least",
    )
    return limit


def _check_warning(table: Table, limit: Limit, warn_before: Limit) -> None:
    if isinstance(warn_before, ElapsedLimit):
        # As long as the limit means: as soon as the clock starts.
        if isinstance(limit, ElapsedLimit):
            too_long = warn_before.duration > limit.duration
        elif isinstance(limit, WorkingDaysLimit):
            too_long = warn_before.duration >= timedelta(days=limit.working_days)
        else:
            longest = LONGEST_PREGNANCY if isinstance(limit, PregnancyLimit) else timedelta(days=1)
            too_long = warn_before.duration > longest
    elif isinstance(warn_before, WorkingDaysLimit) and isinstance(limit, WorkingDaysLimit):
        too_long = warn_before.working_days >= limit.working_days
    else:
        table.fault(
            'cannot count working days when the limit does not; write "hours".',
            "warn_before",
        )
        return
    if too_long:
        table.fault(
            f"({warn_before.words}) is not within the limit ({limit.words}).", "warn_before"
        )


def _missing_rules(timescales: Iterable[Timescale], policy_applies_from: date) -> list[str]:
    faults: list[str] = []
    first: dict[str, dict[Rating | None, date]] = defaultdict(dict)
    for timescale in timescales:
        begins = first[timescale.kind]
        earlier = begins.get(timescale.rating, date.max)
        begins[timescale.rating] = min(earlier, timescale.applies_from)
    for kind, rated in NEEDED_KINDS.items():
        if kind not in first:
            faults.append(f"[[timescale]]: {kind} is missing; the service cannot run without it.")
        elif rated != (None not in first[kind]):
            must = "one entry for each rating" if rated else "no rating"
            faults.append(f"[[timescale]] {kind}: must have {must}.")
    for kind, begins in first.items():
        if not kind:
            continue
        missing = [rating.value for rating in Rating if rating not in begins]
        if None in begins and len(begins) > 1:
            faults.append(
                f"[[timescale]] {kind}: has entries with and without a rating; decide for one."
            )
        elif None not in begins and missing:
            faults.append(f"[[timescale]] {kind}: has no entry for {' and '.join(missing)}.")
        for rating, begins_on in begins.items():
            if begins_on > policy_applies_from:
                named = kind if rating is None else f"{kind} {rating.value}"
                faults.append(
                    f"[[timescale]] {named}: its first rule applies from {begins_on.isoformat()}, "
                    f"but the policy begins on {policy_applies_from.isoformat()}; "
                    "add the rule in force until then."
                )
    return faults


def _check_horizon(timescales: Iterable[Timescale], alarm_days: int, faults: list[str]) -> None:
    most = max(
        (
            timescale.limit.working_days
            for timescale in timescales
            if isinstance(timescale.limit, WorkingDaysLimit)
        ),
        default=0,
    )
    # Weekends, and two weeks for holidays: the alarm has to come before a deadline fails.
    needed = min(366, most * 7 // 5 + 14)
    if alarm_days < needed:
        faults.append(
            f"[calendar] holidays_alarm_days: must be at least {needed}, since the longest limit "
            f"is {counted(most, 'working day')} and has to be countable until somebody acts on "
            "the alarm."
        )
