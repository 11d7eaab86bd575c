"""What the filling has of children who may be at risk: meetings, enquiries, notifications."""

import json
from datetime import date, timedelta

from service.policy import load_policy
from tests.benchmarks.dialects import (
    ACCOUNT,
    HOUR,
    NEWEST_AT,
    ONE_IN,
    OPEN,
    STEP_MS,
    Dialect,
    Kind,
    cycle,
    ms,
    quoted,
)

# Of the contacts with two children, of whom one went to social care: that child may be at risk.
AT_RISK = f"(n % {2 * ONE_IN} = 5)"
# Of the contacts about one child. With 500 open they make an agenda of two hundred children.
NOTIFIED = f"(n % {ONE_IN} IN (0, 2, 4, 6))"
POLICE = "riverbourne-police"
AGENDA_ON = (NEWEST_AT + timedelta(days=2)).date()
"""The day whose agenda has the children of every notification that is open."""
AGENDA_ITEMS = OPEN * 4 // 10
_EARLIER = 5
_WORDS = (
    "The police, the school and the health visitor said what they know: the bruise is not one of "
    "a fall, the mother is afraid of her partner, and the child will not go home with him."
)
_ACTIONS = json.dumps(
    [{"what": "See the child at school", "owner": "Duty worker", "due_at": "2026-12-01T16:00:00Z"}]
)
_AGENCIES = ("social_care", "police", "health", "school")
# So many hours after the contact was received.
_ACCEPTED, _HELD, _MINUTED, _SEEN, _FOUND, _CONFERENCE = 20, 22, 40, 30, 200, 300


def whom(contacts: int) -> str:
    """The number of the contact that first told of the child, whom this one is about as well.

    Of each child on an open notification there are so many contacts before, months apart.
    """
    apart = _apart(contacts)
    back, past = f"(({contacts} - n) / {apart})", f"(({contacts} - n) % {apart})"
    again = f"{NOTIFIED} AND {back} BETWEEN 1 AND {_EARLIER} AND {past} < {OPEN}"
    return f"(CASE WHEN {again} THEN n + {back} * {apart} ELSE n END)"


