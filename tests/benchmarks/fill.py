"""A front door with years behind it: many contacts decided, five hundred open, made in SQL.

One contact in ten has a child with a transfer behind it: a step-up and a step-down in turn, the
newest three hundred of them open, on an open case that answers for the child. One in twenty has a
child who may be at risk, with a strategy meeting. Four in ten are police notifications, for a daily
meeting; those of the newest day are about children of whom there are five contacts before.

Every id follows from the number of its contact, so that the load and the floor can name any of
them without asking.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import asyncpg
from sqlalchemy.engine import make_url

from service.policy import load_policy
from tests.benchmarks.dialects import (
    ACCOUNT,
    MANAGER,
    NEWEST_AT,
    ONE_IN,
    OPEN,
    OPEN_TRANSFERS,
    POSTGRESQL,
    SQLITE,
    STEP_MS,
    Dialect,
    Kind,
    cycle,
    ms,
    quoted,
)
from tests.benchmarks.fill_protection import (
    AT_RISK,
    NOTIFIED,
    POLICE,
    children_at_risk,
    daily_meetings,
    notifications,
    whom,
)

# So many homes that the contacts come from.
HOMES = 50_000
CLOCKS = ("contact_to_referral", "statutory_decision", "acknowledge_referrer")
_CHUNK = 50_000

CONCERN = (
    "The school rang: the child came in with a bruise on the left cheek and would not say how it "
    "happened. The class teacher has noticed that the child is often hungry and tired, wears the "
    "same clothes for days, and flinches when adults raise their voice. Mother was spoken to at "
    "the gate; she said that there was an accident at home and left before more could be asked. "
    "A younger brother is at home. Attendance this term is at seventy per cent. The school would "
    "like advice on what to say to the family before the end of the day."
)
RATIONALE = (
    "The injury is explained in a way that fits what was seen, the health visitor has no concern, "
    "and the school will keep watching attendance. The mother agrees to support with routines and "
    "the bills. The threshold for statutory work is not met at present; targeted help is, and the "
    "plan says who visits, how often, and what would make us look again."
)


def first_ms(contacts: int) -> int:
    """When the contact before the first was received, in milliseconds since 1970."""
    return int(NEWEST_AT.timestamp() * 1000) - contacts * STEP_MS


def contact_id(contacts: int, n: int) -> UUID:
    """The id of the nth of so many contacts, counted from 1."""
    return UUID(f"{first_ms(contacts) + n * STEP_MS:012x}7{Kind.contact:03x}8000{n * 16:012x}")


EVIDENCE = (
    "Three visits in a row found the children alone after dark; school sees them hungry and tired, "
    "the mother cancels every appointment, and the plan of early help has not held since spring."
)
EXPLANATION = (
    "What is described is what the plan was made for and has not been tried with: no tool was used "
    "to score it, and the children have not been asked."
)

_GIVEN = ("Amara", "Ben", "Chloe", "Dev", "Ella", "Finn", "Grace", "Hassan", "Isla", "Jack", "Mia")
_FAMILY = ("Okafor", "Smith", "Patel", "Jones", "Khan", "Nowak", "Brown", "Ali", "Evans", "Wood")
_TOWNS = ("Riverbourne", "Weirton", "Millbridge", "Ashford Lane", "Stonebeck")
_SOURCES = ("1A", "2A", "3A", "4", "5A", "6")
_OUTCOMES = ("no_further_action", "information_and_advice", "early_help", "referral")
# Of the contacts with two children, of whom one went to early help and one to social care.
_STEP_UP = f"(n % {2 * ONE_IN} = 1)"
_STEP_DOWN = f"(n % {2 * ONE_IN} = {ONE_IN + 1})"
# So many hours after the contact was received.
_STEP_HOURS = {"requested": 60, "opened": 62, "refused": 70, "agreed": 80}
_STEP_CLOCKS = (
    ("opened", "requested", "opened", "opened"),
    ("answered", "requested", "agreed", "refused"),
    ("refusal_agreed", "refused", "agreed", "agreed"),
)
_PLAN = json.dumps(
    [
        {
            "outcome": "The children are fed and rested for school",
            "action": "Weekly visits on routines",
            "who": "Family worker",
            "by_on": "2026-12-01",
        }
    ]
)
# Of the contacts about one child that nobody notified: first on every desk.
_DANGER = f"(n % {4 * ONE_IN} = 8)"
_CHILDREN = "CROSS JOIN (SELECT 0 AS j UNION ALL SELECT 1) AS k"


def _clock_explanations() -> dict[str, str]:
    policy = load_policy(None)
    return {
        kind: json.dumps(policy.due_times(kind, NEWEST_AT).explanation.as_json()) for kind in CLOCKS
    }


def _rows(sql: Dialect, contacts: int, low: int, high: int) -> list[str]:
    """The statements that make the contacts from `low` to `high` with all that hangs on them."""
    numbers = sql.series(low, high)
    done = f"n <= {contacts - OPEN}"
    at = ms("n")
    hour = 3_600_000
    account, manager = (sql.uuid(f"'{one.hex}'") for one in (ACCOUNT, MANAGER))
    by_child = "n * 2 + j"
    outcome = cycle(_OUTCOMES, by_child)
    given, family = cycle(_GIVEN, by_child), cycle(_FAMILY, "n / 7")
    birth = f"{at} - (400 + ({by_child}) % 5000) * 86400000"
    surname = f"{family} || (n % 5000)"
    words = f"lower({given})", f"lower({surname})"
    day_of_birth = f"CAST({sql.day(birth)} AS TEXT)"
    pair = f"CASE WHEN {words[0]} < {words[1]} THEN {{}} ELSE {{}} END".format(
        " || ' ' || ".join(words), " || ' ' || ".join(reversed(words))
    )
    person = sql.id(Kind.person, n=whom(contacts), place="j")
    contact = sql.id(Kind.contact)
    policy = load_policy(None)
    basis = f"(CASE WHEN {AT_RISK} THEN 'section_47' ELSE 'section_17' END)"
    # The newest of those that a transfer or a meeting waits for are open still.
    kept = f"(({_STEP_DOWN} OR {AT_RISK}) AND n > {open_transfer_from(contacts)})"
    made = [
        f"""INSERT INTO contact (id, reference, state, channel, source_code, concern,
        immediate_danger, danger, received_at, logged_at, logged_by, referrer_name, referrer_role,
        referrer_agency, referrer_telephone, agreement, lawful_basis, address, town, postcode,
        address_key, sender_organisation_id,
        rating, first_rated_at, rated_at, rated_by, team_id, acknowledged_at, acknowledged_by,
        acknowledgement, decided_at, version)
        SELECT {sql.id(Kind.contact)}, 'C-' || {sql.hex12("(n * 7919) % 281474976710597")},
        CASE WHEN {done} THEN 'decided' WHEN n % 2 = 0 THEN 'in_triage' ELSE 'received' END,
        CASE WHEN {NOTIFIED} THEN 'partner_system'
        ELSE {cycle(("telephone", "email", "portal"), "n")} END,
        CASE WHEN {NOTIFIED} THEN '6' ELSE {cycle(_SOURCES, "n")} END,
        {quoted(CONCERN)}, {_DANGER}, CASE WHEN {_DANGER} THEN 'immediate_danger' END,
        {sql.instant(at)}, {sql.instant(f"{at} + 600000")}, {account},
        'Priya Shah', 'Designated safeguarding lead', 'Mill Lane Primary', '01632 960111', 'given',
        'public_task', (n % {HOMES}) || ' Weir Street', {cycle(_TOWNS, "n")}, 'ZZ99 3CZ',
        'zz993cz ' || (n % {HOMES}) || ' weir street',
        CASE WHEN {NOTIFIED} THEN '{POLICE}' END,
        CASE WHEN {_DANGER} THEN 'red'
        WHEN n % 2 = 0 OR {done} THEN {cycle(("amber", "green", "red"), "n")} END,
        CASE WHEN n % 2 = 0 OR {done} THEN {sql.instant(f"{at} + {hour}")} END,
        CASE WHEN n % 2 = 0 OR {done} THEN {sql.instant(f"{at} + {hour}")} END,
        CASE WHEN n % 2 = 0 OR {done} THEN {account} END, 'mash',
        CASE WHEN {done} THEN {sql.instant(f"{at} + 2 * {hour}")} END,
        CASE WHEN {done} THEN {account} END,
        CASE WHEN {done} THEN 'Rang the school and said what happens next.' END,
        CASE WHEN {done} THEN {sql.instant(f"{at} + 20 * {hour}")} END, 4
        FROM {numbers}""",
        f"""INSERT INTO person (id, given_name, family_name, date_of_birth, birth_knowledge, sex,
        created_at, identity_key, name_key, given_key, family_key)
        SELECT {person}, {given}, {surname}, {sql.day(birth)}, 'known',
        {cycle(("F", "M"), by_child)}, {sql.instant(at)},
        {words[1]} || ', ' || {words[0]} || ', ' || {day_of_birth},
        {pair} || ' ' || substr({day_of_birth}, 1, 4), {words[0]}, {words[1]}
        FROM {numbers} {_CHILDREN} WHERE j <= n % 2 AND {whom(contacts)} = n""",
        f"""INSERT INTO contact_child (id, contact_id, person_id, position, state, given_name,
        family_name, date_of_birth, birth_knowledge, sex, ethnicity_code, disability_codes,
        first_language, school, decided_at)
        SELECT {sql.id(Kind.child, place="j")}, {contact}, {person}, j,
        CASE WHEN {done} THEN 'decided' ELSE 'undecided' END, {given},
        {surname}, {sql.day(birth)}, 'known', {cycle(("F", "M"), by_child)},
        'WBRI', {sql.document("'[]'")}, 'English', 'Mill Lane Primary',
        CASE WHEN {done} THEN {sql.instant(f"{at} + 20 * {hour}")} END
        FROM {numbers} {_CHILDREN} WHERE j <= n % 2""",
        f"""INSERT INTO contact_adult (id, contact_id, position, relationship, name_known,
        given_name, family_name, parental_responsibility, in_household, telephone)
        SELECT {sql.id(Kind.adult)}, {sql.id(Kind.contact)}, 0, 'mother', TRUE, 'Sam',
        {surname}, 'yes', 'yes', '01632 960123' FROM {numbers}""",
    ]
    limits = {"contact_to_referral": 24, "statutory_decision": 35, "acknowledge_referrer": 35}
    for place, (kind, explanation) in enumerate(_clock_explanations().items()):
        timescale = policy.timescale(kind, at=NEWEST_AT)
        warns = timescale.warn_before is not None
        due = f"{at} + {limits[kind]} * {hour}"
        made.append(
            f"""INSERT INTO deadline (id, kind, subject_kind, subject_id, contact_id, owner_role,
            started_at, due_at, warn_at, stopped_at, stopped_because, policy_version, explanation)
            SELECT {sql.id(Kind.deadline, place=str(place))}, '{kind}', 'contact', {contact},
            {contact}, '{timescale.owner}', {sql.instant(at)}, {sql.instant(due)},
            {sql.instant(f"{due} - 4 * {hour}") if warns else "NULL"},
            CASE WHEN {done} THEN {sql.instant(f"{at} + 20 * {hour}")} END,
            CASE WHEN {done} THEN 'decided' END, '{policy.stamp}',
            {sql.document(quoted(explanation))} FROM {numbers}"""
        )
    event = "id, type, at, account_id, request_id, subject_id, contact_id, person_id, data"
    child = sql.id(Kind.child, place="j")
    ids = f"""'{{"channel": "telephone", "source_code": "2A", "children": ["' ||
        {sql.hex12(at)} || '"], "people": ["' || {sql.hex12(at)} || '"]}}'"""
    made.append(
        f"""INSERT INTO event ({event}) SELECT {sql.id(Kind.event)}, 'contact.received',
        {sql.instant(f"{at} + 600000")}, {account}, {sql.hex12(at)}, {contact},
        {contact}, NULL, {sql.document(ids)} FROM {numbers}"""
    )
    decided = f"{_CHILDREN} WHERE j <= n % 2 AND {done}"
    decision = sql.id(Kind.decision, place="j")
    level = "(CASE " + outcome + " WHEN 'referral' THEN 4 WHEN 'early_help' THEN 3 ELSE 2 END)"
    made.append(
        f"""INSERT INTO decision (id, contact_id, child_id, person_id, state, level_of_need,
        outcome, statutory_basis, rationale, agencies, prompts, receiving_team_id, advice_given,
        drafted_at, drafted_by, answered_at, answered_by, answer_words, version)
        SELECT {decision}, {contact}, {child}, {person}, 'signed', {level}, {outcome},
        CASE {outcome} WHEN 'referral' THEN {basis} END,
        {quoted(RATIONALE)}, {sql.document("'[]'")}, {sql.document("'[]'")},
        CASE WHEN {outcome} IN ('referral', 'early_help') THEN 'assessment-north' END, NULL,
        {sql.instant(f"{at} + 18 * {hour}")}, {account}, {sql.instant(f"{at} + 20 * {hour}")},
        {manager}, 'I agree: the reasons are there and the family was heard.', 2
        FROM {numbers} {decided}"""
    )
    for place, (what, when) in enumerate((("drafted", 18), ("signed", 20)), start=1):
        made.append(
            f"""INSERT INTO event ({event}) SELECT {sql.id(Kind.event, place=f"{place} * 2 + j")},
            'decision.{what}', {sql.instant(f"{at} + {when} * {hour}")}, {account},
            {sql.hex12(at)}, {decision}, {contact}, {person},
            {sql.document("'" + '{"level_of_need": 2, "outcome": "referral"}' + "'")}
            FROM {numbers} {decided}"""
        )
    made.append(
        f"""INSERT INTO referral (id, reference, contact_id, child_id, person_id, decision_id,
        statutory_basis, source_code, state, accepted_at, team_id, worker_id, allocated_at,
        re_referral, closed_at, closure_code, version)
        SELECT {sql.id(Kind.referral, place="j")},
        'R-' || {sql.hex12("((n * 2 + j) * 7919) % 281474976710597")},
        {contact}, {child}, {person}, {decision}, {basis}, '2A',
        CASE WHEN {kept} THEN 'allocated' ELSE 'closed' END,
        {sql.instant(f"{at} + 20 * {hour}")}, 'assessment-north', {account},
        {sql.instant(f"{at} + 40 * {hour}")}, FALSE,
        CASE WHEN NOT {kept} THEN {sql.instant(f"{at} + 500 * {hour}")} END,
        CASE WHEN NOT {kept} THEN 'RC8' END, 3
        FROM {numbers} {decided} AND {outcome} = 'referral'"""
    )
    still = f"n > {open_transfer_from(contacts)}"
    return [
        *made,
        *_transfers(sql, contacts, numbers),
        *children_at_risk(sql, numbers, f"{AT_RISK} AND {done}", still),
        *notifications(sql, numbers, contacts),
    ]


def open_transfer_from(contacts: int) -> int:
    """The contacts after this one, of those that are decided, have their transfers open."""
    return contacts - OPEN - OPEN_TRANSFERS * ONE_IN


def _transfers(sql: Dialect, contacts: int, numbers: str) -> list[str]:
    """The statements that make the transfers, with their cases, moves and clocks.

    Those that ended were refused, and the refusal agreed. Of the open ones a third each waits to
    be opened, to be answered, and for the refusal to be agreed.
    """
    at, hour, account = ms("n"), 3_600_000, sql.uuid(f"'{ACCOUNT.hex}'")
    up, down = _STEP_UP, _STEP_DOWN
    still = f"n > {open_transfer_from(contacts)}"
    place = f"(CASE WHEN {up} THEN 0 ELSE 1 END)"
    child, person = sql.id(Kind.child, place=place), sql.id(Kind.person, place=place)
    decision, contact = sql.id(Kind.decision, place=place), sql.id(Kind.contact)
    episode, referral = sql.id(Kind.episode), sql.id(Kind.referral, place="1")
    transfer = sql.id(Kind.transfer)
    where = f"FROM {numbers} WHERE ({up} OR {down}) AND n <= {contacts - OPEN}"
    # How far an open one has come: requested, opened, refused; one that ended came to the end.
    far = f"(CASE WHEN {still} THEN (n / {ONE_IN}) % 3 ELSE 3 END)"
    begun = {name: f"{at} + {hours} * {hour}" for name, hours in _STEP_HOURS.items()}
    asked, opened, refused, agreed = (sql.instant(begun[name]) for name in _STEP_HOURS)
    direction = f"(CASE WHEN {up} THEN 'step_up' ELSE 'step_down' END)"
    code = f"(CASE WHEN {up} THEN 'below_threshold' ELSE 'above_threshold' END)"
    made = [
        f"""INSERT INTO early_help_episode (id, reference, contact_id, child_id, person_id,
        decision_id, level_of_need, source_code, state, accepted_at, team_id, worker_id,
        allocated_at, closed_at, closure_code, version)
        SELECT {episode}, 'E-' || {sql.hex12("(n * 7919) % 281474976710597")}, {contact}, {child},
        {person}, {decision}, 3, '2A',
        CASE WHEN {still} THEN 'allocated' ELSE 'closed' END,
        {sql.instant(f"{at} + 20 * {hour}")}, 'family-centres', {account},
        {sql.instant(f"{at} + 22 * {hour}")},
        CASE WHEN NOT {still} THEN {sql.instant(f"{at} + 500 * {hour}")} END,
        CASE WHEN NOT {still} THEN 'outcomes_met' END, 3 {where} AND {up}""",
        f"""INSERT INTO accountability (person_id, referral_id, early_help_episode_id, since)
        SELECT {person}, CASE WHEN {down} THEN {referral} END, CASE WHEN {up} THEN {episode} END,
        {sql.instant(f"{at} + 20 * {hour}")} {where} AND {still}""",
        f"""INSERT INTO transfer (id, reference, direction, asked_by, contact_id, child_id,
        person_id, referral_id, early_help_episode_id, state, reason_code, evidence,
        sender_team_id, receiver_team_id, receiver_worker_id, plan, family_agreement, requested_at,
        requested_by, opened_at, answered_at, answered_by, refusal_code, refusal_agreed_at,
        ended_at, version)
        SELECT {transfer}, 'T-' || {sql.hex12("(n * 7919) % 281474976710597")}, {direction},
        'sender', {contact}, {child}, {person}, CASE WHEN {down} THEN {referral} END,
        CASE WHEN {up} THEN {episode} END,
        CASE {far} WHEN 0 THEN 'requested' WHEN 1 THEN 'opened' WHEN 2 THEN 'refusal_pending'
        ELSE 'refused' END,
        CASE WHEN {up} THEN 'risk_increased' ELSE 'need_reduced' END, {quoted(EVIDENCE)},
        CASE WHEN {up} THEN 'family-centres' ELSE 'assessment-north' END,
        CASE WHEN {up} THEN 'mash' ELSE 'early-help-spoc' END,
        CASE WHEN {down} THEN {account} END,
        {sql.document(f"CASE WHEN {down} THEN {quoted(_PLAN)} ELSE '[]' END")},
        CASE WHEN {down} THEN 'asked' ELSE 'not_yet_asked' END, {asked}, {account},
        CASE WHEN {far} >= 1 THEN {opened} END, CASE WHEN {far} >= 2 THEN {refused} END,
        CASE WHEN {far} >= 2 THEN {account} END, CASE WHEN {far} >= 2 THEN {code} END,
        CASE WHEN {far} = 3 THEN {agreed} END, CASE WHEN {far} = 3 THEN {agreed} END,
        {far} + 1 {where}""",
    ]
    moves = (
        ("request", "requested", asked, "NULL", EVIDENCE),
        ("open", "opened", opened, "NULL", None),
        ("refuse", "refusal_pending", refused, code, EXPLANATION),
        ("agree_to_refusal", "refused", agreed, "NULL", EXPLANATION),
    )
    for number, (action, state, when, coded, words) in enumerate(moves):
        step = sql.id(Kind.transfer_step, place=str(number))
        said = "NULL" if words is None else quoted(words)
        made.append(
            f"""INSERT INTO transfer_step (id, transfer_id, action, state, at, by, code, words)
            SELECT {step}, {transfer}, '{action}', '{state}', {when}, {account}, {coded}, {said}
            {where} AND {far} >= {number}"""
        )
    return made + _clocks_of_transfers(sql, where, far, begun)


def _clocks_of_transfers(sql: Dialect, where: str, far: str, begun: Mapping[str, str]) -> list[str]:
    """The clocks of the transfers: of the opening, the answer and the agreement to a refusal."""
    policy = load_policy(None)
    hour = 3_600_000
    made: list[str] = []
    for direction, chosen in (("step_up", _STEP_UP), ("step_down", _STEP_DOWN)):
        for number, (kind, starts, stops, because) in enumerate(_STEP_CLOCKS, start=4):
            timescale = policy.timescale(f"{direction}_{kind}", at=NEWEST_AT)
            explanation = json.dumps(
                policy.due_times(f"{direction}_{kind}", NEWEST_AT).explanation.as_json()
            )
            started = list(_STEP_HOURS).index(starts)
            stopped = list(_STEP_HOURS).index(stops)
            due = f"{begun[starts]} + 35 * {hour}"
            made.append(
                f"""INSERT INTO deadline (id, kind, subject_kind, subject_id, contact_id,
                owner_role, started_at, due_at, warn_at, stopped_at, stopped_because,
                policy_version, explanation)
                SELECT {sql.id(Kind.deadline, place=str(number))}, '{direction}_{kind}', 'transfer',
                {sql.id(Kind.transfer)}, {sql.id(Kind.contact)}, '{timescale.owner}',
                {sql.instant(begun[starts])}, {sql.instant(due)},
                {sql.instant(f"{due} - 4 * {hour}")},
                CASE WHEN {far} >= {stopped} THEN {sql.instant(begun[stops])} END,
                CASE WHEN {far} >= {stopped} THEN '{because}' END, '{policy.stamp}',
                {sql.document(quoted(explanation))} {where} AND {chosen} AND {far} >= {started}"""
            )
    return made


def told() -> str:
    """What would be filled, to tell whether a filled database is still the same."""
    return "\n".join(_rows(SQLITE, OPEN, 1, OPEN))


class _Filling(Protocol):
    """A database being filled: what has to be done alike on both."""

    dialect: Dialect

    async def run(self, statement: str) -> None:
        """Runs one statement."""

    async def bare(self) -> Sequence[str]:
        """Takes away what slows the filling down; the statements that put it back."""

    async def close(self) -> None:
        """Hangs up."""


class _OnSqlite:
    def __init__(self, path: Path) -> None:
        self.dialect = SQLITE
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = off", "synchronous = off", "cache_size = -1000000"):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()

    async def run(self, statement: str) -> None:
        self._connection.execute(statement)

    async def bare(self) -> Sequence[str]:
        found = self._connection.execute(
            "SELECT type, name, sql FROM sqlite_master "
            "WHERE sql IS NOT NULL AND type IN ('index', 'trigger')"
        ).fetchall()
        for kind, name, _ in found:
            self._connection.execute(f"DROP {kind} {name}")
        return [sql for _, _, sql in found]

    async def close(self) -> None:
        self._connection.execute("ANALYZE")
        self._connection.execute("PRAGMA journal_mode = wal").fetchall()
        self._connection.close()


class _OnPostgresql:
    def __init__(self, connection: Any) -> None:
        self.dialect = POSTGRESQL
        self._connection = connection

    async def run(self, statement: str) -> None:
        await self._connection.execute(statement, timeout=3600)

    async def bare(self) -> Sequence[str]:
        for setting in (
            "session_replication_role = replica",
            "synchronous_commit = off",
            "maintenance_work_mem = '1GB'",
        ):
            await self._connection.execute(f"SET {setting}")
        found = await self._connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
            # Neither those of a constraint nor those that a foreign key points at.
            "AND indexname NOT IN (SELECT relname FROM pg_constraint "
            "JOIN pg_class ON pg_class.oid = conindid)"
        )
        for row in found:
            await self._connection.execute(f'DROP INDEX "{row["indexname"]}"')
        return [row["indexdef"] for row in found]

    async def close(self) -> None:
        await self._connection.execute("VACUUM (ANALYZE)", timeout=3600)
        await self._connection.execute("CHECKPOINT", timeout=3600)
        await self._connection.close()


async def _fill(filling: _Filling, contacts: int, tell: Callable[[str], None]) -> None:
    sql = filling.dialect
    back = await filling.bare()
    base = str(first_ms(contacts))
    at = sql.instant(str(first_ms(contacts)))
    await filling.run(
        "INSERT INTO account (id, issuer, subject, name, first_seen_at) VALUES "
        f"({sql.uuid(repr(ACCOUNT.hex))}, 'https://years-gone-by.invalid/', 'worker', "
        f"'A worker of years gone by', {at}), "
        f"({sql.uuid(repr(MANAGER.hex))}, 'https://years-gone-by.invalid/', 'manager', "
        f"'A manager of years gone by', {at})"
    )
    await filling.run(daily_meetings(sql, contacts).replace(":base", base))
    for low in range(1, contacts + 1, _CHUNK):
        high = min(low + _CHUNK - 1, contacts)
        for statement in _rows(sql, contacts, low, high):
            await filling.run(statement.replace(":base", base))
        tell(f"{high:,} of {contacts:,} contacts")
    tell("the indexes")
    for statement in back:
        await filling.run(statement)
    await filling.close()


def plain_url(url: str) -> str:
    """The URL as the bare driver takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def fill(url: str, contacts: int, tell: Callable[[str], None]) -> None:
    """Fills a migrated, empty database with so many contacts, the newest 500 of them open.

    One in ten of the others has a transfer behind it, of which the newest 300 are open; one in
    twenty a strategy meeting.
    """
    if contacts < OPEN:
        raise ValueError(f"At least {OPEN} contacts: so many are open.")

    async def run() -> None:
        if make_url(url).get_backend_name() == "sqlite":
            filling: _Filling = _OnSqlite(Path(make_url(url).database or ""))
        else:
            filling = _OnPostgresql(await asyncpg.connect(plain_url(url)))
        await _fill(filling, contacts, tell)

    asyncio.run(run())


