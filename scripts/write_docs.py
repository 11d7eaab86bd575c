"""Writes the documents that come from the code: `python -m scripts.write_docs`, or `make docs`."""

import inspect
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import sqlalchemy as sa
from pydantic.fields import FieldInfo
from sqlmodel import SQLModel

import api
import service
import service.usecases
from api.actions import WAYS
from api.errors import kinds_of_problem, status_of
from service.domain.access import DUTIES, Role, permission_matrix
from service.domain.assessments import ASSESSMENT
from service.domain.challenges import CHALLENGE
from service.domain.contacts import CHILD, CONTACT
from service.domain.daily_meetings import DAILY_MEETING, ITEM
from service.domain.deadlines import Timescale
from service.domain.decisions import DECISION
from service.domain.emergency_acts import EMERGENCY_ACT
from service.domain.events import EventType
from service.domain.fields import Sensitivity
from service.domain.information_requests import INFORMATION_REQUEST
from service.domain.missing_episodes import MISSING_EPISODE
from service.domain.passed_concerns import PASSED_CONCERN
from service.domain.police_notifications import NOTIFICATION_IMPORT
from service.domain.pregnancies import PREGNANCY
from service.domain.referrals import CASE
from service.domain.section_47_enquiries import SECTION_47_ENQUIRY
from service.domain.states import StateTable
from service.domain.strategy_meetings import STRATEGY_MEETING
from service.domain.transfers import TRANSFER
from service.issuers import IssuerSettings
from service.policy import load_policy
from service.settings import PREFIX, Settings
from service.surroundings import FROM_FILES

FOLDER = Path(__file__).parents[1] / "docs"
_WRITTEN = "*Written from the code by `make docs`: change the code, not this page.*"