def _apart(contacts: int) -> int:
    return max(OPEN, contacts // (_EARLIER + 1) // ONE_IN * ONE_IN)


def children_at_risk(sql: Dialect, numbers: str, which: str, still: str) -> list[str]:
    """The statements that make the meetings with their enquiries, assessments and clocks.

    Of the open ones a quarter each waits for a meeting to be called, to be held, for its minutes
    and the child to be seen, and for the conference. The others came to the end.
    """
    at, account = ms("n"), sql.uuid(f"'{ACCOUNT.hex}'")
    far = f"(CASE WHEN {still} THEN (n / {2 * ONE_IN}) % 4 ELSE 4 END)"
    where = f"FROM {numbers} WHERE {which}"
    contact, referral = sql.id(Kind.contact), sql.id(Kind.referral, place="1")
    child, person = sql.id(Kind.child, place="1"), sql.id(Kind.person, place="1")
    meeting, enquiry, assessment = (
        sql.id(kind) for kind in (Kind.meeting, Kind.enquiry, Kind.assessment)
    )
    number = sql.hex12("(n * 7919) % 281474976710597")

    def when(hours: int, least: int) -> str:
        """An instant for those that have come so far."""
        return f"CASE WHEN {far} >= {least} THEN {sql.instant(f'{at} + {hours * HOUR}')} END"

    def told(value: str, least: int) -> str:
        return f"CASE WHEN {far} >= {least} THEN {value} END"

    held, accepted = (sql.instant(f"{at} + {hours * HOUR}") for hours in (_HELD, _ACCEPTED))
    made = [
        f"""INSERT INTO accountability (person_id, referral_id, early_help_episode_id, since)
        SELECT {person}, {referral}, NULL, {accepted} {where} AND {still}""",
        f"""INSERT INTO strategy_meeting (id, reference, contact_id, state, called_at, called_by,
        planned_for, held_at, quorate, actions, concluded_at, concluded_by, minutes,
        minutes_circulated_at, minutes_circulated_by, version)
        SELECT {meeting}, 'M-' || {number}, {contact},
        CASE {far} WHEN 1 THEN 'called' WHEN 2 THEN 'concluded' ELSE 'minuted' END, {accepted},
        {account}, {held}, {when(_HELD, 2)}, {told("TRUE", 2)}, {sql.document(quoted(_ACTIONS))},
        {when(_HELD + 1, 2)}, {told(account, 2)}, {told(quoted(_WORDS), 3)}, {when(_MINUTED, 3)},
        {told(account, 3)}, {far} {where} AND {far} >= 1""",
        f"""INSERT INTO assessment (id, reference, referral_id, contact_id, child_id, person_id,
        state, begun_at, begun_by, factors, tools, analysis, outcome, completed_at, completed_by,
        answered_at, answered_by, answer_words, ended_at, version)
        SELECT {assessment}, 'A-' || {number}, {referral}, {contact}, {child}, {person},
        CASE WHEN {far} = 4 THEN 'authorised' ELSE 'under_way' END, {held}, {account},
        {sql.document("'[]'")}, {sql.document("'[]'")}, {told(quoted(_WORDS), 4)},
        {told("'child_in_need_plan'", 4)}, {when(_CONFERENCE, 4)}, {told(account, 4)},
        {when(_CONFERENCE, 4)}, {told(account, 4)}, {told(quoted(_WORDS), 4)},
        {when(_CONFERENCE, 4)}, 1 {where} AND {far} >= 2""",
        f"""INSERT INTO section_47_enquiry (id, reference, meeting_id, referral_id, assessment_id,
        contact_id, child_id, person_id, kind, state, opened_at, began_at, seen_at, seen_by,
        seen_alone, outcome, outcome_words, outcome_at, outcome_by, conference_held_at,
        conference_outcome, category_of_abuse_code, conference_words, ended_at, version)
        SELECT {enquiry}, 'Q-' || {number}, {meeting}, {referral}, {assessment}, {contact}, {child},
        {person}, 'joint',
        CASE {far} WHEN 2 THEN 'under_way' WHEN 3 THEN 'awaiting_conference' ELSE 'ended' END,
        {held}, {held}, {when(_SEEN, 3)}, {told("'A worker'", 3)}, {told("TRUE", 3)},
        {told("'continuing_risk'", 3)}, {told(quoted(_WORDS), 3)}, {when(_FOUND, 3)},
        {told(account, 3)}, {when(_CONFERENCE, 4)}, {told("'child_protection_plan'", 4)},
        {told("'PHY'", 4)}, {told(quoted(_WORDS), 4)}, {when(_CONFERENCE, 4)}, {far}
        {where} AND {far} >= 2""",
        f"""INSERT INTO strategy_meeting_child (id, meeting_id, position, referral_id, contact_id,
        child_id, person_id, in_hospital, alleged, enquiry, enquiry_reason, medical,
        medical_reason, told, enquiry_id)
        SELECT {sql.id(Kind.meeting_child)}, {meeting}, 0, {referral}, {contact}, {child}, {person},
        FALSE, {sql.document(quoted('["injury"]'))}, {told("'joint'", 2)},
        {told(quoted(_WORDS), 2)}, {told("'will_take_place'", 2)}, {told(quoted(_WORDS), 2)},
        {told(quoted(_WORDS), 2)}, {told(enquiry, 2)} {where} AND {far} >= 1""",
    ]
    for place, agency in enumerate(_AGENCIES):
        because = "school_age" if agency == "school" else "always"
        made.append(
            f"""INSERT INTO strategy_meeting_invitation (id, meeting_id, position, agency, because,
            organisation_id, role, invited_at, attendance, information)
            SELECT {sql.id(Kind.invitation, place=str(place))}, {meeting}, {place}, '{agency}',
            '{because}', {quoted(POLICE) if agency == "police" else "NULL"}, 'Practitioner',
            {accepted}, {told("'attended'", 2)}, {told(quoted(_WORDS), 2)}
            {where} AND {far} >= 1"""
        )
    steps = (
        ("call", "called", _ACCEPTED, 1),
        ("record_attendance", "held", _HELD, 2),
        ("conclude", "concluded", _HELD + 1, 2),
        ("circulate_minutes", "minuted", _MINUTED, 3),
    )
    for place, (action, state, hours, least) in enumerate(steps):
        then = sql.instant(f"{at} + {hours * HOUR}")
        made.append(
            f"""INSERT INTO strategy_meeting_step (id, meeting_id, action, state, at, by,
            happened_at) SELECT {sql.id(Kind.meeting_step, place=str(place))}, {meeting},
            '{action}', '{state}', {then}, {account}, {then} {where} AND {far} >= {least}"""
        )
    # Kind, what it runs on, from when and how long, and how far those have come that have it.
    meets, sees, confers = "strategy_meeting", "child_seen", "initial_child_protection_conference"
    minutes, assesses, enquires = "strategy_minutes", "single_assessment", "section_47_enquiry"
    clocks = (
        (meets, "referral", referral, _ACCEPTED, 8, _HELD, "held", 0, 2),
        (minutes, "strategy_meeting", meeting, _HELD, 35, _MINUTED, "circulated", 2, 3),
        (sees, enquires, enquiry, _HELD, 24, _SEEN, "seen", 2, 3),
        (confers, enquires, enquiry, _HELD, 510, _CONFERENCE, "conference_held", 2, 4),
        (assesses, "referral", referral, _ACCEPTED, 1510, _CONFERENCE, "authorised", 0, 4),
    )
    for place, (kind, of, subject, start, limit, stop, why, begun, ended) in enumerate(clocks, 4):
        made.append(
            _clock(
                sql,
                f"{where} AND {far} >= {begun}",
                kind=kind,
                place=place,
                of=of,
                subject=subject,
                started=f"{at} + {start * HOUR}",
                due=f"{at} + {(start + limit) * HOUR}",
                stopped=when(stop, ended),
                because=told(quoted(why), ended),
            )
        )
    return made


def _clock(
    sql: Dialect,
    where: str,
    *,
    kind: str,
    place: int,
    of: str,
    subject: str,
    started: str,
    due: str,
    stopped: str,
    because: str,
) -> str:
    policy = load_policy(None)
    explanation = json.dumps(policy.due_times(kind, NEWEST_AT).explanation.as_json())
    return f"""INSERT INTO deadline (id, kind, subject_kind, subject_id, contact_id, owner_role,
        started_at, due_at, warn_at, stopped_at, stopped_because, policy_version, explanation)
        SELECT {sql.id(Kind.deadline, place=str(place))}, '{kind}', '{of}', {subject},
        {sql.id(Kind.contact)}, '{policy.timescale(kind, at=NEWEST_AT).owner}',
        {sql.instant(started)}, {sql.instant(due)}, {sql.instant(f"{due} - {4 * HOUR}")},
        {stopped}, {because}, '{policy.stamp}', {sql.document(quoted(explanation))} {where}"""


def _meets_on(sql: Dialect, contacts: int) -> str:
    """The day of the meeting: the day after, and one and the same for all that are open."""
    day = sql.day(f"{ms('n')} + {24 * HOUR}")
    agenda = sql.day(str(_ms(AGENDA_ON)))
    return f"(CASE WHEN n > {contacts - OPEN} THEN {agenda} ELSE {day} END)"


def _ms(day: date) -> int:
    return int((NEWEST_AT.timestamp() + (day - NEWEST_AT.date()).days * 86_400) * 1000)


def daily_meetings(sql: Dialect, contacts: int) -> str:
    """The statement that makes the daily meetings: of every day there was, and of the agenda."""
    days = contacts * STEP_MS // (24 * HOUR) + 2
    day = f"{_ms(AGENDA_ON)} - n * {24 * HOUR}"
    account = sql.uuid(f"'{ACCOUNT.hex}'")
    return f"""INSERT INTO daily_meeting (id, meeting_on, state, concluded_at, concluded_by,
        version)
        SELECT {sql.id(Kind.daily_meeting)}, {sql.day(day)},
        CASE WHEN n = 0 THEN 'open' ELSE 'concluded' END,
        CASE WHEN n > 0 THEN {sql.instant(day)} END, CASE WHEN n > 0 THEN {account} END, 1
        FROM {sql.series(0, days)}"""


def notifications(sql: Dialect, numbers: str, contacts: int) -> list[str]:
    """The statements that make the police notifications, each with its child on an agenda."""
    at, account = ms("n"), sql.uuid(f"'{ACCOUNT.hex}'")
    where = f"FROM {numbers} WHERE {NOTIFIED}"
    open_ = f"n > {contacts - OPEN}"
    contact, child = sql.id(Kind.contact), sql.id(Kind.child)
    settled = sql.instant(f"{at} + {18 * HOUR}")
    return [
        f"""INSERT INTO police_notification (id, contact_id, organisation_id, incident_number,
        incident_at, risk, children_present, meeting_on)
        SELECT {sql.id(Kind.notification)}, {contact}, '{POLICE}', 'R-' || n,
        {sql.instant(f"{at} - {HOUR}")}, {cycle(("standard", "medium", "high"), "n / 2")}, 'yes',
        {_meets_on(sql, contacts)} {where}""",
        f"""INSERT INTO daily_meeting_item (id, notification_id, contact_id, child_id, meeting_on,
        state, decision_id, settled_at, settled_by, times_carried, version)
        SELECT {sql.id(Kind.item)}, {sql.id(Kind.notification)}, {contact}, {child},
        {_meets_on(sql, contacts)}, CASE WHEN {open_} THEN 'waiting' ELSE 'decided' END,
        CASE WHEN NOT {open_} THEN {sql.id(Kind.decision)} END,
        CASE WHEN NOT {open_} THEN {settled} END, CASE WHEN NOT {open_} THEN {account} END, 0,
        CASE WHEN {open_} THEN 1 ELSE 2 END {where}""",
        _clock(
            sql,
            where,
            kind="daily_meeting",
            place=3,
            of="contact",
            subject=contact,
            started=at,
            due=f"{at} + {24 * HOUR}",
            stopped=f"CASE WHEN NOT {open_} THEN {settled} END",
            because=f"CASE WHEN NOT {open_} THEN 'decided' END",
        ),
    ]
