"""Transfers as a table: which columns there are, what each says, and what stays behind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from api.schemas.transfer_lists import working_days_old
from service.domain.transfer_lists import ListedTransfer
from service.integrations.csv_tables import Cell
from service.policy import Policy


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what it says, and how it is taken from a transfer."""

    name: str
    says: str
    take: Callable[[ListedTransfer, datetime, Policy], Cell]


def _own(name: str, says: str) -> Column:
    return Column(name, says, lambda one, now, policy: getattr(one.transfer, name))


def _time(name: str, says: str) -> Column:
    return Column(name, says, lambda one, now, policy: getattr(one.times, name))


def _refusal(field: str) -> Callable[[ListedTransfer, datetime, Policy], Cell]:
    return lambda one, now, policy: None if one.refused is None else getattr(one.refused, field)


def _last_challenge(field: str) -> Callable[[ListedTransfer, datetime, Policy], Cell]:
    return lambda one, now, policy: getattr(one.challenges[-1], field) if one.challenges else None


def _history(one: ListedTransfer) -> str:
    """Every move, oldest first: what was done, the code given with it, and when."""
    return "; ".join(
        " ".join(
            part
            for part in (
                step.action,
                step.code,
                step.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            )
            if part
        )
        for step in one.steps
    )


COLUMNS: Final = (
    _own("reference", "Human reference of the transfer."),
    _own("id", "The transfer: `GET /v1/transfers/{id}` has the whole of it."),
    _own("direction", "`step_up` or `step_down`."),
    _own("asked_by", "`sender`, who hands over, or `receiver`, who asks for the case."),
    _own("state", "Where it stands."),
    Column(
        "waits_for", "What it waits for; empty once it has ended.", lambda one, *_: one.waits_for
    ),
    Column("waiting_since", "Since when it waits for that.", lambda one, *_: one.waiting_since),
    Column("stuck_at", "The soonest limit that runs on it.", lambda one, *_: one.stuck_at),
    Column("stuck", "Whether that limit has passed.", lambda one, now, _: one.stuck(now)),
    Column("age_minutes", "How old it is, or became.", lambda one, now, _: one.age_minutes(now)),
    Column("age_working_days", "The same in working days begun since.", working_days_old),
    _own("reason_code", "Why it was asked for, coded by the policy."),
    Column("refused_at", "When it was last refused, whatever became of it.", _refusal("at")),
    Column("refusal_code", "Why it was last refused, coded by the policy.", _refusal("code")),
    _own("sender_team_id", "The team that hands over."),
    _own("receiver_team_id", "The team that is to take the child on."),
    Column(
        "accountable_team_id",
        "The one team that answers for the child now; empty when none holds it.",
        lambda one, *_: one.accountable_team_id,
    ),
    Column("town", "Town, as the contact had it.", lambda one, *_: one.town),
    _own("contact_id", "The contact it all began with."),
    _own("person_id", "The child, across contacts: an id, never a name."),
    _own("referral_id", "Social care's case."),
    _own("early_help_episode_id", "Early help's case."),
    _own("family_agreement", "Whether the family agrees to early help."),
    _own("requested_at", "When it was asked for."),
    _own("opened_at", "When it was opened."),
    _own("answered_at", "When it was last accepted or refused."),
    _own("refusal_agreed_at", "When who asked agreed to the refusal."),
    _own("accepted_at", "When it was accepted: responsibility moved then."),
    _own("family_agreed_at", "When the family agreed."),
    _own("first_visit_at", "When early help first visited."),
    _own("returned_at", "When it last went back to the sender."),
    _own("completed_at", "When it was complete."),
    _own("ended_at", "When it ended, in whichever way."),
    _time("opening_minutes", "From the (last) request until it was opened."),
    _time("answer_minutes", "From the (last) request until it was last accepted or refused."),
    _time("family_agreement_minutes", "From the (last) request until the family agreed."),
    _time("first_visit_minutes", "From the acceptance until early help first visited."),
    _time("completion_minutes", "From the first visit until a step-down was complete."),
    Column(
        "challenges",
        "How many challenges there were of its refusals; the next five are of the last one.",
        lambda one, *_: len(one.challenges),
    ),
    Column("challenge_raised_by", "Who raised it: an account's id.", _last_challenge("raised_by")),
    Column("challenge_raised_at", "When it was raised.", _last_challenge("raised_at")),
    Column("challenge_stage", "The stage it is at, or ended at.", _last_challenge("stage")),
    Column("challenge_state", "Where it stands.", _last_challenge("state")),
    Column("challenge_outcome", "How it ended.", _last_challenge("outcome")),
    Column(
        "history",
        "Every move, oldest first: what was done, the code given with it, and when; between `; `.",
        lambda one, *_: _history(one),
    ),
)
"""The columns in their order; new ones are added at the end alone."""


def row_of(listed: ListedTransfer, now: datetime, policy: Policy) -> list[Cell]:
    """A transfer as a row: no name of anybody, no evidence, no plan, nothing in words."""
    return [column.take(listed, now, policy) for column in COLUMNS]