_EVENTS: Mapping[EventType, str] = MappingProxyType(
    {
        EventType.contact_received: "A contact was logged, or a partner's system sent one.",
        EventType.contact_amended: "A contact was amended before any decision; the reason and the "
        "words before and after are kept beside it.",
        EventType.contact_child_moved: "A child of a contact is another on file than the child was "
        "taken for (`was`); what hangs on the child there went along.",
        EventType.contact_withdrawn: "A contact was withdrawn before any decision was signed: it "
        "repeats another one, is another authority's, or was an error.",
        EventType.contact_restored: "A contact that was withdrawn is back on the desk, with its "
        "clocks as they were.",
        EventType.contact_step_recorded: "A step was taken on the path of a contact that is no "
        "concern; `step` names it.",
        EventType.contact_ended: "A contact that is no concern came to the end of its path; no "
        "child on it is decided.",
        EventType.contact_reclassified: "A contact is of another kind than it was said to be; its "
        "clocks run from receipt.",
        EventType.contact_child_removed: "A child who does not belong to a contact was taken off; "
        "what was told of the child is kept with the amendments.",
        EventType.contact_attached: "What another person told of the same incident was attached to "
        "the contact that is open: it is decided with that one.",
        EventType.contact_detached: "A contact that was attached to another one is back on the "
        "desk, to be decided by itself.",
        EventType.contact_match_answered: "Somebody said whether a child is the one on file; it is "
        "not asked again of those two.",
        EventType.contact_triaged: "A contact was rated red, amber or green, or rated again.",
        EventType.contact_assigned: "A worker took a contact or was given it.",
        EventType.contact_handed_back: "Nobody works the contact any more.",
        EventType.contact_acknowledged: "The referrer was told that the contact arrived.",
        EventType.information_requested: "An agency was asked what it knows.",
        EventType.information_answered: "An agency answered, or declined to.",
        EventType.decision_drafted: "A threshold decision waits for sign-off; of several children, "
        "drafted in one act, it is the contact's, and `decisions` names each.",
        EventType.decision_returned: "A manager sent a decision back with words; of several in one "
        "act it is the contact's, and `decisions` names each.",
        EventType.decision_withdrawn: "A draft was withdrawn before anybody signed it, by who "
        "drafted it or by a manager; the reason is kept with it.",
        EventType.decision_whole_read: "A manager read all that is on file of a child who is told "
        "of again and again; what they saw in it is kept with the draft.",
        EventType.decision_signed: "A manager agreed a decision; its outcome exists from now on. "
        "Of several in one act it is the contact's, and `decisions` names each.",
        EventType.referral_allocated: "A referral was given to a worker of an assessment team.",
        EventType.referral_closed: "A referral was closed with a coded reason.",
        EventType.contact_outcome_told: "The referrer was told what came of the contact.",
        EventType.contact_schools_told: "It was recorded of children on a police notification "
        "whether their school was told of the incident; `notices` names each.",
        EventType.police_notification_updated: "The police told an incident that is on file "
        "otherwise; what changed is named, and somebody has to read it.",
        EventType.police_notification_withdrawn: "A police notification sent in error was taken "
        "back; the contact that it is stays.",
        EventType.police_notification_update_read: "What the police sent later was read, and what "
        "follows from it was said.",
        EventType.contact_taken_over: "The policy took the contact's team away; who takes over has "
        "it now.",
        EventType.referral_taken_over: "The policy took the referral's team away; who takes over "
        "has it now.",
        EventType.early_help_episode_taken_over: "The policy took the episode's team away; who "
        "takes over has it now.",
        EventType.transfer_redirected: "A step is between teams of which the policy took one away; "
        "who takes over stands in its place.",
        EventType.early_help_episode_allocated: "An early help episode was given to a worker.",
        EventType.early_help_agreement_recorded: "What the family says to early help was recorded.",
        EventType.early_help_episode_closed: "An early help episode was closed with a coded "
        "reason.",
        EventType.transfer_requested: "A step-up or a step-down of one child was asked for.",
        EventType.transfer_opened: "A transfer was seen by who answers it, and not yet answered.",
        EventType.transfer_accepted: "A transfer was accepted: from this instant the receiving "
        "team answers for the child. What it closed, opened and settled is named.",
        EventType.transfer_refused: "A transfer was refused with a coded reason; who asked has to "
        "agree, or to challenge it.",
        EventType.transfer_refusal_agreed: "The manager of who asked agreed to the refusal.",
        EventType.transfer_refusal_challenged: "The manager of who asked challenged the refusal.",
        EventType.transfer_family_agreement_recorded: "Whether the family agrees to early help was "
        "recorded.",
        EventType.transfer_returned: "A step-down went back to the sender, since the family does "
        "not agree.",
        EventType.transfer_return_decided: "The sender asked again for a step-down that came back, "
        "or kept the child.",
        EventType.transfer_first_visit_recorded: "Early help made its first visit.",
        EventType.transfer_strategy_discussion_recorded: "The strategy discussion that "
        "disclosed harm owes was held, or none is held for a reason.",
        EventType.transfer_completed: "A step-down is complete: social care's case closed.",
        EventType.transfer_withdrawn: "Who asked for a transfer took it back.",
        EventType.transfers_exported: "A list of transfers was taken out as CSV.",
        EventType.challenge_raised: "Somebody disagreed with a signed decision, in the open.",
        EventType.challenge_answered: "A stage of a challenge was answered: agreed, upheld or "
        "changed.",
        EventType.challenge_escalated: "A challenge went to its next stage, by a person or by its "
        "own clock.",
        EventType.challenge_accepted: "Who raised a challenge took the answer.",
        EventType.challenge_withdrawn: "Who raised a challenge took it back.",
        EventType.challenge_lapsed: "An agreed or upheld answer was not taken up in time: the "
        "challenge ended as upheld.",
        EventType.information_request_chased: "An agency that had not answered was chased.",
        EventType.information_request_withdrawn: (
            "A question to an agency was withdrawn with the reason."
        ),
        EventType.information_request_read: (
            "An answer that came after the decision was read, and what follows from it was said."
        ),
        EventType.strategy_meeting_called: (
            "A strategy meeting was called about one child or several siblings; who must be "
            "invited was proposed."
        ),
        EventType.strategy_meeting_invited: (
            "Who is invited to a strategy meeting was said, or why somebody is not."
        ),
        EventType.strategy_meeting_rearranged: (
            "A strategy meeting was moved to another time, with the reason; its clock runs on."
        ),
        EventType.strategy_meeting_held: (
            "A strategy meeting was held: who came and who sent what is on record, and "
            "whether it was quorate."
        ),
        EventType.strategy_meeting_attendance_corrected: (
            "Who came to a strategy meeting was put right."
        ),
        EventType.strategy_meeting_concluded: (
            "A strategy meeting was concluded for each child; the enquiries that it began "
            "are named."
        ),
        EventType.strategy_meeting_minutes_circulated: (
            "The minutes of a strategy meeting were circulated."
        ),
        EventType.strategy_meeting_cancelled: (
            "A strategy meeting was cancelled with the reason; the clock that waits for one "
            "runs on."
        ),
        EventType.section_47_enquiry_child_seen: (
            "A child was seen in a section 47 enquiry, alone or not."
        ),
        EventType.section_47_enquiry_child_not_seen: (
            "A child was not seen in a section 47 enquiry, and why; the clock runs on."
        ),
        EventType.section_47_enquiry_outcome_recorded: (
            "The outcome of a section 47 enquiry was recorded."
        ),
        EventType.section_47_enquiry_conference_held: (
            "An initial child protection conference was held."
        ),
        EventType.section_47_enquiry_no_conference_proposed: (
            "It was proposed that no conference is needed, with the coded reason; the clocks go on."
        ),
        EventType.section_47_enquiry_no_conference_agreed: (
            "Another manager agreed that no conference is needed; the enquiry ended."
        ),
        EventType.section_47_enquiry_no_conference_returned: (
            "A manager did not agree that no conference is needed: it is owed as before."
        ),
        EventType.section_47_enquiry_start_put_right: (
            "An enquiry that a later meeting had begun anew, under a release before 0.4.0, is "
            "reckoned from the meeting that initiated it again; by the upgrade."
        ),
        EventType.assessment_begun: "The single assessment of a referral was begun.",
        EventType.assessment_completed: (
            "A single assessment was completed and waits for a manager."
        ),
        EventType.assessment_authorised: "A manager authorised an assessment in their own words.",
        EventType.assessment_returned: "A manager sent an assessment back with words.",
        EventType.multi_agency_referral_checked: (
            "A partner had a multi-agency referral checked without sending it; nothing of it was "
            "kept."
        ),
        EventType.police_notifications_imported: (
            "A file of police notifications was loaded, all of it."
        ),
        EventType.police_notifications_refused: (
            "A file of police notifications was refused for its faults; nothing of it was loaded."
        ),
        EventType.daily_meeting_item_carried_over: (
            "An item of a daily meeting was carried over to the next one with the reason."
        ),
        EventType.daily_meeting_concluded: (
            "A daily meeting was concluded: every item was decided or carried over."
        ),
        EventType.missing_episode_recorded: "A child was recorded as missing.",
        EventType.missing_episode_returned: "A missing child returned.",
        EventType.emergency_act_done: (
            "An emergency duty worker acted alone out of hours, and it had effect at once: what a "
            "signed decision says, of each."
        ),
        EventType.emergency_act_signed_off: (
            "A manager signed off what somebody else had done alone out of hours."
        ),
        EventType.emergency_act_sent_back: (
            "A manager sent back what had been done alone out of hours; nothing is undone by that."
        ),
        EventType.missing_episode_interview_recorded: (
            "A return home interview was offered, accepted, declined or held."
        ),
        EventType.passed_concern_answered: (
            "Who holds an open child's case read a new concern and said what they will do."
        ),
        EventType.person_expected_delivery_changed: (
            "The expected date of delivery of an unborn child was recorded or changed."
        ),
        EventType.person_born: "An unborn child was born: the same child, before and after.",
        EventType.person_pregnancy_ended: "A pregnancy ended without a birth.",
        EventType.flag_raised: "A limit is near (warning) or has passed (breach).",
        EventType.flag_escalated: "Nobody acknowledged the flag in time; it went to the next role.",
        EventType.flag_acknowledged: "Somebody took the flag on and said what they will do.",
        EventType.flag_cleared: "The fact behind the flag has gone.",
        EventType.access_suspended: "A person, a client or an organisation may not come in.",
        EventType.access_restored: "A suspension was lifted.",
    }
)

