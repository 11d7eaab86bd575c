"""Between a domain record and its table: same names, same order, one mapping for all."""

import dataclasses
import types
import typing
from collections.abc import Callable, Hashable, Sequence
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Dialect, Table
from sqlmodel import SQLModel

from service.domain import (
    accountabilities,
    accounts,
    answers,
    assessments,
    challenges,
    contacts,
    daily_meetings,
    deadlines,
    decisions,
    early_help_episodes,
    events,
    flags,
    information_requests,
    job_runs,
    missing_episodes,
    people,
    police_notifications,
    police_updates,
    possible_matches,
    pregnancies,
    referrals,
    section_47_enquiries,
    strategy_meetings,
    transfers,
    withdrawals,
)
from service.persistence import tables

Record = TypeVar("Record")

ROW_OF: dict[type, type[SQLModel]] = {
    accounts.Account: tables.accounts.AccountRow,
    accounts.Suspension: tables.accounts.SuspensionRow,
    people.Person: tables.people.PersonRow,
    contacts.Contact: tables.contacts.ContactRow,
    contacts.Child: tables.contacts.ChildRow,
    contacts.Adult: tables.contacts.AdultRow,
    contacts.Amendment: tables.contacts.AmendmentRow,
    possible_matches.PossibleMatch: tables.possible_matches.PossibleMatchRow,
    contacts.OutcomeTelling: tables.contacts.OutcomeTellingRow,
    withdrawals.Withdrawal: tables.contacts.WithdrawalRow,
    information_requests.InformationRequest: tables.information_requests.InformationRequestRow,
    information_requests.Chaser: tables.information_requests.ChaserRow,
    decisions.Decision: tables.decisions.DecisionRow,
    referrals.Referral: tables.referrals.ReferralRow,
    early_help_episodes.EarlyHelpEpisode: tables.early_help_episodes.EarlyHelpEpisodeRow,
    accountabilities.Accountability: tables.accountabilities.AccountabilityRow,
    transfers.Transfer: tables.transfers.TransferRow,
    transfers.TransferStep: tables.transfers.TransferStepRow,
    challenges.Challenge: tables.challenges.ChallengeRow,
    challenges.ChallengeStep: tables.challenges.ChallengeStepRow,
    assessments.Assessment: tables.assessments.AssessmentRow,
    assessments.AssessmentStep: tables.assessments.AssessmentStepRow,
    strategy_meetings.StrategyMeeting: tables.strategy_meetings.StrategyMeetingRow,
    section_47_enquiries.Section47Enquiry: tables.section_47_enquiries.Section47EnquiryRow,
    section_47_enquiries.EnquiryStep: tables.section_47_enquiries.EnquiryStepRow,
    strategy_meetings.MeetingChild: tables.strategy_meetings.MeetingChildRow,
    strategy_meetings.Invitation: tables.strategy_meetings.InvitationRow,
    police_notifications.NotificationImport: tables.police_notifications.NotificationImportRow,
    police_notifications.NotificationFile: tables.police_notifications.NotificationFileRow,
    police_notifications.ImportFault: tables.police_notifications.ImportFaultRow,
    police_notifications.PoliceNotification: tables.police_notifications.PoliceNotificationRow,
    police_updates.PoliceUpdate: tables.police_notifications.PoliceUpdateRow,
    daily_meetings.DailyMeeting: tables.daily_meetings.DailyMeetingRow,
    daily_meetings.MeetingItem: tables.daily_meetings.MeetingItemRow,
    strategy_meetings.MeetingStep: tables.strategy_meetings.MeetingStepRow,
    missing_episodes.MissingEpisode: tables.missing_episodes.MissingEpisodeRow,
    missing_episodes.MissingEpisodeStep: tables.missing_episodes.MissingEpisodeStepRow,
    pregnancies.PregnancyStep: tables.pregnancies.PregnancyStepRow,
    deadlines.Deadline: tables.deadlines.DeadlineRow,
    flags.Flag: tables.flags.FlagRow,
    events.Event: tables.events.EventRow,
    answers.KeptAnswer: tables.answers.AnswerRow,
    job_runs.JobRun: tables.job_runs.JobRunRow,
}


def table_of(record: type) -> Table:
    """The table that keeps records of this type."""
    return cast(Table, ROW_OF[record].__table__)  # type: ignore[attr-defined]  # set by SQLModel


_COLUMNS: dict[type, tuple[ColumnElement[Any], ...]] = {}


def columns_of(record: type) -> tuple[ColumnElement[Any], ...]:
    """The table's columns in the order of the record's fields: what to select to read one."""
    columns = _COLUMNS.get(record)
    if columns is None:
        table = table_of(record)
        columns = tuple(table.c[field.name] for field in dataclasses.fields(record))
        _COLUMNS[record] = columns
    return columns


@cache
def _reading(record: type) -> tuple[tuple[int, dict[Any, Enum]], ...]:
    hints = typing.get_type_hints(record)
    found: list[tuple[int, dict[Any, Enum]]] = []
    for position, field in enumerate(dataclasses.fields(record)):
        hint = hints[field.name]
        kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
        found += [
            (position, {member.value: member for member in kind})
            for kind in kinds
            if isinstance(kind, type) and issubclass(kind, Enum)
        ]
    return tuple(found)


def read(record: type[Record], row: Sequence[Any]) -> Record:
    """A record from a row that was selected with `columns_of`."""
    values = list(row)
    for position, members in _reading(cast(Hashable, record)):
        if values[position] is not None:
            values[position] = members[values[position]]
    return record(*values)


@cache
def writing(
    record: type, dialect: Dialect
) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[int, Callable[[Any], Any]], ...]]:
    """What takes the values out of a record, and what turns some of them into the driver's."""
    columns = columns_of(record)
    found = (
        (place, column.type.dialect_impl(dialect).bind_processor(dialect))
        for place, column in enumerate(columns)
    )
    return (
        attrgetter(*(str(column.name) for column in columns)),
        tuple((place, processor) for place, processor in found if processor is not None),
    )
