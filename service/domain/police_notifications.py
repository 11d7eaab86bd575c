"""Police domestic abuse notifications: sent singly, or as a file with one row for each child."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from service.domain.contacts import Channel
from service.domain.dangers import DangerTold, danger_in
from service.domain.errors import Invalid, NotAllowed, Problem
from service.domain.fields import Id, Version, personal, plain, sensitive
from service.domain.instants import (
    lies_ahead,
)
from service.domain.new_contacts import Faults, NewContact
from service.domain.people import YesNo
from service.domain.states import StateTable

MOST_BYTES: Final = 25 * 1024 * 1024
MOST_FAULTS: Final = 1_000


class Risk(StrEnum):
    """How the police graded the incident (domestic abuse, stalking and harassment checklist)."""

    standard = "standard"
    medium = "medium"
    high = "high"


@dataclass(frozen=True, slots=True)
class PoliceNotification:
    """What a police notification tells beyond the contact that it is.

    `meeting_on` is the London day of the daily meeting that it waits for first. By `told_digests`
    it is known again whether the same is told once more; none were kept before release 0.4.0.
    """

    id: Id
    contact_id: Annotated[UUID, plain("The contact that it is.")]
    organisation_id: Annotated[str, plain("The police force.")]
    incident_number: Annotated[str, personal("The force's own number.")]
    incident_at: Annotated[datetime, sensitive("When it happened.")]
    risk: Annotated[Risk, sensitive("standard, medium, high.")]
    children_present: Annotated[YesNo, sensitive("yes, no, not_known.")]
    meeting_on: Annotated[date, plain("London day of the daily meeting that it waits for first.")]
    import_id: Annotated[UUID | None, plain("The file that it came in.")]
    told_digests: Annotated[
        Mapping[str, str] | None,
        sensitive("By which it is known again whether the same is told once more."),
    ] = None


@dataclass(frozen=True, slots=True)
class NewNotification:
    """A police notification as the caller tells of it.

    `organisation_id` is the police force, for staff who tell of it: the policy's only one when
    left out. A force's own system is its own.
    """

    contact: NewContact
    incident_number: str
    incident_at: datetime
    risk: Risk
    children_present: YesNo
    organisation_id: str | None = None


def danger_of(new: NewNotification) -> DangerTold | None:
    """The danger that a notification tells."""
    return danger_in(immediate=new.contact.immediate_danger, high_risk=new.risk is Risk.high)


class ImportState(StrEnum):
    """Where a file of police notifications stands."""

    received = "received"
    checking = "checking"
    loading = "loading"
    loaded = "loaded"
    refused = "refused"


class FileTaking(StrEnum):
    """What is loaded of a file in which an incident has a fault: nothing, or the other ones."""

    whole = "whole"
    sound_incidents = "sound_incidents"


class ImportAction(StrEnum):
    """What happens to a file; all of it by itself."""

    check = "check"
    load = "load"
    take_over = "take_over"
    refuse = "refuse"
    finish = "finish"


_S, _A = ImportState, ImportAction
NOTIFICATION_IMPORT = StateTable(
    noun="file of police notifications",
    start=_S.received,
    moves={
        (_S.received, _A.check): _S.checking,
        (_S.checking, _A.take_over): _S.checking,
        (_S.checking, _A.refuse): _S.refused,
        (_S.checking, _A.load): _S.loading,
        (_S.loading, _A.take_over): _S.checking,
        (_S.loading, _A.finish): _S.loaded,
    },
    final=frozenset({_S.loaded, _S.refused}),
    by_itself=frozenset(_A),
)


@dataclass(frozen=True, slots=True)
class NotificationImport:
    """A file of police notifications: how far it has come.

    All of it is taken or nothing, or the incidents without a fault where the sender asks for that:
    `incidents_left_out` counts the others. `updates_made` counts incidents that were on file and
    are told otherwise now, `sent_before` those that are told as before, `facts_kept_as_told` the
    optional facts that could not be read.
    `claimed_at` is when the worker that has it in hand last said so.
    """

    id: Id
    organisation_id: Annotated[str, plain("The police force.")]
    channel: Annotated[Channel, plain("How it arrived.")]
    state: Annotated[ImportState, plain("received, checking, loading, loaded, refused.")]
    submitted_at: Annotated[datetime, plain("When it was sent.")]
    submitted_by: Annotated[UUID, plain("Account that sent it.")]
    rows_total: Annotated[int, plain("How many rows it has, without the columns' names.")]
    rows_checked: Annotated[int, plain("How many rows have been checked.")]
    notifications_made: Annotated[int, plain("How many notifications came of it.")]
    faults_total: Annotated[int, plain("How many faults were found.")]
    claimed_at: Annotated[
        datetime | None, plain("When the worker that has it in hand last said so.")
    ]
    finished_at: Annotated[datetime | None, plain("When it was loaded or refused.")]
    version: Version
    updates_made: Annotated[int, plain("How many incidents on file it tells otherwise.")] = 0
    sent_before: Annotated[int, plain("How many incidents it tells as they are on file.")] = 0
    taking: Annotated[
        FileTaking, plain("whole, sound_incidents: what is loaded of a file with faults.")
    ] = FileTaking.whole
    incidents_left_out: Annotated[int, plain("How many incidents with faults were left out.")] = 0
    facts_kept_as_told: Annotated[
        int, plain("How many facts could not be read, and are kept as told.")
    ] = 0


@dataclass(frozen=True, slots=True)
class NotificationFile:
    """The text of a file, as long as it is needed."""

    import_id: Annotated[UUID, plain("The file.")]
    content: Annotated[str, sensitive("Its text, as it was sent.")]


@dataclass(frozen=True, slots=True)
class ImportFault:
    """One fault in a file: its row as a spreadsheet counts them (the columns' names are row 1).

    Of the code `kept_as_told` it is none: a fact that could not be read, and was loaded as it is.
    """

    id: Id
    import_id: Annotated[UUID, plain("The file.")]
    row: Annotated[int, plain("The row, as a spreadsheet counts them.")]
    column: Annotated[str | None, plain("The column, by its name.")]
    code: Annotated[str, plain("The kind of fault.")]
    message: Annotated[str, plain("What to do; never what the row says.")]


@dataclass(frozen=True, slots=True)
class WholeImport:
    """A file with the first of its faults."""

    imported: NotificationImport
    faults: Sequence[ImportFault]


class FileUnreadable(Invalid):
    """The file cannot be read as the table of police notifications; nothing was kept."""

    code = "file_unreadable"
    title = "The file cannot be read"


class FileTooLong(Invalid):
    """The file has more rows than are taken in one."""

    code = "file_too_long"
    title = "The file has too many rows"


class NotThePolice(NotAllowed):
    """Police notifications come from a police force of the authority's policy."""

    code = "not_the_police"
    title = "Only the police send these"


class PoliceForceUnknown(Invalid):
    """The police force was not named, or is none of the policy's."""

    code = "police_force_unknown"
    title = "Say which police force"


def check_incident(
    faults: Faults, new: NewNotification, received_at: datetime, now: datetime
) -> None:
    """What cannot be true of the incident itself: it lies ahead, or after it was told of."""
    faults.add(
        IncidentAhead,
        "An incident is told of after it happened. Check the times and their zones.",
        [
            Problem(
                "/incident_at",
                "Give the time at which it happened, which is not after it was received.",
                "incident_ahead",
            )
        ]
        if lies_ahead(new.incident_at, min(now, received_at))
        else [],
    )


class IncidentAhead(Invalid):
    """The incident was said to have happened after it was told of."""

    code = "incident_ahead"
    title = "It happened after it was told of"