_BY_STATUS: Mapping[int, str] = MappingProxyType(
    {
        400: "Mend the request as `detail` says and send it again.",
        401: "Sign in again, and send the new token.",
        403: "Ask somebody who may, or whoever looks after your account.",
        404: "Check the id. What you may not see is not there for you.",
        405: "Use a method that `Allow` lists.",
        406: "Accept `application/json`.",
        408: "Send the whole request again; nothing was done.",
        409: "Read it again: `state` says where it stands, `allowed` what can be done now.",
        412: "Read it again, see whether your change still makes sense, send the new ETag.",
        413: "Send less in one request.",
        414: "Send a shorter path and query; a search goes into a body.",
        415: "Send what `detail` names, JSON almost everywhere, and say so: "
        "`Content-Type: application/json`.",
        422: "Put right what `errors` names and send it again.",
        428: "Read it first, then send its ETag in `If-Match`.",
        429: "Wait as long as `Retry-After` says.",
        431: "Send fewer or shorter headers.",
        500: "Send it again with the same Idempotency-Key. If it goes on, quote `request_id`.",
        503: "Wait as long as `Retry-After` says, then send it again with the same "
        "Idempotency-Key: it is done once.",
    }
)
_BY_CODE: Mapping[str, str] = MappingProxyType(
    {
        "account_disabled": "Ask whoever looks after access at the authority.",
        "body_not_expected": "Send it without a body.",
        "encoding_not_supported": "Send the body as it is, without `Content-Encoding`.",
        "child_cannot_be_moved": "Supersede the decision that `detail` speaks of; the child can be "
        "moved then.",
        "child_cannot_be_removed": "Decide that nothing follows for the child, and say why there.",
        "child_of_nothing": "Leave something that says who the child is; to take the child off the "
        "contact use `/removal`.",
        "possible_match_unresolved": "Say for each child on file that `errors` names whether it is "
        "the same child: in `matches` of the decision, or by `/match` before it.",
        "two_open_cases": "Close one of the two cases, and link the child then.",
        "child_already_decided": "Decisions are never edited: draft a new one that names in "
        "`supersedes` the one it replaces, and why.",
        "contact_already_decided": "Have the decision returned or withdraw it first; after "
        "sign-off, log what is new as a new contact.",
        "cursor_invalid": "Start the list again without a cursor.",
        "decision_awaiting_sign_off": "Wait for the manager's answer, or name the waiting decision "
        "in `supersedes`.",
        "decisions_not_possible": "Put right what `errors` names for each child, or leave a child "
        "out and decide it alone; nothing was changed.",
        "header_malformed": "Give the header that `errors` names in its right form; a creation "
        "needs an `Idempotency-Key` that is a UUID.",
        "idempotency_key_used_before": "Make a new key for a new request; send the first request "
        "unchanged to have its answer again.",
        "minimum_missing": "Add what `errors` names. A concern, something that identifies a child, "
        "and a referrer are enough.",
        "not_your_draft": "Ask whoever drafted it, or a manager, to withdraw it; or return it.",
        "own_decision": "Another manager signs it off.",
        "path_unknown": "See `/openapi.json` for the paths there are.",
        "sign_off_unclear": "Name in `otherwise` decisions that wait on this contact, each once; "
        "nothing was signed.",
        "scope_missing": "Sign in asking for the scope, or have the application registered for it.",
        "too_many_at_once": "Wait for the answers that are due, and send it again: on fewer "
        "connections.",
        "took_too_long": "Read what it was to change: it may have been done. Or send it again with "
        "the same Idempotency-Key.",
    }
)