def tidy(url: str) -> None:
    """Takes away what a round of measuring wrote, so that the next one finds what this one did."""
    asyncio.run(_tidy(url))


# Children before parents; each with the column by which its newer rows are known.
WRITTEN = (
    ("deadline", "contact_id"),
    ("daily_meeting_item", "contact_id"),
    ("police_notification", "contact_id"),
    ("police_notification_file", "import_id"),
    ("police_notification_import", "id"),
    ("daily_meeting", "id"),
    ("possible_match", "contact_id"),
    ("contact_adult", "contact_id"),
    ("decision", "contact_id"),
    ("contact_child", "contact_id"),
    ("event", "contact_id"),
    ("contact", "id"),
    ("person", "id"),
)


def _since(at: datetime) -> UUID:
    """The least id that was made at an instant or later."""
    return UUID(f"{int(at.timestamp() * 1000):012x}" + "0" * 20)


def newer_than_filled() -> UUID:
    """The least id of what was written since the filling."""
    return _since(NEWEST_AT + timedelta(days=3))


async def _tidy(url: str) -> None:
    newer = newer_than_filled()
    steps_open = OPEN + OPEN_TRANSFERS * ONE_IN
    still_open = _since(NEWEST_AT - timedelta(milliseconds=steps_open * STEP_MS))
    if make_url(url).get_backend_name() == "sqlite":
        with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as file:
            triggers = file.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall()
            file.execute("BEGIN IMMEDIATE")
            for name, _ in triggers:
                file.execute(f"DROP TRIGGER {name}")
            file.execute("DELETE FROM answer")
            file.execute("DELETE FROM flag")
            file.execute(
                "DELETE FROM event WHERE type LIKE 'flag.%' AND contact_id >= ?", (still_open.hex,)
            )
            for table, column in WRITTEN:
                file.execute(f"DELETE FROM {table} WHERE {column} >= ?", (newer.hex,))
            for _, sql in triggers:
                file.execute(sql)
            file.execute("COMMIT")
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return
    connection = await asyncpg.connect(plain_url(url))
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("TRUNCATE answer, flag")
    await connection.execute(
        "DELETE FROM event WHERE type LIKE 'flag.%' AND contact_id >= $1", still_open
    )
    for table, column in WRITTEN:
        await connection.execute(f"DELETE FROM {table} WHERE {column} >= $1", newer, timeout=600)
    for table in (*(name for name, _ in WRITTEN), "answer"):
        await connection.execute(f"VACUUM {table}", timeout=600)
    await connection.close()