def permissions() -> str:
    """Who may do what: the whole table of access."""
    return (
        "# Who may do what\n\n"
        f"{_WRITTEN}\n\n"
        "Three gates stand one behind the other: the **scope** (what the application may ask), the "
        "**role** (what the person may do), and the **rows** (how far that role sees; what lies "
        "beyond is answered 404). Everything not in this table is refused.\n\n"
        "**Sight is per child**, also where a contact tells of several. Early help sees the "
        "contacts by which a child came to early help, and there what was decided and done for "
        "that child: by an episode, by a decision that joined one, or by a transfer that is "
        "accepted; and for as long as a child is open to it, every other contact about that child "
        "as well. Of the siblings it reads what the contact itself tells, and who holds them. "
        "Social care likewise. How much each side reads of the other's cases is the policy's rule "
        "([why](decisions/0111-the-whole-story-opens-with-the-case.md)). "
        "Whatever an answer keeps from its reader is named in `not_shown` "
        "there, and is null or left out, never 0 or false "
        "([why](decisions/0061-sight-follows-the-child-and-says-what-it-hides.md)).\n\n"
        "**Who acts is on the child's side**: seeing a child is not enough. A birth, a missing "
        "episode and the like are recorded by the side that holds the child, or else held it "
        "last; a decision is challenged by the side that it sent the child to; a flag is taken "
        "on by who owns it, by whom it escalated to, by those above them, or by who holds the "
        "case. The front door and the head of service are on every child's side "
        "([why](decisions/0062-who-acts-is-on-the-childs-side.md)).\n\n"
        "**There is no boundary between teams of one side**: a manager of one assessment team "
        "may allocate, step down and close what another holds, and early help's single point of "
        "contact reads every section 47 enquiry and strategy meeting. A small authority works "
        "so; one that does not gives these roles to fewer people.\n\n"
        f"{permission_matrix()}"
    )


_LIVES: tuple[tuple[str, StateTable[Any, Any], str], ...] = (
    (
        "A contact",
        CONTACT,
        "It is finished when every child on it is decided and signed off; until then it stands in "
        "the queue with its clocks running.",
    ),
    (
        "A child on a contact",
        CHILD,
        "Siblings may part ways: each child has a decision of its own.",
    ),
    (
        "A threshold decision",
        DECISION,
        "It is never edited. A returned one is kept, and a changed mind is a new decision that "
        "supersedes the old one.",
    ),
    (
        "A referral or an early help episode",
        CASE,
        "Both begin without a worker and with a clock on their allocation, and end with a coded "
        "reason, or when a new decision supersedes the one they came from. An early help episode "
        "also ends by a step-up; a referral is handing over from the acceptance of a step-down to "
        "its completion.",
    ),
    (
        "A transfer",
        TRANSFER,
        "A step-up and a step-down have one life. Responsibility moves on acceptance. A step-up is "
        "complete with it; the family's agreement, the first visit, the return and the completion "
        "belong to step-downs. Whatever else moves or closes the child supersedes it.",
    ),
    (
        "A challenge",
        CHALLENGE,
        "Three stages, the answer to the last of which is final. It lapses when an answer, agreed "
        "or upheld, is not taken up in time, and is overtaken when social care takes the child on.",
    ),
    (
        "A strategy meeting",
        STRATEGY_MEETING,
        "It is not held before everybody who must come is invited, or left out with a reason, nor "
        "concluded without all that inspectors found missing. It waits for its minutes.",
    ),
    (
        "A section 47 enquiry",
        SECTION_47_ENQUIRY,
        "A strategy meeting begins it, and a later one may make it joint, which moves no date by "
        "which the conference is due. Only a continuing risk leads to a conference.",
    ),
    (
        "A single assessment",
        ASSESSMENT,
        "One at a time in a referral. It is authorised by a manager who did not complete it, and "
        "what was sent back stays on file.",
    ),
    (
        "An information request",
        INFORMATION_REQUEST,
        "An agency answers once, in time or late, and after a withdrawal too. Silence is not an "
        "answer.",
    ),
    (
        "A file of police notifications",
        NOTIFICATION_IMPORT,
        "The worker checks every row before it loads any: all of it is taken, or nothing. A file "
        "whose worker stopped is taken over by another.",
    ),
    (
        "A child on the agenda of a daily meeting",
        ITEM,
        "A child carried over is on the next agenda anew, with the mark and the reason. Any "
        "decision for the child settles it.",
    ),
    (
        "A daily meeting",
        DAILY_MEETING,
        "It is not concluded while a child waits.",
    ),
    (
        "A missing episode",
        MISSING_EPISODE,
        "A return home interview is owed from the return. Held or declined, its clock stops; a "
        "child who declined may talk after all.",
    ),
    (
        "A passed concern",
        PASSED_CONCERN,
        "A new concern about an open child waits for who holds the case. It goes along with the "
        "child to another case, on the same clock, and is settled when nobody holds the child.",
    ),
    (
        "An emergency act",
        EMERGENCY_ACT,
        "What one person did alone out of hours has had effect in each state. Its clock runs until "
        "a manager has signed it off, or a new signed decision stands in its place; sent back, it "
        "goes on.",
    ),
    (
        "A pregnancy",
        PREGNANCY,
        "The child is the same before and after the birth.",
    ),
)


def states() -> str:
    """How things live: one diagram for each state table."""
    parts = [
        "# How things live",
        _WRITTEN,
        "A state changes only by a row of these tables. Anything else is refused with "
        "`wrong_state`, which names the state and what is possible now. Below each diagram stands "
        "the operation by which each word of `possible_actions` and `allowed` is asked for; what "
        "is in no such list follows by itself from something else.",
    ]
    for title, table, sentence in _LIVES:
        parts += [f"## {title}", sentence, f"```mermaid\n{table.diagram()}\n```"]
        parts += [_ways(table)] if type(next(iter(table.moves))[1]) in WAYS else []
    return "\n\n".join(parts) + "\n"


def _ways(table: StateTable[Any, Any]) -> str:
    lines = ["| word | operation |", "| --- | --- |"]
    ways = WAYS[type(next(iter(table.moves))[1])]
    lines += [f"| `{action}` | {way.in_words()} |" for action, way in ways.items()]
    return "\n".join(lines)


def data_dictionary() -> str:
    """Every table and column, what it is and how sensitive."""
    _import_all(service)
    parts = [
        "# What is kept",
        _WRITTEN,
        "Each column has a class: **plain** (ids, codes, times), **personal** (says who somebody "
        "is) or **sensitive** (what is told of a child's or a family's life). Instants are UTC. "
        "An arrow names the table that a column points to.",
    ]
    for table in sorted(SQLModel.metadata.tables.values(), key=lambda one: str(one.name)):
        lines = [
            "| column | type | may be empty | class | what it is |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [_column(column) for column in table.columns]
        parts += [f"## {table.name}", "\n".join(lines)]
        if table.indexes:
            parts.append("Indexes: " + "; ".join(_index(one) for one in _by_name(table)) + ".")
    return "\n\n".join(parts) + "\n"


def _by_name(table: sa.Table) -> list[sa.Index]:
    return sorted(table.indexes, key=lambda one: str(one.name))


def _column(column: "sa.Column[Any]") -> str:
    kind = "instant" if isinstance(column.type, sa.DateTime) else _type_words(column)
    points = "".join(
        f" → `{name}`" for name in sorted({one.column.table.name for one in column.foreign_keys})
    )
    sensitivity: Sensitivity = column.info["sensitivity"]
    empty = "yes" if column.nullable else ""
    return (
        f"| `{column.name}` | {kind}{points} | {empty} | {sensitivity} "
        f"| {_in_cell(column.comment or '')} |"
    )


_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "Uuid": "id",
        "AutoString": "text",
        "Boolean": "yes or no",
        "Integer": "whole number",
        "SmallInteger": "whole number",
        "BigInteger": "whole number",
        "Date": "date",
        "JSON": "document",
        "Typed": "document",
        "ARRAY": "list of ids",
        "LargeBinary": "bytes",
    }
)


def _type_words(column: "sa.Column[Any]") -> str:
    name = type(column.type).__name__
    return _TYPES.get(name, name.lower())


def _index(index: sa.Index) -> str:
    columns = ", ".join(str(getattr(one, "name", one)) for one in index.expressions)
    unique = "unique " if index.unique else ""
    where = index.dialect_options["postgresql"]["where"]
    return f"{unique}({columns})" + ("" if where is None else f" where {where}")


def timescales() -> str:
    """The clocks of the policy that is shipped."""
    policy = load_policy(None)
    lines = [
        "| timescale | rating | starts | stops | limit | warned | goes first to | whose rule |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_timescale(one) for one in policy.timescales]
    steps = "; ".join(
        f"after {_after(one.after)} to the {DUTIES[Role(one.role)].title}"
        for one in policy.escalation
    )
    return (
        "# Clocks\n\n"
        f"{_WRITTEN}\n\n"
        f"The policy that is shipped, version {policy.version}. An authority may have its own: "
        "[policy.md](policy.md) says how. Hours run day and night; a limit in working days ends "
        f"with the last second of the last day in London ([why](decisions/"
        "0011-a-working-day-limit-ends-with-the-day.md)). The clock starts when the thing "
        "happened, never when it was typed in.\n\n" + "\n".join(lines) + "\n\n"
        "A breach that nobody acknowledges escalates, unless the timescale says otherwise: "
        f"{steps}. The worker looks every {policy.sweep.every_seconds} seconds, and readiness "
        f"says so when it has not for {policy.sweep.late_after_seconds}.\n"
    )


def _after(duration: Any) -> str:
    hours, seconds = divmod(int(duration.total_seconds()), 3600)
    if seconds:
        return f"{seconds // 60 + hours * 60} minutes"
    return f"{hours} hour{'' if hours == 1 else 's'}"


def _timescale(rule: Timescale) -> str:
    warned = "" if rule.warn_before is None else f"{rule.warn_before.words} before"
    owner = DUTIES[Role(rule.owner)].title
    return (
        f"| {rule.title} (`{rule.kind}`) | {rule.rating or ''} | {rule.starts} | {rule.stops} "
        f"| {rule.limit.words} | {warned} | {owner} | {_in_cell(rule.source)} |"
    )


def events() -> str:
    """What can happen, as events name it."""
    missing = [one.value for one in EventType if one not in _EVENTS]
    if missing:
        raise LookupError(f"Say in scripts/write_docs.py what happened at: {', '.join(missing)}")
    lines = ["| event | what happened |", "| --- | --- |"]
    lines += [f"| `{one.value}` | {_EVENTS[one]} |" for one in EventType]
    return (
        "# What can happen\n\n"
        f"{_WRITTEN}\n\n"
        "Every write leaves one event in the same transaction: it is the audit line, the entry in "
        "the chronology and the message to others, all in one "
        "([why](decisions/0040-the-event-is-one-row.md)). It says when, who (account and "
        "organisation), in which request, about which contact, and in `data` ids, codes and times: "
        "never a name or a narrative. It names **every child on file whom it concerns**, siblings "
        "too. A job gives it its position, in the order in which events could be seen: whoever has "
        "read up to one misses none before it "
        "([how](decisions/0091-events-are-placed-by-a-job-in-the-order-they-were-seen.md)). Where "
        "a child of a contact turns out to be another on file, what had happened names that one "
        "too, from that position on; whom it was taken for stays named.\n\n"
        + "\n".join(lines)
        + "\n"
    )


def settings() -> str:
    """Every setting, its default and what it is for."""
    lines = ["| setting | default | what |", "| --- | --- | --- |"]
    lines += [
        f"| `{PREFIX}{name.upper()}` | {_default(one)} | {_in_cell(one.description or '')} |"
        for name, one in Settings.model_fields.items()
    ]
    issuer = ["| member | default | what |", "| --- | --- | --- |"]
    issuer += [
        f"| `{name}` | {_default(one)} | {_in_cell(one.description or '')} |"
        for name, one in IssuerSettings.model_fields.items()
    ]
    return (
        "# Settings\n\n"
        f"{_WRITTEN}\n\n"
        "Read once, at the start, from the environment. A setting of a name that does not exist, "
        "or of a value that is not sound, stops the start; every fault is listed at once, and no "
        "value is repeated.\n\n" + "\n".join(lines) + "\n\n"
        "## Secrets in files\n\n"
        f"{', '.join(f'`{PREFIX}{one.upper()}`' for one in FROM_FILES)} may stand in a file "
        "instead: name it by the setting with `_FILE` behind it "
        f"(`{PREFIX}SECRET_KEY_FILE=/run/secrets/frontdoor`). White space around the value does "
        "not count.\n\n"
        f"## An issuer in `{PREFIX}ISSUERS`\n\n"
        "[Identity providers](identity-providers.md) has examples.\n\n" + "\n".join(issuer) + "\n"
    )


def _default(one: FieldInfo) -> str:
    value = one.default
    if value is None or value in ("", (), frozenset(), {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def problems() -> str:
    """Every code of a refusal, what it means and what to do."""
    _import_all(service.usecases)
    _import_all(api)
    lines = ["| code | status | what it means | what to do |", "| --- | --- | --- | --- |"]
    for code, kind in kinds_of_problem().items():
        status = status_of(kind)
        means = inspect.cleandoc(kind.__doc__ or kind.title).split("\n\n")[0]
        todo = _BY_CODE.get(code, _BY_STATUS[status])
        lines.append(f"| `{code}` | {status} | {_in_cell(means)} | {todo} |")
    return (
        "# Refusals\n\n"
        f"{_WRITTEN}\n\n"
        "Every refusal is a problem document (`application/problem+json`, RFC 9457). Act on "
        "`code`: it is stable. Show `detail` to a person: it says what to do in this very case. "
        "`errors` names each fault by its place in what was sent (`/children/0/sex`, "
        "`query:limit`, `header:if-match`), with a code of its own; what was sent is never "
        "repeated. Quote `request_id` when you ask for help. The running service tells the same "
        "at `/problems`.\n\n" + "\n".join(lines) + "\n"
    )


DOCUMENTS = MappingProxyType(
    {
        "permissions.md": permissions,
        "states.md": states,
        "data-dictionary.md": data_dictionary,
        "timescales.md": timescales,
        "events.md": events,
        "problems.md": problems,
        "settings.md": settings,
    }
)


def _import_all(package: ModuleType) -> None:
    """Imports every module of a package, so that what it declares is known."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in found.name:
            import_module(found.name)


def _in_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def stale() -> Iterator[str]:
    """The names of the documents that are not what the code would write."""
    for name, write in DOCUMENTS.items():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != write():
            yield name


def main() -> None:
    """Writes them all anew; with `--check`, only says which are out of date."""
    if sys.argv[1:] == ["--check"]:
        behind = sorted(stale())
        if behind:
            sys.exit(f"Out of date: {', '.join(behind)}. Run `make docs`.")
        return
    for name, write in DOCUMENTS.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
